//! The ticket of a command: one decision, to be used once, by one person, for one action, within seconds. Pure.
//!
//! ```text
//! Authorization ──issue──▶ Ticket ──redeem(action, this very moment)──▶ Redeemed ──▶ an executor, which takes it away
//!                                        └─ anything is another ──▶ Refusal, and the ticket is gone all the same
//! ```
//!
//! Only `policy::command` makes an [`Authorization`], only an authorization becomes a [`Ticket`], and only a ticket becomes a
//! [`Redeemed`]. None of the three can be copied, and each is taken away by the next, so what was used once is not there to be used
//! again: a replayed ticket does not compile. Whoever holds text alone, such as a language model, can make none of them.

use crate::foundation::values::{CommandId, ConversationId, PersonId, Sha256, time::Timestamp};
use crate::policy::{
    Refusal,
    command::{Authorization, Basis, Context},
    identity::Identity,
};

/// That one action may be carried out once. It is not copied.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is not redeemed is not carried out"]
pub struct Ticket(Authorization);

/// That a ticket was good at the moment it was used: what an executor takes. It is not copied, and nobody else makes one.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is not executed is not carried out"]
pub struct Redeemed(Authorization);

impl Ticket {
    /// Turns a decision into its one ticket.
    pub fn issue(authorization: Authorization) -> Self {
        Self(authorization)
    }

    /// Names the command it is for.
    pub fn id(&self) -> CommandId {
        self.0.id()
    }

    /// The exact action it is for.
    pub fn action(&self) -> Sha256 {
        self.0.action()
    }

    /// The decision it came of.
    pub fn authorization(&self) -> &Authorization {
        &self.0
    }

    /// From when it is not good any more.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at()
    }

    /// Uses it up, and returns that it was good, or why it was not: the action is the one that was decided on, and person, state of
    /// identity, age, company, right and time are as they must be.
    pub fn redeem(self, action: &Sha256, context: &Context<'_>) -> Result<Redeemed, Refusal> {
        let Self(authorization) = self;
        if authorization.action() != *action {
            return Err(Refusal::AnotherAction);
        }
        authorization.still_holds(context)?;
        // Nobody spoke for a while: it may be somebody else who is there now.
        let fell_silent = matches!(authorization.identity(), Identity::ConfirmedActive(_))
            && matches!(context.identity, Identity::Confirmed(_));
        if fell_silent {
            return Err(Refusal::Changed);
        }
        Ok(Redeemed(authorization))
    }
}

impl Redeemed {
    /// Names the command.
    pub fn id(&self) -> CommandId {
        self.0.id()
    }

    /// The exact action.
    pub fn action(&self) -> Sha256 {
        self.0.action()
    }

    /// Who has it carried out.
    pub fn person(&self) -> PersonId {
        self.0.authority().person
    }

    /// By which right.
    pub fn basis(&self) -> Basis {
        self.0.authority().basis
    }

    /// In which conversation it was asked for.
    pub fn conversation(&self) -> ConversationId {
        self.0.conversation()
    }

    /// The decision it came of.
    pub fn authorization(&self) -> &Authorization {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::values::DelegationId;
    use crate::policy::{
        Confidence, Group, Groups, Risk, Role, Rules, Standing,
        age::Age,
        command::{Effect, Fact, Nature, Origin, Request, State, authorize, step},
        confirmation::SpeakerId,
        delegation::{Delegation, Delegations},
        fusion::Likely,
        mode::Mode,
    };
    use proptest::prelude::*;
    use std::time::Duration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const ANNA: PersonId = PersonId(Uuid::from_u128(1));
    const BEN: PersonId = PersonId(Uuid::from_u128(2));
    const TALK: ConversationId = ConversationId(Uuid::from_u128(3));
    const ID: CommandId = CommandId(Uuid::from_u128(4));

    /// A moment, of which a test changes a part.
    #[derive(Clone, Debug)]
    struct Moment {
        identity: Identity,
        standing: Option<Standing>,
        mode: Mode,
        delegations: Delegations,
        rules: Rules,
        now: Timestamp,
    }

    impl Moment {
        fn context(&self) -> Context<'_> {
            Context {
                identity: self.identity,
                standing: self.standing,
                mode: self.mode,
                delegations: &self.delegations,
                rules: &self.rules,
                now: self.now,
            }
        }
    }

    fn active(person: PersonId) -> Identity {
        Identity::ConfirmedActive(Likely { person, confidence: Confidence::FULL })
    }

    fn moment(role: Role) -> Moment {
        Moment {
            identity: active(ANNA),
            standing: Some(Standing { person: ANNA, role, age: Age::Adult }),
            mode: Mode::Private,
            delegations: Delegations::default(),
            rules: Rules::default(),
            now: NOW,
        }
    }

    fn request() -> Request {
        Request {
            action: Sha256::of("turn_on_light kitchen"),
            nature: Nature { group: Group::HomeAutomation, risk: Risk::Low, confirm: false },
            origin: Origin::Recognized,
            certainty: Confidence::FULL,
            complete: true,
            available: true,
        }
    }

    /// Takes a request through the machine, as a conversation does.
    fn ticket(moment: &Moment) -> Ticket {
        let context = moment.context();
        let authority = authorize(&request(), &context).unwrap();
        let detected = step(State::Idle, Fact::Detected(ID, request()), &context).state;
        let granted = Fact::Granted(authority, SpeakerId(0), TALK);
        let mut effects = step(detected, granted, &context).effects;
        let Some(Effect::Issue(authorization)) = effects.pop() else {
            unreachable!("it is issued")
        };
        Ticket::issue(authorization)
    }

    fn redeem(ticket: Ticket, moment: &Moment) -> Result<Redeemed, Refusal> {
        ticket.redeem(&request().action, &moment.context())
    }

    fn lent(moment: &mut Moment, id: u128) -> DelegationId {
        let id = DelegationId(Uuid::from_u128(id));
        moment.delegations.begin(Delegation {
            id,
            by: BEN,
            to: ANNA,
            groups: Groups::from(Group::HomeAutomation),
            conversation: TALK,
            until: NOW.plus(Duration::from_mins(5)),
        });
        id
    }

    // INV-CMD-1, INV-CMD-4; PEERS 56: a replayed ticket is denied, for redeeming takes it away.
    #[test]
    fn a_good_ticket_is_redeemed_and_says_for_whom() {
        let now = moment(Role::Owner);
        let ticket = ticket(&now);
        assert_eq!((ticket.id(), ticket.action()), (ID, request().action));
        assert_eq!(ticket.expires_at(), NOW.plus(now.rules.ticket_lifetime));
        let redeemed = redeem(ticket, &now).unwrap();
        assert_eq!((redeemed.id(), redeemed.action()), (ID, request().action));
        assert_eq!((redeemed.person(), redeemed.basis()), (ANNA, Basis::Role));
        assert_eq!(redeemed.conversation(), TALK);
        assert_eq!(redeemed.authorization().mode(), Mode::Private);
    }

    #[test]
    fn a_ticket_is_for_its_action_alone() {
        let now = moment(Role::Owner);
        let other = Sha256::of("turn_on_light bedroom");
        let refused = ticket(&now).redeem(&other, &now.context());
        assert_eq!(refused, Err(Refusal::AnotherAction));
    }

    #[test]
    fn a_ticket_is_good_from_its_moment_until_just_before_its_end() {
        let issued = moment(Role::Owner);
        let life = issued.rules.ticket_lifetime;
        let at = |ms: i64| Moment { now: Timestamp(NOW.0 + ms), ..issued.clone() };
        let life = i64::try_from(life.as_millis()).unwrap();
        for (ms, expected) in [
            (0, Ok(())),
            (life - 1, Ok(())),
            (life, Err(Refusal::TooLate)),
            (life * 100, Err(Refusal::TooLate)),
            (-1, Err(Refusal::FromTheFuture)),
        ] {
            assert_eq!(redeem(ticket(&issued), &at(ms)).map(drop), expected, "{ms}");
        }
    }

    // INV-CMD-5, INV-IDENTITY-1
    #[test]
    fn a_ticket_is_for_the_person_and_the_identity_it_was_issued_to() {
        let issued = moment(Role::Owner);
        let likely = Likely { person: ANNA, confidence: Confidence::FULL };
        for (identity, expected) in [
            (active(ANNA), Ok(())),
            (active(BEN), Err(Refusal::Changed)),
            (Identity::Unknown, Err(Refusal::Changed)),
            (Identity::Ambiguous, Err(Refusal::Changed)),
            (Identity::Rejected, Err(Refusal::Changed)),
            (Identity::Probable(likely), Err(Refusal::Changed)),
            // Silence lies between: it is not taken for granted that the same person is there.
            (Identity::Confirmed(likely), Err(Refusal::Changed)),
        ] {
            let then = Moment { identity, ..issued.clone() };
            assert_eq!(redeem(ticket(&issued), &then).map(drop), expected, "{identity:?}");
        }
        // Whoever was confirmed and speaks now is all the surer.
        let quiet = Moment { identity: Identity::Confirmed(likely), ..issued.clone() };
        assert!(redeem(ticket(&quiet), &issued).is_ok());
        assert!(redeem(ticket(&quiet), &quiet).is_ok());
    }

    // INV-AGE-1, INV-AGE-2
    #[test]
    fn a_ticket_is_for_the_age_it_was_issued_to() {
        let issued = moment(Role::Owner);
        for age in [Age::Child, Age::Teen, Age::Unknown] {
            let standing = issued.standing.map(|standing| Standing { age, ..standing });
            let then = Moment { standing, ..issued.clone() };
            assert_eq!(redeem(ticket(&issued), &then), Err(Refusal::Changed), "{age:?}");
        }
    }

    // INV-MULTI-1, INV-CONV-1
    #[test]
    fn a_ticket_is_for_the_company_it_was_issued_in() {
        let modes = [Mode::Private, Mode::SharedVerified, Mode::SharedUnverified];
        for mode in modes {
            for other in modes {
                let issued = Moment { mode, ..moment(Role::Owner) };
                let then = Moment { mode: other, ..issued.clone() };
                let expected = if mode == other { Ok(()) } else { Err(Refusal::ModeChanged) };
                assert_eq!(
                    redeem(ticket(&issued), &then).map(drop),
                    expected,
                    "{mode:?} {other:?}"
                );
            }
        }
    }

    // INV-CMD-2, INV-CMD-GRP-3: a delegation that was revoked between confirmation and execution.
    #[test]
    fn a_ticket_is_good_as_long_as_the_right_it_came_of() {
        let mut issued = moment(Role::Guest);
        let id = lent(&mut issued, 7);
        let redeemed = redeem(ticket(&issued), &issued).unwrap();
        assert_eq!(redeemed.basis(), Basis::Delegation(id));

        let mut revoked = issued.clone();
        assert!(revoked.delegations.end(id));
        assert_eq!(redeem(ticket(&issued), &revoked), Err(Refusal::AuthorityGone));

        // Another right is another decision.
        let mut replaced = revoked.clone();
        lent(&mut replaced, 8);
        assert_eq!(redeem(ticket(&issued), &replaced), Err(Refusal::AuthorityGone));
        let mut promoted = issued.clone();
        promoted.rules.roles.guest = Groups::from(Group::HomeAutomation);
        assert_eq!(redeem(ticket(&issued), &promoted), Err(Refusal::AuthorityGone));

        let demoted = moment(Role::Guest);
        assert_eq!(redeem(ticket(&moment(Role::Owner)), &demoted), Err(Refusal::AuthorityGone));
        let gone = Moment { standing: None, ..moment(Role::Owner) };
        assert_eq!(redeem(ticket(&moment(Role::Owner)), &gone), Err(Refusal::AuthorityGone));
    }

    prop_compose! {
        fn any_moment()(
            who in 0_u8..6,
            person in 0_u8..3,
            age in 0_usize..4,
            mode in 0_usize..3,
            role in 0_usize..4,
            lent_to in 0_u8..3,
            after in -20_000_i64..20_000,
        ) -> Moment {
            let speaker = if person == 0 { BEN } else { ANNA };
            let likely = Likely { person: speaker, confidence: Confidence::FULL };
            let mut moment = moment(Role::ALL[role]);
            moment.identity = match who {
                0 => Identity::Unknown,
                1 => Identity::Probable(likely),
                2 => Identity::Ambiguous,
                3 => Identity::Confirmed(likely),
                _ => Identity::ConfirmedActive(likely),
            };
            let age = [Age::Unknown, Age::Child, Age::Teen, Age::Adult][age];
            moment.standing = moment.standing.map(|standing| Standing { age, ..standing });
            moment.mode = [Mode::Private, Mode::SharedVerified, Mode::SharedUnverified][mode];
            if lent_to > 0 {
                lent(&mut moment, lent_to.into());
            }
            moment.now = Timestamp(NOW.0 + after);
            moment
        }
    }

    proptest! {
        // Whatever the moments of issue and use are: what was redeemed was for this action, this person, this age, this company and
        // this right, in time.
        #[test]
        fn what_is_redeemed_is_what_was_decided(
            issued in any_moment(),
            used in any_moment(),
            same_moment in any::<bool>(),
            other_action in 0_u8..4,
        ) {
            prop_assume!(authorize(&request(), &issued.context()).is_ok_and(|a| !a.confirm));
            let used = if same_moment { issued.clone() } else { used };
            let action = if other_action == 0 { Sha256::of("another") } else { request().action };
            let ticket = ticket(&issued);
            let until = ticket.expires_at();
            let before = authorize(&request(), &issued.context()).unwrap();
            let redeemed = ticket.redeem(&action, &used.context());
            if same_moment && other_action != 0 {
                prop_assert!(redeemed.is_ok());
            }
            if let Ok(redeemed) = redeemed {
                prop_assert_eq!(redeemed.action(), action);
                prop_assert_eq!(used.identity.confirmed(), Some(redeemed.person()));
                prop_assert_eq!(used.mode, issued.mode);
                prop_assert!(used.now >= issued.now && used.now < until);
                let now = authorize(&request(), &used.context());
                prop_assert_eq!(now.map(|now| (now.age, now.basis)), Ok((before.age, before.basis)));
            }
        }
    }
}
