//! What ought to be, said once more and in another way: as conditions, without order, without states.

use crate::foundation::values::ConversationId;
use crate::policy::{
    Refusal, Risk, Role, Visibility,
    command::{Authority, Basis, Context, Origin, Request},
    confirmation::{Answer, Asked, Word},
    consent::Consents,
    mode::{Mode, Room},
    privacy::{Datum, Disclosure},
    profile_update::Field,
};

/// Whether a command may be carried out at all, and whether it has to be confirmed.
pub(super) fn may_command(request: &Request, context: &Context<'_>) -> Option<bool> {
    let standing = context.standing?;
    let who = context.identity.confirmed() == Some(standing.person);
    let understood = request.certainty >= context.rules.certainty.ask_below
        && (request.nature.risk != Risk::High
            || request.certainty >= context.rules.certainty.high_risk_from);
    let by_role = standing.role == Role::Owner;
    let delegated = context.delegations.iter().any(|one| {
        one.to == standing.person && one.groups.has(request.nature.group) && context.now < one.until
    });
    let confirm = request.nature.confirm
        || request.origin == Origin::Proposed
        || (context.mode != Mode::Private && request.nature.risk != Risk::Low);
    let minor = standing.age.is_protected();
    let old_enough = !minor || (request.nature.risk != Risk::High && !confirm);
    let harmless = request.nature.risk == Risk::Low && !request.nature.confirm;
    let company = context.mode != Mode::SharedUnverified || harmless;
    let all = who
        && understood
        && (by_role || delegated)
        && old_enough
        && company
        && request.complete
        && request.available;
    all.then_some(confirm)
}

/// Whether an answer confirms what was asked.
pub(super) fn confirms(asked: &Asked, answer: &Answer, context: &Context<'_>) -> bool {
    answer.word == Word::Confirm
        && answer.about.is_none_or(|id| id == asked.id)
        && answer.conversation == asked.conversation
        && context.now < asked.until
        && context.identity.confirmed() == Some(asked.person)
        && context.mode == asked.mode
        && context
            .standing
            .is_some_and(|standing| standing.person == asked.person && standing.age == asked.age)
}

/// Whether a datum may be told.
pub(super) fn may_tell(
    datum: &Datum,
    context: &Context<'_>,
    room: &Room,
    conversation: ConversationId,
    consents: &Consents,
) -> bool {
    if datum.field == Field::LegalName {
        return false;
    }
    if datum.visibility == Visibility::Public && datum.supplied_by.is_none() {
        return true;
    }
    let Some(standing) = context.standing else { return false };
    if context.identity.confirmed() != Some(standing.person) {
        return false;
    }
    let me = standing.person;
    if let Some(supplier) = datum.supplied_by {
        let heard = match datum.visibility {
            Visibility::Public => true,
            Visibility::Shared => context.mode != Mode::SharedUnverified,
            Visibility::Private => context.mode == Mode::Private,
        };
        return (me == supplier || me == datum.owner) && heard;
    }
    if me == datum.owner {
        return context.mode == Mode::Private
            || (datum.visibility == Visibility::Shared && context.mode == Mode::SharedVerified)
            || consents.iter().any(|one| {
                one.to.is_none()
                    && one.owner == me
                    && one.conversation == conversation
                    && one.fields.has(datum.field)
                    && context.now < one.until
            });
    }
    let told = |person| {
        person == datum.owner
            || consents.iter().any(|one| {
                one.owner == datum.owner
                    && one.to == Some(person)
                    && one.fields.has(datum.field)
                    && context.now < one.until
            })
    };
    let everybody = room.known.iter().all(|person| told(*person)) && told(me);
    context.mode != Mode::SharedUnverified
        && !standing.age.is_protected()
        && (datum.visibility == Visibility::Shared || everybody)
}

/// Whether what was decided is what ought to be.
pub(super) fn agrees(authority: Result<Authority, Refusal>, ought: Option<bool>) -> bool {
    match (authority, ought) {
        (Ok(authority), Some(confirm)) => authority.confirm == confirm,
        (Err(_), None) => true,
        (Ok(_), None) | (Err(_), Some(_)) => false,
    }
}

/// Whether a right is one that is there.
pub(super) fn is_right(authority: &Authority, request: &Request, context: &Context<'_>) -> bool {
    match authority.basis {
        Basis::Role => context.standing.is_some_and(|standing| standing.role == Role::Owner),
        Basis::Delegation(id) => context
            .delegations
            .get(id)
            .is_some_and(|one| one.to == authority.person && one.groups.has(request.nature.group)),
    }
}

/// Whether something is told at once.
pub(super) fn is_told(disclosure: Disclosure) -> bool {
    disclosure == Disclosure::Tell
}
