//! Who somebody is taken for in a conversation, and what there is for them there: one file per noun.
//!
//! All of it stands below a conversation, for whom one is taken for and who else is there belong to one. Every request counts as a turn
//! for that. What is asked for by its name goes the same way as what is said: a refusal is an answer, and no error.

pub(super) mod audit;
pub(super) mod commands;
pub(super) mod confirmation;
pub(super) mod grants;
pub(super) mod identity;
pub(super) mod mode;
pub(super) mod people;
pub(super) mod profile;

#[cfg(test)]
mod scenes;

use super::{
    app::App,
    conversations::place,
    error::{Failure, FieldError},
    extractors::{Caller, Chat, Json, Path},
};
use crate::conversation::{Act, Asking, Decided, Here, Household, HouseholdError, Reply};
use crate::foundation::values::{ConversationId, Redacted};
use crate::host::Language;
use crate::policy::{Group, profile_update::Field};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use serde::{Deserialize, Serialize};

/// How long a name may be, in characters.
const LONGEST_NAME: usize = 100;

/// A caller in a conversation of theirs: whom they are taken for is what it was a moment ago, with this request as a signal.
#[derive(Debug)]
pub(super) struct Speaking {
    /// The people and the commands.
    pub(super) household: Household,
    /// Who, where, and when.
    pub(super) asking: Asking,
    /// What came of their coming: something that waited may be off by now.
    pub(super) before: Reply,
}

impl FromRequestParts<App> for Speaking {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = Caller::<Chat>::from_request_parts(parts, app).await?;
        let Path(id) = Path::<ConversationId>::from_request_parts(parts, app).await?;
        // Whoever reads does not speak.
        if parts.method == Method::GET {
            let (conversations, caller) =
                (&app.node.conversations, caller.at(place(&parts.headers)));
            let come = conversations.look(id, &caller, language(&parts.headers)).await?;
            return Self::known(app, come);
        }
        Self::of(app, &caller, id, &parts.headers).await
    }
}

impl Speaking {
    /// Finds somebody in a conversation of theirs.
    pub(super) async fn of<S>(
        app: &App,
        caller: &Caller<S>,
        id: ConversationId,
        headers: &HeaderMap,
    ) -> Result<Self, Failure> {
        let caller = caller.at(place(headers));
        let come = app.node.conversations.come(id, &caller, language(headers)).await?;
        Self::known(app, come)
    }

    fn known(app: &App, come: Option<(Asking, Reply)>) -> Result<Self, Failure> {
        let Some((asking, before)) = come else {
            let detail = "you have no such conversation (any more): POST /api/conversations";
            return Err(Failure::not_found("no_such_conversation", detail));
        };
        Ok(Self { household: app.node.conversations.household().clone(), asking, before })
    }

    /// Takes up what they ask for.
    pub(super) async fn act(self, act: Act) -> Json<Acted> {
        let reply = self.household.act(self.asking, act).await;
        self.told(reply).await
    }

    /// Takes up nothing, and tells what came of their coming.
    pub(super) async fn nothing(self) -> Json<Acted> {
        self.told(Reply::default()).await
    }

    async fn told(self, reply: Reply) -> Json<Acted> {
        let Self { household, asking, before } = self;
        let Reply { text, decisions } = before.and(reply);
        let here = household.here(asking.later()).await;
        Json(Acted { text: text.into(), decisions, here })
    }
}

/// What came of something that was asked for; that it was refused is an answer, too.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Acted {
    /// What is said to that, in the language of `Accept-Language`, or in the one that the person has chosen.
    #[schema(value_type = String)]
    text: Redacted<String>,
    /// What was decided.
    decisions: Vec<Decided>,
    /// How things stand now.
    here: Here,
}

/// The groups of commands.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum GroupName {
    /// Lights, doors, the house.
    HomeAutomation,
    /// What moves by itself.
    RobotControl,
    /// Alarms and locks.
    Security,
    /// Music and pictures.
    Media,
    /// This node and its machine.
    System,
}

impl From<GroupName> for Group {
    fn from(name: GroupName) -> Self {
        match name {
            GroupName::HomeAutomation => Self::HomeAutomation,
            GroupName::RobotControl => Self::RobotControl,
            GroupName::Security => Self::Security,
            GroupName::Media => Self::Media,
            GroupName::System => Self::System,
        }
    }
}

/// The parts of a profile.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FieldName {
    /// What one would like to be called.
    PreferredName,
    /// One's name in papers.
    LegalName,
    /// The language in which one is answered: `en` or `de`.
    Language,
    /// `masculine`, `feminine` or `neutral`.
    FormOfAddress,
    /// As `1980-05-17`, or as far as it is known: `1980-05`, `1980`, `--05-17`.
    Birthdate,
    /// Anything else.
    Note,
}

impl From<FieldName> for Field {
    fn from(name: FieldName) -> Self {
        match name {
            FieldName::PreferredName => Self::PreferredName,
            FieldName::LegalName => Self::LegalName,
            FieldName::Language => Self::Language,
            FieldName::FormOfAddress => Self::FormOfAddress,
            FieldName::Birthdate => Self::Birthdate,
            FieldName::Note => Self::Note,
        }
    }
}

/// Says what is wrong with the length of a text in the body, if something is.
fn wrong_length(field: &str, text: &str, longest: usize) -> Option<FieldError> {
    let length = text.chars().count();
    (!(1..=longest).contains(&length)).then(|| {
        let msg = format!("has {length} characters: it must have 1 to {longest}");
        FieldError::in_body(field, "wrong_length", msg)
    })
}

/// Says what is wrong with the length of a list in the body, if something is.
fn wrong_count(field: &str, count: usize, most: usize) -> Option<FieldError> {
    (!(1..=most).contains(&count)).then(|| {
        let msg = format!("has {count} names: it must have 1 to {most}");
        FieldError::in_body(field, "wrong_length", msg)
    })
}

/// Returns the language that a client would like to be answered in: German, if it prefers that to English, and otherwise English.
fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get_all(header::ACCEPT_LANGUAGE).into_iter();
    let wanted = wanted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let (mut english, mut german) = (0.0_f32, 0.0_f32);
    for range in wanted {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let quality = parameters.trim().strip_prefix("q=").and_then(|text| text.parse().ok());
        let quality: f32 = quality.unwrap_or(1.0);
        match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "de" => german = german.max(quality),
            "en" => english = english.max(quality),
            _ => {}
        }
    }
    if german > english { Language::German } else { Language::English }
}

impl From<HouseholdError> for Failure {
    fn from(error: HouseholdError) -> Self {
        let refused = |code, detail: String| Self::new(StatusCode::FORBIDDEN, code, detail);
        match error {
            HouseholdError::Refused(why, reply) => refused(why.code(), reply.text),
            HouseholdError::AnotherName => {
                let msg = error.to_string();
                Self::fields(vec![FieldError::in_body("confirm", "another_name", msg)])
            }
            HouseholdError::People(error) => match error.refusal() {
                Some(why) => refused(why.code(), error.to_string()),
                None => Self::internal(&error),
            },
            error @ (HouseholdError::Catalogue(_)
            | HouseholdError::Unusable(_)
            | HouseholdError::Audit(_)) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn every_group_and_every_part_of_a_profile_has_its_name_here() {
        for group in Group::ALL {
            let name: GroupName = from_value(json!(group.name())).unwrap();
            assert_eq!(Group::from(name), group);
        }
        for field in Field::ALL {
            let name: FieldName = from_value(json!(field.name())).unwrap();
            assert_eq!(Field::from(name), field);
        }
    }

    #[test]
    fn german_is_spoken_to_who_prefers_it_and_english_to_everybody_else() {
        for (wanted, german) in [
            ("", false),
            ("de", true),
            ("de-CH, en;q=0.9", true),
            ("DE-AT;q=0.5, fr", true),
            ("en, de", false),
            ("de;q=0.3, en;q=0.4", false),
            ("fr, es", false),
            ("de;q=0", false),
            ("*", false),
            ("de;q=x", true),
        ] {
            let map = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, wanted.parse().unwrap())]);
            assert_eq!(language(&map) == Language::German, german, "{wanted}");
        }
        assert_eq!(language(&HeaderMap::new()), Language::English);
    }
}
