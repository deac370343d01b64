//! Proves the engine equal to `transformers` on tiny graphs of several architectures, each in both layouts.
//!
//! The graphs, the prompts and the expected logits are made by `scripts/fixtures`; every directory there that holds an
//! `expected.json` is run.

use super::{
    Drafting, Engine, Event, Flow, Options, decoder::Decoder, directory::Directory, load,
    prefixes::BLOCK,
};
use crate::{
    foundation::values::Redacted,
    inference::workers::{ChatMessage, Generate, Sampling, protocol::Finish},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The library that `scripts/setup` fetched; tests that need it say so instead of passing without it.
pub(super) fn library() -> PathBuf {
    std::env::var_os("ORT_DYLIB_PATH")
        .filter(|path| Path::new(path).is_file())
        .map(PathBuf::from)
        .expect("these tests need ORT_DYLIB_PATH to name libonnxruntime.so: run scripts/test, which sets it")
}

pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/llm")
}

pub(super) fn options(prefill_chunk: usize) -> Options {
    Options {
        threads: 1,
        context_tokens: 4096,
        prefill_chunk,
        prefix_cache_bytes: 64 << 20,
        graph: None,
        onnxruntime: Some(library()),
    }
}

fn loaded(directory: &Path, prefill_chunk: usize) -> Engine {
    Engine::load("tiny", directory, &options(prefill_chunk))
        .unwrap_or_else(|refusal| panic!("{}: {refusal}", directory.display()))
}

struct Case {
    prompt: Vec<u32>,
    greedy: Vec<u32>,
    logits: Vec<f32>,
    vocabulary: usize,
}

fn tokens(value: &Value) -> Vec<u32> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|token| u32::try_from(token.as_u64().unwrap()).unwrap()).collect()
}

fn cases(architecture: &Path) -> Vec<Case> {
    let expected = fs::read_to_string(architecture.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let vocabulary = usize::try_from(expected["vocab"].as_u64().unwrap()).unwrap();
    let prompts = expected["prompts"].as_array().unwrap().iter();
    prompts
        .map(|prompt| {
            let bytes = fs::read(architecture.join(prompt["logits"].as_str().unwrap())).unwrap();
            let (numbers, rest) = bytes.as_chunks::<4>();
            assert!(rest.is_empty());
            Case {
                prompt: tokens(&prompt["ids"]),
                greedy: tokens(&prompt["greedy"]),
                logits: numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
                vocabulary,
            }
        })
        .collect()
}

/// The architectures, each with the directories of its exports.
fn architectures() -> Vec<(PathBuf, Vec<PathBuf>)> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries =
            fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut folders: Vec<PathBuf> =
            entries.map(|entry| entry.unwrap().path()).filter(|it| it.is_dir()).collect();
        folders.sort();
        folders
    };
    let made =
        folders(&fixtures()).into_iter().filter(|folder| folder.join("expected.json").is_file());
    made.map(|folder| (folder.clone(), folders(&folder))).collect()
}

/// Feeds the expected tokens and compares every logit of every step.
fn compare(engine: &mut Engine, case: &Case, what: &Path) {
    engine.prefill(&case.prompt[engine.cached().len()..]).unwrap();
    for (step, expected) in case.logits.chunks_exact(case.vocabulary).enumerate() {
        let logits = engine.logits();
        assert_eq!(logits.len(), expected.len(), "{}", what.display());
        let worst =
            logits.iter().zip(expected).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max);
        let half = what.ends_with("transformersjs-f16-cache");
        assert!(
            worst <= if half { 5e-2 } else { 1e-4 },
            "{}: prompt of {}, step {step}: {worst}",
            what.display(),
            case.prompt.len()
        );
        assert!(
            half || engine.likeliest() == Some(case.greedy[step]),
            "{}: step {step}",
            what.display()
        );
        engine.decode(case.greedy[step]).unwrap();
    }
}

#[test]
fn every_logit_of_64_steps_equals_transformers_in_both_layouts() {
    let architectures = architectures();
    assert!(architectures.len() >= 4, "four architectures are wanted");
    for (architecture, exports) in architectures {
        let cases = cases(&architecture);
        for export in exports {
            let mut engine = loaded(&export, 4096);
            for case in &cases {
                engine.reset();
                compare(&mut engine, case, &export);
            }
        }
    }
}

#[test]
fn chunks_smaller_than_the_prompt_change_no_logit() {
    for (architecture, exports) in architectures() {
        for (number, export) in exports.iter().enumerate() {
            let mut engine = loaded(export, [7, 64, 1][number % 3]);
            for case in cases(&architecture) {
                engine.reset();
                compare(&mut engine, &case, export);
            }
        }
    }
}

#[test]
fn a_prompt_that_begins_like_the_one_before_goes_on_from_there() {
    for (architecture, exports) in architectures() {
        for export in exports {
            let mut engine = loaded(&export, 64);
            let case = cases(&architecture).pop().unwrap();
            engine.prefill(&case.prompt).unwrap();
            for _ in 0..5 {
                engine.decode(1).unwrap();
            }
            let keep = case.prompt.len() / 2;
            let kept = engine.rewind(keep);
            let half = export.ends_with("transformersjs-f16-cache");
            assert!(kept == keep || half && kept == 0, "{}: {kept}", export.display());
            compare(&mut engine, &case, &export);
        }
    }
}

#[test]
fn graphs_that_can_append_in_place_do() {
    for (_, exports) in architectures() {
        for export in exports {
            let genai = export.join("genai_config.json").is_file();
            assert_eq!(loaded(&export, 64).shares_cache(), genai, "{}", export.display());
        }
    }
}

#[test]
fn buffers_that_grow_hold_the_same_as_a_cache_that_is_handed_on() {
    let files = Directory::read(&fixtures().join("chatty"), None).unwrap();
    let [mut shared, mut moved] = [true, false].map(|share| {
        let (session, contract) = load::open(&files, &options(64)).unwrap();
        Decoder::new(session, contract, 2000, share).unwrap()
    });
    assert!(shared.shares() && !moved.shares());
    let prompt: Vec<u32> = (0..700).map(|number| number * 37 % 1000).collect();
    for decoder in [&mut shared, &mut moved] {
        decoder.prefill(&prompt, 64, &mut |_| Flow::Continue).unwrap();
    }
    // Two at a time: one alone is computed by another kernel, where there are no drafts.
    for token in (0..400).step_by(2).map(|number| number * 13 % 1000) {
        for decoder in [&mut shared, &mut moved] {
            decoder.step(&[token, 999 - token]).unwrap();
        }
        let worst =
            shared.logits().iter().zip(moved.logits()).map(|(one, other)| (one - other).abs());
        assert!(worst.fold(0.0, f32::max) <= 1e-4);
    }
    assert!(shared.step(&[1; 1000]).is_err(), "more than the context holds");
    assert_eq!(shared.tokens().len(), 1100);
}

#[test]
fn logits_are_computed_for_the_last_token_alone_where_the_graph_can() {
    for (export, rows) in [
        ("llama/transformersjs-num-logits", 1),
        ("qwen2/genai-last-logits", 1),
        // One more than there are tokens, for rows are computed in pairs.
        ("qwen2/genai", 18),
    ] {
        let mut engine = loaded(&fixtures().join(export), 64);
        engine.prefill(&[1; 17]).unwrap();
        assert_eq!(engine.decoder.computed_rows(), rows, "{export}");
    }
}

/// Drafts are made where the graph computes logits for more than the last token and appends in place.
#[test]
fn drafts_change_no_token_and_save_runs() {
    for (export, drafting) in [
        ("qwen2/genai", true),
        ("llama/genai", true),
        ("qwen2/genai-last-logits", false),
        ("qwen2/transformersjs", false),
    ] {
        let mut engine = loaded(&fixtures().join(export), 64);
        // Each half of the prompt is the other again, as an answer from a document is.
        let half: Vec<u32> = (0..60).map(|number| number * 7 % 50).collect();
        engine.prefill(&[half.as_slice(), &half].concat()).unwrap();
        let (single, runs) = engine.continue_greedily(300, Drafting::Off).unwrap();
        assert_eq!((single.len(), runs), (300, 300));
        engine.reset();
        engine.prefill(&[half.as_slice(), &half].concat()).unwrap();
        let (drafted, runs) = engine.continue_greedily(300, Drafting::On).unwrap();
        assert_eq!(drafted, single, "{export}");
        assert_eq!(runs < 300, drafting, "{export}: {runs} runs");
        // What was drafted and did not come is not in the cache.
        assert_eq!(engine.cached().len(), 420);
    }
}

pub(super) fn ask(text: &str, max_tokens: usize) -> Generate {
    Generate {
        messages: vec![ChatMessage::new("user", text.to_owned())],
        max_tokens,
        sampling: Sampling {
            temperature: Some(0.0),
            repetition_penalty: Some(1.0),
            ..Sampling::default()
        },
        ..Generate::default()
    }
}

fn engine() -> Engine {
    loaded(&fixtures().join("qwen2/genai"), 16)
}

fn generate(
    engine: &mut Engine,
    request: &Generate,
) -> (String, crate::inference::workers::Completion) {
    let mut shown = String::new();
    let completion = engine
        .generate(request, &mut |event| {
            if let Event::Token { text, engine_ns } = event {
                assert!(!text.is_empty() && engine_ns > 0);
                shown += &text;
            }
            Flow::Continue
        })
        .unwrap();
    (shown, completion)
}

#[test]
fn an_answer_has_as_many_tokens_as_were_asked_for_and_repeats_from_the_cache() {
    let mut engine = engine();
    let request = ask("What is a lamp?", 24);
    let (first, completion) = generate(&mut engine, &request);
    assert_eq!((completion.finish, completion.completion_tokens), (Finish::Length, 24));
    assert_eq!(completion.cached_tokens, 0);
    let (second, completion) = generate(&mut engine, &request);
    assert_eq!(first, second);
    assert_eq!(completion.cached_tokens, completion.prompt_tokens - 1);
}

#[test]
fn conversations_that_take_turns_go_on_from_where_they_were() {
    for export in ["qwen2/genai", "qwen2/transformersjs", "llama/genai"] {
        let [one, other] = ["lamp ", "door "].map(|word| ask(&word.repeat(50), 12));
        let fresh = |request| generate(&mut loaded(&fixtures().join(export), 16), request).0;
        let expected = [fresh(&one), fresh(&other)];
        let mut engine = loaded(&fixtures().join(export), 16);
        for turn in 0..4 {
            let request = [&one, &other][turn % 2];
            let (said, completion) = generate(&mut engine, request);
            assert_eq!(said, expected[turn % 2], "{export}, turn {turn}");
            let whole = (completion.prompt_tokens - 1) / BLOCK * BLOCK;
            assert!(whole >= BLOCK, "{whole}");
            let least = if turn < 2 { 0 } else { whole };
            assert!(completion.cached_tokens >= least, "{export}, turn {turn}: {completion:?}");
        }
    }
}

#[test]
fn a_stop_text_ends_the_answer_and_is_not_part_of_it() {
    let mut engine = engine();
    let mut request = ask("What is a lamp?", 24);
    let (whole, _) = generate(&mut engine, &request);
    let middle = whole.char_indices().nth(whole.chars().count() / 2).unwrap().0;
    let stop: String = whole[middle..].chars().take(3).collect();
    request.stop = vec![Redacted(stop.clone())];
    let (cut, completion) = generate(&mut engine, &request);
    assert_eq!(cut, whole[..whole.find(&stop).unwrap()]);
    assert_eq!(completion.finish, Finish::Stop);
}

#[test]
fn a_generation_ends_between_prompt_chunks_and_at_a_token_when_told_so() {
    let mut engine = engine();
    let request = ask(&"lamp ".repeat(30), 24);
    let mut prefills = 0;
    let completion = engine
        .generate(&request, &mut |event| {
            assert!(matches!(event, Event::Prefill { .. }), "{event:?}");
            prefills += 1;
            if prefills == 2 { Flow::Stop } else { Flow::Continue }
        })
        .unwrap();
    assert_eq!((completion.finish, completion.completion_tokens), (Finish::Cancelled, 0));
    let mut tokens = 0;
    let completion = engine
        .generate(&request, &mut |event| {
            tokens += usize::from(!matches!(event, Event::Prefill { .. }));
            if tokens == 3 { Flow::Stop } else { Flow::Continue }
        })
        .unwrap();
    assert_eq!((completion.finish, completion.completion_tokens), (Finish::Cancelled, 3));
    assert_eq!(completion.cached_tokens, 32, "the chunks before the cancellation are kept");
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let mut engine = engine();
    let mut request = ask("What is a lamp?", 24);
    request.sampling = Sampling { temperature: Some(1.5), seed: Some(4), ..Sampling::default() };
    let (one, _) = generate(&mut engine, &request);
    let (other, _) = generate(&mut engine, &request);
    assert_eq!(one, other);
}

#[test]
fn a_context_that_would_overflow_is_refused_with_the_numbers() {
    let mut engine = engine();
    let context = engine.model().context_tokens;
    let refused = |engine: &mut Engine, request: &Generate| {
        let refusal = engine.generate(request, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(refusal.code, "context_overflow");
        assert!(refusal.message.contains(&context.to_string()), "{}", refusal.message);
        refusal.message
    };
    assert!(refused(&mut engine, &ask("hi", context)).contains(&format!("may have {context}")));
    refused(&mut engine, &ask(&"lamp ".repeat(context), 1));
    assert!(refused(&mut engine, &ask(&"x".repeat(10_000_000), 1)).contains("at least"));
    refused(&mut engine, &ask("hi", usize::MAX));
}

#[test]
fn requests_outside_the_limits_are_refused_by_field() {
    let mut engine = engine();
    let good = ask("hi", 4);
    let wrong = [
        ("messages", Generate { messages: Vec::new(), ..good.clone() }),
        ("max_tokens", Generate { max_tokens: 0, ..good.clone() }),
        ("stop", Generate { stop: vec![Redacted(String::new())], ..good.clone() }),
        ("stop", Generate { stop: vec![Redacted("x".to_owned()); 17], ..good.clone() }),
        (
            "temperature",
            Generate {
                sampling: Sampling { temperature: Some(-1.0), ..Sampling::default() },
                ..good
            },
        ),
    ];
    for (field, request) in wrong {
        let refusal = engine.generate(&request, &mut |_| Flow::Continue).unwrap_err();
        assert_eq!(refusal.code, "invalid_request");
        assert!(refusal.message.starts_with(field), "{}", refusal.message);
    }
}

#[test]
fn nothing_that_was_said_is_in_a_debug_line() {
    let mut engine = engine();
    let mut events = Vec::new();
    let completion = engine.generate(&ask("canary phrase", 8), &mut |event| {
        events.push(format!("{event:?}"));
        Flow::Continue
    });
    let lines = format!("{engine:?}{events:?}{completion:?}");
    assert!(lines.contains("redacted") && !lines.contains("canary"), "{lines}");
}
