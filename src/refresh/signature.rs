//! Signatures of releases by key pairs, as `cosign sign --key` and `podman push --sign-by-sigstore-private-key` make them.
//!
//! What is signed is a small document, the payload, which names the digest of an image. In a registry it lies beside the
//! image, under the tag `sha256-<digest>.sig` (sigstore/cosign, `specs/SIGNATURE_SPEC.md`); in an archive, in files beside it.
//! To check one takes the public key and nothing else: no network, no log, no clock.

use super::{
    hold,
    release::Digest,
    stack::{Environment, Stack},
};
use crate::foundation::values::Sha256;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{
    SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, alg_id, pem::PemObject,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The largest payload that is read; they have some 300 bytes.
pub const LARGEST: u64 = 64 << 10;

/// So many signatures of one image are looked at.
pub const MOST: usize = 32;

/// What `critical.type` says of an image's signature (containers/image, `docs/containers-signature.5.md`).
const KIND: &str = "cosign container image signature";

/// How a public key of the curve P-256 begins (RFC 5480): all but the point itself, which is the last 65 bytes.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A signature as it was found; nothing of it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What is signed, to the byte.
    pub payload: Vec<u8>,
    /// The signature: ECDSA over SHA-256, in DER.
    pub signature: Vec<u8>,
}

/// How a signature is kept: both in Base64.
#[derive(Serialize, Deserialize)]
struct Kept {
    payload: String,
    signature: String,
}

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
    optional: Option<Optional>,
}

/// What a signer may add. cosign writes other things here, which are left alone.
#[derive(Deserialize)]
struct Optional {
    #[serde(default)]
    files: BTreeMap<String, Sha256>,
}

#[derive(Deserialize)]
struct Critical {
    image: PayloadImage,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct PayloadImage {
    #[serde(rename = "docker-manifest-digest")]
    digest: Digest,
}

/// What a good signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Believed {
    /// The name of the key.
    pub signer: String,
    /// The files beside the image in its archive, as they were signed.
    pub files: BTreeMap<String, Sha256>,
}

/// A key whose signatures are believed.
struct Key {
    name: String,
    point: Vec<u8>,
}

/// The keys whose signatures are believed.
pub struct Keys {
    directory: PathBuf,
    keys: Vec<Key>,
}

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It holds no key of the kind.
    #[error(
        "{} is no public key of the curve P-256 in PEM, as `cosign generate-key-pair` makes it: replace or remove it",
        .0.display()
    )]
    Malformed(PathBuf),
}

/// Why a release is not believed to be one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unbelieved {
    /// There is no key to believe.
    NoKeys,
    /// Nobody has signed it.
    Unsigned,
    /// Somebody has, with another key.
    OtherKey,
    /// With a key of ours, but another image.
    OtherImage(Digest),
    /// The image, but this file beside it in the archive is not the one that was signed.
    OtherFile(String),
}

impl Keys {
    /// Reads every `*.pub` of a directory; none if there is no such directory.
    pub fn read(directory: &Path) -> Result<Self, KeyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::Read { path, source }
        };
        let mut keys = Vec::new();
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            entries => Some(entries.map_err(failed(directory))?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(failed(directory))?.path();
            if path.extension().is_none_or(|extension| extension != "pub") {
                continue;
            }
            let text = fs::read(&path).map_err(failed(&path))?;
            let key = SubjectPublicKeyInfoDer::from_pem_slice(&text).ok();
            let point = key.as_deref().and_then(|key| key.strip_prefix(&P256));
            let point = point.filter(|point| point.len() == 65).map(<[u8]>::to_vec);
            let point = point.ok_or_else(|| KeyError::Malformed(path.clone()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            keys.push(Key { name, point });
        }
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { directory: directory.to_owned(), keys })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Finds the signature that is good for this image by one of the keys.
    pub fn believe(&self, digest: Digest, found: &[Signed]) -> Result<Believed, Unbelieved> {
        if self.is_empty() {
            return Err(Unbelieved::NoKeys);
        }
        let mut why = if found.is_empty() { Unbelieved::Unsigned } else { Unbelieved::OtherKey };
        for signed in found.iter().take(MOST) {
            let Some(key) = self.keys.iter().find(|key| key.made(signed)) else { continue };
            // Only what a key of ours has signed is read at all.
            let Ok(payload) = serde_json::from_slice::<Payload>(&signed.payload) else { continue };
            if payload.critical.kind != KIND {
                continue;
            }
            if payload.critical.image.digest == digest {
                let files = payload.optional.map(|optional| optional.files).unwrap_or_default();
                return Ok(Believed { signer: key.name.clone(), files });
            }
            why = Unbelieved::OtherImage(payload.critical.image.digest);
        }
        Err(why)
    }

    /// Says what is wrong, and what to do about it: a code, a message, the next action.
    pub fn explain(&self, why: &Unbelieved, digest: Digest) -> (&'static str, String, String) {
        let (digest, directory) = (digest.short(), self.directory.display());
        match why {
            Unbelieved::NoKeys => (
                "no_keys",
                format!("only signed releases are started, and there is no key in {directory}"),
                format!("put the public key of whoever makes releases there, as {directory}/NAME.pub"),
            ),
            Unbelieved::Unsigned => (
                "unsigned",
                format!("nobody has signed {digest}"),
                "sign it (`cosign sign --key`, scripts/release), or choose a release that is signed"
                    .to_owned(),
            ),
            Unbelieved::OtherKey => (
                "untrusted_signature",
                format!("{digest} is signed, but by none of the keys in {directory}"),
                format!("if its maker has a new key, put it there as {directory}/NAME.pub; otherwise do not use it"),
            ),
            Unbelieved::OtherImage(other) => (
                "signature_of_another_image",
                format!("the signature of {digest} is one of {}", other.short()),
                "do not use it: somebody has put another image in the place of the one that was signed"
                    .to_owned(),
            ),
            Unbelieved::OtherFile(name) => (
                "changed_bundle",
                format!("{name} is not what was signed with {digest}"),
                "copy the archive again from whoever made it".to_owned(),
            ),
        }
    }
}

impl Believed {
    /// Whether the files that lie beside the image are those that were signed, and no others.
    pub fn covers(&self, files: &BTreeMap<String, Sha256>) -> Result<(), Unbelieved> {
        let names = self.files.keys().chain(files.keys());
        let mut wrong = names.filter(|name| self.files.get(*name) != files.get(*name));
        wrong.next().map_or(Ok(()), |name| Err(Unbelieved::OtherFile(name.clone())))
    }
}

impl Key {
    /// Whether this key made a signature.
    fn made(&self, signed: &Signed) -> bool {
        let known = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
        known.iter().any(|algorithm| {
            is_p256_sha256(*algorithm)
                && algorithm
                    .verify_signature(&self.point, &signed.payload, &signed.signature)
                    .is_ok()
        })
    }
}

fn is_p256_sha256(algorithm: &dyn SignatureVerificationAlgorithm) -> bool {
    algorithm.public_key_alg_id() == alg_id::ECDSA_P256
        && algorithm.signature_alg_id() == alg_id::ECDSA_SHA256
}

/// Whether only signed releases are started.
pub fn is_required(stack: &Stack) -> bool {
    stack.environment == Environment::Prod || stack.signatures.required == Some(true)
}

/// Returns where the signatures of an image are kept on this node: its release can be believed again without a network.
fn file(directory: &Path, digest: Digest) -> (PathBuf, String) {
    (directory.join("signatures"), format!("{}.json", digest.0))
}

/// Keeps what was found good.
pub fn keep(directory: &Path, digest: Digest, signed: &[Signed]) -> io::Result<()> {
    let (directory, name) = file(directory, digest);
    fs::create_dir_all(&directory)?;
    let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
    let kept: Vec<Kept> = signed
        .iter()
        .map(|one| Kept { payload: encoded(&one.payload), signature: encoded(&one.signature) })
        .collect();
    hold::write_whole(&directory, &name, 0o600, &serde_json::to_vec(&kept)?)
}

/// Returns what is kept. What cannot be understood is as good as nothing: it would not be believed either.
pub fn kept(directory: &Path, digest: Digest) -> Vec<Signed> {
    let (directory, name) = file(directory, digest);
    let text = fs::read(directory.join(name)).unwrap_or_default();
    let kept: Vec<Kept> = serde_json::from_slice(&text).unwrap_or_default();
    let signed = |one: &Kept| {
        let payload = STANDARD.decode(&one.payload).ok()?;
        Some(Signed { payload, signature: STANDARD.decode(&one.signature).ok()? })
    };
    kept.iter().filter_map(signed).collect()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of tests/fixtures/signatures: keys, and what skopeo 1.18 put beside the image below when it signed it with
    /// `release` (`skopeo copy --sign-by-sigstore-private-key`).
    fn fixture(name: &str) -> Vec<u8> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/signatures");
        fs::read(root.join(name)).unwrap()
    }

    fn image() -> Digest {
        "sha256:0e2fe8b669b141618a5906aa22c30fc4736ddecd2e64d7af7fa30cfb9e6cc44a".parse().unwrap()
    }

    fn signed() -> Signed {
        let signature = STANDARD.decode(fixture("image.sig")).unwrap();
        Signed { payload: fixture("image.payload"), signature }
    }

    fn believed() -> Believed {
        Believed { signer: "release".to_owned(), files: BTreeMap::new() }
    }

    fn keys(names: &[&str]) -> Keys {
        let directory = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(directory.path().join(name), fixture(name)).unwrap();
        }
        // What is no key has another name.
        fs::write(directory.path().join("README"), "keys").unwrap();
        Keys::read(directory.path()).unwrap()
    }

    #[test]
    fn a_signature_is_good_by_any_of_the_keys_for_its_image_only() {
        let found = [signed()];
        assert_eq!(keys(&["release.pub"]).believe(image(), &found), Ok(believed()));
        let both = keys(&["other.pub", "release.pub"]);
        assert_eq!(both.believe(image(), &found), Ok(believed()));
        assert_eq!(keys(&["other.pub"]).believe(image(), &found), Err(Unbelieved::OtherKey));
        let another = Digest(Sha256::of("another release"));
        assert_eq!(both.believe(another, &found), Err(Unbelieved::OtherImage(image())));
        assert_eq!(both.believe(image(), &[]), Err(Unbelieved::Unsigned));
        assert_eq!(keys(&[]).believe(image(), &found), Err(Unbelieved::NoKeys));
        // One good signature among others is enough.
        let noise = Signed { payload: b"{}".to_vec(), signature: vec![0x30] };
        assert!(both.believe(image(), &[noise, signed()]).is_ok());
    }

    #[test]
    fn no_changed_byte_of_a_signature_or_its_payload_is_believed() {
        let keys = keys(&["release.pub"]);
        let good = signed();
        for at in 0..good.payload.len() {
            let mut changed = good.clone();
            changed.payload[at] ^= 1;
            assert_eq!(keys.believe(image(), &[changed]), Err(Unbelieved::OtherKey), "byte {at}");
        }
        for at in 0..good.signature.len() {
            let mut changed = good.clone();
            changed.signature[at] ^= 1;
            assert_eq!(keys.believe(image(), &[changed]), Err(Unbelieved::OtherKey), "byte {at}");
        }
    }

    #[test]
    fn files_beside_an_image_are_those_that_were_signed_and_no_others() {
        let files = |names: &[(&str, &str)]| -> BTreeMap<String, Sha256> {
            names.iter().map(|(name, content)| ((*name).to_owned(), Sha256::of(content))).collect()
        };
        let signed = files(&[("release/a", "1"), ("release/b", "2")]);
        let believed = Believed { files: signed.clone(), ..believed() };
        assert_eq!(believed.covers(&signed), Ok(()));
        for (other, wrong) in [
            (files(&[("release/a", "1"), ("release/b", "3")]), "release/b"),
            (files(&[("release/a", "1")]), "release/b"),
            (files(&[("release/a", "1"), ("release/b", "2"), ("release/c", "")]), "release/c"),
        ] {
            assert_eq!(believed.covers(&other), Err(Unbelieved::OtherFile(wrong.to_owned())));
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for content in [b"no key".to_vec(), fixture("p384.pem"), Vec::new()] {
            fs::write(directory.path().join("odd.pub"), content).unwrap();
            let error = Keys::read(directory.path()).unwrap_err();
            assert!(error.to_string().contains("odd.pub"), "{error}");
        }
        assert!(Keys::read(&directory.path().join("nothing")).unwrap().is_empty());
    }

    #[test]
    fn what_was_good_is_kept_and_what_is_kept_is_checked_again() {
        let state = tempfile::tempdir().unwrap();
        keep(state.path(), image(), &[signed()]).unwrap();
        assert_eq!(kept(state.path(), image()), [signed()]);
        fs::write(state.path().join(format!("signatures/{}.json", image().0)), "[{").unwrap();
        assert!(kept(state.path(), image()).is_empty());
    }

    #[test]
    fn every_reason_says_what_to_do() {
        let keys = keys(&["release.pub"]);
        let reasons = [
            Unbelieved::NoKeys,
            Unbelieved::Unsigned,
            Unbelieved::OtherKey,
            Unbelieved::OtherImage(image()),
            Unbelieved::OtherFile("release/notes.md".to_owned()),
        ];
        for why in reasons {
            let (code, message, next) = keys.explain(&why, image());
            assert!(!code.is_empty() && !message.is_empty() && !next.is_empty());
        }
    }
}
