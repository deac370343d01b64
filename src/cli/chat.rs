//! `ladylinux chat`: several turns with the running node, in a terminal or from a pipe.

use super::{
    Common, block_on,
    exit::{Exit, Outcome},
    node_client::{NodeClient, Target},
    out, signals,
    telling::{Ending, Heard, Style},
};
use clap::Args;
use std::io::{self, BufRead, IsTerminal};
use tokio::{signal::unix::Signal, sync::mpsc};

const WELCOME: &str =
    "Ask anything. /new begins a new conversation, /quit or Ctrl-D ends; Ctrl-C stops an answer.";

/// The arguments of `chat`.
#[derive(Debug, Args)]
pub(super) struct Chat {
    #[command(flatten)]
    target: Target,
}

/// A conversation in a terminal or a pipe.
struct Session {
    client: NodeClient,
    conversation: String,
    lines: mpsc::Receiver<io::Result<String>>,
    interrupts: Signal,
    /// What stands before a person's line; nothing for a pipe.
    prompt: &'static str,
    /// How the run ends if nothing more happens.
    exit: Exit,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    Nothing,
    New,
    Quit,
    Unknown(&'a str),
    Question(&'a str),
}

impl Chat {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let client = self.target.client(common)?;
        block_on(async {
            let is_terminal = io::stdin().is_terminal();
            let session = Session {
                conversation: client.begin().await?,
                client,
                lines: lines(),
                interrupts: signals::interrupts()?,
                prompt: if is_terminal { "> " } else { "" },
                exit: Exit::Done,
            };
            if is_terminal {
                out::note(WELCOME);
            }
            session.run().await
        })
    }
}

/// Reads lines on a thread of its own, which the end of the process ends: a read of a terminal cannot be cancelled.
fn lines() -> mpsc::Receiver<io::Result<String>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn said(line: &str) -> Said<'_> {
    match line.trim() {
        "" => Said::Nothing,
        "/new" => Said::New,
        "/quit" | "/exit" => Said::Quit,
        command if command.starts_with('/') && !command[1..].contains('/') => {
            Said::Unknown(command)
        }
        question => Said::Question(question),
    }
}

impl Session {
    async fn run(mut self) -> Outcome {
        loop {
            out::piece(self.prompt);
            let line = tokio::select! {
                line = self.lines.recv() => line.transpose()?,
                _ = self.interrupts.recv() => {
                    self.exit = Exit::Interrupted;
                    None
                }
            };
            let Some(line) = line else { break };
            match said(&line) {
                Said::Nothing => {}
                Said::Quit => break,
                Said::New => self.begin_anew().await?,
                Said::Unknown(command) => {
                    out::note(format!("{command} is no command: there are /new and /quit"));
                }
                Said::Question(question) => self.ask(question).await?,
            }
        }
        if !self.prompt.is_empty() {
            out::line("");
        }
        // What was said is gone when nobody comes back to it; that the node keeps it for a while is no failure.
        drop(self.client.forget(&self.conversation).await);
        Ok(self.exit)
    }

    async fn begin_anew(&mut self) -> anyhow::Result<()> {
        self.client.forget(&self.conversation).await?;
        self.conversation = self.client.begin().await?;
        out::note("(a new conversation)");
        Ok(())
    }

    /// Asks one question. A failure is told and the chat goes on; a pipe's run ends with its exit code.
    async fn ask(&mut self, question: &str) -> anyhow::Result<()> {
        let mut heard = Heard::default();
        let answer = async {
            let answering = self.client.ask(&self.conversation, question).await?;
            heard.hear(answering, Style::Streamed).await
        };
        tokio::select! {
            ending = answer => match ending {
                Ok(Ending::Answered) => {}
                Ok(Ending::Failed) => self.exit = Exit::Failed,
                Err(error) => {
                    out::line("");
                    out::error(&error);
                    self.exit = Exit::Failed;
                }
            },
            // Dropping the answer closes its connection, and the node stops its work.
            _ = self.interrupts.recv() => out::note("\n(stopped)"),
        }
        if !self.prompt.is_empty() {
            out::line("");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_begin_with_a_slash_and_paths_are_questions() {
        assert_eq!(said("  "), Said::Nothing);
        assert_eq!(said("/new\n"), Said::New);
        assert_eq!(said(" /quit"), Said::Quit);
        assert_eq!(said("/help"), Said::Unknown("/help"));
        assert_eq!(said("/etc/passwd: what is it?"), Said::Question("/etc/passwd: what is it?"));
        assert_eq!(said("new"), Said::Question("new"));
    }
}
