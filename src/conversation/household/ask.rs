//! What a page or a program asks for by its name instead of by words; it goes the same way.

use super::{Asking, Household, Reply};
use crate::foundation::values::{ConsentId, DelegationId};
use crate::policy::{
    Confidence, Groups,
    command::Origin,
    confirmation::Word,
    mode,
    profile_update::{Field, Fields},
};
use serde::Deserialize;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// What somebody says about who is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// Somebody has come.
    SomebodyCame,
    /// Somebody has left.
    SomebodyLeft,
    /// Nobody else is here.
    Alone,
}

/// Something that is asked for by its name.
#[derive(Clone, Debug)]
pub enum Act {
    /// To be taken for somebody, by their short or their preferred name.
    Identify(String),
    /// To say who is here.
    State(Statement),
    /// To have a command carried out.
    Command(String, BTreeMap<String, String>),
    /// To confirm what waits, or not.
    Answer(Uuid, bool),
    /// To change a part of one's own profile.
    Update(Field, String),
    /// To let somebody command some groups.
    Delegate(String, Groups, Option<Duration>),
    /// To let somebody be told something.
    Consent(String, Fields),
    /// To take a delegation back.
    RevokeDelegation(DelegationId),
    /// To take a consent back.
    RevokeConsent(ConsentId),
}

impl Household {
    /// Takes up what is asked for by its name.
    pub async fn act(&self, asking: Asking, act: Act) -> Reply {
        match act {
            Act::Identify(name) => self.identify(asking, &name).await,
            Act::State(statement) => {
                let by_confirmed = self.is_certain(asking);
                let fact = match statement {
                    Statement::SomebodyCame => mode::Fact::SaidToCome,
                    Statement::SomebodyLeft => mode::Fact::SaidToLeave { by_confirmed },
                    Statement::Alone => mode::Fact::SaidAlone { by_confirmed },
                };
                self.say_who_is_here(asking, fact).await
            }
            Act::Command(name, slots) => {
                let slots = slots.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let chosen = (Origin::Chosen, Confidence::FULL);
                self.command(asking, (&name, slots), chosen).await
            }
            Act::Answer(id, yes) => {
                let word = if yes { Word::Confirm } else { Word::Decline };
                self.answer(asking, Some(id), word).await
            }
            Act::Update(field, value) => self.update(asking, (None, field), &value).await,
            Act::Delegate(to, groups, lasts) => self.delegate(asking, (&to, groups), lasts).await,
            Act::Consent(to, fields) => self.consent(asking, (Some(&to), fields)).await,
            Act::RevokeDelegation(id) => self.revoke_delegation(asking, id).await,
            Act::RevokeConsent(id) => self.revoke_consent(asking, id).await,
        }
    }
}
