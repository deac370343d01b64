//! Where a node's facts come from: the machine it runs on, or a snapshot of its host.

use super::{Fact, HostError, Snapshot, Topic, read};
use crate::foundation::settings::Host;
use crate::foundation::values::time;

/// Tells facts about the machine, as the settings say; cheap to clone.
#[derive(Clone, Debug)]
pub struct Facts {
    settings: Host,
}

impl Facts {
    /// Tells facts from where the settings say.
    pub fn new(settings: &Host) -> Self {
        Self { settings: settings.clone() }
    }

    /// Reads one topic, off the async threads.
    ///
    /// A snapshot that is missing, too old or not understood is no reason to say nothing: the fact is then what the node
    /// sees itself, and says so first of all.
    pub async fn read(&self, topic: Topic) -> Result<Fact, HostError> {
        let Some(path) = self.settings.facts.clone() else { return read(topic).await };
        let max_age = self.settings.facts_max_age;
        let told = tokio::task::spawn_blocking(move || {
            Snapshot::read(&path)?.tell(topic, time::now(), max_age)
        });
        match told.await.map_err(|_| HostError::Failed(topic))? {
            Ok(fact) => Ok(fact),
            Err(error) => {
                tracing::warn!(host.topic = topic.name(), %error, "the snapshot of the host tells nothing");
                let mut fact = read(topic).await?;
                fact.notes
                    .insert(0, format!("{error}; this is what the node's own container sees"));
                Ok(fact)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Machine, Source};
    use std::time::Duration;

    // C-38
    #[tokio::test]
    async fn a_node_tells_its_hosts_facts_and_without_a_snapshot_its_own_and_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host-facts.json");
        let facts_max_age = Duration::from_mins(15);
        let facts = Facts::new(&Host { facts: Some(path.clone()), facts_max_age });
        let own = facts.read(Topic::Os).await.unwrap();
        assert_eq!(own.source, Source::Machine);
        assert!(own.notes[0].contains("cannot be read") && own.notes[0].contains("own container"));

        Snapshot::of(&Machine::this(), time::now()).write(&path).unwrap();
        let told = facts.read(Topic::Os).await.unwrap();
        assert_eq!((told.source, told.notes.len()), (Source::Snapshot, 0));
        std::fs::write(&path, "{").unwrap();
        assert!(facts.read(Topic::Os).await.unwrap().notes[0].contains("is no snapshot"));

        let without = Facts::new(&Host { facts: None, facts_max_age });
        let plain = without.read(Topic::Os).await.unwrap();
        assert_eq!((plain.source, plain.notes.len()), (Source::Machine, 0));
    }
}
