//! Models as a person has them: fetched, looked at, compared, deleted; and what happens where there is no network.

use crate::node::{Node, Root, skip};
use ladylinux::inference::models::optimize;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
};

/// How much of a file the slow server sends before it waits to be left.
const HALF: usize = 100_000;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm").join(name)
}

/// Serves a folder to whoever asks, with ranges. A `slow` one sends the first part of a long file and then nothing more.
fn serve(folder: PathBuf, slow: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let folder = folder.clone();
            // Whoever goes away in the midst of an answer is no failure.
            thread::spawn(move || drop(answer(stream, &folder, slow)));
        }
    });
    address
}

fn answer(mut stream: TcpStream, folder: &Path, slow: bool) -> std::io::Result<()> {
    let (mut name, mut from) = (String::new(), None);
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if let Some(rest) = line.strip_prefix("GET /") {
            rest.split(' ').next().unwrap().clone_into(&mut name);
        }
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = Some(range.trim_end_matches('-').parse::<usize>().unwrap());
        }
        if line.is_empty() {
            break;
        }
    }
    let content = fs::read(folder.join(name))?;
    let (total, rest) = (content.len(), &content[from.unwrap_or(0)..]);
    let head = match from {
        Some(from) => {
            format!("206 Part\r\nContent-Range: bytes {from}-{}/{total}", total - 1)
        }
        None => "200 Yes".to_owned(),
    };
    write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {}\r\nETag: \"same\"\r\n\r\n", rest.len())?;
    if slow && rest.len() > HALF {
        stream.write_all(&rest[..HALF])?;
        // Until it is left.
        stream.read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    stream.write_all(rest)
}

/// Writes a manifest with one model, `tiny`, whose files are those of a fixture on a server.
fn manifest(root: &Root, fixture: &Path, server: &str) {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(fixture).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(fixture).unwrap();
        let content = fs::read(entry.path()).unwrap();
        files.push(json!({
            "path": path,
            "url": format!("{server}/{}", path.display()),
            "bytes": content.len(),
            "sha256": ladylinux::foundation::values::Sha256::of(&content),
        }));
    }
    let model = json!({
        "id": "tiny", "display_name": "Tiny", "task": "llm", "format": "onnx",
        "local_path": "llm/tiny", "filename": "model.onnx", "files": files,
    });
    let manifest = json!({ "schema_version": "0.2", "models": [model] });
    fs::write(root.paths().models.join("manifest.json"), manifest.to_string()).unwrap();
}

fn said(output: &Output) -> String {
    format!(
        "{:?}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn told(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

/// PEERS.md pains 13 to 16: a model is fetched once, checked, used, and deleted only when somebody says so.
#[tokio::test]
async fn a_model_is_fetched_loaded_shown_and_deleted() {
    let (root, curt) = (Root::new(), fixture("curt"));
    manifest(&root, &curt, &serve(curt.clone(), false));
    let planned = told(&root.run(&["models", "pull", "--dry-run", "--json"]));
    assert_eq!(planned[0]["id"], "tiny");
    assert!(!root.paths().models.join("llm").exists(), "a dry run fetches nothing");
    // Whoever has a model of his own is not given another one.
    let own = root.run(&["models", "pull", "--dry-run", "--set", "llm.model=mine"]);
    assert_eq!(own.status.code(), Some(2), "{}", said(&own));
    let pulled = root.run(&["models", "pull", "tiny"]);
    assert!(pulled.status.success(), "{}", said(&pulled));
    assert!(said(&pulled).contains("tiny is in "), "{}", said(&pulled));
    let again = told(&root.run(&["models", "pull", "--json"]));
    assert_eq!(again[0]["files"], json!([]), "what is there is not fetched again");
    let verified = root.run(&["models", "verify", "--full", "--json"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(told(&verified).as_array().unwrap().iter().all(|file| file["verdict"] == "verified"));

    let node = root.start();
    let ready = || node.get("/api/workers").send();
    let mut workers: Value = ready().await.unwrap().json().await.unwrap();
    while workers["workers"][0]["state"] != "ready" {
        assert_ne!(workers["workers"][0]["state"], "refused", "{workers}");
        workers = ready().await.unwrap().json().await.unwrap();
    }
    let shown = node.root.run(&["models", "ps", "--url", &node.url]);
    let text = said(&shown);
    assert!(
        shown.status.success() && text.contains("tiny") && text.contains("in memory"),
        "{text}"
    );
    let root = node.stop_and_keep();
    let gone = root.run(&["models", "ps", "--url", "http://127.0.0.1:9"]);
    assert_eq!(gone.status.code(), Some(3), "{}", said(&gone));

    let asked = root.run(&["models", "rm", "tiny"]);
    assert_eq!(asked.status.code(), Some(2), "{}", said(&asked));
    assert!(said(&asked).contains("--yes") && root.paths().models.join("llm/tiny").exists());
    let deleted = root.run(&["models", "rm", "tiny", "--yes"]);
    assert!(deleted.status.success() && !root.paths().models.join("llm/tiny").exists());
    let nothing = root.run(&["models", "rm", "tiny", "--yes"]);
    assert_eq!(nothing.status.code(), Some(1), "{}", said(&nothing));
}

/// Waits until a run has said this, or ends the test if it ends before.
fn until_said(child: &mut Child, what: &str) {
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let said = stderr.lines().map_while(Result::ok).any(|line| line.contains(what));
    assert!(said, "it ended and did not say {what}");
}

#[test]
fn a_fetch_that_is_interrupted_or_killed_goes_on_where_it_was() {
    let (root, curt) = (Root::new(), fixture("curt"));
    let whole = fs::metadata(curt.join("model.onnx")).unwrap().len();
    assert!(whole > 2 * HALF as u64);
    let parts = root.paths().models.join(".pull-tiny/parts/model.onnx");
    for (signal, code) in [("INT", Some(130)), ("TERM", Some(130)), ("KILL", None)] {
        manifest(&root, &curt, &serve(curt.clone(), true));
        let before = fs::metadata(&parts).map_or(0, |part| part.len());
        let mut child = root
            .command(&["models", "pull", "tiny"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_said(&mut child, "fetching model.onnx");
        // It has come as far as the server lets it; a part of it may still be on its way to the disk.
        while fs::metadata(&parts).map_or(0, |part| part.len()) < (before + HALF as u64).min(whole)
        {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            thread::yield_now();
        }
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), code, "{signal}");
        assert!(!root.paths().models.join("llm").exists(), "{signal}");
        if before + 2 * HALF as u64 > whole {
            break;
        }
    }
    manifest(&root, &curt, &serve(curt.clone(), false));
    let output = root.run(&["models", "pull", "tiny"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("going on after"), "{}", said(&output));
    let there = fs::read(root.paths().models.join("llm/tiny/model.onnx")).unwrap();
    assert!(there == fs::read(curt.join("model.onnx")).unwrap());
}

#[test]
fn a_read_only_models_directory_names_the_one_shot() {
    use std::os::unix::fs::PermissionsExt;
    let name = "a_read_only_models_directory_names_the_one_shot";
    if rustix::process::geteuid().is_root() {
        return skip(name, "root may write everything: run the tests as a plain user");
    }
    let (root, curt) = (Root::new(), fixture("curt"));
    manifest(&root, &curt, &serve(curt.clone(), false));
    let models = root.paths().models;
    fs::set_permissions(&models, fs::Permissions::from_mode(0o555)).unwrap();
    let output = root.run(&["models", "pull", "tiny"]);
    fs::set_permissions(&models, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("systemctl start ladylinux-models"), "{}", said(&output));
}

/// What has no network does all but one thing: LL-DEP-47, VOX-46.
#[test]
fn nothing_but_a_fetch_needs_a_network() {
    let name = "nothing_but_a_fetch_needs_a_network";
    let alone = ["unshare", "--map-root-user", "--net"];
    let can =
        Command::new(alone[0]).args(&alone[1..]).args(["ip", "link", "set", "lo", "up"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        return skip(name, "this user may not make network namespaces, or there is no `ip`");
    }
    let (root, curt) = (Root::bare(), fixture("curt"));
    let notes = root.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("boiler.md"), "# Boiler\n\nThe boiler is serviced in May.\n").unwrap();
    let binary = root.command(&[]);
    let script = r#"set -eu
ip link set lo up
# The root's own flag stands behind the words of each command.
lady() { "$BINARY" "$@" --root "$ROOT"; }
lady provision >/dev/null; lady migrate
lady models list >/dev/null; lady models show qwen2.5-0.5b-instruct >/dev/null
lady models import "$MODEL" --id curt; lady models verify
lady learn "$NOTES"; lady config check >/dev/null; lady host-facts >/dev/null; lady prepare --check >/dev/null || test $? = 3
"$BINARY" serve --port 8123 --root "$ROOT" >"$ROOT/log" 2>&1 & node=$!
# Whatever fails here, nothing may run on and keep this test waiting.
trap 'kill $node $pull 2>/dev/null || true' EXIT
pull=
for try in $(seq 600); do "$BINARY" healthcheck --root "$ROOT" --set http.port=8123 2>/dev/null && break; sleep 0.1; done
"$BINARY" ask "when is the boiler serviced?" --url http://127.0.0.1:8123 --root "$ROOT"
"$BINARY" models ps --url http://127.0.0.1:8123 --root "$ROOT"
kill $node; wait $node
"$BINARY" models pull qwen2.5-0.5b-instruct --root "$ROOT" 2>"$ROOT/pull" & pull=$!
until grep "no connection" "$ROOT/pull"; do kill -0 $pull; sleep 0.1; done
kill $pull
test -z "$(find "$ROOT" -path '*.pull-*/files/*' -type f)" && echo "and only that failed"
"#;
    let mut command = Command::new(alone[0]);
    command.args(&alone[1..]).args(["sh", "-c", script]);
    command.env_clear().envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("BINARY", env!("CARGO_BIN_EXE_ladylinux")).env("ROOT", root.path());
    command.env("MODEL", &curt).env("NOTES", &notes).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    for wanted in ["[1] Boiler", "no connection", "and only that failed"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

/// Whether a tiny model becomes faster is not for a test to say; whatever comes of it is whole, and the model is as it was.
#[test]
fn a_model_is_made_faster_or_left_as_it_was() {
    let (root, curt) = (Root::new(), fixture("curt"));
    let imported = root.run(&["models", "import", curt.to_str().unwrap(), "--id", "mine"]);
    assert!(imported.status.success(), "{}", said(&imported));
    let folder = root.paths().models.join("mine");
    let original = fs::read(folder.join("model.onnx")).unwrap();
    let made = || folder.join("model.optimized.onnx").exists();

    let planned = told(&root.run(&["models", "optimize", "mine", "--dry-run", "--json"]));
    assert_eq!(planned["outcome"], "planned");
    assert_eq!(planned["changes"]["head"]["bits"], 8, "{planned}");
    let kept = told(&root.run(&["models", "optimize", "mine", "--head", "keep", "--json"]));
    assert_eq!(kept["outcome"], "nothing_to_do", "{kept}");
    assert!(!made());

    let quick = ["--rounds", "1", "--prompt-tokens", "16", "--written-tokens", "4"];
    let output = root.run(&[&["models", "optimize", "mine", "--json"], &quick[..]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let outcome = told(&output)["outcome"].clone();
    assert!(
        ["optimized", "not_faster", "not_alike"].iter().any(|one| outcome == *one),
        "{outcome}"
    );
    assert_eq!(made(), outcome == "optimized");
    let left = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_str().unwrap().ends_with(".partial")));
    assert_eq!(fs::read(folder.join("model.onnx")).unwrap(), original);
    let removed = root.run(&["models", "optimize", "mine", "--remove"]);
    assert!(removed.status.success() && !made(), "{}", said(&removed));

    let unknown = root.run(&["models", "optimize", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", said(&unknown));
    let other = root.run(&["models", "optimize", "multilingual-e5-small"]);
    assert!(said(&other).contains("only causal language models"), "{}", said(&other));
}

#[test]
fn a_machine_is_told_what_it_does_with_what_it_has() {
    let (root, curt) = (Root::new(), fixture("curt"));
    let output = root.run(&["bench"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("models pull"), "{}", said(&output));

    let imported = root.run(&["models", "import", curt.to_str().unwrap(), "--id", "mine"]);
    assert!(imported.status.success(), "{}", said(&imported));
    let report = told(&root.run(&["bench", "--json"]));
    let model = &report["language"][0];
    assert_eq!((&model["id"], &model["used"]), (&json!("mine"), &json!(true)), "{report}");
    for figure in ["reads_tokens_per_second", "writes_tokens_per_second", "resident_bytes"] {
        assert!(model[figure].as_f64().unwrap() > 0.0, "{figure}: {report}");
    }
    assert_eq!(model["first_token"][0]["prompt_tokens"], 100);
    assert!(report["means"][0].as_str().unwrap().contains("With mine, a question"), "{report}");
    assert!(report["machine"]["cpus"].as_u64().unwrap() >= 1 && report["search"].is_null());

    fs::write(root.paths().models.join("mine/model.onnx"), "not a graph").unwrap();
    let output = root.run(&["bench", "--model", "mine"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("could not be measured"), "{}", said(&output));
    let unknown = root.run(&["bench", "--model", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", said(&unknown));
}

#[tokio::test]
async fn a_node_loads_the_faster_graph_that_was_kept_and_the_original_once_that_is_gone() {
    let (root, curt) = (Root::new(), fixture("curt"));
    let imported = root.run(&["models", "import", curt.to_str().unwrap(), "--id", "mine"]);
    assert!(imported.status.success(), "{}", said(&imported));
    let graph = root.paths().models.join("mine/model.onnx");
    let form = optimize::HeadForm { bits: 8, block: 32 };
    let draft = optimize::Plan::of(&graph, Some(form)).unwrap().write(&mut |_| Ok(())).unwrap();
    let speed = optimize::Speed {
        threads: 1,
        rounds: 1,
        prompt_tokens: 1,
        written_tokens: 1,
        reading_before: 1.0,
        reading_after: 2.0,
        reading_gain: 2.0,
        writing_before: 1.0,
        writing_after: 2.0,
        writing_gain: 2.0,
        answer_gain: 2.0,
    };
    let answers = optimize::Answers {
        tokens: 1,
        same_token: 1.0,
        as_likely: 1.0,
        largest_difference: 0.0,
        divergence: 0.0,
    };
    let record = draft.keep(speed, answers).unwrap();
    let listed = told(&root.run(&["models", "list", "--json"]));
    let mine = listed.as_array().unwrap().iter().find(|model| model["id"] == "mine").unwrap();
    assert_eq!(mine["optimized"], true);
    let shown = told(&root.run(&["models", "show", "mine", "--json"]));
    assert_eq!(shown["optimized"]["speed"]["answer_gain"], 2.0, "{shown}");
    let verified = root.run(&["models", "verify", "mine", "--json"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert_eq!(told(&verified).as_array().unwrap().len(), 2, "{}", said(&verified));

    let node = root.start();
    assert_eq!(loaded(&node).await, record.graph.sha256.to_string());
    let root = node.stop_and_keep();
    let removed = root.run(&["models", "optimize", "mine", "--remove"]);
    assert!(removed.status.success(), "{}", said(&removed));
    let node = root.start();
    assert_eq!(loaded(&node).await, record.source.sha256.to_string());
}

/// Waits for the language model, and returns the digest of its graph.
async fn loaded(node: &Node) -> String {
    loop {
        let workers: Value = node.get("/api/workers").send().await.unwrap().json().await.unwrap();
        let worker = &workers["workers"][0];
        assert_ne!(worker["state"], "refused", "{workers}");
        if worker["state"] == "ready" {
            return worker["model"]["digest"].as_str().unwrap().to_owned();
        }
    }
}
