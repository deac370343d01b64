//! The container engine, Podman or Docker, through the API that both speak. The only user of bollard.
//!
//! What differs between the two, and between their versions, ends here: errors come out as what they mean for a refresh.
//! Nothing here can remove a named volume. Everything that is asked goes through `socket`; everything that is done goes
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

use super::{backoff::Backoff, disk};
use bollard::{ClientVersion, Docker};
use serde::{Deserialize, de::DeserializeOwned};
use socket::{Answer, Socket};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::OnceCell;

/// How long one call of the API may take, apart from those with a patience of their own.
const CALL: Duration = Duration::from_mins(2);

/// How long nothing may arrive of a fetch. Engines are silent while they unpack, too.
const STALL: Duration = Duration::from_mins(3);

/// How often a question is asked that an engine stumbles over: Podman 4.3 fails to describe a container that ends while it
/// looks.
const READS: u32 = 5;
const BETWEEN_READS: Duration = Duration::from_millis(20);

/// The oldest version of Podman that is supported; and of Docker's API, which is that of Docker 24.
const OLDEST_PODMAN: (usize, usize) = (4, 3);
const OLDEST_DOCKER_API: (usize, usize) = (1, 43);

/// The name of Docker.
const DOCKER: &str = "docker";

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
    /// Where images and containers lie, if that can be seen from here.
    flushed: Arc<OnceLock<PathBuf>>,
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
            flushed: Arc::default(),
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

    /// Returns where its socket lies.
    pub fn socket(&self) -> &Path {
        self.socket.path()
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

    /// Has what engines write be flushed from now on, where it lies here.
    pub fn flush_to(&self, store: &Path) {
        // It lies nowhere else the second time.
        drop(self.flushed.set(store.to_owned()));
    }

    /// Flushes what the engine has just written, beside whatever else goes on.
    ///
    /// Engines write the list of layers out to the disk, and the layers themselves when the kernel wants to, half a minute
    /// later: a power cut in between leaves a container that makes Podman refuse to list any.
    pub fn flush(&self) {
        if let Some(store) = self.flushed.get().cloned() {
            // Without it nothing is worse than it was; a failing disk tells so where it is read.
            tokio::task::spawn_blocking(move || drop(disk::sync(&store)));
        }
    }

    /// Asks for something, and returns it; nothing if the engine has no such thing.
    async fn read<T: DeserializeOwned>(
        &self,
        what: &str,
        target: &str,
    ) -> Result<Option<T>, EngineError> {
        let target = format!("{}{target}", self.spoken);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.socket.fetch(&target).await {
                Err(said) if said.is_momentary() && tries < READS => {
                    tokio::time::sleep(BETWEEN_READS).await;
                }
                read => return read.map_err(|said| EngineError::of(what, said)),
            }
        }
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
        None => (DOCKER, server.split(['/', ' ']).nth(1).unwrap_or("of unknown version")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixListener,
    };

    fn introduced(headers: &str) -> Result<(&'static str, String, (usize, usize)), Problem> {
        let ping = format!("HTTP/1.0 200 OK\r\n{headers}\r\n\r\nOK");
        let (about, spoken) = introduction(&Answer::parse(ping.as_bytes()).unwrap())?;
        Ok((about.name, about.version, spoken))
    }

    // LL-DEP-20: the support floor is checked.
    #[test]
    fn engines_introduce_themselves_and_old_ones_are_refused() {
        let podman = |api, version| {
            introduced(&format!(
                "Api-Version: {api}\r\nLibpod-Api-Version: {version}\r\nServer: Libpod/{version} (linux)"
            ))
        };
        let docker = |api, version| {
            introduced(&format!(
                "Api-Version: {api}\r\nServer: Docker/{version} (linux)\r\nOstype: linux"
            ))
        };
        let old = |found: &str| Err(Problem::TooOld(found.to_owned()));
        assert_eq!(podman("1.41", "4.3.1"), Ok(("podman", "4.3.1".to_owned(), (1, 41))));
        assert_eq!(podman("1.41", "5.4.2"), Ok(("podman", "5.4.2".to_owned(), (1, 41))));
        assert_eq!(podman("1.41", "10.0.0-rc1"), Ok(("podman", "10.0.0-rc1".to_owned(), (1, 41))));
        assert_eq!(podman("1.41", "4.2.0"), old("podman 4.2.0"));
        assert_eq!(podman("1.40", "3.4.4"), old("podman 3.4.4"));
        assert_eq!(docker("1.43", "24.0.7"), Ok(("docker", "24.0.7".to_owned(), (1, 43))));
        assert_eq!(docker("1.42", "23.0.6"), old("docker 23.0.6"));
        // A newer one is spoken to as bollard knows it.
        let newest = bollard::API_DEFAULT_VERSION;
        let (_, _, spoken) = docker("1.99", "40.0.0").unwrap();
        assert_eq!(spoken, (newest.major_version, newest.minor_version));
        for nobody in ["Server: nginx/1.22.1", "Api-Version: soon", "X: y"] {
            assert_eq!(introduced(nobody), Err(Problem::Unknown), "{nobody}");
        }
    }

    /// Answers each question to the socket with what belongs to the first target that it names; what ends with `…` stays
    /// open.
    fn engine(directory: &tempfile::TempDir, answers: &'static [(&str, &str)]) -> String {
        let path = directory.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut question = vec![0; 16 << 10];
                let length = stream.read(&mut question).await.unwrap();
                let question = String::from_utf8_lossy(&question[..length]).into_owned();
                let line = question.lines().next().unwrap_or_default().to_owned();
                let answer = answers.iter().find(|(target, _)| line.contains(target));
                let answer = answer
                    .map_or("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", |(_, answer)| answer);
                stream.write_all(answer.trim_end_matches('…').as_bytes()).await.unwrap();
                if answer.ends_with('…') {
                    open.push(stream);
                }
            }
        });
        format!("unix://{}", path.display())
    }

    const PING: (&str, &str) =
        ("/_ping", "HTTP/1.0 200 OK\r\nApi-Version: 1.41\r\nLibpod-Api-Version: 4.3.1\r\n\r\nOK");

    #[tokio::test]
    async fn a_fetch_of_which_nothing_more_arrives_is_tried_again_and_then_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let progress = r#"{"status": "Downloading", "id": "7e47", "progressDetail": {"current": 10, "total": 100}}"#;
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
        let chunk = format!("{head}\r\n\r\n{:x}\r\n{progress}\r\n\r\n…", progress.len() + 2);
        let stalled = ("/images/create", &*chunk.leak());
        let socket = engine(&directory, Box::leak(Box::new([PING, stalled])));
        let mut engine = Engine::connect(&socket).await.unwrap();
        engine.stall = Duration::from_millis(30);
        engine.backoff = Backoff { first: Duration::from_millis(1), longest: Duration::ZERO };
        let mut seen = Vec::new();
        let pulled = engine.pull("r/x@sha256:e3", None, 2, &mut |pulled| seen.push(pulled)).await;
        let error = pulled.unwrap_err();
        assert!(matches!(error, EngineError::Fetch { tries: 3, .. }), "{error:?}");
        assert_eq!(seen.iter().map(|one| one.attempt).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(seen.iter().all(|one| (one.downloaded, one.total) == (10, 100)), "{seen:?}");
    }

    #[tokio::test]
    async fn a_socket_without_an_engine_is_told_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let nothing = directory.path().join("nothing.sock").display().to_string();
        let web = engine(&directory, &[("/_ping", "HTTP/1.0 200 OK\r\nServer: nginx\r\n\r\n")]);
        for socket in [format!("unix://{nothing}"), nothing, web, "tcp://127.0.0.1:2375".to_owned()]
        {
            let error = Engine::connect(&socket).await.unwrap_err();
            assert!(matches!(error, EngineError::Unreachable { .. }), "{error:?}");
            assert!(error.to_string().contains(&socket), "{error}");
        }
    }

    #[tokio::test]
    async fn an_engine_that_breaks_off_in_its_answer_is_gone_and_nothing_is_concluded() {
        let directory = tempfile::tempdir().unwrap();
        let half = ("/containers/json", "HTTP/1.0 200 OK\r\nContent-Length: 900\r\n\r\n[]");
        let socket = engine(&directory, Box::leak(Box::new([PING, half])));
        let engine = Engine::connect(&socket).await.unwrap();
        let error = engine.ours("ladylinux").await.unwrap_err();
        assert!(matches!(error, EngineError::Gone { .. }), "{error:?}");
        let error = engine.find("ladylinux-api").await.unwrap_err();
        assert!(matches!(error, EngineError::Refused { .. }), "{error:?}");
    }
}
