//! A disk that fills up under a node: a small tmpfs in place of its state directory.

use crate::node::{Root, skip};
use crate::prepare::{older, prepare};
use ladylinux::foundation::store;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// A file system of its own, unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one, if this user may.
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs"])
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }

    /// Takes all the space there is.
    fn fill(&self) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        for block in [1 << 16, 1 << 10, 1] {
            while file.write_all(&vec![0; block]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_lost_and_the_node_serves_on() {
    let root = Root::bare();
    let Some(disk) = SmallDisk::mount(&root.path().join("var/lib/ladylinux")) else {
        skip("a_full_disk", "mounting a small file system needs root");
        return;
    };
    for verb in ["provision", "migrate"] {
        assert!(root.run(&[verb]).status.success(), "{verb}");
    }
    let notes = root.path().join("notes.md");
    fs::write(&notes, "# Boiler\n\nThe boiler is serviced in March.\n").unwrap();
    let notes = notes.display().to_string();
    assert!(root.run(&["learn", &notes]).status.success());
    let node = root.start();

    disk.fill();
    let more = node.root.path().join("more.md");
    fs::write(&more, "A long story about gutters and drains. ".repeat(20_000)).unwrap();
    let more = more.display().to_string();
    let refused = node.root.run(&["learn", "--strict", &more]);
    let said = String::from_utf8_lossy(&refused.stdout) + String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("full"), "{said}");
    let alive = node.get("/health/live").send().await.unwrap();
    assert_eq!(alive.status(), 200);
    let found = node.get("/api/knowledge/search?q=boiler").send().await.unwrap();
    assert!(found.text().await.unwrap().contains("serviced in March"));

    disk.free();
    assert!(node.root.run(&["learn", "--strict", &more]).status.success());
    let found = node.get("/api/knowledge/search?q=gutters").send().await.unwrap();
    assert!(found.text().await.unwrap().contains("gutters and drains"));
    let (status, _) = node.stop();
    assert!(status.success());
}

#[test]
fn a_disk_that_is_full_stops_a_migration_before_it_changes_anything() {
    let root = Root::bare();
    let Some(disk) = SmallDisk::mount(&root.path().join("var/lib/ladylinux")) else {
        skip("a_disk_that_is_full_stops_a_migration", "mounting a small file system needs root");
        return;
    };
    for verb in ["provision", "migrate"] {
        assert!(root.run(&[verb]).status.success(), "{verb}");
    }
    let path = older(&root, "");
    disk.fill();
    let (code, full) = prepare(&root, &[]);
    assert_eq!((code, full.ready, full.database.applied), (1, false, false), "{full:?}");
    let issue = full.issues.iter().find(|issue| issue.severity == "critical").unwrap();
    assert!(issue.mend.contains("free some space"), "{full:?}");
    disk.free();
    assert_eq!(store::plan(&path).unwrap().from, 1);
    let (code, made) = prepare(&root, &[]);
    assert_eq!((code, made.database.applied), (0, true), "{made:?}");
}
