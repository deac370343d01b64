//! Refreshes that are killed at random instants: what `status` then says is true, nothing goes on by itself, and a refresh
//! or a rollback converges. And many refreshes and rollbacks that touch nothing but the containers.
//!
//! `scripts/test-refresh-kills` runs more of them, from a seed of one's choice.

use super::lab::{Lab, Run, text, tree, until, write};
use ladylinux::foundation::values::time;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, chown},
    thread,
    time::Duration,
};

/// So many journal lines a refresh writes; a kill waits for one of them, or for none.
const LINES: u64 = 16;

/// Random numbers, the same for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    let value = std::env::var_os(name).and_then(|value| value.into_string().ok());
    value.map_or(otherwise, |value| value.parse().unwrap())
}

fn say(text: &str) {
    #![expect(clippy::print_stderr, reason = "which steps were hit is the result")]
    eprintln!("{text}");
}

/// What no refresh may touch.
fn precious(lab: &Lab) -> impl PartialEq + use<> {
    let places = ["models", "config"].map(|which| tree(&lab.volume(which)));
    (places, lab.volumes())
}

fn node(test: &str) -> Option<Lab> {
    let lab = Lab::new(test)?;
    write(&lab.volume("models").join("phi/model.onnx"), &vec![7; 1 << 16]);
    write(&lab.volume("config").join("ladylinux.env"), b"LADYLINUX_ENV=prod\n");
    Some(lab)
}

/// A run that is killed, and the next ones.
struct Killing {
    lab: Lab,
    dice: Dice,
    schema: u32,
    /// Where the kills hit, and how often.
    hits: BTreeMap<String, u32>,
    records: Records,
}

/// What was written into the state, and must be there, or be kept aside, whatever happens.
#[derive(Default)]
struct Records(u32);

impl Records {
    /// Writes one more, if there is a state to write into.
    fn write(&mut self, lab: &Lab) {
        let data = lab.volume("state").join("data");
        let Ok(owner) = data.join("schema").metadata() else { return };
        let file = data.join("records");
        let mut opened = OpenOptions::new().create(true).append(true).open(&file).unwrap();
        writeln!(opened, "record {}", self.0).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
        self.0 += 1;
    }

    /// Fails unless each is in the state or was kept aside.
    fn are_all_there(&self, lab: &Lab) -> usize {
        let data = lab.volume("state").join("data");
        let asides = fs::read_dir(data.join("backups")).into_iter().flatten();
        let asides: Vec<_> = asides.map(|entry| entry.unwrap().path()).collect();
        let count = asides.len();
        let files = asides.into_iter().chain([data.join("records")]);
        let found: String = files.filter_map(|file| fs::read_to_string(file).ok()).collect();
        let found: BTreeSet<&str> = found.lines().collect();
        for number in 0..self.0 {
            assert!(found.contains(format!("record {number}").as_str()), "record {number} is lost");
        }
        count
    }
}

impl Killing {
    /// Starts a run, kills it somewhere, and lets the node converge.
    fn once(&mut self, round: u64) {
        if self.dice.roll(4) == 0 {
            self.schema += 1;
        }
        let release = self.lab.release(&format!("1.0.{round}")).schema(self.schema);
        let wanted = self.lab.publish(&release);
        self.records.write(&self.lab);
        let killed = match self.dice.roll(6) {
            0 => self.kill(&["rollback"]),
            1 | 2 => self.kill(&["rollback", "--restore-state"]),
            _ => self.kill(&["refresh"]),
        };
        let status = self.truth(&killed);
        let place = status.json["under_way"]["step"].as_str().map_or_else(
            || format!("{} (no step under way)", status.word("state")),
            ToOwned::to_owned,
        );
        *self.hits.entry(place).or_default() += 1;
        if self.dice.roll(2) == 0 {
            self.does_not_go_on_by_itself(&status);
        }
        self.converges(&wanted);
    }

    /// Runs a verb and kills it: after so many lines of its journal and a moment, or at any time.
    fn kill(&mut self, verb: &[&str]) -> Run {
        let before = self.lab.journal_lines();
        let lines = self.dice.roll(LINES + 4);
        let moment =
            Duration::from_micros(self.dice.roll(if lines >= LINES { 2_000_000 } else { 40_000 }));
        let mut running = self.lab.spawn(verb);
        if lines < LINES {
            let enough = before + usize::try_from(lines).unwrap();
            until("a line of the journal", Duration::from_mins(1), || {
                running.has_ended() || self.lab.journal_lines() >= enough
            });
        }
        let began = time::instant();
        while began.elapsed() < moment && !running.has_ended() {
            thread::yield_now();
        }
        running.kill()
    }

    /// What `status` says is what anybody can see.
    fn truth(&self, killed: &Run) -> Run {
        let lab = &self.lab;
        // A container that is just starting may answer from one moment to the next.
        let mut status = lab.status();
        until("a node that does not change any more", Duration::from_secs(10), || {
            let seen = (lab.state_of("api"), lab.answers());
            status = lab.status();
            seen == (lab.state_of("api"), lab.answers())
        });
        let (real, answers) = (lab.state_of("api"), lab.answers());
        let context = || format!("{real} {answers:?}\n{status:?}\nafter {killed:?}");
        let told = status.json["services"][0]["status"].as_str().unwrap_or_default();
        assert_eq!(told == "running", real == "running", "{}", context());
        let state = status.word("state");
        let digest = status.json["release"]["digest"].as_str();
        match state {
            "serving" | "on_probation" => {
                assert_eq!(status.code, 0, "{}", context());
                assert!(answers.is_some() && answers.as_deref() == digest, "{}", context());
            }
            "interrupted" | "held" | "broken" | "not_installed" => {
                assert_eq!(status.code, 3, "{}", context());
                assert!(!status.json["next"].is_null(), "{}", context());
            }
            _ => panic!("{}", context()),
        }
        if digest.is_some() {
            assert_eq!(status.json["answering"].as_str(), answers.as_deref(), "{}", context());
        }
        if state == "held" {
            assert_ne!(real, "running", "{}", context());
        }
        status
    }

    /// What happens at boot: what is interrupted or held stays stopped.
    fn does_not_go_on_by_itself(&self, status: &Run) {
        let (before, answered) = (status.word("state").to_owned(), self.lab.answers());
        let run = self.lab.run(&["start"]);
        if ["interrupted", "held"].contains(&before.as_str()) {
            // Its last step may have been through, all but for the word of it.
            if run.code == 0 {
                assert!(answered.is_some(), "{run:?}");
                self.lab.serves(&answered.unwrap());
            } else {
                assert_eq!(run.code, 3, "{run:?}");
                self.lab.is_held();
            }
        }
    }

    /// A refresh, or a rollback, brings the node to a release that serves.
    fn converges(&mut self, wanted: &str) {
        let lab = &self.lab;
        if self.dice.roll(3) == 0 {
            let restores = self.dice.roll(2) == 0;
            let run =
                lab.run(if restores { &["rollback", "--restore-state"] } else { &["rollback"] });
            if run.code == 0 {
                lab.serves(run.word("digest"));
                lab.is_tidy(1);
            } else {
                // After a migration there is no way back without the state, and that is said.
                assert_eq!(run.code, 2, "{run:?}");
                let code = text(&run.json["refusals"][0]["code"]);
                let moved = !restores && ["schema_too_new", "not_ready"].contains(&code.as_str());
                assert!(moved || code == "no_previous_release", "{run:?}");
            }
        }
        let run = lab.run(&["refresh"]);
        assert_eq!(run.code, 0, "{run:?}");
        lab.serves(wanted);
        lab.is_tidy(1);
    }
}

// LL-REF-6, issue 3: every refresh that is killed at a random instant ends truthful and converges.
#[test]
fn a_refresh_killed_at_any_instant_leaves_the_truth_and_converges() {
    let Some(lab) = node("refresh::kills") else { return };
    let (count, seed) =
        (number("LADYLINUX_REFRESH_KILLS", 12), number("LADYLINUX_REFRESH_SEED", 3));
    lab.install(&lab.release("1.0.first"));
    let before = precious(&lab);
    let (dice, hits, records) = (Dice(seed), BTreeMap::new(), Records::default());
    let mut killing = Killing { lab, dice, schema: 1, hits, records };
    for round in 0..count {
        say(&format!("kill {} of {count}, seed {seed}", round + 1));
        killing.once(round);
        assert!(precious(&killing.lab) == before, "models, config or volumes were touched");
        killing.records.are_all_there(&killing.lab);
    }
    let asides = killing.records.are_all_there(&killing.lab);
    say(&format!(
        "{count} kills, seed {seed}: {:?}; 0 of {} records lost, {asides} files kept aside",
        killing.hits, killing.records.0
    ));
}

// LL-DEP-28, LL-DEP-44, LL-WF-17..19, LL-WF-49, LL-REF-41, LL-REF-45
#[test]
fn refreshes_and_rollbacks_change_no_byte_of_models_and_config_and_remove_no_volume() {
    let Some(lab) = node("refresh::rounds") else { return };
    let rounds = number("LADYLINUX_REFRESH_ROUNDS", 4);
    lab.install(&lab.release("1.0.first"));
    let before = precious(&lab);
    for round in 0..rounds {
        let verb = if round % 2 == 0 { "refresh" } else { "rollback" };
        if verb == "refresh" {
            lab.publish(&lab.release(&format!("1.0.{round}")));
        }
        let run = lab.run(&[verb]);
        assert_eq!((run.code, run.json["changed"].clone()), (0, Value::Bool(true)), "{run:?}");
        assert!(precious(&lab) == before, "round {round}: models, config or volumes were touched");
    }
    say(&format!(
        "{rounds} refreshes and rollbacks: 0 bytes changed, 0 of {} volumes removed",
        lab.volumes().len()
    ));
}

// Each pair migrates, and goes back with the state; between and after the two, records are written.
#[test]
fn no_record_is_lost_over_refreshes_and_rollbacks_with_migrations() {
    let Some(lab) = node("refresh::pairs") else { return };
    let pairs = number("LADYLINUX_REFRESH_ROUNDS", 4);
    let one = lab.install(&lab.release("1.0.first"));
    let mut records = Records::default();
    for pair in 0..pairs {
        records.write(&lab);
        lab.publish(&lab.release(&format!("2.0.{pair}")).schema(2));
        let run = lab.run(&["refresh"]);
        assert_eq!((run.code, lab.schema()), (0, Some(2)), "{run:?}");
        records.write(&lab);
        let run = lab.run(&["rollback", "--restore-state"]);
        assert_eq!((run.code, lab.schema()), (0, Some(1)), "{run:?}");
        assert_eq!(run.json["restored"]["kept"]["record"], 1, "{run:?}");
        lab.serves(&one);
    }
    let asides = records.are_all_there(&lab);
    assert_eq!(u64::try_from(asides).unwrap(), pairs);
    say(&format!("{pairs} pairs: 0 of {} records lost, {asides} files kept aside", records.0));
}
