//! Numbers, dates, durations and levels, in digits and in words.

use super::super::{SlotValue, text::Said};
use crate::host::Language;

const ONES_ENGLISH: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen";
const TENS_ENGLISH: &str = "twenty thirty forty fifty sixty seventy eighty ninety";
const ONES_GERMAN: &str = "null eins zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn fuenfzehn sechzehn siebzehn achtzehn neunzehn";
const TENS_GERMAN: &str = "zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig";
const MONTHS_ENGLISH: &str =
    "january february march april may june july august september october november december";
const MONTHS_GERMAN: &str =
    "januar februar maerz april mai juni juli august september oktober november dezember";
const ORDINALS_ENGLISH: &str = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth \
    sixteenth seventeenth eighteenth nineteenth twentieth";

fn place(list: &str, word: &str) -> Option<i64> {
    list.split_whitespace().position(|one| one == word).and_then(|at| i64::try_from(at).ok())
}

fn digits(word: &str) -> Option<i64> {
    let fits =
        !word.is_empty() && word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| word.parse().ok()).flatten()
}

/// Reads a number up to 9999, in digits or words.
pub(super) fn number(said: &Said<'_>, at: usize) -> Option<(usize, i64)> {
    let word = said.word(at);
    if let Some(number) = digits(word) {
        return Some((at + 1, number));
    }
    match said.language {
        Language::English => {
            if let Some(ten) = place(TENS_ENGLISH, word) {
                let ten = (ten + 2) * 10;
                return Some(match place(ONES_ENGLISH, said.word(at + 1)) {
                    Some(one @ 1..=9) => (at + 2, ten + one),
                    _ => (at + 1, ten),
                });
            }
            let (after, one) = match word {
                "a" | "an" if said.word(at + 1) == "hundred" => (at + 1, 1),
                "hundred" => (at, 1),
                _ => (at + 1, place(ONES_ENGLISH, word)?),
            };
            Some(if said.word(after) == "hundred" { (after + 1, one * 100) } else { (after, one) })
        }
        Language::German => Some((at + 1, german(word)?)),
    }
}

/// Reads a German number of one word, such as `fuenfunddreissig` or `neunzehnhundertneunzig`.
fn german(word: &str) -> Option<i64> {
    let below_hundred = |word: &str| -> Option<i64> {
        if matches!(word, "ein" | "eine" | "einen" | "einer" | "einem") {
            return Some(1);
        }
        if word == "zwo" {
            return Some(2);
        }
        place(ONES_GERMAN, word).or_else(|| Some((place(TENS_GERMAN, word)? + 2) * 10)).or_else(
            || {
                let (one, ten) = word.split_once("und")?;
                let one = if one == "ein" { 1 } else { place(ONES_GERMAN, one)? };
                Some((place(TENS_GERMAN, ten)? + 2) * 10 + one)
            },
        )
    };
    let rest = |rest: &str| match rest.strip_prefix("und").unwrap_or(rest) {
        "" => Some(0),
        rest => below_hundred(rest),
    };
    if let Some((before, after)) = word.split_once("tausend") {
        let thousands = if before.is_empty() { 1 } else { below_hundred(before)? };
        return Some(thousands * 1000 + rest(after)?);
    }
    if let Some((before, after)) = word.split_once("hundert") {
        let hundreds = if before.is_empty() { 1 } else { below_hundred(before)? };
        return Some(hundreds * 100 + rest(after)?);
    }
    below_hundred(word)
}

/// Reads a day of the month: `17`, `17th`, `seventeenth`, `siebzehnten`.
fn day(said: &Said<'_>, at: usize) -> Option<(usize, i64)> {
    let word = said.word(at);
    let found = match said.language {
        Language::English => {
            let stem = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending));
            let ten = place(TENS_ENGLISH, word).map(|ten| (ten + 2) * 10);
            let with_one =
                ten.zip(place(ORDINALS_ENGLISH, said.word(at + 1)).filter(|one| *one < 9));
            if let Some((ten, one)) = with_one {
                return Some((at + 2, ten + one + 1)).filter(|(_, day)| *day <= 31);
            }
            digits(stem.unwrap_or(word))
                .or_else(|| place(ORDINALS_ENGLISH, word).map(|one| one + 1))
                .or_else(|| (word == "thirtieth").then_some(30))
        }
        Language::German => digits(word).or_else(|| {
            let irregular = |word: &str| match word {
                "ers" => Some(1),
                "drit" => Some(3),
                "sieb" | "sieben" => Some(7),
                "ach" => Some(8),
                _ => None,
            };
            let stem = ["ten", "ter", "te"].iter().find_map(|ending| word.strip_suffix(ending))?;
            irregular(stem).or_else(|| german(stem)).or_else(|| german(stem.strip_suffix('s')?))
        }),
    };
    found.filter(|day| (1..=31).contains(day)).map(|day| (at + 1, day))
}

fn month(said: &Said<'_>, at: usize) -> Option<i64> {
    let word = said.word(at);
    let months = match said.language {
        Language::English => MONTHS_ENGLISH,
        Language::German => MONTHS_GERMAN,
    };
    let short = |word: &str| {
        months.split_whitespace().position(|month| word.len() == 3 && month.starts_with(word))
    };
    let found = months.split_whitespace().position(|month| month == word).or_else(|| match word {
        "jaenner" => Some(0),
        "feber" => Some(1),
        "juno" => Some(5),
        "julei" => Some(6),
        "sept" => Some(8),
        _ => short(word),
    });
    found.and_then(|at| i64::try_from(at + 1).ok())
}

/// Reads a year of four digits, or one in words: "nineteen eighty four", "two thousand and one".
fn year(said: &Said<'_>, at: usize) -> Option<(usize, i64)> {
    let plausible = |found: (usize, i64)| (1000..=9999).contains(&found.1).then_some(found);
    let at = if said.has_at(at, &["in", "the", "year"]) { at + 3 } else { at };
    if let Some(year) = digits(said.word(at)) {
        return (said.word(at).len() == 4).then_some((at + 1, year));
    }
    let (after, first) = number(said, at)?;
    if said.language == Language::German {
        return plausible((after, first));
    }
    if said.word(after) == "thousand" {
        let after = if said.word(after + 1) == "and" { after + 2 } else { after + 1 };
        return Some(
            number(said, after)
                .filter(|(_, rest)| *rest < 100)
                .map_or((after, first * 1000), |(end, rest)| (end, first * 1000 + rest)),
        )
        .and_then(plausible);
    }
    if first >= 1000 {
        return plausible((after, first));
    }
    let hundreds = if first > 100 && first % 100 == 0 { first / 100 } else { first };
    let after = if said.word(after) == "oh"
        || said.word(after) == "o"
        || (first > 100 && said.word(after) == "and")
    {
        after + 1
    } else {
        after
    };
    let (end, rest) = number(said, after).filter(|(_, rest)| *rest < 100)?;
    plausible((end, hundreds * 100 + rest))
}

/// Reads a date. Without a year of four digits it is no whole date, and has no value.
pub(super) fn date(said: &Said<'_>, at: usize) -> Option<(usize, Option<SlotValue>)> {
    let word = said.word(at);
    // 1990-05-17
    if word.len() == 4
        && let (Some(year), Some(month), Some(day)) =
            (digits(word), digits(said.word(at + 1)), digits(said.word(at + 2)))
    {
        return Some((at + 3, checked(year, month, day)));
    }
    // May the 17th, 1990
    if said.language == Language::English
        && let Some(month) = month(said, at)
    {
        let from = if said.word(at + 1) == "the" { at + 2 } else { at + 1 };
        let (end, day) = day(said, from)?;
        return Some(with_year(said, end, month, day));
    }
    let (after, first) = day(said, at)?;
    let after = if matches!(said.word(after), "of" | "day") { after + 1 } else { after };
    if let Some(month) = month(said, after) {
        return Some(with_year(said, after + 1, month, first));
    }
    // 17.5.1990; with strokes it is read only if there is one reading.
    let second = digits(said.word(after)).filter(|_| {
        said.tokens.get(after).is_some_and(|token| token.joined)
            || said.language == Language::German
    });
    let second = second.or_else(|| {
        (said.language == Language::German)
            .then(|| day(said, after).map(|(_, month)| month))
            .flatten()
    })?;
    let stroke =
        said.tokens.get(after).is_some_and(|token| said.text[..token.start].ends_with('/'));
    let (day, month) = match (first, second) {
        (day, month @ 1..=12) if !stroke || day > 12 || day == month => (day, month),
        (month @ 1..=12, day @ 13..=31) if stroke => (day, month),
        (_, 1..=12) => {
            let end = year(said, after + 1).map_or(after + 1, |(end, _)| end);
            return Some((end, None));
        }
        _ => return None,
    };
    Some(with_year(said, after + 1, month, day))
}

fn with_year(said: &Said<'_>, at: usize, month: i64, day: i64) -> (usize, Option<SlotValue>) {
    match year(said, at) {
        Some((end, year)) => (end, checked(year, month, day)),
        // A year of two digits is no year; it is passed over, and asked for.
        None if digits(said.word(at)).is_some_and(|year| year < 100) => (at + 1, None),
        None => (at, None),
    }
}

/// A day that the calendar has.
fn checked(year: i64, month: i64, day: i64) -> Option<SlotValue> {
    let (year, month, day) =
        (i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    Some(SlotValue::Date { year: date.year(), month: date.month(), day: date.day() })
}

/// Reads how long something lasts: "for the next 30 minutes", "zwei Stunden lang".
pub(super) fn duration(said: &Said<'_>, at: usize) -> Option<(usize, u64)> {
    let mut at = at;
    let introduced =
        ["for", "fuer", "during", "over", "within", "waehrend", "in"].contains(&said.word(at));
    if introduced {
        at += 1;
    }
    if ["the", "die", "den", "das"].contains(&said.word(at))
        && ["next", "naechsten", "naechste", "kommenden", "coming", "naechstes", "following"]
            .contains(&said.word(at + 1))
    {
        at += 2;
    } else if ["the", "die", "den"].contains(&said.word(at)) && introduced {
        at += 1;
    }
    let (at, halves) = amount(said, at)?;
    let unit = unit(said.word(at))?;
    let mut end = at + 1;
    let mut seconds = halves.checked_mul(unit)? / 2;
    if said.has_at(end, &["and", "a", "half"]) {
        seconds = seconds.checked_add(unit / 2)?;
        end += 3;
    }
    if ["lang", "long"].contains(&said.word(end)) {
        end += 1;
    }
    (seconds > 0).then_some((end, seconds))
}

/// Reads how many halves of a unit.
fn amount(said: &Said<'_>, at: usize) -> Option<(usize, u64)> {
    let word = said.word(at);
    for (words, halves) in [
        (&["half", "an"][..], 1),
        (&["half", "a"], 1),
        (&["a", "half"], 1),
        (&["one", "and", "a", "half"], 3),
        (&["a", "couple", "of"], 4),
        (&["eine", "halbe"], 1),
        (&["einen", "halben"], 1),
        (&["anderthalb"], 3),
        (&["eineinhalb"], 3),
        (&["zweieinhalb"], 5),
        (&["ein", "paar"], 0),
        (&["half"], 1),
        (&["halbe"], 1),
        (&["halben"], 1),
    ] {
        if said.has_at(at, words) {
            return Some((at + words.len(), halves));
        }
    }
    if unit(word).is_some() {
        // "the next hour", "die naechste Stunde"
        return Some((at, 2));
    }
    if matches!((said.language, word), (Language::English, "a" | "an")) {
        return Some((at + 1, 2));
    }
    let (end, number) = number(said, at)?;
    let halves = u64::try_from(number).ok()?.checked_mul(2)?;
    Some(if said.has_at(end, &["and", "a", "half"]) {
        (end + 3, halves + 1)
    } else {
        (end, halves)
    })
}

/// Whether durations are counted in this.
pub(super) fn is_unit(word: &str) -> bool {
    unit(word).is_some()
}

fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "second" | "seconds" | "sec" | "secs" | "sekunde" | "sekunden" => 1,
        "minute" | "minutes" | "min" | "mins" | "minuten" => 60,
        "hour" | "hours" | "hrs" | "stunde" | "stunden" | "std" => 3600,
        "viertelstunde" => 900,
        "dreiviertelstunde" => 2700,
        "day" | "days" | "tag" | "tage" | "tagen" => 86_400,
        "week" | "weeks" | "woche" | "wochen" => 604_800,
        _ => return None,
    })
}

/// Reads how loud: "30", "fifty percent", "half", "auf die Hälfte"; above 100 is no level.
pub(in super::super) fn level(said: &Said<'_>, at: usize) -> Option<(usize, i64)> {
    let percent = |end: usize| {
        let words = ["percent", "prozent", "pct", "%"];
        if words.contains(&said.word(end)) {
            end + 1
        } else if said.has_at(end, &["per", "cent"]) {
            end + 2
        } else {
            end
        }
    };
    for (words, level) in [
        (&["a", "quarter"][..], 25),
        (&["one", "quarter"], 25),
        (&["quarter"], 25),
        (&["three", "quarters"], 75),
        (&["ein", "viertel"], 25),
        (&["viertel"], 25),
        (&["dreiviertel"], 75),
        (&["drei", "viertel"], 75),
        (&["half"], 50),
        (&["halb"], 50),
        (&["halbe"], 50),
        (&["halber"], 50),
        (&["haelfte"], 50),
        (&["full"], 100),
        (&["max"], 100),
        (&["maximum"], 100),
        (&["maximal"], 100),
        (&["maximale"], 100),
        (&["maximaler"], 100),
        (&["maximalen"], 100),
        (&["volle"], 100),
        (&["voller"], 100),
        (&["zero"], 0),
        (&["null"], 0),
    ] {
        if said.has_at(at, words) {
            return Some((percent(at + words.len()), level));
        }
    }
    let (end, number) = number(said, at)?;
    (0..=100).contains(&number).then(|| (percent(end), number))
}
