//! Signatures of releases by key pairs, as `cosign sign --key` and `podman push --sign-by-sigstore-private-key` make them.
//!
//! What is signed is a small document, the payload, which names the digest of an image. In a registry it lies beside the
//! image, under the tag `sha256-<digest>.sig` (sigstore/cosign, `specs/SIGNATURE_SPEC.md`); in an archive, in files beside it.
//! To check one takes the public key and nothing else: no network, no log, and a clock only for a key that says when it ends.

use super::{
    hold,
    release::Digest,
    stack::{Environment, Stack},
};
use crate::foundation::values::{Sha256, time::Timestamp};
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

/// How a line above a key begins that says when its time ends. PEM lets text stand there (RFC 7468, section 2).
const EXPIRES: &str = "Expires:";

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
    expires: Option<Timestamp>,
}

/// When signatures were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// At this moment, so that the key's time must not be over.
    At(Timestamp),
    /// They were good on this node before. The end of a key's time changes nothing about them, or a node could not go back.
    Before,
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
    /// When it ends cannot be read.
    #[error("{}, line {line}: {found:?} is neither a day, such as 2027-06-30, nor a moment in RFC 3339", path.display())]
    Expiry {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
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
    /// With a key of ours, whose time is over.
    Expired {
        /// The name of the key.
        signer: String,
        /// When it ended.
        at: Timestamp,
        /// What this machine's clock said when that was found.
        now: Timestamp,
    },
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
            let expires = expiry(&path, &text)?;
            keys.push(Key { name, point, expires });
        }
        keys.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { directory: directory.to_owned(), keys })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Finds the signature that is good for this image by one of the keys.
    pub fn believe(
        &self,
        digest: Digest,
        signatures: &[Signed],
        found: Found,
    ) -> Result<Believed, Unbelieved> {
        if self.is_empty() {
            return Err(Unbelieved::NoKeys);
        }
        let mut why =
            if signatures.is_empty() { Unbelieved::Unsigned } else { Unbelieved::OtherKey };
        for signed in signatures.iter().take(MOST) {
            // One key may lie there twice; its time is over only if both say so.
            let makers = self.keys.iter().filter(|key| key.made(signed));
            let Some(key) = makers.min_by_key(|key| key.ended(found)) else { continue };
            // Only what a key of ours has signed is read at all.
            let Ok(payload) = serde_json::from_slice::<Payload>(&signed.payload) else { continue };
            if payload.critical.kind != KIND {
                continue;
            }
            if payload.critical.image.digest == digest {
                if let Some((at, now)) = key.ended(found) {
                    why = Unbelieved::Expired { signer: key.name.clone(), at, now };
                    continue;
                }
                let files = payload.optional.map(|optional| optional.files).unwrap_or_default();
                return Ok(Believed { signer: key.name.clone(), files });
            }
            if !matches!(why, Unbelieved::Expired { .. }) {
                why = Unbelieved::OtherImage(payload.critical.image.digest);
            }
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
            Unbelieved::Expired { signer, at, now } => (
                "expired_key",
                format!("{digest} is signed by the key {signer}, whose time ended {}", at.rfc3339()),
                format!(
                    "choose a release that is signed by a newer key, or write a later end into {directory}/{signer}.pub; \
                     that it is {} is what this machine's clock says",
                    now.rfc3339()
                ),
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

/// Reads when a key's time ends, if its file says so.
fn expiry(path: &Path, text: &[u8]) -> Result<Option<Timestamp>, KeyError> {
    let text = String::from_utf8_lossy(text);
    let above = text.lines().take_while(|line| !line.starts_with("-----BEGIN"));
    let said = above.enumerate().find_map(|(at, line)| Some((at + 1, line.strip_prefix(EXPIRES)?)));
    let Some((line, said)) = said else { return Ok(None) };
    Timestamp::parse(said.trim()).map(Some).ok_or_else(|| KeyError::Expiry {
        path: path.to_owned(),
        line,
        found: said.trim().to_owned(),
    })
}

impl Key {
    /// Returns when this key's time ended, and what time it was then, if it has for signatures that were found so.
    fn ended(&self, found: Found) -> Option<(Timestamp, Timestamp)> {
        match found {
            Found::At(now) => Some((self.expires.filter(|expires| *expires <= now)?, now)),
            Found::Before => None,
        }
    }

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

    /// 2026-01-01.
    const NOW: Found = Found::At(Timestamp(1_767_225_600_000));

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
        assert_eq!(keys(&["release.pub"]).believe(image(), &found, NOW), Ok(believed()));
        let both = keys(&["other.pub", "release.pub"]);
        assert_eq!(both.believe(image(), &found, NOW), Ok(believed()));
        assert_eq!(keys(&["other.pub"]).believe(image(), &found, NOW), Err(Unbelieved::OtherKey));
        let another = Digest(Sha256::of("another release"));
        assert_eq!(both.believe(another, &found, NOW), Err(Unbelieved::OtherImage(image())));
        assert_eq!(both.believe(image(), &[], NOW), Err(Unbelieved::Unsigned));
        assert_eq!(keys(&[]).believe(image(), &found, NOW), Err(Unbelieved::NoKeys));
        // One good signature among others is enough.
        let noise = Signed { payload: b"{}".to_vec(), signature: vec![0x30] };
        assert!(both.believe(image(), &[noise, signed()], NOW).is_ok());
    }

    #[test]
    fn a_key_is_believed_until_its_time_ends_and_for_what_was_good_before_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("release.pub");
        let ends = |said: &str| {
            let key = String::from_utf8(fixture("release.pub")).unwrap();
            fs::write(&file, format!("{said}{key}")).unwrap();
            Keys::read(directory.path())
        };
        let believe = |said: &str, found| ends(said).unwrap().believe(image(), &[signed()], found);
        for good in
            ["", "of our releases\n", "Expires: 2026-01-02\n", "Expires: 2026-01-01T00:00:01Z\n"]
        {
            assert_eq!(believe(good, NOW), Ok(believed()), "{good}");
        }
        for over in [
            "Expires: 2025-12-31\n",
            "Expires: 2026-01-01\n",
            "for us\nExpires: 2026-01-01T01:00:00+01:00\n",
        ] {
            let why = believe(over, NOW);
            assert!(matches!(why, Err(Unbelieved::Expired { .. })), "{over}: {why:?}");
            assert_eq!(believe(over, Found::Before), Ok(believed()), "{over}");
        }
        let error = ends("for us\nExpires: soon\n").unwrap_err().to_string();
        assert!(error.contains("release.pub, line 2") && error.contains("soon"), "{error}");
        // A key that has not ended is as good as if it were alone.
        fs::write(
            directory.path().join("a.pub"),
            "Expires: 2025-01-01\n".to_owned()
                + std::str::from_utf8(&fixture("release.pub")).unwrap(),
        )
        .unwrap();
        assert_eq!(believe("", NOW), Ok(believed()));
    }

    #[test]
    fn no_changed_byte_of_a_signature_or_its_payload_is_believed() {
        let keys = keys(&["release.pub"]);
        let good = signed();
        for at in 0..good.payload.len() {
            let mut changed = good.clone();
            changed.payload[at] ^= 1;
            assert_eq!(
                keys.believe(image(), &[changed], NOW),
                Err(Unbelieved::OtherKey),
                "byte {at}"
            );
        }
        for at in 0..good.signature.len() {
            let mut changed = good.clone();
            changed.signature[at] ^= 1;
            assert_eq!(
                keys.believe(image(), &[changed], NOW),
                Err(Unbelieved::OtherKey),
                "byte {at}"
            );
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
            Unbelieved::Expired {
                signer: "release".to_owned(),
                at: Timestamp(0),
                now: Timestamp(1),
            },
            Unbelieved::OtherFile("release/notes.md".to_owned()),
        ];
        for why in reasons {
            let (code, message, next) = keys.explain(&why, image());
            assert!(!code.is_empty() && !message.is_empty() && !next.is_empty());
        }
    }
}
