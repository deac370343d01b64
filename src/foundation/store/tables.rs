//! What a restore may do with each table: the class that it declares.

/// What a restore of an older backup may do with a table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Can be made again from what is kept elsewhere; may be dropped.
    Rebuildable,
    /// A durable record; what was written since the backup is kept aside and can be imported.
    Ledger,
    /// Says that something is gone or no longer allowed; replayed onto the restored state.
    Tombstone,
}

/// A table and what a restore may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in the schema.
    pub name: &'static str,
    /// What a restore may do with it.
    pub class: Class,
    /// What a restore runs in the restored database, where the one that it replaces is attached as `newer`: rows that were
    /// deleted since the backup must not come back. Nothing if its tombstones speak for themselves, or another table's.
    pub replay: &'static str,
}

/// Every table, in the order in which restores see to them; a test holds this list against the schema.
pub fn tables() -> &'static [Table] {
    &[
        Table { name: "token", class: Class::Ledger, replay: "" },
        // Whoever asks for a token asks for its revocation, too.
        Table { name: "token_revocation", class: Class::Tombstone, replay: "" },
        // What was forgotten, or may be seen by others than before, must not be cited again.
        Table {
            name: "document",
            class: Class::Rebuildable,
            replay: "DELETE FROM document WHERE NOT EXISTS (SELECT 1 FROM newer.document AS now WHERE now.path = \
                     document.path AND now.sha256 = document.sha256 AND now.readers = document.readers)",
        },
        // Its rows go with their document's.
        Table { name: "passage", class: Class::Rebuildable, replay: "" },
        Table {
            name: "passage_text",
            class: Class::Rebuildable,
            replay: "DELETE FROM passage_text WHERE rowid NOT IN (SELECT id FROM passage)",
        },
        // With each index goes a table passage_near_<id>; what is left in it of passages that are gone, serve sweeps out.
        Table { name: "vector_index", class: Class::Rebuildable, replay: "" },
        Table { name: "passage_vector", class: Class::Rebuildable, replay: "" },
        Table { name: "audience", class: Class::Rebuildable, replay: "" },
        Table { name: "audit", class: Class::Ledger, replay: "" },
        // Nobody gets a right back that was taken since, or is of age because they were before.
        Table {
            name: "person",
            class: Class::Ledger,
            replay: "UPDATE person SET (role, attested_adult, attested_by) = (SELECT role, attested_adult, attested_by \
                     FROM newer.person AS now WHERE now.id = person.id) WHERE EXISTS (SELECT 1 FROM newer.person AS now \
                     WHERE now.id = person.id AND (now.role, now.attested_adult) IS NOT (person.role, person.attested_adult))",
        },
        // What was taken out since, or may be told to others than before, is told to nobody; as it is now, it is aside.
        Table {
            name: "profile_field",
            class: Class::Ledger,
            replay: "DELETE FROM profile_field WHERE NOT EXISTS (SELECT 1 FROM newer.profile_field AS now WHERE now.person = \
                     profile_field.person AND now.field = profile_field.field AND now.visibility = profile_field.visibility)",
        },
        Table { name: "claim", class: Class::Ledger, replay: "" },
        Table {
            name: "voiceprint",
            class: Class::Ledger,
            replay: "DELETE FROM voiceprint WHERE id NOT IN (SELECT id FROM newer.voiceprint)",
        },
        // A trigger takes with it all that the backup has of whoever is entered.
        Table { name: "person_erased", class: Class::Tombstone, replay: "" },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::store::{migrate, open};

    #[test]
    fn every_table_declares_what_a_restore_may_do_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        migrate(&path).unwrap();
        let connection = open::readable(&path).unwrap();
        let mut query = connection
            .prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap();
        let found: Vec<String> =
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let declared: Vec<_> = tables().iter().map(|table| table.name).collect();
        for name in &found {
            // A full-text index keeps its data in shadow tables named after itself.
            let owner = name
                .split_once("_text_")
                .map_or(name.clone(), |(owner, _)| format!("{owner}_text"));
            assert!(declared.contains(&owner.as_str()), "table {name} declares no class");
        }
        for name in declared {
            assert!(found.iter().any(|table| table == name), "class for {name}, which is no table");
        }
    }
}
