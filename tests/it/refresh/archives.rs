//! Releases from an OCI archive, for nodes without a network: good ones, and all sorts of bad ones.

use super::{
    lab::{Lab, Run, Running, write},
    registry::nobody,
    release::Image,
};
use std::{path::Path, process::Command};

/// Refreshes from these bytes.
fn refresh_from(lab: &Lab, archive: &[u8]) -> Run {
    let file = lab.directory().join("release.oci.tar");
    write(&file, archive);
    lab.run(&["refresh", "--from-archive", &file.display().to_string()])
}

/// A node that reaches no registry.
fn alone(test: &str) -> Option<Lab> {
    let mut lab = Lab::new(test)?;
    lab.use_registry(&nobody());
    Some(lab)
}

// LL-DEP-14, LL-DEP-23, LL-WF-9
#[test]
fn a_node_without_a_network_installs_refreshes_and_rolls_back_from_archives() {
    let Some(lab) = alone("refresh::from_archive") else { return };
    let (one, two) = (lab.release("1.0.0").image(), lab.release("1.1.0").image());
    for image in [&one, &two] {
        let run = refresh_from(&lab, &image.archive());
        assert_eq!((run.code, run.word("outcome")), (0, "done"), "{run:?}");
        lab.serves(&image.digest());
    }
    let again = refresh_from(&lab, &two.archive());
    assert_eq!((again.code, again.word("outcome")), (0, "unchanged"), "{again:?}");
    assert_eq!(lab.run(&["rollback", "--offline"]).code, 0);
    lab.serves(&one.digest());
}

#[test]
fn archives_that_are_broken_are_refused_and_the_old_release_serves() {
    let Some(lab) = alone("refresh::bad_archives") else { return };
    let good = lab.release("1.0.0").image();
    assert_eq!(refresh_from(&lab, &good.archive()).code, 0);

    let image = lab.release("1.1.0").filler(256).image();
    let whole = image.archive();
    let mut flipped = whole.clone();
    // In the midst of a layer.
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    let missing = Image { layers: image.layers[1..].to_vec(), ..image.clone() }.archive();
    let foreign = lab.release("1.2.0").architecture("s390x").image().archive();
    let empty_tar = tar::Builder::new(Vec::new()).into_inner().unwrap();
    for (what, archive) in [
        ("truncated in a layer", &whole[..middle]),
        ("truncated at once", &whole[..100]),
        ("flipped", &flipped),
        ("a layer is missing", &missing),
        ("another architecture", &foreign),
        ("no tar", b"PK\x03\x04 this is no tar".as_slice()),
        ("empty", b""),
        ("an empty tar", &empty_tar),
    ] {
        let run = refresh_from(&lab, archive);
        assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{what}: {run:?}");
        assert!(run.stderr.lines().count() >= 1, "{what}: {run:?}");
        lab.serves(&good.digest());
        lab.is_tidy(1);
    }
    let gone = lab.run(&["refresh", "--from-archive", "/nowhere/release.oci.tar"]);
    assert_eq!(gone.code, 2, "{gone:?}");
    gone.says(&["/nowhere/release.oci.tar"]);
    lab.serves(&good.digest());
}

// LL-DEP-14: whatever was read by then, nothing was begun.
#[test]
fn a_stick_that_is_pulled_out_while_it_is_read_is_a_refusal_and_the_old_release_serves() {
    let Some(lab) = alone("refresh::stick") else { return };
    let good = lab.release("1.0.0").image();
    assert_eq!(refresh_from(&lab, &good.archive()).code, 0);
    let shim = lab.directory().join("stick.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refresh/stick.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-Os", "-o"]).arg(&shim).arg(source).arg("-ldl");
    assert!(compiler.status().unwrap().success());

    let image = lab.release("1.1.0").filler(2048).image();
    let (file, archive) = (lab.directory().join("release.oci.tar"), image.archive());
    write(&file, &archive);
    let argument = file.display().to_string();
    let pulled_after = |bytes: usize| {
        let mut command = lab.command(&["refresh", "--from-archive", &argument]);
        command.env("LD_PRELOAD", &shim).env("STICK_FILE", file.canonicalize().unwrap());
        Running::of(command.env("STICK_BYTES", bytes.to_string())).ended()
    };
    // At once, while it is looked into, and while the engine takes it.
    for bytes in
        [0, archive.len() / 2, archive.len() - 1, archive.len() * 3 / 2, archive.len() * 5 / 2]
    {
        let run = pulled_after(bytes);
        assert_eq!((run.code, run.word("outcome")), (2, "refused"), "{bytes}: {run:?}");
        run.says(&["error 5"]);
        lab.serves(&good.digest());
        lab.is_tidy(1);
    }
    // Put in again, it is read to its end.
    assert_eq!(pulled_after(100 * archive.len()).code, 0);
    lab.serves(&image.digest());
}
