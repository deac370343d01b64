//! The plan: what a run through the steps would do, and every reason not to begin it. Pure, and the same for the same inputs.

use super::{
    contract::Rehearsal,
    hold::Hold,
    machine::Node,
    record::Verb,
    release::Digest,
    stack::{OnFailure, Stack, fingerprint},
};
use crate::foundation::values::{Sha256, time::Timestamp};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// A clock that was set back by no more than this is none to speak of.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// What a compressed layer takes on disk while it is fetched and unpacked, as a multiple of its size.
const UNPACKED: u64 = 4;

/// What a plan is made from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// What for.
    pub verb: Verb,
    /// The declaration.
    pub stack: &'a Stack,
    /// What is known of the node.
    pub node: &'a Node,
    /// The release it is to get.
    pub target: &'a Target,
    /// The machine.
    pub machine: &'a Machine,
    /// The containers that are there.
    pub running: &'a [Running],
    /// Whether the containers are recreated even if nothing has changed.
    pub always_recreate: bool,
    /// Whether a state is restored that the release knows.
    pub restores: bool,
    /// The hold, if there is one.
    pub hold: Option<&'a Hold>,
    /// The time.
    pub now: Timestamp,
}

/// A release, as far as it is known before it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What names it.
    pub digest: Digest,
    /// What was asked for.
    pub reference: String,
    /// What has to be fetched, in bytes; nothing if it is here.
    pub download_bytes: u64,
    /// Its labels, if they are known.
    pub labels: Option<Labels>,
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The commit.
    pub revision: Option<String>,
    /// The architecture, in the words of the OCI image spec.
    pub architecture: String,
    /// The oldest schema it migrates from.
    pub schema_from: Option<u32>,
    /// The schema it migrates to.
    pub schema_to: Option<u32>,
    /// The memory it needs, in bytes.
    pub memory: Option<u64>,
}

/// The machine, as far as a plan asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its architecture, in the words of the OCI image spec.
    pub architecture: String,
    /// What is free where images are stored, in bytes, if that can be told.
    pub free_bytes: Option<u64>,
}

/// A container that is there under one of our names, or with our label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its name.
    pub name: String,
    /// What it is in the stack, if it is ours.
    pub service: Option<String>,
    /// Whether it runs.
    pub runs: bool,
    /// The release it was created from.
    pub digest: Option<String>,
    /// The declaration it was created from.
    pub spec: Option<String>,
    /// Who else owns it, if somebody does.
    pub owner: Option<String>,
}

/// One reason not to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// A stable name.
    pub code: &'static str,
    /// Why, in a sentence.
    pub message: String,
    /// What to do instead.
    pub next: String,
}

/// What a run would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What for.
    pub verb: Verb,
    /// The release that is installed.
    pub from: Option<Digest>,
    /// The release that would be.
    pub to: Digest,
    /// What was asked for.
    pub reference: String,
    /// Whether nothing would be done.
    pub unchanged: bool,
    /// What has to be fetched, in bytes.
    pub download_bytes: u64,
    /// What must be free for it, in bytes.
    pub needed_bytes: u64,
    /// What is free, in bytes, if that can be told.
    pub free_bytes: Option<u64>,
    /// The schema of the state, and what the release makes of it, as far as the supervisor knows.
    pub schema: (Option<u32>, Option<u32>),
    /// The containers, with the fingerprint of what each is created from.
    pub containers: BTreeMap<String, Sha256>,
    /// What happens if it fails.
    pub on_failure: OnFailure,
    /// The name of the key that the release's signature is good by, if that was checked.
    pub signer: Option<String>,
    /// What the migrations took on a copy, if they were rehearsed.
    pub rehearsal: Option<Rehearsal>,
    /// The schema whose backup is restored, if that has to be.
    pub restores: Option<u32>,
    /// Why it would not begin.
    pub refusals: Vec<Refusal>,
    /// The hash of what it depends on: the same inputs have the same.
    pub hash: Sha256,
}

impl Plan {
    /// Returns the lines for people.
    pub fn lines(&self) -> Vec<String> {
        let size = |bytes: u64| bytesize::ByteSize(bytes).display().iec().to_string();
        let mut lines = Vec::new();
        let mut line = |key: &str, value: String| lines.push(format!("{key:<15} {value}"));
        line("from", self.from.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string()));
        line("to", format!("{} ({})", self.to, self.reference));
        if self.unchanged {
            line("would do", "nothing: this release already runs".to_owned());
        }
        line("download", size(self.download_bytes));
        let free = self.free_bytes.map_or_else(|| "unknown".to_owned(), size);
        line("space", format!("{} needed, {free} free", size(self.needed_bytes)));
        if let (Some(state), Some(to)) = self.schema {
            line(
                "schema",
                if state == to { format!("{to}, as it is") } else { format!("{state} to {to}") },
            );
        }
        if let Some(Rehearsal { took_ms, database_bytes, space_bytes }) = self.rehearsal {
            let (database, space) = (size(database_bytes), size(space_bytes));
            line("rehearsed", format!("on a copy of {database}: {took_ms} ms, {space} of space"));
        }
        if let Some(schema) = self.restores {
            line(
                "state",
                format!(
                    "the backup of schema {schema} is restored; what was written since is kept aside"
                ),
            );
        }
        if let Some(signer) = &self.signer {
            line("signed by", signer.clone());
        }
        line(
            "on failure",
            match self.on_failure {
                OnFailure::Stop => "the node stays stopped, and is held".to_owned(),
                OnFailure::Rollback => {
                    "back to the release before; after a migration, the node stays stopped, and is held".to_owned()
                }
            },
        );
        for refusal in &self.refusals {
            line("refused", format!("{}: {} ({})", refusal.message, refusal.next, refusal.code));
        }
        line("plan", self.hash.to_string());
        // LL-REF-49
        line(
            "remember",
            "a snapshot of the machine is the way back from what no refresh can mend".to_owned(),
        );
        lines
    }
}

/// Makes the plan.
pub fn plan(inputs: &Inputs<'_>) -> Plan {
    let Inputs { verb, stack, node, target, machine, .. } = *inputs;
    let from = node.current().map(|current| current.release.digest);
    let containers: BTreeMap<String, Sha256> =
        stack.containers.keys().map(|name| (name.clone(), fingerprint(stack, name))).collect();
    let hash = hash(&(verb, from, target.digest, &containers, stack.refresh.on_failure));
    let schema_to = target.labels.as_ref().and_then(|labels| labels.schema_to);
    Plan {
        verb,
        from,
        to: target.digest,
        reference: target.reference.clone(),
        unchanged: is_unchanged(inputs, &containers),
        download_bytes: target.download_bytes,
        needed_bytes: needed(inputs),
        free_bytes: machine.free_bytes,
        schema: (node.schema, schema_to),
        containers,
        on_failure: stack.refresh.on_failure,
        signer: None,
        rehearsal: None,
        restores: None,
        refusals: refusals(inputs),
        hash,
    }
}

fn hash(of: &impl Serialize) -> Sha256 {
    Sha256::of(serde_json::to_vec(of).unwrap_or_default())
}

fn needed(inputs: &Inputs<'_>) -> u64 {
    let fetched = inputs.target.download_bytes.saturating_mul(UNPACKED);
    fetched.saturating_add(inputs.stack.refresh.keep_free.count())
}

/// Whether what is wanted is what runs, created from what is declared.
fn is_unchanged(inputs: &Inputs<'_>, containers: &BTreeMap<String, Sha256>) -> bool {
    let as_wanted = |(name, spec): (&String, &Sha256)| {
        let is = |one: &&Running| one.service.as_ref() == Some(name);
        // One that rests need not run; where systemd owns it, it is gone meanwhile.
        let rests = inputs.node.resting.contains(name);
        if rests && !inputs.running.iter().any(|one| is(&one)) {
            return true;
        }
        inputs.running.iter().filter(is).any(|one| {
            (one.runs || rests)
                && one.digest == Some(inputs.target.digest.to_string())
                && one.spec == Some(spec.to_string())
        })
    };
    let current = inputs.node.current().map(|current| current.release.digest);
    !inputs.always_recreate
        && inputs.hold.is_none()
        && inputs.node.under_way.is_none()
        && current == Some(inputs.target.digest)
        && containers.iter().all(as_wanted)
}

fn refusals(inputs: &Inputs<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut refuse = |code, message: String, next: &str| {
        found.push(Refusal { code, message, next: next.to_owned() });
    };
    if let Some(last) = inputs.node.at
        && last.since(inputs.now) > CLOCK_TOLERANCE
    {
        refuse(
            "clock_set_back",
            format!(
                "the clock says {}, but the journal's last record is of {}",
                inputs.now.rfc3339(),
                last.rfc3339()
            ),
            "set the clock (`timedatectl`) and try again",
        );
    }
    if let Some(hold) = inputs.hold.filter(|hold| hold.by_hand) {
        refuse(
            "held_by_hand",
            format!("somebody holds the node: {}", hold.reason),
            "run `ladylinux-supervisor release-hold` first",
        );
    }
    for one in inputs.running {
        if let Some(owner) = &one.owner {
            refuse(
                "foreign_owner",
                format!("the container {} belongs to {owner}", one.name),
                "let its owner stop and remove it first: one container has one owner",
            );
        } else if one.service.is_none() {
            refuse(
                "name_taken",
                format!("a container that is not ours is called {}", one.name),
                "rename or remove it: `podman rename`, `podman rm`",
            );
        }
    }
    if let Some(free) = inputs.machine.free_bytes
        && free < needed(inputs)
    {
        refuse(
            "no_space",
            format!(
                "{} are free where images are stored, and {} are needed",
                bytesize::ByteSize(free).display().iec(),
                bytesize::ByteSize(needed(inputs)).display().iec()
            ),
            "free some space (`podman system df` shows what takes it) and try again",
        );
    }
    if let Some(labels) = &inputs.target.labels {
        found.extend(label_refusals(inputs, labels));
    }
    found
}

/// What the image's own labels say against it.
fn label_refusals(inputs: &Inputs<'_>, labels: &Labels) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut refuse = |code, message: String, next: &str| {
        found.push(Refusal { code, message, next: next.to_owned() });
    };
    let (ours, theirs) = (&inputs.machine.architecture, &labels.architecture);
    if ours != theirs {
        refuse(
            "wrong_architecture",
            format!("the image is for {theirs}, this machine is {ours}"),
            "choose an image that is built for this machine",
        );
    }
    // LL-DEP-10, C-44
    if labels.revision.is_none() && inputs.stack.refresh.require_revision {
        refuse(
            "no_revision",
            "the image has no label org.opencontainers.image.revision, so nobody can say what it was built from".to_owned(),
            "use an image of scripts/image or of CI; refresh.require_revision = false lets any in",
        );
    }
    if let (Some(state), Some(to)) = (inputs.node.schema, labels.schema_to)
        && to < state
        && !inputs.restores
    {
        refuse(
            "schema_too_new",
            format!(
                "the state has schema {state}, and that release knows schemas up to {to}: a newer release migrated it"
            ),
            "stay with a release that knows the schema; or run `ladylinux-supervisor rollback --restore-state`, which restores \
             the backup that the migration made and keeps aside what was written since",
        );
    }
    if let (Some(state), Some(from)) = (inputs.node.schema, labels.schema_from)
        && state > 0
        && state < from
    {
        refuse(
            "schema_too_old",
            format!(
                "the state has schema {state}, and that release migrates from schema {from} on"
            ),
            "refresh to a release in between first",
        );
    }
    let limit = inputs.stack.containers.values().map(|one| one.memory.count()).max().unwrap_or(0);
    if labels.memory.is_some_and(|needed| needed > limit) {
        refuse(
            "too_little_memory",
            format!(
                "the release needs {} and its container may take {}",
                bytesize::ByteSize(labels.memory.unwrap_or(0)).display().iec(),
                bytesize::ByteSize(limit).display().iec()
            ),
            "raise containers.api.memory in the stack file",
        );
    }
    found
}
