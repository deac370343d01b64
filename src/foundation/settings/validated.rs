//! Settings validated: from merged text and numbers to [`Settings`], or to everything that is wrong with them.

use super::{
    Conversation, Embed, Environment, Exposure, Extract, Feature, Host, Http, Knowledge, Llm,
    LogFormat, Paths, Policy, Release, Rerank, Role, Settings, Telemetry, Tls, Workers, commands,
    keys,
    merged::{Merged, Setting},
    problem::{Fault, Origin, Problem},
    written::Value,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Checks every value, and returns the settings or all problems at once.
///
/// `storage_dir` is `STORAGE_DIR` as it was written: it may repeat what is derived, and nothing else (LXA-42).
pub(super) fn validate(
    merged: &Merged,
    storage_dir: Option<(String, Origin)>,
) -> Result<Settings, Vec<Problem>> {
    let mut check = Check { merged, problems: Vec::new() };
    let settings = Settings {
        environment: check.one_of(
            "environment",
            &[("dev", Environment::Dev), ("test", Environment::Test), ("prod", Environment::Prod)],
        ),
        role: check.one_of(
            "role",
            &[
                ("standalone", Role::Standalone),
                ("site_node", Role::SiteNode),
                ("central_hub", Role::CentralHub),
            ],
        ),
        features: check
            .each(
                "features",
                "the features are token-timing and protected-mount",
                |name| match name {
                    "token-timing" => Some(Feature::TokenTiming),
                    "protected-mount" => Some(Feature::ProtectedMount),
                    _ => None,
                },
            )
            .into_iter()
            .collect(),
        paths: paths(&mut check, storage_dir),
        http: http(&mut check),
        workers: workers(&mut check),
        llm: llm(&mut check),
        embed: Embed {
            model: Some(check.text("embed.model")).filter(|model| !model.is_empty()),
            queue: check.number("embed.queue", 0..=10_000),
            queue_timeout: check.duration("embed.queue_timeout", SECOND..=HOUR),
            timeout: check.duration("embed.timeout", SECOND..=HOUR),
            batch_tokens: check.number("embed.batch_tokens", 16..=1 << 20),
        },
        rerank: Rerank {
            model: Some(check.text("rerank.model")).filter(|model| !model.is_empty()),
            queue: check.number("rerank.queue", 0..=10_000),
            queue_timeout: check.duration("rerank.queue_timeout", SECOND..=HOUR),
            timeout: check.duration("rerank.timeout", SECOND..=HOUR),
            batch_tokens: check.number("rerank.batch_tokens", 16..=1 << 20),
            candidates: check.number("rerank.candidates", 0..=50),
            patience: check.duration("rerank.patience", Duration::from_millis(50)..=HOUR),
        },
        knowledge: Knowledge {
            passage_chars: check.number("knowledge.passage_chars", 100..=10_000),
            max_file_bytes: check.number("knowledge.max_file_bytes", 1024..=1 << 30),
            results: check.number("knowledge.results", 1..=50),
            manual: check.optional_path("knowledge.manual"),
        },
        extract: Extract {
            max_pages: check.number("extract.max_pages", 1..=1_000_000),
            memory_bytes: check.number("extract.memory_bytes", 32 << 20..=64 << 30),
            timeout: check.duration("extract.timeout", SECOND..=HOUR),
        },
        conversation: Conversation {
            memory_turns: check.number("conversation.memory_turns", 0..=1000),
            max_conversations: check.number("conversation.max_conversations", 1..=100_000),
            idle_timeout: check.duration("conversation.idle_timeout", SECOND..=30 * DAY),
        },
        policy: policy(&mut check),
        commands: commands::commands(&mut check),
        host: Host {
            facts: check.optional_path("host.facts"),
            facts_max_age: check.duration("host.facts_max_age", SECOND..=30 * DAY),
        },
        release: Release { digest: digest(&mut check) },
        telemetry: telemetry(&mut check),
    };
    if check.problems.is_empty() { Ok(settings) } else { Err(check.problems) }
}

/// Puts `root` before `path`; a path that lies below the root already stays as it is.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(relative) if !path.starts_with(root) => root.join(relative),
        _ => path.to_owned(),
    }
}

fn paths(check: &mut Check<'_>, storage_dir: Option<(String, Origin)>) -> Paths {
    let root = check.path("paths.root");
    let protected_below_root = check.text("paths.protected").is_empty();
    let state = below(&root, &check.path("paths.state"));
    // What the variable names is a mounted path of its own, so the root is not put before it.
    let protected =
        if protected_below_root { state.join("data") } else { check.path("paths.protected") };
    let storage = protected.join("storage");
    if let Some((written, origin)) = storage_dir
        && !same_place(Path::new(&written), &storage)
    {
        let at = check.merged.get("paths.protected").origin.clone();
        check.problems.push(Problem {
            at: origin,
            fault: Fault::Contradiction {
                name: keys::STORAGE_DIR.to_owned(),
                value: written,
                other: "LX_ANNOTATE_ENCRYPTED_DATA_DIR/storage".to_owned(),
                other_value: storage.display().to_string(),
                other_at: Box::new(at),
            },
        });
    }
    Paths {
        config: below(&root, &check.path("paths.config")),
        models: below(&root, &check.path("paths.models")),
        containers: below(&root, &check.path("paths.containers")),
        onnxruntime: check.optional_path("paths.onnxruntime"),
        root,
        state,
        protected,
        storage,
    }
}

/// Whether two paths are one place, symlinks resolved where they exist.
fn same_place(left: &Path, right: &Path) -> bool {
    if left == right {
        return true;
    }
    match (left.canonicalize(), right.canonicalize()) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

fn http(check: &mut Check<'_>) -> Http {
    let exposure = check.one_of(
        "http.exposure",
        &[
            ("loopback", Exposure::Loopback),
            ("published", Exposure::Published),
            ("lan", Exposure::Lan),
        ],
    );
    let trusted_proxies =
        check
            .each("http.trusted_proxies", "each must be an IP address", |proxy| proxy.parse().ok());
    let tls = tls(check);
    let published_address = published_address(check);
    let unprotected = tls.is_none() && trusted_proxies.is_empty();
    let open = match exposure {
        Exposure::Loopback => None,
        Exposure::Lan => Some("http.exposure"),
        Exposure::Published => published_address
            .is_some_and(|address| !address.is_loopback())
            .then_some("http.published_address"),
    };
    if let (Some(key), true) = (open, unprotected) {
        check.refuse(
            key,
            "what the network can reach needs TLS: set http.tls_certificate and http.tls_key, or name in \
             http.trusted_proxies the proxy that terminates TLS",
        );
    }
    let allowed_hosts = check.each(
        "http.allowed_hosts",
        "each must be a host name or address, without scheme, port or path",
        host_name,
    );
    if check.merged.get("http.allowed_hosts").value == Value::List(Vec::new()) {
        check.refuse("http.allowed_hosts", "without a name in it nobody could reach the node");
    }
    Http {
        exposure,
        address: address(check, exposure),
        published_address,
        tls,
        trusted_proxies,
        allowed_hosts,
        max_body_bytes: check.number("http.max_body_bytes", 1024..=1 << 30),
        max_connections: check.number("http.max_connections", 1..=65_536),
        requests_per_minute: check.number("http.requests_per_minute", 1..=1_000_000_000),
        header_timeout: check.duration("http.header_timeout", SECOND..=HOUR),
        request_timeout: check.duration("http.request_timeout", SECOND..=HOUR),
        drain_timeout: check.duration("http.drain_timeout", Duration::ZERO..=HOUR),
    }
}

fn address(check: &mut Check<'_>, exposure: Exposure) -> SocketAddr {
    let port = check.number("http.port", 0..=65_535);
    let host = match check.text("http.host").as_str() {
        "" if exposure == Exposure::Loopback => IpAddr::from(Ipv4Addr::LOCALHOST),
        "" => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        "localhost" => IpAddr::from(Ipv4Addr::LOCALHOST),
        host => host.trim_matches(['[', ']']).parse().unwrap_or_else(|_| {
            check.refuse("http.host", "it must be an IP address, or localhost");
            IpAddr::from(Ipv4Addr::LOCALHOST)
        }),
    };
    if exposure == Exposure::Loopback && !host.is_loopback() {
        check.refuse(
            "http.host",
            "http.exposure = \"loopback\" answers this machine only: remove the host, or set http.exposure to lan \
             (with TLS) or, in a container, to published",
        );
    }
    SocketAddr::new(host, port)
}

/// Reads where the host publishes the node's port; what nobody said is unknown, and unknown is not loopback.
fn published_address(check: &mut Check<'_>) -> Option<IpAddr> {
    match check.text("http.published_address").as_str() {
        "" => None,
        "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        address => {
            let parsed = address.trim_matches(['[', ']']).parse().ok();
            if parsed.is_none() {
                check.refuse("http.published_address", "it must be an IP address, or localhost");
            }
            parsed
        }
    }
}

/// Reads the digest of the image as registries write it.
fn digest(check: &mut Check<'_>) -> Option<String> {
    let digest = check.text("release.digest");
    if digest.is_empty() {
        return None;
    }
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let well_formed = digest
        .strip_prefix("sha256:")
        .is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hexadecimal));
    if !well_formed {
        check.refuse("release.digest", "it must be sha256: and 64 hexadecimal digits");
    }
    Some(digest)
}

fn host_name(name: &str) -> Option<String> {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let fits = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && !name.contains(['/', ':', ' ', '@']),
    };
    fits.then(|| name.to_ascii_lowercase())
}

fn tls(check: &mut Check<'_>) -> Option<Tls> {
    let certificate = !check.text("http.tls_certificate").is_empty();
    let key = !check.text("http.tls_key").is_empty();
    match (certificate, key) {
        (true, true) => Some(Tls {
            certificate: check.path("http.tls_certificate"),
            key: check.path("http.tls_key"),
        }),
        (false, false) => None,
        (true, false) => {
            check.refuse("http.tls_certificate", "it needs http.tls_key beside it");
            None
        }
        (false, true) => {
            check.refuse("http.tls_key", "it needs http.tls_certificate beside it");
            None
        }
    }
}

fn workers(check: &mut Check<'_>) -> Workers {
    Workers {
        handshake_timeout: check.duration("workers.handshake_timeout", SECOND..=HOUR),
        restart_limit: check.number("workers.restart_limit", 1..=1000),
        restart_window: check.duration("workers.restart_window", SECOND..=DAY),
        oom_score_adj: check.number("workers.oom_score_adj", 0..=1000),
        cpu_permits: Some(check.number("workers.cpu_permits", 0..=1024)).filter(|cpus| *cpus > 0),
    }
}

fn llm(check: &mut Check<'_>) -> Llm {
    let llm = Llm {
        model: Some(check.text("llm.model")).filter(|model| !model.is_empty()),
        queue: check.number("llm.queue", 0..=10_000),
        queue_timeout: check.duration("llm.queue_timeout", SECOND..=HOUR),
        generation_timeout: check.duration("llm.generation_timeout", SECOND..=DAY),
        stall_timeout: check.duration("llm.stall_timeout", SECOND..=HOUR),
        context_tokens: check.number("llm.context_tokens", 64..=1 << 20),
        max_tokens: check.number("llm.max_tokens", 1..=1 << 20),
        prefill_chunk: check.number("llm.prefill_chunk", 1..=65_536),
        prefix_cache_bytes: check.number("llm.prefix_cache_bytes", 0..=1 << 40),
    };
    if llm.max_tokens > llm.context_tokens {
        check.refuse("llm.max_tokens", "an answer cannot be longer than llm.context_tokens");
    }
    llm
}

fn policy(check: &mut Check<'_>) -> Policy {
    let moment = Duration::from_millis(100);
    let policy = Policy {
        weight_explicit: check.number("policy.weight_explicit", 0..=1000),
        weight_satellite: check.number("policy.weight_satellite", 0..=1000),
        weight_vision: check.number("policy.weight_vision", 0..=1000),
        weight_voice: check.number("policy.weight_voice", 0..=1000),
        probable_from: check.number("policy.probable_from", 1..=1000),
        confirmed_from: check.number("policy.confirmed_from", 1..=1000),
        signal_window: check.duration("policy.signal_window", SECOND..=HOUR),
        teen_from: check.number("policy.teen_from", 1..=30),
        adult_from: check.number("policy.adult_from", 1..=30),
        ask_below: check.number("policy.ask_below", 1..=1000),
        high_risk_from: check.number("policy.high_risk_from", 1..=1000),
        confirm_timeout: check.duration("policy.confirm_timeout", SECOND..=HOUR),
        ticket_lifetime: check.duration("policy.ticket_lifetime", moment..=HOUR),
        delegation: check.duration("policy.delegation", SECOND..=30 * DAY),
        longest_delegation: check.duration("policy.longest_delegation", SECOND..=30 * DAY),
        consent: check.duration("policy.consent", SECOND..=30 * DAY),
        longest_consent: check.duration("policy.longest_consent", SECOND..=30 * DAY),
    };
    if policy.probable_from >= policy.confirmed_from {
        check.refuse("policy.probable_from", "it must be below policy.confirmed_from");
    }
    if policy.teen_from >= policy.adult_from {
        check.refuse("policy.teen_from", "it must be below policy.adult_from");
    }
    if policy.ask_below > policy.high_risk_from {
        check.refuse("policy.ask_below", "it must not be above policy.high_risk_from");
    }
    if policy.delegation > policy.longest_delegation {
        check.refuse("policy.delegation", "it must not be longer than policy.longest_delegation");
    }
    if policy.consent > policy.longest_consent {
        check.refuse("policy.consent", "it must not be longer than policy.longest_consent");
    }
    policy
}

fn telemetry(check: &mut Check<'_>) -> Telemetry {
    let log = check.text("telemetry.log");
    let levels = log.split(',').all(|directive| {
        let level = directive.rsplit('=').next().unwrap_or_default();
        level.trim().parse::<LevelFilter>().is_ok()
    });
    if !levels || EnvFilter::try_new(&log).is_err() {
        check.refuse(
            "telemetry.log",
            "it must be off, error, warn, info, debug or trace, or directives such as \"info,ladylinux::api=debug\"",
        );
    }
    let log_format = check.one_of(
        "telemetry.log_format",
        &[("auto", LogFormat::Auto), ("human", LogFormat::Human), ("json", LogFormat::Json)],
    );
    Telemetry { log, log_format }
}

/// Reads typed values, and collects what is wrong instead of stopping at the first.
///
/// A value that is wrong is answered with a stand-in, which nobody sees: a problem was pushed.
pub(super) struct Check<'a> {
    merged: &'a Merged,
    problems: Vec<Problem>,
}

impl Check<'_> {
    pub(super) fn refuse(&mut self, key: &'static str, need: impl Into<String>) {
        let Setting { value, origin } = self.merged.get(key);
        let value = match value {
            _ if keys::by_name(key).is_some_and(|key| key.secret) => keys::MASK.to_owned(),
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::List(items) => items.join(","),
        };
        let fault = Fault::BadValue { key, value, need: need.into() };
        self.problems.push(Problem { at: origin.clone(), fault });
    }

    pub(super) fn text(&mut self, key: &'static str) -> String {
        match &self.merged.get(key).value {
            Value::Text(text) => text.clone(),
            Value::Number(_) | Value::List(_) => String::new(),
        }
    }

    pub(super) fn one_of<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)]) -> T {
        let text = self.text(key);
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
            return *choice;
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        self.refuse(key, format!("it must be one of {}", names.join(", ")));
        choices[0].1
    }

    fn number<T: TryFrom<i64>>(&mut self, key: &'static str, range: RangeInclusive<i64>) -> T {
        let number = match &self.merged.get(key).value {
            Value::Number(number) if range.contains(number) => Some(*number),
            Value::Number(_) | Value::Text(_) | Value::List(_) => None,
        };
        let number = number.unwrap_or_else(|| {
            self.refuse(key, format!("it must be from {} to {}", range.start(), range.end()));
            *range.start()
        });
        T::try_from(number).unwrap_or_else(|_| unreachable!("the range of {key} fits its type"))
    }

    pub(super) fn duration(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let parsed = self.text(key).parse::<jiff::SignedDuration>().ok();
        let duration = parsed.and_then(|parsed| Duration::try_from(parsed).ok());
        if let Some(duration) = duration.filter(|duration| range.contains(duration)) {
            return duration;
        }
        let shown = |at: &Duration| {
            jiff::SignedDuration::try_from(*at)
                .map_or_else(|_| format!("{at:?}"), |d| format!("{d:#}"))
        };
        let (least, most) = (shown(range.start()), shown(range.end()));
        self.refuse(
            key,
            format!("it must be a duration such as 30s or 2m, from {least} to {most}"),
        );
        *range.start()
    }

    fn path(&mut self, key: &'static str) -> PathBuf {
        let path = PathBuf::from(self.text(key));
        let climbs = path.components().any(|part| part == std::path::Component::ParentDir);
        if !path.is_absolute() || climbs || path.to_string_lossy().contains(['\0', '\u{fffd}']) {
            self.refuse(key, "it must be an absolute path without .. in it");
        }
        path
    }

    /// Reads a path that may be left out. It names a place of the image or the system, so the root is not put before it.
    pub(super) fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        let named = !self.text(key).is_empty();
        named.then(|| self.path(key))
    }

    fn each<T>(
        &mut self,
        key: &'static str,
        need: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let items = match &self.merged.get(key).value {
            Value::List(items) => items.clone(),
            Value::Text(_) | Value::Number(_) => Vec::new(),
        };
        let parsed: Option<Vec<T>> = items.iter().map(|item| parse(item)).collect();
        parsed.unwrap_or_else(|| {
            self.refuse(key, need);
            Vec::new()
        })
    }
}
