//! What recognition promises for every text.

use super::*;
use proptest::prelude::*;

/// Reads `intent | phrase` lines; `-` is no intent.
fn cases() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("../../../tests/fixtures/conversation/intents.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('|').map(|(name, text)| (name.trim(), text.trim())).unwrap())
}

fn understood(text: &str) -> Recognition {
    recognize(text, &Vocabulary::builtin(), Thresholds::default())
}

fn name(text: &str) -> String {
    match understood(text) {
        Recognition::Clear(recognized) => recognized.intent.name().to_owned(),
        Recognition::Unclear(_) | Recognition::Nothing => "-".to_owned(),
    }
}

#[test]
fn every_phrase_of_the_fixture_is_understood_as_it_should_be() {
    let wrong: Vec<String> = cases()
        .filter(|(expected, text)| name(text) != *expected)
        .map(|(expected, text)| format!("{text:?} is {:?}, not {expected}", understood(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases().filter(|(expected, _)| *expected == "-").count() >= 60);
    assert!(cases().filter(|(expected, _)| *expected != "-").count() >= 100);
}

fn slots(text: &str) -> Vec<(String, String)> {
    match understood(text) {
        Recognition::Clear(recognized) => {
            recognized.slots.iter().map(|(slot, value)| (slot.clone(), value.to_string())).collect()
        }
        unclear @ (Recognition::Unclear(_) | Recognition::Nothing) => {
            panic!("{text:?} is {unclear:?}")
        }
    }
}

fn slot(text: &str, slot: &str) -> Option<String> {
    slots(text).into_iter().find(|(name, _)| name == slot).map(|(_, value)| value)
}

const COMMANDS: &[(&str, Language)] = &[
    ("turn on the light in the kitchen", Language::English),
    ("open the garage", Language::English),
    ("delete all data", Language::English),
    ("set the volume to 30", Language::English),
    ("disable the service cups", Language::English),
    ("mark R-1042 for export", Language::English),
    ("refresh yourself", Language::English),
    ("mach das Licht in der Küche aus", Language::German),
    ("öffne die Garage", Language::German),
    ("schalte den Alarm aus", Language::German),
    ("lösche alle Daten", Language::German),
    ("markiere R-1042 für den Export", Language::German),
    ("aktualisiere dich", Language::German),
];

#[test]
fn recognition_is_deterministic_and_blind_to_case_and_punctuation() {
    // VOX-25
    let commands = COMMANDS.iter().map(|(text, _)| *text);
    for text in cases().map(|(_, text)| text).chain(commands) {
        let shouted = format!("  {}!!! ", text.to_uppercase());
        let whispered = text.to_lowercase().replace(['?', '!', '.', ','], "");
        assert_eq!(name(text), name(&shouted), "{text:?}");
        assert_eq!(name(text), name(&whispered), "{text:?}");
        assert_eq!(understood(text), understood(text));
    }
}

#[test]
fn politeness_changes_nothing() {
    for (text, language) in COMMANDS {
        let polite: &[&str] = match language {
            Language::English => {
                &["please {}", "{} please", "hey lady {}", "uh {}, thank you", "Lady Linux, {}"]
            }
            Language::German => {
                &["bitte {}", "{} bitte", "hey Lady {}", "äh {}, danke", "Lady Linux, {}"]
            }
        };
        for form in polite {
            let said = form.replace("{}", text);
            assert_eq!(name(text), name(&said), "{said:?}");
            assert_eq!(slots(text), slots(&said), "{said:?}");
        }
    }
}

#[test]
fn whatever_makes_something_else_of_a_command_stops_it() {
    // INV: what is not exactly a command is never clear as one.
    for (text, language) in COMMANDS {
        assert_eq!(understood_category(text), Some(Category::Command), "{text:?}");
        let other: &[&str] = match language {
            Language::English => &[
                "Ben said {}",
                "when I am gone {}",
                "if it rains {}",
                "{} tomorrow",
                "{} at seven",
                "how do I {}",
                "why did you {}",
                "\"{}\"",
                "{} and pause the music",
                "{} or not",
                "never {}",
                "suppose I said {}",
                "I used to {}",
                "Anna, {}",
                "the note says {}",
                "should I {}",
            ],
            Language::German => &[
                "Ben hat gesagt {}",
                "wenn ich weg bin {}",
                "falls es regnet {}",
                "{} morgen",
                "{} um sieben",
                "warum {}",
                "„{}“",
                "{} und pausiere die Musik",
                "{} oder nicht",
                "{} auf keinen Fall",
                "angenommen ich sage {}",
                "Anna, {}",
                "auf dem Zettel steht {}",
                "{} nicht",
            ],
        };
        for form in other {
            let said = form.replace("{}", text);
            assert_ne!(
                understood_category(&said),
                Some(Category::Command),
                "{said:?}: {:?}",
                understood(&said)
            );
        }
    }
}

fn understood_category(text: &str) -> Option<Category> {
    match understood(text) {
        Recognition::Clear(recognized) => Some(recognized.intent.category()),
        Recognition::Unclear(_) | Recognition::Nothing => None,
    }
}

#[test]
fn a_slot_that_was_not_said_is_not_guessed_and_one_of_two_is_not_chosen() {
    assert_eq!(name("turn on the light"), "turn_on_light");
    assert_eq!(slots("turn on the light"), []);
    assert_eq!(slots("Mach die Tür zu"), []);
    for text in [
        "turn on the light in the kitchen in the hall",
        "mach das Licht in Küche Flur an",
        "set the volume to 20 40",
    ] {
        assert!(
            matches!(understood(text), Recognition::Unclear(_)),
            "{text:?}: {:?}",
            understood(text)
        );
    }
    assert_eq!(name("set the volume to 150"), "-");
}

#[test]
fn names_are_as_they_were_spoken_and_qualities_are_no_names() {
    for (text, expected) in [
        ("i'm anna", "Anna"),
        ("I AM ANNA", "Anna"),
        ("My name is McKenzie", "McKenzie"),
        ("my name is ludwig van beethoven", "Ludwig Van Beethoven"),
        ("ich bin's, karl-heinz", "Karl-Heinz"),
        ("Hier spricht Oma Inge", "Oma Inge"),
        ("my name is o'brien", "O'brien"),
    ] {
        assert_eq!(slot(text, "name").as_deref(), Some(expected), "{text:?}");
    }
    for text in [
        "I am tired",
        "ich bin müde",
        "I'm back",
        "I'm sorry",
        "ich bin der Neue",
        "ich bin Arzt",
        "I'm exhausted",
        "ich bin gestresst",
        "I'm in Berlin",
    ] {
        assert_ne!(name(text), "identify_self", "{text:?}");
    }
    let long = format!("my name is {}", "a".repeat(65));
    assert_eq!(name(&long), "-");
}

#[test]
fn somebody_the_node_knows_is_taken_for_a_name_at_once() {
    let mut vocabulary = Vocabulary::builtin();
    let say = |vocabulary: &Vocabulary| recognize("i am early", vocabulary, Thresholds::default());
    assert!(!matches!(say(&vocabulary), Recognition::Clear(_)));
    vocabulary.add_person("Early").unwrap();
    assert!(matches!(say(&vocabulary), Recognition::Clear(_)));
}

#[test]
fn dates_are_whole_or_no_dates() {
    for text in [
        "My birthday is the 17th of May 1990",
        "my birthday is may 17 1990",
        "I was born on the seventeenth of may nineteen ninety",
        "my birthday is 1990-05-17",
        "Mein Geburtstag ist der 17.5.1990",
        "ich bin am 17. Mai 1990 geboren",
        "ich bin am siebzehnten mai neunzehnhundertneunzig geboren",
    ] {
        assert_eq!(slot(text, "date").as_deref(), Some("1990-05-17"), "{text:?}");
    }
    for text in [
        "My birthday is the 17th of May",
        "My birthday is the 17th of May 90",
        "Mein Geburtstag ist der 30. Februar 1990",
        "my birthday is 5/6/1990",
    ] {
        assert_eq!(name(text), "set_birthdate", "{text:?}");
        assert_eq!(slot(text, "date"), None, "{text:?}");
    }
}

#[test]
fn durations_are_seconds_and_until_is_asked_about() {
    for (text, seconds) in [
        ("Ben may control the lights for two hours", "7200"),
        ("Ben may control the lights for half an hour", "1800"),
        ("Ben darf für 30 Minuten das Licht steuern", "1800"),
        ("Ben darf anderthalb Stunden lang das Licht steuern", "5400"),
    ] {
        assert_eq!(slot(text, "duration").as_deref(), Some(seconds), "{text:?}");
    }
    for text in
        ["Ben may control the lights until tonight", "Ben darf bis heute Abend das Licht steuern"]
    {
        assert!(
            matches!(understood(text), Recognition::Unclear(_)),
            "{text:?}: {:?}",
            understood(text)
        );
    }
}

#[test]
fn levels_are_read_in_digits_and_words() {
    for (text, level) in [
        ("set the volume to 50 percent", "50"),
        ("volume half", "50"),
        ("Lautstärke auf die Hälfte", "50"),
        ("volle Lautstärke", "100"),
        ("lautstärke auf fünfunddreißig prozent", "35"),
        ("set the volume to thirty five", "35"),
    ] {
        assert_eq!(slot(text, "level").as_deref(), Some(level), "{text:?}");
    }
}

#[test]
fn a_command_of_the_owner_is_understood_exactly_and_nothing_similar_is() {
    let mut vocabulary = Vocabulary::builtin();
    vocabulary
        .add_command("water_plants", Language::English, "water the plants in the {location}")
        .unwrap();
    vocabulary.add_value("scene", "movie", Language::German, "Kinoabend").unwrap();
    vocabulary.add_command("scene", Language::German, "Küchenlicht auf {scene}").unwrap();
    let said = |text: &str| match recognize(text, &vocabulary, Thresholds::default()) {
        Recognition::Clear(recognized) => {
            Some((recognized.intent.name().to_owned(), recognized.slots))
        }
        Recognition::Unclear(_) | Recognition::Nothing => None,
    };
    let (intent, slots) = said("Could you please water the plants in the garden?").unwrap();
    assert_eq!(
        (intent.as_str(), slots["location"].to_string().as_str()),
        ("water_plants", "garden")
    );
    let (intent, slots) = said("küchenlicht auf kinoabend, bitte").unwrap();
    assert_eq!((intent.as_str(), slots["scene"].to_string().as_str()), ("scene", "movie"));
    for text in [
        "water the plants",
        "water plants in the garden",
        "don't water the plants in the garden",
        "\"water the plants in the garden\"",
    ] {
        assert_eq!(said(text), None, "{text:?}");
    }
    let unknown = vocabulary.add_command("x", Language::English, "go to {planet}").unwrap_err();
    assert!(unknown.to_string().contains("{planet}"), "{unknown}");
    assert!(vocabulary.add_command("x", Language::English, "{location}").is_err());
    assert!(vocabulary.add_command("x", Language::English, "go {location").is_err());
    assert!(vocabulary.add_command("x", Language::English, "go (now|later)").is_err());
}

#[test]
fn a_phrase_that_means_two_commands_is_asked_about() {
    let mut vocabulary = Vocabulary::builtin();
    vocabulary.add_command("lights_of_the_shop", Language::English, "turn on the light").unwrap();
    let recognition = recognize("turn on the light", &vocabulary, Thresholds::default());
    assert!(matches!(recognition, Recognition::Unclear(_)), "{recognition:?}");
}

#[test]
fn german_is_answered_in_german() {
    let Recognition::Clear(recognized) = understood("Wie viel Speicherplatz ist noch frei?") else {
        panic!("not recognised")
    };
    assert_eq!(recognized.language, Language::German);
    assert_eq!(language_of("Was passiert, wenn ein Worker stirbt?"), Language::German);
    assert_eq!(language_of("What happens when a worker dies?"), Language::English);
}

#[test]
fn a_doubtful_phrase_is_offered_and_not_acted_on() {
    let recognition = understood("is there free disk space for tomorrow");
    assert!(matches!(recognition, Recognition::Unclear(_)), "{recognition:?}");
    let strict = Thresholds { ask_below: 0.9, act_from: 0.95 };
    let recognition =
        recognize("is there free disk space for tomorrow", &Vocabulary::builtin(), strict);
    assert_eq!(recognition, Recognition::Nothing);
}

fn negation() -> impl Strategy<Value = (&'static str, Language, &'static str)> {
    let english = prop::sample::select(vec!["not", "never", "no", "don't", "nobody", "nothing"]);
    let german =
        prop::sample::select(vec!["nicht", "nie", "niemals", "kein", "keine", "nichts", "niemand"]);
    (prop::sample::select(COMMANDS.to_vec()), english, german).prop_map(
        |((text, language), english, german)| {
            (text, language, if language == Language::English { english } else { german })
        },
    )
}

proptest! {
    #[test]
    fn any_text_is_understood_or_not(text in "\\PC*|([a-z]{1,8} ?){0,40}") {
        if let Recognition::Clear(recognized) = understood(&text) {
            prop_assert!(recognized.confidence <= 1.0 && recognized.confidence >= 0.8);
        }
    }

    /// Words of the grammar in any order are where a panic or an endless search would hide.
    #[test]
    fn any_words_of_the_grammar_are_understood_or_not(words in prop::collection::vec(prop::sample::select(vec![
        "i", "am", "ben", "may", "the", "light", "lights", "for", "two", "hours", "until", "tell", "my", "birthday", "17", "5", "1990",
        "may", "now", "just", "darf", "licht", "nicht", "mehr", "ich", "bin", "anna", "die", "nächsten", "tage", "r", "-", "1042", "%",
        "turn", "on", "off", "volume", "half", "service", ".service", "'s", "„", "is", "here", "with", "me", "and", "says",
    ]), 0..40)) {
        let text = words.join(" ");
        prop_assert_eq!(understood(&text), understood(&text));
    }

    #[test]
    fn a_command_with_a_negation_in_it_is_never_clear((text, _, negation) in negation(), at in 0_usize..10) {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.insert(at.min(words.len()), negation);
        let said = words.join(" ");
        prop_assert_ne!(understood_category(&said), Some(Category::Command), "{}", said);
    }

    #[test]
    fn a_command_with_an_unknown_word_in_it_is_never_clear((text, _, _) in negation(), at in 0_usize..10, word in "zq[a-z]{2,6}") {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.insert(at.min(words.len()), &word);
        let said = words.join(" ");
        // The name of a service is free: whatever stands beside the word may be one.
        prop_assume!(!text.contains("service"));
        prop_assert_ne!(understood_category(&said), Some(Category::Command), "{}", said);
    }
}
