//! Commands carried out by what is outside: a program that is told by HTTP, and a real broker.

mod listed;
mod mqtt;
mod webhook;

use ladylinux::commands::{BuiltIns, Catalogue, Commands, Outcome, Ticket};
use ladylinux::foundation::{
    audit::{Audit, Record},
    settings::{self, Sources},
    store::{self, Store, StoreError},
    values::{CommandId, ConversationId, PersonId, time::Timestamp},
};
use ladylinux::policy::{
    Confidence, Role, Rules, Standing,
    age::Age,
    command::{Context, Effect, Fact, Origin, State, authorize, step},
    confirmation::SpeakerId,
    delegation::Delegations,
    fusion::Likely,
    identity::Identity,
    mode::Mode,
};
use ladylinux::supervisor::Supervisor;
use std::path::Path;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// A node that has commands carried out elsewhere.
pub(crate) struct House {
    pub(crate) directory: TempDir,
    store: Store,
    commands: Commands,
}

impl House {
    /// Prepares one; `owners` is the owner's catalogue, `set` are settings of `[commands]`.
    pub(crate) fn new(owners: &str, set: &[(&str, &str)]) -> Self {
        Self::within(tempfile::tempdir().unwrap(), owners, set)
    }

    pub(crate) fn within(directory: TempDir, owners: &str, set: &[(&str, &str)]) -> Self {
        let mut flags = vec![("paths.root".to_owned(), directory.path().display().to_string())];
        flags.extend(
            set.iter().map(|(key, value)| (format!("commands.{key}"), (*value).to_owned())),
        );
        let settings = settings::load(Sources { flags, ..Sources::default() }).unwrap().settings;
        let path = directory.path().join("ladylinux.db");
        store::migrate(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let commands = Commands::new(
            Catalogue::with(Some(("commands.toml", owners))).unwrap(),
            Audit::new(store.clone()),
            Supervisor::new(&settings.paths),
            &settings.commands,
            BuiltIns::default(),
        )
        .unwrap();
        Self { directory, store, commands }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Has the owner say it, and returns the command's id and what came of it.
    pub(crate) async fn has(&self, name: &str, slots: &[(&str, &str)]) -> (CommandId, Outcome) {
        let person = PersonId::new();
        let (delegations, rules) = (Delegations::default(), Rules::default());
        let context = Context {
            identity: Identity::ConfirmedActive(Likely { person, confidence: Confidence::FULL }),
            standing: Some(Standing { person, role: Role::Owner, age: Age::Adult }),
            mode: Mode::Private,
            delegations: &delegations,
            rules: &rules,
            now: NOW,
        };
        let action = self.commands.action(name, slots.iter().copied()).unwrap();
        let request = self.commands.request(&action, Origin::Chosen, Confidence::FULL, NOW);
        let id = CommandId::new();
        let state = step(State::Idle, Fact::Detected(id, request), &context).state;
        let authority = authorize(&request, &context).unwrap();
        let granted = Fact::Granted(authority, SpeakerId(0), ConversationId::new());
        let Some(Effect::Issue(authorization)) = step(state, granted, &context).effects.pop()
        else {
            panic!("{name} is not immediate")
        };
        let ticket = self.commands.issue(authorization, &action).await.unwrap();
        let redeem = |ticket: Ticket, action: &_| ticket.redeem(action, &context);
        (id, self.commands.carry_out(ticket, action, NOW, redeem).await.unwrap())
    }

    /// What the audit says of the last thing.
    pub(crate) async fn last(&self) -> Record {
        let text: String = self
            .store
            .read(|connection| {
                let last = "SELECT record FROM audit ORDER BY seq DESC LIMIT 1";
                Ok::<_, StoreError>(connection.query_row(last, [], |row| row.get(0))?)
            })
            .await
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }
}
