//! Facts about the machine this node runs on, read from `/proc`, `/sys`, `/etc` and the file systems.
//!
//! Every reader takes a [`Machine`], which is a root prefix and a way to measure file systems, so that tests read fixture
//! trees. A fact is typed data for programs and a sentence for people. Facts are read and never changed here, and no
//! command is run. What is only to be had over D-Bus, or costs much to read, is read by a process of its own (`child`).
//!
//! A fact says when and from where it was read ([`Fact::read_at`], [`Source`]). A container sees itself and not its host, so a
//! core in a container reads a [`Snapshot`], which `ladylinux host-facts --write` made in another container that has the
//! host's root directory mounted; [`Facts`] tells from where the core reads.
//!
//! ```
//! use ladylinux::host::{Topic, facts};
//!
//! let fact = facts(Topic::Memory)?;
//! assert!(fact.sentence().contains("GiB") || fact.sentence().contains("MiB"));
//! # Ok::<(), ladylinux::host::HostError>(())
//! ```

mod child;
mod disk;
mod fact;
mod facts;
mod firewall;
mod language;
mod listeners;
mod load;
mod logs;
mod machine;
mod memory;
mod os;
mod redact;
mod services;
mod snapshot;
mod updates;
mod uptime;
mod users;

pub use disk::{Disk, FileSystem};
pub use fact::{Data, Fact, Source, Topic, UnknownTopic};
pub use facts::Facts;
pub use firewall::{Firewall, FirewallProgram, FirewallRule};
pub use language::Language;
pub use listeners::{Listener, Listeners, Protocol};
pub use load::Load;
pub use logs::{JournalState, Logs, UnitErrors};
pub use machine::{Machine, Space};
pub use memory::Memory;
pub use os::Os;
pub use services::{BusError, ServiceUnit, Services};
pub use snapshot::{Snapshot, SnapshotError, Untold};
pub use updates::{Restart, Update, Updates};
pub use uptime::Uptime;
pub use users::{Account, Users};

use std::{io, path::PathBuf};
use tokio::sync::Semaphore;

/// How many may look at the disks at once.
const AT_ONCE: usize = 16;

/// Reads one topic from the machine this process runs on.
///
/// This blocks, and may do so for long where a network file system does not answer: call it off the async threads.
pub fn facts(topic: Topic) -> Result<Fact, HostError> {
    Machine::this().fact(topic)
}

/// Reads one topic from the machine this process runs on, off the async threads.
///
/// A network file system that does not answer takes a thread for ever; only so many may be lost to it, and the others stay
/// with the database.
async fn read(topic: Topic) -> Result<Fact, HostError> {
    static DISK_READERS: Semaphore = Semaphore::const_new(AT_ONCE);
    let place = match topic {
        // The semaphore is never closed.
        Topic::Disk => DISK_READERS.acquire().await.ok(),
        Topic::Services | Topic::Updates | Topic::Logs => return child::read(topic).await,
        Topic::Memory
        | Topic::Load
        | Topic::Uptime
        | Topic::Os
        | Topic::Users
        | Topic::Listeners
        | Topic::Firewall => None,
    };
    let reading = tokio::task::spawn_blocking(move || {
        let _place = place;
        facts(topic)
    });
    reading.await.map_err(|_| HostError::Failed(topic))?
}

/// Why a fact cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A file of the machine cannot be read.
    #[error("cannot read {}: check that it exists and that this user may read it", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the machine is not in the form that its maker documents.
    #[error("line {line} of {} is not as expected ({expected}): please report it together with that line", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A file of the machine is damaged, or is none of its kind.
    #[error("{} cannot be understood ({what})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// systemd did not say how its units are.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The process that was to read it did not tell.
    #[error("nothing is told about {topic} ({why})")]
    Untold {
        /// The topic.
        topic: Topic,
        /// Why.
        why: String,
    },
    /// The reader panicked; the panic hook has logged where.
    #[error("reading {0} failed inside the node: its log has the reason")]
    Failed(Topic),
}
