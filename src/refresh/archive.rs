//! An OCI archive: a tar of an OCI image layout, checked blob by blob before anything is done with it.
//!
//! An engine would notice most of what can be wrong with one, but only while it loads it, and in words that help nobody.

use super::{
    release::Digest,
    signature::{self, Signed},
};
use crate::foundation::values::Sha256;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Component, Path, PathBuf},
};

/// The largest manifest, index or configuration.
const LARGEST_JSON: u64 = 4 << 20;

/// How an archive that was compressed as a whole begins: gzip (RFC 1952), zstd (RFC 8878), xz, bzip2.
const COMPRESSED: [(&[u8], &str); 4] = [
    (b"\x1f\x8b", "gunzip"),
    (b"\x28\xb5\x2f\xfd", "unzstd"),
    (b"\xfd7zXZ\0", "unxz"),
    (b"BZh", "bunzip2"),
];

/// Where the other files of a bundle lie: what the release is made of, what is new in it.
const RELEASE: &str = "release/";

/// Where signatures lie in an archive.
const SIGNATURES: &str = "signatures/";

/// The list in Docker's own archives.
const DOCKER_MANIFEST: &str = "manifest.json";

/// The key of an image's name in an index (OCI image spec, annotations).
const NAME: &str = "org.opencontainers.image.ref.name";

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The digest of the manifest for this machine.
    pub digest: Digest,
    /// The digest of the image's configuration, which most engines name it after.
    pub image_id: String,
    /// How much its layers and its configuration take, compressed, in bytes.
    pub size: u64,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its name, if the archive tells one.
    pub reference: Option<String>,
    /// The signatures that lie beside it, in the order of their names; they are not checked.
    pub signatures: Vec<Signed>,
    /// The other files of a bundle: what lies below `release/`.
    pub files: BTreeMap<String, Sha256>,
    /// What Docker wants to read before it, unless the archive has it: see [`Archived::for_docker`].
    docker_manifest: Option<Vec<u8>>,
}

impl Archived {
    /// Returns what is put before the archive for Docker, whose usual store reads image layouts only by the list of its
    /// own archives, `manifest.json` (`image/tarexport` in its source): a tar without an end.
    pub fn for_docker(&self) -> Vec<u8> {
        let Some(manifest) = &self.docker_manifest else { return Vec::new() };
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(manifest.len() as u64);
        let mut tar = tar::Builder::new(Vec::new());
        // Nothing can fail that is written to memory under a short name.
        drop(tar.append_data(&mut header, DOCKER_MANIFEST, manifest.as_slice()));
        std::mem::take(tar.get_mut())
    }
}

/// Why an archive is not used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read.
    #[error("cannot read the archive {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is damaged, cut off, or no OCI archive.
    #[error("{} is no whole OCI archive ({detail}): copy it again, or make it anew with scripts/image --save", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// It is compressed as a whole.
    #[error("{} is compressed: unpack it with `{unpack}`; the layers in it stay small", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
        /// What unpacks it.
        unpack: &'static str,
    },
    /// It is an archive of another kind.
    #[error("{} is a Docker archive: make an OCI archive with `podman save --format oci-archive`", path.display())]
    OfDocker {
        /// The file.
        path: PathBuf,
    },
    /// It holds several images.
    #[error("{} holds {count} images, and not one: save one only", path.display())]
    Several {
        /// The file.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// It holds nothing for this machine.
    #[error("{} holds an image for {found}, and this machine is {wanted}", path.display())]
    Architecture {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
        /// What this machine is.
        wanted: String,
    },
}

/// What is wrong with an archive, without its name.
#[derive(Debug)]
enum Wrong {
    Read(io::Error),
    Damaged(String),
    Compressed(&'static str),
    OfDocker,
    Several(usize),
    Architecture(String),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

#[derive(Deserialize)]
struct Layout {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    platform: Option<Platform>,
}

#[derive(Clone, Deserialize)]
struct Platform {
    architecture: String,
    os: String,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Config {
    architecture: String,
    config: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

/// Reads an archive to its end, checks every blob against its digest, and says what it holds for this architecture.
pub fn inspect(path: &Path, architecture: &str) -> Result<Archived, ArchiveError> {
    let path = path.to_owned();
    let read =
        || -> Result<Archived, Wrong> { Contents::read(File::open(&path)?)?.image(architecture) };
    read().map_err(|wrong| match wrong {
        Wrong::Read(source) => ArchiveError::Read { path, source },
        Wrong::Damaged(detail) => ArchiveError::Damaged { path, detail },
        Wrong::Compressed(unpack) => ArchiveError::Compressed { path, unpack },
        Wrong::OfDocker => ArchiveError::OfDocker { path },
        Wrong::Several(count) => ArchiveError::Several { path, count },
        Wrong::Architecture(found) => {
            ArchiveError::Architecture { path, found, wanted: architecture.to_owned() }
        }
    })
}

/// Where in an archive something lies: its first byte, and how many there are.
#[derive(Clone, Copy)]
struct Place {
    at: u64,
    size: u64,
}

/// An archive whose blobs are what their names say.
struct Contents {
    file: File,
    index: Option<Place>,
    layout: Option<Place>,
    of_docker: bool,
    blobs: BTreeMap<String, Place>,
    /// What lies below `signatures/`, by its name.
    signatures: BTreeMap<String, Place>,
    /// What lies below `release/`.
    files: BTreeMap<String, Sha256>,
}

impl Contents {
    fn read(mut file: File) -> Result<Self, Wrong> {
        let length = file.metadata()?.len();
        refuse_compressed(&mut file)?;
        let mut contents = Self {
            file: file.try_clone()?,
            index: None,
            layout: None,
            of_docker: false,
            blobs: BTreeMap::new(),
            signatures: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let mut archive = tar::Archive::new(BufReader::with_capacity(1 << 20, file));
        for entry in archive.entries()? {
            contents.take(&mut entry.map_err(cut_off)?, length)?;
        }
        Ok(contents)
    }

    /// Takes note of an entry, and checks it if it is a blob.
    fn take(&mut self, entry: &mut tar::Entry<'_, impl Read>, length: u64) -> Result<(), Wrong> {
        let name = plain(&entry.path().map_err(cut_off)?)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            return Ok(());
        }
        if !kind.is_file() {
            return Err(Wrong::Damaged(format!("{name} is no plain file")));
        }
        let place = Place { at: entry.raw_file_position(), size: entry.size() };
        // A tar that breaks off within a file looks to its reader as if the file were shorter.
        if place.at.saturating_add(place.size) > length {
            return Err(Wrong::Damaged(format!("it breaks off in {name}")));
        }
        match name.as_str() {
            "index.json" => set_once(&mut self.index, place, &name)?,
            "oci-layout" => set_once(&mut self.layout, place, &name)?,
            DOCKER_MANIFEST => self.of_docker = true,
            _ if name.starts_with(SIGNATURES) => {
                if place.size > signature::LARGEST || self.signatures.len() >= 2 * signature::MOST {
                    return Err(Wrong::Damaged(format!("{name} is no signature")));
                }
                self.signatures.insert(name, place);
            }
            _ if name.starts_with(RELEASE) => {
                let digest = Sha256::of_reader(entry, |_| ()).map_err(cut_off)?;
                if self.files.insert(name.clone(), digest).is_some() {
                    return Err(Wrong::Damaged(format!("it has {name} twice")));
                }
            }
            _ => {
                let Some(digits) = name.strip_prefix("blobs/sha256/") else { return Ok(()) };
                if Sha256::of_reader(entry, |_| ()).map_err(cut_off)?.to_string() != digits {
                    return Err(Wrong::Damaged(format!("{name} is not what its name says")));
                }
                self.blobs.insert(format!("sha256:{digits}"), place);
            }
        }
        Ok(())
    }

    fn image(mut self, architecture: &str) -> Result<Archived, Wrong> {
        let (Some(index), Some(layout)) = (self.index, self.layout) else {
            return Err(match (self.of_docker, self.index) {
                (true, _) => Wrong::OfDocker,
                (false, None) => Wrong::Damaged("it has no index.json".to_owned()),
                (false, Some(_)) => Wrong::Damaged("it has no oci-layout".to_owned()),
            });
        };
        let Layout { version } = self.json(layout, "oci-layout")?;
        if version.split('.').next() != Some("1") {
            return Err(Wrong::Damaged(format!("its layout is of version {version}, and not 1")));
        }
        let index: Index = self.json(index, "index.json")?;
        let [first] = index.manifests.as_slice() else {
            return Err(Wrong::Several(index.manifests.len()));
        };
        let reference = first.annotations.get(NAME).cloned();
        let descriptor = self.for_machine(first, architecture)?;
        let manifest: Manifest = self.blob(&descriptor)?;
        let config: Config = self.blob(&manifest.config)?;
        let mut size = 0_u64;
        for part in manifest.layers.iter().chain([&manifest.config]) {
            self.place(part)?;
            size = size.saturating_add(part.size);
        }
        if config.architecture != architecture {
            return Err(Wrong::Architecture(config.architecture));
        }
        let path = |part: &Descriptor| format!("blobs/{}", part.digest.replace(':', "/"));
        let layers: Vec<String> = manifest.layers.iter().map(path).collect();
        let list = serde_json::json!([{ "Config": path(&manifest.config), "RepoTags": null, "Layers": layers }]);
        Ok(Archived {
            signatures: self.signed()?,
            files: std::mem::take(&mut self.files),
            docker_manifest: (!self.of_docker).then(|| list.to_string().into_bytes()),
            digest: digest(&descriptor)?,
            image_id: digest(&manifest.config)?.to_string(),
            size,
            labels: config.config.and_then(|inner| inner.labels).unwrap_or_default(),
            reference,
        })
    }

    /// Returns the manifest for this machine, from the list of manifests if there is one.
    fn for_machine(
        &mut self,
        descriptor: &Descriptor,
        architecture: &str,
    ) -> Result<Descriptor, Wrong> {
        if !(descriptor.media_type.contains("index") || descriptor.media_type.contains("list")) {
            return Ok(descriptor.clone());
        }
        let Index { manifests } = self.blob(descriptor)?;
        let fits = |one: &&Descriptor| {
            let platform = one.platform.as_ref();
            platform.is_some_and(|one| one.os == "linux" && one.architecture == architecture)
        };
        if let Some(found) = manifests.iter().find(fits) {
            return Ok(found.clone());
        }
        let platforms = manifests.iter().filter_map(|one| one.platform.as_ref());
        // What says how an image was built is listed beside it, as of an unknown architecture.
        let known = platforms.filter(|platform| platform.architecture != "unknown");
        let known: Vec<&str> = known.map(|platform| platform.architecture.as_str()).collect();
        Err(Wrong::Architecture(known.join(", ")))
    }

    /// Reads each `NAME.payload`, with its signature in `NAME.sig`, which is Base64 as `cosign verify-blob` takes it.
    fn signed(&mut self) -> Result<Vec<Signed>, Wrong> {
        let mut found = Vec::new();
        for (name, place) in self.signatures.clone() {
            let Some(stem) = name.strip_suffix(".payload") else { continue };
            let wrong = || Wrong::Damaged(format!("{stem}.sig is missing, or no signature"));
            let of = self.signatures.get(&format!("{stem}.sig")).copied().ok_or_else(wrong)?;
            let text = self.bytes(of)?;
            let signature = STANDARD.decode(text.trim_ascii()).map_err(|_| wrong())?;
            found.push(Signed { payload: self.bytes(place)?, signature });
        }
        Ok(found)
    }

    /// Returns where a blob lies, if it is there and as long as it should be.
    fn place(&self, descriptor: &Descriptor) -> Result<Place, Wrong> {
        let place = self.blobs.get(&descriptor.digest).copied();
        place.filter(|place| place.size == descriptor.size).ok_or_else(|| {
            Wrong::Damaged(format!("{} is missing, or of another length", descriptor.digest))
        })
    }

    fn blob<T: DeserializeOwned>(&mut self, descriptor: &Descriptor) -> Result<T, Wrong> {
        let place = self.place(descriptor)?;
        self.json(place, &descriptor.digest)
    }

    fn json<T: DeserializeOwned>(&mut self, place: Place, name: &str) -> Result<T, Wrong> {
        if place.size > LARGEST_JSON {
            return Err(Wrong::Damaged(format!("{name} is far too large")));
        }
        let bytes = self.bytes(place)?;
        serde_json::from_slice(&bytes).map_err(|error| Wrong::Damaged(format!("{name}: {error}")))
    }

    fn bytes(&mut self, place: Place) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(place.at))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(place.size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn refuse_compressed(file: &mut File) -> Result<(), Wrong> {
    let mut start = Vec::new();
    file.by_ref().take(8).read_to_end(&mut start)?;
    file.rewind()?;
    match COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic)) {
        Some((_, unpack)) => Err(Wrong::Compressed(unpack)),
        None => Ok(()),
    }
}

/// What a reader of tars complains about is the archive's fault; what the disk complains about is not.
fn cut_off(error: io::Error) -> Wrong {
    if error.raw_os_error().is_some() {
        Wrong::Read(error)
    } else {
        Wrong::Damaged(error.to_string())
    }
}

/// Returns a name without `./` in front; one that leads out of the archive is an attack.
fn plain(path: &Path) -> Result<String, Wrong> {
    let mut name = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => name.push(part),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => {
                return Err(Wrong::Damaged(format!("{} leads out of it", path.display())));
            }
        }
    }
    Ok(name.to_string_lossy().into_owned())
}

/// Engines take the last of two, and people read the first.
fn set_once(place: &mut Option<Place>, found: Place, name: &str) -> Result<(), Wrong> {
    match place.replace(found) {
        None => Ok(()),
        Some(_) => Err(Wrong::Damaged(format!("{name} is in it twice"))),
    }
}

fn digest(descriptor: &Descriptor) -> Result<Digest, Wrong> {
    descriptor.digest.parse().map_err(|error| Wrong::Damaged(format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::fs;

    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

    /// An archive that is being made.
    #[derive(Clone, Default)]
    struct Making {
        files: Vec<(String, Vec<u8>)>,
    }

    impl Making {
        fn blob(&mut self, bytes: impl Into<Vec<u8>>) -> Value {
            let bytes = bytes.into();
            let digest = Sha256::of(&bytes).to_string();
            let descriptor = json!({ "digest": format!("sha256:{digest}"), "size": bytes.len() });
            self.files.push((format!("blobs/sha256/{digest}"), bytes));
            descriptor
        }

        fn image(&mut self, architecture: &str) -> Value {
            let labels = json!({ "org.opencontainers.image.revision": "abc" });
            let config = json!({ "architecture": architecture, "config": { "Labels": labels } });
            let config = self.blob(config.to_string());
            let layers = [self.blob(vec![1; 3000]), self.blob(vec![2; 700])];
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
            let mut descriptor = self.blob(manifest.to_string());
            descriptor["mediaType"] = MANIFEST.into();
            descriptor
        }

        fn add(&mut self, name: &str, content: &Value) {
            self.files.push((name.to_owned(), content.to_string().into_bytes()));
        }

        fn finish(mut self, manifests: &[Value]) -> Vec<u8> {
            self.add("oci-layout", &json!({ "imageLayoutVersion": "1.0.0" }));
            self.add("index.json", &json!({ "schemaVersion": 2, "manifests": manifests }));
            self.tar()
        }

        fn tar(&self) -> Vec<u8> {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, bytes) in &self.files {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                tar.append_data(&mut header, name, bytes.as_slice()).unwrap();
            }
            tar.into_inner().unwrap()
        }
    }

    fn good() -> Vec<u8> {
        let mut making = Making::default();
        let image = making.image("amd64");
        making.finish(&[image])
    }

    fn look(bytes: &[u8]) -> Result<Archived, ArchiveError> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("release.oci.tar");
        fs::write(&file, bytes).unwrap();
        inspect(&file, "amd64")
    }

    fn damage(bytes: &[u8]) -> String {
        match look(bytes) {
            Err(ArchiveError::Damaged { detail, .. }) => detail,
            other => panic!("{other:?}"),
        }
    }

    // LL-DEP-14
    #[test]
    fn a_good_archive_tells_what_it_holds() {
        let mut making = Making::default();
        let mut image = making.image("amd64");
        image["annotations"] = json!({ NAME: "localhost/ladylinux:1.0.0" });
        let manifest = making.files.last().unwrap().1.clone();
        let found = look(&making.finish(&[image])).unwrap();
        assert_eq!(found.digest, Digest(Sha256::of(manifest)));
        assert_eq!(found.labels["org.opencontainers.image.revision"], "abc");
        assert_eq!(found.reference.as_deref(), Some("localhost/ladylinux:1.0.0"));
        assert!(found.image_id.starts_with("sha256:"));
        assert!((3700..4000).contains(&found.size), "{}", found.size);
    }

    #[test]
    fn the_image_for_this_machine_is_taken_from_a_list_of_images() {
        let mut making = Making::default();
        let mut platforms = Vec::new();
        for architecture in ["arm64", "amd64", "unknown"] {
            let mut image = making.image(architecture);
            image["platform"] = json!({ "architecture": architecture, "os": "linux" });
            platforms.push(image);
        }
        let wanted = platforms[1]["digest"].clone();
        let list = |making: &mut Making, of: &[Value]| {
            let mut list = making.blob(json!({ "manifests": of }).to_string());
            list["mediaType"] = INDEX.into();
            list
        };
        let mut both = making.clone();
        let listed = list(&mut both, &platforms);
        let found = look(&both.finish(&[listed])).unwrap();
        assert_eq!(found.digest.to_string(), wanted.as_str().unwrap());

        let others = [platforms[0].clone(), platforms[2].clone()];
        let listed = list(&mut making, &others);
        let error = look(&making.finish(&[listed])).unwrap_err();
        let ArchiveError::Architecture { found, .. } = error else { panic!("{error:?}") };
        assert_eq!(found, "arm64");
    }

    #[test]
    fn wherever_an_archive_breaks_off_it_is_refused() {
        let whole = good();
        // Two empty blocks end a tar; what comes after the last file is not needed.
        let used = whole.len() - whole.iter().rev().take_while(|byte| **byte == 0).count();
        let used = used.next_multiple_of(512);
        for length in (0..used).step_by(211).chain([used - 1, 512, 1024]) {
            let error = look(&whole[..length]).unwrap_err();
            assert!(matches!(error, ArchiveError::Damaged { .. }), "{length} bytes: {error:?}");
        }
        assert!(look(&whole[..used]).is_ok());
    }

    #[test]
    fn one_changed_bit_anywhere_in_what_counts_is_noticed() {
        let whole = good();
        let files: usize = 3000 + 700;
        let mut noticed = 0;
        for at in (0..whole.len()).step_by(97) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            let Ok(found) = look(&changed) else {
                noticed += 1;
                continue;
            };
            // What is not noticed is padding, or the name or time of a file that nobody needs.
            assert_eq!(found.digest, look(&whole).unwrap().digest, "byte {at}");
        }
        assert!(noticed > files / 97, "{noticed}");
    }

    #[test]
    fn what_is_no_oci_archive_is_told_as_what_it_is() {
        assert!(damage(b"").contains("index.json"));
        assert!(damage(&[0; 10240]).contains("index.json"));
        damage(b"PK\x03\x04 this is no tar");
        assert!(matches!(
            look(b"\x1f\x8b\x08\x00 compressed"),
            Err(ArchiveError::Compressed { unpack: "gunzip", .. })
        ));
        let mut docker = Making::default();
        docker.add("manifest.json", &json!([]));
        assert!(matches!(look(&docker.tar()), Err(ArchiveError::OfDocker { .. })));
        let missing = inspect(Path::new("/nowhere/release.oci.tar"), "amd64").unwrap_err();
        assert!(missing.to_string().contains("/nowhere/release.oci.tar"), "{missing}");
        assert!(matches!(
            inspect(Path::new("/"), "amd64"),
            Err(ArchiveError::Read { .. } | ArchiveError::Damaged { .. })
        ));
    }

    #[test]
    fn an_archive_with_something_missing_wrong_or_twice_is_refused() {
        let mut making = Making::default();
        let image = making.image("amd64");
        for left_out in 0..making.files.len() {
            let mut less = making.clone();
            less.files.remove(left_out);
            assert!(damage(&less.finish(std::slice::from_ref(&image))).contains("missing"));
        }
        let mut renamed = making.clone();
        renamed.files[1].1[0] ^= 1;
        assert!(damage(&renamed.finish(std::slice::from_ref(&image))).contains("name says"));

        let mut longer = image.clone();
        longer["size"] = 1.into();
        assert!(damage(&making.clone().finish(&[longer])).contains("another length"));

        let mut twice = making.clone();
        twice.add("index.json", &json!({ "manifests": [] }));
        assert!(damage(&twice.finish(std::slice::from_ref(&image))).contains("twice"));

        let two = look(&making.clone().finish(&[image.clone(), image.clone()]));
        assert!(matches!(two, Err(ArchiveError::Several { count: 2, .. })));
        assert!(matches!(look(&making.finish(&[])), Err(ArchiveError::Several { count: 0, .. })));
    }

    #[test]
    fn an_image_for_another_machine_is_refused() {
        let mut making = Making::default();
        let image = making.image("arm64");
        let error = look(&making.finish(&[image])).unwrap_err();
        assert!(error.to_string().contains("arm64"), "{error}");
        assert!(matches!(error, ArchiveError::Architecture { .. }));
    }

    #[test]
    fn what_leads_out_of_an_archive_or_is_no_file_is_refused() {
        for path in ["../../etc/passwd", "/etc/passwd", "blobs/../../x"] {
            assert!(plain(Path::new(path)).is_err(), "{path}");
        }
        assert_eq!(plain(Path::new("./blobs/./sha256/ab")).unwrap(), "blobs/sha256/ab");

        let mut tar = tar::Builder::new(good());
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_entry_type(tar::EntryType::Symlink);
        let mut linked = tar::Builder::new(Vec::new());
        linked.append_link(&mut header, "index.json", "/etc/passwd").unwrap();
        assert!(damage(&linked.into_inner().unwrap()).contains("no plain file"));
        tar.finish().unwrap();
    }
}
