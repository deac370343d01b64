//! What can be done in the world: listed, and chosen by its name.

use super::{Acted, LONGEST_NAME, Speaking, wrong_length};
use crate::api::{
    app::App,
    error::FieldError,
    extractors::{Caller, Json, Validate},
    openapi::{BadRequests, Problems},
};
use crate::commands::{Availability, Kind, Listed};
use crate::conversation::Act;
use crate::foundation::values::{ConversationId, Redacted};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::openapi::{Object, ObjectBuilder, Type};

/// How many slots are taken at once.
const MOST_SLOTS: usize = 20;

/// How long what stands in a slot may be, in characters.
const LONGEST_SLOT: usize = 200;

/// A command that is chosen by its name.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Chosen {
    /// Its name, or another name that `GET /api/commands` lists for it.
    #[schema(min_length = 1, max_length = 100, example = "turn_on_light")]
    command: String,
    /// What it needs to know, by name.
    #[serde(default)]
    #[schema(schema_with = slots, required = false, example = json!({"location": "kitchen"}))]
    slots: BTreeMap<String, Redacted<String>>,
}

/// Describes what stands in slots: a map with a limit, and values with one.
fn slots() -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_SLOT));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(text))
        .max_properties(Some(MOST_SLOTS))
        .description(Some("What it needs to know, by name"))
        .build()
}

impl Validate for Chosen {
    fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        problems.extend(wrong_length("command", &self.command, LONGEST_NAME));
        if self.slots.len() > MOST_SLOTS {
            let msg = format!("has {} slots, at most {MOST_SLOTS} are read", self.slots.len());
            problems.push(FieldError::in_body("slots", "wrong_length", msg));
            return problems;
        }
        for value in self.slots.values() {
            let length = value.expose().chars().count();
            if length > LONGEST_SLOT {
                // Which slot is not said: its name comes from outside, and may be as long.
                let msg =
                    format!("a value has {length} characters, at most {LONGEST_SLOT} are read");
                problems.push(FieldError::in_body("slots", "wrong_length", msg));
            }
        }
        problems
    }
}

/// The commands in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct CommandList {
    /// Each of them, by name.
    commands: Vec<ListedCommand>,
}

/// One command.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ListedCommand {
    /// Its name.
    name: String,
    /// Other names that mean the same.
    aliases: Vec<String>,
    /// Its group.
    group: &'static str,
    /// The permission that it takes.
    permission: String,
    /// The harm that it can do: `low`, `medium` or `high`.
    risk: &'static str,
    /// Whether it is always confirmed; when others are here, and for children, more is.
    confirm: bool,
    /// The command that undoes it, if one does.
    undo: Option<String>,
    /// What it needs to know, by name.
    slots: BTreeMap<String, ListedSlot>,
    /// What it would do.
    wording: Wording,
    /// What carries it out: `built_in`, `webhook`, `mqtt` or `supervisor`.
    executor: &'static str,
    /// Why it cannot be carried out here; nothing if it can.
    unavailable: Option<Unavailable>,
}

/// Something that a command needs to know.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ListedSlot {
    /// `choice`, `number`, `unit` or `resource`.
    kind: &'static str,
    /// Whether the command needs it.
    required: bool,
    /// What may be chosen, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    values: Vec<String>,
    /// The least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<i64>,
}

/// What it would do, in each language, with its slots in braces.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Wording {
    /// In English.
    en: String,
    /// In German.
    de: String,
}

/// Why a command cannot be carried out here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Unavailable {
    /// A stable code.
    code: &'static str,
    /// Why, and how to mend it.
    why: String,
}

impl From<Listed> for ListedCommand {
    fn from(Listed { command, availability }: Listed) -> Self {
        let slots = command.slots.iter().map(|(name, slot)| {
            let empty = (Vec::new(), None, None);
            let (kind, (values, from, to)) = match &slot.kind {
                Kind::Choice { values, .. } => {
                    let ids = values.iter().map(|value| value.id.clone()).collect();
                    ("choice", (ids, None, None))
                }
                Kind::Number { from, to } => ("number", (Vec::new(), Some(*from), Some(*to))),
                Kind::Unit => ("unit", empty),
                Kind::Resource => ("resource", empty),
            };
            (name.clone(), ListedSlot { kind, required: slot.required, values, from, to })
        });
        Self {
            name: command.name.clone(),
            aliases: command.aliases.clone(),
            group: command.nature.group.name(),
            permission: command.permission(),
            risk: command.nature.risk.name(),
            confirm: command.nature.confirm,
            undo: command.undo.clone(),
            slots: slots.collect(),
            wording: Wording { en: command.wording.en.clone(), de: command.wording.de.clone() },
            executor: command.executor.name(),
            unavailable: match availability {
                Availability::Available => None,
                Availability::Unavailable { code, why } => Some(Unavailable { code, why }),
            },
        }
    }
}

/// Lists every command in force, and why one cannot be carried out here.
#[utoipa::path(
    get,
    path = "/api/commands",
    tag = "household",
    operation_id = "commands",
    responses((status = 200, description = "The catalogue in force", body = CommandList), Problems),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn list(_: Caller, State(app): State<App>) -> Json<CommandList> {
    let household = app.node.conversations.household().clone();
    // Whether a supervisor is there is read from a file.
    let listed = tokio::task::spawn_blocking(move || household.commands()).await;
    let commands = listed.unwrap_or_default().into_iter().map(ListedCommand::from).collect();
    Json(CommandList { commands })
}

/// Asks for a command by its name; it may take a confirmation.
#[utoipa::path(
    post,
    path = "/api/conversations/{id}/commands",
    tag = "household",
    operation_id = "command",
    params(("id" = ConversationId, Path, description = "The conversation")),
    request_body = Chosen,
    responses((status = 200, description = "What came of it", body = Acted), Problems, BadRequests),
    security((), ("token" = [])),
)]
pub(in crate::api) async fn ask(speaking: Speaking, Json(chosen): Json<Chosen>) -> Json<Acted> {
    let slots = chosen.slots.into_iter().map(|(name, value)| (name, value.0)).collect();
    speaking.act(Act::Command(chosen.command, slots)).await
}
