//! A real registry on loopback, and what can go wrong with one: a proxy in front of it that misbehaves on demand.

use super::{
    engine::Engine,
    lab::until,
    release::{Image, digest, media_type},
    wire::{Question, Reply},
};
use base64::Engine as _;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// How long a gate may stay closed. Only a broken test ever takes it.
const GATE: Duration = Duration::from_mins(2);

/// A registry that images can be put into.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    pub(crate) address: String,
    authorization: Option<String>,
}

impl Registry {
    /// The one without a login.
    pub(crate) fn plain(engine: &Engine) -> Self {
        Self { address: engine.value("REGISTRY").to_owned(), authorization: None }
    }

    /// The one with a login.
    pub(crate) fn with_login(engine: &Engine) -> Self {
        Self {
            address: engine.value("REGISTRY_AUTH").to_owned(),
            authorization: Some(format!("Basic {}", login(engine))),
        }
    }

    /// Puts an image in, and lets a tag name it. Returns its digest.
    pub(crate) fn push(&self, repository: &str, tag: &str, image: &Image) -> String {
        for blob in image.blobs() {
            self.put_blob(repository, blob);
        }
        self.put_manifest(repository, tag, &image.manifest);
        image.digest()
    }

    /// Lets a tag, or a digest, name a manifest or an index.
    pub(crate) fn put_manifest(&self, repository: &str, tag: &str, manifest: &[u8]) {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let kind = media_type(manifest);
        let reply = self.ask("PUT", &path, &[("Content-Type", &kind)], manifest);
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// Puts a signature beside an image, as cosign does.
    pub(crate) fn put_signature(
        &self,
        repository: &str,
        of: &str,
        payload: &[u8],
        signature: &str,
    ) {
        let config =
            br#"{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": digest(config),
                "size": config.len(),
            },
            "layers": [{
                "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
                "digest": digest(payload),
                "size": payload.len(),
                "annotations": { "dev.cosignproject.cosign/signature": signature },
            }],
        });
        self.put_blob(repository, config);
        self.put_blob(repository, payload);
        let tag = format!("{}.sig", of.replace(':', "-"));
        self.put_manifest(repository, &tag, manifest.to_string().as_bytes());
    }

    fn put_blob(&self, repository: &str, blob: &[u8]) {
        let name = digest(blob);
        let reply = self.ask("HEAD", &format!("/v2/{repository}/blobs/{name}"), &[], b"");
        if reply.status == 200 {
            return;
        }
        let reply = self.ask("POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"");
        assert_eq!(reply.status, 202, "{}", reply.text());
        let place = reply.header("Location").unwrap();
        let place = place.split_once(&self.address).map_or(place, |(_, path)| path);
        let reply = self.ask(
            "PUT",
            &format!("{place}&digest={name}"),
            &[("Content-Type", "application/octet-stream")],
            blob,
        );
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut headers = headers.to_vec();
        if let Some(authorization) = &self.authorization {
            headers.push(("Authorization", authorization));
        }
        Question { method, path, headers: &headers, body }.tcp(&self.address).unwrap()
    }
}

/// The login of the registry that has one, as an auth file holds it.
pub(crate) fn login(engine: &Engine) -> String {
    let (user, password) =
        (engine.value("REGISTRY_AUTH_USER"), engine.value("REGISTRY_AUTH_PASSWORD"));
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

/// What is asked of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// What a tag or a digest names.
    Manifests,
    /// Layers and configurations.
    Blobs,
}

/// What a registry can do wrong.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Answers with this status, and with these headers.
    Status(u16, &'static str),
    /// Sends so many bytes of the body, and then goes away.
    Cut(usize),
    /// Sends so many bytes a second.
    Slow(usize),
    /// Waits with its answer until [`Faulty::behave`].
    Gate,
    /// Takes the question, and never answers.
    Silent,
    /// Sends other bytes than those that were asked for, as many.
    Garbage,
}

/// Something that goes wrong, and for how long.
#[derive(Debug)]
struct Misbehaviour {
    what: What,
    fault: Fault,
    /// How many more answers it spoils.
    times: usize,
}

#[derive(Debug, Default)]
struct Told {
    misbehaviours: Vec<Misbehaviour>,
    /// Every question.
    asked: Vec<String>,
    /// How many bytes of blobs were sent.
    sent: usize,
    /// What happens once when a manifest has been answered.
    after_manifest: Option<Afterwards>,
}

struct Afterwards(Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Afterwards")
    }
}

/// A registry's address that misbehaves on demand.
#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) address: String,
    told: Arc<Mutex<Told>>,
}

impl Faulty {
    /// Stands in front of a registry; until told otherwise it passes everything on.
    pub(crate) fn before(registry: &Registry) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let told = Arc::new(Mutex::new(Told::default()));
        let (state, upstream) = (Arc::clone(&told), registry.address.clone());
        // These threads end with the process.
        thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                let (state, upstream) = (Arc::clone(&state), upstream.clone());
                // Whoever asks may go away at any time.
                thread::spawn(move || drop(serve(client, &upstream, &state)));
            }
        });
        Self { address, told }
    }

    /// Spoils the next so many answers of a kind.
    pub(crate) fn misbehave(&self, what: What, fault: Fault, times: usize) {
        self.told.lock().unwrap().misbehaviours.push(Misbehaviour { what, fault, times });
    }

    pub(crate) fn behave(&self) {
        self.told.lock().unwrap().misbehaviours.clear();
    }

    /// Does something as soon as the next manifest has been answered.
    pub(crate) fn after_manifest(&self, act: impl FnOnce() + Send + 'static) {
        self.told.lock().unwrap().after_manifest = Some(Afterwards(Box::new(act)));
    }

    /// Returns how many questions came whose path contains this.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.told.lock().unwrap().asked.iter().filter(|path| path.contains(part)).count()
    }

    /// Returns how many bytes of blobs were sent.
    pub(crate) fn sent(&self) -> usize {
        self.told.lock().unwrap().sent
    }
}

/// An address of loopback on which nobody listens.
pub(crate) fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Answers one question of a client, well or badly.
fn serve(mut client: TcpStream, upstream: &str, told: &Mutex<Told>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let what = if path.contains("/manifests/") {
        Some(What::Manifests)
    } else {
        path.contains("/blobs/").then_some(What::Blobs)
    };
    let fault = {
        let mut told = told.lock().unwrap();
        told.asked.push(format!("{method} {path}"));
        take(&mut told, what)
    };
    if matches!(fault, Some(Fault::Gate)) {
        until("the gate's opening", GATE, || told.lock().unwrap().misbehaviours.is_empty());
    }
    let headers: Vec<(&str, &str)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| {
            !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("connection")
        })
        .collect();
    let reply = Question { method, path, headers: &headers, body: b"" }.tcp(upstream)?;
    let mut sent = 0;
    let result = answer(&mut client, &reply, fault.as_ref(), &mut sent);
    let afterwards = {
        let mut told = told.lock().unwrap();
        told.sent += if what == Some(What::Blobs) { sent } else { 0 };
        if what == Some(What::Manifests) { told.after_manifest.take() } else { None }
    };
    if let Some(Afterwards(act)) = afterwards {
        act();
    }
    drop(client.shutdown(Shutdown::Both));
    result
}

fn take(told: &mut Told, what: Option<What>) -> Option<Fault> {
    let misbehaviours = &mut told.misbehaviours;
    let found = misbehaviours.iter_mut().find(|one| Some(one.what) == what && one.times > 0)?;
    found.times -= 1;
    Some(found.fault.clone())
}

fn answer(
    client: &mut TcpStream,
    reply: &Reply,
    fault: Option<&Fault>,
    sent: &mut usize,
) -> io::Result<()> {
    if let Some(Fault::Silent) = fault {
        // Until the client has had enough.
        return client.read_to_end(&mut Vec::new()).map(drop);
    }
    if let Some(Fault::Status(status, headers)) = fault {
        let body = r#"{"errors":[{"code":"TEST","message":"told to fail"}]}"#;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Told\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        return client.write_all(head.as_bytes()).and_then(|()| client.write_all(body.as_bytes()));
    }
    let mut head = format!("HTTP/1.1 {} Passed on\r\n", reply.status);
    for (name, value) in &reply.headers {
        if !name.eq_ignore_ascii_case("connection") {
            head = format!("{head}{name}: {value}\r\n");
        }
    }
    client.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    let body = match fault {
        Some(Fault::Cut(after)) => &reply.body[..reply.body.len().min(*after)],
        _ => reply.body.as_slice(),
    };
    let garbage = vec![b'x'; body.len()];
    let body = if matches!(fault, Some(Fault::Garbage)) { &garbage } else { body };
    let piece = if let Some(Fault::Slow(rate)) = fault { (rate / 20).max(1) } else { 1 << 20 };
    for bytes in body.chunks(piece) {
        client.write_all(bytes)?;
        *sent += bytes.len();
        if matches!(fault, Some(Fault::Slow(_))) {
            // Slowness is time that passes.
            thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}
