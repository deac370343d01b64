//! What the executors that reach over the network share: their secrets, and whose certificates they believe.

use crate::foundation::values::Redacted;
use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why an executor cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A file that the settings name cannot be read.
    #[error("{key} = {} cannot be used ({why}): mend the file or the setting", path.display())]
    File {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// TLS or HTTP cannot be prepared.
    #[error("the network cannot be used for commands: {0}")]
    Tls(String),
}

/// Reads a secret: the first line of its file.
pub(super) fn secret(key: &'static str, path: &Path) -> Result<Redacted<String>, Unusable> {
    let wrong = |why: String| Unusable::File { key, path: path.to_owned(), why };
    let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let secret = text.lines().next().unwrap_or_default().trim();
    if secret.is_empty() {
        return Err(wrong("its first line is empty".to_owned()));
    }
    if !secret.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err(wrong("its first line has characters outside of ASCII".to_owned()));
    }
    Ok(Redacted(secret.to_owned()))
}

/// Prepares TLS: the system's certificates are believed, and those of the owner's own authority.
pub(super) fn tls(ca: Option<&Path>) -> Result<Arc<ClientConfig>, Unusable> {
    let wrong = |error: rustls::Error| Unusable::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?;
    let verifier = Verifier::new_with_extra_roots(roots(ca)?, provider).map_err(wrong)?;
    let config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn roots(ca: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let Some(path) = ca else { return Ok(Vec::new()) };
    let wrong =
        |why: String| Unusable::File { key: "commands.ca_file", path: path.to_owned(), why };
    let pem = fs::read(path).map_err(|error: io::Error| wrong(error.to_string()))?;
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let roots = roots.map_err(|error| wrong(error.to_string()))?;
    if roots.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}
