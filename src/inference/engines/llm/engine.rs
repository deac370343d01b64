//! A loaded model: answers requests one at a time.

use super::{
    Drafting, Event, Flow, Options,
    decoder::Decoder,
    detokenize::Detokenizer,
    draft::Drafts,
    grammar::{Grammar, Grammars},
    likelihood, load,
    prefixes::{BLOCK, Prefixes},
    sampler::Sampler,
    sampling::{self, Defaults},
    stop::StopScanner,
    template::{self, Template},
    tokenizer::Text,
};
use crate::{
    foundation::values::time,
    inference::{
        engines::refusal,
        workers::{
            Completion, Generate, Prompt, Refusal, TokenLogprob,
            protocol::{Finish, LoadedModel},
        },
    },
};
use serde_json::json;
use std::{
    fmt,
    path::Path,
    time::{Duration, Instant},
};

/// Stop texts of one request, and bytes in one of them: more is a mistake.
const STOPS: usize = 16;
const STOP_BYTES: usize = 1024;

/// A model in memory, with the cache of the request before and of others before that.
pub struct Engine {
    pub(super) decoder: Decoder,
    pub(super) prefixes: Prefixes,
    pub(super) text: Text,
    /// None until an answer has to have a form.
    pub(super) grammars: Option<Grammars>,
    pub(super) template: Template,
    pub(super) defaults: Defaults,
    /// The tokens that end an answer.
    pub(super) ends: Vec<u32>,
    /// Prompt tokens computed in one run.
    pub(super) chunk: usize,
    pub(super) model: LoadedModel,
}

/// Names the model and nothing of what was said to it.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads the model in `directory` and runs it once, so that the first request meets a warm engine.
    pub fn load(id: &str, directory: &Path, options: &Options) -> Result<Self, Refusal> {
        load::load(id, directory, options)
    }

    /// Returns what was loaded.
    pub fn model(&self) -> &LoadedModel {
        &self.model
    }

    /// Returns whether the cache is appended to in place.
    pub fn shares_cache(&self) -> bool {
        self.decoder.shares()
    }

    /// Answers one request, telling `ask` about every step; it ends early when `ask` says so.
    pub fn generate(
        &mut self,
        request: &Generate,
        ask: &mut dyn FnMut(Event) -> Flow,
    ) -> Result<Completion, Refusal> {
        let started = time::instant();
        check(request)?;
        let fresh_seed = || getrandom::u64().unwrap_or_default();
        let choice = sampling::resolve(&request.sampling, &self.defaults, fresh_seed)?;
        let prompt = self.prompt(request)?;
        let mut grammar = self.grammar(request)?;
        let mut sampler = Sampler::new(choice, self.model.vocabulary);
        for &token in &prompt {
            sampler.saw(token);
        }
        let cached_tokens = self.reuse(&prompt).map_err(|error| engine_failed(&error))?;
        let total = prompt.len();
        let mut progress = |done| ask(Event::Prefill { done, total });
        let filled = self
            .decoder
            .prefill(&prompt[cached_tokens..], self.chunk, &mut progress)
            .map_err(|error| engine_failed(&error))?;
        let mut answer = Answer::new(request, started);
        let finish = if filled {
            let drafts = Drafts::of(&prompt);
            self.answer(&mut answer, (&mut sampler, &mut grammar, drafts), ask)?
        } else {
            Finish::Cancelled
        };
        Ok(Completion {
            finish,
            prompt_tokens: total,
            cached_tokens,
            completion_tokens: answer.tokens,
            first_token_ms: millis(answer.first.unwrap_or_else(time::instant) - started),
            decode_ms: answer.first.map_or(0.0, |first| millis(answer.last - first)),
            logprobs: answer.logprobs,
        })
    }

    /// Appends tokens to the cache.
    pub fn prefill(&mut self, tokens: &[u32]) -> Result<(), Refusal> {
        let filled = self.decoder.prefill(tokens, self.chunk, &mut |_| Flow::Continue);
        filled.map(drop).map_err(|error| engine_failed(&error))
    }

    /// Appends one token to the cache.
    pub fn decode(&mut self, token: u32) -> Result<(), Refusal> {
        self.decoder.step(&[token]).map_err(|error| engine_failed(&error))
    }

    /// Appends one token and computes with it what a draft would need to be judged; returns whether the graph can.
    pub fn decode_with(&mut self, token: u32, draft: &[u32]) -> Result<bool, Refusal> {
        self.decoder.step_with(token, draft).map_err(|error| engine_failed(&error))?;
        Ok(self.decoder.ahead().len() == draft.len())
    }

    /// Generates greedily after what is in the cache, whatever ends an answer, with drafts or token by token.
    ///
    /// Returns the tokens, and how many runs of the graph they took.
    pub fn continue_greedily(
        &mut self,
        count: usize,
        drafting: Drafting,
    ) -> Result<(Vec<u32>, usize), Refusal> {
        let mut drafts = Drafts::of(self.decoder.tokens());
        let (mut tokens, before) = (Vec::new(), self.decoder.runs());
        while tokens.len() < count
            && let Some(token) = self.likeliest()
        {
            tokens.push(token);
            let stepped = match drafting {
                Drafting::On => self.advance(token, &mut drafts),
                Drafting::Off => self.decoder.step(&[token]),
            };
            stepped.map_err(|error| engine_failed(&error))?;
        }
        Ok((tokens, self.decoder.runs() - before))
    }

    /// Returns the logits of the last token; empty before the first.
    pub fn logits(&self) -> &[f32] {
        self.decoder.logits()
    }

    /// Returns the tokens in the cache.
    pub fn cached(&self) -> &[u32] {
        self.decoder.tokens()
    }

    /// Returns the likeliest next token, or `None` if the logits hold no number.
    pub fn likeliest(&self) -> Option<u32> {
        super::sampler::likeliest(self.decoder.logits())
    }

    /// Forgets the cache.
    pub fn reset(&mut self) {
        self.decoder.reset();
    }

    /// Forgets the cache but for its first `keep` tokens; returns how many are left.
    pub fn rewind(&mut self, keep: usize) -> usize {
        self.decoder.rewind(keep)
    }

    /// Encodes what is to be continued, and makes sure that the answer fits behind it.
    fn prompt(&self, request: &Generate) -> Result<Vec<u32>, Refusal> {
        let context = self.model.context_tokens;
        let overflow = |tokens: &str| {
            refusal(
                "context_overflow",
                format!(
                    "the prompt has {tokens} tokens and the answer may have {} (max_tokens), but the context holds \
                     {context}; shorten the conversation, ask for fewer tokens, or raise the context in the settings",
                    request.max_tokens
                ),
            )
        };
        let fits = |text: &str| match self.text.at_least(text.len()) {
            least if least > context => Err(overflow(&format!("at least {least}"))),
            _ => Ok(()),
        };
        let (prompt, field) = match &request.prompt {
            None => {
                let rendered = self.rendered(request)?;
                fits(&rendered)?;
                (self.text.encode(&rendered), "messages")
            }
            Some(Prompt::Text(text)) => {
                fits(text.expose())?;
                (self.text.encode_whole(text.expose()), "prompt")
            }
            Some(Prompt::Tokens(tokens)) => (Ok(tokens.clone()), "prompt"),
        };
        let prompt = prompt.map_err(|error| {
            refusal("invalid_request", format!("{field} cannot be cut into tokens: {error}"))
        })?;
        if prompt.is_empty() {
            return Err(refusal(
                "invalid_request",
                format!("{field}: there is not one token in it"),
            ));
        }
        if let Some(unknown) = prompt.iter().find(|&&token| token as usize >= self.model.vocabulary)
        {
            return Err(refusal(
                "invalid_request",
                format!("{field}: the model does not have the token {unknown}"),
            ));
        }
        if prompt.len().saturating_add(request.max_tokens) > context {
            return Err(overflow(&prompt.len().to_string()));
        }
        Ok(prompt)
    }

    /// Renders the conversation as the model wants it.
    fn rendered(&self, request: &Generate) -> Result<String, Refusal> {
        let messages = request.messages.iter().map(|message| {
            let mut told = json!({"role": message.role, "content": message.content.expose()});
            if let Some(calls) = &message.tool_calls {
                told["tool_calls"] = serde_json::from_str(calls.expose()).unwrap_or_default();
            }
            if let Some(id) = &message.tool_call_id {
                told["tool_call_id"] = json!(id);
            }
            told
        });
        self.template.render(template::Input {
            messages: messages.collect(),
            tools: request.tools.clone(),
            options: prompt_options(),
            now: time::now(),
        })
    }

    /// Begins the grammar of an answer that has to have a form.
    fn grammar(&mut self, request: &Generate) -> Result<Option<Grammar>, Refusal> {
        let Some(format) = &request.format else { return Ok(None) };
        if self.grammars.is_none() {
            let vocabulary = self.model.vocabulary;
            self.grammars = Some(Grammars::new(&self.text, vocabulary, &self.ends)?);
        }
        self.grammars.as_ref().map(|grammars| grammars.begin(format)).transpose()
    }

    /// Keeps or brings back what is known of a prompt, but for its last token, whose logits are needed; returns how many tokens.
    fn reuse(&mut self, prompt: &[u32]) -> Result<usize, ort::Error> {
        let beginning = &prompt[..prompt.len() - 1];
        let cached = self.decoder.tokens();
        let common = cached.iter().zip(beginning).take_while(|(one, other)| one == other).count();
        if common < cached.len() {
            let copy = |start| self.decoder.copy(start..start + BLOCK);
            self.prefixes.keep(cached, copy);
        }
        let kept = self.prefixes.find(beginning);
        let known = kept.len() * BLOCK;
        if known > common {
            self.decoder.restore(&beginning[..known], &kept, BLOCK)?;
            return Ok(known);
        }
        Ok(self.decoder.rewind(common))
    }

    fn answer(
        &mut self,
        answer: &mut Answer,
        (sampler, grammar, mut drafts): (&mut Sampler, &mut Option<Grammar>, Drafts),
        ask: &mut dyn FnMut(Event) -> Flow,
    ) -> Result<Finish, Refusal> {
        loop {
            let logits = self.decoder.logits();
            let logits = match grammar {
                Some(grammar) if !logits.is_empty() => grammar.mask(logits)?,
                Some(_) | None => logits,
            };
            let Some(token) = sampler.choose(logits) else {
                self.decoder.reset();
                return Err(refusal(
                    "engine_failed",
                    "the model's logits are not numbers; its files may be damaged (run ladylinux models verify)",
                ));
            };
            let engine_ns = time::monotonic_ns();
            if self.ends.contains(&token) {
                answer.mark();
                let rest = answer.detokenizer.finish(&self.text);
                return Ok(answer.close(&rest, engine_ns, Finish::Stop, ask));
            }
            answer.tokens += 1;
            answer.mark();
            if let Some(top) = answer.top_logprobs {
                answer.logprobs.push(likelihood::of(token, logits, top, &self.text));
            }
            sampler.saw(token);
            let complete = match grammar {
                Some(grammar) => grammar.accept(token)?,
                None => false,
            };
            let piece = answer.detokenizer.push(&self.text, token);
            let shown = answer.scanner.push(&piece);
            let flow = tell(shown.text, engine_ns, ask);
            if shown.stopped {
                return Ok(Finish::Stop);
            }
            if flow == Flow::Stop {
                return Ok(Finish::Cancelled);
            }
            if complete || answer.tokens >= answer.limit {
                let finish = if complete { Finish::Stop } else { Finish::Length };
                let rest = answer.detokenizer.finish(&self.text);
                return Ok(answer.close(&rest, engine_ns, finish, ask));
            }
            self.advance(token, &mut drafts).map_err(|error| engine_failed(&error))?;
        }
    }

    /// Appends one token of an answer; where a run of the graph is needed for that, with a draft of what may follow.
    fn advance(&mut self, token: u32, drafts: &mut Drafts) -> Result<(), ort::Error> {
        drafts.saw(token);
        let ahead = self.decoder.ahead();
        let draft = if self.decoder.drafts() && ahead.front() != Some(&token) {
            drafts.next(ahead.len())
        } else {
            &[]
        };
        self.decoder.step_with(token, draft)
    }
}

/// One answer in the making.
struct Answer {
    detokenizer: Detokenizer,
    scanner: StopScanner,
    limit: usize,
    tokens: usize,
    first: Option<Instant>,
    last: Instant,
    top_logprobs: Option<usize>,
    logprobs: Vec<TokenLogprob>,
}

impl Answer {
    fn new(request: &Generate, started: Instant) -> Self {
        Self {
            detokenizer: Detokenizer::default(),
            scanner: StopScanner::new(request.stop.iter().map(|stop| stop.expose().to_owned())),
            limit: request.max_tokens,
            tokens: 0,
            first: None,
            last: started,
            top_logprobs: request.top_logprobs,
            logprobs: Vec::new(),
        }
    }

    fn mark(&mut self) {
        self.last = time::instant();
        self.first.get_or_insert(self.last);
    }

    /// Shows what was held back, and returns why the answer ended.
    fn close(
        &mut self,
        rest: &str,
        engine_ns: u64,
        finish: Finish,
        ask: &mut dyn FnMut(Event) -> Flow,
    ) -> Finish {
        let shown = self.scanner.push(rest);
        let text = if shown.stopped { shown.text } else { shown.text + &self.scanner.finish() };
        if !text.is_empty() {
            ask(Event::Token { text, engine_ns });
        }
        if shown.stopped { Finish::Stop } else { finish }
    }
}

/// Small models answer faster, and not worse, without thinking aloud first.
fn prompt_options() -> serde_json::Map<String, serde_json::Value> {
    let options = [("add_generation_prompt", true), ("enable_thinking", false)];
    options.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn tell(text: String, engine_ns: u64, ask: &mut dyn FnMut(Event) -> Flow) -> Flow {
    ask(if text.is_empty() { Event::Held } else { Event::Token { text, engine_ns } })
}

fn check(request: &Generate) -> Result<(), Refusal> {
    let wrong = |message: String| Err(refusal("invalid_request", message));
    if request.messages.is_empty() && request.prompt.is_none() {
        return wrong("messages must hold at least one message".to_owned());
    }
    if request.max_tokens == 0 {
        return wrong("max_tokens must be at least 1".to_owned());
    }
    if request.stop.len() > STOPS {
        return wrong(format!("stop may hold {STOPS} texts, not {}", request.stop.len()));
    }
    match request
        .stop
        .iter()
        .map(|stop| stop.expose().len())
        .find(|length| !(1..=STOP_BYTES).contains(length))
    {
        Some(length) => {
            wrong(format!("stop must hold texts of 1 to {STOP_BYTES} bytes, not of {length}"))
        }
        None => Ok(()),
    }
}

fn engine_failed(error: &ort::Error) -> Refusal {
    refusal("engine_failed", format!("the graph failed while it ran: {error}"))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
