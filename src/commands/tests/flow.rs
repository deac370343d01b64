//! From a decision to its outcome, with a real database and built-in executors.

use crate::commands::{
    Action, BuiltIns, Catalogue, Circumstances, Commands, IssueError, Outcome, What,
};
use crate::foundation::{
    audit::{Audit, Decision, Record},
    settings::{self, Sources},
    store::{self, Store},
    values::{CommandId, ConversationId, PersonId, time::Timestamp},
};
use crate::policy::{
    Confidence, Group, Groups, Refusal, Role, Rules, Standing,
    age::Age,
    command::{Authorization, Context, Effect, Fact, Origin, Request, State, authorize, step},
    confirmation::{Answer, SpeakerId, Word},
    delegation::Delegations,
    fusion::Likely,
    identity::Identity,
    mode::Mode,
};
use crate::supervisor::Supervisor;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const ANNA: PersonId = PersonId(Uuid::from_u128(1));
const TALK: ConversationId = ConversationId(Uuid::from_u128(3));

/// Who speaks, and what they may.
struct Talk {
    standing: Standing,
    delegations: Delegations,
    rules: Rules,
}

impl Talk {
    fn of(role: Role) -> Self {
        let standing = Standing { person: ANNA, role, age: Age::Adult };
        Self { standing, delegations: Delegations::default(), rules: Rules::default() }
    }

    fn at(&self, now: Timestamp) -> Context<'_> {
        let likely = Likely { person: ANNA, confidence: Confidence::FULL };
        Context {
            identity: Identity::ConfirmedActive(likely),
            standing: Some(self.standing),
            mode: Mode::Private,
            delegations: &self.delegations,
            rules: &self.rules,
            now,
        }
    }

    /// Takes a request through the machine, and confirms it if it asks.
    fn decide(&self, request: Request) -> Result<Authorization, Refusal> {
        let context = self.at(NOW);
        let id = CommandId::new();
        let state = step(State::Idle, Fact::Detected(id, request), &context).state;
        let authority = authorize(&request, &context)?;
        let mut next = step(state, Fact::Granted(authority, SpeakerId(0), TALK), &context);
        if authority.confirm {
            let answer = Answer {
                speaker: SpeakerId(0),
                conversation: TALK,
                about: None,
                word: Word::Confirm,
            };
            next = step(next.state, Fact::Answered(answer), &context);
        }
        match next.effects.pop() {
            Some(Effect::Issue(authorization)) => Ok(authorization),
            other => unreachable!("{other:?}"),
        }
    }
}

struct Node {
    _directory: tempfile::TempDir,
    store: Store,
    commands: Commands,
    done: Arc<AtomicUsize>,
}

fn node(outcome: Outcome) -> Node {
    let directory = tempfile::tempdir().unwrap();
    let root = ("paths.root".to_owned(), directory.path().display().to_string());
    let sources = Sources { flags: vec![root], ..Sources::default() };
    let settings = settings::load(sources).unwrap().settings;
    let path = directory.path().join("ladylinux.db");
    store::migrate(&path).unwrap();
    let store = Store::open(&path).unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let built_in = BuiltIns::default().with("delete_all_data", move |_order| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move { outcome }
    });
    let commands = Commands::new(
        Catalogue::built_in(),
        Audit::new(store.clone()),
        Supervisor::new(&settings.paths),
        &settings.commands,
        built_in,
    )
    .unwrap();
    Node { _directory: directory, store, commands, done }
}

impl Node {
    fn action(&self) -> Action {
        self.commands.action("delete_all_data", []).unwrap()
    }

    fn request(&self, action: &Action) -> Request {
        self.commands.request(action, Origin::Chosen, Confidence::FULL, NOW)
    }

    async fn audit(&self) -> Vec<Record> {
        self.store
            .read(|connection| {
                let mut query = connection.prepare("SELECT record FROM audit ORDER BY seq")?;
                let rows = query.query_map([], |row| row.get::<_, String>(0))?;
                let texts = rows.collect::<Result<Vec<_>, _>>()?;
                Ok::<_, store::StoreError>(texts)
            })
            .await
            .unwrap()
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    async fn decisions(&self) -> Vec<(Decision, String)> {
        self.audit().await.into_iter().map(|record| (record.decision, record.reason)).collect()
    }
}

// PEERS 57: who, with which confidence, what, decision, outcome.
#[tokio::test]
async fn what_is_allowed_is_written_before_it_is_done_and_what_came_of_it_after() {
    let node = node(Outcome::Done);
    let (talk, action) = (Talk::of(Role::Owner), node.action());
    let authorization = talk.decide(node.request(&action)).unwrap();
    let id = authorization.id();
    let ticket = node.commands.issue(authorization, &action).await.unwrap();
    assert_eq!(node.decisions().await, [(Decision::Allowed, "allowed".to_owned())]);
    assert_eq!(node.done.load(Ordering::SeqCst), 0);
    let redeem = |ticket: crate::commands::Ticket, action: &_| ticket.redeem(action, &talk.at(NOW));
    let outcome = node.commands.carry_out(ticket, action.clone(), NOW, redeem).await;
    assert_eq!(outcome, Ok(Outcome::Done));
    assert_eq!(node.done.load(Ordering::SeqCst), 1);
    let records = node.audit().await;
    assert_eq!(records.len(), 2);
    for record in &records {
        assert_eq!((record.about, record.person), (Some(id.0), Some(ANNA)));
        assert_eq!((record.identity.as_str(), record.confidence), ("confirmed_active", 1000));
        assert_eq!((record.age.as_str(), record.mode.as_str()), ("adult", "private"));
        assert_eq!((record.what.as_str(), record.action), ("delete_all_data", Some(action.hash())));
        assert_eq!(record.basis.as_deref(), Some("role"));
    }
    assert_eq!(records[1].decision, Decision::Done);
}

// INV-CMD-1: without a permission nothing is authorized, so nothing is issued, so nothing is done.
#[tokio::test]
async fn inv_cmd_1_whoever_may_not_has_nothing_done() {
    let node = node(Outcome::Done);
    for role in [Role::Admin, Role::Operator, Role::Guest] {
        let refused = Talk::of(role).decide(node.request(&node.action()));
        assert_eq!(refused.map(|_| ()), Err(Refusal::NotPermitted));
    }
    assert_eq!(node.done.load(Ordering::SeqCst), 0);
}

// INV-CMD-GRP-3: authorization by the command's own group, which is required for execution.
#[tokio::test]
async fn inv_cmd_grp_3_a_group_lets_command_itself_and_no_other() {
    let node = node(Outcome::Done);
    for group in Group::ALL {
        let mut talk = Talk::of(Role::Operator);
        talk.rules.roles.operator = Groups::from(group);
        let decided = talk.decide(node.request(&node.action()));
        assert_eq!(decided.is_ok(), group == Group::System, "{group:?}");
    }
}

// INV-FAIL-1: what cannot be written down is not issued.
#[tokio::test]
async fn inv_fail_1_without_an_audit_there_is_no_ticket() {
    let node = node(Outcome::Done);
    let (talk, action) = (Talk::of(Role::Owner), node.action());
    let authorization = talk.decide(node.request(&action)).unwrap();
    node.store.close().await;
    let issued = node.commands.issue(authorization, &action).await;
    assert!(matches!(issued, Err(IssueError::Audit(_))));
    assert_eq!(node.done.load(Ordering::SeqCst), 0);
}

// PEERS 56; the issue: a delegation revoked between confirm and execute, a confirmation for another command.
#[tokio::test]
async fn a_ticket_that_is_not_good_any_more_does_nothing_and_is_written_down() {
    let node = node(Outcome::Done);
    let (talk, action) = (Talk::of(Role::Owner), node.action());
    let other = node.commands.action("refresh_node", []).unwrap();
    let authorization = talk.decide(node.request(&action)).unwrap();
    assert!(matches!(
        node.commands.issue(authorization, &other).await,
        Err(IssueError::AnotherAction)
    ));
    let demoted = Talk::of(Role::Guest);
    let late = Timestamp(NOW.0 + 10_000);
    for (context, given, why) in [
        (demoted.at(NOW), action.clone(), Refusal::AuthorityGone),
        (talk.at(late), action.clone(), Refusal::TooLate),
        (talk.at(NOW), other, Refusal::AnotherAction),
    ] {
        let authorization = talk.decide(node.request(&action)).unwrap();
        let ticket = node.commands.issue(authorization, &action).await.unwrap();
        let redeem = |ticket: crate::commands::Ticket, action: &_| ticket.redeem(action, &context);
        let outcome = node.commands.carry_out(ticket, given, NOW, redeem).await;
        assert_eq!(outcome, Err(why));
        let last = node.decisions().await.pop().unwrap();
        assert_eq!(last, (Decision::Refused, why.code().to_owned()));
    }
    assert_eq!(node.done.load(Ordering::SeqCst), 0);
}

// The ticket of another command is not taken for this one's.
#[tokio::test]
async fn a_ticket_cannot_be_changed_for_another() {
    let node = node(Outcome::Done);
    let (talk, action) = (Talk::of(Role::Owner), node.action());
    let mut tickets = Vec::new();
    for _ in 0..2 {
        let authorization = talk.decide(node.request(&action)).unwrap();
        tickets.push(node.commands.issue(authorization, &action).await.unwrap());
    }
    let (one, other) = (tickets.remove(0), tickets.remove(0));
    let swap = |_, action: &_| other.redeem(action, &talk.at(NOW));
    let outcome = node.commands.carry_out(one, action, NOW, swap).await;
    assert_eq!(outcome, Err(Refusal::AnotherAction));
    assert_eq!(node.done.load(Ordering::SeqCst), 0);
}

// INV-FAIL-1: an executor that fails, or that nobody knows about, is told as what it is, and is not asked again.
#[tokio::test]
async fn what_failed_is_told_and_never_tried_again() {
    for (outcome, decision) in [
        (Outcome::Failed("half_way"), Decision::Failed),
        (Outcome::Unknown("no_answer"), Decision::Unknown),
    ] {
        let node = node(outcome);
        let (talk, action) = (Talk::of(Role::Owner), node.action());
        let authorization = talk.decide(node.request(&action)).unwrap();
        let ticket = node.commands.issue(authorization, &action).await.unwrap();
        let redeem =
            |ticket: crate::commands::Ticket, action: &_| ticket.redeem(action, &talk.at(NOW));
        assert_eq!(node.commands.carry_out(ticket, action, NOW, redeem).await, Ok(outcome));
        assert_eq!(node.done.load(Ordering::SeqCst), 1);
        assert_eq!(node.decisions().await[1].0, decision);
    }
}

#[tokio::test]
async fn what_is_asked_refused_or_off_is_written_without_what_was_said() {
    let node = node(Outcome::Done);
    let talk = Talk::of(Role::Owner);
    let circumstances = Circumstances::from(&talk.at(NOW));
    let (id, action) = (CommandId::new(), node.action());
    let what = What::action(id, &action);
    node.commands.asked(&what, &circumstances).await;
    node.commands.cancelled(&what, &circumstances, Refusal::Declined).await;
    node.commands.refused(&What::unlisted(id), &circumstances, Refusal::Unlisted).await;
    let decisions = node.decisions().await;
    let said = |decision, reason: &str| (decision, reason.to_owned());
    assert_eq!(
        decisions,
        [
            said(Decision::Asked, "to_be_confirmed"),
            said(Decision::Cancelled, "declined"),
            said(Decision::Refused, "unlisted"),
        ]
    );
    assert_eq!(node.audit().await[2].what, "unlisted");
}

#[tokio::test]
async fn a_command_that_nothing_here_carries_out_is_unavailable_and_refused() {
    let node = node(Outcome::Done);
    for (name, slots) in [
        ("turn_on_light", &[("location", "kitchen")][..]),
        ("mark_for_export", &[("resource", "R-1")]),
        ("refresh_node", &[]),
    ] {
        let action = node.commands.action(name, slots.iter().copied()).unwrap();
        let refused = Talk::of(Role::Owner).decide(node.request(&action));
        assert_eq!(refused.map(|_| ()), Err(Refusal::Unavailable), "{name}");
    }
}

// What panics half-way has failed, and takes nobody with it.
#[tokio::test]
async fn an_executor_that_breaks_down_has_failed() {
    let directory = tempfile::tempdir().unwrap();
    let node = node(Outcome::Done);
    let root = ("paths.root".to_owned(), directory.path().display().to_string());
    let settings = settings::load(Sources { flags: vec![root], ..Sources::default() }).unwrap();
    let built_in = BuiltIns::default().with("delete_all_data", |order| async move {
        assert_ne!(order.person(), ANNA, "this breaks");
        Outcome::Done
    });
    let commands = Commands::new(
        Catalogue::built_in(),
        Audit::new(node.store.clone()),
        Supervisor::new(&settings.settings.paths),
        &settings.settings.commands,
        built_in,
    )
    .unwrap();
    let (talk, action) = (Talk::of(Role::Owner), node.action());
    let authorization = talk.decide(node.request(&action)).unwrap();
    let ticket = commands.issue(authorization, &action).await.unwrap();
    let redeem = |ticket: crate::commands::Ticket, action: &_| ticket.redeem(action, &talk.at(NOW));
    let outcome = commands.carry_out(ticket, action, NOW, redeem).await;
    assert_eq!(outcome, Ok(Outcome::Failed("broke_down")));
}

// A hanging executor ends at its time, and its outcome is unknown.
#[tokio::test(start_paused = true)]
async fn an_executor_that_hangs_ends_at_its_time() {
    use crate::commands::execute::{Executors, Order};
    let directory = tempfile::tempdir().unwrap();
    let root = ("paths.root".to_owned(), directory.path().display().to_string());
    let settings =
        settings::load(Sources { flags: vec![root], ..Sources::default() }).unwrap().settings;
    let built_in =
        BuiltIns::default().with("delete_all_data", |_order| std::future::pending::<Outcome>());
    let executors =
        Executors::new(&settings.commands, Supervisor::new(&settings.paths), built_in).unwrap();
    let talk = Talk::of(Role::Owner);
    let action = Catalogue::built_in().action("delete_all_data", []).unwrap();
    let request =
        crate::commands::catalogue::request(&action, Origin::Chosen, Confidence::FULL, true);
    let ticket = crate::commands::Ticket::issue(talk.decide(request).unwrap());
    let redeemed = ticket.redeem(&action.hash(), &talk.at(NOW)).unwrap();
    let began = tokio::time::Instant::now();
    let outcome = executors.carry_out(Order::new(redeemed, action, NOW)).await;
    assert_eq!(outcome, Outcome::Unknown("timed_out"));
    assert_eq!(began.elapsed().as_secs(), 120);
}
