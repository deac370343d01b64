//! What a fact is: a topic, its data, a sentence, and when and from where it was read.

use super::machine::Found;
use super::{Disk, Firewall, Language, Listeners, Load, Logs, Memory, Os, Services, Updates};
use super::{Uptime, Users};
use crate::foundation::values::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// What a fact can be about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Mounted file systems and their free space.
    Disk,
    /// Main memory and swap.
    Memory,
    /// How busy the processors are.
    Load,
    /// How long the machine has been running.
    Uptime,
    /// The operating system.
    Os,
    /// Who has an account.
    Users,
    /// Which network ports are open.
    Listeners,
    /// Which traffic is kept out.
    Firewall,
    /// What systemd runs, and what of it has failed.
    Services,
    /// Which updates of packages wait, and whether a restart does.
    Updates,
    /// What went wrong lately.
    Logs,
}

/// The text names no topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no topic is called {0:?}: choose one of {names}", names = Topic::names())]
pub struct UnknownTopic(String);

/// Where a fact was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The machine (or container) that this process runs in, just now.
    Machine,
    /// The host, through a snapshot that `ladylinux host-facts --write` made.
    Snapshot,
}

/// One thing that is true of the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Fact {
    /// What it is about.
    pub topic: Topic,
    /// The fact in a sentence for people, in English.
    pub sentence: String,
    /// When it was read.
    pub read_at: Timestamp,
    /// Where it was read.
    pub source: Source,
    /// How old it is, if it comes from a snapshot, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// The fact for programs.
    pub data: Data,
}

/// The data of a fact, by topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Data {
    /// Of [`Topic::Disk`].
    Disk(Disk),
    /// Of [`Topic::Memory`].
    Memory(Memory),
    /// Of [`Topic::Load`].
    Load(Load),
    /// Of [`Topic::Uptime`].
    Uptime(Uptime),
    /// Of [`Topic::Os`].
    Os(Os),
    /// Of [`Topic::Users`].
    Users(Users),
    /// Of [`Topic::Listeners`].
    Listeners(Listeners),
    /// Of [`Topic::Firewall`].
    Firewall(Firewall),
    /// Of [`Topic::Services`].
    Services(Services),
    /// Of [`Topic::Updates`].
    Updates(Updates),
    /// Of [`Topic::Logs`].
    Logs(Logs),
}

impl Topic {
    /// All topics, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Os,
        Self::Uptime,
        Self::Load,
        Self::Memory,
        Self::Disk,
        Self::Users,
        Self::Listeners,
        Self::Firewall,
        Self::Services,
        Self::Updates,
        Self::Logs,
    ];

    /// Returns the topic's name, as it stands in addresses and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disk => "disk",
            Self::Memory => "memory",
            Self::Load => "load",
            Self::Uptime => "uptime",
            Self::Os => "os",
            Self::Users => "users",
            Self::Listeners => "listeners",
            Self::Firewall => "firewall",
            Self::Services => "services",
            Self::Updates => "updates",
            Self::Logs => "logs",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        Self::ALL
            .into_iter()
            .find(|topic| topic.name() == text)
            .ok_or_else(|| UnknownTopic(text.chars().take(40).collect()))
    }
}

impl Data {
    /// Returns the topic this data belongs to.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Disk(_) => Topic::Disk,
            Self::Memory(_) => Topic::Memory,
            Self::Load(_) => Topic::Load,
            Self::Uptime(_) => Topic::Uptime,
            Self::Os(_) => Topic::Os,
            Self::Users(_) => Topic::Users,
            Self::Listeners(_) => Topic::Listeners,
            Self::Firewall(_) => Topic::Firewall,
            Self::Services(_) => Topic::Services,
            Self::Updates(_) => Topic::Updates,
            Self::Logs(_) => Topic::Logs,
        }
    }

    pub(super) fn updates(&self) -> Option<&Updates> {
        if let Self::Updates(updates) = self { Some(updates) } else { None }
    }

    fn sentence(&self, language: Language) -> String {
        match self {
            Self::Disk(disk) => disk.sentence(language),
            Self::Memory(memory) => memory.sentence(language),
            Self::Load(load) => load.sentence(language),
            Self::Uptime(uptime) => uptime.sentence(language),
            Self::Os(os) => os.sentence(language),
            Self::Users(users) => users.sentence(language),
            Self::Listeners(listeners) => listeners.sentence(language),
            Self::Firewall(firewall) => firewall.sentence(language),
            Self::Services(services) => services.sentence(language),
            Self::Updates(updates) => updates.sentence(language),
            Self::Logs(logs) => logs.sentence(language),
        }
    }
}

impl Fact {
    /// Returns the fact in a sentence for people, in English.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Returns the fact in a sentence for people, in their language.
    pub fn sentence_in(&self, language: Language) -> String {
        let sentence = self.data.sentence(language);
        match self.age_seconds {
            None => sentence,
            Some(seconds) => {
                let age = language.rough(Duration::from_secs(seconds));
                match language {
                    Language::English => format!("{sentence} As of {age} ago."),
                    Language::German => format!("{sentence} Stand: vor {age}."),
                }
            }
        }
    }

    /// Returns the fact as a snapshot tells it later.
    pub(super) fn aged(self, now: Timestamp) -> Self {
        let age_seconds = Some(now.since(self.read_at).as_secs());
        let mut fact = Self { source: Source::Snapshot, age_seconds, ..self };
        fact.sentence = fact.sentence_in(Language::English);
        fact
    }
}

pub(super) fn tell(found: Found<Data>, read_at: Timestamp, source: Source) -> Fact {
    Fact {
        topic: found.data.topic(),
        sentence: found.data.sentence(Language::English),
        read_at,
        source,
        age_seconds: None,
        notes: found.notes,
        data: found.data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Machine;

    #[test]
    fn every_topic_is_told_about_this_machine_in_both_languages() {
        for topic in Topic::ALL {
            let fact = Machine::this().fact(topic).unwrap();
            assert_eq!(fact.topic, topic);
            assert!(fact.sentence().ends_with('.'), "{}", fact.sentence());
            assert_ne!(fact.sentence_in(Language::German), fact.sentence());
        }
    }

    #[test]
    fn a_fact_survives_its_way_through_json() {
        for topic in Topic::ALL {
            let fact = Machine::this().fact(topic).unwrap();
            let json = serde_json::to_string(&fact).unwrap();
            assert_eq!(serde_json::from_str::<Fact>(&json).unwrap(), fact);
        }
    }

    #[test]
    fn an_unknown_topic_is_answered_with_the_known_ones() {
        let error = "disks".parse::<Topic>().unwrap_err().to_string();
        assert!(error.contains("\"disks\"") && error.contains("disk, users"), "{error}");
    }
}
