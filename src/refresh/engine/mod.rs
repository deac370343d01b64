//! The container engine, Podman or Docker, through the API that both speak. The only user of bollard.
//!
//! What differs between the two, and between their versions, ends here: errors come out as what they mean for a refresh.
//! Nothing here can remove a named volume. Everything that is asked goes through [`socket`]; everything that is done goes
//! through bollard.

mod container;
mod create;
mod error;
mod image;
mod socket;

pub use container::{Exit, Found, State};
pub use create::{Create, Kind, Ran};
pub use error::{EngineError, Said};
pub use image::{ImageFacts, Pulled};

use super::backoff::Backoff;
use bollard::{ClientVersion, Docker};
use serde::{Deserialize, de::DeserializeOwned};
use socket::{Answer, Socket};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::OnceCell;

/// How long one call of the API may take, apart from those with a patience of their own.
const CALL: Duration = Duration::from_mins(2);

/// How long nothing may arrive of a fetch. Engines are silent while they unpack, too.
const STALL: Duration = Duration::from_mins(3);

/// The oldest version of Podman that is supported; and of Docker's API, which is that of Docker 24.
const OLDEST_PODMAN: (usize, usize) = (4, 3);
const OLDEST_DOCKER_API: (usize, usize) = (1, 43);

/// What the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `podman` or `docker`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// The machine's architecture, in the words of the OCI image spec.
    pub architecture: String,
}

/// A connection to the engine.
#[derive(Clone, Debug)]
pub struct Engine {
    docker: Docker,
    socket: Socket,
    /// The version of the API that is spoken, as it stands in front of each path.
    spoken: String,
    about: About,
    store: Arc<OnceCell<PathBuf>>,
    backoff: Backoff,
    stall: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    docker_root_dir: PathBuf,
}

impl Engine {
    /// Connects, and finds out what the engine is.
    ///
    /// This takes a millisecond: a refresh that finds nothing new has to be quick, and engines take long to tell more.
    pub async fn connect(socket: &str) -> Result<Self, EngineError> {
        let unreachable =
            |source: Said| EngineError::Unreachable { socket: socket.to_owned(), source };
        let path = socket.strip_prefix("unix://").unwrap_or(socket);
        if path.contains("://") {
            return Err(unreachable(Said::text("it is no socket of this machine: unix:///…")));
        }
        let asked = Socket::new(path);
        let ping = asked.get("/_ping").await.map_err(unreachable)?;
        let (about, spoken) = introduction(&ping).map_err(|problem| match problem {
            Problem::TooOld(found) => EngineError::TooOld { found },
            Problem::Unknown => {
                unreachable(Said::text("what answers there is no container engine"))
            }
        })?;
        let version = ClientVersion { major_version: spoken.0, minor_version: spoken.1 };
        let docker = Docker::connect_with_unix(path, CALL.as_secs(), &version)
            .map_err(|error| unreachable(error.into()))?;
        Ok(Self {
            docker,
            socket: asked,
            spoken: format!("/v{}.{}", spoken.0, spoken.1),
            about,
            store: Arc::default(),
            backoff: Backoff::USUAL,
            stall: STALL,
        })
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

    /// Returns where the engine stores images, on its own file system. Podman 4.3 takes half a second to tell that.
    pub async fn store(&self) -> Result<&Path, EngineError> {
        let ask = async || {
            let info: Option<Info> = self.read("tell where its images are", "/info").await?;
            Ok(info.map(|info| info.docker_root_dir).unwrap_or_default())
        };
        Ok(self.store.get_or_try_init(ask).await?)
    }

    /// Asks for something, and returns it; nothing if the engine has no such thing.
    async fn read<T: DeserializeOwned>(
        &self,
        what: &str,
        target: &str,
    ) -> Result<Option<T>, EngineError> {
        let read = self.socket.fetch(&format!("{}{target}", self.spoken)).await;
        read.map_err(|said| EngineError::of(what, said))
    }
}

/// What speaks against what answered.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    TooOld(String),
    Unknown,
}

/// Reads who answered, and which version of the API is spoken with it.
fn introduction(ping: &Answer) -> Result<(About, (usize, usize)), Problem> {
    let api = ping.header("api-version").and_then(numbers).ok_or(Problem::Unknown)?;
    let libpod = ping.header("libpod-api-version");
    let server = ping.header("server").unwrap_or_default();
    let (name, version) = match libpod {
        Some(version) => ("podman", version),
        // Docker/24.0.7 (linux)
        None => ("docker", server.split(['/', ' ']).nth(1).unwrap_or("of unknown version")),
    };
    let is_old = match libpod {
        Some(version) => numbers(version).ok_or(Problem::Unknown)? < OLDEST_PODMAN,
        None => api < OLDEST_DOCKER_API,
    };
    if is_old {
        return Err(Problem::TooOld(format!("{name} {version}")));
    }
    let ours = bollard::API_DEFAULT_VERSION;
    let about = About {
        name,
        version: version.to_owned(),
        // The socket is one of this machine, and so is the engine.
        architecture: oci_architecture(&rustix::system::uname().machine().to_string_lossy())
            .to_owned(),
    };
    Ok((about, api.min((ours.major_version, ours.minor_version))))
}

/// Reads the first two numbers of a version.
fn numbers(version: &str) -> Option<(usize, usize)> {
    let mut numbers = version.trim().split(|one: char| !one.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Returns what the OCI image spec calls an architecture that the kernel calls something else.
fn oci_architecture(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
