//! An answer that streams, in OpenAI's form.

use super::{
    Reading,
    answer::{Head, Spoken, Tell, Usage},
    one_more,
};
use crate::api::{error::Failure, sse};
use crate::inference::workers::{
    Completion, Event as Told, Generate, Generation, Llm, WorkerError,
};
use axum::response::{IntoResponse, sse::Event};
use futures_util::stream;
use std::{collections::VecDeque, convert::Infallible, time::Duration};

/// How long a refusal may take to come as a plain answer. After that the stream begins, so that clients and proxies see that
/// something happens, and a refusal comes as its last event.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answers that come after the first.
pub(super) struct Later {
    pub(super) llm: Llm,
    pub(super) wanted: VecDeque<Generate>,
    /// How many answers continue one prompt.
    pub(super) each: usize,
}

/// An answer on its way.
struct Answer {
    head: Head,
    tell: Tell,
    reading: Reading,
    /// Which answer it is, from zero.
    index: usize,
    later: Later,
    usage: Usage,
    /// What was said and not shown, because it may be a call.
    held: String,
    /// Ends with the answer; dropping it stops the worker.
    generation: Option<Generation>,
    written: VecDeque<String>,
}

/// Streams an answer. What the worker refuses at once is still a plain failure.
pub(super) async fn answer(
    head: Head,
    tell: Tell,
    (mut generation, later): (Generation, Later),
    reading: Reading,
) -> Result<impl IntoResponse, Failure> {
    let written = head.first(0, tell).into_iter().collect();
    let told = tokio::time::timeout(PATIENCE, beginning(&mut generation)).await;
    let mut answer = Answer {
        head,
        tell,
        reading,
        index: 0,
        later,
        usage: Usage::default(),
        held: String::new(),
        generation: Some(generation),
        written,
    };
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
            if self.generation.is_none() {
                self.begin_next().await?;
                continue;
            }
            match self.generation.as_mut()?.next().await {
                Some(Ok(told)) => self.write(told),
                Some(Err(error)) => self.fail(error),
                None => self.fail(WorkerError::Died),
            }
        }
    }

    /// Begins the next answer; none if there is none.
    async fn begin_next(&mut self) -> Option<()> {
        let asked = self.later.wanted.pop_front()?;
        self.index += 1;
        match one_more(&self.later.llm, asked).await {
            Ok(generation) => {
                self.generation = Some(generation);
                self.written.extend(self.head.first(self.index, self.tell));
            }
            Err(error) => self.fail(error),
        }
        Some(())
    }

    fn write(&mut self, told: Told) {
        match told {
            Told::Started { .. } => {}
            Told::Token { text, .. } if self.reading.calling.is_some() => {
                self.held.push_str(text.expose());
            }
            Told::Token { text, .. } => {
                self.written.push_back(self.head.text(self.index, text.expose(), self.tell));
            }
            Told::Done(completion) => self.end(completion),
        }
    }

    fn end(&mut self, completion: Completion) {
        let held = std::mem::take(&mut self.held);
        let spoken = match &self.reading.calling {
            Some(_) => match self.reading.read(held, completion.finish) {
                Ok(spoken) => spoken,
                Err(failure) => return self.fail(failure),
            },
            None => Spoken { text: String::new(), calls: Vec::new() },
        };
        if !spoken.text.is_empty() {
            self.written.push_back(self.head.text(self.index, &spoken.text, self.tell));
        }
        if !spoken.calls.is_empty() {
            self.written.push_back(self.head.calls(self.index, &spoken.calls, self.tell));
        }
        self.usage.add(&completion, self.index.is_multiple_of(self.later.each));
        self.written.push_back(self.head.end(self.index, &spoken, completion, self.tell));
        self.generation = None;
        if self.later.wanted.is_empty() {
            if self.tell == Tell::Usage {
                self.written.push_back(self.head.usage(self.usage));
            }
            self.written.push_back("[DONE]".to_owned());
        }
    }

    fn fail(&mut self, failure: impl Into<Failure>) {
        let error = failure.into().open_ai();
        self.written.push_back(serde_json::to_string(&error).unwrap_or_default());
        self.generation = None;
        self.later.wanted.clear();
    }
}
