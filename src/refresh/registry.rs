//! The registry, asked directly: engines cannot say whether there is something newer.
//!
//! oci-client logs in, asks, and checks what is answered against its digest. It keeps the header `Retry-After` to itself,
//! so that one question is asked once more, by reqwest, where a registry says that it is asked too often.

use super::{backoff::Backoff, release::Digest, stack::Time};
use crate::foundation::values::{Redacted, time};
use base64::Engine as _;
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    errors::{OciDistributionError as Said, OciErrorCode},
    manifest::{ImageIndexEntry, OciImageManifest},
    secrets::RegistryAuth,
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    error::Error,
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long one question may take, with logging in.
const PATIENCE: Duration = Duration::from_secs(20);

/// A registry that wants more patience than this is asked another day.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// How a registry is spoken to.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The registry's own certificate authority, as a PEM file.
    pub ca: Option<PathBuf>,
    /// How often a question is asked again that got no answer.
    pub retries: u32,
}

/// Who we are to a registry.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password, or token.
    pub password: Redacted<String>,
}

/// What a tag stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The digest of the image for this machine.
    pub digest: Digest,
    /// How much there is to fetch, compressed, in bytes.
    pub size_bytes: u64,
}

/// Why a registry did not say what a tag stands for. Unknown is never the same as current.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The name is none.
    #[error(
        "{0:?} is no name of an image: write it registry/repository, as in registry.example/ladylinux"
    )]
    Name(String),
    /// Nobody answers.
    #[error(
        "the registry {0} does not answer: check the network and the name, or use --from-archive"
    )]
    Unreachable(String, #[source] Said),
    /// Its certificate is not one that is believed.
    #[error(
        "the certificate of the registry {0} is not to be believed: name its authority with --registry-ca"
    )]
    Untrusted(String, #[source] Said),
    /// It wants another password, or one at all.
    #[error(
        "the registry {0} does not let us in: name its password file with --auth-file (`podman login --authfile`)"
    )]
    Unauthorized(String),
    /// It has no such image.
    #[error(
        "the registry {0} has no {1}: check image.repository and image.channel in the stack file"
    )]
    NotFound(String, String),
    /// It is asked too often.
    #[error("the registry {registry} is asked too often (status 429): try again {}", later(*.after))]
    TooMany {
        /// The registry.
        registry: String,
        /// When it wants to be asked again, if it says so.
        after: Option<Duration>,
    },
    /// It has a problem of its own.
    #[error("the registry {0} has a problem of its own ({1}): try again later")]
    Server(String, String),
    /// It said something that is no answer, or holds nothing for this machine.
    #[error("the registry {0} gave an answer that is none for this machine")]
    Malformed(String, #[source] Said),
    /// A file that is needed cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The password file is not in its form.
    #[error("{} is no password file as `podman login --authfile` writes it", .0.display())]
    AuthFile(PathBuf),
    /// The password file leaves the password to a program.
    #[error(
        "{} leaves the password to a helper program, which is not run: write it with `podman login --authfile`",
        .0.display()
    )]
    Helper(PathBuf),
}

fn later(after: Option<Duration>) -> String {
    after.map_or_else(|| "later".to_owned(), |after| format!("in {}", Time(after)))
}

impl RegistryError {
    /// Whether the same question may get an answer later.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable(..) | Self::TooMany { .. } | Self::Server(..))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthFile {
    #[serde(default)]
    auths: HashMap<String, AuthEntry>,
    #[serde(default)]
    cred_helpers: HashMap<String, String>,
    #[serde(default)]
    creds_store: String,
}

#[derive(Deserialize)]
struct AuthEntry {
    auth: Option<Redacted<String>>,
}

/// Reads who we are to the registry of a repository from a password file of Docker's form; nobody if it names no registry
/// or namespace that the repository lies in.
pub fn credentials(file: &Path, repository: &str) -> Result<Option<Credentials>, RegistryError> {
    let text =
        fs::read(file).map_err(|source| RegistryError::File { path: file.to_owned(), source })?;
    // What serde would say could repeat a part of the password.
    let malformed = || RegistryError::AuthFile(file.to_owned());
    let parsed: AuthFile = serde_json::from_slice(&text).map_err(|_| malformed())?;
    let Some(entry) = entry_for(&parsed.auths, repository) else {
        let registry = repository.split('/').next().unwrap_or_default();
        let helped = parsed.cred_helpers.contains_key(registry) || !parsed.creds_store.is_empty();
        return if helped { Err(RegistryError::Helper(file.to_owned())) } else { Ok(None) };
    };
    let Some(auth) = entry.auth.as_ref().filter(|auth| !auth.expose().is_empty()) else {
        return Err(RegistryError::Helper(file.to_owned()));
    };
    let plain = base64::engine::general_purpose::STANDARD
        .decode(auth.expose())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(malformed)?;
    let (user, password) = plain.split_once(':').ok_or_else(malformed)?;
    Ok(Some(Credentials { user: user.to_owned(), password: Redacted(password.to_owned()) }))
}

/// Finds the entry that names most of a repository; Docker writes registries as URLs, Podman also namespaces.
fn entry_for<'a>(auths: &'a HashMap<String, AuthEntry>, repository: &str) -> Option<&'a AuthEntry> {
    let place = |key: &str| {
        let without_scheme = key.split_once("://").map_or(key, |(_, rest)| rest);
        let place = without_scheme.trim_end_matches('/');
        let place = ["/v1", "/v2"].iter().find_map(|end| place.strip_suffix(end)).unwrap_or(place);
        place
            .strip_prefix("index.docker.io")
            .map_or_else(|| place.to_owned(), |rest| format!("docker.io{rest}"))
    };
    let names = |place: &str| {
        repository.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let fitting = auths.iter().map(|(key, entry)| (place(key), entry));
    let fitting = fitting.filter(|(place, _)| !place.is_empty() && names(place));
    fitting.max_by_key(|(place, _)| place.len()).map(|(_, entry)| entry)
}

/// Finds out which image a tag or digest stands for on a machine of this architecture.
pub async fn resolve(
    repository: &str,
    tag_or_digest: &str,
    architecture: &str,
    auth: Option<&Credentials>,
    options: &Options,
) -> Result<Resolved, RegistryError> {
    let separator = if tag_or_digest.contains(':') { '@' } else { ':' };
    let name = format!("{repository}{separator}{tag_or_digest}");
    let reference: Reference = name.parse().map_err(|_| RegistryError::Name(name.clone()))?;
    let auth = auth.map_or(RegistryAuth::Anonymous, |auth| {
        RegistryAuth::Basic(auth.user.clone(), auth.password.expose().to_owned())
    });
    let question = Question { client: client(&reference, architecture, options)?, reference, auth };
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match question.ask().await {
            Ok(resolved) => return Ok(resolved),
            Err(said) => classify(question.registry(), &name, said),
        };
        if !error.is_passing() || tries > options.retries {
            return Err(error);
        }
        let mut wanted = None;
        if matches!(error, RegistryError::TooMany { .. }) {
            wanted = question.retry_after(options).await;
        }
        if wanted.is_some_and(|wait| wait > LONGEST_WAIT) {
            let registry = question.registry().to_owned();
            return Err(RegistryError::TooMany { registry, after: wanted });
        }
        let wait = Backoff::USUAL.after(tries);
        tokio::time::sleep(wanted.map_or(wait, |wanted| wanted.max(wait))).await;
    }
}

/// What a registry is asked.
struct Question {
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
}

impl Question {
    fn registry(&self) -> &str {
        self.reference.registry()
    }

    async fn ask(&self) -> Result<Resolved, Said> {
        let asked = tokio::time::timeout(PATIENCE, async {
            // Asking for a manifest logs in as well, but takes a login server that is down for one that refuses.
            self.client.auth(&self.reference, &self.auth, RegistryOperation::Pull).await?;
            self.client.pull_image_manifest(&self.reference, &self.auth).await
        });
        let (manifest, digest) = asked.await.map_err(|_| {
            Said::GenericError(Some(format!("no answer within {} s", PATIENCE.as_secs())))
        })??;
        let digest = digest.parse().map_err(|_| Said::RegistryNoDigestError)?;
        Ok(Resolved { digest, size_bytes: size(&manifest) })
    }

    /// Returns how long the registry wants to be left alone, if it says so.
    async fn retry_after(&self, options: &Options) -> Option<Duration> {
        let mut client = reqwest::Client::builder().timeout(PATIENCE);
        if let Some(path) = &options.ca {
            let certificate = reqwest::Certificate::from_pem(&fs::read(path).ok()?).ok()?;
            client = client.tls_certs_merge([certificate]);
        }
        let scheme = if is_plain(self.registry(), options) { "http" } else { "https" };
        let registry = self.reference.resolve_registry();
        let version = self.reference.digest().or_else(|| self.reference.tag())?;
        let path = format!("v2/{}/manifests/{version}", self.reference.repository());
        let url = format!("{scheme}://{registry}/{path}");
        let answer = client.build().ok()?.head(url).send().await.ok()?;
        let header = answer.headers().get(reqwest::header::RETRY_AFTER)?;
        seconds_or_date(header.to_str().ok()?, time::now())
    }
}

fn size(manifest: &OciImageManifest) -> u64 {
    let parts = manifest.layers.iter().chain([&manifest.config]);
    let sizes = parts.map(|part| u64::try_from(part.size).unwrap_or(0));
    sizes.fold(0, u64::saturating_add)
}

/// Reads a `Retry-After` (RFC 9110, 10.2.3).
fn seconds_or_date(text: &str, now: time::Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(time::Timestamp(date.timestamp().as_millisecond()).since(now))
}

fn client(
    reference: &Reference,
    architecture: &str,
    options: &Options,
) -> Result<Client, RegistryError> {
    // Whoever was first installed the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let registry = reference.registry();
    let mut config = ClientConfig {
        read_timeout: Some(PATIENCE),
        connect_timeout: Some(PATIENCE),
        user_agent: concat!("ladylinux-supervisor/", env!("CARGO_PKG_VERSION")),
        ..Default::default()
    };
    if is_plain(registry, options) {
        config.protocol = ClientProtocol::HttpsExcept(vec![registry.to_owned()]);
    }
    if let Some(path) = &options.ca {
        let data =
            fs::read(path).map_err(|source| RegistryError::File { path: path.clone(), source })?;
        let certificate = Certificate { encoding: CertificateEncoding::Pem, data };
        config.extra_root_certificates.push(certificate);
    }
    let architecture = architecture.to_owned();
    config.platform_resolver = Some(Box::new(move |entries| {
        let fits = |entry: &&ImageIndexEntry| {
            entry.platform.as_ref().is_some_and(|platform| {
                platform.os.to_string() == "linux"
                    && platform.architecture.to_string() == architecture
            })
        };
        entries.iter().find(fits).map(|entry| entry.digest.clone())
    }));
    Client::try_from(config).map_err(|said| RegistryError::Unreachable(registry.to_owned(), said))
}

/// As engines do: what never leaves the machine needs no TLS, unless somebody named a certificate for it.
fn is_plain(registry: &str, options: &Options) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_here && options.ca.is_none()
}

fn classify(registry: &str, name: &str, said: Said) -> RegistryError {
    let meaning = meaning(&said);
    let registry = registry.to_owned();
    match meaning {
        Meaning::Refusal => RegistryError::Unauthorized(registry),
        Meaning::Absence => RegistryError::NotFound(registry, name.to_owned()),
        Meaning::Limit => RegistryError::TooMany { registry, after: None },
        Meaning::Trouble(which) => RegistryError::Server(registry, which),
        Meaning::Distrust => RegistryError::Untrusted(registry, said),
        Meaning::Silence => RegistryError::Unreachable(registry, said),
        Meaning::Nonsense => RegistryError::Malformed(registry, said),
    }
}

enum Meaning {
    Refusal,
    Absence,
    Limit,
    Trouble(String),
    Distrust,
    Silence,
    Nonsense,
}

fn meaning(said: &Said) -> Meaning {
    let broken_login = || Meaning::Trouble("its login server does not work".to_owned());
    if let Said::AuthenticationFailure(reason) = said {
        // All that is told of a login server's answer is its text.
        let reason = reason.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        return if has(&["toomanyrequests", "too many requests"]) {
            Meaning::Limit
        } else if has(&["unauthorized", "denied", "incorrect", "invalid", "forbidden"]) {
            Meaning::Refusal
        } else {
            broken_login()
        };
    }
    if let Said::RegistryError { envelope, .. } = said {
        let told =
            |codes: &[OciErrorCode]| envelope.errors.iter().any(|one| codes.contains(&one.code));
        return if told(&[
            OciErrorCode::ManifestUnknown,
            OciErrorCode::NameUnknown,
            OciErrorCode::NotFound,
        ]) {
            Meaning::Absence
        } else if told(&[OciErrorCode::Toomanyrequests]) {
            Meaning::Limit
        } else if told(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
            Meaning::Refusal
        } else {
            Meaning::Nonsense
        };
    }
    if let Said::ServerError { code, .. } = said {
        return match code {
            401 | 403 => Meaning::Refusal,
            404 => Meaning::Absence,
            429 => Meaning::Limit,
            408 | 425 | 500.. => Meaning::Trouble(format!("status {code}")),
            _ => Meaning::Nonsense,
        };
    }
    if let Said::RequestError(error) = said {
        return if names_a_certificate(error) { Meaning::Distrust } else { Meaning::Silence };
    }
    if matches!(said, Said::RegistryTokenDecodeError(_)) {
        return broken_login();
    }
    if matches!(said, Said::UnauthorizedError { .. }) {
        return Meaning::Refusal;
    }
    if matches!(said, Said::ImageManifestNotFoundError(_)) {
        return Meaning::Absence;
    }
    // What took too long, too.
    if matches!(said, Said::IoError(_) | Said::GenericError(_)) {
        return Meaning::Silence;
    }
    Meaning::Nonsense
}

/// Whether a connection failed because of a certificate: rustls says so only in words.
fn names_a_certificate(error: &dyn Error) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string().contains("certificate") {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use oci_client::errors::OciEnvelope;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const REPOSITORY: &str = "registry.example/team/ladylinux";

    fn from(file: &Value) -> Result<Option<Credentials>, RegistryError> {
        from_text(&file.to_string())
    }

    fn from_text(text: &str) -> Result<Option<Credentials>, RegistryError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("auth.json");
        fs::write(&path, text).unwrap();
        credentials(&path, REPOSITORY)
    }

    fn encoded(plain: &str) -> Value {
        json!({ "auth": base64::engine::general_purpose::STANDARD.encode(plain) })
    }

    #[test]
    fn the_entry_that_names_most_of_the_repository_counts() {
        let file = json!({ "auths": {
            "registry.example": encoded("registry:one"),
            "registry.example/team": encoded("team:two:with:colons"),
            "registry.example/team/ladylinux2": encoded("another:three"),
            "registry.example.org": encoded("longer:four"),
            "": encoded("nobody:five"),
        }});
        let found = from(&file).unwrap().unwrap();
        assert_eq!((found.user.as_str(), found.password.expose()), ("team", "two:with:colons"));
    }

    #[test]
    fn registries_are_found_as_docker_writes_them() {
        for key in [
            "registry.example",
            "https://registry.example",
            "https://registry.example/v1/",
            "http://registry.example/v2/",
        ] {
            let found = from(&json!({ "auths": { key: encoded("a:b") } })).unwrap();
            assert_eq!(found.map(|found| found.user).as_deref(), Some("a"), "{key}");
        }
        let hub =
            HashMap::from([("https://index.docker.io/v1/".to_owned(), AuthEntry { auth: None })]);
        assert!(entry_for(&hub, "docker.io/library/x").is_some());
        assert!(entry_for(&hub, "docker.io.example/x").is_none());
    }

    #[test]
    fn a_file_that_does_not_name_the_registry_makes_nobody_of_us() {
        for file in [json!({}), json!({ "auths": {} }), json!({ "auths": { "x": encoded("a:b") } })]
        {
            assert!(from(&file).unwrap().is_none(), "{file}");
        }
    }

    #[test]
    fn a_password_that_is_not_in_the_file_is_said_to_be_elsewhere() {
        for file in [
            json!({ "auths": { "registry.example": {} } }),
            json!({ "auths": { "registry.example": { "auth": "" } } }),
            json!({ "credHelpers": { "registry.example": "secretservice" } }),
            json!({ "credsStore": "desktop" }),
        ] {
            assert!(matches!(from(&file), Err(RegistryError::Helper(_))), "{file}");
        }
    }

    #[test]
    fn no_error_and_no_debug_output_repeats_a_password() {
        let found = from(&json!({ "auths": { "registry.example": encoded("a:s3cr3t") } }));
        let told = format!("{:?}", found.unwrap().unwrap());
        assert!(!told.contains("s3cr3t"), "{told}");
        for text in [
            "s3cr3t",
            r#"{"auths": {"registry.example": {"auth": 7, "s3cr3t": }}}"#,
            r#"{"auths": {"registry.example": {"auth": "s3cr3t!"}}}"#,
            r#"{"auths": {"registry.example": {"auth": "czNjcjN0"}}}"#,
        ] {
            let error = from_text(text).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(matches!(error, RegistryError::AuthFile(_)), "{told}");
            assert!(!told.contains("s3cr3t") && !told.contains("czNjcjN0"), "{told}");
        }
    }

    fn envelope(code: &str) -> Said {
        let errors = json!({ "errors": [{ "code": code, "message": "x" }] });
        let envelope: OciEnvelope = serde_json::from_value(errors).unwrap();
        Said::RegistryError { envelope, url: "https://registry.example/v2/x".to_owned() }
    }

    fn status(code: u16) -> Said {
        Said::ServerError { code, url: String::new(), message: String::new() }
    }

    // Unknown is never the same as current: each of these is an error, and each says what to do.
    #[test]
    fn what_a_registry_says_becomes_what_it_means() {
        let words: [(Said, &str, bool); 17] = [
            (Said::UnauthorizedError { url: String::new() }, "--auth-file", false),
            (envelope("UNAUTHORIZED"), "--auth-file", false),
            (envelope("DENIED"), "--auth-file", false),
            (status(403), "--auth-file", false),
            (
                Said::AuthenticationFailure("{\"details\":\"incorrect username\"}".into()),
                "--auth-file",
                false,
            ),
            (
                Said::AuthenticationFailure("<html>502 Bad Gateway</html>".into()),
                "login server",
                true,
            ),
            (Said::RegistryTokenDecodeError("x".into()), "login server", true),
            (envelope("MANIFEST_UNKNOWN"), "has no", false),
            (envelope("NAME_UNKNOWN"), "has no", false),
            (status(404), "has no", false),
            (envelope("TOOMANYREQUESTS"), "too often", true),
            (status(429), "too often", true),
            (status(500), "status 500", true),
            (status(503), "status 503", true),
            (Said::GenericError(Some("no answer within 20 s".into())), "does not answer", true),
            (status(418), "none for this machine", false),
            (Said::VersionedParsingError("x".into()), "none for this machine", false),
        ];
        for (said, word, passing) in words {
            let told = format!("{said:?}");
            let error = classify("registry.example", "registry.example/x:main", said);
            assert!(error.to_string().contains(word), "{told}: {error}");
            assert_eq!(error.is_passing(), passing, "{told}: {error}");
        }
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = time::Timestamp(1_700_000_000_000);
        let after = |text| seconds_or_date(text, now).map(|wait| wait.as_secs());
        assert_eq!(after("120"), Some(120));
        assert_eq!(after(" 7 "), Some(7));
        assert_eq!(after("Tue, 14 Nov 2023 22:14:20 GMT"), Some(60));
        assert_eq!(after("Tue, 14 Nov 2022 22:14:20 GMT"), None, "no Tuesday");
        assert_eq!(after("Mon, 14 Nov 2022 22:14:20 GMT"), Some(0), "it has passed");
        assert_eq!((after("soon"), after("-5"), after("")), (None, None, None));
    }

    #[test]
    fn only_registries_of_this_machine_may_do_without_tls() {
        let none = Options::default();
        for registry in ["127.0.0.1:5000", "localhost:5000", "localhost", "[::1]:5000", "127.3.2.1"]
        {
            assert!(is_plain(registry, &none), "{registry}");
        }
        for registry in
            ["registry.example", "10.0.0.1:5000", "localhost.example", "127.0.0.1.example:80"]
        {
            assert!(!is_plain(registry, &none), "{registry}");
        }
        let with_authority = Options { ca: Some("/ca.pem".into()), ..none };
        assert!(!is_plain("127.0.0.1:5000", &with_authority));
    }

    /// A registry that answers every question with this, and says how many there were.
    async fn answering(with: &'static str) -> (String, tokio::task::JoinHandle<usize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let mut asked = 0;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut question = [0; 4096];
                let length = stream.read(&mut question).await.unwrap();
                if question.starts_with(b"END") {
                    return asked;
                }
                asked += usize::from(length > 0);
                stream.write_all(with.as_bytes()).await.unwrap();
            }
        });
        (address, server)
    }

    async fn end(address: &str, server: tokio::task::JoinHandle<usize>) -> usize {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"END").await.unwrap();
        server.await.unwrap()
    }

    #[tokio::test]
    async fn a_registry_that_wants_to_be_left_alone_for_long_is_left_alone_at_once() {
        let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n                    Connection: close\r\n\r\n";
        let (address, server) = answering(busy).await;
        let options = Options { retries: 9, ..Options::default() };
        let repository = format!("{address}/ladylinux");
        let error = resolve(&repository, "main", "amd64", None, &options).await.unwrap_err();
        assert!(error.to_string().contains("in 1h"), "{error}");
        let asked = end(&address, server).await;
        // Two for the login, one for the manifest, one for the time to wait.
        assert!(asked <= 4, "{asked} questions");
    }

    #[tokio::test]
    async fn what_is_no_registry_is_not_asked_again() {
        let page = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
        let (address, server) = answering(page).await;
        let options = Options { retries: 9, ..Options::default() };
        let repository = format!("{address}/ladylinux");
        let error = resolve(&repository, "main", "amd64", None, &options).await.unwrap_err();
        assert!(matches!(error, RegistryError::Malformed(..)), "{error:?}");
        assert!(end(&address, server).await <= 3);
    }
}
