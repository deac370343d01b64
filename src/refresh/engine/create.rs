//! Making containers from what is declared, and one-shots from their creation to their removal.

use super::{
    Engine,
    container::State,
    error::{EngineError, Said},
    socket::encoded,
};
use crate::{
    foundation::values::time,
    refresh::{
        contract::container_labels as labels,
        stack::{Container, Mount, Network, Stack, Time},
    },
};
use bollard::{
    models::{
        ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigLogConfig,
        NetworkCreateRequest, NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters as query,
};
use serde::de::IgnoredAny;
use std::{collections::HashMap, time::Duration};

/// How much of what a one-shot said last is repeated when it is ended by the clock.
const LAST_WORDS: usize = 500;

/// Whether a container stays or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It runs as long as the node does.
    Container,
    /// It does one thing.
    OneShot,
}

impl Kind {
    /// Returns the word for it on labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneShot => "one-shot",
            Self::Container => "container",
        }
    }
}

/// A container to be created.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its name.
    pub name: String,
    /// Its name in the stack, and on the network.
    pub service: String,
    /// Whether it stays.
    pub kind: Kind,
    /// The image, by the engine's own name.
    pub image_id: String,
    /// The digest it is told that it comes from.
    pub digest: String,
    /// The fingerprint of what it is created from.
    pub spec: String,
    /// What is declared.
    pub container: Container,
    /// Where it has a volume of its own besides, which goes with it.
    pub scratch: Option<&'static str>,
    /// The program, if it is not the image's own.
    pub program: Option<&'static str>,
}

/// How a one-shot went.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i64,
    /// What it said.
    pub stdout: String,
    /// What else it said.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Engine {
    /// Creates a container, and returns its id.
    pub async fn create(&self, stack: &Stack, what: &Create) -> Result<String, EngineError> {
        let options = query::CreateContainerOptionsBuilder::default().name(&what.name).build();
        let created = self.docker.create_container(Some(options), body(stack, what)).await;
        match created.map_err(Said::from) {
            Ok(created) => {
                self.flush();
                Ok(created.id)
            }
            Err(source) if source.is_name_taken() => {
                Err(EngineError::NameTaken { name: what.name.clone(), source })
            }
            Err(said) => Err(EngineError::of(format!("create the container {}", what.name), said)),
        }
    }

    /// Runs a one-shot to its end, and removes it in every case.
    pub async fn run(
        &self,
        stack: &Stack,
        what: &Create,
        patience: Duration,
    ) -> Result<Ran, EngineError> {
        let clock = time::instant();
        let id = self.create(stack, what).await?;
        let ran = self.run_created(&id, what, patience).await;
        let removed = self.end(&id).await;
        let (code, stdout, stderr) = ran?;
        removed?;
        Ok(Ran { code, stdout, stderr, took: clock.elapsed() })
    }

    async fn run_created(
        &self,
        id: &str,
        what: &Create,
        patience: Duration,
    ) -> Result<(i64, String, String), EngineError> {
        self.start(id).await?;
        let Some(state) = self.until_ended(id, patience).await? else {
            // What it said is gone once it is removed.
            let (_, stderr) = self.output(id).await.unwrap_or_default();
            return Err(EngineError::Deadline {
                what: format!("the one-shot {}", what.service),
                after: patience,
                last: ending(&stderr, LAST_WORDS).to_owned(),
            });
        };
        let (stdout, stderr) = self.output(id).await?;
        let State::Exited(Some(code)) = state else {
            let lost = Said::text("it is gone, and nobody knows how it ended");
            return Err(EngineError::of(format!("run the one-shot {}", what.service), lost));
        };
        Ok((code, stdout, stderr))
    }

    /// Makes the network if it is not there, and returns whether it was made.
    pub async fn ensure_network(&self, name: &str) -> Result<bool, EngineError> {
        let target = format!("/networks/{}", encoded(name));
        let there: Option<IgnoredAny> = self.read("look for the network", &target).await?;
        if there.is_some() {
            return Ok(false);
        }
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            ..Default::default()
        };
        match self.docker.create_network(request).await.map_err(Said::from) {
            Ok(_) => Ok(true),
            // Somebody was quicker.
            Err(said) if said.is_name_taken() => Ok(false),
            Err(said) => Err(EngineError::of(format!("make the network {name}"), said)),
        }
    }
}

/// Returns at most so many bytes of the end of a text, from the beginning of a line if there is one.
fn ending(text: &str, most: usize) -> &str {
    let text = text.trim_end();
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let rest = &text[start..];
    match rest.find('\n') {
        Some(line) if start > 0 => &rest[line + 1..],
        Some(_) | None => rest,
    }
}

/// Describes a container to the engine.
fn body(stack: &Stack, what: &Create) -> ContainerCreateBody {
    let declared = &what.container;
    let published = declared.network == Network::Published;
    let networked = declared.network != Network::None;
    ContainerCreateBody {
        image: Some(what.image_id.clone()),
        cmd: Some(declared.command.clone()),
        entrypoint: what.program.map(|program| vec![program.to_owned()]),
        user: Some(declared.user.clone()),
        env: Some(environment(what)),
        labels: Some(labels_of(stack, what)),
        volumes: what.scratch.map(|path| vec![path.to_owned()]),
        exposed_ports: published.then(|| vec![port(stack)]),
        healthcheck: declared.health.as_ref().map(|health| HealthConfig {
            test: Some(
                ["CMD"].into_iter().map(str::to_owned).chain(health.command.clone()).collect(),
            ),
            interval: nanos(health.interval),
            timeout: nanos(health.timeout),
            retries: Some(i64::from(health.retries)),
            start_period: nanos(health.start_period),
            start_interval: None,
        }),
        stop_signal: Some("SIGTERM".to_owned()),
        stop_timeout: i64::try_from(declared.timeout.0.as_secs()).ok(),
        networking_config: networked.then(|| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(
                stack.network.clone(),
                EndpointSettings {
                    aliases: Some(vec![what.service.clone()]),
                    ..Default::default()
                },
            )])),
        }),
        host_config: Some(host_config(stack, what)),
        ..Default::default()
    }
}

/// What it may: read-only, without capabilities, and with no way to get any.
fn host_config(stack: &Stack, what: &Create) -> HostConfig {
    let declared = &what.container;
    HostConfig {
        binds: Some(declared.mounts.iter().map(bind).collect()),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), "rw,size=64m,mode=1777".to_owned())])),
        memory: limit(declared.memory.count()),
        // The same as the memory: no swap.
        memory_swap: limit(declared.memory.count()),
        nano_cpus: nano_cpus(declared.cpus),
        pids_limit: limit(u64::from(declared.pids)),
        network_mode: Some(match declared.network {
            Network::None => "none".to_owned(),
            Network::Stack | Network::Published => stack.network.clone(),
        }),
        port_bindings: (declared.network == Network::Published).then(|| {
            let binding = PortBinding {
                host_ip: Some(stack.publish.address.to_string()),
                host_port: Some(stack.publish.port.to_string()),
            };
            HashMap::from([(port(stack), Some(vec![binding]))])
        }),
        // The supervisor starts again what may be started again; nothing else does.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        // What a one-shot says is its answer. The journal, which may be the engine's default, has it only some time later.
        log_config: (what.kind == Kind::OneShot)
            .then(|| HostConfigLogConfig { typ: Some("json-file".to_owned()), config: None }),
        ..Default::default()
    }
}

fn bind(mount: &Mount) -> String {
    let access = if mount.read_only { "ro" } else { "rw" };
    // A directory of the machine is seen with what is mounted in it later.
    let follows = if mount.source.starts_with('/') { ",rslave" } else { "" };
    format!("{}:{}:{access}{follows}", mount.source, mount.target.display())
}

fn environment(what: &Create) -> Vec<String> {
    let declared = what.container.environment.iter().map(|(name, value)| format!("{name}={value}"));
    declared.chain([format!("LADYLINUX_RELEASE_DIGEST={}", what.digest)]).collect()
}

fn labels_of(stack: &Stack, what: &Create) -> HashMap<String, String> {
    [
        (labels::STACK, stack.name.as_str()),
        (labels::SERVICE, &what.service),
        (labels::DIGEST, &what.digest),
        (labels::SPEC, &what.spec),
        (labels::KIND, what.kind.name()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn port(stack: &Stack) -> String {
    format!("{}/tcp", stack.publish.container_port)
}

fn nanos(time: Time) -> Option<i64> {
    i64::try_from(time.0.as_nanos()).ok()
}

/// Zero is no limit, for engines that cannot set one.
fn limit(value: u64) -> Option<i64> {
    i64::try_from(value).ok().filter(|value| *value > 0)
}

#[expect(clippy::cast_possible_truncation, reason = "a number of processors is small")]
fn nano_cpus(cpus: f64) -> Option<i64> {
    Some((cpus * 1e9).round() as i64).filter(|nanos| *nanos > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::load;

    fn create(name: &str, kind: Kind) -> (Stack, Create) {
        let stack = load(None, None).unwrap();
        let declared = stack.containers.get(name).or_else(|| stack.one_shots.get(name)).unwrap();
        let create = Create {
            name: format!("ladylinux-{name}"),
            service: name.to_owned(),
            kind,
            image_id: "sha256:73".to_owned(),
            digest: "sha256:e3".to_owned(),
            spec: "1d".to_owned(),
            container: declared.clone(),
            scratch: None,
            program: None,
        };
        (stack, create)
    }

    // LL-DEP-18, LL-DEP-19, LL-DEP-24
    #[test]
    fn a_container_is_read_only_and_has_no_way_to_get_more_than_it_was_given() {
        for (name, kind) in [("api", Kind::Container), ("prepare", Kind::OneShot)] {
            let (stack, create) = create(name, kind);
            let body = body(&stack, &create);
            assert_eq!(body.user.as_deref(), Some("10001:10001"));
            let host = body.host_config.unwrap();
            assert_eq!(host.readonly_rootfs, Some(true));
            assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
            assert_eq!(host.security_opt, Some(vec!["no-new-privileges".to_owned()]));
            assert_eq!((host.privileged, host.cap_add), (None, None));
            assert_eq!((host.devices, host.pid_mode, host.ipc_mode), (None, None, None));
            assert!(host.memory.is_some() && host.memory == host.memory_swap);
            assert!(host.nano_cpus.is_some() && host.pids_limit.is_some());
            assert_eq!(host.restart_policy.unwrap().name, Some(RestartPolicyNameEnum::NO));
            let binds = host.binds.unwrap();
            assert!(binds.iter().all(|bind| !bind.contains(".sock")), "{binds:?}");
            assert!(
                binds.contains(&"ladylinux-models:/opt/ladylinux/models:ro".to_owned()),
                "{binds:?}"
            );
        }
    }

    #[test]
    fn only_what_is_published_has_a_port_and_only_on_the_declared_address() {
        let (stack, api) = create("api", Kind::Container);
        let with_port = body(&stack, &api);
        assert_eq!(with_port.exposed_ports, Some(vec!["8000/tcp".to_owned()]));
        let bindings = with_port.host_config.unwrap().port_bindings.unwrap();
        let binding = bindings["8000/tcp"].as_ref().unwrap()[0].clone();
        assert_eq!(binding.host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(binding.host_port.as_deref(), Some("8000"));

        let (stack, prepare) = create("prepare", Kind::OneShot);
        let without = body(&stack, &prepare);
        assert_eq!((without.exposed_ports, without.networking_config), (None, None));
        let host = without.host_config.unwrap();
        assert_eq!((host.port_bindings, host.network_mode.as_deref()), (None, Some("none")));

        let (stack, models) = create("models", Kind::OneShot);
        let host = body(&stack, &models).host_config.unwrap();
        assert_eq!((host.port_bindings, host.network_mode), (None, Some(stack.network)));
    }

    #[test]
    fn a_container_says_what_it_comes_from() {
        let (stack, create) = create("api", Kind::Container);
        let body = body(&stack, &create);
        let labels = body.labels.unwrap();
        let label = |name: &str| labels[name].as_str();
        assert_eq!((label(labels::STACK), label(labels::SERVICE)), ("ladylinux", "api"));
        assert_eq!((label(labels::DIGEST), label(labels::SPEC)), ("sha256:e3", "1d"));
        assert_eq!(label(labels::KIND), "container");
        let digest = "LADYLINUX_RELEASE_DIGEST=sha256:e3".to_owned();
        assert!(body.env.unwrap().contains(&digest));
        // Exec form: nothing in the image is a shell.
        let test = body.healthcheck.unwrap().test.unwrap();
        assert_eq!(test, ["CMD", "/usr/local/bin/ladylinux", "healthcheck"]);
    }

    #[test]
    fn directories_of_the_machine_are_followed_and_limits_of_zero_are_none() {
        let mount = |source: &str, read_only| Mount {
            source: source.to_owned(),
            target: "/there".into(),
            read_only,
        };
        assert_eq!(bind(&mount("/", true)), "/:/there:ro,rslave");
        assert_eq!(bind(&mount("volume", false)), "volume:/there:rw");
        assert_eq!((limit(0), limit(7), limit(u64::MAX)), (None, Some(7), None));
        assert_eq!(nano_cpus(1.5), Some(1_500_000_000));
        assert_eq!((nano_cpus(0.0), nano_cpus(-1.0), nano_cpus(f64::NAN)), (None, None, None));
    }

    #[test]
    fn the_end_of_a_text_begins_with_a_whole_line() {
        assert_eq!(ending("one\ntwo\nthree\n", 8), "three");
        assert_eq!(ending("one\ntwo\n", 100), "one\ntwo");
        assert_eq!(ending("äääää", 3), "ä");
        assert_eq!(ending("", 3), "");
    }
}
