//! The normative tree, as data.

use crate::foundation::settings::Paths;
use std::path::PathBuf;

/// A directory that a node needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Where it is.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// What the codes of its readiness issues begin with.
    pub code: String,
    /// What the node does with it.
    pub access: Access,
}

/// What a node does with a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It reads what root decided: configuration.
    Configuration,
    /// It goes through to what is its own. Root decides what lies there, so that the node cannot put anything in the
    /// place of its supervisor's directory.
    Passage,
    /// It reads what an explicit act of a person put there: models, which a container mounts read-only.
    Read,
    /// It uses what is there, and does without: image archives, facts about the host.
    Optional,
    /// It reads and writes.
    Write,
    /// Its supervisor's own; it goes through at most.
    Supervisor,
    /// It leaves requests to its supervisor there.
    Requests,
}

impl Access {
    /// Whether the directory is there for a node that has a supervisor, and for no other.
    pub(super) fn is_for_supervisor(self) -> bool {
        matches!(self, Self::Supervisor | Self::Requests)
    }

    /// Whether the node cannot work without the directory.
    pub(super) fn is_needed(self) -> bool {
        matches!(self, Self::Configuration | Self::Passage | Self::Read | Self::Write)
    }

    /// Whether the node must be able to write there to do its work.
    pub(super) fn is_written(self) -> bool {
        matches!(self, Self::Write | Self::Requests)
    }

    /// Whether the node must be able to list what is there.
    pub(super) fn is_read(self) -> bool {
        !self.is_for_supervisor()
    }
}

/// What a path of the table is relative to.
#[derive(Clone, Copy)]
enum Base {
    Config,
    Models,
    Containers,
    State,
    Protected,
}

/// What the path is relative to, the path, its mode, its code, and what the node does with it if the base does not say.
struct Row(Base, &'static str, u32, &'static str, Option<Access>);

const fn row(base: Base, path: &'static str, mode: u32, code: &'static str) -> Row {
    Row(base, path, mode, code, None)
}

/// Parents come before their children. An empty code is made from the path.
///
/// Modes: the group may enter what people or scanners deliver to (0770), and otherwise only look (0750); nobody else
/// may do anything below the protected root, except in `public_media`, which a proxy serves (C-14).
const TREE: &[Row] = &[
    row(Base::Config, "", 0o750, "config"),
    row(Base::Models, "", 0o750, "models"),
    row(Base::Containers, "", 0o750, "containers"),
    row(Base::State, "", 0o755, "state"),
    row(Base::State, "data", 0o750, "data"),
    row(Base::State, "data/knowledge", 0o750, "knowledge"),
    row(Base::State, "cache", 0o750, "cache"),
    row(Base::State, "logs", 0o750, "logs"),
    Row(Base::State, "facts", 0o750, "facts", Some(Access::Optional)),
    // The supervisor's own, and the letter box between the two: whoever writes there removes only what is theirs.
    Row(Base::State, "supervisor", 0o711, "supervisor", Some(Access::Supervisor)),
    Row(Base::State, "supervisor/requests", 0o1770, "requests", Some(Access::Requests)),
    row(Base::Protected, "", 0o750, "protected_root"),
    row(Base::Protected, "public_media", 0o755, "public_media"),
    // What people, scanners and the hospital's system deliver (LXA-89..92, 99..102).
    row(Base::Protected, "import", 0o770, "io_root"),
    row(Base::Protected, "import/video_import", 0o770, "watcher_video_drop"),
    row(Base::Protected, "import/report_import", 0o770, "watcher_report_drop"),
    row(Base::Protected, "import/preanonymized_import", 0o770, "watcher_preanonymized_drop"),
    row(Base::Protected, "import/anonymized_video_import", 0o770, ""),
    row(Base::Protected, "import/anonymized_report_import", 0o770, ""),
    row(Base::Protected, "import/sap_import", 0o770, "sap_import"),
    row(Base::Protected, "import/sap_import_processed", 0o770, "sap_import_processed"),
    row(Base::Protected, "import/sap_import_failed", 0o770, "sap_import_failed"),
    row(Base::Protected, "import/frames", 0o770, ""),
    row(Base::Protected, "import/model_weights", 0o770, ""),
    row(Base::Protected, "export", 0o750, "export_root"),
    row(Base::Protected, "export/video_export", 0o750, ""),
    row(Base::Protected, "export/report_export", 0o750, ""),
    row(Base::Protected, "export/frames", 0o750, ""),
    row(Base::Protected, "export/model_weights", 0o750, ""),
    row(Base::Protected, "logs", 0o750, "protected_logs"),
    row(Base::Protected, "quarantine", 0o750, ""),
    row(Base::Protected, "quarantine/failed", 0o750, ""),
    row(Base::Protected, "migration_staging", 0o750, ""),
    row(Base::Protected, "migration_staging/manifests", 0o750, ""),
    // The vault.
    row(Base::Protected, "storage", 0o750, "storage_root"),
    row(Base::Protected, "storage/upload_jobs", 0o750, ""),
    row(Base::Protected, "storage/upload_jobs/api", 0o750, ""),
    row(Base::Protected, "storage/upload_jobs/watcher", 0o750, ""),
    row(Base::Protected, "storage/upload_jobs/preanonymized", 0o750, ""),
    row(Base::Protected, "storage/documents", 0o750, ""),
    row(Base::Protected, "storage/temp", 0o750, ""),
    row(Base::Protected, "storage/sensitive_videos", 0o750, ""),
    row(Base::Protected, "storage/sensitive_reports", 0o750, ""),
    row(Base::Protected, "storage/processed_videos_final", 0o750, ""),
    row(Base::Protected, "storage/processed_reports_final", 0o750, ""),
    row(Base::Protected, "storage/raw_frames", 0o750, ""),
    row(Base::Protected, "storage/frames", 0o750, ""),
    row(Base::Protected, "storage/model_weights", 0o750, ""),
    row(Base::Protected, "storage/sensitive_sidecars", 0o750, ""),
    row(Base::Protected, "storage/streamable_videos", 0o750, "streamable_video_root"),
    row(Base::Protected, "storage/streamable_videos/raw", 0o750, "streamable_raw_root"),
    row(Base::Protected, "storage/streamable_videos/processed", 0o750, "streamable_processed_root"),
];

/// Returns the table for these paths; a directory that two rows name is listed once.
pub(super) fn directories(paths: &Paths) -> Vec<Directory> {
    let mut directories: Vec<Directory> = Vec::with_capacity(TREE.len());
    for Row(base, relative, mode, code, access) in TREE {
        let (base, usual) = match base {
            Base::Config => (&paths.config, Access::Configuration),
            Base::Models => (&paths.models, Access::Read),
            Base::Containers => (&paths.containers, Access::Optional),
            Base::State if relative.is_empty() => (&paths.state, Access::Passage),
            Base::State => (&paths.state, Access::Write),
            Base::Protected => (&paths.protected, Access::Write),
        };
        let access = access.unwrap_or(usual);
        let path = if relative.is_empty() { base.clone() } else { base.join(relative) };
        let code = if code.is_empty() { relative.replace('/', "_") } else { (*code).to_owned() };
        match directories.iter_mut().find(|earlier| earlier.path == path) {
            // `<state>/data` is the protected root unless that is mounted elsewhere.
            Some(earlier) => earlier.code = code,
            None => directories.push(Directory { path, mode: *mode, code, access }),
        }
    }
    directories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::settings::Settings;
    use std::{collections::BTreeSet, path::Path};

    #[test]
    fn every_path_and_every_code_is_there_once_and_parents_come_first() {
        let directories = directories(&Settings::for_tests(Path::new("/r")).paths);
        let codes: BTreeSet<_> = directories.iter().map(|directory| &directory.code).collect();
        assert_eq!(codes.len(), directories.len());
        for (index, directory) in directories.iter().enumerate() {
            let child_before_parent = directories[..index]
                .iter()
                .any(|earlier| earlier.path.starts_with(&directory.path));
            assert!(!child_before_parent, "{}", directory.path.display());
        }
    }

    #[test]
    fn a_protected_root_of_its_own_takes_the_vault_with_it() {
        let mut paths = Settings::for_tests(Path::new("/r")).paths;
        paths.protected = "/mnt/vault".into();
        let found: Vec<_> = directories(&paths).into_iter().map(|d| (d.code, d.path)).collect();
        assert!(found.contains(&("data".into(), "/r/var/lib/ladylinux/data".into())));
        assert!(found.contains(&("protected_root".into(), "/mnt/vault".into())));
        assert!(found.contains(&("storage_root".into(), "/mnt/vault/storage".into())));
    }
}
