//! An answer that streams, in OpenAI's form.

use super::answer::{Head, Tell};
use crate::api::{error::Failure, sse};
use crate::inference::workers::{Event as Told, Generation, WorkerError};
use axum::response::{IntoResponse, sse::Event};
use futures_util::stream;
use std::{collections::VecDeque, convert::Infallible, time::Duration};

/// How long a refusal may take to come as a plain answer. After that the stream begins, so that clients and proxies see that
/// something happens, and a refusal comes as its last event.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer on its way.
struct Answer {
    head: Head,
    tell: Tell,
    /// Ends with the answer; dropping it stops the worker.
    generation: Option<Generation>,
    written: VecDeque<String>,
}

/// Streams an answer. What the worker refuses at once is still a plain failure.
pub(super) async fn answer(
    head: Head,
    tell: Tell,
    mut generation: Generation,
) -> Result<impl IntoResponse, Failure> {
    let written = VecDeque::from([head.first(tell)]);
    let told = tokio::time::timeout(PATIENCE, beginning(&mut generation)).await;
    let mut answer = Answer { head, tell, generation: Some(generation), written };
    if let Ok(told) = told {
        answer.write(told?);
    }
    let events = stream::unfold(answer, |mut answer| async move {
        let data = answer.next().await?;
        Some((Ok::<_, Infallible>(Event::default().data(data)), answer))
    });
    Ok(sse::answer(events))
}

/// Waits for the first event that shows whether the worker took the request.
async fn beginning(generation: &mut Generation) -> Result<Told, WorkerError> {
    loop {
        match generation.next().await {
            Some(Ok(Told::Started { .. })) => {}
            Some(told) => return told,
            None => return Err(WorkerError::Died),
        }
    }
}

impl Answer {
    /// Returns the next piece as it goes over the wire.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(data) = self.written.pop_front() {
                return Some(data);
            }
            match self.generation.as_mut()?.next().await {
                Some(Ok(told)) => self.write(told),
                Some(Err(error)) => self.fail(error),
                None => self.fail(WorkerError::Died),
            }
        }
    }

    fn write(&mut self, told: Told) {
        match told {
            Told::Started { .. } => {}
            Told::Token { text, .. } => {
                self.written.push_back(self.head.text(text.expose(), self.tell));
            }
            Told::Done(completion) => {
                self.written.push_back(self.head.end(&completion, self.tell));
                if self.tell == Tell::Usage {
                    self.written.push_back(self.head.usage(&completion));
                }
                self.written.push_back("[DONE]".to_owned());
                self.generation = None;
            }
        }
    }

    fn fail(&mut self, error: WorkerError) {
        let error = Failure::from(error).open_ai();
        self.written.push_back(serde_json::to_string(&error).unwrap_or_default());
        self.generation = None;
    }
}
