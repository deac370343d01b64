//! When a release is good: the published port answers with its digest, and its workers have done real work.

use super::{
    contract::Capability,
    probe::{Answer, PATIENCE, Prober},
    release::Release,
    supervisor::Supervisor,
};
use crate::foundation::values::time;
use anyhow::{anyhow, bail};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// How often a release that does not answer yet is asked.
const IMPATIENCE: Duration = Duration::from_millis(20);

/// How long the first question waits for its answer. One that is asked while the engine sets the port up is never answered;
/// each further one waits twice as long.
const FIRST_PATIENCE: Duration = Duration::from_millis(250);

/// How long nobody must have answered rightly for a look at the containers: what has ended may leave a port that takes
/// questions, and never answers them.
const LOOK_EVERY: Duration = Duration::from_millis(300);

impl Supervisor {
    /// Asks through the published port until the release has answered as often as it has to.
    ///
    /// Returns when the first right answer came. It fails early if a container ends, or if something else answers.
    pub(super) async fn until_ready(
        &self,
        release: &Release,
        containers: &[(String, String)],
    ) -> anyhow::Result<Instant> {
        let settings = &self.stack.refresh;
        let prober = Prober::new(&self.stack.publish)?;
        let (began, wanted) = (time::instant(), release.digest.to_string());
        let (mut right, mut wrong, mut looked) = (0, 0, began);
        let (mut first, mut last) = (None, "nobody has answered".to_owned());
        let mut patience = FIRST_PATIENCE;
        while began.elapsed() < settings.ready_timeout.0 {
            match prober.ask_within(patience).await {
                Answer::Told(health) if health.release.digest.as_deref() != Some(&wanted) => {
                    (right, wrong) = (0, wrong + 1);
                    let other = health.release.digest.as_deref().unwrap_or("no digest");
                    last = format!("{other} answers, and not {wanted}");
                    if wrong >= settings.ready_answers {
                        bail!("the published port is answered by another release: {last}");
                    }
                }
                Answer::Told(health) if health.ready => {
                    first.get_or_insert_with(time::instant);
                    right += 1;
                    if right >= settings.ready_answers {
                        self.all_run(containers).await?;
                        return Ok(first.unwrap_or(began));
                    }
                }
                Answer::Told(_) => {
                    (right, last) = (0, "the release answers that it is not ready".to_owned());
                }
                Answer::None(reason) => {
                    (right, last) = (0, reason);
                    patience = (2 * patience).min(PATIENCE);
                }
            }
            if right == 0 && looked.elapsed() > LOOK_EVERY {
                self.all_run(containers).await?;
                looked = time::instant();
            }
            tokio::time::sleep(if right == 0 { IMPATIENCE } else { settings.ready_interval.0 })
                .await;
        }
        self.all_run(containers).await?;
        bail!("the release was not ready within {}: {last}", settings.ready_timeout);
    }

    /// Asks until every worker that has a model has done real work; what could not before it does not have to now.
    ///
    /// The node serves meanwhile. Returns what there is to say of it.
    pub(super) async fn until_working(
        &self,
        broken_before: &BTreeSet<String>,
        containers: &[(String, String)],
    ) -> anyhow::Result<Vec<String>> {
        let settings = &self.stack.refresh;
        let prober = Prober::new(&self.stack.publish)?;
        let began = time::instant();
        loop {
            let mut untested = Vec::new();
            if let Answer::Told(health) = prober.ask().await {
                let of = |wanted| {
                    let found = health.capabilities.iter().filter(move |(_, one)| **one == wanted);
                    found.map(|(kind, _)| kind.clone())
                };
                let (failed, excused): (Vec<_>, Vec<_>) =
                    of(Capability::Failed).partition(|kind| !broken_before.contains(kind));
                if !failed.is_empty() {
                    bail!(
                        "the release answers, but cannot work with this machine's models: {}",
                        failed.join(", ")
                    );
                }
                untested.extend(of(Capability::Untested));
                if untested.is_empty() {
                    let said = |kind: String| format!("{kind} does not work, as before");
                    return Ok(excused.into_iter().map(said).collect());
                }
            }
            self.all_run(containers).await?;
            if began.elapsed() > settings.work_timeout.0 {
                bail!(
                    "the release answers, but has not shown within {} that these work: {}",
                    settings.work_timeout,
                    untested.join(", ")
                );
            }
            tokio::time::sleep(settings.ready_interval.0).await;
        }
    }

    /// Returns which workers of the release that serves cannot work.
    pub(super) async fn broken(&self) -> BTreeSet<String> {
        let Ok(prober) = Prober::new(&self.stack.publish) else { return BTreeSet::new() };
        let Answer::Told(health) = prober.ask_within(FIRST_PATIENCE).await else {
            return BTreeSet::new();
        };
        let broken = health.capabilities.into_iter().filter(|(_, one)| *one == Capability::Failed);
        broken.map(|(kind, _)| kind).collect()
    }

    /// Fails if one of these containers does not run.
    pub(super) async fn all_run(&self, containers: &[(String, String)]) -> anyhow::Result<()> {
        for (service, id) in containers {
            let found = self.engine.find(id).await?;
            let found = found.ok_or_else(|| anyhow!("the container of {service} is gone"))?;
            if !found.state.runs() {
                bail!("the container of {service} has ended: it is {}", found.state.word());
            }
        }
        Ok(())
    }
}
