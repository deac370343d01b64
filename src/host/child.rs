//! Facts that are read by a process of their own, which ends: `ladylinux host-facts TOPIC --json`.
//!
//! A node that serves holds no connection to D-Bus, and the memory that long lists and journals take while they are read goes
//! with the process that read them.

use super::{Fact, HostError, Topic};
use std::{process::Stdio, time::Duration};
use tokio::{process::Command, sync::Semaphore};

/// How long it may take; who asks waits five seconds.
const PATIENCE: Duration = Duration::from_millis(4500);

/// How many may be read at once.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Reads one topic.
pub(super) async fn read(topic: Topic) -> Result<Fact, HostError> {
    let untold = |why: String| HostError::Untold { topic, why };
    let program = std::env::current_exe().map_err(|error| untold(error.to_string()))?;
    let mut command = Command::new(program);
    command
        .args(["host-facts", topic.name(), "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let asked = async {
        // The semaphore is never closed.
        let _place = PLACES.acquire().await.ok();
        command.output().await
    };
    let late = || untold(format!("it took longer than {} s", PATIENCE.as_secs_f32()));
    let output = tokio::time::timeout(PATIENCE, asked).await.map_err(|_| late())?;
    let output = output.map_err(|error| untold(error.to_string()))?;
    if !output.status.success() {
        return Err(untold(reason(&String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| untold(error.to_string()))
}

/// Returns what a process said before it ended, in one line.
fn reason(said: &str) -> String {
    let said: Vec<&str> = said
        .lines()
        .map(|line| line.trim().trim_start_matches("ladylinux: "))
        .filter(|line| !line.is_empty())
        .collect();
    if said.is_empty() {
        return "it ended without a word".to_owned();
    }
    said.join(", ").chars().filter(|letter| !letter.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_one_line() {
        let said =
            "ladylinux: the bus of the system cannot be reached\n  because connection refused\n";
        assert_eq!(
            reason(said),
            "the bus of the system cannot be reached, because connection refused"
        );
        assert_eq!(reason(" \n"), "it ended without a word");
    }
}
