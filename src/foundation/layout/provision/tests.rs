//! Provisioning on a real disk, and each way in which a tree can deviate.

use super::*;
use crate::foundation::{
    layout::{Directory, State, deviations, directories, foremost, unmounted},
    settings::{Feature, Settings, Sources, load},
    values::Severity,
};
use std::{collections::BTreeMap, os::unix::fs::symlink};

struct Node {
    _directory: tempfile::TempDir,
    paths: Paths,
}

fn fresh() -> Node {
    let directory = tempfile::tempdir().unwrap();
    let paths = Settings::for_tests(&directory.path().join("var")).paths;
    Node { _directory: directory, paths }
}

fn provisioned() -> Node {
    let node = fresh();
    provision(&node.paths, Owner::expected(&node.paths)).unwrap();
    node
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn directory(node: &Node, code: &str) -> Directory {
    directories(&node.paths).into_iter().find(|directory| directory.code == code).unwrap()
}

fn codes(node: &Node) -> Vec<(Severity, String)> {
    deviations(&node.paths, State::InUse)
        .into_iter()
        .map(|issue| (issue.severity, issue.code))
        .collect()
}

// LXA-98, LXA-99, LXA-100, LXA-101, LXA-102, LL-WF-13, LL-DEP-19
#[test]
fn a_fresh_root_gets_every_directory_with_its_mode() {
    let node = provisioned();
    let own =
        |directory: &Directory| !directory.path.starts_with(node.paths.state.join("supervisor"));
    for directory in directories(&node.paths).into_iter().filter(own) {
        assert_eq!(mode(&directory.path), directory.mode, "{}", directory.path.display());
    }
    let data = node.paths.root.join("var/lib/ladylinux/data");
    for (relative, expected) in [
        ("import", 0o770),
        ("import/sap_import", 0o770),
        ("import/preanonymized_import", 0o770),
        ("storage", 0o750),
        ("storage/streamable_videos/raw", 0o750),
        ("public_media", 0o755),
    ] {
        assert_eq!(mode(&data.join(relative)), expected, "{relative}");
    }
    assert_eq!(mode(&node.paths.config.join("ladylinux.env")), 0o640);
    assert_eq!(codes(&node), []);
}

#[test]
fn a_second_run_changes_nothing() {
    let node = provisioned();
    let env_file = node.paths.config.join("ladylinux.env");
    fs::write(&env_file, "LADYLINUX_PORT=81\n").unwrap();
    assert_eq!(provision(&node.paths, Owner::expected(&node.paths)).unwrap(), []);
    assert_eq!(fs::read_to_string(env_file).unwrap(), "LADYLINUX_PORT=81\n");
}

#[test]
fn before_provisioning_the_tops_are_missing_and_a_person_reads_only_them() {
    let node = fresh();
    let issues = deviations(&node.paths, State::InUse);
    // The supervisor's directories are there for a node that has one.
    assert_eq!(issues.len(), directories(&node.paths).len() - 2);
    let optional: Vec<_> = issues
        .iter()
        .filter(|issue| issue.severity == Severity::Warning)
        .map(|issue| issue.code.as_str())
        .collect();
    assert_eq!(optional, ["containers_missing", "facts_missing"]);
    let foremost: Vec<_> = foremost(&issues).iter().map(|issue| issue.code.as_str()).collect();
    assert_eq!(
        foremost,
        ["config_missing", "models_missing", "containers_missing", "state_missing"]
    );
    assert!(issues[0].mend.contains("provision --root"));
}

// LXA-101
#[test]
fn a_deleted_sap_directory_is_critical() {
    let node = provisioned();
    fs::remove_dir(node.paths.protected.join("import/sap_import")).unwrap();
    assert_eq!(codes(&node), [(Severity::Critical, "sap_import_missing".to_owned())]);
}

#[test]
fn a_file_or_a_link_in_a_directorys_place_is_named() {
    let node = provisioned();
    let drop = directory(&node, "watcher_video_drop").path;
    fs::remove_dir(&drop).unwrap();
    fs::write(&drop, "").unwrap();
    assert_eq!(codes(&node), [(Severity::Critical, "watcher_video_drop_not_dir".to_owned())]);
    let refused = provision(&node.paths, Owner::expected(&node.paths));
    assert!(matches!(refused, Err(LayoutError::NotADirectory(path)) if path == drop));
}

#[test]
fn a_link_out_of_the_tree_is_not_followed() {
    let node = provisioned();
    let outside = tempfile::tempdir().unwrap();
    fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let drop = directory(&node, "sap_import").path;
    fs::remove_dir(&drop).unwrap();
    symlink(outside.path(), &drop).unwrap();
    let refused = provision(&node.paths, Owner::expected(&node.paths));
    assert!(matches!(refused, Err(LayoutError::SymbolicLink(path)) if path == drop));
    assert_eq!(mode(outside.path()), 0o711);
    assert_eq!(codes(&node), [(Severity::Critical, "sap_import_not_dir".to_owned())]);
}

#[test]
fn a_wrong_mode_is_a_warning_unless_it_opens_the_directory_to_everybody() {
    let node = provisioned();
    let narrow = directory(&node, "cache").path;
    let wide = directory(&node, "storage_root").path;
    fs::set_permissions(&narrow, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&wide, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(
        codes(&node),
        [
            (Severity::Warning, "cache_wrong_mode".to_owned()),
            (Severity::Critical, "storage_root_wrong_mode".to_owned()),
        ]
    );
    let changes = provision(&node.paths, Owner::expected(&node.paths)).unwrap();
    let changed: Vec<_> = changes.iter().map(|change| &change.what).collect();
    let mended = |from: &str| What::Mode { from: from.to_owned(), to: "0750".to_owned() };
    assert_eq!(changed, [&mended("0700"), &mended("0755")]);
    assert_eq!(codes(&node), []);
}

// C-14
#[test]
fn public_media_must_not_lead_to_protected_data() {
    let node = provisioned();
    let public = directory(&node, "public_media").path;
    symlink(directory(&node, "storage_root").path, public.join("all")).unwrap();
    symlink("/nowhere", public.join("harmless")).unwrap();
    assert_eq!(codes(&node), [(Severity::Critical, "public_media_exposes_protected".to_owned())]);
}

// LXA-44
#[test]
fn a_protected_root_that_must_be_mounted_and_is_not_stops_everything() {
    let node = provisioned();
    let mut settings = Settings::for_tests(&node.paths.root);
    assert_eq!(unmounted(&settings), None);
    settings.features.insert(Feature::ProtectedMount);
    assert_eq!(unmounted(&settings).unwrap().code, "protected_root_not_mounted");
    settings.paths.protected = "/proc".into();
    assert_eq!(unmounted(&settings), None);
}

#[test]
fn an_env_file_that_everybody_can_read_is_a_warning() {
    let node = provisioned();
    let path = node.paths.config.join("ladylinux.env");
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(codes(&node), [(Severity::Warning, "env_file_wrong_mode".to_owned())]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn a_foreign_owner_is_found_and_mended() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a directory away");
        return;
    }
    let node = provisioned();
    let path = directory(&node, "quarantine").path;
    std::os::unix::fs::chown(&path, Some(12345), Some(12345)).unwrap();
    assert_eq!(codes(&node), [(Severity::Warning, "quarantine_wrong_owner".to_owned())]);
    let changes = provision(&node.paths, Owner::expected(&node.paths)).unwrap();
    assert!(
        matches!(&changes[..], [Change { what: What::Owner { from, .. }, .. }] if from == "12345:12345")
    );
    assert_eq!(codes(&node), []);
}

#[test]
fn the_env_template_names_only_variables_that_exist() {
    let node = provisioned();
    let path = node.paths.config.join("ladylinux.env");
    let uncommented = ENV_TEMPLATE
        .lines()
        .map(|line| {
            line.strip_prefix("# LADYLINUX_")
                .map_or(line.to_owned(), |rest| format!("LADYLINUX_{rest}"))
        })
        .map(|line| line.strip_prefix("# LX_").map_or(line.clone(), |rest| format!("LX_{rest}")));
    fs::write(&path, uncommented.collect::<Vec<_>>().join("\n")).unwrap();
    let flags = vec![("paths.root".to_owned(), node.paths.root.display().to_string())];
    let loaded = load(Sources { flags, environment: BTreeMap::new() }).unwrap();
    assert_eq!(loaded.settings.paths.protected, Path::new("/var/lib/ladylinux/data"));
    assert_eq!(loaded.warnings, Vec::<String>::new());
}
