//! The corpus: what people say, written by others than those who wrote the recogniser, and what of it is understood.
//!
//! `cargo test --lib conversation::intents::corpus -- --nocapture` prints what was taken for what. Files that were tuned on
//! (`tuned`, `practice`) and those that never were (`held-out`) stand side by side; the latter are the honest figure.

use super::{Category, Intent, Recognition, Slots, Thresholds, Vocabulary, commands, recognize};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use toml::Value;

/// Every file of the corpus, below `tests/corpus/intents`. Files of a name with `held-out` are never tuned on.
const FILES: &[&str] = &["en-tuned", "de-tuned", "en-practice", "de-practice", "en-held-out"];

/// How many utterances the corpus has once there are files that are never tuned on.
const AT_LEAST: usize = 600;

/// What of a file must be understood, with its slots.
const RIGHT: f64 = 0.95;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    utterance: Vec<Utterance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Utterance {
    text: String,
    /// `none` for no intent.
    intent: String,
    #[serde(default)]
    slots: BTreeMap<String, Value>,
}

#[derive(Default)]
struct Tally {
    of: usize,
    /// Right, and clear enough for nothing to be asked back.
    at_once: usize,
    wrong: Vec<String>,
    executed: Vec<String>,
    confused: BTreeMap<(String, String), usize>,
}

fn read(name: &str) -> Vec<Utterance> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus/intents")
        .join(format!("{name}.toml"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    file.utterance
}

/// A word or a number, as slots are written.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase()
}

/// The slots that each intent may have.
fn legal_slots(intent: &str) -> &'static [&'static str] {
    match intent {
        "identify_self"
        | "identify_other"
        | "new_participant_arrived"
        | "participant_left"
        | "set_preferred_name" => &["name"],
        "set_language" => &["language"],
        "set_form_of_address" => &["form"],
        "set_birthdate" => &["date"],
        "grant_permission" => &["person", "group", "duration"],
        "revoke_permission" => &["person", "group"],
        "request_permission" => &["group"],
        "grant_consent" | "revoke_consent" => &["person", "data"],
        "turn_on_light" | "turn_off_light" => &["location"],
        "set_volume" => &["level"],
        "close_door" => &["door"],
        "open_garage" => &["garage"],
        "disable_service" => &["service"],
        "mark_for_export" | "unmark_for_export" => &["resource"],
        _ => &[],
    }
}

/// Names are compared without regard to case.
fn same(expected: &BTreeMap<String, Value>, found: &Slots) -> bool {
    expected.len() == found.len()
        && expected.iter().all(|(slot, value)| {
            found.get(slot).is_some_and(|found| found.to_string().to_lowercase() == written(value))
        })
}

fn measure(utterances: &[Utterance]) -> Tally {
    let vocabulary = Vocabulary::builtin();
    let mut tally = Tally { of: utterances.len(), ..Tally::default() };
    for Utterance { text, intent, slots } in utterances {
        let recognition = recognize(text, &vocabulary, Thresholds::default());
        let (found, clear) = match &recognition {
            Recognition::Clear(found) => (Some(found), true),
            Recognition::Unclear(found) => (Some(found), false),
            Recognition::Nothing => (None, false),
        };
        let right = match found {
            Some(found) => found.intent.name() == intent && same(slots, &found.slots),
            None => intent == "none",
        };
        tally.at_once += usize::from(right && (clear || found.is_none()));
        let command =
            clear && found.is_some_and(|found| found.intent.category() == Category::Command);
        let found = found.map_or("none", |found| found.intent.name());
        if right {
            continue;
        }
        let told = format!("{text:?} is {intent} {slots:?}, and was taken for {recognition:?}");
        if command {
            tally.executed.push(told.clone());
        }
        tally.wrong.push(told);
        *tally.confused.entry((intent.clone(), found.to_owned())).or_default() += 1;
    }
    tally
}

#[test]
fn the_labels_of_the_corpus_are_legal() {
    let mut legal: BTreeSet<String> =
        Intent::all_but_commands().iter().map(|intent| intent.name().to_owned()).collect();
    legal.extend(commands::all().into_iter().map(str::to_owned));
    legal.insert("none".to_owned());
    let mut seen = BTreeSet::new();
    for name in FILES {
        for Utterance { text, intent, slots } in read(name) {
            assert!(legal.contains(&intent), "{name}: {intent} is no intent");
            let illegal: Vec<&String> = slots
                .keys()
                .filter(|slot| !legal_slots(&intent).contains(&slot.as_str()))
                .collect();
            assert!(illegal.is_empty(), "{name}: {intent} has no slots {illegal:?}");
            let simple = slots.values().all(|value| value.is_str() || value.is_integer());
            assert!(simple, "{name}: {text:?} has slots that are neither words nor numbers");
            assert!(!text.trim().is_empty() && text.len() <= super::LONGEST, "{name}: {text:?}");
            assert!(seen.insert(text.to_lowercase()), "{text:?} stands twice in the corpus");
        }
    }
    let held_out = FILES.iter().any(|name| name.contains("held-out"));
    let expected = if held_out { AT_LEAST } else { 400 };
    assert!(
        seen.len() >= expected,
        "the corpus has {} utterances, and needs {expected}",
        seen.len()
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "the confusion table is what the test is read for")]
#[expect(clippy::cast_precision_loss, reason = "a corpus has few lines")]
fn the_corpus_is_understood_and_nothing_wrong_is_executed() {
    // VOX-25, VOX-26: a command is recognised as exactly that command, or not at all.
    let mut failed = Vec::new();
    for name in FILES {
        let tally = measure(&read(name));
        let right = tally.of - tally.wrong.len();
        let share = right as f64 / tally.of as f64;
        println!(
            "{name}: {right} of {} right ({:.1} %), {} of them at once, {} executed wrongly",
            tally.of,
            share * 100.0,
            tally.at_once,
            tally.executed.len()
        );
        for ((expected, found), times) in &tally.confused {
            println!("  {expected:<24} taken for {found:<24} {times}");
        }
        for wrong in &tally.wrong {
            println!("    {wrong}");
        }
        if share < RIGHT || !tally.executed.is_empty() {
            failed
                .push(format!("{name}: {share:.3} right, executed wrongly: {:#?}", tally.executed));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
