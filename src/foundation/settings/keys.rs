//! The table of keys: one dotted key in `ladylinux.toml`, one environment variable, nothing in between.
//!
//! The comments in `ladylinux.toml` say the same to an operator; a test holds the two against each other.

/// One setting's names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its dotted name in `ladylinux.toml`.
    pub(super) name: &'static str,
    /// Its environment variable.
    pub(super) env: &'static str,
    /// Older environment variables for the same thing, strongest first.
    pub(super) aliases: &'static [&'static str],
    /// Whether its value is masked wherever it is shown.
    pub(super) secret: bool,
}

const fn key(name: &'static str, env: &'static str) -> Key {
    Key { name, env, aliases: &[], secret: false }
}

/// Every setting there is, in the order of `ladylinux.toml`.
pub(super) static KEYS: &[Key] = &[
    key("environment", "LADYLINUX_ENV"),
    key("role", "ENDOREG_DEPLOYMENT_ROLE"),
    key("features", "LADYLINUX_FEATURES"),
    key("paths.root", "LADYLINUX_ROOT"),
    key("paths.config", "LADYLINUX_CONFIG_DIR"),
    key("paths.models", "LADYLINUX_MODELS_DIR"),
    key("paths.containers", "LADYLINUX_CONTAINERS_DIR"),
    key("paths.state", "LADYLINUX_STATE_ROOT"),
    Key {
        aliases: &["LX_ANNOTATE_DATA_DIR", "DATA_DIR", "LADYLINUX_PROTECTED_DATA_DIR"],
        ..key("paths.protected", "LX_ANNOTATE_ENCRYPTED_DATA_DIR")
    },
    key("paths.onnxruntime", "ORT_DYLIB_PATH"),
    key("http.exposure", "LADYLINUX_EXPOSURE"),
    key("http.host", "LADYLINUX_HOST"),
    key("http.port", "LADYLINUX_PORT"),
    key("http.published_address", "LADYLINUX_PUBLISHED_ADDRESS"),
    key("http.tls_certificate", "LADYLINUX_TLS_CERTIFICATE"),
    key("http.tls_key", "LADYLINUX_TLS_KEY"),
    key("http.trusted_proxies", "LADYLINUX_TRUSTED_PROXIES"),
    key("http.allowed_hosts", "LADYLINUX_ALLOWED_HOSTS"),
    key("http.max_body_bytes", "LADYLINUX_MAX_BODY_BYTES"),
    key("http.max_connections", "LADYLINUX_MAX_CONNECTIONS"),
    key("http.requests_per_minute", "LADYLINUX_REQUESTS_PER_MINUTE"),
    key("http.header_timeout", "LADYLINUX_HEADER_TIMEOUT"),
    key("http.request_timeout", "LADYLINUX_REQUEST_TIMEOUT"),
    key("http.drain_timeout", "LADYLINUX_DRAIN_TIMEOUT"),
    key("workers.handshake_timeout", "LADYLINUX_WORKER_HANDSHAKE_TIMEOUT"),
    key("workers.restart_limit", "LADYLINUX_WORKER_RESTART_LIMIT"),
    key("workers.restart_window", "LADYLINUX_WORKER_RESTART_WINDOW"),
    key("workers.oom_score_adj", "LADYLINUX_WORKER_OOM_SCORE_ADJ"),
    key("workers.cpu_permits", "LADYLINUX_WORKER_CPU_PERMITS"),
    key("llm.model", "LADYLINUX_LLM_MODEL"),
    key("llm.queue", "LADYLINUX_LLM_QUEUE"),
    key("llm.queue_timeout", "LADYLINUX_LLM_QUEUE_TIMEOUT"),
    key("llm.generation_timeout", "LADYLINUX_LLM_GENERATION_TIMEOUT"),
    key("llm.stall_timeout", "LADYLINUX_LLM_STALL_TIMEOUT"),
    key("llm.context_tokens", "LADYLINUX_LLM_CONTEXT_TOKENS"),
    key("llm.max_tokens", "LADYLINUX_LLM_MAX_TOKENS"),
    key("llm.prefill_chunk", "LADYLINUX_LLM_PREFILL_CHUNK"),
    key("llm.prefix_cache_bytes", "LADYLINUX_LLM_PREFIX_CACHE_BYTES"),
    key("embed.model", "LADYLINUX_EMBED_MODEL"),
    key("embed.queue", "LADYLINUX_EMBED_QUEUE"),
    key("embed.queue_timeout", "LADYLINUX_EMBED_QUEUE_TIMEOUT"),
    key("embed.timeout", "LADYLINUX_EMBED_TIMEOUT"),
    key("embed.batch_tokens", "LADYLINUX_EMBED_BATCH_TOKENS"),
    key("rerank.model", "LADYLINUX_RERANK_MODEL"),
    key("rerank.queue", "LADYLINUX_RERANK_QUEUE"),
    key("rerank.queue_timeout", "LADYLINUX_RERANK_QUEUE_TIMEOUT"),
    key("rerank.timeout", "LADYLINUX_RERANK_TIMEOUT"),
    key("rerank.batch_tokens", "LADYLINUX_RERANK_BATCH_TOKENS"),
    key("rerank.candidates", "LADYLINUX_RERANK_CANDIDATES"),
    key("rerank.patience", "LADYLINUX_RERANK_PATIENCE"),
    key("knowledge.passage_chars", "LADYLINUX_KNOWLEDGE_PASSAGE_CHARS"),
    key("knowledge.max_file_bytes", "LADYLINUX_KNOWLEDGE_MAX_FILE_BYTES"),
    key("knowledge.results", "LADYLINUX_KNOWLEDGE_RESULTS"),
    key("knowledge.manual", "LADYLINUX_KNOWLEDGE_MANUAL"),
    key("extract.max_pages", "LADYLINUX_EXTRACT_MAX_PAGES"),
    key("extract.memory_bytes", "LADYLINUX_EXTRACT_MEMORY_BYTES"),
    key("extract.timeout", "LADYLINUX_EXTRACT_TIMEOUT"),
    key("conversation.memory_turns", "LADYLINUX_CONVERSATION_MEMORY_TURNS"),
    key("conversation.max_conversations", "LADYLINUX_CONVERSATION_MAX"),
    key("conversation.idle_timeout", "LADYLINUX_CONVERSATION_IDLE_TIMEOUT"),
    key("policy.weight_explicit", "LADYLINUX_POLICY_WEIGHT_EXPLICIT"),
    key("policy.weight_satellite", "LADYLINUX_POLICY_WEIGHT_SATELLITE"),
    key("policy.weight_vision", "LADYLINUX_POLICY_WEIGHT_VISION"),
    key("policy.weight_voice", "LADYLINUX_POLICY_WEIGHT_VOICE"),
    key("policy.probable_from", "LADYLINUX_POLICY_PROBABLE_FROM"),
    key("policy.confirmed_from", "LADYLINUX_POLICY_CONFIRMED_FROM"),
    key("policy.signal_window", "LADYLINUX_POLICY_SIGNAL_WINDOW"),
    key("policy.teen_from", "LADYLINUX_POLICY_TEEN_FROM"),
    key("policy.adult_from", "LADYLINUX_POLICY_ADULT_FROM"),
    key("policy.ask_below", "LADYLINUX_POLICY_ASK_BELOW"),
    key("policy.high_risk_from", "LADYLINUX_POLICY_HIGH_RISK_FROM"),
    key("policy.confirm_timeout", "LADYLINUX_POLICY_CONFIRM_TIMEOUT"),
    key("policy.ticket_lifetime", "LADYLINUX_POLICY_TICKET_LIFETIME"),
    key("policy.delegation", "LADYLINUX_POLICY_DELEGATION"),
    key("policy.longest_delegation", "LADYLINUX_POLICY_LONGEST_DELEGATION"),
    key("policy.consent", "LADYLINUX_POLICY_CONSENT"),
    key("policy.longest_consent", "LADYLINUX_POLICY_LONGEST_CONSENT"),
    key("commands.mqtt_url", "LADYLINUX_COMMANDS_MQTT_URL"),
    key("commands.mqtt_user", "LADYLINUX_COMMANDS_MQTT_USER"),
    key("commands.mqtt_password_file", "LADYLINUX_COMMANDS_MQTT_PASSWORD_FILE"),
    key("commands.mqtt_outcome", "LADYLINUX_COMMANDS_MQTT_OUTCOME"),
    key("commands.webhook_url", "LADYLINUX_COMMANDS_WEBHOOK_URL"),
    key("commands.webhook_secret_file", "LADYLINUX_COMMANDS_WEBHOOK_SECRET_FILE"),
    key("commands.ca_file", "LADYLINUX_COMMANDS_CA_FILE"),
    key("commands.timeout", "LADYLINUX_COMMANDS_TIMEOUT"),
    key("host.facts", "LADYLINUX_HOST_FACTS"),
    key("host.facts_max_age", "LADYLINUX_HOST_FACTS_MAX_AGE"),
    key("release.digest", "LADYLINUX_RELEASE_DIGEST"),
    key("telemetry.log", "LADYLINUX_LOG"),
    key("telemetry.log_format", "LADYLINUX_LOG_FORMAT"),
];

/// What is shown in a secret's place.
pub(super) const MASK: &str = "********";

/// The name of what is derived from the protected root, and may be repeated but never changed.
pub(super) const STORAGE_DIR: &str = "STORAGE_DIR";

/// Names with our prefix that are not settings, and what reads them.
pub(super) const NOT_SETTINGS: &[&str] = &[
    "LADYLINUX_BENCH_DIR",        // scripts/bench: where it keeps graphs and runs
    "LADYLINUX_BUILD",            // scripts/run: how hard the compiler tries
    "LADYLINUX_COMMIT",           // the build: the commit that `ladylinux version` prints
    "LADYLINUX_IMAGE_STORE",      // the supervisor: where the engine keeps images
    "LADYLINUX_MAN_CORPUS",       // a test: where the man pages are that it asks about
    "LADYLINUX_PROFILE",          // the supervisor: the machine's profile
    "LADYLINUX_REFRESH_KILLS",    // a test: how many refreshes are killed
    "LADYLINUX_REFRESH_ROUNDS",   // a test: how many go to their end
    "LADYLINUX_REFRESH_SEED",     // a test: where the dice begin
    "LADYLINUX_REGISTRY_CA",      // the supervisor: whose certificates are believed
    "LADYLINUX_SETUP_DIR",        // scripts/run: where it keeps what it fetched
    "LADYLINUX_STACK",            // the supervisor: its stack file
    "LADYLINUX_SUPERVISOR_DIR",   // the supervisor: its directory
    "LADYLINUX_SUPERVISOR_IMAGE", // the supervisor: the image that it is started from
    "LADYLINUX_TEST_DOCKER",      // a test: the socket of a Docker engine
    "LADYLINUX_TEST_EMBEDDINGS",  // a test: the folder of a real embedding model
    "LADYLINUX_TEST_IMAGE",       // a test: the archive of an image
    "LADYLINUX_TEST_QUESTIONS", // a test: that the questions are asked with a real embedding model as well
    "LADYLINUX_TEST_SKIPS",     // scripts/test: where tests write what they skipped
    "LADYLINUX_TOKEN",          // ladylinux ask and chat: the token they show to the node
];

/// Returns the key with this dotted name.
pub(super) fn by_name(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Returns the key that an environment variable sets, by its own name or an older one.
pub(super) fn by_env(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.env == name || key.aliases.contains(&name))
}

/// Whether a variable of the process environment is for this program, even if it is misspelt.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("LADYLINUX_") || env_names().any(|ours| ours == name)
}

/// Returns every environment variable that sets something.
pub(super) fn env_names() -> impl Iterator<Item = &'static str> {
    KEYS.iter()
        .flat_map(|key| std::iter::once(key.env).chain(key.aliases.iter().copied()))
        .chain([STORAGE_DIR])
}

/// Returns the name that was probably meant, if one is near.
pub(super) fn nearest(
    wrong: &str,
    names: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let limit = (wrong.chars().count() / 4).clamp(2, 4);
    names
        .map(|name| (edits(wrong, name), name))
        .min()
        .filter(|(edits, _)| *edits <= limit)
        .map(|(_, name)| name)
}

/// Counts the insertions, deletions and replacements between two names (Levenshtein).
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    // LL-DEP-30, VOX-59
    #[test]
    fn the_comments_in_the_defaults_name_each_keys_variable() {
        let mut section = String::new();
        let mut written = Vec::new();
        for line in super::super::DEFAULTS.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned() + ".";
            } else if let Some((key, rest)) = line.split_once(" = ") {
                let comment = rest.rsplit_once("# ").expect("each key has a comment").1;
                let variable = comment.split([':', ' ']).next().unwrap_or_default();
                written.push((format!("{section}{key}"), variable.to_owned()));
            }
        }
        let coded: Vec<_> =
            KEYS.iter().map(|key| (key.name.to_owned(), key.env.to_owned())).collect();
        assert_eq!(written, coded);
    }

    #[test]
    fn no_two_keys_share_a_name() {
        let names: Vec<_> = env_names().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn a_near_miss_is_recognised_and_a_stranger_is_not() {
        let names = || KEYS.iter().map(|key| key.env);
        assert_eq!(nearest("LADYLINUX_PROT", names()), Some("LADYLINUX_PORT"));
        assert_eq!(nearest("LADYLINUX_SOMETHING_ELSE", names()), None);
    }
}
