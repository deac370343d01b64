//! Backups of the state, by the release that is installed: it alone knows what belongs to one.

use super::{
    ask::{BACKUPS, State, said},
    contract::BackedUp,
    journal::Journal,
    lock::Lock,
    out::Tell,
    record::Record,
    supervisor::{Refused, Supervisor, not_installed},
};
use crate::foundation::values::time;
use std::time::Duration;

/// The database in a backup.
const DATABASE: &str = "ladylinux.db";

/// The longest name of a backup.
const LONGEST_NAME: usize = 100;

impl Supervisor {
    /// Backs the state up while the node serves, to a directory of this name, or of the time.
    pub async fn back_up(
        &self,
        name: Option<&str>,
        actor: &str,
        lock_wait: Duration,
        tell: &dyn Tell,
    ) -> Result<BackedUp, Refused> {
        let _lock = Lock::take(&self.directory, "backup", lock_wait).await?;
        let mut journal = Journal::open(&self.directory)?;
        self.recover(&mut journal, tell).await?;
        let release = journal.node().current().ok_or_else(not_installed)?.release.clone();
        let now = time::now().stamp();
        let directory = directory(name.unwrap_or(&now))?;
        let ran = self.asked(&release, &["backup", "--json", &directory], State::Written).await?;
        let Some(made) = said::<BackedUp>(&ran).filter(|_| ran.code == 0) else {
            return Err(Refused::because(
                "not_backed_up",
                format!("`backup` of {release} ended with {}: {}", ran.code, ran.stderr.trim()),
                "mend what it says and try again; the node serves on",
            ));
        };
        journal.append(Record::BackedUp {
            backup: made.backup.clone(),
            schema: made.about.schema,
            sha256: made.about.files.get(DATABASE).copied(),
            actor: actor.to_owned(),
        })?;
        Ok(made)
    }
}

/// Returns where a backup of this name lies, as the release sees it.
pub(super) fn directory(name: &str) -> Result<String, Refused> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty()
        || name.len() > LONGEST_NAME
        || name.starts_with('.')
        || !name.chars().all(known)
    {
        return Err(Refused::because(
            "no_name",
            format!(
                "{name:?} is no name of a backup: letters, digits, dots, dashes and underscores are"
            ),
            "name one that lies in data/backups/ below the node's state",
        ));
    }
    Ok(format!("{BACKUPS}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_backup_leads_nowhere_else() {
        assert_eq!(directory("before-moving.2").unwrap(), format!("{BACKUPS}/before-moving.2"));
        for name in ["", ".", "..", "a/b", "/etc", "a b", "--check", "ä", &"a".repeat(101)] {
            let refused = directory(name).is_err();
            assert_eq!(refused, !name.starts_with("--"), "{name}");
        }
    }
}
