//! Calls that the budget answers: tokens, invites, allowances.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    admission::Admission,
    avatar_api::{Given, check, default_steps},
    body::{GivenName, body, nothing},
    call::{Call, Reply},
    deployment::Deployment,
    overview::Standing,
    problem::{ApiProblem, Problem},
    recent::{Memory, Recent},
    route::Operation,
    views,
};
use crate::{
    avatar::{Avatar, AvatarId, ConfigError, Gender, Name, OrderKey, OrderView, Person, TrainingSettings},
    budget::{
        Amount, Budget, BudgetError, InviteTerms, Kind, Minted, Payer, Purchase, PurchaseId, Question,
        ServerTerms, TokenId, TokenText,
    },
    http::StatusCode,
    language::sentence,
    time::Timestamp,
};

/// The facts from which a call to the budget is answered.
#[derive(Debug)]
pub struct BudgetApi<'a> {
    /// The deployment's settings.
    pub deployment: &'a Deployment,
    /// The present time.
    pub now: Timestamp,
}

/// The next action for a call.
#[derive(Debug)]
pub enum BudgetAnswer {
    /// A reply to send.
    Reply(Reply),
    /// An avatar to create ([`super::AvatarApi::redeemed`]); when it is, send [`Admission::reply`].
    Admit(Box<Admission>),
}

/// Gives a token's reply as it was when the token was new.
fn as_at_first(reply: Reply) -> Reply {
    if let Ok(serde_json::Value::Object(mut document)) = serde_json::from_slice(&reply.body)
        && document.get("new") == Some(&json!(false))
    {
        document.insert("new".to_owned(), json!(true));
        return Reply::json(StatusCode::CREATED, &document.into());
    }
    reply
}

/// The result of a call, before a refusal becomes a reply.
struct Asked(Result<BudgetAnswer, Problem>);

impl From<Reply> for Asked {
    fn from(reply: Reply) -> Self {
        Self(Ok(BudgetAnswer::Reply(reply)))
    }
}

impl Admission {
    /// Tells the budget that the avatar is another caller's, and could not be created.
    pub fn turn_away(&self, budget: &mut Budget) {
        budget.turn_away(&self.invite, self.avatar);
    }

    /// Makes the reply that hands the capability over.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply::json(StatusCode::OK, &self.document)
    }
}

/// A server token to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NewToken {
    /// Name of the token's owner; the token's id if left out.
    #[serde(default)]
    label: Option<GivenName>,
    /// Time at which the token expires; never if left out.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// An invite to make.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NewInvite {
    /// Name of the guest; the invite's id if left out.
    #[serde(default)]
    label: Option<GivenName>,
    /// Time at which the invite expires; never if left out.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// Number of avatars that may redeem the invite; 1 if left out.
    #[serde(default)]
    uses: crate::budget::Uses,
    /// Number of trainings that each avatar may buy.
    trainings: u32,
    /// Number of pictures that each avatar may buy.
    pictures: u32,
    /// Most steps of a training, by which its price goes; as many as a training has by default if left out.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<u32>"))]
    steps: Option<Steps>,
}

/// A number of steps that a training may have.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Steps(u32);

impl TryFrom<u32> for Steps {
    type Error = ConfigError;

    fn try_from(steps: u32) -> Result<Self, ConfigError> {
        TrainingSettings { steps: Some(steps), ..TrainingSettings::default() }.check().map(|_| Self(steps))
    }
}

/// The body of the call that asks what an invite gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct InviteShown {
    /// The invite's text.
    invite: String,
}

/// The body of the call that redeems an invite for an avatar.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Redemption {
    /// The invite's text.
    invite: String,
    /// The avatar's id, a new UUID.
    avatar_id: AvatarId,
    /// The person's name.
    name: GivenName,
    /// The choice of words in a message about the person.
    #[serde(default)]
    gender: Option<Gender>,
    /// True if the caller confirms that the photos show the person who sends them, or an adult who agreed. No photo can
    /// be added before that.
    #[serde(default)]
    consent: bool,
    /// Defaults of the avatar's trainings.
    #[serde(default)]
    training_config: TrainingSettings,
}

impl BudgetApi<'_> {
    /// Answers a call. The new state of the budget is saved before the answer leaves.
    #[must_use]
    pub fn answer(&self, budget: Budget, call: &Call, given: &Given) -> (Budget, BudgetAnswer) {
        let (budget, answer) = self.asked(budget, call, given);
        (budget, answer.unwrap_or_else(|problem| BudgetAnswer::Reply(problem.into())))
    }

    /// Answers a call whose message may arrive a second time: the call takes effect once. The memory of the message is
    /// saved together with the budget.
    #[must_use]
    pub fn answer_once(
        &self,
        budget: Budget,
        recent: &mut Recent,
        call: &Call,
        given: &Given,
    ) -> (Budget, BudgetAnswer) {
        let Some(id) = given.message.filter(|_| call.operation.changes_something()) else {
            return self.answer(budget, call, given);
        };
        let repeated = recent.was_done(id, self.now);
        let call = &call.again(repeated);
        let ask = |budget| {
            let (budget, answer) = self.asked(budget, call, given);
            (budget, Asked(answer))
        };
        let memory = |before: &Budget, after: &Budget, asked: &Asked| {
            let changed = after != before;
            match &asked.0 {
                // Nothing is kept of a caller without an invite, or anybody could fill the store.
                Err(problem)
                    if problem.status == StatusCode::BAD_REQUEST
                        || problem.code == BudgetError::InviteUnknown.code() =>
                {
                    Memory::Nothing
                }
                // A call that is refused now could succeed a minute later, when the caller no longer wants it.
                Err(problem) => Memory::Reply(problem.clone().into()),
                Ok(_) if !changed => Memory::Nothing,
                Ok(BudgetAnswer::Reply(reply)) if !call.operation.hands_over_a_secret() => {
                    Memory::Reply(reply.clone())
                }
                Ok(_) => Memory::Done,
            }
        };
        let (budget, Asked(answer)) =
            recent.carry_out(id, self.now, budget, ask, memory, |before, after| before == after);
        match answer.unwrap_or_else(|problem| BudgetAnswer::Reply(problem.into())) {
            // Only an answer to a new token is remembered so, and a second call does not find it new any more.
            BudgetAnswer::Reply(reply) if repeated => (budget, BudgetAnswer::Reply(as_at_first(reply))),
            answer => (budget, answer),
        }
    }

    fn asked(&self, budget: Budget, call: &Call, given: &Given) -> (Budget, Result<BudgetAnswer, Problem>) {
        let mut after = budget.clone();
        match self.try_answer(&mut after, call, given) {
            Ok(answer) => (after, Ok(answer)),
            Err(problem) => (budget, Err(problem)),
        }
    }

    fn try_answer(&self, budget: &mut Budget, call: &Call, given: &Given) -> Result<BudgetAnswer, Problem> {
        let admin = self.deployment.admin.as_ref().ok_or(ApiProblem::NoAdmin)?;
        if call.operation.takes_nothing() {
            nothing(&given.body)?;
        }
        let id = || TokenId::new(call.params.id.as_deref().unwrap_or_default()).map_err(BudgetError::from);
        let document = match call.operation {
            Operation::ListTokens => json!(views::TokensView { tokens: budget.tokens(self.now) }),
            Operation::ListInvites => json!(views::InvitesView { invites: budget.invites(self.now) }),
            Operation::ShowBudget => json!(budget.view(self.deployment.caps, self.now)),
            Operation::ShowOverview => json!(Standing::of(budget, self.deployment.caps, self.now)),
            Operation::MintToken => {
                let NewToken { label, expires_at } = body(&given.body)?;
                let id = id()?;
                let terms = ServerTerms { label: labelled(label, &id)?, expires_at };
                let minted = made_by(call, budget.mint_server(admin, id.clone(), terms, self.now))?;
                return Ok(BudgetAnswer::Reply(handed_over(&id, &minted)));
            }
            Operation::MintInvite => {
                let NewInvite { label, expires_at, uses, trainings, pictures, steps } = body(&given.body)?;
                let id = id()?;
                let allowance = Amount { trainings, pictures };
                let terms = InviteTerms {
                    label: labelled(label, &id)?,
                    allowance,
                    uses,
                    steps: steps.map(|steps| steps.0),
                    expires_at,
                };
                let minted = made_by(call, budget.mint_invite(admin, id.clone(), terms, self.now))?;
                return Ok(BudgetAnswer::Reply(handed_over(&id, &minted)));
            }
            Operation::RevokeToken | Operation::RevokeInvite => {
                if call.operation == Operation::RevokeToken {
                    budget.revoke_server(&id()?, self.now)?;
                } else {
                    budget.revoke_invite(&id()?, self.now)?;
                }
                return Ok(BudgetAnswer::Reply(Reply::empty(StatusCode::NO_CONTENT)));
            }
            Operation::Redeem => return self.redeem(budget, given),
            Operation::ShowInvite => {
                let InviteShown { invite } = body(&given.body)?;
                let invitation = budget.invite(&invite_of(&invite)?, self.now)?;
                json!(views::InvitationView {
                    allowance: invitation.allowance,
                    uses_left: invitation.uses_left,
                    steps: invitation.steps.unwrap_or_else(default_steps),
                    expires_at: invitation.expires_at,
                })
            }
            _ => return Err(ApiProblem::NoRoute.into()),
        };
        Ok(BudgetAnswer::Reply(Reply::json(StatusCode::OK, &document)))
    }

    fn redeem(&self, budget: &mut Budget, given: &Given) -> Result<BudgetAnswer, Problem> {
        let Redemption { invite, avatar_id, name, gender, consent, training_config } = body(&given.body)?;
        check(&training_config)?;
        let invite = invite_of(&invite)?;
        let redeemed = budget.redeem(&invite, avatar_id, self.now)?;
        // An invited caller is not a user of the backend's, and cannot pose as one.
        let user = Name::new(&format!("invite-{}", redeemed.invite.as_str()));
        let user = user.map_err(|why| ApiProblem::Body { why: why.to_string() })?;
        let document = json!(views::RedeemedView {
            avatar_id,
            capability: redeemed.capability.expose(),
            allowance: redeemed.allowance,
        });
        Ok(BudgetAnswer::Admit(Box::new(Admission {
            avatar: avatar_id,
            person: Person { user, name: name.0, gender },
            settings: training_config,
            consent,
            steps: redeemed.steps,
            capability: redeemed.capability.hash(),
            invite: redeemed.invite,
            document,
        })))
    }

    /// Reserves a purchase before it is made.
    pub fn reserve(
        &self,
        budget: &mut Budget,
        avatar: AvatarId,
        purchase: Purchase,
        payer: Payer,
    ) -> Result<(), Problem> {
        Ok(budget.reserve(avatar, purchase, payer, self.deployment.caps, self.now)?)
    }
}

/// Reads an invite.
fn invite_of(text: &str) -> Result<TokenText, BudgetError> {
    let invite = TokenText::parse(text)?;
    if invite.kind() == Kind::Invite { Ok(invite) } else { Err(BudgetError::InviteUnknown) }
}

impl Question {
    /// Returns the question that a call asks the budget.
    #[must_use]
    pub fn of_call(call: &Call, given: &Given) -> Self {
        let id = || TokenId::new(call.params.id.as_deref().unwrap_or_default()).ok();
        let asked = match call.operation {
            Operation::ListTokens | Operation::MintToken => Some(Self::Servers),
            Operation::ListInvites | Operation::MintInvite | Operation::ShowOverview => Some(Self::Invites),
            Operation::RevokeToken => id().map(Self::Server),
            Operation::RevokeInvite => id().map(Self::Invite),
            Operation::Redeem => body(&given.body).ok().and_then(|redemption: Redemption| {
                let invite = TokenText::parse(&redemption.invite).ok()?;
                Some(Self::Redeem(invite.hash(), redemption.avatar_id))
            }),
            Operation::ShowInvite => body(&given.body).ok().and_then(|shown: InviteShown| {
                let invite = TokenText::parse(&shown.invite).ok()?;
                Some(Self::Who(invite.hash()))
            }),
            _ => None,
        };
        asked.unwrap_or(Self::Sums)
    }

    /// Makes the question whether a purchase may be made.
    #[must_use]
    pub fn reserve(avatar: AvatarId, purchase: Purchase, payer: Payer) -> Self {
        Self::Reserve(PurchaseId { avatar, order: purchase.order() }, payer)
    }

    /// Makes the report of an order's end.
    #[must_use]
    pub fn spent(avatar: AvatarId, order: OrderKey) -> Self {
        Self::Spent(PurchaseId { avatar, order })
    }

    /// Makes the report of an avatar that could not be admitted.
    #[must_use]
    pub fn turn_away(admission: &Admission) -> Self {
        Self::TurnAway(admission.invite.clone(), admission.avatar)
    }
}

/// The end of a purchase that was reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spent {
    /// The purchase was made.
    Bought,
    /// Nothing was bought, and nothing will be.
    Nothing,
}

impl Spent {
    /// Tells what became of the purchase that was reserved for this order; `None` while that is open.
    ///
    /// A reservation without an order comes to nothing: its call was refused after all. But while a call of the avatar
    /// is `reserving`, nothing is given back: the reservation may be that call's, for a number whose earlier order came
    /// to nothing.
    #[must_use]
    pub fn of(avatar: &Avatar, order: OrderKey, reserving: bool) -> Option<Self> {
        let order = avatar.order(order);
        if order.is_some_and(|order| order.request_id().is_some() || order.ended() && order.may_be_bought()) {
            return Some(Self::Bought);
        }
        (order.is_none_or(OrderView::ended) && !reserving).then_some(Self::Nothing)
    }

    /// Tells the budget.
    pub fn tell(self, budget: &mut Budget, avatar: AvatarId, order: OrderKey) {
        match self {
            Self::Bought => budget.settle(PurchaseId { avatar, order }),
            Self::Nothing => budget.release(PurchaseId { avatar, order }),
        }
    }
}

/// Shows an avatar as a line of its user's list.
#[must_use]
pub fn listed(avatar: &Avatar) -> serde_json::Value {
    views::listed(avatar)
}

fn labelled(label: Option<GivenName>, id: &TokenId) -> Result<Name, ApiProblem> {
    label
        .map_or_else(|| Name::new(id.as_str()), |label| Ok(label.0))
        .map_err(|why| ApiProblem::Body { why: why.to_string() })
}

/// Returns the token that the call was to make; one that exists already is refused to a call that only makes new ones.
fn made_by(call: &Call, minted: Result<Minted, BudgetError>) -> Result<Minted, Problem> {
    match minted {
        Ok(Minted { new: false, .. }) | Err(BudgetError::IdTaken { .. }) if call.only_creates() => {
            Err(ApiProblem::Exists.into())
        }
        minted => Ok(minted?),
    }
}

fn handed_over(id: &TokenId, minted: &Minted) -> Reply {
    let status = if minted.new { StatusCode::CREATED } else { StatusCode::OK };
    Reply::json(status, &json!(views::MintedView { id, token: minted.token.expose(), new: minted.new }))
}

impl From<BudgetError> for Problem {
    fn from(error: BudgetError) -> Self {
        let status = match &error {
            BudgetError::NotAToken | BudgetError::Id | BudgetError::Uses { .. } => StatusCode::BAD_REQUEST,
            BudgetError::Unknown { .. } => StatusCode::NOT_FOUND,
            BudgetError::InviteUnknown
            | BudgetError::InviteOver
            | BudgetError::InviteTaken
            | BudgetError::NotInvited
            | BudgetError::AllowanceSpent { .. } => StatusCode::FORBIDDEN,
            BudgetError::DailyCap { .. } => StatusCode::TOO_MANY_REQUESTS,
            // The present time decides this error, not the form of the moment.
            BudgetError::ExpiryPast
            | BudgetError::IdTaken { .. }
            | BudgetError::AdminChanged { .. }
            | BudgetError::TooMany { .. }
            | BudgetError::OtherPurchase { .. } => StatusCode::CONFLICT,
        };
        Self {
            status,
            code: error.code().to_owned(),
            detail: sentence(&error.to_string()),
            advice: error.advice().to_owned(),
            retry_after: error.retry_after().map(|wait| wait.as_secs().max(1)),
            allow: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::{Avatar, AvatarId, Name, OrderKey, Person, Spent};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{Command, Event, Imported, Moment, PictureSettings, TriggerPhrase},
        time::Timestamp,
    };

    #[test]
    fn a_reservation_without_an_order_is_given_back_once_no_call_reserves() {
        let now = Timestamp::from_millis(1_795_555_555_000);
        let moment = Moment { now, poll: Duration::from_secs(30), photo_slots: 1, entropy: [7; 16] };
        let name = Name::new("Anna").expect("a name");
        let person = Person { user: name.clone(), name, gender: None };
        let trigger = TriggerPhrase::new("anna").expect("a phrase");
        let model = Imported { file: None, url: "https://fal.test/model".parse().ok(), trigger };
        let origin = "https://queue.fal.run".to_owned();
        let avatar =
            Avatar::new(AvatarId::new(Uuid::nil()), person, false, origin, &moment).with_model(model);
        let order = OrderKey::Pictures(1);
        let spent = |avatar: &Avatar| [true, false].map(|reserving| Spent::of(avatar, order, reserving));
        assert_eq!(spent(&avatar), [None, Some(Spent::Nothing)]);
        let settings = PictureSettings { prompt: "at the sea".to_owned(), ..PictureSettings::default() };
        let (avatar, number) = avatar.open_pictures(settings.check(None).expect("a prompt"), &moment);
        assert_eq!((number, spent(&avatar)), (Some(1), [None, None]));
        // The number may be ordered again, under the same reservation.
        let avatar = avatar.after(Event::Asked(Command::Cancel(order)), &moment);
        assert_eq!(spent(&avatar), [None, Some(Spent::Nothing)]);
    }
}
