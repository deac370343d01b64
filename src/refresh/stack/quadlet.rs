//! The units of a stack that systemd owns, written from what the stack declares: `podman-systemd.unit(5)`, `systemd.socket(5)`.

use super::{Container, Network, PREPARES, Stack, Time, fingerprint};
use crate::refresh::contract::container_labels as labels;

/// The file that points the units at a release, in the supervisor's directory.
pub const SERVING: &str = "serving.env";

/// The file that says that a run is under way, in a directory that a reboot empties.
pub const UNDER_WAY: &str = "under-way";
/// That directory.
pub const RUN: &str = "/run/ladylinux";

/// The supervisor's directory, as systemd sees it.
const SUPERVISOR: &str = "/var/lib/ladylinux/supervisor";

/// The variables by which a unit learns its release.
const IMAGE: &str = "LADYLINUX_IMAGE";
const DIGEST: &str = "LADYLINUX_RELEASE_DIGEST";

const EDITED: &str = "# Written from the stack file by scripts/install. The supervisor refuses to work with a unit that was edited.\n";

/// Returns what [`SERVING`] says of a release.
pub fn serving(image_id: &str, digest: &str) -> String {
    let id = image_id.strip_prefix("sha256:").unwrap_or(image_id);
    format!("{IMAGE}={id}\n{DIGEST}={digest}\n")
}

/// Returns the files, each by its name: a Quadlet unit for every container, and a socket for the published one.
pub fn units(stack: &Stack) -> Vec<(String, String)> {
    let mut units = Vec::new();
    for (service, container) in &stack.containers {
        let name = format!("{}-{service}", stack.name);
        units.push((format!("{name}.container"), container_unit(stack, service, container)));
        if container.network == Network::Published {
            units.push((format!("{name}.socket"), socket_unit(stack, service)));
        }
    }
    units
}

/// What keeps a unit from starting: it is held, and that not only because a run is under way.
fn conditions() -> String {
    format!(
        "ConditionPathExists=|!{SUPERVISOR}/hold.json\n\
         ConditionPathExists=|{RUN}/{UNDER_WAY}\n"
    )
}

/// Has a service that a client asks for during a run wait for its release, and one without a release not start.
///
/// A condition would end the start at once, whereupon systemd, which still sees the client, would ask for it again, and give
/// the socket up after 20 times: `TriggerLimitBurst=` in `systemd.socket(5)`.
fn waits_for_its_release() -> String {
    let (serving, under_way) = (format!("{SUPERVISOR}/{SERVING}"), format!("{RUN}/{UNDER_WAY}"));
    format!(
        "ExecCondition=/bin/sh -c 'until [ -e {serving} ]; do [ -e {under_way} ] || exit 1; sleep 0.02; done'"
    )
}

fn socket_unit(stack: &Stack, service: &str) -> String {
    let publish = &stack.publish;
    let address = std::net::SocketAddr::new(publish.address, publish.port);
    format!(
        "{EDITED}# It stays open while one release ends and the next one starts: clients wait, and are not refused.\n\
         [Unit]\n\
         Description=LadyLinux: where {service} is reached\n\
         ConditionPathExists={SUPERVISOR}/{SERVING}\n\
         {}\n\
         [Socket]\n\
         ListenStream={address}\n\
         # An address that the machine gets later is listened on already.\n\
         FreeBind=true\n\
         \n\
         [Install]\n\
         WantedBy=sockets.target\n",
        conditions()
    )
}

fn container_unit(stack: &Stack, service: &str, container: &Container) -> String {
    let name = format!("{}-{service}", stack.name);
    let patience = container.timeout.0.as_secs();
    let mut lines = vec![
        "[Unit]".to_owned(),
        format!("Description=LadyLinux: {service}"),
        conditions().trim_end().to_owned(),
        "Wants=ladylinux-store.service\nAfter=ladylinux-store.service".to_owned(),
    ];
    if container.network == Network::Published {
        lines.push(format!("Requires={name}.socket\nAfter={name}.socket"));
    }
    for earlier in &container.after {
        let earlier = format!("{}-{earlier}.service", stack.name);
        lines.push(format!("Requires={earlier}\nAfter={earlier}"));
    }
    lines.extend([
        "# How often it may be started is the supervisor's to say.".to_owned(),
        "StartLimitIntervalSec=0".to_owned(),
        "\n[Container]".to_owned(),
        format!("ContainerName={name}"),
        format!("# Which one, the supervisor writes: {SUPERVISOR}/{SERVING}."),
        format!("Image=${{{IMAGE}}}"),
    ]);
    lines.extend(inside(container));
    lines.extend(outside(stack, container));
    lines.extend(labelled(stack, service));
    lines.extend(health(container));
    lines.push(limits(service, container));
    lines.extend([
        "\n[Service]".to_owned(),
        waits_for_its_release(),
        // It is read anew for each command, and so after the wait.
        format!("EnvironmentFile=-{SUPERVISOR}/{SERVING}"),
        "Restart=on-failure\nRestartSec=5s".to_owned(),
        // A client may wait through a migration.
        format!("TimeoutStartSec={}s\nTimeoutStopSec={}s", longest_run(stack), patience + 30),
        "\n[Install]\nWantedBy=multi-user.target".to_owned(),
        "\n[Quadlet]\n# A machine without a network boots as fast as one with it.".to_owned(),
        "DefaultDependencies=false\n".to_owned(),
    ]);
    format!("{EDITED}{}", lines.join("\n"))
}

/// Returns for how many seconds a run may keep clients waiting: step 4, and the rest.
fn longest_run(stack: &Stack) -> u64 {
    let prepare = stack.one_shots.get(PREPARES).map_or(0, |one| one.timeout.0.as_secs());
    prepare + stack.refresh.ready_timeout.0.as_secs() + 300
}

/// What runs inside, and as whom.
fn inside(container: &Container) -> Vec<String> {
    let mut lines = vec![format!("Exec={}", words(&container.command))];
    let (user, group) = container.user.split_once(':').unwrap_or((&container.user, ""));
    lines.push(format!("User={user}"));
    if !group.is_empty() {
        lines.push(format!("Group={group}"));
    }
    let set = container.environment.iter().map(|(name, value)| word(&format!("{name}={value}")));
    lines.extend(set.map(|set| format!("Environment={set}")));
    lines
}

/// What it sees of the machine.
fn outside(stack: &Stack, container: &Container) -> Vec<String> {
    let mut lines = vec![match container.network {
        Network::None => "Network=none".to_owned(),
        Network::Stack | Network::Published => format!("Network={}.network", stack.network),
    }];
    for mount in &container.mounts {
        let named = stack.volumes.contains_key(&mount.source);
        let source = if named { format!("{}.volume", mount.source) } else { mount.source.clone() };
        let options = match (mount.read_only, named) {
            (true, true) => ":ro",
            (true, false) => ":ro,rslave",
            (false, true) => "",
            (false, false) => ":rslave",
        };
        lines.push(format!("Volume={source}:{}{options}", mount.target.display()));
    }
    let same_for_all = [
        "LogDriver=journald",
        "ReadOnly=true",
        "Tmpfs=/tmp:rw,size=64m,mode=1777",
        "DropCapability=all",
        "NoNewPrivileges=true",
    ];
    lines.extend(same_for_all.map(str::to_owned));
    lines
}

/// What it is recognised by; the digest is known only when it starts.
fn labelled(stack: &Stack, service: &str) -> Vec<String> {
    let spec = fingerprint(stack, service).to_string();
    let own = [
        (labels::STACK, stack.name.as_str()),
        (labels::SERVICE, service),
        (labels::KIND, "container"),
        (labels::SPEC, &spec),
    ];
    let mut lines: Vec<String> =
        own.iter().map(|(label, value)| format!("Label={label}={value}")).collect();
    lines.push(format!("PodmanArgs=--env={DIGEST} --label={}=${{{DIGEST}}}", labels::DIGEST));
    lines
}

fn health(container: &Container) -> Vec<String> {
    let Some(health) = &container.health else { return Vec::new() };
    let seconds = |time: Time| format!("{}s", time.0.as_secs_f64());
    vec![
        format!("HealthCmd={}", serde_json::json!(health.command)),
        format!("HealthInterval={}", seconds(health.interval)),
        format!("HealthTimeout={}", seconds(health.timeout)),
        format!("HealthRetries={}", health.retries),
        format!("HealthStartPeriod={}", seconds(health.start_period)),
    ]
}

/// What it may take, and what Quadlet has no key for in every version.
fn limits(service: &str, container: &Container) -> String {
    let mut arguments = vec!["--pull=never".to_owned()];
    if container.network != Network::None {
        arguments.push(format!("--network-alias={service}"));
    }
    let memory = container.memory.count();
    if memory > 0 {
        // The same as the memory: no swap.
        arguments.extend([format!("--memory={memory}b"), format!("--memory-swap={memory}b")]);
    }
    if container.cpus > 0.0 {
        arguments.push(format!("--cpus={}", container.cpus));
    }
    if container.pids > 0 {
        arguments.push(format!("--pids-limit={}", container.pids));
    }
    arguments.push(format!("--stop-timeout={}", container.timeout.0.as_secs()));
    format!("PodmanArgs={}", arguments.join(" "))
}

fn words(command: &[String]) -> String {
    command.iter().map(|one| word(one)).collect::<Vec<_>>().join(" ")
}

/// Writes a word so that neither Quadlet nor systemd makes anything else of it: `systemd.syntax(7)`, "Quoting", and
/// `systemd.unit(5)`, "Specifiers"; a dollar is one of `systemd.service(5)`, "Command lines".
fn word(text: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-_=./:,@+".contains(one);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => quoted.extend(['\\', one]),
            '%' | '$' => quoted.extend([one, one]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            one => quoted.push(one),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::load;

    fn unit(name: &str) -> String {
        let units = units(&load(None, Some("n100")).unwrap());
        units.into_iter().find(|(file, _)| file == name).unwrap().1
    }

    // C-4: what systemd starts is what the supervisor would have created.
    #[test]
    fn a_unit_says_what_the_stack_declares() {
        insta::assert_snapshot!("ladylinux-api.container", unit("ladylinux-api.container"));
        insta::assert_snapshot!("ladylinux-api.socket", unit("ladylinux-api.socket"));
    }

    // LL-REF-46: a hold is a condition of both, so that neither a reboot nor the socket gets around it.
    #[test]
    fn nothing_starts_that_is_held_or_stopped() {
        for name in ["ladylinux-api.container", "ladylinux-api.socket"] {
            let unit = unit(name);
            let condition = "ConditionPathExists=|!/var/lib/ladylinux/supervisor/hold.json";
            assert!(unit.lines().any(|line| line == condition), "{name}");
            assert!(unit.contains("/var/lib/ladylinux/supervisor/serving.env"), "{name}");
        }
    }

    #[test]
    fn a_unit_is_pointed_at_an_image_by_its_id() {
        assert_eq!(
            serving("sha256:7313", "sha256:e3"),
            "LADYLINUX_IMAGE=7313\nLADYLINUX_RELEASE_DIGEST=sha256:e3\n"
        );
    }

    #[test]
    fn no_value_says_anything_else_to_systemd() {
        assert_eq!(word("A=b"), "A=b");
        assert_eq!(word("A=b c"), "\"A=b c\"");
        assert_eq!(word("100% \"$HOME\" \\"), "\"100%% \\\"$$HOME\\\" \\\\\"");
        assert_eq!(word(""), "\"\"");
    }

    #[test]
    fn another_declaration_is_another_unit() {
        let mut stack = load(None, None).unwrap();
        let before = units(&stack);
        stack.publish.port = 9000;
        let after = units(&stack);
        assert!(before.iter().zip(&after).all(|(one, other)| one.1 != other.1));
        assert!(after[1].1.contains("ListenStream=127.0.0.1:9000\n"), "{}", after[1].1);
    }
}
