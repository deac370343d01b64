//! `ladylinux doctor`: runs every readiness check there is and says how to mend what it finds.
//!
//! It changes nothing, and each check stands alone, so that one broken thing does not hide the next. A warning is
//! something that the node works without; only what is broken makes the run end with 3.

use super::{Common, exit::Exit, exit::Outcome, out};
use crate::commands::{self, Catalogue};
use crate::foundation::layout;
use crate::foundation::settings::{Http, Paths, Settings};
use crate::foundation::store::{self, StoreError};
use crate::foundation::values::{ReadinessIssue, Severity, time};
use crate::inference::models::{self, Task};
use crate::inference::workers::{
    Extractor, Manuscript, Runtime,
    permits::{self, Permits},
};
use crate::knowledge;
use crate::people::{self, Owners};
use clap::Args;
use serde::Serialize;
use std::{
    fs::File,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

/// Below this the node cannot be expected to keep working.
const LEAST_FREE_BYTES: u64 = 256 << 20;

/// Below this a model or a backup may not fit.
const SOME_FREE_BYTES: u64 = 2 << 30;

/// 2025-01-01, before which no release of this program was made.
const OLDEST_TIME_MS: i64 = 1_735_689_600_000;

/// How long a node on the port may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    /// What is so, when nothing is wrong.
    found: String,
    issues: Vec<ReadinessIssue>,
}

impl Finding {
    fn of(check: &'static str, result: Result<String, ReadinessIssue>) -> Self {
        match result {
            Ok(found) => Self { check, found, issues: Vec::new() },
            Err(issue) => Self { check, found: String::new(), issues: vec![issue] },
        }
    }
}

impl Doctor {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let findings = match common.load(&[]) {
            Ok(loaded) => examine(&loaded.settings),
            Err(error) => vec![Finding::of("settings", Err(unusable_settings(&error)))],
        };
        if self.json {
            out::json(&findings)?;
        } else {
            print(&findings);
        }
        let broken = issues(&findings).any(|issue| issue.severity == Severity::Critical);
        Ok(if broken { Exit::NotReady } else { Exit::Done })
    }
}

// VOX-45
fn cpus(settings: &Settings) -> Result<String, ReadinessIssue> {
    let (used, available) = (Permits::new(settings).all(), permits::cpus());
    permits::check(settings).map_or_else(
        || Ok(format!("workers compute with {used} of the {available} CPUs that they may use")),
        Err,
    )
}

fn issues(findings: &[Finding]) -> impl Iterator<Item = &ReadinessIssue> {
    findings.iter().flat_map(|finding| &finding.issues)
}

fn print(findings: &[Finding]) {
    for finding in findings {
        let name = finding.check;
        if finding.issues.is_empty() {
            out::line(format!("ok       {name:9}  {}", finding.found));
        }
        let foremost = layout::foremost(&finding.issues);
        for (index, issue) in foremost.iter().enumerate() {
            let word = match issue.severity {
                Severity::Critical => "broken ",
                Severity::Warning => "warning",
            };
            out::line(format!("{word}  {name:9}  {issue}"));
            // What one command mends is said once.
            if foremost.get(index + 1).is_none_or(|next| next.mend != issue.mend) {
                out::line(format!("                    mend: {}", issue.mend));
            }
        }
        if foremost.len() < finding.issues.len() {
            let hidden = finding.issues.len() - foremost.len();
            out::line(format!("                    and {hidden} directories below them"));
        }
    }
    let broken = issues(findings).filter(|issue| issue.severity == Severity::Critical).count();
    let warnings = issues(findings).count() - broken;
    out::note(match (broken, warnings) {
        (0, 0) => "everything is as it should be".to_owned(),
        (0, _) => "the node works; what a warning names, it does without".to_owned(),
        (_, _) => "the node cannot work before what is broken is mended".to_owned(),
    });
}

/// Runs every check that the settings allow, in the order in which a node starts.
fn examine(settings: &Settings) -> Vec<Finding> {
    let paths = &settings.paths;
    let user = rustix::process::geteuid().as_raw();
    let layout = layout::readiness(settings, layout::State::InUse);
    vec![
        Finding::of(
            "settings",
            Ok(format!("they can be used, with the root {}", paths.root.display())),
        ),
        Finding::of(
            "user",
            layout::refuse_root(settings.environment, user)
                .map_or_else(|| Ok(format!("user {user} may run the node")), Err),
        ),
        Finding {
            check: "layout",
            found: "every directory is as it should be".to_owned(),
            issues: layout,
        },
        Finding::of("clock", clock()),
        Finding::of("cpus", cpus(settings)),
        Finding::of("disk", disk(&paths.state)),
        Finding::of("database", database(paths)),
        Finding::of("owners", owners(paths)),
        Finding::of("knowledge", learned(paths)),
        Finding::of("extract", reads(settings)),
        Finding::of("runtime", runtime(paths.onnxruntime.as_deref())),
        Finding::of("llm", llm(settings)),
        Finding::of("embed", embedder(settings)),
        Finding::of("rerank", reranker(settings)),
        Finding::of("commands", commands(settings)),
        Finding::of("tls", tls(&settings.http)),
        Finding::of("port", port(&settings.http)),
    ]
}

pub(super) fn unusable_settings(error: &anyhow::Error) -> ReadinessIssue {
    ReadinessIssue {
        severity: Severity::Critical,
        code: "settings_invalid".to_owned(),
        message: error.to_string(),
        path: None,
        mend: "correct what is named, then run `ladylinux config check`".to_owned(),
    }
}

/// Reads the catalogue with the owner's file, and prepares what carries commands out.
pub(super) fn commands(settings: &Settings) -> Result<String, ReadinessIssue> {
    let path = commands::file(&settings.paths.config);
    let broken = |code: &str, message: String, mend: String| ReadinessIssue {
        severity: Severity::Critical,
        code: code.to_owned(),
        message,
        path: Some(path.clone()),
        mend,
    };
    let catalogue = Catalogue::load(&settings.paths.config).map_err(|error| {
        let check = format!("commands list --check {}", path.display());
        let mend = format!(
            "correct the lines that are named, then {}",
            super::command(&settings.paths, &check)
        );
        broken("commands_invalid", error.to_string(), mend)
    })?;
    let listed = super::commands::listed(&catalogue, settings).map_err(|error| {
        broken("commands_unusable", error.to_string(), "correct the setting or the file".to_owned())
    })?;
    let here = listed.iter().filter(|one| one.availability.is_available()).count();
    Ok(format!("{here} of {} commands can be carried out here", listed.len()))
}

pub(super) fn clock() -> Result<String, ReadinessIssue> {
    let now = time::now();
    if now.0 >= OLDEST_TIME_MS {
        return Ok(format!("it is {}", now.rfc3339()));
    }
    Err(ReadinessIssue {
        severity: Severity::Critical,
        code: "clock_wrong".to_owned(),
        message: format!("the clock says {}, which is before this release was made", now.rfc3339()),
        path: None,
        mend: "set the clock, or start the service that does (`timedatectl set-ntp true`)"
            .to_owned(),
    })
}

pub(super) fn disk(state: &Path) -> Result<String, ReadinessIssue> {
    let existing = state.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let free =
        rustix::fs::statvfs(existing).map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    let free = free.map_err(|error| ReadinessIssue {
        severity: Severity::Warning,
        code: "disk_unknown".to_owned(),
        message: format!("the free space of {} cannot be read ({error})", existing.display()),
        path: Some(existing.to_owned()),
        mend: "check the filesystem that holds it".to_owned(),
    })?;
    let shown = format!("{:.1} GiB are free below {}", gibibytes(free), existing.display());
    if free >= SOME_FREE_BYTES {
        return Ok(shown);
    }
    Err(ReadinessIssue {
        severity: if free < LEAST_FREE_BYTES { Severity::Critical } else { Severity::Warning },
        code: "disk_space_low".to_owned(),
        message: format!("only {shown}"),
        path: Some(existing.to_owned()),
        mend: "free some space, or move the state directory to a larger disk".to_owned(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn database(paths: &Paths) -> Result<String, ReadinessIssue> {
    let path = paths.database();
    match store::check(&path) {
        Ok(()) => Ok(format!("{} has this release's schema", path.display())),
        Err(error) => Err(database_issue(paths, &error)),
    }
}

/// Says why the database cannot be used, and what to do about it.
pub(super) fn database_issue(paths: &Paths, error: &StoreError) -> ReadinessIssue {
    let migrate = super::command(paths, "migrate");
    let (code, mend) = match error {
        StoreError::Missing(_) => ("database_missing", migrate.as_str()),
        StoreError::Outdated { .. } => ("database_outdated", migrate.as_str()),
        StoreError::FromTheFuture { .. } => {
            ("database_too_new", "use the newer release, or restore an older backup")
        }
        StoreError::Damaged { .. } => {
            ("database_damaged", "stop the node, move the file away and restore its backup")
        }
        StoreError::Full => ("database_full", "free some space on its disk"),
        StoreError::Migration { .. } => (
            "migration_failed",
            "free some space if the disk is full, then try again; otherwise keep the release that ran before, and report this",
        ),
        StoreError::Copy { .. } | StoreError::BadCopy { .. } => {
            ("backup_failed", "free some space beside the database, then try again")
        }
        StoreError::InUse(_) => ("database_in_use", "stop the node first"),
        StoreError::Open { .. }
        | StoreError::ReadOnly
        | StoreError::Query(_)
        | StoreError::NotABackup { .. }
        | StoreError::Unreplayable { .. }
        | StoreError::LeftBehind(_)
        | StoreError::Aside { .. }
        | StoreError::Records { .. }
        | StoreError::Closed => {
            ("database_unusable", "make the file readable and writable for this user")
        }
    };
    ReadinessIssue {
        severity: Severity::Critical,
        code: code.to_owned(),
        message: super::for_this_node(paths, &chain(error)),
        path: Some(paths.database()),
        mend: mend.to_owned(),
    }
}

/// Writes an error with its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Reads who the operator says owns this household.
pub(super) fn owners(paths: &Paths) -> Result<String, ReadinessIssue> {
    let path = Owners::path(paths);
    let named = Owners::load(&path, people::day(time::now())).map_err(|error| error.issue())?;
    let names: Vec<_> = named.owners.iter().map(|owner| owner.name.as_str()).collect();
    Ok(if names.is_empty() {
        format!("{} names nobody, so that nobody commands what takes an owner", path.display())
    } else {
        format!("{} names {}", path.display(), names.join(", "))
    })
}

fn learned(paths: &Paths) -> Result<String, ReadinessIssue> {
    let documents = documents(paths).map_err(|error| ReadinessIssue {
        severity: Severity::Warning,
        code: "knowledge_unreadable".to_owned(),
        message: format!("the learned documents cannot be counted: {error}"),
        path: None,
        mend: "mend the database first".to_owned(),
    })?;
    if documents > 0 {
        return Ok(format!("{documents} documents are learned"));
    }
    Err(ReadinessIssue {
        severity: Severity::Warning,
        code: "knowledge_empty".to_owned(),
        message: "no document is learned, so questions about documents find nothing".to_owned(),
        path: None,
        mend: format!("{} with a directory of documents", super::command(paths, "learn PATH")),
    })
}

/// Has the worker that reads documents read one, which it does only if it can lock itself up.
fn reads(settings: &Settings) -> Result<String, ReadinessIssue> {
    let read = super::block_on(async {
        let extractor = Extractor::new(settings)?;
        Ok(extractor.extract("<p>A word.".into(), Manuscript::Html).await?)
    });
    read.map(|_| "PDF and HTML are read by a process that locks itself up".to_owned()).map_err(
        |error| ReadinessIssue {
            severity: Severity::Warning,
            code: "extract_unavailable".to_owned(),
            message: format!("a PDF or HTML document {error}"),
            path: None,
            mend: "see what `ladylinux worker extract --try-to-escape` says; Markdown and text are learned all the same".to_owned(),
        },
    )
}

fn documents(paths: &Paths) -> anyhow::Result<usize> {
    let store = super::open_store(paths)?;
    super::block_on(async { Ok(knowledge::documents(&store).await?.len()) })
}

pub(super) fn runtime(named: Option<&Path>) -> Result<String, ReadinessIssue> {
    let Runtime { path, version } = Runtime::find(named)?;
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    Ok(format!("ONNX Runtime{version} is {}", path.display()))
}

fn llm(settings: &Settings) -> Result<String, ReadinessIssue> {
    models::resolve(&settings.paths, Task::Llm, settings.llm.model.as_deref())
        .map(|model| format!("{} in {}", model.id, model.directory.display()))
}

fn embedder(settings: &Settings) -> Result<String, ReadinessIssue> {
    extra(
        settings,
        (Task::Embed, settings.embed.model.as_deref()),
        "documents are found by their words",
    )
}

fn reranker(settings: &Settings) -> Result<String, ReadinessIssue> {
    extra(settings, (Task::Rerank, settings.rerank.model.as_deref()), "what is found is read once")
}

/// Of a model that is an extra, only one that the settings name, or that is not what it should be, can be missed.
fn extra(
    settings: &Settings,
    (task, wanted): (Task, Option<&str>),
    without: &str,
) -> Result<String, ReadinessIssue> {
    match models::resolve(&settings.paths, task, wanted) {
        Ok(model) => Ok(format!("{} in {}", model.id, model.directory.display())),
        Err(issue) if issue.code == "model_missing" && wanted.is_none() => {
            Ok(format!("none: {without} ({})", issue.mend))
        }
        Err(issue) => Err(issue),
    }
}

pub(super) fn tls(http: &Http) -> Result<String, ReadinessIssue> {
    let Some(tls) = &http.tls else {
        return Ok("not used".to_owned());
    };
    for path in [&tls.certificate, &tls.key] {
        let readable = File::open(path).and_then(|mut file| file.read(&mut [0]));
        readable.map_err(|error| ReadinessIssue {
            severity: Severity::Critical,
            code: "tls_unreadable".to_owned(),
            message: format!("{} cannot be read ({error})", path.display()),
            path: Some(path.clone()),
            mend: "put the PEM file there, readable for this user".to_owned(),
        })?;
    }
    Ok(format!("the certificate is {}", tls.certificate.display()))
}

fn port(http: &Http) -> Result<String, ReadinessIssue> {
    let address = http.address;
    let Err(error) = TcpListener::bind(address) else {
        return Ok(format!("{address} is free"));
    };
    let issue = |code: &str, message: String, mend: &str| ReadinessIssue {
        severity: Severity::Critical,
        code: code.to_owned(),
        message,
        path: None,
        mend: mend.to_owned(),
    };
    if error.kind() == io::ErrorKind::AddrInUse {
        if http.tls.is_some() {
            return Ok(format!("{address} is in use, probably by the node"));
        }
        if node_answers(address) {
            return Ok(format!("a node answers on {address}"));
        }
        return Err(issue(
            "port_taken",
            format!("another program listens on {address}"),
            "stop it (`ss -tlnp` names it), or set LADYLINUX_PORT to a free port",
        ));
    }
    if error.kind() == io::ErrorKind::PermissionDenied {
        return Err(issue(
            "port_denied",
            format!("this user may not listen on {address}"),
            "set LADYLINUX_PORT to a port above 1023",
        ));
    }
    Err(issue(
        "address_unusable",
        format!("{address} cannot be listened on ({error})"),
        "set LADYLINUX_HOST to an address of this machine",
    ))
}

/// Asks whoever listens whether it is alive, as a node answers that.
pub(super) fn node_answers(address: SocketAddr) -> bool {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&reachable(address), ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        stream.write_all(
            b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

/// Returns an address on which this machine reaches whoever listens on all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
