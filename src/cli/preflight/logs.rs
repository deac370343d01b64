//! Looks through log files for what must not stand in them: secrets, and fields that carry what somebody said.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// No line of a log is longer; what is, is looked at up to here.
const LONGEST_LINE: u64 = 1 << 20;

/// How many findings are told.
const TOLD: usize = 10;

/// Fields of a structured log that would carry speech, prompts or documents.
const FIELDS: &[&str] = &[
    "\"text\":\"",
    "\"prompt\":\"",
    "\"question\":\"",
    "\"answer\":\"",
    "\"content\":\"",
    "\"transcript\":\"",
];

/// What was found.
#[derive(Debug)]
pub(super) struct Scanned {
    /// Whether nothing was.
    pub(super) clean: bool,
    /// What was looked at, and what was found, by file and line.
    pub(super) said: Vec<String>,
}

/// Looks through every file below a folder.
pub(super) fn scan(folder: &Path) -> Scanned {
    let mut files = Vec::new();
    let mut said = Vec::new();
    walk(folder, &mut files, &mut said);
    let mut found = said.len();
    let mut lines = 0_u64;
    for file in &files {
        let Ok(opened) = File::open(file) else {
            said.push(format!("{} cannot be read: run this as somebody who may", file.display()));
            found += 1;
            continue;
        };
        let mut reader = BufReader::new(opened);
        for number in 1_u64.. {
            let mut line = Vec::new();
            match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => lines += 1,
            }
            if let Some(what) = leak(&String::from_utf8_lossy(&line)) {
                found += 1;
                if found <= TOLD {
                    // The line itself is not repeated here.
                    said.push(format!("{}:{number} seems to hold {what}", file.display()));
                }
            }
        }
    }
    if found > TOLD {
        said.push(format!("and {} more", found - TOLD));
    }
    said.insert(0, format!("{lines} lines in {} files of {}", files.len(), folder.display()));
    Scanned { clean: found == 0, said }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, said: &mut Vec<String>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return said.push(format!("{} cannot be read: {error}", folder.display())),
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => walk(&path, files, said),
            Ok(about) if about.is_file() => files.push(path),
            Ok(_) | Err(_) => {}
        }
    }
}

/// Returns what a line seems to hold that it must not.
fn leak(line: &str) -> Option<&'static str> {
    let token = line.split("ll_").skip(1).any(|rest| {
        let (id, rest) = rest.split_once('_').unwrap_or_default();
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        id.len() == 12
            && hex(id)
            && rest.len() >= 64
            && rest.is_char_boundary(64)
            && hex(&rest[..64])
    });
    if token || line.contains("Bearer ") || line.contains("PRIVATE KEY-----") {
        return Some("a secret");
    }
    FIELDS.iter().any(|field| line.contains(field)).then_some("what somebody said or wrote")
}

#[cfg(test)]
mod tests {
    use super::*;

    // VOX-77, VOX-78, VOX-83
    #[test]
    fn secrets_and_words_are_found_by_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("old")).unwrap();
        let token = format!("ll_{}_{}", "a".repeat(12), "0".repeat(64));
        fs::write(folder.path().join("node.log"), format!("fine\nshown {token}\n")).unwrap();
        fs::write(folder.path().join("old/node.log"), "{\"prompt\":\"open the garage\"}\n")
            .unwrap();
        let scanned = scan(folder.path());
        assert!(!scanned.clean);
        let said = scanned.said.join("\n");
        assert!(said.contains("node.log:2 seems to hold a secret"), "{said}");
        assert!(said.contains("old/node.log:1 seems to hold what somebody said"), "{said}");
        assert!(!said.contains("garage\"") && !said.contains(&token), "{said}");
    }

    #[test]
    fn an_ordinary_log_is_clean_and_one_that_is_not_there_too() {
        let folder = tempfile::tempdir().unwrap();
        let line =
            "{\"level\":\"INFO\",\"message\":\"a turn was answered\",\"turn.intent\":\"disk\"}\n";
        fs::write(folder.path().join("node.log"), line).unwrap();
        assert!(scan(folder.path()).clean);
        assert!(scan(&folder.path().join("none")).clean);
        assert!(leak("ll_short_1 and allow_ll_").is_none());
    }
}
