//! The supervisor's own update: it hands over to the one in a proven release, last, after a check, and with a way back.
//!
//! Only a supervisor that is told the name of the image it runs from does so: whoever starts it anew (systemd) then starts
//! what that name stands for. The successor looks at the node in a container of its own first. Then
//!
//! ```text
//! receipt ─▶ name:previous is this image ─▶ hand-over.json ─▶ name is the successor ─▶ this one ends
//! ```
//!
//! and wherever that is cut off, one of the two starts and knows what to do. A successor that does not last three starts is
//! taken back by `scripts/hand-over`, which the unit runs before each start and which needs neither of the two.

use super::{
    engine::{Create, Kind},
    hold,
    journal::Journal,
    machine::{Ended, Node, Standing},
    notify::Notice,
    out::Tell,
    record::{Record, Verb},
    release::{Digest, Release},
    stack::{Container, Mount, Network, PREPARES, Time},
    supervisor::Supervisor,
};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fs, io, path::Path, time::Duration};

/// The file that says who hands over to whom, in the supervisor's directory.
const UNDER_WAY: &str = "hand-over.json";

/// The same file, once the successor was taken back.
const TAKEN_BACK: &str = "hand-over.taken-back.json";

/// The tag of the supervisor before.
const PREVIOUS: &str = "previous";

/// The program in the image.
const PROGRAM: &str = "/usr/local/bin/ladylinux-supervisor";

/// How long a successor must last until it is the supervisor; no longer than a release's probation.
const LASTS: Duration = Duration::from_secs(30);

/// How long its look at the node may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who hands over to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HandOver {
    /// The image of the supervisor before.
    from: String,
    /// The image of the one after.
    to: String,
    /// The release that it is in.
    digest: Digest,
    /// Whether somebody was told that it was taken back.
    #[serde(default)]
    told: bool,
}

impl Supervisor {
    /// Hands over to the supervisor in the release that is installed, if that is proven and another one. Returns whether this
    /// one is to end.
    pub(super) async fn hand_over(
        &self,
        journal: &mut Journal,
        tell: &dyn Tell,
    ) -> anyhow::Result<bool> {
        let (Some(name), Some(release)) = (&self.installed_as, successor(journal.node())) else {
            return Ok(false);
        };
        let (repository, tag) =
            name.rsplit_once(':').context("the supervisor's image has no tag")?;
        let own = self.engine.image(name).await?.with_context(|| format!("{name} is gone"))?.id;
        let failed = self.read(TAKEN_BACK)?.is_some_and(|back| back.to == release.image_id);
        if own == release.image_id || failed {
            return Ok(false);
        }
        let (from, to, digest) = (own, release.image_id.clone(), release.digest);
        let hand_over = HandOver { from, to, digest, told: false };
        if let Err(error) = self.looks(&release).await {
            // It is not tried again; the next release is.
            self.write(TAKEN_BACK, &HandOver { told: true, ..hand_over })?;
            let reason = format!("the supervisor in {release} was not handed over to: {error:#}");
            self.tell_others(&Notice::about("not_handed_over", digest, &reason, NEXT), tell).await;
            return Ok(false);
        }
        journal.append(Record::HandingOver { digest })?;
        self.engine.tag(&hand_over.from, repository, PREVIOUS).await?;
        self.write(UNDER_WAY, &hand_over)?;
        self.engine.tag(&hand_over.to, repository, tag).await?;
        tell.note(&format!("hands over to the supervisor in {release}"));
        Ok(true)
    }

    /// At the start: finishes what a hand-over left, and tells of one that was taken back.
    ///
    /// Returns whether this supervisor is a successor that has to last yet.
    pub(super) async fn taken_over(
        &self,
        journal: &mut Journal,
        tell: &dyn Tell,
    ) -> anyhow::Result<bool> {
        let Some(name) = &self.installed_as else { return Ok(false) };
        let own = self.engine.image(name).await?.map(|image| image.id);
        let hand_over = self.read(UNDER_WAY)?;
        let is_successor = hand_over.as_ref().is_some_and(|one| own.as_ref() == Some(&one.to));
        if hand_over.is_some() && !is_successor {
            // It was cut off before the name was given away: it is begun anew when the time comes.
            self.remove(UNDER_WAY)?;
        }
        if let Some(back) = self.read(TAKEN_BACK)?
            && !back.told
        {
            journal.append(Record::TakenBack { digest: back.digest })?;
            self.write(TAKEN_BACK, &HandOver { told: true, ..back.clone() })?;
            let reason = "the supervisor that was handed over to did not last, and was taken back";
            self.tell_others(&Notice::about("taken_back", back.digest, reason, NEXT), tell).await;
        }
        Ok(is_successor)
    }

    /// How long a successor must last.
    pub(super) fn lasts(&self) -> Duration {
        LASTS.min(self.stack.refresh.probation.0)
    }

    /// Ends the hand-over: this successor has lasted.
    pub(super) fn has_lasted(&self, journal: &mut Journal) -> anyhow::Result<()> {
        let Some(hand_over) = self.read(UNDER_WAY)? else { return Ok(()) };
        journal.append(Record::HandedOver { digest: hand_over.digest })?;
        self.remove(UNDER_WAY)
    }

    /// Has the successor look at the node: it runs on this CPU, reads the journal and the stack, and speaks to the engine.
    async fn looks(&self, release: &Release) -> anyhow::Result<()> {
        let create = self.look_of(release)?;
        let ran = self.engine.run(&self.stack, &create, PATIENCE).await?;
        // It reaches no published port, so that it calls the node broken.
        let told: Option<Value> =
            ran.stdout.lines().next_back().and_then(|line| serde_json::from_str(line).ok());
        let Some(told) = told.filter(|_| [0, 3].contains(&ran.code)) else {
            bail!("its `status` ended with {}: {}", ran.code, ran.stderr.trim());
        };
        if told["engine"].is_null() {
            bail!("it does not reach the container engine");
        }
        if told["release"]["digest"].as_str() != Some(&release.digest.to_string()) {
            bail!("it does not read the journal as this one does");
        }
        Ok(())
    }

    fn look_of(&self, release: &Release) -> anyhow::Result<Create> {
        let socket = self.engine.socket().parent().context("the engine's socket lies nowhere")?;
        let directory = |path: &Path, read_only| Mount {
            source: path.display().to_string(),
            target: path.to_owned(),
            read_only,
        };
        let mut mounts = vec![directory(&self.directory, true), directory(socket, false)];
        let mut command: Vec<String> = vec!["status".to_owned(), "--json".to_owned()];
        let mut option = |name: &str, value: String| command.extend([name.to_owned(), value]);
        option("--state", self.directory.display().to_string());
        option("--socket", format!("unix://{}", self.engine.socket().display()));
        if let Some(file) = &self.stack_file {
            mounts.push(directory(file.parent().unwrap_or(Path::new("/")), true));
            option("--stack", file.display().to_string());
        }
        let declared = &self.stack.one_shots[PREPARES];
        Ok(Create {
            name: format!("{}-successor", self.stack.name),
            service: PREPARES.to_owned(),
            kind: Kind::OneShot,
            image_id: release.image_id.clone(),
            digest: release.digest.to_string(),
            spec: String::new(),
            container: Container {
                command,
                user: "0:0".to_owned(),
                environment: BTreeMap::default(),
                mounts,
                network: Network::None,
                timeout: Time(PATIENCE),
                health: None,
                ..declared.clone()
            },
            scratch: None,
            program: Some(PROGRAM),
        })
    }

    fn read(&self, name: &str) -> anyhow::Result<Option<HandOver>> {
        let path = self.directory.join(name);
        match fs::read(&path) {
            // What cannot be understood says nothing, and is overwritten by the next one.
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn write(&self, name: &str, hand_over: &HandOver) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(hand_over)?;
        hold::write_whole(&self.directory, name, 0o600, &text).context("cannot write the hand-over")
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        hold::remove(&self.directory, name).with_context(|| format!("cannot remove {name}"))
    }
}

/// What a person can do about a successor that is none.
const NEXT: &str = "the supervisor before goes on; look at `journalctl --unit ladylinux-supervisor`, and refresh to a mended release";

/// Returns the release whose supervisor may take over: a proven one that was gone forward to.
fn successor(node: &Node) -> Option<Release> {
    let forward = node
        .last
        .as_ref()
        .is_some_and(|last| last.verb == Verb::Refresh && last.outcome == Ended::Done);
    let current = node.current().filter(|one| forward && one.standing == Standing::Proven);
    current.map(|one| one.release.clone())
}
