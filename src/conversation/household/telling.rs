//! What is told of who somebody is and of what is known about them, as far as it may be heard here.

use super::{Asking, Household, Reply, words};
use crate::foundation::audit::Decision;
use crate::people::{PeopleError, ProfileField};
use crate::policy::{
    Refusal,
    addressing::Form,
    events,
    identity::Identity,
    privacy::{Datum, Disclosure, Purpose, disclose},
    profile_update::{Field, Fields},
};
use uuid::Uuid;

/// One's own profile, cut into what may be told here and what may not.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What may be told.
    pub(super) told: Vec<ProfileField>,
    /// What may be told once its owner says so.
    pub(super) ask_first: Fields,
}

impl Told {
    /// Returns those parts of it that are asked for.
    pub(super) fn of(self, fields: Fields) -> Vec<ProfileField> {
        self.told.into_iter().filter(|one| fields.has(one.field)).collect()
    }
}

impl Household {
    /// Says for whom the speaker is taken, and why.
    pub(super) async fn who_am_i(&self, asking: Asking) -> Reply {
        let view = self.0.scenes.view(asking.place, asking.now);
        let name = match view.identity.likely() {
            Some(likely) => self.called(likely.person).await,
            None => String::new(),
        };
        let mut text = words::taken_for(view.identity, &name, asking.language);
        if let (Some(standing), Some(person)) = (view.standing, view.identity.confirmed()) {
            let form = self.form(person).await;
            text = format!("{text} {}", words::role(standing.role, form, asking.language));
        }
        Reply { text, ..Reply::default() }
    }

    /// Returns the form in which a person is addressed.
    pub(super) async fn form(&self, person: crate::foundation::values::PersonId) -> Form {
        let field = self.0.people.field(person, Field::FormOfAddress).await.ok().flatten();
        field.and_then(|field| Form::by_name(field.value.expose())).unwrap_or(Form::Neutral)
    }

    /// Tells what is known of the speaker, or asks them first whether those who are here may hear it.
    pub(super) async fn what_is_known(&self, asking: Asking) -> Reply {
        let identity = self.0.scenes.view(asking.place, asking.now).identity;
        if identity.confirmed().is_none() {
            let why = match identity {
                Identity::Ambiguous => Refusal::Ambiguous,
                Identity::Rejected => Refusal::NotValidated,
                Identity::Unknown
                | Identity::Probable(_)
                | Identity::Confirmed(_)
                | Identity::ConfirmedActive(_) => Refusal::NotIdentified,
            };
            return self.refused(asking, (Uuid::now_v7(), "profile"), why).await;
        }
        let profile = match self.own_profile(asking).await {
            Ok(profile) => profile,
            Err(error) => return Self::unsettled(&error, asking),
        };
        if !profile.ask_first.is_empty() {
            let mut reply = Reply::default();
            reply.say(words::refusal(Refusal::ConfirmFirst, asking.language));
            return reply.and(self.consent(asking, (None, profile.ask_first)).await);
        }
        self.note(asking, (Uuid::now_v7(), "profile"), (Decision::Disclosed, "own")).await;
        Reply { text: words::profile(&profile.told, asking.language), ..Reply::default() }
    }

    /// Reads the speaker's own profile, and asks policy about each part of it.
    pub(super) async fn own_profile(&self, asking: Asking) -> Result<Told, PeopleError> {
        let identity = self.0.scenes.view(asking.place, asking.now).identity;
        let Some(owner) = identity.confirmed() else { return Ok(Told::default()) };
        let mut told = Told::default();
        for part in self.0.people.profile(owner).await? {
            let datum =
                Datum { owner, field: part.field, visibility: part.visibility, supplied_by: None };
            let conversation = asking.place.conversation;
            let decided =
                self.0.scenes.look(asking.place, asking.now, |context, room, consents| {
                    disclose(&datum, Purpose::Talk, (context, room, conversation), consents)
                });
            match decided {
                Disclosure::Tell => told.told.push(part),
                Disclosure::AskFirst => told.ask_first = told.ask_first.with(part.field),
                Disclosure::Withhold(_) => {}
            }
        }
        Ok(told)
    }

    /// Returns the birthday greeting that is due, and remembers it.
    pub(super) async fn greeting(&self, asking: Asking) -> Result<Option<String>, PeopleError> {
        let identity = self.0.scenes.view(asking.place, asking.now).identity;
        let Some(person) = identity.confirmed() else { return Ok(None) };
        let Some(birthday) = self.0.people.birthday(person).await? else { return Ok(None) };
        // Decided right before it is said.
        let due = self.0.scenes.look(asking.place, asking.now, |context, _, _| {
            events::birthday(&birthday, Some(asking.today), context)
        });
        let Ok(greeting) = due else { return Ok(None) };
        if !self.0.people.greet(person, greeting.on) {
            return Ok(None);
        }
        Ok(Some(words::birthday(&self.called(person).await, asking.language)))
    }
}
