//! What lies beside the units: directories, users, scripts.

use super::{project, read};
use ladylinux::foundation::{layout, settings::Settings};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

/// The lines of `tmpfiles.d`: from the path to mode, user and group.
fn tmpfiles() -> BTreeMap<String, (u32, String, String)> {
    let text = read("quadlet/tmpfiles.d/ladylinux.conf");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let ["d", path, mode, user, group, "-"] = fields[..] else { panic!("{line}") };
            let mode = u32::from_str_radix(mode, 8).unwrap();
            (path.to_owned(), (mode, user.to_owned(), group.to_owned()))
        })
        .collect()
}

// LXA-98..102: a clean boot does not depend on the first one who needs a directory.
#[test]
fn the_machine_makes_every_directory_that_a_node_needs_with_the_modes_it_expects() {
    let listed = tmpfiles();
    let mut paths = Settings::for_tests(Path::new("/")).paths;
    paths.root = "/".into();
    for directory in layout::directories(&paths) {
        let path = directory.path.display().to_string();
        let (mode, user, group) =
            &listed.get(&path).unwrap_or_else(|| panic!("no line for {path}"));
        assert_eq!(*mode, directory.mode, "{path}");
        let expected = match path.as_str() {
            // The node can neither change what it is told nor rename what lies beside its state.
            "/etc/ladylinux" | "/var/lib/ladylinux/supervisor/requests" => ("root", "ladylinux"),
            "/var/lib/ladylinux" | "/var/lib/ladylinux/supervisor" => ("root", "root"),
            _ => ("ladylinux", "ladylinux"),
        };
        assert_eq!((user.as_str(), group.as_str()), expected, "{path}");
    }
}

// PRODUCT, "the supervisor's own state": out of the core's reach, apart from its requests.
#[test]
fn the_supervisors_directories_are_roots_and_its_passwords_are_nobody_elses() {
    let listed = tmpfiles();
    let expected = [
        ("/var/lib/ladylinux/facts", 0o750, "ladylinux", "ladylinux"),
        ("/var/lib/ladylinux/supervisor", 0o711, "root", "root"),
        ("/var/lib/ladylinux/supervisor/requests", 0o1770, "root", "ladylinux"),
        ("/etc/ladylinux/supervisor", 0o700, "root", "root"),
        ("/etc/ladylinux/proxy/tls", 0o700, "ladylinux-proxy", "ladylinux"),
    ];
    for (path, mode, user, group) in expected {
        assert_eq!(listed[path], (mode, user.to_owned(), group.to_owned()), "{path}");
    }
}

// LL-DEP-16, LL-WF-11: the user has the numbers of the image's.
#[test]
fn the_user_of_the_machine_is_the_user_of_the_stack() {
    let text = read("quadlet/sysusers.d/ladylinux.conf");
    let users: BTreeSet<&str> =
        text.lines().filter(|line| line.starts_with("u ladylinux ")).collect();
    assert_eq!(users.len(), 1);
    let stack = ladylinux::refresh::stack::load(None, None).unwrap();
    for (name, container) in stack.containers.iter().chain(&stack.one_shots) {
        assert!(text.contains(&format!("u ladylinux {} ", container.user)), "{name}");
    }
}

// LL-REF-15..17, LL-WF-30
#[test]
fn every_script_of_a_deployment_is_executable_and_has_help() {
    for script in [
        "refresh_vm.sh",
        "install",
        "quadlet-check",
        "test-minipc",
        "test-power-cuts",
        "test-release",
        "test-systemd",
        "minipc/build",
        "minipc/ct",
        "minipc/vm",
    ] {
        let path = project("scripts").join(script);
        let mode = fs::metadata(&path)
            .unwrap_or_else(|error| panic!("{script}: {error}"))
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
        let help = Command::new(&path).arg("--help").stdin(Stdio::null()).output().unwrap();
        assert!(help.status.success(), "{script}: {}", String::from_utf8_lossy(&help.stderr));
        let said = String::from_utf8(help.stdout).unwrap();
        assert!(said.starts_with("Usage: ") && said.contains("Exit codes: "), "{script}: {said}");
        let wrong =
            Command::new(&path).arg("--no-such-option").stdin(Stdio::null()).output().unwrap();
        assert_eq!(wrong.status.code(), Some(2), "{script}");
    }
}
