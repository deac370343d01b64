//! `ladylinux ask`: one question to the running node, one answer.

use super::{
    Common, block_on,
    exit::{Exit, Outcome},
    node_client::{NodeClient, Target},
    out, signals,
    telling::{Ending, Heard, Style},
};
use clap::Args;

/// The arguments of `ask`.
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// The question
    #[arg(value_name = "QUESTION", required = true, num_args = 1..)]
    question: Vec<String>,
    /// Print one JSON object: the answer, its citations, who gave it, and how long it took
    #[arg(long)]
    json: bool,
    /// Print the answer when it is complete, instead of as it comes
    #[arg(long)]
    no_stream: bool,
    #[command(flatten)]
    target: Target,
}

impl Ask {
    pub(super) fn run(&self, common: &Common) -> Outcome {
        let client = self.target.client(common)?;
        block_on(async {
            let mut interrupts = signals::interrupts()?;
            tokio::select! {
                answered = self.ask(&client) => answered,
                // Dropping the request closes its connection, and the node stops its work.
                _ = interrupts.recv() => Ok(Exit::Interrupted),
            }
        })
    }

    async fn ask(&self, client: &NodeClient) -> Outcome {
        let style = match (self.json, self.no_stream) {
            (true, _) => Style::Silent,
            (false, true) => Style::AtOnce,
            (false, false) => Style::Streamed,
        };
        let conversation = client.begin().await?;
        let answering = client.ask(&conversation, &self.question.join(" ")).await?;
        let mut heard = Heard::default();
        let ending = heard.hear(answering, style).await?;
        if self.json {
            out::json(&heard.json())?;
        }
        // Nobody comes back to this conversation. That it stays until it has been idle for long is no failure.
        drop(client.forget(&conversation).await);
        Ok(match ending {
            Ending::Answered => Exit::Done,
            Ending::Failed => Exit::Failed,
        })
    }
}
