//! The supervisor as an executor: a request in its directory, which it checks against a list of its own.
//!
//! A refresh and a rollback take this very process away, so that it cannot wait for them: what is done is that they were asked for, and
//! `ladylinux refresh --status` tells what came of it. Of the others the supervisor says it in the time there is.

use super::{Order, Outcome, Unavailable};
use crate::commands::Command;
use crate::foundation::values::RequestVerb;
use crate::foundation::values::time::Timestamp;
use crate::supervisor::{Ask, AskError, Ended, Supervisor};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// How often it is looked what came of a request.
const LOOKING: Duration = Duration::from_millis(250);

/// Returns what the supervisor is asked for.
fn verb(command: &Command) -> Option<RequestVerb> {
    match command.name.as_str() {
        "refresh_node" => Some(RequestVerb::Refresh),
        "rollback_node" => Some(RequestVerb::Rollback),
        "disable_service" => Some(RequestVerb::DisableService),
        "start_watcher" => Some(RequestVerb::StartContainer),
        "stop_watcher" => Some(RequestVerb::StopContainer),
        _ => None,
    }
}

/// Returns which container or service it is about.
fn target<'a>(command: &'a Command, slots: &'a BTreeMap<String, String>) -> Option<&'a str> {
    command.container.as_deref().or_else(|| slots.get("service").map(String::as_str))
}

/// Returns why the supervisor cannot be asked for a command, if it cannot.
pub(super) fn unavailable(
    supervisor: &Supervisor,
    command: &Command,
    slots: &BTreeMap<String, String>,
    now: Timestamp,
) -> Option<Unavailable> {
    let Some(verb) = verb(command) else {
        let why = "the supervisor of this release takes no such request".to_owned();
        return Some(("not_in_this_release", why));
    };
    let status = match supervisor.status() {
        Ok(status) => status,
        Err(error) => return Some(("no_supervisor", error.to_string())),
    };
    if status.is_silent(now) {
        let why = AskError::Silent(status.at).to_string();
        return Some(("supervisor_silent", why));
    }
    let target = target(command, slots);
    // Of which service is known only when it was said.
    let allowed = match (verb, target) {
        (RequestVerb::DisableService, None) => status.allows.as_ref().is_some_and(|allows| {
            allows.verbs.iter().any(|name| name == verb.name()) && !allows.services.is_empty()
        }),
        (_, target) => status.allows(verb, target),
    };
    (!allowed).then(|| {
        let target = target.map(str::to_owned);
        ("supervisor_does_not_allow", AskError::NotAllowed { verb, target }.to_string())
    })
}

/// Asks the supervisor, and waits for what comes of it where that can be waited for.
pub(super) async fn carry_out(supervisor: &Supervisor, order: Order) -> Outcome {
    let Some(verb) = verb(order.action().command()) else {
        return Outcome::Failed("not_in_this_release");
    };
    let asking = supervisor.clone();
    let asked = tokio::task::spawn_blocking(move || {
        let (action, actor) = (order.action(), order.person().to_string());
        let target = target(action.command(), action.slots());
        let id = order.id().0;
        asking.ask(Ask { id, verb, target, actor: &actor }, order.at())
    });
    let id = match asked.await {
        Ok(Ok(asked)) => asked.id,
        Ok(Err(error)) => return Outcome::Failed(code(&error)),
        Err(_) => return Outcome::Unknown("broke_down"),
    };
    if matches!(verb, RequestVerb::Refresh | RequestVerb::Rollback) {
        return Outcome::Done;
    }
    outcome(supervisor, id).await
}

fn code(error: &AskError) -> &'static str {
    match error {
        AskError::Nobody(_) => "no_supervisor",
        AskError::Silent(_) => "supervisor_silent",
        AskError::NotAllowed { .. } => "supervisor_does_not_allow",
        AskError::Target { .. } => "not_a_name",
        AskError::Refused { .. } => "request_not_written",
    }
}

/// Waits until the supervisor says what came of a request; whoever waits has a time limit.
async fn outcome(supervisor: &Supervisor, id: Uuid) -> Outcome {
    loop {
        let looking = supervisor.clone();
        let looked = tokio::task::spawn_blocking(move || looking.outcome(id)).await;
        // A file that is just being replaced can be read the next time.
        if let Ok(Ok(Some(found))) = looked {
            return match found.outcome {
                Ended::Done => Outcome::Done,
                Ended::Refused => Outcome::Failed("refused_by_executor"),
                Ended::Failed => Outcome::Failed("supervisor_failed"),
                Ended::Unknown => Outcome::Unknown("answer_not_understood"),
            };
        }
        tokio::time::sleep(LOOKING).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Catalogue;
    use crate::foundation::settings::{self, Sources};
    use serde_json::json;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn supervisor(allows: &serde_json::Value) -> (tempfile::TempDir, Supervisor) {
        let root = tempfile::tempdir().unwrap();
        let flags = vec![("paths.root".to_owned(), root.path().display().to_string())];
        let paths = settings::load(Sources { flags, ..Sources::default() }).unwrap().settings.paths;
        std::fs::create_dir_all(paths.requests()).unwrap();
        let status = json!({ "schema": 1, "at": NOW, "state": "serving", "allows": allows });
        std::fs::write(paths.requests().join("status.json"), status.to_string()).unwrap();
        (root, Supervisor::new(&paths))
    }

    fn code_of(
        supervisor: &Supervisor,
        name: &str,
        service: Option<&str>,
        now: Timestamp,
    ) -> Option<&'static str> {
        let catalogue = Catalogue::built_in();
        let slots =
            service.map(|name| ("service".to_owned(), name.to_owned())).into_iter().collect();
        unavailable(supervisor, catalogue.find(name).unwrap(), &slots, now).map(|(code, _)| code)
    }

    // C-38: what the supervisor does not list is not available, and is never asked for.
    #[test]
    fn what_the_supervisor_does_not_allow_is_unavailable() {
        let (_root, supervisor) = supervisor(&json!({
            "verbs": ["refresh", "disable_service", "stop_container"],
            "services": ["cups.service"],
            "containers": ["watcher"],
        }));
        let refused = Some("supervisor_does_not_allow");
        for (name, service, expected) in [
            ("refresh_node", None, None),
            ("rollback_node", None, refused),
            ("stop_watcher", None, None),
            ("start_watcher", None, refused),
            ("disable_service", None, None),
            ("disable_service", Some("cups"), None),
            ("disable_service", Some("sshd"), refused),
            ("open_garage", None, Some("not_in_this_release")),
        ] {
            assert_eq!(code_of(&supervisor, name, service, NOW), expected, "{name} {service:?}");
        }
        let later = Timestamp(NOW.0 + 3_600_000);
        assert_eq!(code_of(&supervisor, "refresh_node", None, later), Some("supervisor_silent"));
    }

    #[test]
    fn without_a_supervisor_nothing_can_be_asked_of_it() {
        let (root, supervisor) = supervisor(&json!(null));
        assert_eq!(code_of(&supervisor, "refresh_node", None, NOW), None);
        drop(root);
        assert_eq!(code_of(&supervisor, "refresh_node", None, NOW), Some("no_supervisor"));
    }
}
