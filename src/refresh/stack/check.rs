//! What a stack must not say: contradictions that no refresh could obey, and exposures that nobody should want.

use super::{super::services, Container, Environment, Mount, Network, Stack};
use std::{
    collections::BTreeSet,
    net::IpAddr,
    path::{Component, Path},
};

/// Where models lie, in every container.
const MODELS: &str = "/opt/ladylinux/models";

/// Where configuration lies, in every container.
const CONFIG: &str = "/etc/ladylinux";

/// The one-shot that fetches models: the only one with a network, and the only place where models are written.
const FETCHES_MODELS: &str = "models";

/// Where container engines keep the socket that makes whoever holds it root.
const SOCKETS: [&str; 3] = ["/run/podman", "/run/docker.sock", "/var/run/docker.sock"];

/// Where the machine's D-Bus listens, and the one-shot that may ask there how services are: the core holds none of it.
const BUS: [&str; 2] = ["/run/dbus", "/var/run/dbus"];
const READS_MACHINE: &str = "host-facts";

/// Returns what makes a stack impossible, or breaks what a refresh promises: LL-REF-41, LL-WF-19, LL-DEP-16.
pub(super) fn contradictions(stack: &Stack) -> Vec<String> {
    let mut found = Vec::new();
    for (what, name) in [("name", &stack.name), ("network", &stack.network)] {
        if !is_name(name) {
            found.push(format!("{what} is {name:?}: use lower-case letters, digits and hyphens"));
        }
    }
    in_image(stack, &mut found);
    in_refresh(stack, &mut found);
    for name in stack.requests.services.iter().filter(|name| services::unit(name).is_none()) {
        found.push(format!(
            "requests.services lists {name:?}, which no unit is called: write one such as cups.service"
        ));
    }
    for (name, container) in stack.containers.iter().chain(&stack.one_shots) {
        if !is_name(name) {
            found.push(format!("{name:?} is no name: use lower-case letters, digits and hyphens"));
        }
        if stack.containers.contains_key(name) && stack.one_shots.contains_key(name) {
            found.push(format!(
                "{name} is both a container and a one-shot: choose another name for one"
            ));
        }
        in_container(name, container, &mut found);
        in_mounts(stack, name, container, &mut found);
    }
    for (name, one_shot) in &stack.one_shots {
        match one_shot.network {
            Network::None => {}
            Network::Stack if name == FETCHES_MODELS => {}
            Network::Stack => found.push(format!(
                "the one-shot {name} has a network: only {FETCHES_MODELS} may have one"
            )),
            Network::Published => {
                found.push(format!(
                    "the one-shot {name} is published: nobody would answer once it has ended"
                ));
            }
        }
        if !one_shot.after.is_empty() {
            found.push(format!(
                "the one-shot {name} runs after another: only containers have an order"
            ));
        }
    }
    in_order(stack, &mut found);
    in_publishing(stack, &mut found);
    found
}

/// Returns what is wrong with a stack that could run.
pub fn objections(stack: &Stack) -> Vec<String> {
    let publish = &stack.publish;
    let mut found = Vec::new();
    // C-39, VOX-63, VOX-64
    if !publish.address.is_loopback() && !publish.tls && !publish.proxy {
        found.push(format!(
            "publish.address is {}, which others can reach, without TLS: set publish.tls and the node's certificate, or \
             declare the proxy that terminates TLS with publish.proxy",
            publish.address
        ));
    }
    for unit in stack.requests.services.iter().filter_map(|name| services::unit(name)) {
        if let Some(why) = services::protected(&stack.name, &unit) {
            found.push(format!(
                "requests.services lists {unit}, which is never disabled by request: {why}; take it out"
            ));
        }
    }
    if publish.tls && publish.proxy {
        found.push(
            "publish.tls and publish.proxy are both set: TLS ends at one place, so unset the other"
                .to_owned(),
        );
    }
    if stack.environment == Environment::Prod {
        if stack.signatures.required == Some(false) {
            found.push(
                "signatures.required is false, and in prod only signed releases are started: leave it out"
                    .to_owned(),
            );
        }
        for (name, container) in &stack.containers {
            if container.environment.get(super::ENVIRONMENT).is_some_and(|told| told != "prod") {
                found.push(format!(
                    "the node is run in prod, and {name} is told otherwise: take {} out of its environment",
                    super::ENVIRONMENT
                ));
            }
        }
    }
    // VOX-82
    for (name, container) in stack.containers.iter().chain(&stack.one_shots) {
        let limits = [
            ("memory", container.memory.count() == 0),
            ("cpus", container.cpus <= 0.0),
            ("pids", container.pids == 0),
        ];
        for (limit, _) in limits.into_iter().filter(|(_, missing)| *missing) {
            found.push(format!(
                "{name} has no limit for {limit}, so that it can take what the machine needs itself: set one"
            ));
        }
    }
    found
}

impl Stack {
    /// Returns the most memory that everything may take at once: all containers, and the one-shots that run beside them.
    pub fn most_memory(&self) -> u64 {
        self.containers.values().chain(self.one_shots.values()).map(|one| one.memory.count()).sum()
    }
}

fn is_name(name: &str) -> bool {
    let known =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.chars().all(known)
}

fn in_image(stack: &Stack, found: &mut Vec<String>) {
    let repository = &stack.image.repository;
    // Short names mean something else on every engine.
    let complete = repository.split_once('/').is_some_and(|(registry, path)| {
        let named = registry == "localhost" || registry.contains(['.', ':']);
        named
            && !path.is_empty()
            && !path.contains(['@', ':'])
            && !path.chars().any(char::is_uppercase)
    });
    if !complete {
        found.push(format!(
            "image.repository is {repository:?}: write it with its registry and without tag or digest, such as \
             registry.example/ladylinux"
        ));
    }
    let channel = &stack.image.channel;
    let known = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if channel.is_empty()
        || channel.len() > 128
        || channel.starts_with(['.', '-'])
        || !channel.chars().all(known)
    {
        found
            .push(format!("image.channel is {channel:?}, which is no tag: write one such as main"));
    }
}

fn in_refresh(stack: &Stack, found: &mut Vec<String>) {
    let refresh = &stack.refresh;
    if refresh.ready_answers == 0 {
        found.push("refresh.ready_answers is 0: a release is ready when it has answered, so ask at least once".to_owned());
    }
    for (key, time) in
        [("ready_timeout", refresh.ready_timeout), ("probe_every", refresh.probe_every)]
    {
        if time.0.is_zero() {
            found.push(format!("refresh.{key} is 0: give it some time, such as \"5s\""));
        }
    }
    let webhook = &stack.notify.webhook;
    let loopback = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    if !(webhook.is_empty()
        || webhook.starts_with("https://")
        || loopback.iter().any(|start| webhook.starts_with(start)))
    {
        found.push("notify.webhook is not encrypted: write an address with https://, or one of this machine".to_owned());
    }
    if stack.notify.textfile.as_ref().is_some_and(|file| !file.is_absolute()) {
        found.push("notify.textfile is no absolute path".to_owned());
    }
    if !refresh.window.is_empty() && !is_window(&refresh.window) {
        found.push(format!(
            "refresh.window is {:?}: write it like \"02:00-05:00\", or leave it empty for always",
            refresh.window
        ));
    }
}

fn is_window(window: &str) -> bool {
    let time = |text: &str| jiff::civil::Time::strptime("%H:%M", text).is_ok();
    window.split_once('-').is_some_and(|(from, to)| time(from.trim()) && time(to.trim()))
}

fn in_container(name: &str, container: &Container, found: &mut Vec<String>) {
    if container.command.is_empty() {
        found.push(format!(
            "{name} has no command: say what the image is to do, such as [\"serve\"]"
        ));
    }
    let ids: Vec<Option<u32>> = container.user.split(':').map(|id| id.parse().ok()).collect();
    match ids[..] {
        [Some(0), Some(_)] => {
            found.push(format!("{name} runs as root: the user of the image is 10001:10001"));
        }
        [Some(_), Some(_)] => {}
        _ => found.push(format!(
            "{name} runs as {:?}: write user and group as numbers, such as \"10001:10001\"",
            container.user
        )),
    }
    if !container.cpus.is_finite() || container.cpus < 0.0 {
        found.push(format!("{name} may take {} CPUs: write a number such as 1.5", container.cpus));
    }
    if container.timeout.0.is_zero() {
        found.push(format!("{name} has a timeout of 0: give it time to end, such as \"30s\""));
    }
    if let Some(health) = &container.health
        && (health.command.is_empty() || health.interval.0.is_zero() || health.retries == 0)
    {
        found.push(format!("{name} has a health check without a command, an interval or retries"));
    }
}

fn in_mounts(stack: &Stack, name: &str, container: &Container, found: &mut Vec<String>) {
    let mut targets = BTreeSet::new();
    for mount in &container.mounts {
        let Mount { source, target, read_only } = mount;
        let shown = target.display();
        let on_host = source.starts_with('/');
        if !on_host && !stack.volumes.contains_key(source) {
            found.push(format!("{name} mounts the volume {source}, which is not declared"));
        }
        if !target.is_absolute() || target.components().any(|part| part == Component::ParentDir) {
            found.push(format!("{name} mounts {source} on {shown}: write an absolute path"));
        }
        if !targets.insert(target) {
            found.push(format!("{name} mounts two things on {shown}"));
        }
        if targets.iter().any(|earlier| *earlier != target && earlier.starts_with(target)) {
            found.push(format!(
                "{name} mounts {shown} over what it has mounted below it: write it before"
            ));
        }
        // LL-REF-41, LL-WF-17
        let models = holds(stack, source, target, MODELS);
        if models && !read_only && !(name == FETCHES_MODELS && stack.one_shots.contains_key(name)) {
            found.push(format!("{name} can write models: only the one-shot {FETCHES_MODELS} may"));
        }
        // LL-WF-19, LL-REF-14
        if holds(stack, source, target, CONFIG) && !read_only {
            found
                .push(format!("{name} can write the configuration in {shown}: mount it read-only"));
        }
        if on_host && is_socket(source) {
            found.push(format!(
                "{name} mounts {source}, which makes it root of this machine: only the supervisor holds the socket"
            ));
        }
        let reads_machine = name == READS_MACHINE && stack.one_shots.contains_key(name);
        if on_host && !reads_machine && BUS.iter().any(|bus| Path::new(source).starts_with(bus)) {
            found.push(format!(
                "{name} mounts {source}, by which it talks to systemd: only the one-shot {READS_MACHINE} may"
            ));
        }
        let sees_all =
            on_host && SOCKETS.iter().any(|socket| Path::new(socket).starts_with(source));
        if sees_all && !is_socket(source) {
            // Read-only hinders nobody from talking to a socket, nor from writing to what is mounted below.
            found.push(format!(
                "{name} mounts {source} of the host, which holds the container engine's socket: mount only the \
                 directories that it needs"
            ));
        }
    }
}

fn is_socket(source: &str) -> bool {
    SOCKETS.iter().any(|socket| Path::new(source).starts_with(socket))
}

/// Whether a mount holds what lies at `place` in every container, by where it is mounted or by what is mounted.
fn holds(stack: &Stack, source: &str, target: &Path, place: &str) -> bool {
    let place = Path::new(place);
    let behind =
        stack.volumes.get(source).map_or(Path::new(source), |directory| directory.as_path());
    target.starts_with(place)
        || behind.starts_with(place)
        || (behind.is_absolute() && place.starts_with(behind))
}

fn in_order(stack: &Stack, found: &mut Vec<String>) {
    for (name, container) in &stack.containers {
        for earlier in &container.after {
            if !stack.containers.contains_key(earlier) {
                found.push(format!("{name} runs after {earlier}, which is not declared"));
            }
        }
    }
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = placed.len();
        for (name, container) in &stack.containers {
            let ready = |earlier: &String| {
                placed.contains(earlier.as_str()) || !stack.containers.contains_key(earlier)
            };
            if container.after.iter().all(ready) {
                placed.insert(name);
            }
        }
        if placed.len() == before {
            break;
        }
    }
    let waiting: Vec<&str> =
        stack.containers.keys().map(String::as_str).filter(|name| !placed.contains(name)).collect();
    if !waiting.is_empty() {
        found.push(format!(
            "these run after each other in a circle, or after one that does: {}",
            waiting.join(", ")
        ));
    }
}

/// The node must be told the truth about where it is reached, for it decides by that who needs a token.
fn in_publishing(stack: &Stack, found: &mut Vec<String>) {
    let publish = &stack.publish;
    if publish.port == 0 || publish.container_port == 0 {
        found.push(
            "publish.port and publish.container_port must be ports that people can name".to_owned(),
        );
    }
    let published: Vec<_> =
        stack.containers.iter().filter(|(_, one)| one.network == Network::Published).collect();
    let [(name, container)] = published[..] else {
        found.push(format!("{} containers are published: exactly one answers", published.len()));
        return;
    };
    let told = |variable: &str| {
        container.environment.get(variable).map(String::as_str).unwrap_or_default()
    };
    let address = told(super::PUBLISHED_ADDRESS);
    if address.parse::<IpAddr>().ok() != Some(publish.address) {
        found.push(format!(
            "{name} is told that it is published on {address:?}, and publish.address is {}: leave {} out of its \
             environment, it follows publish.address",
            publish.address,
            super::PUBLISHED_ADDRESS
        ));
    }
    if told(super::PORT).parse() != Ok(publish.container_port) {
        found.push(format!(
            "{name} is told to listen on port {:?}, and publish.container_port is {}: leave {} out of its environment",
            told(super::PORT),
            publish.container_port,
            super::PORT
        ));
    }
    if told(super::EXPOSURE) != "published" {
        found.push(format!(
            "{name} is told that its exposure is {:?}: in a container it is \"published\"",
            told(super::EXPOSURE)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::{StackError, load};
    use std::fs;

    /// Loads the defaults under what an operator writes.
    fn with(written: &str) -> Result<Stack, StackError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), written).unwrap();
        load(Some(file.path()), None)
    }

    fn refused(written: &str) -> String {
        with(written).expect_err(written).to_string()
    }

    #[test]
    fn nothing_speaks_against_the_defaults_or_their_profiles() {
        for profile in [None, Some("n100"), Some("pi5")] {
            let found = objections(&load(None, profile).unwrap());
            assert!(found.is_empty(), "{profile:?}: {found:?}");
        }
    }

    // C-39, VOX-63, VOX-64
    #[test]
    fn what_others_can_reach_needs_tls_by_the_node_or_by_a_proxy() {
        let of = |written: &str| objections(&with(written).unwrap());
        for address in ["0.0.0.0", "192.168.1.7", "::", "2001:db8::1"] {
            let publish = format!("[publish]\naddress = \"{address}\"\n");
            assert!(
                of(&publish).iter().any(|objection| objection.contains("without TLS")),
                "{address}"
            );
            assert!(of(&format!("{publish}tls = true\n")).is_empty(), "{address}");
            assert!(of(&format!("{publish}proxy = true\n")).is_empty(), "{address}");
        }
        assert!(of("[publish]\naddress = \"::1\"\n").is_empty());
        assert!(of("[publish]\ntls = true\nproxy = true\n")[0].contains("one place"));
    }

    // C-39: whoever publishes elsewhere need not remember to tell the node, and cannot tell it otherwise.
    #[test]
    fn the_node_is_told_where_it_is_published_and_never_otherwise() {
        let stack =
            with("[publish]\naddress = \"192.168.1.7\"\ncontainer_port = 8800\ntls = true\n")
                .unwrap();
        let told = &stack.containers["api"].environment;
        assert_eq!(told[super::super::PUBLISHED_ADDRESS], "192.168.1.7");
        assert_eq!(told[super::super::PORT], "8800");
        let environment = "[containers.api.environment]\n";
        let lie = refused(&format!("{environment}LADYLINUX_PUBLISHED_ADDRESS = \"192.168.1.7\"\n"));
        assert!(lie.contains("it follows publish.address"), "{lie}");
        assert!(refused(&format!("{environment}LADYLINUX_PORT = \"1\"\n")).contains("8000"));
        assert!(
            refused(&format!("{environment}LADYLINUX_EXPOSURE = \"lan\"\n")).contains("exposure")
        );
    }

    // VOX-82
    #[test]
    fn whatever_has_no_limit_is_named() {
        let stack = with(
            "[containers.api]\nmemory = \"0 B\"\ncpus = 0.0\npids = 0\n[one_shots.prepare]\nmemory = \"0 B\"\n",
        );
        let found = objections(&stack.unwrap()).join("\n");
        for limit in [
            "api has no limit for memory",
            "api has no limit for cpus",
            "api has no limit for pids",
        ] {
            assert!(found.contains(limit), "{found}");
        }
        assert!(found.contains("prepare has no limit for memory"), "{found}");
        assert!(refused("[containers.api]\ncpus = nan\n").contains("CPUs"));
        assert!(refused("[containers.api]\ncpus = -1.0\n").contains("CPUs"));
    }

    // VOX-6, VOX-8: the machine itself, its page cache and its owner's other programs keep at least 1.5 GiB of 8 GB.
    #[test]
    fn the_small_machines_profiles_leave_room_on_eight_gigabytes() {
        for profile in [None, Some("n100"), Some("pi5")] {
            let most = load(None, profile).unwrap().most_memory();
            assert!(most + (3 << 29) <= 8_000_000_000, "{profile:?}: {most}");
        }
        let (n100, pi5) = (load(None, Some("n100")).unwrap(), load(None, Some("pi5")).unwrap());
        // Workers share the CPUs of their container, so its limit is their concurrency.
        assert!(n100.containers["api"].cpus <= 4.0, "VOX-5: four small cores");
        assert!(pi5.containers["api"].cpus < n100.containers["api"].cpus, "VOX-8");
        let queue = |stack: &Stack| -> u32 {
            stack.containers["api"].environment["LADYLINUX_LLM_QUEUE"].parse().unwrap()
        };
        assert!(queue(&pi5) < queue(&n100), "VOX-8: reduced concurrency");
    }

    // LL-REF-41, LL-WF-17, LL-WF-19, LL-REF-14
    #[test]
    fn models_are_written_by_one_one_shot_and_configuration_by_nobody() {
        let mounts = |whom: &str, mount: &str| format!("[{whom}]\nmounts = [{mount}]\n");
        let models = "{ source = \"ladylinux-models\", target = \"/opt/ladylinux/models\" }";
        assert!(refused(&mounts("containers.api", models)).contains("can write models"));
        assert!(refused(&mounts("one_shots.prepare", models)).contains("can write models"));
        assert!(with(&mounts("one_shots.models", models)).is_ok());
        // By another road: another target, the directory itself, one above it, one below it.
        for source in
            ["ladylinux-models", "/opt/ladylinux/models", "/opt", "/opt/ladylinux/models/llm"]
        {
            let mount = format!("{{ source = \"{source}\", target = \"/elsewhere\" }}");
            assert!(
                refused(&mounts("containers.api", &mount)).contains("can write models"),
                "{source}"
            );
        }
        let config = "{ source = \"ladylinux-config\", target = \"/etc/ladylinux\" }";
        for whom in ["containers.api", "one_shots.prepare", "one_shots.models"] {
            assert!(refused(&mounts(whom, config)).contains("configuration"), "{whom}");
        }
    }

    #[test]
    fn only_the_one_shot_that_fetches_models_has_a_network() {
        for name in ["prepare", "host-facts"] {
            let written = format!("[one_shots.{name}]\nnetwork = \"stack\"\n");
            assert!(refused(&written).contains("only models may"), "{name}");
        }
        assert!(refused("[one_shots.models]\nnetwork = \"published\"\n").contains("published"));
        assert!(with("[one_shots.models]\nnetwork = \"none\"\n").is_ok());
    }

    // ARCHITECTURE, "Processes": the supervisor is the only holder of the container socket.
    #[test]
    fn no_container_of_the_stack_gets_the_socket() {
        for source in
            ["/run/podman/podman.sock", "/run/podman", "/run/docker.sock", "/var/run/docker.sock"]
        {
            let mount = format!("{{ source = \"{source}\", target = \"/s\", read_only = true }}");
            let written = format!("[one_shots.host-facts]\nmounts = [{mount}]\n");
            assert!(refused(&written).contains("socket"), "{source}");
        }
        let bus = "{ source = \"/run/dbus\", target = \"/run/dbus\", read_only = true }";
        let written = format!("[one_shots.prepare]\nmounts = [{bus}]\n");
        assert!(refused(&written).contains("only the one-shot host-facts may"));
        for source in ["/", "/run"] {
            let mount = format!("{{ source = \"{source}\", target = \"/s\", read_only = true }}");
            let written = format!("[one_shots.host-facts]\nmounts = [{mount}]\n");
            assert!(refused(&written).contains("socket"), "{source}");
        }
    }

    #[test]
    fn every_contradiction_says_what_to_write() {
        let cases = [
            ("name = \"Lady\"", "name is \"Lady\""),
            ("network = \"\"", "network is \"\""),
            ("[image]\nrepository = \"ladylinux\"", "with its registry"),
            ("[image]\nrepository = \"r.example/l:main\"", "without tag"),
            ("[image]\nrepository = \"r.example/l@sha256:0\"", "without tag"),
            ("[image]\nchannel = \"feature/x\"", "is no tag"),
            ("[publish]\nport = 0", "ports"),
            ("[refresh]\nready_answers = 0", "ready_answers"),
            ("[refresh]\nprobe_every = \"0s\"", "probe_every"),
            ("[refresh]\nready_timeout = \"0s\"", "ready_timeout"),
            ("[notify]\nwebhook = \"http://example.org/secret\"", "notify.webhook"),
            ("[notify]\ntextfile = \"here.prom\"", "notify.textfile"),
            ("[refresh]\nwindow = \"at night\"", "02:00-05:00"),
            ("[refresh]\nwindow = \"02:00-25:00\"", "02:00-05:00"),
            ("[containers.api]\nuser = \"0:0\"", "runs as root"),
            ("[containers.api]\nuser = \"ladylinux\"", "as numbers"),
            ("[containers.api]\ncommand = []", "has no command"),
            ("[containers.api]\ntimeout = \"0s\"", "timeout of 0"),
            ("[containers.api.health]\nretries = 0", "health check"),
            ("[containers.api]\nnetwork = \"stack\"", "0 containers are published"),
            ("[containers.api]\nafter = [\"nobody\"]", "after nobody"),
            ("[containers.api]\nafter = [\"api\"]", "in a circle"),
            ("[one_shots.prepare]\nafter = [\"api\"]", "only containers have an order"),
            (
                "[containers.api]\nmounts = [{ source = \"nowhere\", target = \"/n\" }]",
                "not declared",
            ),
            ("[containers.api]\nmounts = [{ source = \"/srv\", target = \"n\" }]", "absolute"),
            (
                "[containers.api]\nmounts = [{ source = \"/srv\", target = \"/n/../m\" }]",
                "absolute",
            ),
            (
                "[containers.api]\nmounts = [{ source = \"/a\", target = \"/n\" }, { source = \"/b\", target = \"/n\" }]",
                "two things",
            ),
            (
                "[containers.api]\nmounts = [{ source = \"/a\", target = \"/n/m\" }, { source = \"/b\", target = \"/n\" }]",
                "write it before",
            ),
            (
                "[one_shots.api]\ncommand = [\"serve\"]\nuser = \"1:1\"\nmemory = \"1 MiB\"\ncpus = 1.0\npids = 1\ntimeout = \"1s\"",
                "both a container and a one-shot",
            ),
        ];
        for (written, expected) in cases {
            let said = refused(written);
            assert!(said.contains(expected), "{written}\n{said}");
        }
    }
}
