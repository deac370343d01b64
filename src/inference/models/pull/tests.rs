//! Fetching from a server that does everything that servers do to whoever fetches.

use super::*;
use crate::inference::models::Manifest;
use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server has, and how it behaves at each question: the last one goes on for ever.
type Files = HashMap<String, (Vec<u8>, Vec<Behaviour>)>;

#[derive(Clone, Debug)]
enum Behaviour {
    /// As a good server.
    Well,
    /// It knows no ranges.
    WithoutRanges,
    /// The connection ends after so many bytes of this answer.
    Drops(usize),
    /// The answer has so many bytes less than it says.
    EndsShort(usize),
    /// It says no length, and ends by closing; so many bytes are missing.
    Unmeasured(usize),
    /// It says another length.
    Claims(u64),
    /// It sends so many bytes more, and says so.
    Longer(usize),
    /// It answers with this, and nothing else.
    Status(u16, &'static str),
    /// It answers a range with another one.
    WrongRange,
    /// The content has changed, and so has its tag.
    Changed(Vec<u8>),
    /// It names the digest of this, and sends elsewhere.
    Names(Vec<u8>, String),
}

struct Server {
    address: String,
    /// The lines of each question.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn with(files: Files) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (files, heard) = (Arc::new(Mutex::new(files)), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&files), Arc::clone(&heard)));
            }
        });
        Self { address, asked }
    }

    fn ranges(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let range = |question: &String| {
            let line = question.lines().find(|line| line.starts_with("range: "));
            line.map(|line| line["range: ".len()..].to_owned())
        };
        asked.iter().map(|question| range(question).unwrap_or_default()).collect()
    }
}

async fn answer(mut stream: TcpStream, files: Arc<Mutex<Files>>, asked: Arc<Mutex<Vec<String>>>) {
    let mut question = Vec::new();
    let mut block = [0; 4096];
    while !question.ends_with(b"\r\n\r\n") {
        match stream.read(&mut block).await {
            Ok(read) if read > 0 => question.extend_from_slice(&block[..read]),
            _ => return,
        }
    }
    let question = String::from_utf8(question).unwrap().to_lowercase();
    let path = question.split(' ').nth(1).unwrap().to_owned();
    asked.lock().unwrap().push(question.clone());
    let (content, behaviour) = {
        let mut files = files.lock().unwrap();
        let Some((content, behaviours)) = files.get_mut(&path) else { return };
        let next = if behaviours.len() > 1 { behaviours.remove(0) } else { behaviours[0].clone() };
        (content.clone(), next)
    };
    let from = question
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    let (head, body) = of(&behaviour, &content, from, &question);
    drop(stream.write_all(head.as_bytes()).await);
    drop(stream.write_all(&body).await);
    drop(stream.shutdown().await);
}

/// Returns the head and the body of an answer.
fn of(
    behaviour: &Behaviour,
    content: &[u8],
    from: Option<usize>,
    question: &str,
) -> (String, Vec<u8>) {
    let content = if let Behaviour::Changed(other) = behaviour { other } else { content };
    let tag = format!("\"{}\"", &Sha256::of(content).to_string()[..8]);
    let same = question.lines().find_map(|line| line.strip_prefix("if-range: "));
    let from = from.filter(|_| same.is_none_or(|same| same == tag));
    let from = from.filter(|_| !matches!(behaviour, Behaviour::WithoutRanges));
    let total = content.len();
    let mut body = content[from.unwrap_or(0).min(total)..].to_vec();
    let mut head = match from {
        Some(from) if from >= total => {
            return (
                format!(
                    "HTTP/1.1 416 No\r\ncontent-range: bytes */{total}\r\ncontent-length: 0\r\n\r\n"
                ),
                Vec::new(),
            );
        }
        Some(from) => {
            let start = if matches!(behaviour, Behaviour::WrongRange) { from - 1 } else { from };
            format!("HTTP/1.1 206 Part\r\ncontent-range: bytes {start}-{}/{total}\r\n", total - 1)
        }
        None => "HTTP/1.1 200 Yes\r\n".to_owned(),
    };
    write!(head, "etag: {tag}\r\nconnection: close\r\n").unwrap();
    let mut says = Some(body.len() as u64);
    match behaviour {
        Behaviour::Well
        | Behaviour::WithoutRanges
        | Behaviour::WrongRange
        | Behaviour::Changed(_) => {}
        Behaviour::Drops(after) => body.truncate(*after),
        Behaviour::EndsShort(by) => body.truncate(body.len().saturating_sub(*by)),
        Behaviour::Unmeasured(by) => {
            says = None;
            body.truncate(body.len().saturating_sub(*by));
        }
        Behaviour::Claims(length) => says = Some(*length),
        Behaviour::Longer(by) => {
            body.extend(std::iter::repeat_n(b'!', *by));
            says = None;
        }
        Behaviour::Status(status, more) => {
            return (
                format!("HTTP/1.1 {status} So\r\n{more}content-length: 0\r\n\r\n"),
                Vec::new(),
            );
        }
        Behaviour::Names(what, to) => {
            let named = Sha256::of(what);
            return (
                format!(
                    "HTTP/1.1 302 There\r\nx-linked-etag: \"{named}\"\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
                ),
                Vec::new(),
            );
        }
    }
    if let Some(length) = says {
        write!(head, "content-length: {length}\r\n").unwrap();
    }
    (head + "\r\n", body)
}

/// A node whose manifest has a model `tiny` of one graph, which is `content` on a server, and of a tokenizer.
struct Node {
    _directory: tempfile::TempDir,
    paths: Paths,
    server: Server,
}

fn content() -> Vec<u8> {
    (0..40_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// The tokenizer behaves well.
async fn node(behaviours: &[Behaviour]) -> Node {
    node_that(behaviours, true).await
}

async fn node_that(behaviours: &[Behaviour], has_digest: bool) -> Node {
    let directory = tempfile::tempdir().unwrap();
    let paths = crate::foundation::settings::Settings::for_tests(directory.path()).paths;
    fs::create_dir_all(&paths.models).unwrap();
    let content = content();
    let server = Server::with(HashMap::from([
        ("/graph".to_owned(), (content.clone(), behaviours.to_vec())),
        ("/tokenizer".to_owned(), (b"{}".to_vec(), vec![Behaviour::Well])),
    ]))
    .await;
    let known = if has_digest {
        format!(r#","bytes":{},"sha256":"{}""#, content.len(), Sha256::of(&content))
    } else {
        String::new()
    };
    let manifest = format!(
        r#"{{"schema_version":"0.2","models":[{{"id":"tiny","display_name":"Tiny","task":"llm","format":"onnx",
        "local_path":"llm/tiny","filename":"onnx/model.onnx","files":[
        {{"path":"onnx/model.onnx","url":"{0}/graph"{known}}},{{"path":"tokenizer.json","url":"{0}/tokenizer"}}]}}]}}"#,
        server.address
    );
    fs::write(paths.models.join("manifest.json"), manifest).unwrap();
    Node { _directory: directory, paths, server }
}

const OPTIONS: Options = Options {
    at_once: 2,
    tries: 4,
    pause: Duration::from_millis(1),
    silence: Duration::from_secs(20),
};

impl Node {
    async fn pull(&self) -> Result<Pulled, PullError> {
        self.pull_and_see().await.0
    }

    async fn pull_and_see(&self) -> (Result<Pulled, PullError>, Vec<Progress>) {
        let manifest = Manifest::load(&self.paths).unwrap();
        let seen = Mutex::new(Vec::new());
        let see = |progress| seen.lock().unwrap().push(progress);
        let result = pull(&self.paths, manifest.get("tiny").unwrap(), &OPTIONS, &see).await;
        (result, seen.into_inner().unwrap())
    }

    fn graph(&self) -> PathBuf {
        self.paths.models.join("llm/tiny/onnx/model.onnx")
    }

    fn part(&self) -> PathBuf {
        self.paths.models.join(".pull-tiny/parts/onnx/model.onnx")
    }

    /// The model is there, whole, and nothing beside it.
    fn is_whole(&self) {
        assert_eq!(fs::read(self.graph()).unwrap(), content());
        assert_eq!(fs::read(self.paths.models.join("llm/tiny/tokenizer.json")).unwrap(), b"{}");
        let there: Vec<_> = walkdir::WalkDir::new(&self.paths.models)
            .into_iter()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.file_name().to_owned())
            .collect();
        assert_eq!(there.len(), 3, "{there:?}");
    }

    /// Nothing that a node could load is there.
    fn is_absent(&self) {
        assert!(!self.paths.models.join("llm").exists());
    }
}

#[tokio::test]
async fn a_model_comes_whole_and_checked_and_only_once() {
    let node = node(&[Behaviour::Well]).await;
    let (pulled, seen) = node.pull_and_see().await;
    let pulled = pulled.unwrap();
    assert_eq!(pulled.directory, node.paths.models.join("llm/tiny"));
    let vouchers: Vec<_> = pulled.files.iter().map(|file| file.vouched_by).collect();
    assert_eq!(vouchers, [Voucher::Manifest, Voucher::Nobody]);
    let came: u64 = seen
        .iter()
        .map(|progress| if let Progress::Came { bytes, .. } = progress { *bytes } else { 0 })
        .sum();
    assert_eq!(came, 160_002);
    node.is_whole();
    assert_eq!(node.pull().await.unwrap().files, []);
    assert_eq!(node.server.ranges(), ["", ""]);
}

#[tokio::test]
async fn what_breaks_off_goes_on_where_it_was() {
    let node = node(&[
        Behaviour::Drops(50_000),
        Behaviour::Status(503, "retry-after: 0\r\n"),
        Behaviour::Drops(0),
        Behaviour::Drops(10_000),
        Behaviour::Well,
    ])
    .await;
    node.pull().await.unwrap();
    node.is_whole();
    let ranges: Vec<_> =
        node.server.ranges().into_iter().filter(|range| !range.is_empty()).collect();
    assert_eq!(ranges, ["bytes=50000-", "bytes=50000-", "bytes=50000-", "bytes=60000-"]);
}

#[tokio::test]
async fn another_run_goes_on_where_the_last_one_was() {
    let node = node(&[
        Behaviour::Drops(50_000),
        Behaviour::Drops(0),
        Behaviour::Drops(0),
        Behaviour::Drops(0),
        Behaviour::Well,
    ])
    .await;
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::GaveUp { have: 50_000, .. }), "{error}");
    assert!(error.to_string().contains("run the same again"), "{error}");
    node.is_absent();
    let (pulled, seen) = node.pull_and_see().await;
    pulled.unwrap();
    node.is_whole();
    assert!(seen.iter().any(|progress| matches!(progress, Progress::Asking { have: 50_000, .. })));
}

#[tokio::test]
async fn a_server_without_ranges_is_asked_for_all_of_it() {
    let node = node(&[Behaviour::Drops(50_000), Behaviour::WithoutRanges]).await;
    node.pull().await.unwrap();
    node.is_whole();
}

#[tokio::test]
async fn a_range_that_is_another_one_is_not_believed() {
    let node = node(&[Behaviour::Drops(50_000), Behaviour::WrongRange, Behaviour::Well]).await;
    node.pull().await.unwrap();
    node.is_whole();
}

#[tokio::test]
async fn content_that_changes_meanwhile_is_never_put_behind_the_old_one() {
    let changed: Vec<u8> = content().into_iter().rev().collect();
    // With a digest, and without one: then the tag is all there is.
    for has_digest in [true, false] {
        let behaviours = [Behaviour::Drops(50_000), Behaviour::Changed(changed.clone())];
        let node = node_that(&behaviours, has_digest).await;
        let pulled = node.pull().await;
        if has_digest {
            let error = pulled.unwrap_err();
            assert!(matches!(error, PullError::Mismatch { by: Voucher::Manifest, .. }), "{error}");
            node.is_absent();
            assert_eq!(fs::metadata(node.part()).unwrap().len(), 0, "it is not kept");
        } else {
            pulled.unwrap();
            assert_eq!(fs::read(node.graph()).unwrap(), changed);
        }
    }
}

#[tokio::test]
async fn a_download_that_ends_one_byte_short_is_never_taken_for_whole() {
    for short in [Behaviour::EndsShort(1), Behaviour::Unmeasured(1)] {
        let node = node(std::slice::from_ref(&short)).await;
        let error = node.pull().await.unwrap_err();
        assert!(matches!(error, PullError::GaveUp { have: 159_999, .. }), "{short:?}: {error}");
        node.is_absent();
    }
}

#[tokio::test]
async fn a_length_that_is_not_the_manifests_is_refused_before_it_comes() {
    let node = node(&[Behaviour::Claims(7)]).await;
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::Length { expected: 160_000, found: 7, .. }), "{error}");
    node.is_absent();
}

#[tokio::test]
async fn what_is_longer_than_it_should_be_is_cut_off_and_not_kept() {
    let node = node(&[Behaviour::Longer(1)]).await;
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::Length { expected: 160_000, .. }), "{error}");
    node.is_absent();
    assert_eq!(fs::metadata(node.part()).unwrap().len(), 0);
}

#[tokio::test]
async fn one_wrong_byte_is_refused() {
    let mut wrong = content();
    wrong[100_000] ^= 1;
    let node = node(&[Behaviour::Changed(wrong)]).await;
    let error = node.pull().await.unwrap_err();
    let PullError::Mismatch { expected, found, .. } = &error else { panic!("{error}") };
    assert!(expected != found && error.to_string().contains(&found.to_string()), "{error}");
    node.is_absent();
}

#[tokio::test]
async fn a_part_that_was_damaged_on_the_disk_has_a_second_chance() {
    let node = node(&[
        Behaviour::Drops(50_000),
        Behaviour::Status(500, ""),
        Behaviour::Status(500, ""),
        Behaviour::Status(500, ""),
        Behaviour::Well,
    ])
    .await;
    node.pull().await.unwrap_err();
    let mut part = fs::read(node.part()).unwrap();
    part[10] ^= 1;
    fs::write(node.part(), part).unwrap();
    let (pulled, seen) = node.pull_and_see().await;
    pulled.unwrap();
    assert!(seen.iter().any(|progress| matches!(progress, Progress::Afresh { .. })), "{seen:?}");
    node.is_whole();
}

#[tokio::test]
async fn redirects_are_followed_and_what_hubs_say_on_the_way_counts() {
    for (named, good) in [(content(), true), (b"other".to_vec(), false)] {
        let server =
            Server::with(HashMap::from([("/far".to_owned(), (content(), vec![Behaviour::Well]))]))
                .await;
        let to = format!("{}/far", server.address);
        let node = node_that(&[Behaviour::Names(named, to)], false).await;
        match node.pull().await {
            Ok(pulled) => {
                assert!(good);
                assert_eq!(pulled.files[0].vouched_by, Voucher::Source);
                node.is_whole();
            }
            Err(error) => {
                assert!(!good, "{error}");
                assert!(
                    matches!(error, PullError::Mismatch { by: Voucher::Source, .. }),
                    "{error}"
                );
                node.is_absent();
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_led_where_others_could_change_what_comes_nor_round_in_circles() {
    for to in ["http://models.example/graph", "file:///etc/passwd", "/graph"] {
        let node = node(&[Behaviour::Names(Vec::new(), to.to_owned())]).await;
        let error = node.pull().await.unwrap_err();
        assert!(matches!(error, PullError::Answer { .. }), "{to}: {error}");
        node.is_absent();
    }
}

#[tokio::test]
async fn what_is_not_given_or_not_there_is_said_at_once() {
    for (status, wanted) in [
        (401, "terms"),
        (403, "terms"),
        (404, "not there"),
        (410, "not there"),
        (204, "status 204"),
    ] {
        let node = node(&[Behaviour::Status(status, "")]).await;
        let error = node.pull().await.unwrap_err().to_string();
        assert!(error.contains(wanted) && error.contains("/graph"), "{status}: {error}");
        let asked = node.server.asked.lock().unwrap();
        assert_eq!(asked.iter().filter(|question| question.contains("get /graph")).count(), 1);
    }
}

#[tokio::test]
async fn two_commands_do_not_fetch_the_same() {
    let node = node(&[Behaviour::Well]).await;
    let held = Stage::open(&node.paths, "tiny").unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::Busy(_)), "{error}");
    drop(held);
    node.pull().await.unwrap();
    node.is_whole();
}

#[tokio::test]
async fn a_file_that_is_there_is_kept_and_never_overwritten() {
    let node = node(&[Behaviour::Well]).await;
    fs::create_dir_all(node.graph().parent().unwrap()).unwrap();
    fs::write(node.graph(), "mine").unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::Different { .. }), "{error}");
    assert_eq!(fs::read(node.graph()).unwrap(), b"mine");
    assert_eq!(node.server.ranges(), Vec::<String>::new(), "nobody was asked");
    fs::write(node.graph(), content()).unwrap();
    let pulled = node.pull().await.unwrap();
    assert_eq!(pulled.files.len(), 1, "the tokenizer alone was missing");
    node.is_whole();
}

#[tokio::test]
async fn what_cannot_be_finished_is_not_begun() {
    let node = node(&[Behaviour::Well]).await;
    let path = node.paths.models.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let huge = text.replace(r#""bytes":160000"#, r#""bytes":4611686018427387904"#);
    fs::write(&path, huge).unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::NoRoom { .. }), "{error}");
    fs::write(&path, text.replace("http://127.0.0.1", "http://models.example")).unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::Address { .. }), "{error}");
    fs::write(&path, text.replace(r#""url":"http"#, r#""was":"http"#)).unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(matches!(error, PullError::NoSource { .. }), "{error}");
    fs::write(&path, text.replace(r#""format":"onnx""#, r#""format":"gguf""#)).unwrap();
    let error = node.pull().await.unwrap_err();
    assert!(error.to_string().contains("show tiny"), "{error}");
    node.is_absent();
    assert_eq!(node.server.ranges(), Vec::<String>::new());
}

#[test]
fn addresses_are_https_or_on_this_machine() {
    for good in [
        "https://models.example/a",
        "http://127.0.0.1:80/a",
        "http://[::1]/a",
        "http://localhost/a",
    ] {
        assert!(fetch::address(good).is_ok(), "{good}");
    }
    for bad in [
        "http://models.example/a",
        "ftp://models.example/a",
        "file:///a",
        "a",
        "",
        "http://127.0.0.1.example/a",
    ] {
        assert!(fetch::address(bad).is_err(), "{bad}");
    }
}
