//! Whole turns of people: said, decided, done, told, and written down.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for what it is about, among whatever else there is"
)]

use super::*;
use crate::conversation::{
    Ask, Caller, Conversations, Place as From, TurnEvent, Who,
    model::{Model, script::Script},
};
use crate::foundation::{
    audit::{self, Filter},
    settings::Webhook,
    store::migrate,
    values::PersonId,
};
use crate::knowledge::Searcher;
use crate::people::NewPerson;
use crate::policy::Role;
use futures_util::StreamExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

struct House {
    _directory: tempfile::TempDir,
    conversations: Conversations,
    household: Household,
    people: HashMap<&'static str, PersonId>,
    done: Arc<AtomicUsize>,
}

/// Somebody in a conversation of theirs.
struct Talk<'a> {
    house: &'a House,
    id: ConversationId,
    caller: Caller,
}

impl House {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = Settings::for_tests(directory.path());
        let done = Arc::new(AtomicUsize::new(0));
        settings.commands.webhook = Some(webhook(Arc::clone(&done)).await);
        std::fs::create_dir_all(&settings.paths.config).unwrap();
        let outside = ["turn_on_light", "open_garage", "set_volume"]
            .map(|name| format!("[commands.{name}]\nexecutor = \"webhook\"\n"));
        std::fs::write(settings.paths.config.join("commands.toml"), outside.join("\n")).unwrap();
        let database = directory.path().join("ladylinux.db");
        migrate(&database).unwrap();
        let store = Store::open(&database).unwrap();
        let household = Household::open(store.clone(), &settings, BuiltIns::default()).unwrap();
        let mut people = HashMap::new();
        let now = time::now();
        for (name, role, fields) in [
            (
                "olga",
                Role::Owner,
                vec![(Field::Birthdate, "1967-08-23"), (Field::FormOfAddress, "feminine")],
            ),
            ("gero", Role::Guest, vec![(Field::Birthdate, "1984-02-09")]),
            ("kai", Role::Guest, vec![(Field::Birthdate, "2017-05-01")]),
        ] {
            let fields = fields.into_iter().map(|(field, text)| (field, text.to_owned())).collect();
            let new = NewPerson { name: name.parse().unwrap(), role, adult: false, fields };
            let person = household.people().create(new, (now, people::day(now))).await.unwrap();
            people.insert(name, person.id);
        }
        let model = Model::Scripted(Script::not_ready(
            crate::conversation::machine::Readiness::NotReady(None),
        ));
        let searcher = Searcher::new(store, None);
        let conversations = Conversations::with(searcher, model, household.clone(), &settings);
        Self { _directory: directory, conversations, household, people, done }
    }

    fn talk(&self, name: &str) -> Talk<'_> {
        let who = Who::Token { id: name.to_owned(), name: name.to_owned() };
        let caller = Caller { who, from: From::Api, person: self.people.get(name).copied() };
        Talk { house: self, id: self.conversations.begin(&caller.who), caller }
    }

    /// Somebody whose token says who they are, and who has said so, too.
    async fn known(&self, name: &str) -> Talk<'_> {
        let talk = self.talk(name);
        talk.says(&format!("I am {name}")).await;
        talk
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

impl Talk<'_> {
    /// Says something, and returns what is answered and what was decided.
    async fn says(&self, text: &str) -> (String, Vec<(String, &'static str, String)>) {
        let ask = Ask { text: Redacted(text.to_owned()), caller: self.caller.clone() };
        let turn = self.house.conversations.turn(self.id, ask).await.unwrap();
        let (mut said, mut decided) = (String::new(), Vec::new());
        for event in turn.collect::<Vec<_>>().await {
            match event {
                TurnEvent::Token { text, .. } => said.push_str(text.expose()),
                TurnEvent::Decision(one) => decided.push((one.what, one.decision, one.reason)),
                _ => {}
            }
        }
        (said, decided)
    }

    async fn asking(&self) -> Asking {
        let at = self.house.conversations.at(self.id, &self.caller, Language::English);
        at.await.unwrap().unwrap().1
    }

    async fn here(&self) -> Here {
        self.house.household.here(self.asking().await).await
    }
}

async fn webhook(done: Arc<AtomicUsize>) -> Webhook {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 4096];
            drop(stream.read(&mut heard).await);
            done.fetch_add(1, Ordering::SeqCst);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            drop(stream.write_all(answer).await);
        }
    }));
    Webhook { url, secret_file: None }
}

fn codes<'a>(decided: &'a [(String, &'static str, String)]) -> Vec<(&'a str, &'a str)> {
    decided.iter().map(|(_, decision, reason)| (*decision, reason.as_str())).collect()
}

// VOX-25, VOX-26, INV-CMD-1
#[tokio::test]
async fn what_was_understood_by_half_is_asked_about_and_only_then_done() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let half = "I can't see a thing in the cellar, turn the light on down there";
    let (said, decided) = olga.says(half).await;
    assert!(said.starts_with("I am not sure that I understood you. Shall I turn on"), "{said}");
    assert_eq!(codes(&decided), [("asked", "to_be_confirmed")]);
    assert_eq!(house.done(), 0);
    let (_, decided) = olga.says("no").await;
    assert_eq!((codes(&decided), house.done()), (vec![("cancelled", "declined")], 0));
    olga.says(half).await;
    let (_, decided) = olga.says("yes, do it").await;
    assert_eq!(house.done(), 1, "{decided:?}");
}

// VOX-26: what cannot be taken back is not even asked about where it was not said clearly.
#[tokio::test]
async fn what_cannot_be_taken_back_must_be_said_clearly() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, decided) = olga.says("the car is waiting outside, pop the garage open").await;
    assert_eq!(codes(&decided), [("refused", "unclear_high_risk")], "{said}");
    let (said, _) = olga.says("yes, do it").await;
    assert_eq!((said.as_str(), house.done()), ("Nothing is waiting for a yes or a no.", 0));
}

// VOX-26: a child confirms nothing, and is not sent to an adult for what it may have by itself.
#[tokio::test]
async fn a_child_that_was_understood_by_half_is_asked_for_other_words() {
    let house = House::new().await;
    let kai = house.known("kai").await;
    let (_, decided) = kai.says("it's so spooky here, put the kitchen light on").await;
    assert_eq!((codes(&decided), house.done()), (vec![("refused", "unclear")], 0));
}

#[tokio::test]
async fn what_was_told_by_half_is_offered_in_the_words_that_are_understood() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, decided) = olga.says("For you I'm Lola from now on.").await;
    assert!(said.ends_with("say: \"call me Lola\"."), "{said}");
    assert_eq!(decided, []);
    let (_, decided) = olga.says("call me Lola").await;
    assert_eq!(decided.len(), 1, "{decided:?}");
}

// INV-CMD-1, VOX-22
#[tokio::test]
async fn an_owner_has_a_light_turned_on_at_once() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, decided) = olga.says("turn on the light in the kitchen").await;
    assert_eq!(
        (said.as_str(), codes(&decided)),
        ("Done: turn on the light in the kitchen.", vec![("done", "done")])
    );
    assert_eq!(house.done(), 1);
}

// INV-CMD-4, INV-CMD-5
#[tokio::test]
async fn a_garage_is_opened_after_a_word_and_once() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, decided) = olga.says("open the garage").await;
    assert!(said.starts_with("Shall I open the garage? Say \"yes, do it\""), "{said}");
    assert_eq!((codes(&decided), house.done()), (vec![("asked", "to_be_confirmed")], 0));
    for nearly in ["later", "sure, I guess", "okay"] {
        let (said, _) = olga.says(nearly).await;
        assert!(said.starts_with("I need confirmation before doing that"), "{nearly}: {said}");
    }
    assert_eq!(house.done(), 0);
    let (said, decided) = olga.says("Yes, do it!").await;
    assert_eq!(
        (said.as_str(), codes(&decided)),
        ("Done: open the garage.", vec![("done", "done")])
    );
    let (said, _) = olga.says("yes").await;
    assert_eq!((said.as_str(), house.done()), ("Nothing is waiting for a yes or a no.", 1));
}

#[tokio::test]
async fn in_german_it_is_the_same() {
    let house = House::new().await;
    let olga = house.talk("olga");
    let (said, _) = olga.says("Ich bin Olga").await;
    assert_eq!(said, "Du bist olga; da bin ich sicher.");
    let (said, _) = olga.says("Wer bin ich?").await;
    assert!(said.ends_with("Du bist die Eigentümerin dieses Knotens."), "{said}");
    let (said, _) = olga.says("Öffne bitte die Garage").await;
    assert!(said.starts_with("Soll ich die Garage öffnen? Sag „Ja, mach das“"), "{said}");
    let (said, _) = olga.says("Ja, mach das").await;
    assert_eq!((said.as_str(), house.done()), ("Erledigt: die Garage öffnen.", 1));
}

// INV-IDENTITY-1, INV-IDENTITY-3: a token alone is a hint, a claim alone is a hint; somebody else's claim is neither.
#[tokio::test]
async fn a_token_and_a_word_together_make_somebody_certain() {
    let house = House::new().await;
    let olga = house.talk("olga");
    olga.says("hello").await;
    assert_eq!((olga.here().await.identity, house.done()), ("probable", 0));
    let (_, decided) = olga.says("turn on the light in the kitchen").await;
    assert_eq!((codes(&decided), house.done()), (vec![("refused", "not_identified")], 0));
    let gero = house.talk("gero");
    gero.says("I am Olga").await;
    assert!(["ambiguous", "rejected"].contains(&gero.here().await.identity));
    let stranger = house.talk("nobody");
    stranger.says("I am Olga").await;
    assert_ne!(stranger.here().await.identity, "confirmed");
}

// A page that is left open speaks for nobody: looking makes nobody surer, and keeps nothing alive.
#[tokio::test]
async fn looking_is_not_speaking() {
    let house = House::new().await;
    let olga = house.talk("olga");
    let look = async || {
        let at = house.conversations.look(olga.id, &olga.caller, Language::English);
        let (asking, _) = at.await.unwrap().unwrap();
        house.household.here(asking).await.identity
    };
    assert_eq!((look().await, look().await), ("probable", "probable"));
    olga.says("I am Olga").await;
    assert_eq!(look().await, "confirmed");
    assert_eq!(look().await, "confirmed");
    olga.says("hello").await;
    assert_eq!(look().await, "confirmed_active");
}

// The same id under another token is another conversation.
#[tokio::test]
async fn nobody_speaks_in_somebody_elses_conversation() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    olga.says("open the garage").await;
    let gero = Talk { id: olga.id, ..house.talk("gero") };
    let (said, _) = gero.says("yes, do it").await;
    assert_eq!((said.as_str(), house.done()), ("Nothing is waiting for a yes or a no.", 0));
    assert_eq!(olga.here().await.pending.unwrap().what, "open_garage");
    assert!(gero.here().await.pending.is_none());
}

// INV-CMD-2, INV-CMD-3: from the phrase to the revocation.
#[tokio::test]
async fn a_delegation_is_given_used_and_taken_back() {
    let house = House::new().await;
    let (olga, gero) = (house.known("olga").await, house.known("gero").await);
    let (_, decided) = gero.says("turn on the light in the kitchen").await;
    assert_eq!(codes(&decided), [("refused", "not_permitted")]);
    olga.says("gero may control the lights for two hours").await;
    assert!(gero.here().await.groups.is_empty());
    let (said, decided) = olga.says("yes, do it").await;
    assert_eq!(codes(&decided), [("granted", "confirmed")], "{said}");
    assert_eq!(gero.here().await.groups, ["home_automation"]);
    gero.says("turn on the light in the kitchen").await;
    assert_eq!(house.done(), 1);
    // Between asking and confirming.
    gero.says("open the garage").await;
    let id = crate::foundation::values::DelegationId(olga.here().await.delegations[0].id);
    house.household.act(olga.asking().await, Act::RevokeDelegation(id)).await;
    let (said, _) = gero.says("yes, do it").await;
    assert!(said.contains("Nothing is waiting"), "{said}");
    let (_, decided) = gero.says("turn on the light in the kitchen").await;
    assert_eq!((codes(&decided), house.done()), (vec![("refused", "not_permitted")], 1));
}

// INV-AGE-2, INV-AGE-3
#[tokio::test]
async fn a_child_is_refused_kindly() {
    let house = House::new().await;
    let kai = house.known("kai").await;
    let (said, decided) = kai.says("my birthday is the 1st of May 1990").await;
    assert!(said.starts_with("A birthdate decides what is safe for you"), "{said}");
    assert_eq!(codes(&decided), [("refused", "minors_birthdate")]);
    let olga = house.known("olga").await;
    olga.says("kai may control the lights").await;
    olga.says("yes").await;
    let (_, decided) = kai.says("turn on the light in the kitchen").await;
    assert_eq!(codes(&decided), [("done", "done")]);
    let (said, decided) = kai.says("open the garage").await;
    assert_eq!((codes(&decided), house.done()), (vec![("refused", "adults_only")], 1));
    assert!(said.contains("ask an adult"), "{said}");
}

// INV-CONV-1, INV-CONV-2, INV-PRIVACY-3
#[tokio::test]
async fn what_is_private_is_not_said_while_others_are_here() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, _) = olga.says("what do you know about me?").await;
    assert!(said.contains("1967-08-23"), "{said}");
    olga.says("open the garage").await;
    let (said, decided) = olga.says("somebody has just come in").await;
    assert!(said.contains("Who is here has changed, so I did not do it"), "{said}");
    assert_eq!(codes(&decided), [("cancelled", "mode_changed")]);
    let (said, _) = olga.says("what do you know about me?").await;
    assert!(
        said.contains("I need confirmation before doing that") && !said.contains("1967"),
        "{said}"
    );
    let (said, _) = olga.says("open the garage").await;
    assert!(said.ends_with("I can't do that while others are present."), "{said}");
    olga.says("we are alone").await;
    assert_eq!((olga.here().await.mode, house.done()), ("private", 0));
}

// INV-OWN-2, VOX-71
#[tokio::test]
async fn a_name_is_its_owners_to_change() {
    let house = House::new().await;
    let gero = house.known("gero").await;
    let (said, decided) = gero.says("call me Gerry").await;
    assert_eq!(
        (said.as_str(), codes(&decided)),
        ("I have noted that.", vec![("changed", "written")])
    );
    let (said, _) = gero.says("who am I?").await;
    assert!(said.starts_with("You are Gerry; I am sure of that."), "{said}");
    // He is understood by that name from now on.
    let again = house.talk("gero");
    again.says("I am Gerry").await;
    assert!(again.here().await.identity.starts_with("confirmed"));
}

// VOX-74: the audit says who, what and why, refused ones too, and nothing that was said.
#[tokio::test]
async fn every_decision_is_in_the_audit_and_no_word() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    olga.says("open the garage").await;
    olga.says("yes, do it").await;
    house.known("gero").await.says("open the garage").await;
    let records = audit::list(house.household.0.audit.store(), Filter::default()).await.unwrap();
    let told: Vec<_> = records
        .iter()
        .filter(|one| one.what == "open_garage")
        .map(|one| (one.decision.name(), one.reason.as_str(), one.identity.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("asked", "to_be_confirmed", "confirmed_active"),
            ("allowed", "allowed", "confirmed_active"),
            ("done", "done", "confirmed_active"),
            ("refused", "not_permitted", "confirmed_active"),
        ]
    );
    let all = serde_json::to_string(&records).unwrap();
    assert!(!all.contains("garage\"") || !all.contains("yes, do it"), "{all}");
    let report = audit::verify(house.household.0.audit.store(), Vec::new()).await.unwrap();
    assert!(report.is_clean());
}

// VOX-70, VOX-72
#[tokio::test]
async fn a_conversation_that_is_forgotten_takes_with_it_what_waits_and_what_was_given() {
    let house = House::new().await;
    let (olga, gero) = (house.known("olga").await, house.known("gero").await);
    olga.says("gero may control the lights").await;
    olga.says("yes").await;
    olga.says("open the garage").await;
    olga.says("forget this conversation").await;
    assert!(olga.here().await.pending.is_none());
    assert!(gero.here().await.groups.is_empty());
    let (said, _) = olga.says("yes, do it").await;
    assert_eq!((said.as_str(), house.done()), ("Nothing is waiting for a yes or a no.", 0));
}

// What a command needs is asked for, and never guessed.
#[tokio::test]
async fn a_missing_slot_is_asked_for() {
    let house = House::new().await;
    let olga = house.known("olga").await;
    let (said, decided) = olga.says("turn on the light").await;
    assert_eq!((said.as_str(), codes(&decided)), ("Where?", vec![("refused", "incomplete")]));
    assert_eq!(house.done(), 0);
}
