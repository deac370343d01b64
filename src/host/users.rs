//! Who has an account, from `/etc/passwd`.
//!
//! Whether an account can log in is judged by its shell alone: passwords and keys are not read. Accounts from directory
//! services (LDAP, systemd-homed) are not in this file and not told.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, ops::Range};

/// The accounts of people, and every other account with a login shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Users {
    /// Sorted by user id.
    pub accounts: Vec<Account>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Account {
    /// The login name.
    pub name: String,
    /// The user id.
    pub uid: u32,
    /// Whether it was made for a person, judged by its id.
    pub person: bool,
    /// Whether it has a shell to log in with.
    pub can_log_in: bool,
    /// That shell.
    pub shell: String,
}

/// User ids of people: from `UID_MIN` of common distributions up to where systemd's dynamic users begin.
const PEOPLE: Range<u32> = 1000..61_184;

pub(super) fn read(machine: &Machine) -> Result<Found<Users>, HostError> {
    let (mut accounts, notes) = parse(&machine.text("/etc/passwd")?);
    accounts.retain(|account| account.person || account.can_log_in);
    accounts.sort_by_key(|account| account.uid);
    Ok(Found { data: Users { accounts }, notes })
}

/// Returns the login names of people, in lower case, as nothing that is told of messages may have them.
pub(super) fn people(machine: &Machine) -> Result<BTreeSet<String>, HostError> {
    let Some(text) = machine.text_if_any("/etc/passwd")? else { return Ok(BTreeSet::new()) };
    let people = parse(&text).0.into_iter().filter(|account| account.person);
    Ok(people.map(|account| account.name.to_lowercase()).collect())
}

/// Reads the lines of `passwd(5)`.
pub(super) fn parse(text: &Text) -> (Vec<Account>, Vec<String>) {
    let mut notes = Vec::new();
    let mut accounts = Vec::new();
    for (number, line) in text.lines() {
        // NIS and systemd put lines that begin with a sign or a hash.
        if line.trim().is_empty() || line.starts_with(['#', '+', '-']) {
            continue;
        }
        match account(line) {
            Some(account) => accounts.push(account),
            None => notes.push(text.skipped(number, "seven fields with a number in the third")),
        }
    }
    (accounts, notes)
}

fn account(line: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, _, _, _, shell] = fields[..] else { return None };
    if name.is_empty() || name.contains(char::is_control) {
        return None;
    }
    let uid = uid.parse().ok()?;
    let program = shell.rsplit('/').next().unwrap_or_default();
    Some(Account {
        name: name.to_owned(),
        uid,
        person: PEOPLE.contains(&uid),
        // An empty shell means /bin/sh.
        can_log_in: !matches!(
            program,
            "nologin" | "false" | "true" | "sync" | "shutdown" | "halt" | "git-shell"
        ),
        shell: shell.to_owned(),
    })
}

impl Users {
    pub(super) fn sentence(&self, language: Language) -> String {
        let names = |wanted: &dyn Fn(&&Account) -> bool| -> Vec<String> {
            self.accounts.iter().filter(wanted).map(|account| account.name.clone()).collect()
        };
        let people = names(&|account| account.person);
        let locked = names(&|account| account.person && !account.can_log_in);
        let system = names(&|account| !account.person);
        let mut told = vec![match (language, people.len()) {
            (Language::English, 0) => "No person has an account on this machine.".to_owned(),
            (Language::English, 1) => format!("One person has an account: {}.", people[0]),
            (Language::English, count) => {
                format!("{count} people have an account: {}.", language.list(&people))
            }
            (Language::German, 0) => "Auf diesem Rechner hat niemand ein Konto.".to_owned(),
            (Language::German, 1) => format!("Eine Person hat ein Konto: {}.", people[0]),
            (Language::German, count) => {
                format!("{count} Personen haben ein Konto: {}.", language.list(&people))
            }
        }];
        if !locked.is_empty() {
            told.push(format!(
                "{}: {}.",
                language.choose("Without a login shell", "Ohne Login-Shell"),
                language.list(&locked)
            ));
        }
        if !system.is_empty() {
            told.push(format!(
                "{}: {}.",
                language.choose(
                    "System accounts that have a login shell as well",
                    "Systemkonten, die auch eine Login-Shell haben"
                ),
                language.list(&system)
            ));
        }
        told.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n\
        nobody:x:65534:65534::/:/usr/sbin/nologin\neve:x:1001:1001::/home/eve:/bin/false\n\
        ana:x:1000:1000:Ana,,,:/home/ana:/bin/zsh\nsync:x:4:65534::/bin:/bin/sync\n";

    fn users(content: &str) -> (Users, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("etc")).unwrap();
        std::fs::write(directory.path().join("etc/passwd"), content).unwrap();
        let never = |_: &std::path::Path| -> std::io::Result<super::super::Space> {
            Err(std::io::ErrorKind::Unsupported.into())
        };
        let found = read(&Machine::at(directory.path(), never)).unwrap();
        (found.data, found.notes)
    }

    #[test]
    fn people_are_told_apart_from_the_system() {
        let (users, notes) = users(SOUND);
        assert!(notes.is_empty());
        assert_eq!(
            users.sentence(Language::English),
            "2 people have an account: ana and eve. Without a login shell: eve. \
             System accounts that have a login shell as well: root."
        );
    }

    #[test]
    fn a_malformed_line_is_noted_with_its_number() {
        let (users, notes) =
            users("ana:x:1000:1000::/home/ana:/bin/sh\nben:x:many:1::/:/bin/sh\n:x:1:1:::\n");
        assert_eq!(users.accounts.len(), 1);
        assert!(notes[0].starts_with("skipped line 2 of") && notes.len() == 2, "{notes:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_noted(content in "([a-z:0-9]*:\n?)*|\\PC*") {
            let (accounts, _) = parse(&Text::of("/etc/passwd", &content));
            let users = Users { accounts };
            prop_assert!(users.sentence(Language::German).ends_with('.'));
        }
    }
}
