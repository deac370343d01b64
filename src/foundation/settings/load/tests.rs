//! Settings from their sources to their values, and every way in which they can be wrong.

use super::*;
use std::{fs, time::Duration};

/// A root with a configuration directory in it.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(root.0.path().join("etc/ladylinux")).unwrap();
        root
    }

    fn toml(self, text: &str) -> Self {
        fs::write(self.0.path().join("etc/ladylinux/ladylinux.toml"), text).unwrap();
        self
    }

    fn env(self, text: &str) -> Self {
        fs::write(self.0.path().join("etc/ladylinux/ladylinux.env"), text).unwrap();
        self
    }

    fn load(&self, environment: &[(&str, &str)], set: &[(&str, &str)]) -> Result<Loaded, String> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let root = self.0.path().display().to_string();
        let mut flags = vec![("paths.root".to_owned(), root.clone())];
        flags.extend(set.iter().map(own));
        let environment = environment.iter().map(own).collect();
        load(Sources { flags, environment })
            .map_err(|errors| errors.to_string().replace(&root, "<root>"))
    }

    fn problems(&self, environment: &[(&str, &str)]) -> String {
        self.load(environment, &[]).unwrap_err()
    }
}

fn origin<'a>(loaded: &'a Loaded, key: &str) -> &'a Origin {
    &loaded.effective.iter().find(|effective| effective.key == key).unwrap().origin
}

#[test]
fn without_any_file_the_defaults_hold_below_the_root() {
    let root = Root::new();
    let loaded = root.load(&[], &[]).unwrap();
    let settings = loaded.settings;
    assert_eq!(settings.paths.models, root.0.path().join("opt/ladylinux/models"));
    assert_eq!(settings.paths.protected, root.0.path().join("var/lib/ladylinux/data"));
    assert_eq!(settings.paths.storage, root.0.path().join("var/lib/ladylinux/data/storage"));
    assert_eq!(settings.http.address.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.llm.generation_timeout, Duration::from_mins(5));
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

// C-9, LL-DEP-24, LL-DEP-29
#[test]
fn each_source_beats_the_one_before_it() {
    let root = Root::new().toml("[llm]\nqueue = 1\n");
    assert_eq!(root.load(&[], &[]).unwrap().settings.llm.queue, 1);
    let root = root.env("LADYLINUX_LLM_QUEUE=2\n");
    assert_eq!(root.load(&[], &[]).unwrap().settings.llm.queue, 2);
    let environment = [("LADYLINUX_LLM_QUEUE", "3")];
    assert_eq!(root.load(&environment, &[]).unwrap().settings.llm.queue, 3);
    let loaded = root.load(&environment, &[("llm.queue", "4")]).unwrap();
    assert_eq!(loaded.settings.llm.queue, 4);
    assert_eq!(*origin(&loaded, "llm.queue"), Origin::Flag);
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let root = Root::new().toml("[llm]\nqueue = 1\n").env("LADYLINUX_PORT=\n");
    let loaded = root.load(&[("LADYLINUX_LLM_QUEUE", "")], &[]).unwrap();
    assert_eq!(loaded.settings.llm.queue, 1);
    assert_eq!(*origin(&loaded, "http.port"), Origin::Default);
}

#[test]
fn every_origin_names_its_line_or_variable() {
    let root = Root::new().toml("[llm]\n\nqueue = 1\n").env("# env\nexport LADYLINUX_PORT=81\n");
    let loaded = root.load(&[("LADYLINUX_LOG", "warn")], &[]).unwrap();
    let config = root.0.path().join("etc/ladylinux");
    assert_eq!(
        *origin(&loaded, "llm.queue"),
        Origin::File { path: config.join("ladylinux.toml"), line: 3 }
    );
    assert_eq!(
        *origin(&loaded, "http.port"),
        Origin::EnvFile { path: config.join("ladylinux.env"), line: 2 }
    );
    assert_eq!(
        *origin(&loaded, "telemetry.log"),
        Origin::Environment { name: "LADYLINUX_LOG".to_owned() }
    );
}

#[test]
fn a_file_that_is_no_toml_is_named_with_its_line() {
    let root = Root::new().toml("environment = \"dev\"\n[llm\nqueue = 1\n");
    insta::assert_snapshot!(root.problems(&[]), @r##"
    the settings have a problem
      <root>/etc/ladylinux/ladylinux.toml:2: this is not TOML: unclosed table, expected `]`
    "##);
}

#[test]
fn all_problems_are_reported_at_once() {
    let root = Root::new()
        .toml("colour = \"red\"\n[http]\nprot = 80\nport = \"eighty\"\n[llm]\nqueue_timeout = \"soon\"\nqueue = -1\n[[llm.model]]\n")
        .env("LADYLINUX_PROT=80\nnonsense\n");
    insta::assert_snapshot!(root.problems(&[("LADYLINUX_ENV", "production"), ("LADYLINUX_FEATURES", "flying")]), @r##"
    the settings have 10 problems
      <root>/etc/ladylinux/ladylinux.toml:1: there is no setting colour: see `ladylinux config default` for all of them
      <root>/etc/ladylinux/ladylinux.toml:3: there is no setting http.prot: did you mean http.port?
      <root>/etc/ladylinux/ladylinux.toml:8: llm.model must be a string, an integer or an array of strings, not array of tables
      <root>/etc/ladylinux/ladylinux.env:2: a line must be KEY=value, a # comment or empty
      <root>/etc/ladylinux/ladylinux.env:1: there is no setting LADYLINUX_PROT: did you mean LADYLINUX_PORT?
      <root>/etc/ladylinux/ladylinux.toml:4: http.port must be an integer, not the string "eighty"
      environment LADYLINUX_ENV: environment = "production" is not allowed: it must be one of dev, test, prod
      environment LADYLINUX_FEATURES: features = "flying" is not allowed: the features are token-timing and protected-mount
      <root>/etc/ladylinux/ladylinux.toml:7: llm.queue = "-1" is not allowed: it must be from 0 to 10000
      <root>/etc/ladylinux/ladylinux.toml:6: llm.queue_timeout = "soon" is not allowed: it must be a duration such as 30s or 2m, from 1s to 1h
    "##);
}

// LL-DEP-33, LL-DEP-34
#[test]
fn closed_lists_name_what_they_hold() {
    let root = Root::new();
    let environment = [
        ("LADYLINUX_ENV", "staging"),
        ("LADYLINUX_FEATURES", "token-timing,flying"),
        ("ENDOREG_DEPLOYMENT_ROLE", "hub"),
        ("LADYLINUX_EXPOSURE", "internet"),
        ("LADYLINUX_LOG", "inof"),
        ("LADYLINUX_LOG_FORMAT", "xml"),
    ];
    insta::assert_snapshot!(root.problems(&environment), @r##"
    the settings have 6 problems
      environment LADYLINUX_ENV: environment = "staging" is not allowed: it must be one of dev, test, prod
      environment ENDOREG_DEPLOYMENT_ROLE: role = "hub" is not allowed: it must be one of standalone, site_node, central_hub
      environment LADYLINUX_FEATURES: features = "token-timing,flying" is not allowed: the features are token-timing and protected-mount
      environment LADYLINUX_EXPOSURE: http.exposure = "internet" is not allowed: it must be one of loopback, published, lan
      environment LADYLINUX_LOG: telemetry.log = "inof" is not allowed: it must be off, error, warn, info, debug or trace, or directives such as "info,ladylinux::api=debug"
      environment LADYLINUX_LOG_FORMAT: telemetry.log_format = "xml" is not allowed: it must be one of auto, human, json
    "##);
}

#[test]
fn a_file_that_cannot_be_read_is_a_problem_and_not_a_default() {
    let root = Root::new();
    fs::write(root.0.path().join("etc/ladylinux/ladylinux.env"), [b'A', b'=', 0xff]).unwrap();
    fs::create_dir(root.0.path().join("etc/ladylinux/ladylinux.toml")).unwrap();
    insta::assert_snapshot!(root.problems(&[]), @r##"
    the settings have 2 problems
      <root>/etc/ladylinux/ladylinux.toml:1: cannot read this file (Is a directory (os error 21)): mend its permissions or its content
      <root>/etc/ladylinux/ladylinux.env:1: cannot read this file (stream did not contain valid UTF-8): mend its permissions or its content
    "##);
}

#[test]
fn a_file_cannot_move_itself() {
    let root = Root::new()
        .toml("[paths]\nroot = \"/elsewhere\"\n")
        .env("LADYLINUX_CONFIG_DIR=/etc/other\n");
    insta::assert_snapshot!(root.problems(&[]), @r##"
    the settings have 2 problems
      <root>/etc/ladylinux/ladylinux.toml:2: paths.root decides where this file is, so it cannot be set in it: use LADYLINUX_ROOT in the process environment or --root
      <root>/etc/ladylinux/ladylinux.env:1: paths.config decides where this file is, so it cannot be set in it: use LADYLINUX_CONFIG_DIR in the process environment
    "##);
}

#[test]
fn a_file_may_repeat_where_it_is() {
    let root = Root::new().env("LADYLINUX_CONFIG_DIR=/etc/ladylinux\n");
    assert!(root.load(&[], &[]).is_ok());
}

// LXA-37, LXA-38, LXA-39, LXA-40, LXA-41
#[test]
fn the_canonical_name_of_the_protected_root_beats_its_aliases() {
    let root = Root::new();
    let loaded = root
        .load(&[("LX_ANNOTATE_ENCRYPTED_DATA_DIR", "/mnt/vault"), ("DATA_DIR", "/mnt/vault/")], &[])
        .unwrap();
    assert_eq!(loaded.settings.paths.protected, Path::new("/mnt/vault"));
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let loaded = root.load(&[("LX_ANNOTATE_DATA_DIR", "/mnt/vault")], &[]).unwrap();
    assert_eq!(loaded.settings.paths.storage, Path::new("/mnt/vault/storage"));
    insta::assert_snapshot!(loaded.warnings.join("\n"), @"environment LX_ANNOTATE_DATA_DIR: LX_ANNOTATE_DATA_DIR is an old name: use LX_ANNOTATE_ENCRYPTED_DATA_DIR instead");
}

// LXA-39, LXA-42
#[test]
fn contradicting_names_are_both_named() {
    let root = Root::new().env("LX_ANNOTATE_DATA_DIR=/mnt/one\nSTORAGE_DIR=/mnt/three/storage\n");
    let environment = [("LX_ANNOTATE_ENCRYPTED_DATA_DIR", "/mnt/two"), ("DATA_DIR", "/mnt/two")];
    insta::assert_snapshot!(root.problems(&environment), @r##"
    the settings have 2 problems
      <root>/etc/ladylinux/ladylinux.env:1: LX_ANNOTATE_DATA_DIR = "/mnt/one" contradicts LX_ANNOTATE_ENCRYPTED_DATA_DIR = "/mnt/two" (environment LX_ANNOTATE_ENCRYPTED_DATA_DIR): keep one of them
      <root>/etc/ladylinux/ladylinux.env:2: STORAGE_DIR = "/mnt/three/storage" contradicts LX_ANNOTATE_ENCRYPTED_DATA_DIR/storage = "/mnt/two/storage" (environment LX_ANNOTATE_ENCRYPTED_DATA_DIR): keep one of them
    "##);
}

// C-8
#[test]
fn an_old_env_file_is_read_only_where_there_is_none_of_ours() {
    let root = Root::new();
    let state = root.0.path().join("var/lib/ladylinux");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join(".env.systemd"), "DATA_DIR=/mnt/vault\nDJANGO_DEBUG=0\n").unwrap();
    let loaded = root.load(&[], &[]).unwrap();
    assert_eq!(loaded.settings.paths.protected, Path::new("/mnt/vault"));
    assert_eq!(loaded.warnings.len(), 2, "the old file and the old name: {:?}", loaded.warnings);
    let root = root.env("DATA_DIR=/mnt/vault\n");
    assert_eq!(root.load(&[], &[]).unwrap().warnings.len(), 1);
    let root = root.env("LADYLINUX_PORT=8001\n");
    insta::assert_snapshot!(root.problems(&[]), @r##"
    the settings have a problem
      <root>/var/lib/ladylinux/.env.systemd:1: DATA_DIR is set in this old file, and not so in <root>/etc/ladylinux/ladylinux.env: copy it there, then remove this file
    "##);
}

// LXA-40
#[test]
fn storage_dir_may_repeat_what_is_derived() {
    let root = Root::new();
    let environment =
        [("LX_ANNOTATE_ENCRYPTED_DATA_DIR", "/mnt/vault"), ("STORAGE_DIR", "/mnt/vault/storage/")];
    assert_eq!(
        root.load(&environment, &[]).unwrap().settings.paths.storage,
        Path::new("/mnt/vault/storage")
    );
}

#[test]
fn exposure_decides_the_address() {
    let root = Root::new();
    let address = |environment: &[(&str, &str)]| {
        root.load(environment, &[]).map(|loaded| loaded.settings.http.address.to_string())
    };
    assert_eq!(address(&[("LADYLINUX_EXPOSURE", "published")]).unwrap(), "0.0.0.0:8000");
    assert_eq!(address(&[("LADYLINUX_HOST", "::1")]).unwrap(), "[::1]:8000");
    let proxied = [("LADYLINUX_EXPOSURE", "lan"), ("LADYLINUX_TRUSTED_PROXIES", "10.0.0.1, ::1")];
    assert_eq!(address(&proxied).unwrap(), "0.0.0.0:8000");
    let own = [("LADYLINUX_TLS_CERTIFICATE", "/c.pem"), ("LADYLINUX_TLS_KEY", "/k.pem")];
    assert!(address(&[own[0], own[1], ("LADYLINUX_EXPOSURE", "lan")]).is_ok());
    let wrong = [("LADYLINUX_HOST", "0.0.0.0"), own[0], ("LADYLINUX_ALLOWED_HOSTS", "https://x")];
    insta::assert_snapshot!(address(&wrong).unwrap_err(), @r##"
    the settings have 3 problems
      environment LADYLINUX_TLS_CERTIFICATE: http.tls_certificate = "/c.pem" is not allowed: it needs http.tls_key beside it
      environment LADYLINUX_ALLOWED_HOSTS: http.allowed_hosts = "https://x" is not allowed: each must be a host name or address, without scheme, port or path
      environment LADYLINUX_HOST: http.host = "0.0.0.0" is not allowed: http.exposure = "loopback" answers this machine only: remove the host, or set http.exposure to lan (with TLS) or, in a container, to published
    "##);
    insta::assert_snapshot!(address(&[("LADYLINUX_EXPOSURE", "lan")]).unwrap_err(), @r##"
    the settings have a problem
      environment LADYLINUX_EXPOSURE: http.exposure = "lan" is not allowed: what the network can reach needs TLS: set http.tls_certificate and http.tls_key, or name in http.trusted_proxies the proxy that terminates TLS
    "##);
}

// LL-DEP-34
#[test]
fn prod_does_not_forgive_what_dev_only_warns_about() {
    let root = Root::new().env("DATA_DIR=/mnt/vault\nLX_ANNOTATE_DATADIR=/mnt/other\nTZ=UTC\n");
    assert_eq!(root.load(&[], &[]).unwrap().warnings.len(), 2);
    // LXA-38: an alias is accepted everywhere; what is probably misspelt is not.
    insta::assert_snapshot!(root.problems(&[("LADYLINUX_ENV", "prod")]), @r##"
    the settings have a problem
      <root>/etc/ladylinux/ladylinux.env:2: LX_ANNOTATE_DATADIR is no setting and is ignored: did you mean LX_ANNOTATE_DATA_DIR?, which environment = "prod" does not forgive
    "##);
}

#[test]
fn only_what_is_for_this_program_is_taken_from_the_environment() {
    assert!(environment().keys().all(|name| keys::is_ours(name)));
    assert!(keys::is_ours("LADYLINUX_PROT") && keys::is_ours("DATA_DIR"));
    assert!(!keys::is_ours("AWS_SECRET_ACCESS_KEY"));
}

proptest::proptest! {
    // Each case writes two files.
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_panics(toml in "\\PC*|([a-z]+ = [\"0-9a-z\\[\\]{}#.-]*\n|\\[[a-z.]+\\]\n)*", env in "\\PC*") {
        drop(Root::new().toml(&toml).env(&env).load(&[], &[]));
    }
}

#[test]
fn a_variable_of_a_script_is_no_setting_and_no_error() {
    assert!(Root::new().load(&[("LADYLINUX_BENCH_DIR", "/tmp"), ("PATH", "/bin")], &[]).is_ok());
}

#[test]
fn a_relative_root_becomes_absolute_and_other_paths_must_be() {
    let loaded = load(Sources {
        flags: vec![("paths.root".to_owned(), "./no/such/../place".to_owned())],
        environment: BTreeMap::new(),
    })
    .unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(loaded.settings.paths.config, here.join("no/place/etc/ladylinux"));
    let problems = Root::new().problems(&[("LADYLINUX_MODELS_DIR", "models")]);
    insta::assert_snapshot!(problems, @r##"
    the settings have a problem
      environment LADYLINUX_MODELS_DIR: paths.models = "models" is not allowed: it must be an absolute path without .. in it
    "##);
}

// LXA-96
#[test]
fn the_derived_roots_are_shown() {
    let loaded =
        Root::new().load(&[("LX_ANNOTATE_ENCRYPTED_DATA_DIR", "/mnt/vault")], &[]).unwrap();
    let shown = |key: &str| {
        loaded.effective.iter().find(|one| one.key == key).map(|one| (one.env, one.value.clone()))
    };
    assert_eq!(shown("paths.storage"), Some(("STORAGE_DIR", json!("/mnt/vault/storage"))));
    assert_eq!(
        shown("paths.streamable_raw").unwrap().1,
        json!("/mnt/vault/storage/streamable_videos/raw")
    );
}

// C-39, VOX-64
#[test]
fn a_port_that_is_published_to_others_needs_tls() {
    let root = Root::new();
    let published = |at: &str, more: &[(&str, &str)]| {
        let mut set = vec![("http.exposure", "published"), ("http.published_address", at)];
        set.extend(more);
        root.load(&[], &set).map(|loaded| loaded.settings.http)
    };
    for (at, is_local) in [("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("", false)] {
        let http = published(at, &[]).unwrap();
        assert_eq!((http.is_local(), http.is_open()), (is_local, false), "{at}");
    }
    for at in ["0.0.0.0", "192.168.1.5", "::"] {
        assert!(published(at, &[]).unwrap_err().contains("needs TLS"), "{at}");
        let proxied = published(at, &[("http.trusted_proxies", "10.0.0.1")]).unwrap();
        assert!(proxied.is_open() && !proxied.is_local(), "{at}");
    }
    assert!(published("the-lan", &[]).unwrap_err().contains("must be an IP address"));
}

#[test]
fn a_digest_is_what_a_registry_writes_or_nothing() {
    let root = Root::new();
    let digest = |text: &str| {
        let loaded = root.load(&[("LADYLINUX_RELEASE_DIGEST", text)], &[]);
        loaded.map(|loaded| loaded.settings.release.digest)
    };
    let right = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(digest(&right), Ok(Some(right)));
    assert_eq!(digest(""), Ok(None));
    let upper = format!("sha256:{}", "0A".repeat(32));
    for wrong in ["latest", "sha256:abc", &"0a".repeat(32), upper.as_str()] {
        assert!(digest(wrong).unwrap_err().contains("64 hexadecimal digits"), "{wrong}");
    }
}

// VOX-55, VOX-56
#[test]
fn the_numbers_of_policy_fit_together_or_are_refused_with_their_line() {
    let toml = "[policy]\nprobable_from = 900\nteen_from = 18\nask_below = 801\ndelegation = \"25h\"\nconsent = \"2d\"\n";
    let said = Root::new().toml(toml).problems(&[("LADYLINUX_POLICY_WEIGHT_VOICE", "1001")]);
    for (line, key) in [
        (2, "policy.probable_from"),
        (3, "policy.teen_from"),
        (4, "policy.ask_below"),
        (5, "policy.delegation"),
        (6, "policy.consent"),
    ] {
        assert!(said.contains(&format!("ladylinux.toml:{line}: {key} = ")), "{said}");
    }
    assert!(said.contains("LADYLINUX_POLICY_WEIGHT_VOICE: policy.weight_voice"), "{said}");
    let set = [("policy.adult_from", "21"), ("policy.confirm_timeout", "1m")];
    let policy = Root::new().load(&[], &set).unwrap().settings.policy;
    assert_eq!((policy.adult_from, policy.confirm_timeout), (21, Duration::from_mins(1)));
}
