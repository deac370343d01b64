//! Machines made of a few files, each with another way to be out of date.

use super::*;
use proptest::prelude::*;
use std::{fs, io, io::Write};

const NOW: Timestamp = Timestamp(4_102_444_800_000);

const DPKG: &str =
    "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22\n\n";
const STABLE: &str = "Label: Debian\nSuite: stable\nCodename: trixie\n";
const SECURITY: &str = "Hash: SHA512\n\nLabel: Debian-Security\nSuite: stable-security\nCodename: trixie-security\n\nx\n";
const BACKPORTS: &str = "Label: Debian Backports\nCodename: trixie-backports\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n";

struct Made(tempfile::TempDir);

impl Made {
    fn new(status: &str) -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        made.put("var/lib/dpkg/status", status.as_bytes());
        made.put("proc/sys/kernel/osrelease", b"6.12.43+deb13-amd64\n");
        made
    }

    fn put(&self, path: &str, content: &[u8]) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn list(self, name: &str, content: &[u8]) -> Self {
        self.put(&format!("var/lib/apt/lists/{name}"), content);
        self
    }

    fn machine(&self) -> Machine {
        Machine::at(self.0.path(), |_| Err(io::ErrorKind::Unsupported.into()))
    }

    fn read(&self) -> Result<Found<Updates>, HostError> {
        read(&self.machine(), NOW, None)
    }

    fn told(&self) -> String {
        let mut updates = self.read().unwrap().data;
        updates.lists_age_seconds = Some(3 * 3600);
        updates.sentence(Language::English)
    }
}

fn stanza(package: &str, status: &str, architecture: &str, version: &str) -> String {
    let status = if status.is_empty() { String::new() } else { format!("Status: {status}\n") };
    format!(
        "Package: {package}\n{status}Architecture: {architecture}\nDescription: one\n more\nVersion: {version}\n\n"
    )
}

fn have(package: &str, architecture: &str, version: &str) -> String {
    stanza(package, "install ok installed", architecture, version)
}

fn offer(package: &str, architecture: &str, version: &str) -> Vec<u8> {
    stanza(package, "", architecture, version).into_bytes()
}

#[test]
fn what_is_newer_waits_and_what_is_held_is_counted_apart() {
    let status = [
        DPKG.to_owned(),
        have("openssl", "amd64", "3.5.1-1"),
        have("tzdata", "all", "2025a-1"),
        stanza("nginx", "hold ok installed", "amd64", "1.26-1"),
        stanza("gone", "deinstall ok config-files", "amd64", "1"),
        have("libc6", "i386", "2.41-9"),
        have("own", "amd64", "9"),
    ];
    let stable = [
        offer("openssl", "amd64", "3.5.1-1"),
        offer("tzdata", "all", "2025b-1"),
        offer("nginx", "amd64", "1.26-2"),
        offer("gone", "amd64", "2"),
        offer("libc6", "amd64", "2.41-12"),
        offer("own", "amd64", "1"),
    ];
    let made = Made::new(&status.concat())
        .list("d_debian_dists_trixie_InRelease", STABLE.as_bytes())
        .list("d_debian_dists_trixie_main_binary-amd64_Packages", &stable.concat())
        .list("d_security_dists_trixie-security_InRelease", SECURITY.as_bytes())
        .list(
            "d_security_dists_trixie-security_main_binary-amd64_Packages",
            &offer("openssl", "amd64", "3.5.1-1+deb13u1"),
        );
    assert_eq!(
        made.told(),
        "2 updates wait, 1 of them for security: openssl and tzdata. 1 package is held back: nginx. \
         The package lists were fetched 3 hours ago. Whether a restart is needed cannot be told."
    );
    let waiting = made.read().unwrap().data.waiting.unwrap();
    let openssl = waiting.iter().find(|update| update.package == "openssl").unwrap();
    assert_eq!(openssl.archive, "Debian-Security stable-security");
    assert!(openssl.security && !waiting[0].security);
}

#[test]
fn backports_count_only_for_what_came_from_them() {
    let status = format!("{DPKG}{}{}", have("a", "amd64", "1"), have("b", "amd64", "2~bpo13+1"));
    let made = Made::new(&status)
        .list("s_dists_trixie_Release", STABLE.as_bytes())
        .list(
            "s_dists_trixie_main_binary-amd64_Packages",
            &[offer("a", "amd64", "1"), offer("b", "amd64", "1")].concat(),
        )
        .list("s_dists_trixie-backports_Release", BACKPORTS.as_bytes())
        .list(
            "s_dists_trixie-backports_main_binary-amd64_Packages",
            &[offer("a", "amd64", "2~bpo13+2"), offer("b", "amd64", "2~bpo13+2")].concat(),
        )
        .list(
            "s_dists_experimental_Release",
            b"Label: Debian\nSuite: experimental\nNotAutomatic: yes\n",
        )
        .list("s_dists_experimental_main_binary-amd64_Packages", &offer("a", "amd64", "9"));
    assert!(
        made.told().starts_with("1 update waits, none of them for security: b. "),
        "{}",
        made.told()
    );
}

#[test]
fn packed_lists_are_read_and_what_cannot_be_is_told_and_is_never_no_update() {
    let list = offer("a", "amd64", "2");
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&list).unwrap();
    let lz4 = lz4.finish().unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&list).unwrap();
    let gz = gz.finish().unwrap();
    let zst =
        ruzstd::encoding::compress_to_vec(&list[..], ruzstd::encoding::CompressionLevel::Fastest);
    let status = format!("{DPKG}{}", have("a", "amd64", "1"));
    for (form, packed) in [("lz4", &lz4), ("gz", &gz), ("zst", &zst)] {
        let name = format!("d_main_binary-amd64_Packages.{form}");
        let found = Made::new(&status).list(&name, packed).read().unwrap();
        assert_eq!(found.data.waiting.as_ref().map(Vec::len), Some(1), "{form} {:?}", found.notes);
        assert!(found.data.complete);
        let cut = Made::new(&status).list(&name, &packed[..packed.len() / 2]);
        assert!(
            cut.told().starts_with("No update waits in the lists that could be read; some"),
            "{}",
            cut.told()
        );
        assert!(cut.read().unwrap().notes[0].contains("is left out"));
    }
    let xz = Made::new(&status).list("d_main_binary-amd64_Packages.xz", b"\xfd7zXZ\0");
    assert!(!xz.read().unwrap().data.complete);
    assert!(xz.read().unwrap().notes[0].contains(".xz are not read"));
}

#[test]
fn a_machine_that_is_not_read_never_says_that_no_update_waits() {
    let bare = Made::new(DPKG);
    assert!(bare.told().starts_with("Whether updates wait cannot be told: there are no lists"));
    let fedora = tempfile::tempdir().unwrap();
    fs::create_dir(fedora.path().join("etc")).unwrap();
    fs::write(fedora.path().join("etc/os-release"), "ID=fedora\n").unwrap();
    let machine = Machine::at(fedora.path(), |_| Err(io::ErrorKind::Unsupported.into()));
    let told = read(&machine, NOW, None).unwrap().data.sentence(Language::German);
    assert!(told.contains("Die Pakete von rpm werden nicht gelesen"), "{told}");
}

#[test]
fn a_restart_is_told_by_what_asks_for_it_or_by_a_newer_kernel() {
    let kernels = |releases: &[&str]| {
        let images =
            releases.iter().map(|release| have(&format!("linux-image-{release}"), "amd64", "1"));
        format!("{DPKG}{}", images.collect::<String>())
    };
    let needed = |made: &Made| made.read().unwrap().data.restart;
    let current = Made::new(&kernels(&[
        "6.12.9+deb13-amd64",
        "6.12.43+deb13-amd64",
        "amd64",
        "6.13-cloud-amd64x",
    ]));
    assert_eq!(needed(&current).needed, Some(false));
    let newer = Made::new(&kernels(&[
        "6.12.43+deb13-amd64",
        "6.12.100+deb13-amd64",
        "6.12.48+deb13-amd64",
    ]));
    assert_eq!(
        needed(&newer).sentence(Language::English),
        "The machine has to be restarted, for linux-image-6.12.100+deb13-amd64."
    );
    assert!(newer.told().starts_with("The machine has to be restarted, for linux-image"));
    // A kernel that somebody built runs: whether it should, nobody knows.
    assert_eq!(needed(&Made::new(&kernels(&["6.13-amd64"]))).needed, None);
    current.put("run/reboot-required", b"*** System restart required ***\n");
    current.put("run/reboot-required.pkgs", b"libc6\ndbus\nlibc6\n");
    assert_eq!(needed(&current).packages, ["dbus", "libc6"]);
}

#[test]
fn lists_are_compared_again_only_when_something_has_changed() {
    let status = format!("{DPKG}{}", have("a", "amd64", "1"));
    let made = Made::new(&status).list("d_binary-amd64_Packages", &offer("a", "amd64", "2"));
    let mut before = made.read().unwrap().data;
    // What nobody finds, so that it is seen whose it is.
    before.waiting.as_mut().unwrap()[0].package = "taken over".to_owned();
    let after = |before: &Updates| {
        let updates = read(&made.machine(), NOW, Some(before)).unwrap().data;
        updates.waiting.unwrap().into_iter().map(|one| one.package).collect::<Vec<_>>()
    };
    assert_eq!(after(&before), ["taken over"]);
    assert_eq!(after(&Updates { complete: false, ..before.clone() }), ["a"]);
    made.put("var/lib/apt/lists/d_binary-amd64_Packages", &offer("a", "amd64", "2.1"));
    assert_eq!(after(&before), ["a"]);
    made.put("var/lib/dpkg/status", format!("{DPKG}{}", have("a", "amd64", "3")).as_bytes());
    assert!(after(&before).is_empty());
}

#[test]
fn from_a_container_only_the_kernel_tells_of_a_restart() {
    let status = format!("{DPKG}{}", have("linux-image-6.12.43+deb13-amd64", "amd64", "1"));
    let made = Made::new(&status);
    let never = |_: &Path| Err(io::ErrorKind::Unsupported.into());
    let machine = Machine::mounted(made.0.path(), Path::new("/nowhere"), never);
    let restart = read(&machine, NOW, None).unwrap().data.restart;
    assert_eq!((restart.needed, restart.newest_kernel_runs), (None, Some(true)));
    assert!(restart.sentence(Language::English).contains("is not seen from here"));
}

#[test]
fn a_status_of_nonsense_is_an_error_that_names_the_file() {
    for nonsense in [&b"\0\x01\xff"[..], b"", b"Package: a\n\nStatus: b\n"] {
        let made = Made::new("");
        made.put("var/lib/dpkg/status", nonsense);
        let Err(error) = made.read() else { panic!("{nonsense:?}") };
        assert!(error.to_string().contains("var/lib/dpkg/status"), "{error}");
    }
}

proptest! {
    #[test]
    fn any_files_are_updates_or_an_error(
        status in "((Package|Status|Architecture|Version): ?(dpkg|install ok installed|amd64|1:2-3)?\n{0,2}){0,12}|\\PC*",
        list in prop::collection::vec(any::<u8>(), 0..200),
        form in prop::sample::select(vec!["", ".lz4", ".gz", ".zst"]),
    ) {
        let made = Made::new(&format!("{DPKG}{status}"))
            .list(&format!("d_binary-amd64_Packages{form}"), &list)
            .list("d_InRelease", &list);
        if let Ok(found) = made.read() {
            prop_assert!(found.data.sentence(Language::German).ends_with('.'));
        }
    }
}
