//! Recent answers to credentials, so that callers without a valid one do not keep others waiting.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    call::{Call, Reply},
    origin::Origin,
    problem::{ApiProblem, Problem},
    route::{Operation, Place},
};
use crate::{
    budget::{BudgetError, Kind, TokenText},
    http::StatusCode,
    limits::{KNOWN_FOR, LET_IN_FOR, MOST_REFUSED, REFUSED_FOR},
    time::Timestamp,
};

/// The most entries of each kind.
const MOST: usize = 1000;

/// The credential of a call, by its hash, together with the avatar or the request for which a capability was shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shown([u8; 32]);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[shown]")
    }
}

#[derive(Deserialize)]
struct ShownInvite {
    invite: String,
}

impl Shown {
    /// Reads the credential of a call: its token, or the invite of its body. A capability is of one avatar.
    #[must_use]
    pub fn of(call: &Call, body: &[u8]) -> Option<Self> {
        // The same text as another kind of credential, or for another avatar, is another credential.
        let of = |connection: &str, text: &str, what: Option<String>| {
            let parts = [connection, text, what.as_deref().unwrap_or_default()];
            Self(
                parts
                    .into_iter()
                    .fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0]))
                    .finalize()
                    .into(),
            )
        };
        if call.operation.shows_an_invite() {
            let shown: ShownInvite = serde_json::from_slice(body).ok()?;
            return Some(of("invite", &shown.invite, None));
        }
        let avatar = call.params.avatar.map(|avatar| avatar.to_string());
        let what = avatar.or_else(|| call.params.request.as_ref().map(ToString::to_string));
        let text = call.credential.as_ref()?.expose();
        Some(of("token", text, what.filter(|_| shows_a_capability(call))))
    }
}

/// A kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// Missing or unknown token.
    Token,
    /// Unknown invite.
    Invite,
    /// Neither a token nor an invite.
    Nothing,
}

/// The memory of recent answers to credentials.
#[derive(Debug, Default)]
pub struct Porter {
    /// Credentials that were admitted, the latest last.
    let_in: VecDeque<(Shown, Timestamp)>,
    /// Credentials that were refused.
    refused: VecDeque<(Shown, Refusal, Timestamp)>,
    /// Addresses with refused calls: the time of the first, and the number.
    strangers: BTreeMap<Origin, (Timestamp, u32)>,
}

/// Tells whether an entry of this time still counts. An entry of the future was noted before the clock was set back.
fn counts(at: Timestamp, length: Duration, now: Timestamp) -> bool {
    at <= now && now.since(at) < length
}

impl Porter {
    /// Returns the refusal of a call that need not be checked: its credential was refused a moment ago, or too many
    /// calls from its address were.
    pub fn refuses(
        &mut self,
        call: &Call,
        shown: Option<Shown>,
        origin: Option<Origin>,
        now: Timestamp,
    ) -> Option<Problem> {
        if call.operation.place() == Place::Here {
            return None;
        }
        let origin = origin.filter(|origin| origin.tells_callers_apart());
        let is_known = shown.is_some_and(|shown| self.knows_well(shown, now));
        if let Some((since, often)) = origin.and_then(|origin| self.strangers.get(&origin))
            && !is_known
            && *often >= MOST_REFUSED
            && counts(*since, REFUSED_FOR, now)
        {
            let left = REFUSED_FOR.saturating_sub(now.since(*since)).as_secs().max(1);
            return Some(Problem { retry_after: Some(left), ..ApiProblem::RateLimited.into() });
        }
        let refused = self.refused.iter().rev().find(|(known, ..)| Some(*known) == shown);
        let refusal =
            refused.filter(|(.., at)| counts(*at, REFUSED_FOR, now)).map(|(_, refusal, _)| *refusal)?;
        // Counted although it is answered from memory, or one bad token could be repeated without end.
        self.count(origin, now);
        match refusal {
            Refusal::Token => Some(ApiProblem::Unauthorized.into()),
            Refusal::Invite => Some(BudgetError::InviteUnknown.into()),
            Refusal::Nothing => None,
        }
    }

    /// Tells whether this server token was admitted so short a time ago that the budget need not be asked again.
    #[must_use]
    pub fn lets_in(&self, shown: Option<Shown>, now: Timestamp) -> bool {
        shown.is_some_and(|shown| self.knows(shown, LET_IN_FOR, now))
    }

    /// Tells whether a credential was admitted so short a time ago that its connection need not give way to strangers. What
    /// it may do is still asked.
    #[must_use]
    pub fn knows_well(&self, shown: Shown, now: Timestamp) -> bool {
        self.knows(shown, KNOWN_FOR, now)
    }

    /// Notes that a credential was admitted.
    pub fn let_in(&mut self, shown: Option<Shown>, now: Timestamp) {
        let Some(shown) = shown else { return };
        self.let_in.retain(|(known, at)| *known != shown && counts(*at, KNOWN_FOR, now));
        self.let_in.push_back((shown, now));
        if self.let_in.len() > MOST {
            self.let_in.pop_front();
        }
    }

    /// Notes the answer to a call. Of an admitted call only the capability is noted here.
    pub fn answered(
        &mut self,
        call: &Call,
        shown: Option<Shown>,
        origin: Option<Origin>,
        reply: &Reply,
        now: Timestamp,
    ) {
        if matches!(call.operation, Operation::MintToken | Operation::RevokeToken) {
            // A revocation that passes here counts at once.
            self.let_in.clear();
        }
        let Some(refusal) = refusal(call, reply) else {
            // A server token counts from when the budget was asked. Its use does not extend that, or a revoked token in
            // use would stay valid.
            if reply.status.is_success() && shows_a_capability(call) {
                self.let_in(shown, now);
            }
            return;
        };
        self.count(origin.filter(|origin| origin.tells_callers_apart()), now);
        let Some(shown) = shown.filter(|_| refusal != Refusal::Nothing) else { return };
        self.refused.retain(|(known, _, at)| *known != shown && counts(*at, REFUSED_FOR, now));
        self.refused.push_back((shown, refusal, now));
        if self.refused.len() > MOST {
            self.refused.pop_front();
        }
    }

    fn knows(&self, shown: Shown, length: Duration, now: Timestamp) -> bool {
        self.let_in.iter().rev().any(|(known, at)| *known == shown && counts(*at, length, now))
    }

    fn count(&mut self, origin: Option<Origin>, now: Timestamp) {
        let Some(origin) = origin else { return };
        if self.strangers.len() >= MOST && !self.strangers.contains_key(&origin) {
            self.strangers.retain(|_, (since, _)| counts(*since, REFUSED_FOR, now));
            if self.strangers.len() >= MOST {
                let oldest = self.strangers.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| *key);
                oldest.and_then(|oldest| self.strangers.remove(&oldest));
            }
        }
        let (since, often) = self.strangers.entry(origin).or_insert((now, 0));
        if !counts(*since, REFUSED_FOR, now) {
            (*since, *often) = (now, 0);
        }
        *often = often.saturating_add(1);
    }
}

fn shows_a_capability(call: &Call) -> bool {
    let token = call.credential.as_ref().and_then(|shown| TokenText::parse(shown.expose()).ok());
    token.is_some_and(|token| token.kind() == Kind::Capability)
}

/// Tells whether an answer refused the credential.
fn refusal(call: &Call, reply: &Reply) -> Option<Refusal> {
    let redeems = call.operation.shows_an_invite();
    match reply.status {
        StatusCode::UNAUTHORIZED if call.operation.place() == Place::Webhook => Some(Refusal::Nothing),
        StatusCode::UNAUTHORIZED => Some(Refusal::Token),
        StatusCode::BAD_REQUEST if redeems => Some(Refusal::Nothing),
        StatusCode::FORBIDDEN if redeems => {
            let document: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
            let code = document.as_ref().and_then(|document| document.get("code")?.as_str());
            (code == Some(BudgetError::InviteUnknown.code())).then_some(Refusal::Invite)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use serde_json::json;

    use super::{MOST, Origin, Porter, Shown};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::{ApiProblem, Call, Problem, Reply},
        budget::{BudgetError, Kind, TokenText},
        http::StatusCode,
        limits::MOST_REFUSED,
        time::Timestamp,
    };

    const AVATAR: &str = "/v1/avatars/3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + seconds * 1000)
    }

    fn call(method: &Method, path: &str, token: Option<&str>) -> Call {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {token}")).expect("a header");
            headers.insert("authorization", value);
        }
        Call::parse(method, path, &headers, at(0)).expect("a call")
    }

    fn token(kind: Kind, number: u8) -> String {
        TokenText::new(kind, [number; 32]).expose().to_owned()
    }

    fn origin(text: &str) -> Option<Origin> {
        Origin::parse(text)
    }

    fn code(problem: Option<Problem>) -> Option<String> {
        problem.map(|problem| problem.code)
    }

    fn unauthorized() -> Reply {
        ApiProblem::Unauthorized.into()
    }

    #[test]
    fn who_was_not_let_in_is_not_asked_about_for_a_minute() {
        let mut porter = Porter::default();
        let list = call(&Method::GET, "/v1/users/u/avatars", Some(&token(Kind::Server, 1)));
        let shown = Shown::of(&list, b"");
        assert_eq!(porter.refuses(&list, shown, None, at(0)), None);
        porter.answered(&list, shown, None, &unauthorized(), at(0));
        assert_eq!(code(porter.refuses(&list, shown, None, at(59))).as_deref(), Some("api.unauthorized"));
        assert_eq!(porter.refuses(&list, shown, None, at(60)), None);
        assert_eq!(porter.refuses(&list, shown, None, at(-1)), None, "a clock that was set back");
        // A capability is refused by one avatar, and may be another avatar's.
        let capability = token(Kind::Capability, 2);
        let here = call(&Method::GET, AVATAR, Some(&capability));
        let there = call(&Method::GET, &AVATAR.replace("3f0e", "4f0e"), Some(&capability));
        porter.answered(&here, Shown::of(&here, b""), None, &unauthorized(), at(0));
        assert!(porter.refuses(&here, Shown::of(&here, b""), None, at(1)).is_some());
        assert_eq!(porter.refuses(&there, Shown::of(&there, b""), None, at(1)), None);
        // A request at fal.ai is alike: one avatar holds it.
        let [mine, yours] =
            ["a", "b"].map(|id| call(&Method::GET, &format!("/v1/requests/{id}"), Some(&capability)));
        porter.answered(&yours, Shown::of(&yours, b""), None, &unauthorized(), at(0));
        assert_eq!(porter.refuses(&mine, Shown::of(&mine, b""), None, at(1)), None);
        // An invite is shown in the body.
        let redeem = call(&Method::POST, "/v1/redeem", None);
        let shown = |name: &str| {
            let body = json!({ "invite": token(Kind::Invite, 3), "name": name }).to_string();
            Shown::of(&redeem, body.as_bytes())
        };
        porter.answered(&redeem, shown("A"), None, &Problem::from(BudgetError::InviteOver).into(), at(0));
        assert_eq!(porter.refuses(&redeem, shown("A"), None, at(1)), None, "it was an invite");
        let unknown = Problem::from(BudgetError::InviteUnknown);
        porter.answered(&redeem, shown("A"), None, &unknown.clone().into(), at(0));
        assert_eq!(porter.refuses(&redeem, shown("B"), None, at(1)), Some(unknown.clone()));
        // A token that is not an invite is a token.
        let server = token(Kind::Server, 5);
        let body = json!({ "invite": server, "name": "A" }).to_string();
        porter.answered(&redeem, Shown::of(&redeem, body.as_bytes()), None, &unknown.into(), at(0));
        let list = call(&Method::GET, "/v1/users/u/avatars", Some(&server));
        assert_eq!(porter.refuses(&list, Shown::of(&list, b""), None, at(1)), None);
    }

    #[test]
    fn who_was_let_in_is_let_in_for_five_seconds() {
        let mut porter = Porter::default();
        let list = call(&Method::GET, "/v1/users/u/avatars", Some(&token(Kind::Server, 1)));
        let shown = Shown::of(&list, b"");
        assert!(!porter.lets_in(shown, at(0)) && !porter.lets_in(None, at(0)));
        porter.let_in(shown, at(0));
        let used = Reply::json(StatusCode::OK, &json!({}));
        porter.answered(&list, shown, None, &used, at(4));
        assert!(
            porter.lets_in(shown, at(4)) && !porter.lets_in(shown, at(5)) && !porter.lets_in(shown, at(-1))
        );
        porter.let_in(shown, at(10));
        let revoke = call(&Method::DELETE, "/v1/tokens/web", None);
        porter.answered(&revoke, None, None, &Reply::empty(StatusCode::NO_CONTENT), at(11));
        assert!(!porter.lets_in(shown, at(11)), "revoked here, it counts at once");
    }

    #[test]
    fn one_address_is_refused_so_often_and_then_not_asked_about() {
        let mut porter = Porter::default();
        let call_with = |token: &str| call(&Method::GET, AVATAR, Some(token));
        let known = call_with(&token(Kind::Capability, 200));
        porter.answered(
            &known,
            Shown::of(&known, b""),
            origin("192.0.2.1"),
            &Reply::empty(StatusCode::OK),
            at(0),
        );
        for number in 0..MOST_REFUSED {
            let made_up = call_with(&token(Kind::Server, u8::try_from(number).expect("small")));
            let shown = Shown::of(&made_up, b"");
            assert_eq!(porter.refuses(&made_up, shown, origin("192.0.2.1"), at(1)), None, "{number}");
            porter.answered(&made_up, shown, origin("192.0.2.1"), &unauthorized(), at(1));
        }
        let another = call_with(&token(Kind::Server, 99));
        let shown = Shown::of(&another, b"");
        let refused = porter.refuses(&another, shown, origin("192.0.2.1"), at(11)).expect("too many");
        assert_eq!((refused.code.as_str(), refused.retry_after), ("api.rate_limited", Some(50)));
        // Other addresses, callers who have shown a credential before, and calls that need none.
        assert_eq!(porter.refuses(&another, shown, origin("192.0.2.2"), at(11)), None);
        assert_eq!(porter.refuses(&known, Shown::of(&known, b""), origin("192.0.2.1"), at(11)), None);
        let health = call(&Method::GET, "/health", None);
        assert_eq!(porter.refuses(&health, None, origin("192.0.2.1"), at(11)), None);
        assert_eq!(porter.refuses(&another, shown, origin("192.0.2.1"), at(61)), None);
        // Refusals from memory count too.
        let mut porter = Porter::default();
        porter.answered(&another, shown, origin("192.0.2.1"), &unauthorized(), at(0));
        for _ in 1..MOST_REFUSED {
            assert!(porter.refuses(&another, shown, origin("192.0.2.1"), at(1)).is_some());
        }
        let refused = code(porter.refuses(&another, shown, origin("192.0.2.1"), at(1)));
        assert_eq!(refused.as_deref(), Some("api.rate_limited"));
        // A proxy's address does not count as its callers'.
        for _ in 0..2 * MOST_REFUSED {
            porter.answered(&another, None, origin("127.0.0.1"), &unauthorized(), at(0));
        }
        assert_eq!(porter.refuses(&another, None, origin("127.0.0.1"), at(1)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut porter = Porter::default();
        for number in 0..2 * MOST {
            let made_up = call(&Method::GET, AVATAR, Some(&format!("{number}")));
            let shown = Shown::of(&made_up, b"");
            let address = origin(&format!("192.1.{}.{}", number / 256, number % 256));
            porter.answered(&made_up, shown, address, &unauthorized(), at(0));
            porter.let_in(shown, at(0));
        }
        assert_eq!([porter.refused.len(), porter.let_in.len(), porter.strangers.len()], [MOST; 3]);
    }
}
