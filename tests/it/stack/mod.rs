//! The stack is declared once, in `quadlet/stack.toml`; `compose.yaml` and the Quadlet units say the same.
//!
//! All three are read into the same form and compared, so that a deployment by one of them is the deployment by the others
//! (LL-DEP-48): images, mounts, ports, user, limits, health, command, order, network, and what every container is denied.

mod compose;
mod files;
mod proxy;
mod quadlet;

use ladylinux::refresh::stack::{self, Network, Stack};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What a container is created from, whoever declares it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) command: Vec<String>,
    pub(super) user: String,
    /// From the place inside to the source, and whether it can only be read.
    pub(super) mounts: BTreeMap<String, (String, bool)>,
    pub(super) network: Option<String>,
    /// Address and port of the host, and port inside.
    pub(super) published: Option<(String, u16, u16)>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) memory: u64,
    pub(super) cpus: f64,
    pub(super) pids: u32,
    pub(super) health: Option<Health>,
}

/// A health check, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) command: Vec<String>,
    pub(super) interval: u128,
    pub(super) timeout: u128,
    pub(super) retries: u32,
    pub(super) start_period: u128,
}

/// What every container is denied, whoever declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) read_only: bool,
    pub(super) dropped: Vec<String>,
    pub(super) no_new_privileges: bool,
    pub(super) tmpfs: Vec<String>,
}

impl Denied {
    pub(super) fn everything() -> Self {
        Self {
            read_only: true,
            dropped: vec!["all".to_owned()],
            no_new_privileges: true,
            tmpfs: vec!["/tmp".to_owned()],
        }
    }
}

pub(super) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(super) fn read(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads a size such as `64m`, as compose files and `podman run` write it.
pub(super) fn bytes(text: &str) -> u64 {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" | "b" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        unit => panic!("{text}: what is {unit}?"),
    };
    digits.parse::<u64>().unwrap() << shift
}

/// Reads a duration such as `30s` or `5min`.
pub(super) fn millis(text: &str) -> u128 {
    let written = text.replace("min", "m");
    stack::Time::try_from(written).unwrap().0.as_millis()
}

fn of_stack(stack: &Stack, name: &str) -> Declared {
    let declared = stack.containers.get(name).or_else(|| stack.one_shots.get(name));
    let declared = declared.unwrap_or_else(|| panic!("the stack declares no {name}"));
    let publish = &stack.publish;
    let published = declared.network == Network::Published;
    Declared {
        command: declared.command.clone(),
        user: declared.user.clone(),
        mounts: declared
            .mounts
            .iter()
            .map(|mount| {
                let target = mount.target.display().to_string();
                (target, (mount.source.clone(), mount.read_only))
            })
            .collect(),
        network: (declared.network != Network::None).then(|| stack.network.clone()),
        published: published
            .then(|| (publish.address.to_string(), publish.port, publish.container_port)),
        environment: declared.environment.clone(),
        memory: declared.memory.count(),
        cpus: declared.cpus,
        pids: declared.pids,
        health: declared.health.as_ref().map(|health| Health {
            command: health.command.clone(),
            interval: health.interval.0.as_millis(),
            timeout: health.timeout.0.as_millis(),
            retries: health.retries,
            start_period: health.start_period.0.as_millis(),
        }),
    }
}

fn the_stack() -> Stack {
    stack::load(None, None).unwrap()
}

fn names<T>(of: &BTreeMap<String, T>) -> BTreeSet<&str> {
    of.keys().map(String::as_str).collect()
}

// LL-DEP-5, LL-DEP-48, VOX-18: a developer's stack and that of a MiniPC are the same one.
#[test]
fn compose_says_what_the_stack_says() {
    let (stack, compose) = (the_stack(), compose::read());
    let services = names(&compose.services);
    let ours: BTreeSet<&str> =
        names(&stack.containers).union(&names(&stack.one_shots)).copied().collect();
    let also: BTreeSet<&str> = services.difference(&ours).copied().collect();
    assert_eq!(also, BTreeSet::from(["proxy", "supervisor"]));
    assert!(ours.is_subset(&services), "{services:?} lacks one of {ours:?}");
    for name in ours {
        let mut expected = of_stack(&stack, name);
        // Volumes are fresh the first time, where `scripts/install` makes directories on a MiniPC.
        if name == "prepare" {
            expected.command.insert(1, "--provision".to_owned());
        }
        // Where a MiniPC has a timer.
        if name == "host-facts" {
            expected.command.extend(["--every".to_owned(), "1m".to_owned()]);
            // What not every machine has, and an engine would make there.
            let elsewhere = ["/host/run/", "/host/var/"];
            let is_everywhere = |target: &str| !elsewhere.iter().any(|its| target.starts_with(its));
            expected.mounts.retain(|target, _| is_everywhere(target));
        }
        let service = &compose.services[name];
        assert_eq!(service.declared, expected, "{name}");
        assert_eq!(service.denied, Denied::everything(), "{name}");
        assert_eq!(service.image, "localhost/ladylinux:dev", "{name}");
        assert_eq!(service.build.as_deref(), Some("Containerfile"), "{name}");
    }
}

// LL-REF-35: what is prepared first, and what runs after what.
#[test]
fn compose_starts_and_stops_in_the_order_of_the_stack() {
    let (stack, compose) = (the_stack(), compose::read());
    for (name, container) in &stack.containers {
        let service = &compose.services[name];
        let mut after: BTreeSet<(String, String)> = container
            .after
            .iter()
            .map(|earlier| (earlier.clone(), "service_started".to_owned()))
            .collect();
        after.insert(("prepare".to_owned(), "service_completed_successfully".to_owned()));
        assert_eq!(service.after, after, "{name}");
        let patience = service.stop_grace_period.as_deref().map(millis);
        assert_eq!(patience, Some(container.timeout.0.as_millis()), "{name}");
        // Where a tool ignores the order, the node is started again until it is prepared.
        assert_eq!(service.restart.as_deref(), Some("on-failure"), "{name}");
        let given = format!("{}-{name}", stack.name);
        assert_eq!(service.container_name.as_deref(), Some(given.as_str()));
    }
}

#[test]
fn compose_keeps_the_volumes_of_the_stack_and_the_supervisors_own() {
    let (stack, compose) = (the_stack(), compose::read());
    let mut expected = names(&stack.volumes);
    expected.insert("ladylinux-supervisor");
    assert_eq!(names(&compose.volumes), expected);
    for (key, name) in &compose.volumes {
        // Without a name of its own it would be another volume for every checkout, and another than the supervisor's.
        assert_eq!(key, name);
    }
    assert_eq!(compose.network_name, stack.network);
}

#[test]
fn a_developer_starts_the_node_alone_and_everything_else_by_a_profile() {
    let compose = compose::read();
    let profiles: BTreeMap<&str, Vec<&str>> = compose
        .services
        .iter()
        .map(|(name, service)| {
            (name.as_str(), service.profiles.iter().map(String::as_str).collect())
        })
        .collect();
    let expected = BTreeMap::from([
        ("api", vec![]),
        ("host-facts", vec![]),
        ("models", vec!["models"]),
        ("prepare", vec![]),
        ("proxy", vec!["proxy"]),
        ("supervisor", vec!["supervised"]),
    ]);
    assert_eq!(profiles, expected);
    // Whoever starts it starts nothing beside it that it would own.
    assert!(compose.services["supervisor"].after.is_empty());
    assert!(compose.services["host-facts"].after.is_empty());
}

// LL-DEP-48, LL-DEP-51
#[test]
fn quadlet_says_what_the_stack_says() {
    let (stack, units) = (the_stack(), quadlet::read("quadlet"));
    let containers: BTreeSet<&str> = units.containers.keys().map(String::as_str).collect();
    // `prepare` is a step of the supervisor's, and the node is its own.
    let expected = ["ladylinux-host-facts", "ladylinux-models", "ladylinux-supervisor"];
    assert_eq!(containers, BTreeSet::from(expected));
    for name in ["host-facts", "models"] {
        let unit = &units.containers[&format!("ladylinux-{name}")];
        assert_eq!(unit.declared(&units), of_stack(&stack, name), "{name}");
        assert_eq!(unit.denied(), Denied::everything(), "{name}");
        assert_eq!(unit.one("Container", "Image"), "localhost/ladylinux:current", "{name}");
        assert_eq!(unit.one("Service", "Type"), "oneshot", "{name}");
        let patience = millis(unit.one("Service", "TimeoutStartSec"));
        assert_eq!(patience, stack.one_shots[name].timeout.0.as_millis(), "{name}");
    }
    let volumes: BTreeMap<String, PathBuf> = units
        .volumes
        .values()
        .map(|unit| {
            assert_eq!(
                (unit.one("Volume", "Type"), unit.one("Volume", "Options")),
                ("none", "bind")
            );
            let directory = PathBuf::from(unit.one("Volume", "Device"));
            (unit.one("Volume", "VolumeName").to_owned(), directory)
        })
        .collect();
    assert_eq!(volumes, stack.volumes);
    let networks: Vec<&str> =
        units.networks.values().map(|unit| unit.one("Network", "NetworkName")).collect();
    assert_eq!(networks, [stack.network.as_str()]);
}

// The supervisor starts containers that name volumes and a network: an engine would make others under their names.
#[test]
fn the_supervisor_starts_after_every_volume_and_the_network() {
    let units = quadlet::read("quadlet");
    let supervisor = &units.containers["ladylinux-supervisor"];
    let needed: BTreeSet<String> = ["podman.socket", "ladylinux-network.service"]
        .map(str::to_owned)
        .into_iter()
        .chain(units.volumes.keys().map(|name| format!("{name}-volume.service")))
        .collect();
    // A store that cannot be mended is no reason not to try.
    let wanted = BTreeSet::from(["ladylinux-store.service".to_owned()]);
    let after = needed.union(&wanted).cloned().collect();
    for (key, needed) in [("Requires", needed), ("Wants", wanted), ("After", after)] {
        let named: BTreeSet<String> = supervisor
            .all("Unit", key)
            .iter()
            .flat_map(|line| line.split_whitespace().map(str::to_owned))
            .collect();
        assert_eq!(named, needed, "{key}");
    }
}

// Issue 3, "Least privilege"; LL-REF-11..14: by compose and by Quadlet the supervisor holds the socket, and sees neither
// models nor configuration nor the node's state.
#[test]
fn the_supervisor_sees_its_own_directory_the_store_and_the_socket_and_listens_on_nothing() {
    let (stack, units, compose) = (the_stack(), quadlet::read("quadlet"), compose::read());
    let unit = &units.containers["ladylinux-supervisor"];
    let service = &compose.services["supervisor"];
    let by_quadlet = unit.declared(&units);
    let by_compose = &service.declared;
    for (who, declared, denied) in
        [("Quadlet", &by_quadlet, unit.denied()), ("compose", by_compose, service.denied.clone())]
    {
        assert_eq!(declared.command, ["run"], "{who}");
        assert_eq!(declared.user, "0:0", "{who}");
        assert_eq!(declared.network.as_deref(), Some("host"), "{who}");
        assert_eq!(declared.published, None, "{who}");
        assert_eq!(denied, Denied::everything(), "{who}");
        let written: Vec<&str> = declared
            .mounts
            .iter()
            .filter(|(_, (_, read_only))| !read_only)
            .map(|(target, _)| target.as_str())
            .filter(|target| !target.starts_with("/run/"))
            .filter(|target| !target.ends_with("/requests"))
            .collect();
        assert_eq!(written, ["/var/lib/ladylinux/supervisor"], "{who}");
        let read: Vec<&str> = declared
            .mounts
            .iter()
            .filter(|(_, (_, read_only))| *read_only)
            .map(|(target, _)| target.as_str())
            .collect();
        assert!(read.contains(&"/etc/ladylinux/supervisor"), "{who}: {read:?}");
        assert!(read.contains(&"/var/lib/containers/storage"), "{who}: {read:?}");
        for (target, (source, _)) in &declared.mounts {
            let behind = stack.volumes.get(source).map(|path| path.display().to_string());
            let place = behind.as_ref().unwrap_or(source);
            for forbidden in ["/", "/etc/ladylinux", "/opt/ladylinux/models", "/var/lib/ladylinux"]
            {
                assert_ne!(place, forbidden, "{who}");
                assert_ne!(target, forbidden, "{who}");
            }
            assert!(!place.starts_with("/var/lib/ladylinux/data"), "{who}: {place}");
        }
        // Its requests are those of the node.
        let requests = "/var/lib/ladylinux/supervisor/requests";
        let apart = declared.mounts.get(requests).map(|(source, _)| source.as_str());
        assert!(matches!(apart, None | Some("ladylinux-requests")), "{who}: {apart:?}");
    }
    assert_eq!((by_quadlet.memory, by_quadlet.pids), (by_compose.memory, by_compose.pids));
    assert_eq!(unit.option("--entrypoint"), Some("/usr/local/bin/ladylinux-supervisor"));
    assert_eq!(service.entrypoint, ["/usr/local/bin/ladylinux-supervisor"]);
    // LL-DEP-36, LL-WF-20: a managed service, which says by itself how it is.
    assert_eq!(unit.one("Container", "Notify"), "true");
    assert_eq!(unit.one("Service", "Restart"), "always");
    assert_eq!(unit.one("Install", "WantedBy"), "multi-user.target");
}

// LL-DEP-40; REQUIREMENTS C-3: nothing renews a container, or revives one, but the supervisor.
#[test]
fn every_unit_logs_to_the_journal_and_renews_nothing_by_itself() {
    for folder in ["quadlet", "quadlet/proxy"] {
        for (name, unit) in &quadlet::read(folder).containers {
            assert_eq!(unit.one("Container", "LogDriver"), "journald", "{name}");
            assert!(unit.all("Container", "AutoUpdate").is_empty(), "{name}");
            assert_eq!(unit.one("Container", "ContainerName"), name);
            // Our image's own check asks the node, which none of these is.
            assert_eq!(unit.has("--no-healthcheck"), folder == "quadlet", "{name}");
        }
    }
}

#[test]
fn the_proxy_is_the_same_by_compose_and_by_quadlet() {
    let (units, compose) = (quadlet::read("quadlet/proxy"), compose::read());
    let unit = &units.containers["ladylinux-proxy"];
    let service = &compose.services["proxy"];
    assert_eq!(unit.one("Container", "Image"), service.image);
    assert_eq!(unit.option("--ip"), service.address.as_deref());
    let network = quadlet::read("quadlet").networks["ladylinux"].clone();
    assert_eq!(network.one("Network", "Subnet"), compose.subnet);
    let (by_quadlet, by_compose) = (unit.declared(&units), &service.declared);
    assert_eq!(by_quadlet.user, by_compose.user);
    assert_eq!(by_quadlet.environment, by_compose.environment);
    assert_eq!(unit.denied(), service.denied);
    assert_eq!(unit.denied().dropped, Denied::everything().dropped);
    for (target, (_, read_only)) in by_quadlet.mounts.iter().chain(&by_compose.mounts) {
        assert!(read_only, "{target}");
    }
    // On the machine it sees what it hands out, and nothing else of the node.
    let served: BTreeSet<&str> = by_quadlet
        .mounts
        .keys()
        .map(String::as_str)
        .filter(|target| target.starts_with("/var/"))
        .collect();
    let expected = [
        "/var/lib/ladylinux/data/public_media",
        "/var/lib/ladylinux/data/storage",
        "/var/lib/ladylinux/staticfiles",
    ];
    assert_eq!(served, BTreeSet::from(expected));
    let configuration = read("quadlet/proxy/ladylinux.conf.template");
    for directory in expected {
        assert!(configuration.contains(&format!("alias {directory}/;")), "{directory}");
    }
}
