//! Releases to refresh to: real images of a small static program that speaks the contract, and misbehaves on demand.
//!
//! They are put together here, byte for byte, so that each has a digest of its own within milliseconds, and so that they
//! can be broken in ways that no builder would.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A release, before it is an image.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    architecture: String,
    /// What it weighs besides, in KiB.
    filler: usize,
}

impl Release {
    /// Returns a release that does everything right, with schema 1; it has the same digest as another one only if both its
    /// maker and its version are the same.
    pub(crate) fn new(maker: &str, version: &str) -> Self {
        let commit = hex(format!("{maker} {version}").as_bytes())[..40].to_owned();
        let mut labels = BTreeMap::new();
        for (label, value) in [
            ("org.opencontainers.image.revision", commit.as_str()),
            ("org.opencontainers.image.source", "https://example.org/ladylinux"),
            ("org.opencontainers.image.version", version),
            ("io.ladylinux.memory", "1048576"),
        ] {
            labels.insert(label.to_owned(), value.to_owned());
        }
        let release = Self {
            environment: BTreeMap::new(),
            labels,
            architecture: architecture().to_owned(),
            filler: 0,
        };
        release.set("RELEASE_VERSION", version).set("RELEASE_COMMIT", &commit).schema(1)
    }

    /// Tells the program something; `tests/refresh/release.c` lists what it knows.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without_label(mut self, name: &str) -> Self {
        self.labels.remove(name);
        self
    }

    /// Migrates to this schema, from any.
    pub(crate) fn schema(self, schema: u32) -> Self {
        let to = schema.to_string();
        self.set("RELEASE_SCHEMA", &to)
            .label("io.ladylinux.schema.from", "1")
            .label("io.ladylinux.schema.to", &to)
    }

    pub(crate) fn architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.architecture);
        self
    }

    /// Adds a layer of so many KiB, which no other release has.
    pub(crate) fn filler(mut self, kib: usize) -> Self {
        self.filler = kib;
        self
    }

    /// Makes the image.
    pub(crate) fn image(&self) -> Image {
        let version = &self.environment["RELEASE_VERSION"];
        let mut layers =
            vec![program_layer().to_vec(), layer_with("etc/release", version.as_bytes())];
        if self.filler > 0 {
            layers.push(layer_with(
                "etc/filler",
                &noise(&self.environment["RELEASE_COMMIT"], self.filler * 1024),
            ));
        }
        let environment: Vec<String> =
            self.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let config = json!({
            "architecture": self.architecture,
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": {
                "User": "10001:10001",
                "Env": environment,
                "Entrypoint": ["/usr/local/bin/ladylinux"],
                "Cmd": ["serve"],
                "Labels": self.labels,
            },
            "rootfs": {
                "type": "layers",
                "diff_ids": layers.iter().map(|layer| digest(layer)).collect::<Vec<_>>(),
            },
        });
        Image::of(config.to_string().into_bytes(), layers)
    }
}

/// An image, as registries and archives hold it.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) config: Vec<u8>,
    pub(crate) layers: Vec<Vec<u8>>,
    pub(crate) manifest: Vec<u8>,
}

impl Image {
    fn of(config: Vec<u8>, layers: Vec<Vec<u8>>) -> Self {
        let describe = |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "digest": digest(bytes), "size": bytes.len() });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": describe(CONFIG, &config),
            "layers": layers.iter().map(|layer| describe(LAYER, layer)).collect::<Vec<_>>(),
        });
        Self { manifest: manifest.to_string().into_bytes(), config, layers }
    }

    /// The digest that names it.
    pub(crate) fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// The engine's own name for it.
    pub(crate) fn id(&self) -> String {
        digest(&self.config)
    }

    /// What it is made of, without the manifest.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        self.layers.iter().map(Vec::as_slice).chain([self.config.as_slice()])
    }

    /// Returns it as an OCI archive.
    pub(crate) fn archive(&self) -> Vec<u8> {
        self.archive_with(&[])
    }

    /// Returns it as an OCI archive, with other files beside it.
    pub(crate) fn archive_with(&self, files: &[(&str, &[u8])]) -> Vec<u8> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{
                "mediaType": MANIFEST,
                "digest": self.digest(),
                "size": self.manifest.len(),
                "annotations": { "org.opencontainers.image.ref.name": "localhost/release:archived" },
            }],
        });
        let mut archive = tar::Builder::new(Vec::new());
        append(&mut archive, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#, 0o644);
        append(&mut archive, "index.json", index.to_string().as_bytes(), 0o644);
        for blob in self.blobs().chain([self.manifest.as_slice()]) {
            append(&mut archive, &format!("blobs/sha256/{}", hex(blob)), blob, 0o644);
        }
        for (name, content) in files {
            append(&mut archive, name, content, 0o644);
        }
        archive.into_inner().unwrap()
    }
}

/// Returns an index of images for several architectures, as a registry holds it.
pub(crate) fn index(images: &[(&Image, &str)]) -> Vec<u8> {
    let manifests: Vec<Value> = images
        .iter()
        .map(|(image, architecture)| {
            json!({
                "mediaType": MANIFEST,
                "digest": image.digest(),
                "size": image.manifest.len(),
                "platform": { "os": "linux", "architecture": architecture },
            })
        })
        .collect();
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests })
        .to_string()
        .into_bytes()
}

/// The media type of a manifest or an index.
pub(crate) fn media_type(manifest: &[u8]) -> String {
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    manifest["mediaType"].as_str().unwrap().to_owned()
}

/// This machine's architecture in the words of the OCI image spec.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    ladylinux::foundation::values::Sha256::of(bytes).to_string()
}

/// Bytes that no compression makes smaller, the same for the same seed.
fn noise(seed: &str, length: usize) -> Vec<u8> {
    let mut block = Sha256::digest(seed.as_bytes()).to_vec();
    let mut bytes = Vec::with_capacity(length + 32);
    while bytes.len() < length {
        block = Sha256::digest(&block).to_vec();
        bytes.extend_from_slice(&block);
    }
    bytes.truncate(length);
    bytes
}

static PROGRAM: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();

/// Compiles the program, once; the error says why that is not possible here.
pub(crate) fn program() -> Result<&'static [u8], String> {
    PROGRAM.get_or_init(compile).as_deref().map_err(Clone::clone)
}

fn compile() -> Result<Vec<u8>, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refresh/release.c");
    let program =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{}", std::process::id()));
    let output = Command::new("cc")
        .args(["-static", "-Os", "-s", "-o"])
        .args([&program, &source])
        .output()
        .map_err(|error| format!("there is no C compiler: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cc cannot make a static program: {said}"));
    }
    let bytes = std::fs::read(&program).unwrap();
    std::fs::remove_file(program).unwrap();
    Ok(bytes)
}

static PROGRAM_LAYER: OnceLock<Vec<u8>> = OnceLock::new();

/// The layer that all releases share: the program, and the directories of the contract.
fn program_layer() -> &'static [u8] {
    PROGRAM_LAYER.get_or_init(|| {
        let mut layer = tar::Builder::new(Vec::new());
        for (path, owner) in [
            ("usr/", 0),
            ("usr/local/", 0),
            ("usr/local/bin/", 0),
            ("etc/", 0),
            ("run/", 0),
            ("tmp/", 10001),
            ("opt/", 0),
            ("opt/ladylinux/", 0),
            ("opt/ladylinux/models/", 10001),
            ("etc/ladylinux/", 10001),
            ("var/", 0),
            ("rehearsal/", 10001),
            ("var/lib/", 0),
            ("var/lib/ladylinux/", 10001),
            ("var/lib/ladylinux/facts/", 10001),
            ("var/lib/ladylinux/supervisor/", 0),
            ("var/lib/ladylinux/supervisor/requests/", 10001),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Directory);
            header.set_size(0);
            header.set_mode(0o755);
            header.set_uid(owner);
            header.set_gid(owner);
            layer.append_data(&mut header, path, std::io::empty()).unwrap();
        }
        for name in ["ladylinux", "ladylinux-supervisor"] {
            append(&mut layer, &format!("usr/local/bin/{name}"), program().unwrap(), 0o755);
        }
        // Otherwise the engine would write them, and that would look like drift.
        let passwd = b"ladylinux:x:10001:10001::/:/usr/sbin/nologin\n";
        append(&mut layer, "etc/passwd", passwd, 0o644);
        append(&mut layer, "etc/group", b"ladylinux:x:10001:\n", 0o644);
        layer.into_inner().unwrap()
    })
}

fn layer_with(path: &str, content: &[u8]) -> Vec<u8> {
    let mut layer = tar::Builder::new(Vec::new());
    append(&mut layer, path, content, 0o644);
    layer.into_inner().unwrap()
}

fn append(archive: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8], mode: u32) {
    let mut header = tar::Header::new_ustar();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    archive.append_data(&mut header, path, content).unwrap();
}
