//! The command line of `ladylinux-supervisor`: one function a verb.

use super::{
    daemon,
    engine::Engine,
    exit::Exit,
    hold::{self, Hold},
    interrupt::Interrupts,
    journal::{self, Journal, JournalError},
    lock::{Lock, LockError},
    out::{self, Lines, Tell},
    owner::Units,
    record::{Record, Verb as For},
    registry,
    report::Report,
    rest::Rest,
    stack::{self, Stack, Time},
    supervisor::{Order, Refused, Restore, Supervisor, Wanted},
    why,
};
use crate::foundation::values::{Sha256, time};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::{ffi::OsString, io, path::PathBuf, sync::atomic::AtomicBool, time::Duration};

/// Who acts, if nobody else is named.
const BY_HAND: &str = "command line";

/// The operator's stack file, if none is named.
const STACK_FILE: &str = "/etc/ladylinux/supervisor/stack.toml";

const EXAMPLES: &str = "Examples:
  ladylinux-supervisor status                          how the node is
  ladylinux-supervisor plan                            what a refresh would do, and what speaks against it
  ladylinux-supervisor refresh                         to the newest release of the channel
  ladylinux-supervisor refresh develop                 to the newest release of another channel
  ladylinux-supervisor refresh --from-archive /opt/ladylinux/containers/release.oci.tar
  ladylinux-supervisor rollback                        back to the release before
  ladylinux-supervisor rollback --restore-state        back, with the state from before a migration
  ladylinux-supervisor backup before-moving            back up state and configuration; `restore` goes back to it
  ladylinux-supervisor hold --reason \"moving house\"    keep the node stopped, across reboots

Exit codes: 0 done, or unchanged; 1 failed: the node is stopped, and held; 2 refused: nothing was touched; 3 held, or not
as it should be; 4 another supervisor is at work; 130 stopped by Ctrl-C before anything was touched";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "ladylinux-supervisor",
    version,
    about = "Brings a LadyLinux node to a release, and says truthfully how that went",
    max_term_width = 100,
    after_help = EXAMPLES
)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

const FOR_EVERY_VERB: &str = "For every command";

#[derive(Debug, Args)]
pub(super) struct Common {
    /// The supervisor's own directory: journal, hold, reports, requests
    #[arg(long, global = true, value_name = "DIR", default_value = "/var/lib/ladylinux/supervisor", env = "LADYLINUX_SUPERVISOR_DIR", help_heading = FOR_EVERY_VERB)]
    state: PathBuf,
    /// The container engine's socket: unix:///…; the first of the usual ones if none is named
    #[arg(long, global = true, value_name = "URL", env = "CONTAINER_HOST", help_heading = FOR_EVERY_VERB)]
    socket: Option<String>,
    /// The stack file with what differs from the defaults [default: /etc/ladylinux/supervisor/stack.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "LADYLINUX_STACK", help_heading = FOR_EVERY_VERB)]
    stack: Option<PathBuf>,
    /// The machine's profile, such as n100 or pi5
    #[arg(long, global = true, value_name = "NAME", env = "LADYLINUX_PROFILE", help_heading = FOR_EVERY_VERB)]
    profile: Option<String>,
    /// Where the engine stores images, to tell free space and to sync it; found out if it is visible
    #[arg(long, global = true, value_name = "DIR", env = "LADYLINUX_IMAGE_STORE", help_heading = FOR_EVERY_VERB)]
    image_store: Option<PathBuf>,
    /// The file with registry passwords, as `podman login --authfile` writes it
    #[arg(long, global = true, value_name = "FILE", env = "REGISTRY_AUTH_FILE", help_heading = FOR_EVERY_VERB)]
    auth_file: Option<PathBuf>,
    /// A PEM file with the registry's own certificate authority
    #[arg(long, global = true, value_name = "FILE", env = "LADYLINUX_REGISTRY_CA", help_heading = FOR_EVERY_VERB)]
    registry_ca: Option<PathBuf>,
    /// The name of the image that this supervisor is started from: `run` then hands over to the one in a proven release
    #[arg(long, global = true, value_name = "NAME", env = "LADYLINUX_SUPERVISOR_IMAGE", help_heading = FOR_EVERY_VERB)]
    installed_as: Option<String>,
    /// Print JSON: one object, as the last line
    #[arg(long, global = true, help_heading = FOR_EVERY_VERB)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Say how the node is; exits 3 if it is not as it should be
    Status,
    /// Say what a refresh would do, and what speaks against it; changes nothing
    Plan {
        #[command(flatten)]
        towards: Towards,
        /// Have a release that is on this machine already rehearse its migrations on a copy
        #[arg(long)]
        rehearse: bool,
    },
    /// Bring the node to a release: stop, sync, rebuild, prepare, restart, status
    Refresh(Refresh),
    /// Go through the same steps back to the release before
    Rollback(Rollback),
    /// Back the state and the configuration up, of one moment, while the node serves
    Backup {
        /// A name for it; the time if none is given. It lies in data/backups/ below the node's state
        name: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Go through the same steps back to the state of a backup; what was written since is kept aside in a file
    Restore {
        /// The name of the backup
        name: String,
        #[command(flatten)]
        how: How,
    },
    /// Start the installed release, unless the node is held; or one container that was stopped by itself
    Start {
        /// The container, by its name in the stack
        container: Option<String>,
    },
    /// Stop the node until somebody starts it; or one container, which then stays stopped through refreshes and boots
    Stop {
        /// The container, by its name in the stack
        container: Option<String>,
    },
    /// Keep the node stopped, across reboots
    Hold {
        /// Why, for whoever looks next
        #[arg(long, default_value = "held by hand")]
        reason: String,
    },
    /// End a hold; a journal that cannot be believed is set aside
    ReleaseHold,
    /// List what has happened, newest last
    History {
        /// So many of the last
        #[arg(long, default_value_t = 50)]
        last: usize,
    },
    /// Explain a run in words, from its receipts: who wanted it, what was done, what became of it
    Why {
        /// The run, by the beginning or the end of its identifier; the last one if none is given
        id: Option<String>,
    },
    /// Check that every receipt continues the one before; exits 2 if one was changed, lost or put in
    VerifyReceipts {
        /// The hash that an earlier check printed: the receipts since then must continue it
        #[arg(long, value_name = "HASH")]
        known: Option<Sha256>,
    },
    /// Watch over the node: start it at boot, prove releases, take requests; the service runs this
    Run,
    /// Check or show the stack
    Stack {
        #[command(subcommand)]
        what: StackVerb,
    },
}

#[derive(Debug, Subcommand)]
enum StackVerb {
    /// Check the stack; exits 2 if something speaks against it
    Check,
    /// Print the stack that is in force
    Show,
    /// Print the defaults, to start from
    Default,
    /// Print the units of a stack with owner = "systemd"; scripts/install installs them
    Units {
        /// Write them into this directory instead, each as a file
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

#[derive(Clone, Debug, Args)]
struct Towards {
    /// A channel (tag), a branch, or a digest (sha256:…); the stack's channel if none is given
    target: Option<String>,
    /// Take the release from an OCI archive
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    from_archive: Option<PathBuf>,
    /// Ask no registry: the release must be on this machine
    #[arg(long)]
    offline: bool,
    /// Recreate the containers even if nothing has changed
    #[arg(long)]
    always_recreate: bool,
}

#[derive(Debug, Args)]
struct Refresh {
    #[command(flatten)]
    towards: Towards,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct Rollback {
    /// Ask no registry: the release must be on this machine
    #[arg(long)]
    offline: bool,
    /// If a newer release has migrated the state, restore the backup from before; what was written since is kept aside in a
    /// file, and what was revoked since stays revoked
    #[arg(long)]
    restore_state: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    /// Exit with this code instead of 0 if something has changed
    #[arg(long, value_name = "CODE")]
    exit_code_if_changed: Option<u8>,
    /// Wait so long for another supervisor to end
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    lock_wait: Time,
    /// Who wants it, for the history
    #[arg(long, value_name = "WHO", default_value = BY_HAND)]
    actor: String,
}

impl Default for How {
    fn default() -> Self {
        Self {
            exit_code_if_changed: None,
            lock_wait: Time(Duration::ZERO),
            actor: BY_HAND.to_owned(),
        }
    }
}

fn duration(text: &str) -> Result<Time, String> {
    Time::try_from(text.to_owned())
}

/// Runs the verb that the command line names, and returns the exit code.
pub(super) async fn run(arguments: Arguments) -> u8 {
    let common = &arguments.common;
    match dispatch(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            out::error(&error);
            if common.json {
                let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
                out::json(
                    &serde_json::json!({ "outcome": "refused", "error": { "message": causes[0], "causes": causes[1..] } }),
                );
            }
            code_of(&error) as u8
        }
    }
}

/// Returns how a verb ends that could not do what it was asked.
fn code_of(error: &anyhow::Error) -> Exit {
    let locked =
        error.chain().any(|cause| matches!(cause.downcast_ref(), Some(LockError::Held(_))));
    if locked { Exit::Locked } else { Exit::Refused }
}

async fn dispatch(arguments: &Arguments) -> anyhow::Result<u8> {
    let common = &arguments.common;
    if let Verb::Stack { what } = &arguments.verb {
        return stack_verb(common, what);
    }
    if let Verb::History { last } = arguments.verb {
        return history(common, last).map(|exit| exit as u8);
    }
    if let Verb::Why { id } = &arguments.verb {
        return why(common, id.as_deref()).map(|exit| exit as u8);
    }
    if let Verb::VerifyReceipts { known } = arguments.verb {
        return verify_receipts(common, known).map(|exit| exit as u8);
    }
    let supervisor = common.supervisor().await?;
    let exit = match &arguments.verb {
        Verb::Status => status(&supervisor, common).await,
        Verb::Plan { towards, rehearse } => plan(&supervisor, common, towards, *rehearse).await?,
        Verb::Refresh(refresh) => {
            let order = refresh.towards.order(&supervisor.stack, &refresh.how)?;
            return go(&supervisor, common, &order, &refresh.how).await;
        }
        Verb::Rollback(rollback) => {
            let order = Order {
                verb: For::Rollback,
                wanted: Wanted::Previous,
                always_recreate: true,
                offline: rollback.offline,
                restore: if rollback.restore_state { Restore::OfRelease } else { Restore::Nothing },
                actor: rollback.how.actor.clone(),
                lock_wait: rollback.how.lock_wait.0,
            };
            return go(&supervisor, common, &order, &rollback.how).await;
        }
        Verb::Restore { name, how } => {
            let order = Order {
                verb: For::Restore,
                wanted: Wanted::Installed,
                always_recreate: true,
                offline: true,
                restore: Restore::Backup(name.clone()),
                actor: how.actor.clone(),
                lock_wait: how.lock_wait.0,
            };
            return go(&supervisor, common, &order, how).await;
        }
        Verb::Backup { name, how } => backup(&supervisor, common, name.as_deref(), how).await?,
        Verb::Start { container: None } => start(&supervisor, common).await?,
        Verb::Stop { container: None } => stop(&supervisor, common).await?,
        Verb::Start { container: Some(service) } => {
            one(&supervisor, common, service, Rest::Ends).await?
        }
        Verb::Stop { container: Some(service) } => {
            one(&supervisor, common, service, Rest::Begins).await?
        }
        Verb::Hold { reason } => hold(&supervisor, common, reason).await?,
        Verb::ReleaseHold => release_hold(&supervisor, common).await?,
        Verb::Run => daemon::run(supervisor, common.options()).await?,
        // These need no engine.
        Verb::History { .. }
        | Verb::Why { .. }
        | Verb::VerifyReceipts { .. }
        | Verb::Stack { .. } => Exit::Done,
    };
    Ok(exit as u8)
}

impl Common {
    fn load_stack(&self) -> anyhow::Result<Stack> {
        Ok(stack::load(self.stack_file().as_deref(), self.profile.as_deref())?)
    }

    fn stack_file(&self) -> Option<PathBuf> {
        let usual = PathBuf::from(STACK_FILE);
        self.stack.clone().or_else(|| usual.exists().then_some(usual))
    }

    /// Returns these options again, for another run.
    fn options(&self) -> Vec<OsString> {
        let Self { state, socket, stack, profile, image_store, auth_file, registry_ca, .. } = self;
        let text = |value: &Option<String>| value.clone().map(OsString::from);
        let path = |value: &Option<PathBuf>| value.clone().map(OsString::from);
        let given = [
            ("--state", Some(state.clone().into())),
            ("--socket", text(socket)),
            ("--stack", path(stack)),
            ("--profile", text(profile)),
            ("--image-store", path(image_store)),
            ("--auth-file", path(auth_file)),
            ("--registry-ca", path(registry_ca)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some([name.into(), value?]));
        given.flatten().collect()
    }

    async fn supervisor(&self) -> anyhow::Result<Supervisor> {
        let stack = self.load_stack()?;
        std::fs::create_dir_all(&self.state).with_context(|| {
            format!("cannot make the supervisor's directory {}", self.state.display())
        })?;
        let socket = self.socket.clone().unwrap_or_else(Engine::default_socket);
        let engine = Engine::connect(&socket).await?;
        let registry = registry::Options { ca: self.registry_ca.clone(), ..Default::default() };
        let registry = registry::Options { retries: stack.refresh.fetch_retries, ..registry };
        Ok(Supervisor {
            stack,
            engine,
            units: Units::default(),
            directory: self.state.clone(),
            store: self.image_store.clone(),
            registry,
            auth_file: self.auth_file.clone(),
            stack_file: self.stack_file(),
            installed_as: self.installed_as.clone(),
            begun: AtomicBool::new(false),
        })
    }
}

impl Towards {
    fn order(&self, stack: &Stack, how: &How) -> anyhow::Result<Order> {
        let wanted = match (&self.from_archive, &self.target) {
            (Some(archive), _) => Wanted::Archive(archive.clone()),
            (None, None) => Wanted::Channel(stack.image.channel.clone()),
            (None, Some(digest)) if digest.starts_with("sha256:") => {
                Wanted::Digest(digest.parse()?)
            }
            // A branch's slashes are no part of a tag; CI pushes it under the same name.
            (None, Some(channel)) => Wanted::Channel(channel.replace('/', "-")),
        };
        Ok(Order {
            verb: For::Refresh,
            wanted,
            always_recreate: self.always_recreate,
            offline: self.offline,
            restore: Restore::Nothing,
            actor: how.actor.clone(),
            lock_wait: how.lock_wait.0,
        })
    }
}

async fn status(supervisor: &Supervisor, common: &Common) -> Exit {
    let look = supervisor.look().await;
    if common.json {
        out::json(&look);
    } else {
        look.lines().iter().for_each(out::line);
    }
    if look.is_well() { Exit::Done } else { Exit::Held }
}

async fn plan(
    supervisor: &Supervisor,
    common: &Common,
    towards: &Towards,
    rehearse: bool,
) -> anyhow::Result<Exit> {
    let order = towards.order(&supervisor.stack, &How::default())?;
    let plan = supervisor.plan(&order, rehearse).await.map_err(anyhow::Error::from)?;
    if common.json {
        out::json(&plan);
    } else {
        plan.lines().iter().for_each(out::line);
    }
    Ok(if plan.refusals.is_empty() { Exit::Done } else { Exit::Refused })
}

async fn go(
    supervisor: &Supervisor,
    common: &Common,
    order: &Order,
    how: &How,
) -> anyhow::Result<u8> {
    let tell = Lines::default();
    let ended = unless_interrupted(supervisor, order, &tell).await?;
    let Some((report, refused)) = ended else {
        out::note("stopped: nothing was touched");
        return Ok(Exit::Interrupted as u8);
    };
    if let Some(refused) = &refused {
        out::note(format!("ladylinux-supervisor: {} refused: {refused}", order.verb));
        if let Refused::Other(error) = refused {
            error.chain().skip(1).for_each(|cause| out::note(format!("  because {cause}")));
        }
    }
    if let Some(error) = &report.error {
        out::note(format!(
            "ladylinux-supervisor: {} failed in {}: {}",
            order.verb, error.step, error.message
        ));
        error.causes.iter().for_each(|cause| out::note(format!("  because {cause}")));
        error.log.iter().for_each(|log| out::note(format!("  the containers' last lines: {log}")));
        out::note(format!("  next: {}", error.next));
    }
    if common.json {
        out::json(&report);
    } else {
        report.lines().iter().for_each(out::line);
    }
    Ok(match (Exit::of(&report, refused.as_ref()), how.exit_code_if_changed) {
        (Exit::Done, Some(code)) if report.changed => code,
        (exit, _) => exit as u8,
    })
}

/// Goes through a run, unless somebody interrupts it before step 1; from there on it goes to its end.
async fn unless_interrupted(
    supervisor: &Supervisor,
    order: &Order,
    tell: &dyn Tell,
) -> io::Result<Option<(Report, Option<Refused>)>> {
    let mut interrupts = Interrupts::listen()?;
    let run = supervisor.go(order, tell);
    tokio::pin!(run);
    let mut told = false;
    loop {
        tokio::select! {
            ended = &mut run => return Ok(Some(ended)),
            () = interrupts.next() => {
                if !supervisor.has_begun() {
                    return Ok(None);
                }
                if !told {
                    tell.note("the steps have begun and go to their end; a node that is killed in between stays stopped, and held");
                    told = true;
                }
            }
        }
    }
}

async fn backup(
    supervisor: &Supervisor,
    common: &Common,
    name: Option<&str>,
    how: &How,
) -> anyhow::Result<Exit> {
    let made = supervisor.back_up(name, &how.actor, how.lock_wait.0, &Lines::default()).await?;
    if common.json {
        out::json(&made);
    } else {
        let name = made.backup.rsplit('/').next().unwrap_or_default();
        out::line(format!("backed up to {}, schema {}", made.backup, made.about.schema));
        out::note(format!(
            "copy it to another machine; `ladylinux-supervisor restore {name}` goes back to it"
        ));
    }
    Ok(Exit::Done)
}

async fn start(supervisor: &Supervisor, common: &Common) -> anyhow::Result<Exit> {
    let _lock = Lock::take(&supervisor.directory, "start", Duration::ZERO).await?;
    let mut journal = Journal::open(&supervisor.directory)?;
    let tell = Lines::default();
    supervisor.recover(&mut journal, &tell).await?;
    let started = supervisor.start(&mut journal, BY_HAND).await;
    drop(journal);
    if let Err(error) = &started {
        out::error(error);
    }
    let said = status(supervisor, common).await;
    Ok(if started.is_ok() { said } else { Exit::Held })
}

async fn stop(supervisor: &Supervisor, common: &Common) -> anyhow::Result<Exit> {
    let _lock = Lock::take(&supervisor.directory, "stop", Duration::ZERO).await?;
    let mut journal = Journal::open(&supervisor.directory)?;
    supervisor.recover(&mut journal, &Lines::default()).await?;
    journal.append(Record::Stopped { actor: BY_HAND.to_owned() })?;
    supervisor.stop_all().await?;
    drop(journal);
    status(supervisor, common).await;
    Ok(Exit::Done)
}

/// Starts or stops one container by itself.
async fn one(
    supervisor: &Supervisor,
    common: &Common,
    service: &str,
    rest: Rest,
) -> anyhow::Result<Exit> {
    let known: Vec<&str> = supervisor.stack.can_rest().collect();
    if !known.contains(&service) {
        anyhow::bail!(
            "{service} is no container that is started and stopped by itself; those that the stack declares: {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        );
    }
    let _lock = Lock::take(&supervisor.directory, rest.verb(), Duration::ZERO).await?;
    let mut journal = Journal::open(&supervisor.directory)?;
    supervisor.recover(&mut journal, &Lines::default()).await?;
    if let Some(hold) = hold::read(&supervisor.directory).context("cannot read the hold")? {
        anyhow::bail!("the node is held: {}; {}", hold.reason, hold.next);
    }
    supervisor.rest_or_not(&mut journal, service, rest, BY_HAND).await?;
    drop(journal);
    status(supervisor, common).await;
    Ok(Exit::Done)
}

async fn hold(supervisor: &Supervisor, common: &Common, reason: &str) -> anyhow::Result<Exit> {
    let _lock = Lock::take(&supervisor.directory, "hold", Duration::ZERO).await?;
    let mut journal = Journal::open(&supervisor.directory)?;
    supervisor.recover(&mut journal, &Lines::default()).await?;
    supervisor.hold(&mut journal, reason, None).await?;
    drop(journal);
    status(supervisor, common).await;
    Ok(Exit::Done)
}

async fn release_hold(supervisor: &Supervisor, common: &Common) -> anyhow::Result<Exit> {
    let _lock = Lock::take(&supervisor.directory, "release-hold", Duration::ZERO).await?;
    let mut journal = match Journal::open(&supervisor.directory) {
        Err(JournalError::Damaged { .. }) => {
            let file = journal::set_aside(&supervisor.directory)
                .context("cannot set the journal aside")?;
            let mut journal = Journal::open(&supervisor.directory)?;
            if let Some(file) = file {
                out::note(format!(
                    "the journal is kept as {file}; refresh to a release, for the new one knows of none"
                ));
                journal.append(Record::SetAside { file })?;
            }
            journal
        }
        opened => opened?,
    };
    supervisor.recover(&mut journal, &Lines::default()).await?;
    hold::clear(&supervisor.directory).context("cannot end the hold")?;
    journal.append(Record::Released { actor: BY_HAND.to_owned() })?;
    drop(journal);
    status(supervisor, common).await;
    Ok(Exit::Done)
}

fn history(common: &Common, last: usize) -> anyhow::Result<Exit> {
    let (entries, _) = journal::read(&common.state)?;
    let shown = &entries[entries.len().saturating_sub(last)..];
    if common.json {
        out::json(&shown);
        return Ok(Exit::Done);
    }
    for entry in shown {
        out::line(format!("{}  {}", entry.at.rfc3339(), entry.record));
    }
    Ok(Exit::Done)
}

fn why(common: &Common, id: Option<&str>) -> anyhow::Result<Exit> {
    let (entries, _) = journal::read(&common.state)?;
    let Some(why) = why::explain(&entries, id) else {
        anyhow::bail!(
            "no run of that name is in the journal: `ladylinux-supervisor history` lists what is"
        )
    };
    if common.json {
        out::json(&why);
    } else {
        out::line(why.id.to_string());
        why.sentences.iter().for_each(out::line);
    }
    Ok(Exit::Done)
}

fn verify_receipts(common: &Common, known: Option<Sha256>) -> anyhow::Result<Exit> {
    let verified = journal::verify(&common.state, known)?;
    if common.json {
        out::json(&verified);
    } else {
        out::line(format!(
            "{} receipts, each of which continues the one before; the last is {}",
            verified.receipts, verified.last
        ));
        out::note(
            "write that hash down elsewhere: with --known it shows whether receipts are missing",
        );
    }
    Ok(Exit::Done)
}

fn stack_verb(common: &Common, what: &StackVerb) -> anyhow::Result<u8> {
    if matches!(what, StackVerb::Default) {
        out::line(stack::verb::default().trim_end());
        return Ok(Exit::Done as u8);
    }
    let stack = common.load_stack()?;
    let checked = stack::verb::check(&stack);
    match what {
        StackVerb::Check if common.json => out::json(&checked.json()),
        StackVerb::Check => out::line(checked.text()),
        StackVerb::Show if common.json => out::json(&stack::verb::show_json(&stack)),
        StackVerb::Show => out::line(stack::verb::show(&stack)?.trim_end()),
        StackVerb::Units { into: Some(directory) } => {
            for (name, text) in stack::quadlet::units(&stack) {
                let path = directory.join(name);
                std::fs::write(&path, text)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        StackVerb::Units { into: None } if common.json => {
            let units = stack::quadlet::units(&stack).into_iter();
            out::json(&units.collect::<std::collections::BTreeMap<_, _>>());
        }
        StackVerb::Units { into: None } => {
            for (name, text) in stack::quadlet::units(&stack) {
                out::line(format!("# ---- {name}\n{text}"));
            }
        }
        StackVerb::Default => {}
    }
    let refused = matches!(what, StackVerb::Check) && !checked.is_good();
    Ok(if refused { Exit::Refused } else { Exit::Done } as u8)
}

/// A hold that somebody asked for.
impl Supervisor {
    /// Holds the node, and stops it.
    pub(super) async fn hold(
        &self,
        journal: &mut Journal,
        reason: &str,
        next: Option<&str>,
    ) -> anyhow::Result<()> {
        let by_hand = next.is_none();
        let next = next.unwrap_or("run `ladylinux-supervisor release-hold`, then `start`");
        let hold = Hold {
            reason: reason.to_owned(),
            step: None,
            by_hand,
            since: time::now(),
            next: next.to_owned(),
        };
        hold::write(&self.directory, &hold).context("cannot write the hold")?;
        journal.append(Record::Held { reason: reason.to_owned() })?;
        self.stop_all().await?;
        Ok(())
    }
}
