//! Telling people who are not there: a line for the machine's journal, a webhook, a file for Prometheus.
//!
//! None of it can fail a run: what lies outside the box only warns.

use super::{
    look::{Look, State},
    out::Tell,
    record::{Step, Verb},
    release::Digest,
    report::{Outcome, Report},
    supervisor::Supervisor,
};
use crate::foundation::values::time;
use serde::Serialize;
use std::{error::Error, io, time::Duration};
use uuid::Uuid;

/// What the line in the journal begins with.
const MARK: &str = "NOTICE";

/// How long the webhook may take, each time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is tried, and how long to wait in between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// The file for Prometheus, within the supervisor's directory.
const TEXTFILE: &str = "ladylinux.prom";

/// Every state, for a gauge each.
const STATES: [State; 8] = [
    State::NotInstalled,
    State::Refreshing,
    State::Interrupted,
    State::Held,
    State::Stopped,
    State::Broken,
    State::OnProbation,
    State::Serving,
];

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What: `done`, `failed`, `rolled_back`, `refused`, `died`, `held` or `request_refused`.
    pub event: &'static str,
    /// What was gone through, if it was that.
    pub verb: Option<Verb>,
    /// Names the run.
    pub id: Option<Uuid>,
    /// The release before.
    pub from: Option<Digest>,
    /// The release that was wanted, or that it is about.
    pub to: Option<Digest>,
    /// The step that failed.
    pub step: Option<Step>,
    /// What went wrong.
    pub message: Option<String>,
    /// What a person can do.
    pub next: Option<String>,
    /// When, in RFC 3339 form.
    pub at: String,
}

impl Notice {
    /// Sums a run up; none if there is nothing to tell.
    pub fn of(report: &Report) -> Option<Self> {
        let event = match report.outcome {
            Outcome::Unchanged => return None,
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::RolledBack => "rolled_back",
            Outcome::Refused => "refused",
        };
        let trouble = report.error.as_ref();
        Some(Self {
            event,
            verb: Some(report.verb),
            id: report.id,
            from: report.from,
            to: report.release.as_ref().map(|release| release.digest),
            step: trouble.map(|trouble| trouble.step),
            message: trouble
                .map(|trouble| trouble.message.clone())
                .or_else(|| report.refused_because.clone()),
            next: trouble
                .map(|trouble| trouble.next.clone())
                .or_else(|| report.refusals.first().map(|refusal| refusal.next.clone())),
            at: time::now().rfc3339(),
        })
    }

    /// Says that a request of the core was refused, or did not go through.
    pub fn of_request(message: &str, next: &str) -> Self {
        Self {
            event: "request_refused",
            verb: None,
            id: None,
            from: None,
            to: None,
            step: None,
            message: Some(message.to_owned()),
            next: Some(next.to_owned()),
            at: time::now().rfc3339(),
        }
    }

    /// Says that a release died, or that the node is held.
    pub fn about(event: &'static str, digest: Digest, message: &str, next: &str) -> Self {
        Self {
            event,
            verb: None,
            id: None,
            from: None,
            to: Some(digest),
            step: None,
            message: Some(message.to_owned()),
            next: Some(next.to_owned()),
            at: time::now().rfc3339(),
        }
    }
}

impl Supervisor {
    /// Tells it in the journal, and to the webhook if one is declared.
    pub(super) async fn tell_others(&self, notice: &Notice, tell: &dyn Tell) {
        let Ok(line) = serde_json::to_string(notice) else { return };
        tell.note(&format!("{MARK} {line}"));
        let url = &self.stack.notify.webhook;
        if url.is_empty() {
            return;
        }
        for left in (0..TRIES).rev() {
            match post(url, &line).await {
                Ok(()) => return,
                Err(error) if left == 0 => {
                    tell.note(&format!("the webhook could not be told: {error}"));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Writes the file for Prometheus' node exporter, which reads what appears whole.
    pub(super) fn write_metrics(&self, look: &Look) -> io::Result<()> {
        let text = metrics(look);
        super::hold::write_whole(&self.directory, TEXTFILE, 0o644, text.as_bytes())?;
        let Some(file) = &self.stack.notify.textfile else { return Ok(()) };
        let (Some(directory), Some(name)) = (file.parent(), file.file_name()) else {
            return Ok(());
        };
        super::hold::write_whole(directory, &name.to_string_lossy(), 0o644, text.as_bytes())
    }
}

/// Posts a notice; the error names no more of the address than its host, for there may be a secret in it.
async fn post(url: &str, body: &str) -> Result<(), String> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let told = async {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let request = client.post(url).header("content-type", "application/json");
        request.body(body.to_owned()).send().await?.error_for_status()
    };
    told.await.map(drop).map_err(|error: reqwest::Error| {
        let host = error.url().and_then(|url| url.host_str()).unwrap_or("its host").to_owned();
        let why = error.status().map_or_else(|| root(&error), |status| status.to_string());
        format!("{host}: {why}")
    })
}

fn root(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// Writes what was seen as Prometheus reads it (text exposition format 0.0.4).
fn metrics(look: &Look) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, samples: &[(String, i64)]| {
        text.extend([format!("# HELP {name} {help}\n# TYPE {name} gauge\n")]);
        text.extend(samples.iter().map(|(labels, value)| format!("{name}{labels} {value}\n")));
    };
    let states: Vec<_> = STATES
        .iter()
        .map(|state| (format!("{{state=\"{}\"}}", word(state)), i64::from(*state == look.state)))
        .collect();
    family("ladylinux_node_state", "How the node is: 1 for the state that it is in.", &states);
    if let Some(release) = &look.release {
        let labels = [
            ("digest", release.digest.to_string()),
            ("version", release.version.clone().unwrap_or_default()),
            ("revision", release.revision.clone().unwrap_or_default()),
        ];
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = format!("{{{}}}", labels.join(","));
        family("ladylinux_release_info", "The release that is installed.", &[(labels, 1)]);
    }
    if let Some(schema) = look.schema {
        let sample = (String::new(), i64::from(schema));
        family("ladylinux_schema", "The schema of the state.", &[sample]);
    }
    if let Some(last) = &look.last {
        let labels = format!("{{verb=\"{}\",outcome=\"{}\"}}", last.verb, word(&last.outcome));
        family(
            "ladylinux_last_run_timestamp_seconds",
            "When the last refresh, rollback or restore ended, and how.",
            &[(labels, last.at.0 / 1000)],
        );
    }
    let sample = (String::new(), time::now().0 / 1000);
    family(
        "ladylinux_supervisor_looked_timestamp_seconds",
        "When the supervisor last looked.",
        &[sample],
    );
    text
}

/// Returns the word that JSON has for it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::{machine::Node, stack::OnFailure};

    #[test]
    fn a_run_that_changed_nothing_is_no_news() {
        let mut report = Report::new(Verb::Refresh, OnFailure::Stop, time::now());
        report.refused_because = Some("the registry does not answer".to_owned());
        let notice = Notice::of(&report).unwrap();
        assert_eq!((notice.event, notice.message), ("refused", report.refused_because.clone()));
        report.outcome = Outcome::Unchanged;
        assert_eq!(Notice::of(&report), None);
    }

    #[test]
    fn metrics_have_one_state_and_no_line_that_a_name_could_break() {
        let look = Look::of(&Node::default(), None, None);
        let text = metrics(&look);
        let states: Vec<_> =
            text.lines().filter(|line| line.starts_with("ladylinux_node_state{")).collect();
        assert_eq!(states.len(), STATES.len());
        assert_eq!(states.iter().filter(|line| line.ends_with(" 1")).count(), 1, "{text}");
        assert!(states.contains(&"ladylinux_node_state{state=\"not_installed\"} 1"), "{text}");
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
