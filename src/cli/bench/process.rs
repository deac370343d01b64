//! This program, measuring in a process of its own: what it holds in memory and how warm it is are nobody else's.

use crate::cli::Common;
use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::{
    os::unix::process::ExitStatusExt as _,
    process::{ExitStatus, Stdio},
};
use tokio::process::Command;

/// Returns the command that runs a part of `ladylinux bench` with the settings of this run; it ends with whoever waits for it.
pub(in crate::cli) fn command(common: &Common, part: &str) -> Command {
    // The file that this process runs may be gone or another by now; the kernel still has it.
    let mut command = Command::new("/proc/self/exe");
    if let Some(root) = &common.root {
        command.arg("--root").arg(root);
    }
    command.args(common.set.iter().flat_map(|setting| ["--set", setting]));
    command.args(["bench", part]).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs it to its end, and reads the JSON that it prints.
pub(in crate::cli) async fn answer<T: for<'de> Deserialize<'de>>(
    command: &mut Command,
) -> anyhow::Result<T> {
    let output = command.output().await.context("cannot start a process that measures")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("a process that measured {}: {}", ended(output.status), said.trim());
    }
    serde_json::from_slice(&output.stdout).context("a process that measured did not answer in JSON")
}

fn ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(9), _) => {
            "was killed, which is what happens when there is too little memory for the model"
                .to_owned()
        }
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, code) => format!("failed with {}", code.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_killed_is_told_from_what_failed() {
        assert!(ended(ExitStatus::from_raw(9)).contains("too little memory"));
        assert_eq!(ended(ExitStatus::from_raw(3 << 8)), "failed with 3");
    }
}
