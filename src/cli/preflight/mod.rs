//! `ladylinux preflight`: the checklist before a node is used in earnest. It tries the conscience of this very binary, and looks at what
//! only the machine can say.
//!
//! Source: vox-core's checklist before production: invariants enforced, identity fusion tested, confirmation tested, resource limits
//! set, logs reviewed for privacy leaks.

mod conscience;
mod limits;
mod logs;

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::foundation::{
    audit::{self, Audit, Decision, Filter, Record},
    settings::{Environment, Settings},
    store::Store,
    values::time,
};
use clap::Args;
use serde::Serialize;
use uuid::Uuid;

/// How the audit calls a review of the logs.
const REVIEW: &str = "logs_reviewed";

/// Go through the checklist before a node is used in earnest; exits 3 if something is missing
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ladylinux preflight
  ladylinux preflight --sign-off       # you have read the logs and found nothing private in them
  ladylinux preflight --json")]
pub(super) struct Preflight {
    /// Say that you have reviewed the logs; it is written to the audit
    #[arg(long)]
    sign_off: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One item of the checklist.
#[derive(Debug, Serialize)]
struct Item {
    name: &'static str,
    passed: bool,
    /// What was looked at, or what is missing and how to mend it; a line each.
    said: Vec<String>,
}

impl Preflight {
    /// Goes through the list, and prints it.
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let settings = common.load(&[])?.settings;
        let store = super::open_store(&settings.paths)?;
        let reviewed = super::block_on(review(&store, self.sign_off))?;
        let items = [
            tried("security invariants", conscience::INVARIANTS),
            tried("identity fusion", conscience::FUSION),
            tried("command confirmation", conscience::CONFIRMATION),
            limited(&settings),
            logged(&settings, reviewed.as_deref()),
        ];
        if self.json {
            out::json(&items)?;
        } else {
            for (number, item) in items.iter().enumerate() {
                let mark = if item.passed { "ok     " } else { "MISSING" };
                out::line(format!("{}. {mark}  {}", number + 1, item.name));
                for line in &item.said {
                    out::line(format!("            {line}"));
                }
            }
        }
        let all = items.iter().all(|item| item.passed);
        Ok(if all { Exit::Done } else { Exit::NotReady })
    }
}

/// Runs what tries the conscience of this binary.
fn tried(name: &'static str, trials: &[conscience::Trial]) -> Item {
    let failed: Vec<_> = trials.iter().filter(|(_, holds)| !holds()).collect();
    let mut said: Vec<_> =
        failed.iter().map(|(what, _)| format!("does not hold in this binary: {what}")).collect();
    if failed.is_empty() {
        said.push(format!("{} trials of this binary hold", trials.len()));
    } else {
        said.push("do not use this binary: take a release that was tested".to_owned());
    }
    Item { name, passed: failed.is_empty(), said }
}

fn limited(settings: &Settings) -> Item {
    let limits = limits::read();
    let missing: Vec<_> = limits.iter().filter(|limit| limit.value.is_none()).collect();
    let mut said: Vec<_> = limits.iter().map(limits::Limit::sentence).collect();
    // A developer's machine has no limits, and needs none.
    let needed = settings.environment == Environment::Prod;
    if !missing.is_empty() {
        said.push(if needed {
            "set them where the node is started: the units of scripts/install and compose.yaml do"
                .to_owned()
        } else {
            "they are needed with environment = \"prod\"".to_owned()
        });
    }
    Item { name: "resource limits", passed: missing.is_empty() || !needed, said }
}

fn logged(settings: &Settings, reviewed: Option<&str>) -> Item {
    let found = logs::scan(&settings.paths.logs());
    let mut said = found.said;
    match reviewed {
        Some(when) => said.push(format!("reviewed and signed off at {when}")),
        None => said.push(
            "nobody has signed off: read the logs (`journalctl -u ladylinux`, too), then run `ladylinux preflight --sign-off`"
                .to_owned(),
        ),
    }
    Item {
        name: "logs reviewed for privacy leaks",
        passed: found.clean && reviewed.is_some(),
        said,
    }
}

/// Returns when the logs were signed off last, which may be now.
async fn review(store: &Store, sign_off: bool) -> anyhow::Result<Option<String>> {
    if sign_off {
        let record = Record {
            id: Uuid::now_v7(),
            about: None,
            at: time::now(),
            person: None,
            identity: "operator".to_owned(),
            confidence: 1000,
            age: "adult".to_owned(),
            mode: "private".to_owned(),
            what: REVIEW.to_owned(),
            action: None,
            decision: Decision::Done,
            reason: "signed_off".to_owned(),
            basis: Some("operator".to_owned()),
        };
        Audit::new(store.clone()).write(record).await?;
    }
    let records = audit::list(store, Filter::default()).await?;
    let last = records.iter().rev().find(|record| record.what == REVIEW);
    Ok(last.map(|record| record.at.rfc3339()))
}
