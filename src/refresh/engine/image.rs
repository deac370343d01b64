//! Images: what is here, fetching by digest, loading archives, and clearing away.

use super::{
    DOCKER, Engine,
    container::with_algorithm,
    error::{EngineError, Hope, Said},
    oci_architecture,
    socket::encoded,
};
use crate::refresh::{archive::Archived, registry::Credentials};
use bollard::{auth::DockerCredentials, models::CreateImageInfo, query_parameters as query};
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    io::Cursor,
    path::Path,
};
use tokio::io::AsyncReadExt;

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

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// So many bytes are here, as far as the engine tells.
    pub downloaded: u64,
    /// Of so many that are known of.
    pub total: u64,
    /// Which try it is, from 1.
    pub attempt: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    repo_digests: Option<Vec<String>>,
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    architecture: String,
    config: Option<InspectedConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedConfig {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    repo_digests: Option<Vec<String>>,
    repo_tags: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
}

impl Engine {
    /// Returns an image that is here, by id, tag or digest.
    pub async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError> {
        let target = format!("/images/{}/json", encoded(reference));
        let what = format!("look for the image {reference}");
        Ok(self.read::<Inspected>(&what, &target).await?.map(ImageFacts::from))
    }

    /// Returns the images that have a tag of this repository.
    pub async fn images_of(&self, repository: &str) -> Result<Vec<ImageFacts>, EngineError> {
        let filters = json!({ "reference": [repository] }).to_string();
        let target = format!("/images/json?filters={}", encoded(&filters));
        let listed: Option<Vec<Listed>> = self.read("list images", &target).await?;
        let mut images: Vec<ImageFacts> =
            listed.unwrap_or_default().into_iter().map(ImageFacts::from).collect();
        // Podman lists some images once for each of their names, and names similar ones too.
        images.retain(|image| image.tags.iter().any(|tag| repository_of(tag) == repository));
        images.sort_by(|one, other| one.id.cmp(&other.id));
        images.dedup_by(|one, other| one.id == other.id);
        Ok(images)
    }

    /// Fetches an image by its digest, again and again with longer and longer waits.
    ///
    /// Of a fetch that broke off, Podman keeps the whole layers below the first one that is missing (measured with 4.3);
    /// from 4.4 on it also goes on in the midst of a layer. A registry's `Retry-After` is heeded by Podman itself, which
    /// tries five times before it complains. Ending a fetch early, as by Ctrl-C, ends it in the engine too.
    pub async fn pull(
        &self,
        reference: &str,
        auth: Option<&Credentials>,
        retries: u32,
        seen: &mut (dyn FnMut(Pulled) + Send),
    ) -> Result<ImageFacts, EngineError> {
        let mut progress = Progress::default();
        loop {
            progress.attempt += 1;
            let tries = progress.attempt;
            let source = match self.try_to_pull(reference, auth, &mut progress, seen).await {
                Ok(()) => match self.image(reference).await? {
                    Some(image) => return Ok(image),
                    None => Said::text("the engine fetched it, and does not have it"),
                },
                Err(said) => said,
            };
            let reference = reference.to_owned();
            match source.hope() {
                Hope::Again if tries <= retries => {
                    tokio::time::sleep(self.backoff.after(tries)).await;
                }
                Hope::Again | Hope::Untrusted => {
                    return Err(EngineError::Fetch { reference, tries, source });
                }
                Hope::Unauthorized => return Err(EngineError::Unauthorized { reference, source }),
                Hope::Absent => return Err(EngineError::NoSuchImage { reference, source }),
                Hope::DiskFull | Hope::Lost => {
                    return Err(EngineError::of(format!("fetch {reference}"), source));
                }
            }
        }
    }

    async fn try_to_pull(
        &self,
        reference: &str,
        auth: Option<&Credentials>,
        progress: &mut Progress,
        seen: &mut (dyn FnMut(Pulled) + Send),
    ) -> Result<(), Said> {
        let options = query::CreateImageOptionsBuilder::default().from_image(reference).build();
        let credentials = auth.map(|auth| DockerCredentials {
            username: Some(auth.user.clone()),
            password: Some(auth.password.expose().to_owned()),
            ..Default::default()
        });
        let mut stream = self.docker.create_image(Some(options), None, credentials);
        loop {
            let next = tokio::time::timeout(self.stall, stream.next()).await;
            let Ok(next) = next else {
                // The stream's end ends the fetch in the engine.
                let seconds = self.stall.as_secs();
                return Err(Said::text(format!("nothing has arrived for {seconds} s")));
            };
            let Some(said) = next else { return Ok(()) };
            if let Some(pulled) = progress.note(&said?) {
                seen(pulled);
            }
        }
    }

    /// Loads an archive that was looked into, and returns its image.
    ///
    /// Engines keep the manifest and the configuration of an OCI archive to the byte, so the image has the same digest as in
    /// a registry. It is found by its contents, and not by the name that the archive gives it.
    pub async fn load(&self, path: &Path, archived: &Archived) -> Result<ImageFacts, EngineError> {
        let unread = |source| EngineError::Archive { path: path.to_owned(), source };
        let file = tokio::fs::File::open(path).await.map_err(unread)?;
        let first = if self.about.name == DOCKER { archived.for_docker() } else { Vec::new() };
        let whole = Cursor::new(first).chain(file);
        let body = bollard::body_try_stream(tokio_util::io::ReaderStream::new(whole));
        let options = query::ImportImageOptionsBuilder::default().build();
        let mut stream = self.docker.import_image(options, body, None).map_err(Said::from);
        let not_loaded = |source: Said| {
            let error = EngineError::of("load an archive", source);
            if let EngineError::Refused { source, .. } = error {
                return EngineError::NotLoaded { path: path.to_owned(), source };
            }
            error
        };
        let mut last = String::from("it says nothing, and does not have the image");
        while let Some(said) = stream.try_next().await.map_err(not_loaded)? {
            last = said.stream.unwrap_or(last);
        }
        // Most engines name an image after its configuration; some stores of Docker's after its manifest.
        for id in [&archived.image_id, &archived.digest.to_string()] {
            if let Some(image) = self.image(id).await? {
                return Ok(image);
            }
        }
        Err(not_loaded(Said::text(last.trim())))
    }

    /// Gives an image another name.
    pub async fn tag(&self, id: &str, repository: &str, tag: &str) -> Result<(), EngineError> {
        let options = query::TagImageOptionsBuilder::default().repo(repository).tag(tag).build();
        let tagged = self.docker.tag_image(id, Some(options)).await;
        tagged.map_err(|error| EngineError::of("name the release's image", error))
    }

    /// Takes the names from an image that lie in these repositories, and the image with them, unless somebody else still
    /// needs it. Returns whether it is gone.
    pub async fn remove_image(&self, id: &str, ours: &[&str]) -> Result<bool, EngineError> {
        let is_ours = |name: &str| ours.contains(&repository_of(name));
        let Some(image) = self.image(id).await? else { return Ok(true) };
        for tag in image.tags.iter().filter(|tag| is_ours(tag)) {
            if !self.untag(tag).await? {
                return Ok(false);
            }
        }
        let Some(image) = self.image(id).await? else { return Ok(true) };
        if image.tags.iter().chain(&image.digests).any(|name| !is_ours(name)) {
            return Ok(false);
        }
        self.untag(id).await
    }

    /// Returns whether the name is gone; it stays if a container needs it.
    async fn untag(&self, name: &str) -> Result<bool, EngineError> {
        let options = query::RemoveImageOptionsBuilder::default().build();
        match self.docker.remove_image(name, Some(options), None).await.map_err(Said::from) {
            Ok(_) => Ok(true),
            Err(said) if said.is_absent() => Ok(true),
            Err(said) if said.is_needed() => Ok(false),
            Err(said) => Err(EngineError::of("remove an old release's image", said)),
        }
    }
}

/// What has arrived of each layer.
#[derive(Debug, Default)]
struct Progress {
    layers: HashMap<String, (u64, u64)>,
    attempt: u32,
}

impl Progress {
    /// Takes note of what the engine says, and returns how far the fetch is if that has changed.
    fn note(&mut self, said: &CreateImageInfo) -> Option<Pulled> {
        let id = said.id.as_ref()?;
        let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        let detail = said.progress_detail.as_ref();
        let current = detail.and_then(|detail| count(detail.current));
        let total = detail.and_then(|detail| count(detail.total));
        // While it unpacks, Docker counts once more; that is not fetching.
        let (here, whole) = match said.status.as_deref() {
            Some("Downloading") => (current?, total?),
            Some("Download complete") => {
                let (_, whole) = *self.layers.get(id)?;
                (whole, whole)
            }
            Some(_) | None => return None,
        };
        let (before, _) = self.layers.get(id).copied().unwrap_or_default();
        // A layer that is fetched again begins anew; what is shown never goes back.
        self.layers.insert(id.clone(), (here.max(before).min(whole), whole));
        Some(Pulled {
            downloaded: self.layers.values().map(|(here, _)| here).sum(),
            total: self.layers.values().map(|(_, whole)| whole).sum(),
            attempt: self.attempt,
        })
    }
}

/// Returns a name without its tag or digest.
fn repository_of(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(repository, _)| repository);
    match name.rsplit_once(':') {
        // What has a slash after it is a port.
        Some((repository, tag)) if !tag.contains('/') => repository,
        Some(_) | None => name,
    }
}

impl From<Inspected> for ImageFacts {
    fn from(found: Inspected) -> Self {
        let labels = found.config.and_then(|config| config.labels);
        Self {
            id: with_algorithm(&found.id),
            digests: found.repo_digests.unwrap_or_default(),
            tags: found.repo_tags.unwrap_or_default(),
            labels: labels.unwrap_or_default(),
            architecture: oci_architecture(&found.architecture).to_owned(),
        }
    }
}

impl From<Listed> for ImageFacts {
    fn from(found: Listed) -> Self {
        Self {
            id: with_algorithm(&found.id),
            digests: found.repo_digests.unwrap_or_default(),
            tags: found.repo_tags.unwrap_or_default(),
            labels: found.labels.unwrap_or_default(),
            architecture: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: &str, status: &str, detail: Option<(i64, i64)>) -> CreateImageInfo {
        let detail = detail.map(|(current, total)| json!({ "current": current, "total": total }));
        let said = json!({ "id": id, "status": status, "progressDetail": detail });
        serde_json::from_value(said).unwrap()
    }

    #[test]
    fn progress_is_the_sum_of_the_layers_and_never_goes_back() {
        let mut progress = Progress { attempt: 1, ..Progress::default() };
        let mut noted = |id, status, detail| {
            progress.note(&said(id, status, detail)).map(|now| (now.downloaded, now.total))
        };
        assert_eq!(noted("a", "Pulling fs layer", None), None);
        assert_eq!(noted("a", "Downloading", Some((10, 100))), Some((10, 100)));
        assert_eq!(noted("b", "Downloading", Some((1, 50))), Some((11, 150)));
        assert_eq!(noted("a", "Download complete", None), Some((101, 150)));
        assert_eq!(noted("a", "Extracting", Some((5, 100))), None);
        // It broke off, and the layer is fetched again.
        assert_eq!(noted("a", "Downloading", Some((20, 100))), Some((101, 150)));
        assert_eq!(noted("c", "Download complete", None), None, "too small to be shown");
        assert_eq!(noted("d", "Downloading", Some((-1, 5))), None, "nonsense");
    }

    #[test]
    fn a_name_is_told_from_its_tag_digest_and_port() {
        for (name, repository) in [
            ("localhost/ladylinux:e378", "localhost/ladylinux"),
            ("127.0.0.1:5000/lab:one", "127.0.0.1:5000/lab"),
            ("127.0.0.1:5000/lab@sha256:e378", "127.0.0.1:5000/lab"),
            ("127.0.0.1:5000/lab:one@sha256:e378", "127.0.0.1:5000/lab"),
            ("127.0.0.1:5000/lab", "127.0.0.1:5000/lab"),
            ("lab", "lab"),
        ] {
            assert_eq!(repository_of(name), repository);
        }
    }

    #[test]
    fn an_image_is_read_as_both_engines_tell_it() {
        let podman = json!({
            "Id": "7313", "RepoTags": null, "RepoDigests": ["r/x@sha256:e3"], "Architecture": "amd64",
            "Config": { "Labels": { "a": "b" } }, "Size": 1,
        });
        let podman: ImageFacts = serde_json::from_value::<Inspected>(podman).unwrap().into();
        assert_eq!((podman.id.as_str(), podman.labels["a"].as_str()), ("sha256:7313", "b"));
        assert_eq!(podman.digests, ["r/x@sha256:e3"]);
        let bare = json!({ "Id": "sha256:7313", "Config": null });
        let bare: ImageFacts = serde_json::from_value::<Inspected>(bare).unwrap().into();
        assert_eq!((bare.id.as_str(), bare.labels.len()), ("sha256:7313", 0));
    }
}
