//! The container engine, Podman or Docker, through the API that both speak. The only user of bollard.
//!
//! What differs between the two, and between their versions, ends here: errors come out as what they mean for a refresh.
//! Nothing here can remove a named volume.

use super::{
    contract::container_labels as labels,
    registry::Credentials,
    stack::{Container, Network, Stack},
};
use bollard::{
    Docker,
    auth::DockerCredentials,
    container::LogOutput,
    errors::Error,
    models::{
        ContainerCreateBody, ContainerInspectResponse, ContainerStateStatusEnum as Status,
        ContainerSummary, EndpointSettings, HealthConfig, HostConfig, ImageInspect,
        NetworkCreateRequest, NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters as query,
};
use futures_util::{StreamExt, TryStreamExt};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::Duration,
};

/// How long one call of the API may take, apart from those with a patience of their own.
const CALL: Duration = Duration::from_mins(2);

/// The oldest API that is spoken: Docker 24's is 1.43, Podman 4.3's is 1.41.
const OLDEST: (usize, usize) = (1, 41);

/// The most that is kept of a one-shot's output.
const OUTPUT: usize = 1 << 20;

/// The first wait before a fetch is tried again; it doubles, and then some.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Why the engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody answers at the socket.
    #[error(
        "no container engine answers at {socket}: is it running? `systemctl start podman.socket`, or name another with --socket"
    )]
    Unreachable {
        /// The socket.
        socket: String,
        /// What was said.
        source: Error,
    },
    /// The engine is older than the support floor.
    #[error("{engine} speaks API {found}, and 1.41 is needed: Podman 4.3 or Docker 24 or newer")]
    TooOld {
        /// Its name and version.
        engine: String,
        /// The version of its API.
        found: String,
    },
    /// The engine stopped answering.
    #[error(
        "the engine's socket is gone while it was asked to {what}: see `systemctl status podman.socket`, then run again"
    )]
    Gone {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Error,
    },
    /// The disk is full.
    #[error(
        "the disk is full while the engine was asked to {what}: free some space (`podman system df`)"
    )]
    DiskFull {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Error,
    },
    /// The port is taken.
    #[error("somebody else has the published port: `ss -ltnp` shows who")]
    PortTaken {
        /// What was said.
        source: Error,
    },
    /// The registry does not let us in.
    #[error(
        "the registry does not let us fetch {reference}: name its password file with --auth-file"
    )]
    Unauthorized {
        /// The image.
        reference: String,
        /// What was said.
        source: Error,
    },
    /// A fetch failed, however often it was tried.
    #[error("{reference} could not be fetched in {tries} tries")]
    Fetch {
        /// The image.
        reference: String,
        /// How often it was tried.
        tries: u32,
        /// What was said last.
        source: Error,
    },
    /// It took too long.
    #[error("{what} took longer than {} s, and was ended", after.as_secs())]
    Deadline {
        /// What.
        what: String,
        /// How long it was given.
        after: Duration,
    },
    /// The archive cannot be read.
    #[error("cannot read the archive {}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else.
    #[error("the engine refused to {what}")]
    Refused {
        /// What it was asked.
        what: String,
        /// What was said.
        source: Error,
    },
}

/// What the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `podman` or `docker`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// The machine's architecture, in the words of the OCI image spec.
    pub architecture: String,
    /// Where it stores images, on its own file system.
    pub store: PathBuf,
}

/// What is known of an image that is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFacts {
    /// The engine's own name for it.
    pub id: String,
    /// Its names with a digest: `repository@sha256:…`.
    pub digests: Vec<String>,
    /// Its names with a tag.
    pub tags: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What it is built for, in the words of the OCI image spec.
    pub architecture: String,
}

/// Whether a container stays or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It runs as long as the node does.
    Container,
    /// It does one thing.
    OneShot,
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
}

/// A container that is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// The engine's own name for it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name in the stack, if it is ours.
    pub service: Option<String>,
    /// What it does.
    pub state: State,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The image it was created from.
    pub image_id: String,
    /// How often the engine restarted it.
    pub restarts: i64,
    /// What the health check says, if it has said anything.
    pub health: Option<String>,
    /// Who owns it, if that is not a supervisor.
    pub owner: Option<String>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was created and never started.
    Created,
    /// It runs.
    Running,
    /// It is frozen.
    Paused,
    /// It has ended.
    Exited(Option<i64>),
}

impl State {
    /// Whether it has processes, if only frozen ones.
    pub fn runs(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    /// Returns it in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Exited(_) => "stopped",
        }
    }

    /// Returns the exit code, if it has one.
    pub fn code(self) -> Option<i64> {
        match self {
            Self::Exited(code) => code,
            Self::Created | Self::Running | Self::Paused => None,
        }
    }
}

/// How a container ended that was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code.
    pub code: Option<i64>,
    /// Whether it had to be killed.
    pub killed: bool,
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

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// So many bytes are here, as far as the engine tells.
    pub downloaded: u64,
    /// Of so many that are known of.
    pub total: u64,
}

/// A connection to the engine.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    about: About,
}

impl Engine {
    /// Connects, and finds out what the engine is.
    pub async fn connect(socket: &str) -> Result<Self, EngineError> {
        let unreachable = |source| EngineError::Unreachable { socket: socket.to_owned(), source };
        let docker =
            Docker::connect_with_unix(socket, CALL.as_secs(), bollard::API_DEFAULT_VERSION)
                .map_err(unreachable)?
                .negotiate_version()
                .await
                .map_err(unreachable)?;
        let version = docker.version().await.map_err(unreachable)?;
        let info = docker.info().await.map_err(unreachable)?;
        let components = version.components.unwrap_or_default();
        let podman = components.iter().any(|one| one.name.to_lowercase().contains("podman"));
        let name = if podman { "podman" } else { "docker" };
        let found = version.version.unwrap_or_default();
        let spoken = docker.client_version();
        if (spoken.major_version, spoken.minor_version) < OLDEST {
            return Err(EngineError::TooOld {
                engine: format!("{name} {found}"),
                found: format!("{}.{}", spoken.major_version, spoken.minor_version),
            });
        }
        let about = About {
            name,
            version: found,
            architecture: oci_architecture(&version.arch.unwrap_or_default()).to_owned(),
            store: info.docker_root_dir.unwrap_or_default().into(),
        };
        Ok(Self { docker, about })
    }

    /// Returns the first of the usual sockets that exists.
    pub fn default_socket() -> String {
        let user = format!("/run/user/{}/podman/podman.sock", rustix::process::geteuid().as_raw());
        let usual = ["/run/podman/podman.sock", &user, "/var/run/docker.sock"];
        let found = usual.iter().find(|path| Path::new(path).exists()).unwrap_or(&usual[0]);
        format!("unix://{found}")
    }

    /// Returns what the engine is.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Returns an image that is here.
    pub async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError> {
        match self.docker.inspect_image(reference).await {
            Ok(found) => Ok(Some(image_facts(found))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(refused("look for an image", error)),
        }
    }

    /// Returns the images that have a tag of this repository.
    pub async fn images_of(&self, repository: &str) -> Result<Vec<ImageFacts>, EngineError> {
        let filters = HashMap::from([("reference", vec![repository])]);
        let options = query::ListImagesOptionsBuilder::default().filters(&filters).build();
        let found = self
            .docker
            .list_images(Some(options))
            .await
            .map_err(|error| refused("list images", error))?;
        let prefix = format!("{repository}:");
        let of_repository = |tags: &[String]| tags.iter().any(|tag| tag.starts_with(&prefix));
        Ok(found
            .into_iter()
            .filter(|image| of_repository(&image.repo_tags))
            .map(|image| ImageFacts {
                id: image.id,
                digests: image.repo_digests,
                tags: image.repo_tags,
                labels: image.labels.into_iter().collect(),
                architecture: String::new(),
            })
            .collect())
    }

    /// Fetches an image by its digest, again and again with longer and longer waits.
    ///
    /// Layers that have arrived are not fetched again; the engine keeps them.
    pub async fn pull(
        &self,
        reference: &str,
        auth: Option<&Credentials>,
        retries: u32,
        seen: &mut (dyn FnMut(Pulled) + Send),
    ) -> Result<ImageFacts, EngineError> {
        let mut wait = FIRST_WAIT;
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.try_to_pull(reference, auth, seen).await {
                Ok(()) => match self.image(reference).await? {
                    Some(image) => return Ok(image),
                    None => Error::DockerStreamError {
                        error: "the engine fetched it, and does not have it".to_owned(),
                    },
                },
                Err(error) => error,
            };
            let text = error.to_string().to_lowercase();
            if text.contains("unauthorized") || text.contains("authentication required") {
                return Err(EngineError::Unauthorized {
                    reference: reference.to_owned(),
                    source: error,
                });
            }
            if text.contains("no space left") {
                return Err(refused("fetch a release", error));
            }
            let hopeless = text.contains("manifest unknown") || text.contains("not found");
            if hopeless || tries > retries {
                return Err(EngineError::Fetch {
                    reference: reference.to_owned(),
                    tries,
                    source: error,
                });
            }
            tokio::time::sleep(wait + wait.mul_f64(jitter())).await;
            wait = (2 * wait).min(LONGEST_WAIT);
        }
    }

    async fn try_to_pull(
        &self,
        reference: &str,
        auth: Option<&Credentials>,
        seen: &mut (dyn FnMut(Pulled) + Send),
    ) -> Result<(), Error> {
        let options = query::CreateImageOptionsBuilder::default().from_image(reference).build();
        let credentials = auth.map(|auth| DockerCredentials {
            username: Some(auth.user.clone()),
            password: Some(auth.password.expose().to_owned()),
            ..Default::default()
        });
        let mut layers: HashMap<String, (u64, u64)> = HashMap::new();
        let mut stream = self.docker.create_image(Some(options), None, credentials);
        while let Some(said) = stream.try_next().await? {
            if let (Some(id), Some(progress)) = (said.id, said.progress_detail) {
                let count = |number: Option<i64>| u64::try_from(number.unwrap_or(0)).unwrap_or(0);
                layers.insert(id, (count(progress.current), count(progress.total)));
                seen(Pulled {
                    downloaded: layers.values().map(|(current, _)| current).sum(),
                    total: layers.values().map(|(_, total)| total).sum(),
                });
            }
        }
        Ok(())
    }

    /// Loads an archive into the engine.
    pub async fn load(&self, archive: &Path) -> Result<(), EngineError> {
        let unread = |source| EngineError::Archive { path: archive.to_owned(), source };
        let file = tokio::fs::File::open(archive).await.map_err(unread)?;
        let body = bollard::body_try_stream(tokio_util::io::ReaderStream::new(file));
        let options = query::ImportImageOptionsBuilder::default().build();
        let mut stream = self.docker.import_image(options, body, None);
        while stream.try_next().await.map_err(|error| refused("load the archive", error))?.is_some()
        {
        }
        Ok(())
    }

    /// Gives an image another name.
    pub async fn tag(&self, id: &str, repository: &str, tag: &str) -> Result<(), EngineError> {
        let options = query::TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        let tagged = self.docker.tag_image(id, Some(options)).await;
        tagged.map_err(|error| refused("name the release's image", error))
    }

    /// Takes every name from an image, and with the last one the image goes. Never forced: what a container uses stays.
    pub async fn remove_image(&self, id: &str) -> Result<(), EngineError> {
        let Some(image) = self.image(id).await? else { return Ok(()) };
        let mut names = image.tags;
        names.push(id.to_owned());
        for name in names {
            let options = query::RemoveImageOptionsBuilder::default().build();
            match self.docker.remove_image(&name, Some(options), None).await {
                Ok(_) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(refused("remove an old release's image", error)),
            }
        }
        Ok(())
    }

    /// Returns every container of a stack, whatever it is called and whatever it does.
    pub async fn ours(&self, stack: &str) -> Result<Vec<Found>, EngineError> {
        let label = format!("{}={stack}", labels::STACK);
        let filters = HashMap::from([("label", vec![label.as_str()])]);
        let options =
            query::ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = self.docker.list_containers(Some(options)).await;
        let found = found.map_err(|error| refused("list containers", error))?;
        Ok(found.into_iter().map(summarised).collect())
    }

    /// Returns the container with this name or id.
    pub async fn find(&self, name: &str) -> Result<Option<Found>, EngineError> {
        let options = None::<query::InspectContainerOptions>;
        match self.docker.inspect_container(name, options).await {
            Ok(found) => Ok(Some(inspected(found))),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(refused("look for a container", error)),
        }
    }

    /// Creates a container, and returns its id.
    pub async fn create(&self, stack: &Stack, what: &Create) -> Result<String, EngineError> {
        let options = query::CreateContainerOptionsBuilder::default().name(&what.name).build();
        let created = self.docker.create_container(Some(options), body(stack, what)).await;
        created
            .map(|created| created.id)
            .map_err(|error| refused(&format!("create the container {}", what.name), error))
    }

    /// Starts a container; a frozen one goes on.
    pub async fn start(&self, id: &str) -> Result<(), EngineError> {
        let options = None::<query::StartContainerOptions>;
        match self.docker.start_container(id, options).await {
            // 304: it runs.
            Err(Error::DockerResponseServerError { status_code: 304, .. }) | Ok(()) => Ok(()),
            Err(error) => Err(refused("start a container", error)),
        }
    }

    /// Lets a frozen container go on.
    pub async fn unpause(&self, id: &str) -> Result<(), EngineError> {
        self.docker
            .unpause_container(id)
            .await
            .map_err(|error| refused("let a frozen container go on", error))
    }

    /// Stops a container: SIGTERM, after the patience SIGKILL; and looks whether it has ended.
    pub async fn stop(&self, found: &Found, patience: Duration) -> Result<Exit, EngineError> {
        if found.state == State::Paused {
            self.unpause(&found.id).await?;
        }
        let seconds = i32::try_from(patience.as_secs()).unwrap_or(i32::MAX);
        let options = query::StopContainerOptionsBuilder::default().t(seconds).build();
        match self.docker.stop_container(&found.id, Some(options)).await {
            Err(Error::DockerResponseServerError { status_code: 304 | 404, .. }) | Ok(()) => {}
            Err(error) => return Err(refused(&format!("stop {}", found.name), error)),
        }
        let state = self.find(&found.id).await?.map_or(State::Exited(None), |one| one.state);
        if state.runs() {
            return Err(EngineError::Deadline {
                what: format!("stopping {}", found.name),
                after: patience,
            });
        }
        Ok(Exit { code: state.code(), killed: state.code() == Some(137) })
    }

    /// Removes a container that has ended, with the volumes that have no name.
    pub async fn remove(&self, id: &str) -> Result<(), EngineError> {
        let options = query::RemoveContainerOptionsBuilder::default().v(true).build();
        match self.docker.remove_container(id, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(refused("remove a container", error)),
        }
    }

    /// Returns what has changed in a container's own layer.
    pub async fn drift(&self, id: &str) -> Result<Vec<String>, EngineError> {
        let changes = match self.docker.container_changes(id).await {
            Ok(changes) => changes.unwrap_or_default(),
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(refused("tell what changed in a container", error)),
        };
        Ok(changes.into_iter().map(|change| change.path).collect())
    }

    /// Returns the last lines of a container's log.
    pub async fn log_tail(&self, id: &str, lines: usize) -> Result<String, EngineError> {
        let options = query::LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let (out, err) = self.collect(id, options).await?;
        Ok(out + &err)
    }

    async fn collect(
        &self,
        id: &str,
        options: query::LogsOptions,
    ) -> Result<(String, String), EngineError> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut stream = self.docker.logs(id, Some(options));
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| refused("read a container's log", error))?;
            let (kept, message) = match piece {
                LogOutput::StdErr { message } => (&mut err, message),
                LogOutput::StdOut { message }
                | LogOutput::StdIn { message }
                | LogOutput::Console { message } => (&mut out, message),
            };
            let room = OUTPUT.saturating_sub(kept.len());
            kept.extend_from_slice(&message[..message.len().min(room)]);
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((text(out), text(err)))
    }

    /// Runs a one-shot to its end, and removes it in every case.
    pub async fn run(
        &self,
        stack: &Stack,
        what: &Create,
        patience: Duration,
    ) -> Result<Ran, EngineError> {
        let clock = crate::foundation::values::time::instant();
        let id = self.create(stack, what).await?;
        let ran = tokio::time::timeout(patience, self.run_created(&id)).await;
        let options = query::RemoveContainerOptionsBuilder::default().v(true).force(true).build();
        let removed = self.docker.remove_container(&id, Some(options)).await;
        let (code, stdout, stderr) = ran.map_err(|_| EngineError::Deadline {
            what: format!("the one-shot {}", what.service),
            after: patience,
        })??;
        removed.map_err(|error| refused("remove a one-shot", error))?;
        Ok(Ran { code, stdout, stderr, took: clock.elapsed() })
    }

    async fn run_created(&self, id: &str) -> Result<(i64, String, String), EngineError> {
        self.start(id).await?;
        let mut wait = self.docker.wait_container(id, None::<query::WaitContainerOptions>);
        let code = match wait.next().await {
            Some(Ok(ended)) => ended.status_code,
            Some(Err(Error::DockerContainerWaitError { code, .. })) => code,
            Some(Err(error)) => return Err(refused("wait for a one-shot", error)),
            None => self.find(id).await?.and_then(|one| one.state.code()).unwrap_or(-1),
        };
        let options = query::LogsOptionsBuilder::default().stdout(true).stderr(true).build();
        let (stdout, stderr) = self.collect(id, options).await?;
        Ok((code, stdout, stderr))
    }

    /// Makes the network if it is not there, and returns whether it was made.
    pub async fn ensure_network(&self, name: &str) -> Result<bool, EngineError> {
        let options = None::<query::InspectNetworkOptions>;
        match self.docker.inspect_network(name, options).await {
            Ok(_) => return Ok(false),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(refused("look for the network", error)),
        }
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            ..Default::default()
        };
        let made = self.docker.create_network(request).await;
        made.map(|_| true).map_err(|error| refused("make the network", error))
    }
}

/// Returns a random number between 0 and 1.
fn jitter() -> f64 {
    // The last digits of an identifier are random, and good enough to keep nodes apart.
    f64::from((uuid::Uuid::new_v4().as_u128() & 0xffff) as u16) / 65536.0
}

fn refused(what: &str, source: Error) -> EngineError {
    let what = what.to_owned();
    let text = source.to_string().to_lowercase();
    let gone = matches!(
        source,
        Error::HyperResponseError { .. } | Error::IOError { .. } | Error::SocketNotFoundError(_)
    ) || text.contains("connection refused")
        || text.contains("client error (connect)");
    if text.contains("no space left") || text.contains("disk quota exceeded") {
        EngineError::DiskFull { what, source }
    } else if text.contains("address already in use") || text.contains("port is already allocated")
    {
        EngineError::PortTaken { source }
    } else if gone {
        EngineError::Gone { what, source }
    } else {
        EngineError::Refused { what, source }
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 404, .. })
}

/// Returns what the OCI image spec calls an architecture that the kernel calls something else.
fn oci_architecture(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn image_facts(found: ImageInspect) -> ImageFacts {
    let config = found.config.unwrap_or_default();
    ImageFacts {
        id: with_algorithm(&found.id.unwrap_or_default()),
        digests: found.repo_digests.unwrap_or_default(),
        tags: found.repo_tags.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        architecture: oci_architecture(&found.architecture.unwrap_or_default()).to_owned(),
    }
}

/// Podman leaves the algorithm out of some ids.
fn with_algorithm(id: &str) -> String {
    if id.is_empty() || id.contains(':') { id.to_owned() } else { format!("sha256:{id}") }
}

/// Returns who owns a container, if its labels name somebody other than a supervisor.
fn owner(labels: &BTreeMap<String, String>) -> Option<String> {
    let label = |name: &str| labels.get(name).filter(|value| !value.is_empty());
    label("PODMAN_SYSTEMD_UNIT").map(|unit| format!("the systemd unit {unit}")).or_else(|| {
        ["io.podman.compose.project", "com.docker.compose.project"]
            .iter()
            .find_map(|name| label(name))
            .map(|project| format!("the compose project {project}"))
    })
}

fn named(name: &str) -> String {
    name.trim_start_matches('/').to_owned()
}

fn summarised(found: ContainerSummary) -> Found {
    use bollard::models::ContainerSummaryStateEnum as Summary;
    let labels: BTreeMap<String, String> = found.labels.unwrap_or_default().into_iter().collect();
    let state = match found.state {
        Some(Summary::RUNNING | Summary::RESTARTING | Summary::STOPPING) => State::Running,
        Some(Summary::PAUSED) => State::Paused,
        Some(Summary::CREATED) => State::Created,
        Some(Summary::EXITED | Summary::DEAD | Summary::REMOVING | Summary::EMPTY) | None => {
            State::Exited(None)
        }
    };
    Found {
        id: found.id.unwrap_or_default(),
        name: found.names.unwrap_or_default().first().map(|name| named(name)).unwrap_or_default(),
        service: labels.get(labels::SERVICE).cloned(),
        state,
        image_id: with_algorithm(&found.image_id.unwrap_or_default()),
        restarts: 0,
        health: None,
        owner: owner(&labels),
        labels,
    }
}

fn inspected(found: ContainerInspectResponse) -> Found {
    let labels: BTreeMap<String, String> =
        found.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect();
    let state = found.state.unwrap_or_default();
    let health = state.health.and_then(|health| health.status).map(|status| status.to_string());
    let state = match state.status {
        Some(Status::RUNNING | Status::RESTARTING | Status::STOPPING) => State::Running,
        Some(Status::PAUSED) => State::Paused,
        Some(Status::CREATED) => State::Created,
        Some(Status::EXITED | Status::DEAD | Status::REMOVING | Status::EMPTY) | None => {
            State::Exited(state.exit_code)
        }
    };
    Found {
        id: found.id.unwrap_or_default(),
        name: named(&found.name.unwrap_or_default()),
        service: labels.get(labels::SERVICE).cloned(),
        state,
        image_id: with_algorithm(&found.image.unwrap_or_default()),
        restarts: found.restart_count.unwrap_or(0),
        // Podman says "" where there is no check.
        health: health.filter(|status| !status.is_empty() && status != "none"),
        owner: owner(&labels),
        labels,
    }
}

/// Describes a container to the engine: read-only, without capabilities, and with no way to get any.
fn body(stack: &Stack, what: &Create) -> ContainerCreateBody {
    let declared = &what.container;
    let mut environment: Vec<String> =
        declared.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    environment.push(format!("LADYLINUX_RELEASE_DIGEST={}", what.digest));
    let binds = declared.mounts.iter().map(|mount| {
        let mut options = vec![if mount.read_only { "ro" } else { "rw" }];
        if mount.source.starts_with('/') {
            options.push("rslave");
        }
        format!("{}:{}:{}", mount.source, mount.target.display(), options.join(","))
    });
    let port = format!("{}/tcp", stack.publish.container_port);
    let published = declared.network == Network::Published;
    let host_config = HostConfig {
        binds: Some(binds.collect()),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), "rw,size=64m,mode=1777".to_owned())])),
        // Zero is no limit, for engines that cannot set one.
        memory: limit(declared.memory.count()),
        memory_swap: limit(declared.memory.count()),
        nano_cpus: limit((declared.cpus.max(0.0) * 1e9).round() as u64),
        pids_limit: limit(u64::from(declared.pids)),
        network_mode: Some(if declared.network == Network::None {
            "none".to_owned()
        } else {
            stack.network.clone()
        }),
        port_bindings: published.then(|| {
            let binding = PortBinding {
                host_ip: Some(stack.publish.address.to_string()),
                host_port: Some(stack.publish.port.to_string()),
            };
            HashMap::from([(port.clone(), Some(vec![binding]))])
        }),
        // The supervisor starts again what may be started again; nothing else does.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        ..Default::default()
    };
    let kind = if what.kind == Kind::OneShot { "one-shot" } else { "container" };
    let labels = [
        (labels::STACK, stack.name.as_str()),
        (labels::SERVICE, &what.service),
        (labels::DIGEST, &what.digest),
        (labels::SPEC, &what.spec),
        (labels::KIND, kind),
    ];
    let nanos = |time: super::stack::Time| i64::try_from(time.0.as_nanos()).ok();
    ContainerCreateBody {
        image: Some(what.image_id.clone()),
        cmd: Some(declared.command.clone()),
        user: Some(declared.user.clone()),
        env: Some(environment),
        labels: Some(
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ),
        exposed_ports: published.then(|| vec![port]),
        healthcheck: declared.health.as_ref().map(|health| HealthConfig {
            test: Some(
                std::iter::once("CMD".to_owned()).chain(health.command.iter().cloned()).collect(),
            ),
            interval: nanos(health.interval),
            timeout: nanos(health.timeout),
            retries: Some(i64::from(health.retries)),
            start_period: nanos(health.start_period),
            start_interval: None,
        }),
        stop_signal: Some("SIGTERM".to_owned()),
        stop_timeout: i64::try_from(declared.timeout.0.as_secs()).ok(),
        networking_config: (declared.network != Network::None).then(|| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(
                stack.network.clone(),
                EndpointSettings {
                    aliases: Some(vec![what.service.clone()]),
                    ..Default::default()
                },
            )])),
        }),
        host_config: Some(host_config),
        ..Default::default()
    }
}

fn limit(value: u64) -> Option<i64> {
    i64::try_from(value).ok().filter(|value| *value > 0)
}
