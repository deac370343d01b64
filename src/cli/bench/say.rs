//! What the figures mean for the person at this machine, and what would help; pure, but for the printing.

use super::here::{Language, Report};
use crate::{
    cli::{command, out},
    foundation::settings::Settings,
};
use indicatif::HumanBytes;

/// Instructions and the question itself, in tokens.
const AROUND_PASSAGES: usize = 200;
/// Letters of a token, in a language that a tokenizer was made for.
const LETTERS: usize = 4;
/// Tokens a second at which people read.
const READING: f64 = 5.0;
/// A wait that is felt as one, in seconds.
const LONG_WAIT: f64 = 8.0;

/// Adds what the figures mean and what would help; of what was not looked at, unless all was, nothing is said.
pub(super) fn conclude(report: &mut Report, settings: &Settings, all: bool) {
    let passages = settings.knowledge.results;
    let prompt = AROUND_PASSAGES + passages * settings.knowledge.passage_chars / LETTERS;
    let measured = || report.language.iter().filter(|model| model.problem.is_none());
    let chosen = measured().find(|model| model.used).or_else(|| measured().next()).cloned();
    let pull = command(&settings.paths, "models pull");
    let (means, helps) = (&mut report.means, &mut report.helps);
    match &chosen {
        Some(model) => {
            let wait = wait(model, prompt);
            let writes = model.writes_tokens_per_second;
            means.push(format!(
                "With {}, a question with {passages} passages is answered after about {}, and then {} ({writes:.0} tokens a second).",
                model.id,
                seconds(wait),
                pace(writes),
            ));
            if model.can_be_optimized {
                helps.push(format!(
                    "Its graph can be made faster: {}.",
                    command(&settings.paths, &format!("models optimize {}", model.id))
                ));
            }
            if wait > LONG_WAIT || writes < READING {
                helps.push(format!(
                    "A smaller model, or fewer passages with a question (knowledge.results, now {passages})."
                ));
            }
            if report.threads < report.machine.cpus {
                helps.push(format!(
                    "More threads: the workers use {} of {} CPUs (workers.cpu_permits).",
                    report.threads, report.machine.cpus
                ));
            }
            if let (Some(held), Some(all)) = (model.resident_bytes, report.machine.memory_bytes)
                && held > all / 2
            {
                helps.push(format!(
                    "More memory, or a smaller model: this one holds {} of {}.",
                    HumanBytes(held),
                    HumanBytes(all)
                ));
            }
        }
        None if all && report.language.is_empty() => {
            means.push(
                "There is no language model: questions are answered by facts of this machine and by quoting documents, at once."
                    .to_owned(),
            );
            helps.push(format!(
                "To have a language model, {pull}; then this tells how fast it reads and writes here."
            ));
        }
        None => {}
    }
    if let Some(read) = report.embedding.iter().find_map(|model| model.read) {
        let search = report.search.map_or(0.0, |search| search.median_ms);
        means.push(format!(
            "A search by words and meaning waits about {} for the question's vector{}; learning takes about {} for 100 passages.",
            seconds(1.0 / read.questions_per_second),
            if search > 0.0 { format!(", and {search:.1} ms for the words") } else { String::new() },
            seconds(100.0 / read.passages_per_second),
        ));
    } else if all && report.embedding.is_empty() && report.search.is_some() {
        helps.push(format!(
            "Documents are found by their words alone. To find them by what they mean as well: {pull} multilingual-e5-small."
        ));
    }
    if report.machine.is_busy() {
        means.push(format!(
            "Other programs kept the machine busy (a load of {:.1} on {} CPUs): on a quiet one it is faster than this.",
            report.machine.load.unwrap_or_default(),
            report.machine.cpus
        ));
    }
    if !report.machine.has_products() && !report.machine.instructions.is_empty() {
        means.push(
            "This processor has no instructions for products of eight-bit numbers (VNNI, dot product), by which models of few bits gain most."
                .to_owned(),
        );
    }
}

/// Returns how long a prompt of so many tokens is read: in proportion to the longest that was tried.
#[expect(clippy::cast_precision_loss, reason = "prompts have a few thousand tokens")]
fn wait(model: &Language, prompt: usize) -> f64 {
    let longest = model.first_token.last();
    longest.map_or(0.0, |tried| tried.seconds * prompt as f64 / tried.prompt_tokens as f64)
}

fn seconds(seconds: f64) -> String {
    match seconds {
        _ if seconds < 0.01 => format!("{:.1} ms", seconds * 1000.0),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

fn pace(tokens_per_second: f64) -> &'static str {
    match tokens_per_second {
        _ if tokens_per_second >= 2.0 * READING => "faster than anyone reads",
        _ if tokens_per_second >= READING => "at reading speed",
        _ if tokens_per_second >= READING / 2.0 => "more slowly than one reads",
        _ => "word by word",
    }
}

/// Prints it for people.
pub(super) fn tell(report: &Report) {
    let machine = &report.machine;
    let bytes =
        |bytes: Option<u64>| bytes.map_or("?".to_owned(), |bytes| HumanBytes(bytes).to_string());
    out::line(format!(
        "{}, {} CPUs ({} for a worker), {}; {} of {} of memory available",
        machine.processor.as_deref().unwrap_or("a processor without a name"),
        machine.cpus,
        report.threads,
        if machine.instructions.is_empty() {
            "no known instructions".to_owned()
        } else {
            machine.instructions.join(", ")
        },
        bytes(machine.available_bytes),
        bytes(machine.memory_bytes),
    ));
    for model in &report.language {
        let marks = [(model.used, "used"), (model.optimized, "optimized")];
        let marks: Vec<_> = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        let marks =
            if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        out::line(format!("\n{}{marks}", model.id));
        if let Some(problem) = &model.problem {
            out::line(format!("  could not be measured: {problem}"));
            continue;
        }
        out::line(format!("  reads   {:.0} tokens/s", model.reads_tokens_per_second));
        out::line(format!("  writes  {:.1} tokens/s", model.writes_tokens_per_second));
        for first in &model.first_token {
            out::line(format!(
                "  first token after {} for a prompt of {} tokens",
                seconds(first.seconds),
                first.prompt_tokens
            ));
        }
        out::line(format!(
            "  holds   {} of memory, loaded in {}",
            bytes(model.resident_bytes),
            seconds(model.load_seconds)
        ));
    }
    for model in &report.embedding {
        out::line(format!("\n{}", model.id));
        match (&model.read, &model.problem) {
            (Some(read), _) => {
                out::line(format!(
                    "  reads   {:.1} questions/s, one at a time",
                    read.questions_per_second
                ));
                out::line(format!("  reads   {:.1} passages/s", read.passages_per_second));
                out::line(format!(
                    "  holds   {} of memory, loaded in {}",
                    bytes(read.resident_bytes),
                    seconds(read.load_seconds)
                ));
            }
            (None, problem) => out::line(format!(
                "  could not be measured: {}",
                problem.as_deref().unwrap_or("it gave no figures")
            )),
        }
    }
    if let Some(search) = report.search {
        out::line(format!(
            "\n{} documents, {} passages\n  a search for words takes {:.1} ms, {:.1} at most",
            search.documents, search.passages, search.median_ms, search.longest_ms
        ));
    }
    out::line(String::new());
    report.means.iter().for_each(out::line);
    if !report.helps.is_empty() {
        out::line("\nWhat would help:");
        report.helps.iter().for_each(|sentence| out::line(format!("  {sentence}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::{here::FirstToken, machine::Machine};
    use crate::foundation::settings::{Sources, load};

    fn report(language: Vec<Language>) -> Report {
        let machine = Machine {
            processor: None,
            cpus: 4,
            instructions: vec!["avx_vnni"],
            memory_bytes: Some(8 << 30),
            available_bytes: Some(6 << 30),
            load: Some(0.2),
        };
        Report {
            machine,
            threads: 4,
            node_serves: false,
            language,
            embedding: Vec::new(),
            search: None,
            means: Vec::new(),
            helps: Vec::new(),
        }
    }

    fn model(seconds: f64, writes: f64) -> Language {
        Language {
            id: "small".to_owned(),
            used: true,
            writes_tokens_per_second: writes,
            first_token: vec![FirstToken { prompt_tokens: 1000, seconds }],
            resident_bytes: Some(1 << 30),
            ..Language::default()
        }
    }

    fn concluded(language: Vec<Language>) -> Report {
        let settings = load(Sources::default()).unwrap().settings;
        let mut report = report(language);
        conclude(&mut report, &settings, true);
        report
    }

    #[test]
    fn a_fast_machine_is_told_so_and_nothing_is_advised() {
        let report = concluded(vec![model(2.0, 12.0)]);
        assert!(
            report.means[0].contains("after about 2.2 s, and then faster than anyone reads"),
            "{:?}",
            report.means
        );
        assert!(report.helps.is_empty(), "{:?}", report.helps);
    }

    #[test]
    fn a_slow_one_is_told_what_would_help() {
        let slow =
            Language { can_be_optimized: true, resident_bytes: Some(5 << 30), ..model(20.0, 3.0) };
        let report = concluded(vec![slow]);
        assert!(
            report.means[0].contains("22 s") && report.means[0].contains("more slowly"),
            "{:?}",
            report.means
        );
        let all = report.helps.join("\n");
        for words in ["models optimize small", "A smaller model", "5.00 GiB of 8.00 GiB"] {
            assert!(all.contains(words), "{all}");
        }
    }

    #[test]
    fn a_node_without_models_learns_what_it_could_measure() {
        let report = concluded(Vec::new());
        assert!(report.means[0].contains("no language model"));
        assert!(report.helps[0].contains("models pull"));
        let mut asked = self::report(Vec::new());
        conclude(&mut asked, &load(Sources::default()).unwrap().settings, false);
        assert!(asked.means.is_empty() && asked.helps.is_empty(), "others may be there");
    }

    #[test]
    fn a_model_that_could_not_be_measured_is_not_spoken_of() {
        let broken = Language { problem: Some("it is damaged".to_owned()), ..model(1.0, 10.0) };
        let report = concluded(vec![broken]);
        assert!(report.means.is_empty() && report.helps.is_empty(), "{report:?}");
    }
}
