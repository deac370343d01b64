//! `ladylinux audit`: reads what was decided, checks that nobody has changed it, and explains one command.
//!
//! It only reads, whether the node runs or not.

mod reasons;

use super::{
    Common, duration,
    exit::{self, Exit, Outcome},
    out,
};
use crate::foundation::{
    audit::{self, Decision, Filter, Record, Report},
    store::Store,
    values::{PersonId, Sha256, time, time::Timestamp},
};
use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, BufWriter},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use uuid::Uuid;

const EXAMPLES: &str = "Examples:
  ladylinux audit list --since 2d               what was decided in the last two days
  ladylinux audit list --person 01a1fef5-… --limit 20
  ladylinux audit why 01a1fef7-…                all about one command: decided, confirmed, done
  ladylinux audit verify                        was any record changed, lost or put in?
  ladylinux audit verify --head 5f0c…           is the head that was noted earlier still there?
  ladylinux audit export audit.jsonl            a file to be kept elsewhere
  ladylinux audit verify audit.jsonl            checks it, on any machine

Exit codes: 0 done, or nothing is broken; 1 a record was changed, lost or put in, or it failed; 2 refused";

/// The arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List decisions, newest last
    List {
        /// Only those that concern this person: a name, or an id
        #[arg(long, value_name = "NAME-OR-ID")]
        person: Option<String>,
        /// Only those since then: 12h, 30d, 2026-11-30 or 2026-11-30T18:00:00Z
        #[arg(long, value_parser = since)]
        since: Option<Since>,
        /// Only so many of the last
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check that each record continues the one before, in the database or in an exported file
    #[command(
        after_help = "What a chain cannot show is its own end: whoever cuts records off there leaves a whole, shorter chain.
Note the heads elsewhere, and give them back with --head: records that were there then must be there still."
    )]
    Verify {
        /// A file that `audit export` wrote; the database if none is given
        file: Option<PathBuf>,
        /// A head that an earlier check printed: it must still be there; repeatable
        #[arg(long, value_name = "HASH")]
        head: Vec<Sha256>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Explain everything about one command, update or delegation, in order
    Why {
        /// Its id, as `audit list` shows it; or the id of one record
        id: Uuid,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write all records as JSON lines
    Export {
        /// The file, which must not be there yet; standard output if none is given
        file: Option<PathBuf>,
    },
}

/// A moment, or how long ago it was.
#[derive(Clone, Copy, Debug)]
enum Since {
    At(Timestamp),
    Ago(std::time::Duration),
}

fn since(text: &str) -> Result<Since, String> {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(Since::At(at));
    }
    let wrong =
        |_| format!("{text:?} is no time: write 12h, 30d, 2026-11-30 or 2026-11-30T18:00:00Z");
    duration::parse(text).map(Since::Ago).map_err(wrong)
}

impl Since {
    fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => {
                let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
                Timestamp(now.0.saturating_sub(ago))
            }
        }
    }
}

/// The short names of everybody who is known.
#[derive(Debug)]
pub(super) struct Names(BTreeMap<PersonId, String>);

impl Names {
    async fn known(store: &Store) -> anyhow::Result<Self> {
        let everybody = super::person::everybody(store).await?;
        let names = everybody.into_iter().map(|person| (person.id, person.name.to_string()));
        Ok(Self(names.collect()))
    }

    /// Finds a person by their short name, or by their id, which also names somebody who was erased.
    fn find(&self, wanted: &str) -> anyhow::Result<PersonId> {
        if let Ok(id) = wanted.parse() {
            return Ok(id);
        }
        let found = self.0.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted));
        found.map(|(id, _)| *id).ok_or_else(|| {
            exit::refused(format!(
                "nobody is called {wanted:?}: `ladylinux person list` shows everybody"
            ))
        })
    }

    fn of(&self, person: PersonId) -> String {
        self.0.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }
}

impl Audit {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        if let Verb::Verify { file: Some(file), head, json } = &self.verb {
            let report = audit::verify_file(file, head)
                .with_context(|| format!("cannot check {}", file.display()))?;
            return verified(&report, *json);
        }
        let store = super::open_store(&common.load(&[])?.settings.paths)?;
        super::block_on(async {
            let names = Names::known(&store).await?;
            match &self.verb {
                Verb::List { person, since, limit, json } => {
                    let person = person.as_deref().map(|wanted| names.find(wanted)).transpose()?;
                    let since = since.map(|since| since.before(time::now()));
                    let filter = Filter { person, since, limit: Some(*limit), ..Filter::default() };
                    list(&audit::list(&store, filter).await?, &names, *json)
                }
                Verb::Verify { head, json, .. } => {
                    verified(&audit::verify(&store, head.clone()).await?, *json)
                }
                Verb::Why { id, json } => why(&store, *id, &names, *json).await,
                Verb::Export { file } => export(&store, file.as_deref()).await,
            }
        })
    }
}

fn list(records: &[Record], names: &Names, json: bool) -> Outcome {
    if json {
        out::json(&records)?;
        return Ok(Exit::Done);
    }
    if records.is_empty() {
        out::note("there are no such records");
    }
    for record in records {
        let who = record.person.map_or_else(|| record.identity.clone(), |one| names.of(one));
        let about = record.about.unwrap_or(record.id);
        out::line(format!(
            "{}  {:<9}  {}  {}  {who}  {about}",
            record.at.rfc3339(),
            record.decision.name(),
            record.what,
            if record.reason.is_empty() { "-" } else { &record.reason },
        ));
    }
    Ok(Exit::Done)
}

fn verified(report: &Report, json: bool) -> Outcome {
    if json {
        out::json(report)?;
    } else if let Some(broken) = &report.broken {
        let line = broken.line.map_or_else(String::new, |line| format!("line {line}: "));
        let place = match broken.chain.as_str() {
            "" => String::new(),
            chain => format!("record {} of the chain {chain}: ", broken.seq),
        };
        out::line(format!("broken: {line}{place}{}", broken.what));
        out::note(
            "somebody has changed the audit, or the disk has: compare it with an export or a backup",
        );
    } else {
        for lost in &report.lost {
            out::line(format!(
                "lost: the head {lost} is gone: records were cut off, or all were written anew"
            ));
        }
        out::line(format!(
            "{} records in {} chains, {}; {} forks",
            report.records,
            report.chains,
            if report.is_clean() {
                "as they were written"
            } else {
                "each continues the one before"
            },
            report.forks
        ));
        report.heads.iter().for_each(|head| out::line(format!("head {head}")));
        if !report.heads.is_empty() {
            out::note(
                "note the heads elsewhere: with --head they show whether records were cut off at the end",
            );
        }
    }
    Ok(if report.is_clean() { Exit::Done } else { Exit::Failed })
}

/// One record, and what it means.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    record: &'a Record,
    sentence: String,
}

async fn why(store: &Store, id: Uuid, names: &Names, json: bool) -> Outcome {
    let about = |id| Filter { about: Some(id), ..Filter::default() };
    let mut records = audit::list(store, about(id)).await?;
    if records.is_empty() {
        let all = audit::list(store, Filter::default()).await?;
        let named = all.into_iter().find(|record| record.id == id);
        records = match named {
            Some(Record { about: Some(command), .. }) => audit::list(store, about(command)).await?,
            named => named.into_iter().collect(),
        };
    }
    if records.is_empty() {
        return Err(exit::refused(format!(
            "the audit knows nothing of {id}: `ladylinux audit list` shows what it knows"
        )));
    }
    if json {
        let told = records.iter().map(|record| Told { record, sentence: explained(record, names) });
        out::json(&told.collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    for record in &records {
        out::line(explained(record, names));
    }
    Ok(Exit::Done)
}

fn explained(record: &Record, names: &Names) -> String {
    let Record { at, person, identity, confidence, age, mode, what, reason, basis, .. } = record;
    let who = person.map_or_else(|| "nobody in particular".to_owned(), |one| names.of(one));
    let by = basis.as_ref().map_or_else(String::new, |basis| format!(", by {basis}"));
    let why = match (record.decision, reason.as_str()) {
        (_, "") => String::new(),
        (_, reason) => format!(" {}", reasons::sentence(reason)),
    };
    format!(
        "{}: {what} {}{by}.{why} It concerned {who}; who spoke was taken for: {identity} ({:.1} %, {age}), company: {mode}.",
        at.rfc3339(),
        decided(record.decision),
        f64::from(*confidence) / 10.0,
    )
}

fn decided(decision: Decision) -> &'static str {
    match decision {
        Decision::Asked => "waited for a confirmation",
        Decision::Allowed => "was allowed",
        Decision::Refused => "was refused",
        Decision::Cancelled => "was cancelled before it was done",
        Decision::Done => "was done",
        Decision::Failed => "was tried, and failed",
        Decision::Unknown => "was begun, and nobody knows whether it was done",
        Decision::Changed => "was changed",
        Decision::Granted => "was granted",
        Decision::Ended => "was taken back, or is over",
        Decision::Disclosed => "was told, exported or deleted",
    }
}

async fn export(store: &Store, file: Option<&Path>) -> Outcome {
    let Some(file) = file else {
        audit::export(store, BufWriter::new(io::stdout())).await?;
        return Ok(Exit::Done);
    };
    if file.exists() {
        return Err(exit::refused(format!(
            "{} is there already: name another file",
            file.display()
        )));
    }
    let partial = PathBuf::from(format!("{}.partial", file.display()));
    let cannot = || format!("cannot write {}", file.display());
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let opened = options.open(&partial).with_context(cannot)?;
    let to = BufWriter::new(opened.try_clone().with_context(cannot)?);
    let exported = audit::export(store, to).await;
    let exported = match exported {
        Ok(exported) => exported,
        Err(error) => {
            drop(fs::remove_file(&partial));
            return Err(error.into());
        }
    };
    opened.sync_all().and_then(|()| fs::rename(&partial, file)).with_context(cannot)?;
    out::note(format!("{} records were written to {}", exported.records, file.display()));
    exported.heads.iter().for_each(|head| out::line(format!("head {head}")));
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(reason: &str) -> Record {
        Record {
            id: Uuid::nil(),
            about: None,
            at: Timestamp(1_795_000_000_000),
            person: Some(PersonId(Uuid::nil())),
            identity: "confirmed".to_owned(),
            confidence: 915,
            age: "adult".to_owned(),
            mode: "public".to_owned(),
            what: "disable_service".to_owned(),
            action: None,
            decision: Decision::Refused,
            reason: reason.to_owned(),
            basis: None,
        }
    }

    #[test]
    fn a_record_is_explained_in_plain_words() {
        let names = Names(BTreeMap::from([(PersonId(Uuid::nil()), "Anna".to_owned())]));
        let told = explained(&record("not_while_others_are_here"), &names);
        assert!(
            told.contains("disable_service was refused. It is not done while others are present."),
            "{told}"
        );
        assert!(told.contains("It concerned Anna") && told.contains("91.5 %"), "{told}");
        assert!(explained(&record(""), &Names(BTreeMap::new())).contains(&Uuid::nil().to_string()));
    }

    #[test]
    fn a_person_is_found_by_id_or_by_name() {
        let (one, other) = (PersonId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)));
        let called = |name: &str| name.to_owned();
        let names = BTreeMap::from([(one, called("Anna")), (other, called("Ben"))]);
        let names = Names(names);
        assert_eq!(names.find("anna").unwrap(), one);
        assert_eq!(names.find(&other.to_string()).unwrap(), other);
        assert!(names.find("carl").is_err());
    }

    #[test]
    fn since_is_a_time_or_how_long_ago() {
        let now = Timestamp(1_795_000_000_000);
        assert_eq!(since("2h").unwrap().before(now), Timestamp(now.0 - 7_200_000));
        assert_eq!(since("1970-01-02").unwrap().before(now), Timestamp(86_400_000));
        assert!(since("yesterday").is_err());
    }
}
