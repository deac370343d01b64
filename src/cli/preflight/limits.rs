//! What the control group lets this process use, as the kernel says (cgroup v2, `Documentation/admin-guide/cgroup-v2.rst`).

use std::{fs, path::Path};

/// One limit.
#[derive(Debug)]
pub(super) struct Limit {
    name: &'static str,
    /// What it is; none if there is none.
    pub(super) value: Option<String>,
}

impl Limit {
    pub(super) fn sentence(&self) -> String {
        match &self.value {
            Some(value) => format!("{}: {value}", self.name),
            None => format!("{}: unlimited", self.name),
        }
    }
}

/// Reads the limits of this process.
pub(super) fn read() -> Vec<Limit> {
    read_at(
        Path::new("/sys/fs/cgroup"),
        &fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
    )
}

/// The same, of a control group file system and what `/proc/self/cgroup` says. The nearest limit on the way up counts.
fn read_at(root: &Path, own: &str) -> Vec<Limit> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let nearest = |file: &str| {
        let mut at = root.join(path.trim_start_matches('/'));
        loop {
            let text = fs::read_to_string(at.join(file)).unwrap_or_default();
            let first = text.split_whitespace().next().unwrap_or("max");
            if first != "max" {
                return Some(text.trim().to_owned());
            }
            if at == root || !at.pop() {
                return None;
            }
        }
    };
    [("memory", "memory.max"), ("processors", "cpu.max"), ("processes", "pids.max")]
        .map(|(name, file)| Limit { name, value: nearest(file) })
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // VOX-82
    #[test]
    fn the_nearest_limit_on_the_way_up_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("machine/ladylinux");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("memory.max"), "max\n").unwrap();
        fs::write(own.join("cpu.max"), "200000 100000\n").unwrap();
        fs::write(root.path().join("machine/memory.max"), "3221225472\n").unwrap();
        let limits = read_at(root.path(), "0::/machine/ladylinux\n");
        let said: Vec<_> = limits.iter().map(Limit::sentence).collect();
        assert_eq!(
            said,
            ["memory: 3221225472", "processors: 200000 100000", "processes: unlimited"]
        );
    }
}
