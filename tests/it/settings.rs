//! Settings on the command line: `ladylinux config`, and what a broken file gets.

use crate::run::{Node, json};

// LL-DEP-30
#[test]
fn config_print_shows_every_value_with_its_variable_and_origin() {
    let node = Node::provisioned();
    node.write("etc/ladylinux/ladylinux.toml", "[llm]\nqueue = 3\n");
    let run = node.run_with(&["config", "print", "--effective"], &[("LADYLINUX_PORT", "8123")]);
    assert_eq!(run.code, 0, "{run:?}");
    let line = |key: &str| {
        let found = run.stdout.lines().find(|line| line.starts_with(&format!("{key} ")));
        found.unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        line("http.port"),
        ["http.port", "LADYLINUX_PORT", "8123", "environment", "LADYLINUX_PORT"]
    );
    assert_eq!(line("llm.queue")[1..3], ["LADYLINUX_LLM_QUEUE", "3"]);
    assert!(line("llm.queue")[3].ends_with("etc/ladylinux/ladylinux.toml:2"));
    assert_eq!(line("llm.max_tokens").last().map(String::as_str), Some("default"));
    // LXA-96
    for name in ["STORAGE_DIR", "LX_ANNOTATE_ENCRYPTED_DATA_DIR", "storage/streamable_videos/raw"] {
        assert!(run.stdout.contains(name), "{name}");
    }
}

#[test]
fn config_print_as_json_has_one_object_a_setting() {
    let node = Node::provisioned();
    let shown = json(&node.run(&["config", "print", "--json", "--set", "llm.queue=5"]));
    assert_eq!(shown.as_array().map(Vec::len), Some(2), "the root and the queue were set: {shown}");
    assert_eq!(shown[1]["key"], "llm.queue");
    assert_eq!(shown[1]["value"], 5);
    assert_eq!(shown[1]["origin"]["source"], "flag");
}

#[test]
fn the_printed_defaults_are_themselves_a_valid_file() {
    let node = Node::provisioned();
    let defaults = node.run(&["config", "default"]).stdout;
    // What decides where the file is cannot be set in it.
    let defaults =
        defaults.replace("root = \"/\"", &format!("root = \"{}\"", node.root().display()));
    node.write("etc/ladylinux/ladylinux.toml", &defaults);
    let run = node.run(&["config", "check"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_broken_file_is_refused_by_every_verb_with_its_line() {
    let node = Node::provisioned();
    node.write("etc/ladylinux/ladylinux.toml", "[http]\nprot = 80\n");
    node.write("etc/ladylinux/ladylinux.env", "LADYLINUX_ENV=\"prod\nLADYLINUX_LLM_QEUE=3\n");
    for verb in [&["config", "check"][..], &["migrate"], &["provision", "--check"]] {
        let run = node.run(verb);
        assert_eq!(run.code, 2, "{run:?}");
        for part in [
            "ladylinux.toml:2: there is no setting http.prot: did you mean http.port?",
            "ladylinux.env:1: the value of LADYLINUX_ENV has a \" without its end",
            "ladylinux.env:2: there is no setting LADYLINUX_LLM_QEUE: did you mean LADYLINUX_LLM_QUEUE?",
        ] {
            assert!(run.stderr.contains(part), "{part:?} is missing in {}", run.stderr);
        }
    }
}

#[test]
fn a_set_flag_without_a_value_is_wrong_usage() {
    let run = Node::provisioned().run(&["config", "check", "--set", "llm.queue"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("write it as key=value"), "{}", run.stderr);
}

#[test]
fn version_says_what_this_binary_is() {
    let version = json(&Node::fresh().run(&["version", "--json"]));
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(version["runtime"].as_str().is_some_and(|runtime| runtime.starts_with("ONNX Runtime")));
}
