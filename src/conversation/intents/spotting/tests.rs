//! What is spotted, what is not, and what the tables must be.

use super::*;
use crate::conversation::{Recognition, Thresholds, recognize};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn spotted(text: &str) -> Option<(String, Vec<(String, String)>)> {
    match recognize(text, &Vocabulary::builtin(), Thresholds::default()) {
        Recognition::Unclear(found) => {
            assert!(found.confidence < Thresholds::default().act_from, "{text:?}");
            let slots = found.slots.iter().map(|(name, value)| (name.clone(), value.to_string()));
            Some((found.intent.name().to_owned(), slots.collect()))
        }
        Recognition::Clear(found) => panic!("{text:?} is clear: {found:?}"),
        Recognition::Nothing => None,
    }
}

fn is_spotted(text: &str, intent: &str, slots: &[(&str, &str)]) {
    let slots = slots.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    assert_eq!(spotted(text), Some((intent.to_owned(), slots.collect())), "{text:?}");
}

#[test]
fn a_concept_needs_only_slots_that_it_reads() {
    for known in [&*ENGLISH, &*GERMAN] {
        for concept in known.commands.iter().chain(&known.statements).chain(&known.questions) {
            let needed: BTreeSet<_> = concept.needs.iter().flat_map(|group| &group.slots).collect();
            let read: BTreeSet<_> = concept.slots.iter().collect();
            assert!(needed.is_subset(&read), "{}: {needed:?}", concept.intent.name());
            assert!(
                concept.needs.iter().any(|group| !group.words.is_empty()),
                "{} is met by anything",
                concept.intent.name()
            );
        }
        let families: BTreeSet<_> = known.names.iter().map(|(family, _)| *family).collect();
        for concept in &known.statements {
            let named = concept.slots.iter().any(|slot| matches!(*slot, "name" | "person"));
            let permission = concept.intent.category() == Category::Permission;
            let family = if permission { "permission" } else { concept.intent.name() };
            assert!(!named || families.contains(family), "nobody knows where {family} has names");
        }
        for (_, places) in known.names {
            for place in places.split('|') {
                let names = place.split_whitespace().filter(|word| word.starts_with('_')).count();
                assert_eq!(names, 1, "{place:?}");
            }
        }
    }
}

// VOX-25: what stands beside a wish does not hide it.
#[test]
fn a_wish_is_spotted_among_words_that_nobody_listed() {
    let cellar = [("location", "basement")];
    is_spotted(
        "I can't see a thing in the cellar, turn the light on down there",
        "turn_on_light",
        &cellar,
    );
    is_spotted(
        "im keller seh ich nichts, schalt dort bitte das licht an",
        "turn_on_light",
        &cellar,
    );
    is_spotted("Can the music be paused, please?", "pause_music", &[]);
    is_spotted(
        "Kann das Küchenlicht bitte ausgemacht werden?",
        "turn_off_light",
        &[("location", "kitchen")],
    );
    is_spotted("The new release is no good, roll it back.", "rollback_node", &[]);
}

#[test]
fn what_somebody_needs_no_longer_is_ended() {
    is_spotted(
        "I don't need the drop folder watched any longer, switch that off.",
        "stop_watcher",
        &[],
    );
    is_spotted(
        "R-650 isn't to be exported any more, unmark it",
        "unmark_for_export",
        &[("resource", "R-650")],
    );
    is_spotted(
        "we don't need the light in the nursery any more, switch it off",
        "turn_off_light",
        &[("location", "nursery")],
    );
}

// VOX-25: nobody is asked "shall I?" who did not ask for it.
#[test]
fn what_is_no_wish_for_now_is_not_asked_about() {
    for text in [
        // Questions
        "is the light in the kitchen still on",
        "did somebody stop the watcher",
        "kann ein roboter eine garage aufmachen",
        "ist R-1042 schon für den export markiert",
        // Conditions and other times
        "if it gets dark, switch on the garden light",
        "alarm off at 23:00 if you like it",
        "on Friday mark R-7 for export",
        "sobald alle schlafen, mach hier oben die lichter aus",
        "stell in einer stunde die lautstärke auf 10",
        // Reports
        "according to Olga the garage should be opened",
        "he told me to mark R-1042 for export",
        "er meinte, ich soll R-1042 für den Export markieren",
        // What is done, or stays so
        "I turned the kitchen light off myself",
        "ich habe das Badlicht schon ausgemacht",
        "please leave the lights on in the hallway over there",
        // Denials
        "stop, not the alarm",
        "close the door, no wait, do nothing",
        "please don't ever mark R-88 for export",
        // Two wishes
        "set the volume to 20 and pause the music after that",
        "stopp bitte den watcher und starte ihn dann neu",
        "mark R-808 for export and take R-41 off the list",
    ] {
        assert_eq!(spotted(text), None, "{text:?}");
    }
}

#[test]
fn of_two_places_none_is_chosen() {
    is_spotted("turn on the light in the kitchen in the hall", "turn_on_light", &[]);
    is_spotted(
        "Volume down to 20 please, the little one's asleep",
        "set_volume",
        &[("level", "20")],
    );
}

#[test]
fn what_is_told_is_spotted_with_its_name() {
    is_spotted("For you I'm Bernie from now on.", "set_preferred_name", &[("name", "Bernie")]);
    is_spotted(
        "don't call me Lucille, call me Lucy like everybody does",
        "set_preferred_name",
        &[("name", "Lucy")],
    );
    is_spotted(
        "Du kannst notieren, dass ich Theodora bin.",
        "identify_self",
        &[("name", "Theodora")],
    );
    is_spotted(
        "Ines has lost the right to administer this system.",
        "revoke_permission",
        &[("group", "system"), ("person", "Ines")],
    );
    is_spotted(
        "it's fine by me if Priya drives the robot for the next five hours",
        "grant_permission",
        &[("duration", "18000"), ("group", "robot_control"), ("person", "Priya")],
    );
}

#[test]
fn who_takes_a_right_away_is_not_asked_whether_to_give_it() {
    is_spotted(
        "Take Marta's permission for the music away, she's deafening us",
        "revoke_permission",
        &[("group", "media"), ("person", "Marta")],
    );
}

#[test]
fn what_stands_in_documents_is_looked_for_there() {
    for text in [
        "which services does the insurance cover that failed last year",
        "Seriennummer des Heizkessels, steht im Handbuch",
        "wann läuft unser Mietvertrag aus?",
    ] {
        assert_eq!(spotted(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,120}") {
        drop(recognize(&text, &Vocabulary::builtin(), Thresholds::default()));
    }
}
