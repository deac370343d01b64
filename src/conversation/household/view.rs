//! Who somebody is taken for, why, and what there is for them here: as values, for a page.

use super::{Asking, Household, HouseholdError, Waits, words};
use crate::commands::Listed;
use crate::foundation::{
    audit::{self, Decision, Filter, Record},
    values::{
        PersonId, Redacted,
        time::{self, Timestamp},
    },
};
use crate::people::Circumstances;
use crate::policy::{
    Group, Refusal, Role,
    command::certain,
    fusion::{Signal, Source, Witness},
    mode::Mode,
};
use serde::Serialize;
use uuid::Uuid;

/// How many records of the audit are shown.
const MOST_RECORDS: u32 = 100;

/// Somebody, as a page names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Somebody {
    /// Names them.
    pub id: PersonId,
    /// Their short name.
    pub name: String,
    /// What they are called.
    #[schema(value_type = String)]
    pub called: Redacted<String>,
    /// Their role.
    pub role: &'static str,
}

/// Somebody, as whoever manages people sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// Who.
    #[serde(flatten)]
    pub somebody: Somebody,
    /// Which parts of their profile are filled in; what they say is theirs.
    pub fields: Vec<&'static str>,
    /// The groups whose commands their role lets them have carried out.
    pub groups: Vec<&'static str>,
}

/// One hint at who is speaking.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Why {
    /// Where it comes from: `explicit`, `satellite` (a device or a token), `vision` or `voice`.
    pub source: &'static str,
    /// Who found it out: `node` or `satellite`.
    pub witness: &'static str,
    /// How surely, from 0 to 1.
    pub confidence: f32,
    /// When.
    pub at: Timestamp,
    /// Whether it points at whom the speaker is taken for.
    pub agrees: bool,
}

/// What waits for a confirmation.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Pending {
    /// Names it; an answer names it, too.
    pub id: Uuid,
    /// What: a command's name, a part of a profile, `delegation`, `consent`.
    pub what: String,
    /// What would be done, in words.
    #[schema(value_type = String)]
    pub would: Redacted<String>,
    /// Until when an answer counts.
    pub until: Timestamp,
}

/// A delegation.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Delegated {
    /// Names it.
    pub id: Uuid,
    /// What the giver is called.
    #[schema(value_type = String)]
    pub by: Redacted<String>,
    /// What the one it was given to is called.
    #[schema(value_type = String)]
    pub to: Redacted<String>,
    /// Which groups.
    pub groups: Vec<&'static str>,
    /// Until when.
    pub until: Timestamp,
    /// Whether the speaker can take it back.
    pub may_revoke: bool,
}

/// A consent.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Consented {
    /// Names it.
    pub id: Uuid,
    /// Who may be told; none is whoever hears this conversation.
    #[schema(value_type = Option<String>)]
    pub to: Option<Redacted<String>>,
    /// What.
    pub fields: Vec<&'static str>,
    /// Until when.
    pub until: Timestamp,
}

/// Who somebody is taken for, and what there is for them here.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Here {
    /// `unknown`, `probable`, `confirmed`, `confirmed_active`, `ambiguous` or `rejected`.
    pub identity: &'static str,
    /// Whom the speaker is taken for; only probably, unless the identity is confirmed.
    pub person: Option<Somebody>,
    /// How surely, from 0 to 1.
    pub confidence: f32,
    /// Their age class; none unless it is certain who they are.
    pub age: Option<&'static str>,
    /// The hints that count now.
    pub why: Vec<Why>,
    /// `private`, `shared_verified` or `shared_unverified`.
    pub mode: &'static str,
    /// What those who are known to be here are called.
    #[schema(value_type = Vec<String>)]
    pub others: Vec<Redacted<String>>,
    /// How many are here of whom nobody knows who they are.
    pub strangers: u16,
    /// The groups whose commands the speaker may have carried out.
    pub groups: Vec<&'static str>,
    /// What waits for a confirmation of theirs.
    pub pending: Option<Pending>,
    /// What they gave, and what was given to them.
    pub delegations: Vec<Delegated>,
    /// What they consented to.
    pub consents: Vec<Consented>,
    /// Whether they may look at everybody.
    pub may_manage: bool,
    /// Now, as this node's clock has it: deadlines are counted from here.
    pub now: Timestamp,
}

/// One part of a profile, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ProfilePart)]
pub struct Part {
    /// Which.
    pub field: &'static str,
    /// What it says; nothing if others would hear it.
    #[schema(value_type = Option<String>)]
    pub value: Option<Redacted<String>>,
    /// When it was written last.
    pub updated_at: Timestamp,
}

impl Household {
    /// Returns who the speaker is taken for, and what there is for them here.
    pub async fn here(&self, asking: Asking) -> Here {
        let view = self.0.scenes.view(asking.place, asking.now);
        let confirmed = view.identity.confirmed();
        let likely = view.identity.likely();
        let person = match likely {
            Some(likely) => self.somebody(likely.person).await,
            None => None,
        };
        let mut delegations = Vec::new();
        let owns = view.standing.is_some_and(|standing| standing.role == Role::Owner);
        for one in &view.delegations {
            delegations.push(Delegated {
                id: one.id.0,
                by: self.called(one.by).await.into(),
                to: self.called(one.to).await.into(),
                groups: one.groups.iter().map(Group::name).collect(),
                until: one.until,
                may_revoke: confirmed == Some(one.by) || owns,
            });
        }
        let mut consents = Vec::new();
        for one in &view.consents {
            consents.push(Consented {
                id: one.id.0,
                to: match one.to {
                    Some(to) => Some(self.called(to).await.into()),
                    None => None,
                },
                fields: one.fields.iter().map(crate::policy::profile_update::Field::name).collect(),
                until: one.until,
            });
        }
        let mut others = Vec::new();
        for person in &view.company.known {
            others.push(self.called(*person).await.into());
        }
        let rules = self.0.scenes.rules();
        let groups = match view.standing.filter(|one| confirmed == Some(one.person)) {
            Some(standing) => Group::ALL
                .into_iter()
                .filter(|group| {
                    let given = view.delegations.iter();
                    let mut given = given.filter(|one| one.to == standing.person);
                    rules.roles.may(standing.role, *group)
                        || given.any(|one| one.groups.has(*group))
                })
                .map(Group::name)
                .collect(),
            None => Vec::new(),
        };
        Here {
            identity: view.identity.name(),
            confidence: likely.map_or(0.0, |likely| likely.confidence.value()),
            age: confirmed.and(view.standing).map(|standing| standing.age.name()),
            why: view.signals.iter().map(|signal| why(signal, person.as_ref())).collect(),
            person,
            mode: view.mode.name(),
            others,
            strangers: view.company.strangers(),
            groups,
            pending: self.pending(asking),
            delegations,
            consents,
            may_manage: self.manages(asking).is_ok(),
            now: asking.now,
        }
    }

    /// Returns what waits for a confirmation of the speaker.
    fn pending(&self, asking: Asking) -> Option<Pending> {
        let matter = self.0.scenes.view(asking.place, asking.now).waiting?;
        let waits = self.waits();
        let (id, waits) = waits.get(&asking.place.conversation)?;
        let asked = matter.asked();
        (asked.id.0 == *id && asked.speaker == asking.place.speaker).then(|| Pending {
            id: *id,
            what: match waits {
                Waits::Command(action) => action.command().name.clone(),
                Waits::Update(value) => value.field().name().to_owned(),
                Waits::Delegation(_) => "delegation".to_owned(),
                Waits::Consent(_) | Waits::Tell(_) => "consent".to_owned(),
            },
            would: words::would(waits, &matter, asking.language).into(),
            until: asked.until,
        })
    }

    async fn somebody(&self, id: PersonId) -> Option<Somebody> {
        let person = self.0.people.get(id).await.ok()?;
        let called = self.called(id).await.into();
        Some(Somebody { id, name: person.name.to_string(), called, role: person.role.name() })
    }

    /// Returns the speaker's own profile, as far as it may be seen here.
    pub async fn profile(&self, asking: Asking) -> Result<Vec<Part>, HouseholdError> {
        let person = self.allowed(asking, "profile", self.certain(asking)).await?;
        let told = self.own_profile(asking).await?.told;
        self.note(asking, (Uuid::now_v7(), "profile"), (Decision::Disclosed, "own")).await;
        let parts = self.0.people.profile(person).await?.into_iter().map(|part| Part {
            field: part.field.name(),
            value: told.iter().any(|one| one.field == part.field).then_some(part.value),
            updated_at: part.updated_at,
        });
        Ok(parts.collect())
    }

    /// Returns what the audit says about the speaker, the newest first.
    pub async fn audit(&self, asking: Asking) -> Result<Vec<Record>, HouseholdError> {
        let person = self.allowed(asking, "audit", self.alone(asking)).await?;
        let filter =
            Filter { person: Some(person), limit: Some(MOST_RECORDS), ..Filter::default() };
        let mut records = audit::list(self.0.audit.store(), filter).await?;
        records.reverse();
        Ok(records)
    }

    /// Returns everybody, for whoever manages people.
    pub async fn everybody(&self, asking: Asking) -> Result<Vec<Member>, HouseholdError> {
        self.allowed(asking, "people", self.manages(asking)).await?;
        let roles = self.0.scenes.rules().roles;
        let mut everybody = Vec::new();
        for person in self.0.people.list().await? {
            let Some(somebody) = self.somebody(person.id).await else { continue };
            let profile = self.0.people.profile(person.id).await?;
            let groups = Group::ALL.into_iter().filter(|group| roles.may(person.role, *group));
            everybody.push(Member {
                somebody,
                fields: profile.iter().map(|part| part.field.name()).collect(),
                groups: groups.map(Group::name).collect(),
            });
        }
        Ok(everybody)
    }

    /// Returns every command in force, and whether it can be carried out here.
    pub fn commands(&self) -> Vec<Listed> {
        self.0.commands.list(time::now())
    }

    /// Returns everything that is kept of the speaker.
    pub async fn export(&self, asking: Asking) -> Result<crate::people::Export, HouseholdError> {
        let person = self.allowed(asking, "export", self.alone(asking)).await?;
        let how = self.allowed(asking, "export", self.how(asking)).await?;
        Ok(self.0.people.export(person, how).await?)
    }

    /// Deletes everything that is kept of the speaker.
    ///
    /// They say their short name with it: nobody erases themselves by a slip.
    pub async fn erase(
        &self,
        asking: Asking,
        name: &str,
    ) -> Result<crate::people::Erased, HouseholdError> {
        let person = self.allowed(asking, "person", self.alone(asking)).await?;
        if self.0.people.get(person).await?.name.as_str() != name {
            return Err(HouseholdError::AnotherName);
        }
        let how = self.allowed(asking, "person", self.how(asking)).await?;
        let erased = self.0.people.erase(person, (how, false)).await?;
        let touched = self.0.scenes.gone(person, asking.now);
        drop(self.elsewhere(asking, touched).await);
        Ok(erased)
    }

    fn how(&self, asking: Asking) -> Result<Circumstances, Refusal> {
        let view = self.0.scenes.view(asking.place, asking.now);
        view.circumstances(asking.now).ok_or(Refusal::NotIdentified)
    }

    /// Returns who is speaking, if that is certain.
    fn certain(&self, asking: Asking) -> Result<PersonId, Refusal> {
        let known = self.0.scenes.look(asking.place, asking.now, |context, _, _| certain(context));
        known.map(|standing| standing.person)
    }

    /// Returns who is speaking, if that is certain and nobody else hears it.
    fn alone(&self, asking: Asking) -> Result<PersonId, Refusal> {
        let person = self.certain(asking)?;
        if self.0.scenes.view(asking.place, asking.now).mode == Mode::Private {
            return Ok(person);
        }
        Err(Refusal::NotWhileOthersAreHere)
    }

    fn manages(&self, asking: Asking) -> Result<(), Refusal> {
        self.alone(asking)?;
        let standing = self.0.scenes.view(asking.place, asking.now).standing;
        let manages = standing.is_some_and(|one| matches!(one.role, Role::Owner | Role::Admin));
        if manages { Ok(()) } else { Err(Refusal::NotPermitted) }
    }

    /// Writes down what is refused.
    async fn allowed<T: Send>(
        &self,
        asking: Asking,
        name: &str,
        found: Result<T, Refusal>,
    ) -> Result<T, HouseholdError> {
        match found {
            Ok(found) => Ok(found),
            Err(why) => {
                let reply = self.refused(asking, (Uuid::now_v7(), name), why).await;
                Err(HouseholdError::Refused(why, reply))
            }
        }
    }
}

fn why(signal: &Signal, person: Option<&Somebody>) -> Why {
    Why {
        source: match signal.source {
            Source::Explicit => "explicit",
            Source::Satellite => "satellite",
            Source::Vision => "vision",
            Source::Voice => "voice",
        },
        witness: match signal.witness {
            Witness::Node => "node",
            Witness::Satellite(_) => "satellite",
        },
        confidence: signal.confidence.value(),
        at: signal.at,
        agrees: person.is_some_and(|person| signal.person == Some(person.id)),
    }
}
