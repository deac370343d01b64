//! The registry, asked directly: engines cannot say whether there is something newer.
//!
//! oci-client logs in. The one question after that is asked with reqwest, because oci-client tells neither the status of an
//! answer that explains itself nor its `Retry-After`, and both decide whether and when to ask again.

use super::{
    backoff::Backoff,
    release::Digest,
    signature::{self, Signed},
    stack::Time,
};
use crate::foundation::values::{Redacted, Sha256, time};
use base64::Engine as _;
use futures_util::StreamExt;
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    errors::OciDistributionError as Said,
    secrets::RegistryAuth,
};
use reqwest::{Response, StatusCode, header};
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

/// The largest manifest that is read.
const LARGEST: u64 = 4 << 20;

/// The annotation that holds a signature (sigstore/cosign, `specs/SIGNATURE_SPEC.md`).
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// What a manifest may be: of an image or a list of images, in the words of OCI and of Docker.
const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                        application/vnd.docker.distribution.manifest.v2+json, \
                        application/vnd.docker.distribution.manifest.list.v2+json";

/// What lies behind an error.
type Cause = Box<dyn Error + Send + Sync>;

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
    Unreachable(String, #[source] Cause),
    /// Its certificate is not one that is believed.
    #[error(
        "the certificate of the registry {0} is not to be believed: name its authority with --registry-ca"
    )]
    Untrusted(String, #[source] Cause),
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
    /// It has the image, but not for this machine.
    #[error("{name} is an image for {found}, and this machine is {wanted}: choose another")]
    Architecture {
        /// The image.
        name: String,
        /// What it is for.
        found: String,
        /// What this machine is.
        wanted: String,
    },
    /// It is asked too often.
    #[error("the registry {registry} is asked too often (status 429): try again {}", later(*.after))]
    TooMany {
        /// The registry.
        registry: String,
        /// When it wants to be asked again, if it says so.
        after: Option<Duration>,
    },
    /// It has a problem of its own.
    #[error("the registry {registry} has a problem of its own ({detail}): try again {}", later(*.after))]
    Server {
        /// The registry.
        registry: String,
        /// Which.
        detail: String,
        /// When it wants to be asked again, if it says so.
        after: Option<Duration>,
    },
    /// It said something that is no answer.
    #[error("the registry {0} gave an answer that is none ({1}): is it a registry?")]
    Malformed(String, String),
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
        matches!(self, Self::Unreachable(..) | Self::TooMany { .. } | Self::Server { .. })
    }

    /// Returns when the registry wants to be asked again, if it says so.
    fn wait(&self) -> Option<Duration> {
        if let Self::TooMany { after, .. } | Self::Server { after, .. } = self {
            return *after;
        }
        None
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
    let registry = Registry::new(name, reference, auth, options)?;
    patiently(options, async || registry.image_for(architecture).await).await
}

/// Fetches the signatures of an image: none if there are none. They are not checked.
pub async fn signatures(
    repository: &str,
    digest: Digest,
    auth: Option<&Credentials>,
    options: &Options,
) -> Result<Vec<Signed>, RegistryError> {
    let name = format!("{repository}:sha256-{}.sig", digest.0);
    let reference: Reference = name.parse().map_err(|_| RegistryError::Name(name.clone()))?;
    let registry = Registry::new(name, reference, auth, options)?;
    match patiently(options, async || registry.signatures().await).await {
        Err(RegistryError::NotFound(..)) => Ok(Vec::new()),
        found => found,
    }
}

/// Asks again, with longer and longer waits, as long as that may help.
async fn patiently<T>(
    options: &Options,
    ask: impl AsyncFn() -> Result<T, RegistryError>,
) -> Result<T, RegistryError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = error.wait().unwrap_or_default().max(Backoff::USUAL.after(tries));
        if !error.is_passing() || tries > options.retries || wait > LONGEST_WAIT {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

/// A registry that is asked for an image.
struct Registry {
    client: reqwest::Client,
    login: Client,
    auth: RegistryAuth,
    reference: Reference,
    /// The image, as people write it.
    name: String,
    /// What every address begins with.
    root: String,
}

/// A manifest: of an image, or a list of them.
#[derive(Deserialize)]
struct Manifest {
    manifests: Option<Vec<Listed>>,
    config: Option<Part>,
    layers: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Listed {
    digest: Digest,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

#[derive(Deserialize)]
struct Part {
    digest: Digest,
    size: u64,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

impl Registry {
    fn new(
        name: String,
        reference: Reference,
        auth: Option<&Credentials>,
        options: &Options,
    ) -> Result<Self, RegistryError> {
        // Whoever was first installed the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let host = reference.registry();
        let agent = concat!("ladylinux-supervisor/", env!("CARGO_PKG_VERSION"));
        let mut config = ClientConfig {
            read_timeout: Some(PATIENCE),
            connect_timeout: Some(PATIENCE),
            user_agent: agent,
            ..Default::default()
        };
        let mut client = reqwest::Client::builder().timeout(PATIENCE).user_agent(agent);
        // What is wrong with a certificate is found only when everything is put together.
        let unbuilt = |cause: Cause| match &options.ca {
            Some(path) => {
                RegistryError::File { path: path.clone(), source: io::Error::other(cause) }
            }
            None => RegistryError::Unreachable(host.to_owned(), cause),
        };
        if let Some(path) = &options.ca {
            let read = fs::read(path);
            let data = read.map_err(|source| RegistryError::File { path: path.clone(), source })?;
            let certificate = reqwest::Certificate::from_pem(&data);
            client = client.tls_certs_merge([certificate.map_err(|error| unbuilt(error.into()))?]);
            let certificate = Certificate { encoding: CertificateEncoding::Pem, data };
            config.extra_root_certificates.push(certificate);
        }
        let is_plain = is_plain(host, options);
        if is_plain {
            config.protocol = ClientProtocol::HttpsExcept(vec![host.to_owned()]);
        }
        let scheme = if is_plain { "http" } else { "https" };
        let (at, repository) = (reference.resolve_registry(), reference.repository());
        Ok(Self {
            root: format!("{scheme}://{at}/v2/{repository}"),
            client: client.build().map_err(|error| unbuilt(error.into()))?,
            login: Client::try_from(config).map_err(|said| unbuilt(said.into()))?,
            auth: auth.map_or(RegistryAuth::Anonymous, |auth| {
                RegistryAuth::Basic(auth.user.clone(), auth.password.expose().to_owned())
            }),
            name,
            reference,
        })
    }

    /// Returns its name.
    fn host(&self) -> String {
        self.reference.registry().to_owned()
    }

    async fn image_for(&self, architecture: &str) -> Result<Resolved, RegistryError> {
        let token = self.log_in().await?;
        let wanted = self.reference.digest().or_else(|| self.reference.tag()).unwrap_or("latest");
        let (digest, manifest) = self.manifest(wanted, token.as_deref()).await?;
        let Some(listed) = manifest.manifests else { return self.resolved(digest, &manifest) };
        let digest = self.listed(&listed, architecture)?;
        let (digest, manifest) = self.manifest(&digest.to_string(), token.as_deref()).await?;
        self.resolved(digest, &manifest)
    }

    async fn signatures(&self) -> Result<Vec<Signed>, RegistryError> {
        let token = self.log_in().await?;
        let tag = self.reference.tag().unwrap_or_default();
        let (_, manifest) = self.manifest(tag, token.as_deref()).await?;
        let mut found = Vec::new();
        for part in manifest.layers.iter().flatten().take(signature::MOST) {
            let Some(text) = part.annotations.get(SIGNATURE) else { continue };
            let malformed =
                || RegistryError::Malformed(self.host(), "a signature that is none".to_owned());
            if part.size > signature::LARGEST {
                return Err(malformed());
            }
            let base64 = &base64::engine::general_purpose::STANDARD;
            let signature = base64.decode(text).map_err(|_| malformed())?;
            let place = format!("blobs/{}", part.digest);
            let payload = self.get(&place, token.as_deref(), part.size).await?;
            if Digest(Sha256::of(&payload)) != part.digest {
                return Err(malformed());
            }
            found.push(Signed { payload, signature });
        }
        Ok(found)
    }

    fn resolved(&self, digest: Digest, manifest: &Manifest) -> Result<Resolved, RegistryError> {
        let (Some(config), Some(layers)) = (&manifest.config, &manifest.layers) else {
            return Err(RegistryError::Malformed(
                self.host(),
                "no manifest of an image".to_owned(),
            ));
        };
        let sizes = layers.iter().chain([config]).map(|part| part.size);
        Ok(Resolved { digest, size_bytes: sizes.fold(0, u64::saturating_add) })
    }

    /// Returns the image for this machine from a list.
    fn listed(&self, listed: &[Listed], architecture: &str) -> Result<Digest, RegistryError> {
        let platforms = listed.iter().filter_map(|one| Some((one.digest, one.platform.as_ref()?)));
        let fits = |(_, platform): &(Digest, &Platform)| {
            platform.os == "linux" && platform.architecture == architecture
        };
        platforms.clone().find(fits).map(|(digest, _)| digest).ok_or_else(|| {
            let found: Vec<&str> = platforms.map(|(_, one)| one.architecture.as_str()).collect();
            RegistryError::Architecture {
                name: self.name.clone(),
                found: found.join(", "),
                wanted: architecture.to_owned(),
            }
        })
    }

    /// Logs in, and returns the token for it if the registry gives one.
    async fn log_in(&self) -> Result<Option<String>, RegistryError> {
        let login = self.login.auth(&self.reference, &self.auth, RegistryOperation::Pull);
        let login = tokio::time::timeout(PATIENCE, login).await.map_err(|_| {
            let cause = format!("no answer within {} s", PATIENCE.as_secs());
            RegistryError::Unreachable(self.host(), cause.into())
        })?;
        login.map_err(|said| login_failed(self.host(), said))
    }

    /// Fetches a manifest, which has the digest that its bytes have.
    async fn manifest(
        &self,
        wanted: &str,
        token: Option<&str>,
    ) -> Result<(Digest, Manifest), RegistryError> {
        let malformed = |detail: &str| RegistryError::Malformed(self.host(), detail.to_owned());
        let body = self.get(&format!("manifests/{wanted}"), token, LARGEST).await?;
        let digest = Digest(Sha256::of(&body));
        if wanted.contains(':') && wanted != digest.to_string() {
            return Err(malformed("its manifest is not what its digest says"));
        }
        let manifest = serde_json::from_slice(&body).map_err(|_| malformed("no manifest"))?;
        Ok((digest, manifest))
    }

    /// Fetches what lies at a place of the repository, and is no larger than this.
    async fn get(
        &self,
        place: &str,
        token: Option<&str>,
        largest: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let mut question = self.client.get(format!("{}/{place}", self.root));
        question = question.header(header::ACCEPT, ACCEPTED);
        question = match (token, &self.auth) {
            (Some(token), _) => question.bearer_auth(token),
            (None, RegistryAuth::Basic(user, password)) => {
                question.basic_auth(user, Some(password))
            }
            (None, RegistryAuth::Anonymous | RegistryAuth::Bearer(_)) => question,
        };
        let lost = |error| connection_failed(self.host(), error);
        let answer = question.send().await.map_err(lost)?;
        if answer.status() != StatusCode::OK {
            return Err(self.complaint(&answer));
        }
        let (mut pieces, mut body) = (answer.bytes_stream(), Vec::new());
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.map_err(lost)?);
            if body.len() as u64 > largest {
                let detail = format!("{place} is far too large");
                return Err(RegistryError::Malformed(self.host(), detail));
            }
        }
        Ok(body)
    }

    fn complaint(&self, answer: &Response) -> RegistryError {
        let registry = self.host();
        let after = answer.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|value| seconds_or_date(value.to_str().ok()?, time::now()));
        match answer.status().as_u16() {
            401 | 403 => RegistryError::Unauthorized(registry),
            404 => RegistryError::NotFound(registry, self.name.clone()),
            429 => RegistryError::TooMany { registry, after },
            status @ (408 | 425 | 500..) => {
                RegistryError::Server { registry, detail: format!("status {status}"), after }
            }
            status => RegistryError::Malformed(registry, format!("status {status}")),
        }
    }
}

/// What it means that a login failed. Of a login server's answer only the text is told, and not the status.
fn login_failed(registry: String, said: Said) -> RegistryError {
    if let Said::AuthenticationFailure(reason) = &said {
        let reason = reason.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
        if has(&["toomanyrequests", "too many requests"]) {
            return RegistryError::TooMany { registry, after: None };
        }
        if has(&["unauthorized", "denied", "incorrect", "invalid", "forbidden"]) {
            return RegistryError::Unauthorized(registry);
        }
    }
    if let Said::RequestError(error) = said {
        return connection_failed(registry, error);
    }
    let detail = "its login server does not work".to_owned();
    RegistryError::Server { registry, detail, after: None }
}

fn connection_failed(registry: String, error: reqwest::Error) -> RegistryError {
    if names_a_certificate(&error) {
        RegistryError::Untrusted(registry, error.into())
    } else {
        RegistryError::Unreachable(registry, error.into())
    }
}

/// Reads a `Retry-After` (RFC 9110, 10.2.3).
fn seconds_or_date(text: &str, now: time::Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(time::Timestamp(date.timestamp().as_millisecond()).since(now))
}

/// As engines do: what never leaves the machine needs no TLS, unless somebody named a certificate for it.
fn is_plain(registry: &str, options: &Options) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    is_here && options.ca.is_none()
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

    #[test]
    fn a_login_that_failed_is_refused_or_tried_again_but_never_mistaken() {
        for (reason, word, passes) in [
            (r#"{"details":"incorrect username or password"}"#, "--auth-file", false),
            (r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#, "--auth-file", false),
            (r#"{"errors":[{"code":"DENIED"}]}"#, "--auth-file", false),
            (r#"{"errors":[{"code":"TOOMANYREQUESTS"}]}"#, "too often", true),
            ("<html>502 Bad Gateway</html>", "login server", true),
            ("", "login server", true),
        ] {
            let said = Said::AuthenticationFailure(reason.to_owned());
            let error = login_failed("registry.example".to_owned(), said);
            assert!(error.to_string().contains(word), "{reason}: {error}");
            assert_eq!(error.is_passing(), passes, "{reason}: {error}");
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

    /// A registry that answers every question for a manifest with this, and says how many there were.
    async fn answering(with: String) -> (String, tokio::task::JoinHandle<usize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let mut asked = 0;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut question = [0; 4096];
                let length = stream.read(&mut question).await.unwrap();
                let question = String::from_utf8_lossy(&question[..length]).into_owned();
                if question.starts_with("END") {
                    return asked;
                }
                let answer = if question.contains("/manifests/") {
                    asked += 1;
                    with.as_str()
                } else {
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        (address, server)
    }

    /// Asks such a registry, and returns what came of it and how often it was asked.
    async fn ask(
        status: &str,
        headers: &str,
        body: &str,
        retries: u32,
    ) -> (Result<Resolved, RegistryError>, usize) {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n");
        let (address, server) = answering(format!("{head}Connection: close\r\n\r\n{body}")).await;
        let options = Options { retries, ..Options::default() };
        let repository = format!("{address}/ladylinux");
        let resolved = resolve(&repository, "main", "amd64", None, &options).await;
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"END").await.unwrap();
        (resolved, server.await.unwrap())
    }

    #[tokio::test]
    async fn an_image_has_the_digest_of_its_manifests_bytes_and_the_size_of_its_parts() {
        let part = |size: u64| json!({ "digest": Digest(Sha256::of("a part")), "size": size });
        let manifest =
            json!({ "schemaVersion": 2, "config": part(7), "layers": [part(40), part(2)] });
        let manifest = manifest.to_string();
        let (resolved, asked) = ask("200 OK", "", &manifest, 0).await;
        let resolved = resolved.unwrap();
        assert_eq!(resolved.digest, Digest(Sha256::of(&manifest)));
        assert_eq!((resolved.size_bytes, asked), (49, 1));
    }

    // Unknown is never the same as current: each of these is an error, and each says what to do.
    #[tokio::test]
    async fn what_a_registry_says_becomes_what_it_means() {
        let explained = r#"{"errors":[{"code":"TEST","message":"told to fail"}]}"#;
        for (status, word, passes) in [
            ("401 Unauthorized", "--auth-file", false),
            ("403 Forbidden", "--auth-file", false),
            ("404 Not Found", "image.channel", false),
            ("418 Teapot", "status 418", false),
            ("429 Too Many Requests", "status 429", true),
            ("500 Internal Server Error", "status 500", true),
            ("503 Service Unavailable", "status 503", true),
            ("204 No Content", "status 204", false),
        ] {
            let (resolved, asked) = ask(status, "", explained, 0).await;
            let error = resolved.unwrap_err();
            assert!(error.to_string().contains(word), "{status}: {error}");
            assert_eq!((error.is_passing(), asked), (passes, 1), "{status}: {error}");
        }
        for body in ["<html>", "{}", "[]", r#"{"schemaVersion": 1, "fsLayers": []}"#] {
            let (resolved, asked) = ask("200 OK", "", body, 9).await;
            assert!(matches!(resolved, Err(RegistryError::Malformed(..))), "{body}: {resolved:?}");
            assert_eq!(asked, 1, "{body}");
        }
    }

    #[tokio::test]
    async fn a_list_without_this_machine_names_what_it_is_for() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let listed = json!({ "manifests": [
            { "digest": digest, "platform": { "os": "linux", "architecture": "s390x" } },
            { "digest": digest, "platform": { "os": "windows", "architecture": "amd64" } },
            { "digest": digest },
        ]});
        let (resolved, _) = ask("200 OK", "", &listed.to_string(), 0).await;
        let error = resolved.unwrap_err().to_string();
        assert!(error.contains("s390x") && error.contains("this machine is amd64"), "{error}");
    }

    #[tokio::test]
    async fn a_manifest_that_is_not_what_its_digest_says_is_no_answer() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        let linux = json!({ "os": "linux", "architecture": "amd64" });
        let listed = json!({ "manifests": [{ "digest": digest, "platform": linux }] }).to_string();
        // It answers the question for the image with the list again.
        let (resolved, asked) = ask("200 OK", "", &listed, 9).await;
        let error = resolved.unwrap_err().to_string();
        assert!(error.contains("not what its digest says") && asked == 2, "{error}");
    }

    #[tokio::test]
    async fn a_registry_that_wants_to_be_left_alone_for_long_is_left_alone_at_once() {
        let (resolved, asked) = ask("429 Busy", "Retry-After: 3600\r\n", "", 9).await;
        let error = resolved.unwrap_err();
        assert!(error.to_string().contains("in 1h"), "{error}");
        assert_eq!(asked, 1);
    }

    #[tokio::test]
    async fn an_authority_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let garbage = directory.path().join("garbage.pem");
        fs::write(&garbage, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----").unwrap();
        for ca in [garbage, "/nowhere.pem".into()] {
            let options = Options { ca: Some(ca.clone()), retries: 0 };
            let repository = "127.0.0.1:1/ladylinux";
            let error = resolve(repository, "main", "amd64", None, &options).await.unwrap_err();
            assert!(error.to_string().contains(&ca.display().to_string()), "{error:?}");
        }
    }
}
