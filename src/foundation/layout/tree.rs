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
    /// It reads what an explicit act of a person put there: models and images, which a container mounts read-only.
    Read,
    /// It reads and writes.
    Write,
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

struct Row(Base, &'static str, u32, &'static str);

/// Parents come before their children. An empty code is made from the path.
///
/// Modes: the group may enter what people or scanners deliver to (0770), and otherwise only look (0750); nobody else
/// may do anything below the protected root, except in `public_media`, which a proxy serves (C-14).
const TREE: &[Row] = &[
    Row(Base::Config, "", 0o750, "config"),
    Row(Base::Models, "", 0o750, "models"),
    Row(Base::Containers, "", 0o750, "containers"),
    Row(Base::State, "", 0o755, "state"),
    Row(Base::State, "data", 0o750, "data"),
    Row(Base::State, "data/knowledge", 0o750, "knowledge"),
    Row(Base::State, "cache", 0o750, "cache"),
    Row(Base::State, "logs", 0o750, "logs"),
    Row(Base::Protected, "", 0o750, "protected_root"),
    Row(Base::Protected, "public_media", 0o755, "public_media"),
    // What people, scanners and the hospital's system deliver (LXA-89..92, 99..102).
    Row(Base::Protected, "import", 0o770, "io_root"),
    Row(Base::Protected, "import/video_import", 0o770, "watcher_video_drop"),
    Row(Base::Protected, "import/report_import", 0o770, "watcher_report_drop"),
    Row(Base::Protected, "import/preanonymized_import", 0o770, "watcher_preanonymized_drop"),
    Row(Base::Protected, "import/anonymized_video_import", 0o770, ""),
    Row(Base::Protected, "import/anonymized_report_import", 0o770, ""),
    Row(Base::Protected, "import/sap_import", 0o770, "sap_import"),
    Row(Base::Protected, "import/sap_import_processed", 0o770, "sap_import_processed"),
    Row(Base::Protected, "import/sap_import_failed", 0o770, "sap_import_failed"),
    Row(Base::Protected, "import/frames", 0o770, ""),
    Row(Base::Protected, "import/model_weights", 0o770, ""),
    Row(Base::Protected, "export", 0o750, "export_root"),
    Row(Base::Protected, "export/video_export", 0o750, ""),
    Row(Base::Protected, "export/report_export", 0o750, ""),
    Row(Base::Protected, "export/frames", 0o750, ""),
    Row(Base::Protected, "export/model_weights", 0o750, ""),
    Row(Base::Protected, "logs", 0o750, "protected_logs"),
    Row(Base::Protected, "quarantine", 0o750, ""),
    Row(Base::Protected, "quarantine/failed", 0o750, ""),
    Row(Base::Protected, "migration_staging", 0o750, ""),
    Row(Base::Protected, "migration_staging/manifests", 0o750, ""),
    // The vault.
    Row(Base::Protected, "storage", 0o750, "storage_root"),
    Row(Base::Protected, "storage/upload_jobs", 0o750, ""),
    Row(Base::Protected, "storage/upload_jobs/api", 0o750, ""),
    Row(Base::Protected, "storage/upload_jobs/watcher", 0o750, ""),
    Row(Base::Protected, "storage/upload_jobs/preanonymized", 0o750, ""),
    Row(Base::Protected, "storage/documents", 0o750, ""),
    Row(Base::Protected, "storage/temp", 0o750, ""),
    Row(Base::Protected, "storage/sensitive_videos", 0o750, ""),
    Row(Base::Protected, "storage/sensitive_reports", 0o750, ""),
    Row(Base::Protected, "storage/processed_videos_final", 0o750, ""),
    Row(Base::Protected, "storage/processed_reports_final", 0o750, ""),
    Row(Base::Protected, "storage/raw_frames", 0o750, ""),
    Row(Base::Protected, "storage/frames", 0o750, ""),
    Row(Base::Protected, "storage/model_weights", 0o750, ""),
    Row(Base::Protected, "storage/sensitive_sidecars", 0o750, ""),
    Row(Base::Protected, "storage/streamable_videos", 0o750, "streamable_video_root"),
    Row(Base::Protected, "storage/streamable_videos/raw", 0o750, "streamable_raw_root"),
    Row(Base::Protected, "storage/streamable_videos/processed", 0o750, "streamable_processed_root"),
];

/// Returns the table for these paths; a directory that two rows name is listed once.
pub(super) fn directories(paths: &Paths) -> Vec<Directory> {
    let mut directories: Vec<Directory> = Vec::with_capacity(TREE.len());
    for Row(base, relative, mode, code) in TREE {
        let (base, access) = match base {
            Base::Config => (&paths.config, Access::Configuration),
            Base::Models => (&paths.models, Access::Read),
            Base::Containers => (&paths.containers, Access::Read),
            Base::State => (&paths.state, Access::Write),
            Base::Protected => (&paths.protected, Access::Write),
        };
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
