//! Containers that somebody else touched or owns: one container has one owner.

use super::lab::{Lab, text};

/// Creates a container under the name of ours that belongs to somebody else, and returns its id.
fn foreign(lab: &Lab, label: &str) -> String {
    let image = lab.release("0.1.0").image();
    let digest = lab.registry.push(&lab.repository_path(), "foreign", &image);
    let name = format!("{}/{}@{digest}", lab.registry.address, lab.repository_path());
    lab.engine.podman(&["pull", "-q", &name]);
    let ours = lab.container_name("api");
    lab.engine.podman(&["run", "-d", "--name", &ours, "--label", label, &name])
}

// C-4, PRODUCT.md "who owns a container"
#[test]
fn a_container_of_systemd_or_compose_is_refused_and_left_alone() {
    for (test, label, owner) in [
        (
            "refresh::owned_by_systemd",
            "PODMAN_SYSTEMD_UNIT=ladylinux-api.service",
            "ladylinux-api.service",
        ),
        ("refresh::owned_by_docker_compose", "com.docker.compose.project=home", "home"),
        ("refresh::owned_by_podman_compose", "io.podman.compose.project=home", "home"),
    ] {
        let Some(lab) = Lab::new(test) else { return };
        let id = foreign(&lab, label);
        lab.publish(&lab.release("1.0.0"));
        let run = lab.run(&["refresh"]);
        run.is_refused("foreign_owner");
        run.says(&[owner]);
        assert_eq!((lab.id_of("api"), lab.state_of("api")), (id, "running".to_owned()));
        lab.engine.remove(&lab.container_name("api"));
    }
}

#[test]
fn a_container_that_is_not_ours_but_has_our_name_is_refused_and_left_alone() {
    let Some(lab) = Lab::new("refresh::name_taken") else { return };
    let id = foreign(&lab, "some.label=1");
    lab.publish(&lab.release("1.0.0"));
    lab.run(&["refresh"]).is_refused("name_taken");
    assert_eq!((lab.id_of("api"), lab.state_of("api")), (id, "running".to_owned()));
    lab.engine.remove(&lab.container_name("api"));
}

#[test]
fn a_container_of_ours_that_was_renamed_is_found_and_replaced() {
    let Some(lab) = Lab::new("refresh::renamed") else { return };
    lab.install(&lab.release("1.0.0"));
    let other = lab.container_name("elsewhere");
    lab.engine.podman(&["rename", &lab.container_name("api"), &other]);
    let status = lab.status();
    assert_eq!((status.code, status.word("state")), (3, "broken"), "{status:?}");
    let digest = lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(&digest);
    lab.is_tidy(1);
    assert!(lab.engine.container(&other).is_none());
}

#[test]
fn a_container_of_ours_that_is_paused_is_stopped_and_replaced() {
    let Some(lab) = Lab::new("refresh::paused") else { return };
    lab.install(&lab.release("1.0.0"));
    let paused = lab.engine.ask("POST", &format!("/containers/{}/pause", lab.id_of("api")));
    if paused.status >= 400 {
        crate::node::skip(
            "refresh::paused",
            &format!("this engine cannot pause: {}", paused.text()),
        );
        return;
    }
    let status = lab.status();
    assert_eq!((status.code, status.word("state")), (3, "broken"), "{status:?}");
    let digest = lab.publish(&lab.release("1.1.0"));
    let run = lab.run(&["refresh"]);
    assert_eq!(run.code, 0, "{run:?}");
    lab.serves(&digest);
}

#[test]
fn a_container_of_ours_that_is_gone_or_stopped_is_told_and_started_again() {
    let Some(lab) = Lab::new("refresh::gone") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let name = lab.container_name("api");
    let stop = || drop(lab.engine.podman(&["stop", "-t", "1", &name]));
    let remove = || lab.engine.remove(&name);
    for away in [&stop as &dyn Fn(), &remove] {
        away();
        let status = lab.status();
        assert_eq!((status.code, status.word("state")), (3, "broken"), "{status:?}");
        status.says(&["start"]);
        let run = lab.run(&["start"]);
        assert_eq!(run.code, 0, "{run:?}");
        lab.serves(&digest);
    }
}

// LL-REF-5, LL-WF-34: containers come from the declaration, never from what is found.
#[test]
fn what_is_created_is_what_is_declared() {
    let Some(lab) = Lab::new("refresh::declared") else { return };
    let digest = lab.install(&lab.release("1.0.0"));
    let found = lab.engine.container(&lab.container_name("api")).unwrap();
    let host = &found["HostConfig"];
    assert_eq!(host["ReadonlyRootfs"], true);
    assert_eq!(host["Memory"], 64 << 20);
    assert_eq!(host["PidsLimit"], 32);
    assert_eq!(host["Privileged"], false);
    assert!(host["SecurityOpt"].to_string().contains("no-new-privileges"), "{host}");
    assert!(["", "no"].contains(&text(&host["RestartPolicy"]["Name"]).as_str()), "{host}");
    assert_eq!(text(&found["Config"]["User"]), "10001:10001");
    let labels = &found["Config"]["Labels"];
    assert_eq!(labels["io.ladylinux.digest"], digest);
    assert_eq!(labels["io.ladylinux.service"], "api");
    // LL-REF-41, LL-WF-17, LL-WF-19
    let mounts = found["Mounts"].as_array().unwrap();
    for place in ["/opt/ladylinux/models", "/etc/ladylinux"] {
        let mount = mounts.iter().find(|one| one["Destination"] == place).unwrap();
        assert_eq!(mount["RW"], false, "{mount}");
    }
    let capabilities =
        std::fs::read_to_string(format!("/proc/{}/status", found["State"]["Pid"])).unwrap();
    let effective = capabilities.lines().find(|line| line.starts_with("CapEff")).unwrap();
    assert!(effective.ends_with("0000000000000000"), "{effective}");
}
