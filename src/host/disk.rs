//! Mounted file systems and their free space, from `mountinfo` and `statvfs`.
//!
//! From a container, the machine's list of mounts is that of its first process, and a file system is measured through
//! whatever of it is mounted in the container, by its device number: so the container needs no more than a directory.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// The mounted file systems that hold files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Disk {
    /// One entry a file system, however often it is mounted; sorted by mount point.
    pub file_systems: Vec<FileSystem>,
}

/// One mounted file system. `used_bytes` and `available_bytes` do not add up to `size_bytes` where some is reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileSystem {
    /// Where it is mounted.
    pub mount_point: String,
    /// The device or export it is on, such as `/dev/vda`.
    pub device: String,
    /// Its kind, such as `ext4`.
    pub kind: String,
    /// All of it, in bytes.
    pub size_bytes: u64,
    /// What is taken, in bytes.
    pub used_bytes: u64,
    /// What users can still write, in bytes.
    pub available_bytes: u64,
}

/// File systems on no block device that hold people's files all the same: pools, networks, hosts of virtual machines.
const WITHOUT_DEVICE: [&str; 14] = [
    "9p",
    "afs",
    "bcachefs",
    "btrfs",
    "ceph",
    "cifs",
    "f2fs",
    "fuse.mergerfs",
    "fuse.sshfs",
    "nfs",
    "nfs4",
    "smb3",
    "virtiofs",
    "zfs",
];

/// Images that are read-only and therefore always full.
const IMAGES: [&str; 5] = ["cramfs", "erofs", "iso9660", "squashfs", "udf"];

/// Files that container engines mount from the host's disk.
const FROM_THE_ENGINE: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    /// The file system's device number, which bind mounts share.
    number: String,
    /// The directory within the file system that is mounted.
    root: String,
    point: String,
    kind: String,
    device: String,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Disk>, HostError> {
    let own = machine.own_mounts()?.map(|text| parse(&text).0);
    let (mounts, mut notes) = match (machine.text(&machine.of_process("mountinfo")), &own) {
        (Ok(text), _) => parse(&text),
        // Somebody hides processes from other users; what is mounted here is most of what there is.
        (Err(_), Some(own)) => (below(machine.root(), own), Vec::new()),
        (Err(error), None) => return Err(error),
    };
    let here: Option<HashMap<String, PathBuf>> = own.map(|own| {
        let places = visible(own).map(|mount| (mount.number, PathBuf::from(mount.point)));
        places.collect()
    });
    let mut file_systems = Vec::new();
    for mount in choose(mounts) {
        let place = match &here {
            None => Some(machine.path(&mount.point)),
            Some(here) => here.get(&mount.number).cloned(),
        };
        let Some(place) = place else {
            notes.push(format!(
                "cannot measure {}: no directory of it is mounted in this container",
                mount.point
            ));
            continue;
        };
        match machine.measure(&place) {
            Ok(space) if space.size == 0 => {}
            Ok(space) => file_systems.push(FileSystem {
                size_bytes: space.size,
                used_bytes: space.size.saturating_sub(space.free),
                available_bytes: space.available,
                mount_point: mount.point,
                device: mount.device,
                kind: mount.kind,
            }),
            Err(error) => notes.push(format!("cannot measure {}: {error}", mount.point)),
        }
    }
    Ok(Found { data: Disk { file_systems }, notes })
}

/// Returns the mounts at and below `root`, as they are called there; of a directory, the file system that it is of.
fn below(root: &Path, mounts: &[Mount]) -> Vec<Mount> {
    let within = |mount: &Mount| {
        let point = format!("/{}", Path::new(&mount.point).strip_prefix(root).ok()?.to_str()?);
        // `/etc` of the file system at `/`, or `/home/ana` of the one at `/home`.
        Some(match point.strip_suffix(&mount.root) {
            Some("") => Mount { point: "/".to_owned(), root: "/".to_owned(), ..mount.clone() },
            Some(parent) if mount.root != "/" => {
                Mount { point: parent.to_owned(), root: "/".to_owned(), ..mount.clone() }
            }
            Some(_) | None => Mount { point, ..mount.clone() },
        })
    };
    mounts.iter().filter_map(within).collect()
}

/// Reads the lines of `proc_pid_mountinfo(5)`.
fn parse(text: &Text) -> (Vec<Mount>, Vec<String>) {
    let mut notes = Vec::new();
    let mut mounts = Vec::new();
    for (number, line) in text.lines() {
        match mount(line) {
            Some(mount) => mounts.push(mount),
            None => notes.push(text.skipped(number, "a mount as mountinfo describes it")),
        }
    }
    (mounts, notes)
}

fn mount(line: &str) -> Option<Mount> {
    // Between the options and the hyphen stand any number of optional fields.
    let (place, origin) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(2);
    let mut origin = origin.split(' ');
    Some(Mount {
        number: place.next().filter(|number| number.contains(':'))?.to_owned(),
        root: unescape(place.next()?),
        point: unescape(place.next().filter(|point| point.starts_with('/'))?),
        kind: origin.next().filter(|kind| !kind.is_empty())?.to_owned(),
        device: unescape(origin.next()?),
    })
}

/// Takes the kernel's octal escapes (`\040` is a space) away; what would be a control character stays escaped.
fn unescape(field: &str) -> String {
    let mut plain = String::new();
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|code| u8::from_str_radix(code, 8).ok());
        let known = code.map(char::from).filter(|c| c.is_ascii() && !c.is_ascii_control());
        plain.push(known.unwrap_or('\\'));
        rest = &rest[at + if known.is_some() { 4 } else { 1 }..];
    }
    plain + rest
}

/// A later mount hides an earlier one at the same place.
fn visible(mounts: Vec<Mount>) -> impl Iterator<Item = Mount> {
    let by_point: BTreeMap<String, Mount> =
        mounts.into_iter().map(|mount| (mount.point.clone(), mount)).collect();
    by_point.into_values()
}

/// Chooses the mounts to tell about: those that hold files, each file system once.
fn choose(mounts: Vec<Mount>) -> Vec<Mount> {
    let mut chosen: BTreeMap<String, Mount> = BTreeMap::new();
    for mount in visible(mounts).filter(holds_files) {
        // Of several mounts of one file system, its own root is the best name, then the shortest path.
        let rank = |mount: &Mount| (mount.root != "/", mount.point.len());
        match chosen.get(&mount.number) {
            Some(known) if rank(known) <= rank(&mount) => {}
            _ => {
                chosen.insert(mount.number.clone(), mount);
            }
        }
    }
    let mut chosen: Vec<Mount> = chosen.into_values().collect();
    chosen.sort_by(|one, other| one.point.cmp(&other.point));
    chosen
}

fn holds_files(mount: &Mount) -> bool {
    let kind = mount.kind.as_str();
    if IMAGES.contains(&kind) || FROM_THE_ENGINE.contains(&mount.point.as_str()) {
        return false;
    }
    // The root is told whatever it is on: in a container it is an overlay, in a live system it is in memory.
    mount.point == "/" || mount.device.starts_with("/dev/") || WITHOUT_DEVICE.contains(&kind)
}

impl Disk {
    pub(super) fn sentence(&self, language: Language) -> String {
        if self.file_systems.is_empty() {
            return language
                .choose(
                    "No file system was found that could be measured.",
                    "Es wurde kein messbares Dateisystem gefunden.",
                )
                .to_owned();
        }
        let sentences: Vec<String> = self
            .file_systems
            .iter()
            .map(|file_system| {
                let FileSystem { mount_point, device, .. } = file_system;
                let available = language.bytes(file_system.available_bytes);
                let size = language.bytes(file_system.size_bytes);
                match language {
                    Language::English => {
                        format!("{available} of {size} are free on {mount_point} ({device}).")
                    }
                    Language::German => {
                        format!("Auf {mount_point} ({device}) sind {available} von {size} frei.")
                    }
                }
            })
            .collect();
        sentences.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Space;
    use proptest::prelude::*;
    use std::{fs, io};

    fn machine(name: &str, measure: fn(&Path) -> io::Result<Space>) -> Machine {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/host").join(name);
        Machine::at(&root, measure)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands in for a call that can fail")]
    fn gibibytes(_: &Path) -> io::Result<Space> {
        Ok(Space { size: 252 << 30, free: 90 << 30, available: 86_006_530_048 })
    }

    fn points(disk: &Disk) -> Vec<&str> {
        disk.file_systems.iter().map(|one| one.mount_point.as_str()).collect()
    }

    #[test]
    fn bind_mounts_and_pseudo_file_systems_are_not_counted() {
        let found = read(&machine("laptop", gibibytes)).unwrap();
        assert_eq!(points(&found.data), ["/", "/boot/efi", "/home", "/mnt/my photos", "/tank"]);
        assert!(found.notes.is_empty(), "{:?}", found.notes);
        assert!(
            found
                .data
                .sentence(Language::English)
                .starts_with("80.1 GiB of 252 GiB are free on / (/dev/nvme0n1p2). ")
        );
        assert!(
            found
                .data
                .sentence(Language::German)
                .starts_with("Auf / (/dev/nvme0n1p2) sind 80,1 GiB von 252 GiB frei. ")
        );
    }

    #[test]
    fn a_container_has_its_overlay_and_its_volumes() {
        let found = read(&machine("container", gibibytes)).unwrap();
        assert_eq!(points(&found.data), ["/", "/var/lib/ladylinux"]);
    }

    #[test]
    fn a_file_system_that_cannot_be_measured_is_noted_and_the_others_are_told() {
        let found = read(&machine("laptop", |point| {
            if point.ends_with("home") {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            gibibytes(point)
        }))
        .unwrap();
        assert_eq!(found.data.file_systems.len(), 4);
        assert_eq!(found.notes, ["cannot measure /home: permission denied"]);
    }

    /// The machine `name` as it looks from a container in which it is mounted at `/host`, with these mounts of its own.
    fn mounted(directory: &Path, name: &str, own: &str) -> Machine {
        let root = directory.join("host");
        fs::create_dir_all(root.join("proc/1")).unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/host").join(name);
        let list = fs::read_to_string(from.join("proc/self/mountinfo")).unwrap();
        fs::write(root.join("proc/1/mountinfo"), list).unwrap();
        let own_mounts = directory.join("mountinfo");
        fs::write(&own_mounts, own.replace("/host", &root.display().to_string())).unwrap();
        Machine::mounted(&root, &own_mounts, |point| match point.to_str() {
            Some(point) if point.ends_with("/home/ana") => {
                Ok(Space { size: 1 << 40, free: 1 << 30, available: 1 << 30 })
            }
            _ => gibibytes(point),
        })
    }

    /// A container's own root, and what it sees of three of the laptop's file systems.
    const OWN: &str = "1 0 0:99 / / rw - overlay overlay rw\n\
        2 1 259:2 /etc /host/etc ro - ext4 /dev/nvme0n1p2 rw\n\
        3 1 259:1 / /host/boot/efi ro - vfat /dev/nvme0n1p1 rw\n\
        4 1 259:3 /ana /host/home/ana ro - ext4 /dev/nvme0n1p3 rw\n";

    // C-38
    #[test]
    fn from_a_container_the_hosts_file_systems_are_told_and_not_the_containers() {
        let directory = tempfile::tempdir().unwrap();
        let found = read(&mounted(directory.path(), "laptop", OWN)).unwrap();
        assert_eq!(points(&found.data), ["/", "/boot/efi", "/home"], "{:?}", found.notes);
        assert_eq!(found.data.file_systems[2].size_bytes, 1 << 40);
        assert!(found.notes.iter().any(|note| note.contains("/tank: no directory of it")));
    }

    // C-38
    #[test]
    fn a_host_that_hides_its_processes_is_told_by_what_is_mounted_here() {
        let directory = tempfile::tempdir().unwrap();
        let machine = mounted(directory.path(), "laptop", OWN);
        fs::remove_file(directory.path().join("host/proc/1/mountinfo")).unwrap();
        assert_eq!(points(&read(&machine).unwrap().data), ["/", "/boot/efi", "/home"]);
    }

    #[test]
    fn a_truncated_line_is_noted_and_the_others_are_told() {
        let found = read(&machine("truncated-mountinfo", gibibytes)).unwrap();
        assert_eq!(points(&found.data), ["/"]);
        assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
        assert!(found.notes[0].contains("line 2 of"), "{:?}", found.notes);
    }

    #[test]
    fn a_tree_without_the_file_names_it() {
        let error = read(&machine("no-such-machine", gibibytes)).err().unwrap();
        assert!(error.to_string().contains("proc/self/mountinfo"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_noted(content in "(([0-9a-z/:\\\\-]{0,6} ){0,12}\n?)*|\\PC*") {
            let (mounts, _) = parse(&Text::of("/proc/self/mountinfo", &content));
            drop(choose(mounts));
        }

        #[test]
        fn escapes_end_before_the_text_does(field in "(\\\\|[0-7é]|x)*") {
            drop(unescape(&field));
        }
    }
}
