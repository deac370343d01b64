//! Journals that systemd itself wrote (`scripts/fixtures/make-journal-fixtures.py`), whole and damaged.

use super::*;
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::{io::Read, os::unix::fs::FileExt};

/// 2026-11-18T12:00:01Z, a second after the last entry.
const NOW: Timestamp = Timestamp(1_795_003_201_000);
const ID: &str = "0123456789abcdef0123456789abcdef";
const PLACE: &str = "var/log/journal/0123456789abcdef0123456789abcdef";

fn written(form: &str) -> Vec<u8> {
    let path =
        format!("{}/tests/fixtures/host/journal/{form}.journal.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A machine with these files in its journal.
fn machine(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join(PLACE)).unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("etc/machine-id"), format!("{ID}\n")).unwrap();
    for (name, bytes) in files {
        fs::write(root.path().join(PLACE).join(name), bytes).unwrap();
    }
    let machine = Machine::at(root.path(), |_| Err(io::ErrorKind::Unsupported.into()));
    (root, machine)
}

#[test]
fn the_errors_of_a_day_are_told_by_unit_whatever_form_the_journal_has() {
    for form in ["compact", "keyed", "plain"] {
        let (_root, machine) = machine(&[("system.journal", &written(form))]);
        let found = read(&machine, NOW).unwrap();
        assert!(found.notes.is_empty() && found.data.complete, "{form} {:?}", found.notes);
        assert_eq!(
            found.data.sentence(Language::English),
            "In the last day 308 errors were logged: 300 of loop.service (the last: \"attempt 300 failed\"); \
             2 of nginx.service (the last: \"Failed to start nginx.service - A web server.\"); \
             2 of people's sessions; 1 of kernel (the last: \"Out of memory: the process was ended because \
             nothing was left Out of memory: the process was ended because nothing was …\"); \
             and of 3 more.",
            "{form}"
        );
        let unit = |name: &str| found.data.by_unit.iter().find(|unit| unit.unit == name).unwrap();
        assert_eq!(
            (unit("kernel").worst.as_str(), unit("mcelog").worst.as_str()),
            ("critical", "emergency")
        );
        assert_eq!(unit("nginx.service").last_at, Timestamp(1_794_999_600_000));
    }
}

#[test]
fn nothing_is_told_of_what_people_do_of_log_ins_and_of_what_runs_in_containers() {
    let (_root, machine) = machine(&[("system.journal", &written("compact"))]);
    let data = read(&machine, NOW).unwrap().data;
    for unit in ["ssh.service", "sessions", "libpod-0a.scope"] {
        let unit = data.by_unit.iter().find(|known| known.unit == unit).unwrap();
        assert_eq!(unit.message, None, "{unit:?}");
    }
    let json = serde_json::to_string(&data).unwrap();
    for secret in ["hunter", "10.0.0.9", "diary", "Ana", "patient", "clinic"] {
        assert!(!json.contains(secret), "{secret} is in {json}");
    }
}

#[test]
fn a_machine_without_a_journal_or_with_a_hidden_one_never_says_that_nothing_went_wrong() {
    let (_root, bare) = machine(&[]);
    let told = read(&bare, NOW).unwrap().data;
    assert_eq!(told.journal, JournalState::Absent);
    assert!(told.sentence(Language::English).starts_with("What went wrong cannot be told"));
    let hidden = Logs { journal: JournalState::Hidden, ..told };
    assert!(hidden.sentence(Language::German).contains("die Gruppe systemd-journal darf es"));
    // Those of people's sessions are nobody's business, and old ones are not looked into.
    let (_root, others) = machine(&[("user-1000.journal", &written("compact"))]);
    assert_eq!(read(&others, NOW).unwrap().data.journal, JournalState::Absent);
    let (root, piped) = machine(&[]);
    let path = root.path().join(PLACE).join("system.journal");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(read(&piped, NOW).unwrap().data.journal, JournalState::Absent);
    let (_root, old) = machine(&[("system@1.journal", &written("compact"))]);
    let told = read(&old, Timestamp(NOW.0 + 90_000_000)).unwrap().data;
    assert_eq!(told.sentence(Language::English), "No error was logged in the last day.");
}

#[test]
fn a_damaged_journal_is_told_and_hides_no_other() {
    let whole = written("compact");
    let (_root, both) =
        machine(&[("system.journal", &whole), ("system@1.journal~", &whole[..100])]);
    let found = read(&both, NOW).unwrap();
    assert_eq!((found.data.errors, found.data.complete), (308, false));
    assert!(found.notes[0].contains("system@1.journal~ is left out"), "{:?}", found.notes);
    assert!(found.data.sentence(Language::English).contains("at least 308 errors"));
    for nonsense in
        [&b"LPKSHHRH"[..], &[0; 4096], &[&b"LPKSHHRH\0\0\0\0\0\x01"[..], &[0; 300]].concat()]
    {
        let (_root, alone) = machine(&[("system.journal", nonsense)]);
        let Err(error) = read(&alone, NOW) else { panic!("{nonsense:?}") };
        assert!(error.to_string().contains("system.journal cannot be understood"), "{error}");
    }
}

#[test]
fn of_more_errors_than_are_counted_the_newest_are() {
    let (root, _) = machine(&[("system.journal", &written("keyed"))]);
    let journal =
        Journal::open(File::open(root.path().join(PLACE).join("system.journal")).unwrap()).unwrap();
    let (all, complete) = journal.of_priority(3, 1000).unwrap();
    assert!(complete && all.len() == 307, "{}", all.len());
    for most in [0, 1, 5, 200, 306, 307] {
        let (few, complete) = journal.of_priority(3, most).unwrap();
        assert_eq!((&few[..], complete), (&all[..most], most == 307));
    }
    let last = journal.entry(all[0]).unwrap();
    assert!(last.values.contains(&(Name::Message, "attempt 300 failed".to_owned())));
    assert!(journal.of_priority(7, 10).unwrap().0.is_empty());
}

#[test]
fn containers_of_a_kind_are_counted_together() {
    let id = "e57016a2812186daa69250b705a0920541b8286b47a37855213dd7a3b3c12a72";
    assert_eq!(without_ids(&format!("libpod-conmon-{id}.scope")), "libpod-conmon-*.scope");
    assert_eq!(without_ids("systemd-fsck@dev-sda1.service"), "systemd-fsck@dev-sda1.service");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_damage_is_an_answer_or_an_error(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>()), 1..30), cut in prop::option::of(any::<prop::sample::Index>())) {
        thread_local! {
            static WHOLE: (tempfile::TempDir, Machine, Vec<u8>, Vec<usize>) = {
                let bytes = written("compact");
                let (root, machine) = machine(&[("system.journal", &bytes)]);
                // Where something stands, in steps of what fields are.
                let used = (0..bytes.len()).step_by(8).filter(|at| bytes[*at..*at + 8] != [0; 8]).collect();
                (root, machine, bytes, used)
            };
        }
        WHOLE.with(|(root, machine, bytes, used)| {
            let path = root.path().join(PLACE).join("system.journal");
            let file = File::options().write(true).open(&path).unwrap();
            let places: Vec<usize> = damage.iter().map(|(place, _)| *place.get(used)).collect();
            for (at, (_, value)) in places.iter().zip(&damage) {
                // Small numbers are offsets that exist.
                let value = if value % 2 == 0 { value % 0x40_0000 } else { *value };
                file.write_all_at(&value.to_le_bytes(), u64::try_from(*at).unwrap()).unwrap();
            }
            let length = u64::try_from(cut.map_or(bytes.len(), |cut| *cut.get(used))).unwrap();
            file.set_len(length).unwrap();
            let found = read(machine, NOW);
            file.set_len(length).unwrap();
            let from = usize::try_from(length).unwrap();
            file.write_all_at(&bytes[from..], length).unwrap();
            for at in places {
                file.write_all_at(&bytes[at..at + 8], u64::try_from(at).unwrap()).unwrap();
            }
            if let Ok(found) = found {
                assert!(found.data.sentence(Language::German).ends_with('.'));
            }
        });
    }
}
