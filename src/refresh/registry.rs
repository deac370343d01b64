//! The registry, asked directly: engines cannot say whether there is something newer.

use super::release::Digest;
use crate::foundation::values::Redacted;
use base64::Engine as _;
use oci_client::{
    Client, Reference,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    errors::OciDistributionError as Said,
    secrets::RegistryAuth,
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The wait before a question is asked again; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

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
    #[error("the registry {0} is asked too often: try again later")]
    TooMany(String),
    /// It has a problem of its own.
    #[error("the registry {0} has a problem of its own (status {1}): try again later")]
    Server(String, u16),
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
}

#[derive(Deserialize)]
struct AuthFile {
    #[serde(default)]
    auths: HashMap<String, AuthEntry>,
}

#[derive(Deserialize)]
struct AuthEntry {
    auth: Option<Redacted<String>>,
}

/// Reads who we are to a registry from a password file of Docker's form; nobody if it does not name the registry.
pub fn credentials(file: &Path, registry: &str) -> Result<Option<Credentials>, RegistryError> {
    let text =
        fs::read(file).map_err(|source| RegistryError::File { path: file.to_owned(), source })?;
    let malformed = || RegistryError::AuthFile(file.to_owned());
    let parsed: AuthFile = serde_json::from_slice(&text).map_err(|_| malformed())?;
    let Some(auth) = parsed.auths.get(registry).and_then(|entry| entry.auth.as_ref()) else {
        return Ok(None);
    };
    let plain = base64::engine::general_purpose::STANDARD
        .decode(auth.expose())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(malformed)?;
    let (user, password) = plain.split_once(':').ok_or_else(malformed)?;
    Ok(Some(Credentials { user: user.to_owned(), password: Redacted(password.to_owned()) }))
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
    let registry = reference.registry().to_owned();
    let client = client(&registry, architecture, options)?;
    let auth = auth.map_or(RegistryAuth::Anonymous, |auth| {
        RegistryAuth::Basic(auth.user.clone(), auth.password.expose().to_owned())
    });
    let (mut wait, mut tries) = (FIRST_WAIT, 0);
    loop {
        let asked = tokio::time::timeout(PATIENCE, client.pull_image_manifest(&reference, &auth));
        let error = match asked.await {
            Ok(Ok((manifest, digest))) => {
                let digest = digest.parse().map_err(|_| {
                    RegistryError::Malformed(registry.clone(), Said::RegistryNoDigestError)
                })?;
                let size = |bytes: i64| u64::try_from(bytes).unwrap_or(0);
                let layers: u64 = manifest.layers.iter().map(|layer| size(layer.size)).sum();
                return Ok(Resolved { digest, size_bytes: layers + size(manifest.config.size) });
            }
            Ok(Err(said)) => classify(&registry, &name, said),
            Err(_) => RegistryError::Unreachable(
                registry.clone(),
                Said::GenericError(Some(format!("no answer within {} s", PATIENCE.as_secs()))),
            ),
        };
        let again = matches!(
            error,
            RegistryError::Unreachable(..) | RegistryError::TooMany(_) | RegistryError::Server(..)
        );
        tries += 1;
        if !again || tries > options.retries {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
}

fn client(registry: &str, architecture: &str, options: &Options) -> Result<Client, RegistryError> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut config = ClientConfig {
        read_timeout: Some(PATIENCE),
        connect_timeout: Some(PATIENCE),
        ..Default::default()
    };
    if is_loopback(registry) {
        // As engines do: what never leaves the machine needs no TLS.
        config.protocol = ClientProtocol::HttpsExcept(vec![registry.to_owned()]);
    }
    if let Some(path) = &options.ca {
        let data =
            fs::read(path).map_err(|source| RegistryError::File { path: path.clone(), source })?;
        config
            .extra_root_certificates
            .push(Certificate { encoding: CertificateEncoding::Pem, data });
        config.protocol = ClientProtocol::Https;
    }
    let architecture = architecture.to_owned();
    config.platform_resolver = Some(Box::new(move |entries| {
        let fits = |entry: &&oci_client::manifest::ImageIndexEntry| {
            entry.platform.as_ref().is_some_and(|platform| {
                platform.os.to_string() == "linux"
                    && platform.architecture.to_string() == architecture
            })
        };
        entries.iter().find(fits).map(|entry| entry.digest.clone())
    }));
    Ok(Client::new(config))
}

fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn classify(registry: &str, name: &str, said: Said) -> RegistryError {
    let registry = registry.to_owned();
    match said {
        Said::UnauthorizedError { .. } | Said::AuthenticationFailure(_) => {
            RegistryError::Unauthorized(registry)
        }
        Said::ImageManifestNotFoundError(_) => RegistryError::NotFound(registry, name.to_owned()),
        Said::ServerError { code: 429, .. } => RegistryError::TooMany(registry),
        Said::ServerError { code: 401 | 403, .. } => RegistryError::Unauthorized(registry),
        Said::ServerError { code: 404, .. } => RegistryError::NotFound(registry, name.to_owned()),
        Said::ServerError { code, .. } => RegistryError::Server(registry, code),
        Said::RegistryError { envelope, url } => {
            let text = format!("{envelope:?}").to_lowercase();
            if text.contains("manifestunknown")
                || text.contains("nameunknown")
                || text.contains("notfound")
            {
                RegistryError::NotFound(registry, name.to_owned())
            } else if text.contains("unauthorized") || text.contains("denied") {
                RegistryError::Unauthorized(registry)
            } else if text.contains("toomanyrequests") {
                RegistryError::TooMany(registry)
            } else {
                RegistryError::Malformed(registry, Said::RegistryError { envelope, url })
            }
        }
        said @ (Said::RequestError(_) | Said::IoError(_)) => {
            RegistryError::Unreachable(registry, said)
        }
        said => RegistryError::Malformed(registry, said),
    }
}
