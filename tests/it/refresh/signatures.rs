//! Signed releases: who is believed, who is not, and what a node that is run in prod does with what nobody signed.

use super::lab::{Lab, Run, write};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A key pair, made by OpenSSL.
struct Key {
    lab: PathBuf,
    name: &'static str,
}

impl Key {
    fn new(lab: &Lab, name: &'static str) -> Self {
        let key = Self { lab: lab.directory().to_owned(), name };
        let private = key.private();
        openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &private]);
        key
    }

    fn private(&self) -> String {
        self.lab.join(format!("{}.key", self.name)).display().to_string()
    }

    fn trusted(&self) -> PathBuf {
        self.lab.join("keys").join(format!("{}.pub", self.name))
    }

    /// Puts the public half where the supervisor looks for it.
    fn trust(&self) {
        fs::create_dir_all(self.lab.join("keys")).unwrap();
        let public = self.trusted().display().to_string();
        openssl(&["ec", "-in", &self.private(), "-pubout", "-out", &public]);
    }

    fn distrust(&self) {
        fs::remove_file(self.trusted()).unwrap();
    }

    /// Signs what cosign would sign for an image of this digest.
    fn sign(&self, digest: &str) -> (Vec<u8>, String) {
        let payload = serde_json::json!({
            "critical": {
                "identity": { "docker-reference": "registry.example/ladylinux" },
                "image": { "docker-manifest-digest": digest },
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        let payload = payload.to_string().into_bytes();
        let file = self.lab.join("payload");
        write(&file, &payload);
        let file = file.display().to_string();
        let signature = openssl(&["dgst", "-sha256", "-sign", &self.private(), &file]);
        (payload, STANDARD.encode(signature))
    }
}

impl Key {
    /// Signs what lies in the registry, or in an archive.
    fn sign_as_people_do(&self, what: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/sign");
        let mut command = Command::new(script);
        command.args(["--plain", "--key", &self.private(), what]).stdin(Stdio::null());
        let signed = command.output().unwrap();
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    }
}

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let done = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// A node that starts signed releases only.
fn strict(test: &str, how: &str) -> Option<Lab> {
    let lab = Lab::new(test)?;
    let keys = lab.directory().join("keys").display().to_string();
    Some(lab.stack(&format!("{how}\nsignatures.keys = \"{keys}\"\n")))
}

/// Signs what lies in the registry under this digest with a key, as another one if that is named.
fn sign(lab: &Lab, key: &Key, digest: &str, as_if: Option<&str>) {
    let (payload, signature) = key.sign(as_if.unwrap_or(digest));
    lab.registry.put_signature(&lab.repository_path(), digest, &payload, &signature);
}

fn refused(lab: &Lab, run: &Run, code: &str, good: Option<&String>) {
    run.is_refused(code);
    assert!(run.json["refused_because"].is_string(), "{run:?}");
    assert_eq!(lab.answers().as_ref(), good, "the old release serves");
}

// LL-DEP-10, C-44, issue 4 "Signatures": in prod nothing runs that nobody has signed, and there is no way around.
#[test]
fn in_prod_only_what_a_key_of_ours_has_signed_is_started() {
    let Some(lab) = strict("refresh::signed", "environment = \"prod\"") else { return };
    let (key, other) = (Key::new(&lab, "releases"), Key::new(&lab, "other"));
    let first = lab.publish(&lab.release("1.0.0"));
    refused(&lab, &lab.run(&["refresh"]), "no_keys", None);
    key.trust();
    refused(&lab, &lab.run(&["refresh"]), "unsigned", None);
    sign(&lab, &other, &first, None);
    refused(&lab, &lab.run(&["refresh"]), "untrusted_signature", None);
    sign(&lab, &key, &first, None);
    let plan = lab.run(&["plan"]);
    assert_eq!((plan.code, plan.word("signer")), (0, "releases"), "{plan:?}");
    assert!(!lab.state().join("signatures").exists(), "a plan changes nothing");
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, &run.json["release"]["signer"]), (0, &"releases".into()), "{run:?}");
    lab.serves(&first);
    assert_eq!(lab.status().json["release"]["signer"], "releases");
    let api = lab.engine.container(&lab.container_name("api")).unwrap();
    assert!(api["Config"]["Env"].to_string().contains("LADYLINUX_ENV=prod"), "{api}");

    // The right key for another digest.
    let second = lab.publish(&lab.release("1.1.0"));
    sign(&lab, &key, &second, Some(&first));
    let run = lab.run(&["refresh"]);
    refused(&lab, &run, "signature_of_another_image", Some(&first));
    let plan = lab.run(&["plan"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    // The wrong signature stays beside the good one, and does no harm.
    let name = format!("{}/{}@{second}", lab.registry.address, lab.repository_path());
    key.sign_as_people_do(&name);
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&second);
    // What was good once is kept, so that the way back needs no registry.
    assert_eq!(lab.run(&["rollback", "--offline"]).code, 0);
    lab.serves(&first);

    // Issue 4 "Receipts": it can say so afterwards, and show that nobody changed what it says.
    let why = lab.run(&["why"]);
    assert_eq!((why.code, why.word("verb")), (0, "rollback"), "{why:?}");
    why.says(&["signed by the key releases", "command line", &first]);
    let verified = lab.run(&["verify-receipts"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let known = verified.word("last");
    assert_eq!(lab.run(&["verify-receipts", "--known", known]).code, 0);
    let journal = lab.state().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let cut = text.trim_end().rfind('\n').unwrap();
    fs::write(&journal, &text[..=cut]).unwrap();
    assert_eq!(lab.run(&["verify-receipts"]).code, 0);
    let missed = lab.run(&["verify-receipts", "--known", known]);
    assert_eq!(missed.code, 2, "{missed:?}");
    fs::write(&journal, text.replacen("1.1.0", "1.9.0", 1)).unwrap();
    let changed = lab.run(&["verify-receipts"]);
    assert_eq!(changed.code, 2, "{changed:?}");
    changed.says(&["line "]);
}

// Issue 4 "key rotation": both keys are believed for a while, and then only the new one.
#[test]
fn a_key_is_replaced_by_another_and_what_only_the_old_one_signed_is_no_more_believed() {
    let Some(lab) = strict("refresh::rotated_key", "environment = \"prod\"") else { return };
    let (old, new) = (Key::new(&lab, "of-2025"), Key::new(&lab, "of-2026"));
    old.trust();
    let first = lab.publish(&lab.release("1.0.0"));
    sign(&lab, &old, &first, None);
    assert_eq!(lab.run(&["refresh"]).code, 0);
    new.trust();
    let second = lab.publish(&lab.release("1.1.0"));
    sign(&lab, &new, &second, None);
    let run = lab.run(&["refresh"]);
    assert_eq!((run.code, &run.json["release"]["signer"]), (0, &"of-2026".into()), "{run:?}");
    old.distrust();
    let back = lab.run(&["rollback", "--offline"]);
    refused(&lab, &back, "unsigned", Some(&second));
    let back = lab.run(&["rollback"]);
    refused(&lab, &back, "untrusted_signature", Some(&second));
    // What runs goes on, and starts again.
    assert_eq!(lab.run(&["stop"]).code, 0);
    assert_eq!(lab.run(&["start"]).code, 0);
    lab.serves(&second);
    // A file that is no key is named, and nothing is believed until it is mended.
    fs::write(old.trusted(), "no key").unwrap();
    let run = lab.run(&["refresh", "--always-recreate"]);
    assert_eq!(run.code, 2, "{run:?}");
    run.says(&["of-2025.pub"]);
    lab.serves(&second);
}

// Issue 4 "expired key": what is new is refused, and the way back stays open.
#[test]
fn a_key_whose_time_is_over_lets_nothing_new_in_and_keeps_nothing_from_going_back() {
    let Some(lab) = strict("refresh::expired_key", "environment = \"prod\"") else { return };
    let key = Key::new(&lab, "releases");
    key.trust();
    let public = fs::read_to_string(key.trusted()).unwrap();
    let ends = |when: &str| fs::write(key.trusted(), format!("Expires: {when}\n{public}")).unwrap();
    let first = lab.publish(&lab.release("1.0.0"));
    sign(&lab, &key, &first, None);
    assert_eq!(lab.run(&["refresh"]).code, 0);
    let second = lab.publish(&lab.release("1.1.0"));
    sign(&lab, &key, &second, None);
    ends("2999-12-31");
    assert_eq!(lab.run(&["refresh"]).code, 0);
    let third = lab.publish(&lab.release("1.2.0"));
    sign(&lab, &key, &third, None);
    ends("2020-01-01");
    let run = lab.run(&["refresh"]);
    refused(&lab, &run, "expired_key", Some(&second));
    run.says(&["2020-01-01", "releases.pub", "clock"]);
    assert_eq!(lab.run(&["rollback", "--offline"]).code, 0);
    lab.serves(&first);
    ends("soon");
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 2, "{run:?}");
    run.says(&["releases.pub, line 1"]);
    lab.serves(&first);
    ends("2999-12-31");
    assert_eq!(lab.run(&["refresh"]).code, 0);
    lab.serves(&third);
}

// LL-DEP-14: without a network, the signature lies in the archive.
#[test]
fn an_archive_carries_its_signature_with_it() {
    let Some(lab) = strict("refresh::signed_archive", "environment = \"prod\"") else { return };
    let key = Key::new(&lab, "releases");
    key.trust();
    let image = lab.release("1.0.0").image();
    let file = lab.directory().join("release.oci.tar");
    let from_archive = || lab.run(&["refresh", "--from-archive", &file.display().to_string()]);
    write(&file, &image.archive());
    refused(&lab, &from_archive(), "unsigned", None);
    let (payload, signature) = key.sign(&image.digest());
    let beside = |signature: &str| {
        image.archive_with(&[
            ("signatures/0.payload", payload.as_slice()),
            ("signatures/0.sig", signature.as_bytes()),
        ])
    };
    write(&file, &beside("no signature"));
    let run = from_archive();
    assert_eq!(run.code, 2, "{run:?}");
    run.says(&["signatures/0.sig"]);
    write(&file, &beside(&signature));
    let run = from_archive();
    assert_eq!((run.code, &run.json["release"]["signer"]), (0, &"releases".into()), "{run:?}");
    lab.serves(&image.digest());

    // As people sign one.
    let next = lab.release("1.1.0").image();
    let notes = [("release/notes.md", b"# What is new".as_slice())];
    write(&file, &next.archive_with(&notes));
    key.sign_as_people_do(&file.display().to_string());
    let signed = fs::read(&file).unwrap();
    // Whatever is changed in a bundle is found before anything is stopped.
    let at = signed.windows(7).position(|seven| seven == b"is new\0").unwrap();
    let mut changed = signed.clone();
    changed[at] = b'I';
    write(&file, &changed);
    refused(&lab, &from_archive(), "changed_bundle", Some(&image.digest()));
    write(&file, &signed);
    assert_eq!(from_archive().code, 0);
    lab.serves(&next.digest());
}

#[test]
fn in_dev_what_nobody_signed_is_warned_of_unless_a_setting_refuses_it() {
    let Some(lab) = strict("refresh::unsigned_in_dev", "") else { return };
    let first = lab.install(&lab.release("1.0.0"));
    let key = Key::new(&lab, "releases");
    key.trust();
    lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.json["warnings"].to_string().contains("nobody has signed"), "{run:?}");
    let lab = lab.stack("signatures.required = true");
    lab.publish(&lab.release("1.2.0"));
    let run = lab.run(&["refresh"]);
    run.is_refused("unsigned");
    assert!(lab.answers().is_some_and(|digest| digest != first));
}

#[test]
fn a_stack_in_prod_cannot_be_told_to_take_unsigned_releases() {
    let how = "environment = \"prod\"\nsignatures.required = false";
    let Some(lab) = strict("refresh::no_way_around", how) else { return };
    lab.publish(&lab.release("1.0.0"));
    lab.run(&["refresh"]).says(&["signatures.required", "prod"]);
    assert_eq!(lab.run(&["stack", "check"]).code, 2);
}
