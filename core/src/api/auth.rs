//! Authentication: the caller that a credential stands for.

use super::{
    call::{Call, Caller},
    deployment::{ConnectionSettings, Deployment},
    problem::ApiProblem,
    route::Place,
};
use crate::{
    avatar::{Avatar, TaskKind},
    budget::{Budget, Kind, Payer, Question, TokenDigest, TokenText},
    secret::Secret,
    time::Timestamp,
};

/// The caller, as far as the credential itself tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A caller who needs no further question.
    Known(Caller),
    /// A server token, which the budget knows or does not.
    Token(TokenDigest),
}

impl Credential {
    /// Returns the question to the budget about the credential.
    #[must_use]
    pub fn question(&self) -> Question {
        match self {
            Self::Known(_) => Question::Sums,
            Self::Token(digest) => Question::Who(*digest),
        }
    }

    /// Names the caller, once the budget is asked. A credential that is settled needs no budget.
    pub fn caller(self, budget: &Budget, now: Timestamp) -> Result<Caller, ApiProblem> {
        match self {
            Self::Known(caller) => Ok(caller),
            Self::Token(digest) => {
                budget.who(&digest, now).map(|_| Caller::Server).ok_or(ApiProblem::Unauthorized)
            }
        }
    }
}

impl Caller {
    /// Tells who pays for this caller's purchases.
    #[must_use]
    pub fn payer(self) -> Payer {
        if self == Self::Server { Payer::Server } else { Payer::Avatar }
    }
}

impl Deployment {
    /// Reads the credential of a call. While no operator is set up no caller is admitted, and only the deployment's
    /// health is told.
    pub fn credential(&self, call: &Call) -> Result<Credential, ApiProblem> {
        if call.operation.place() == Place::Here {
            return Ok(Credential::Known(Caller::Anyone));
        }
        let admin = self.admin.as_ref().ok_or(ApiProblem::NoAdmin)?;
        let Some(shown) = call.credential.as_ref().map(Secret::expose) else {
            return Ok(Credential::Known(Caller::Anyone));
        };
        if admin.admits(shown) {
            return Ok(Credential::Known(Caller::Admin));
        }
        let token = TokenText::parse(shown).map_err(|_| ApiProblem::Unauthorized)?;
        match token.kind() {
            Kind::Server => Ok(Credential::Token(token.hash())),
            Kind::Capability => Ok(Credential::Known(Caller::Capability(token.hash()))),
            Kind::Invite => Err(ApiProblem::Unauthorized),
        }
    }

    /// Tells whether this deployment does this task. Without a backend there are no notices to send, and without a
    /// ledger no reports.
    #[must_use]
    pub fn wants(&self, task_kind: TaskKind) -> bool {
        match task_kind {
            TaskKind::Notify(_) => self.notify.is_some(),
            TaskKind::Report(_) => self.ledger,
            _ => true,
        }
    }
}

impl ConnectionSettings {
    /// Checks that this deployment buys and keeps the avatar. An avatar that was begun elsewhere, or in another mode,
    /// is not carried on here.
    pub fn carries(&self, avatar: &Avatar) -> Result<(), ApiProblem> {
        let origin = self.account.origins().origin();
        if avatar.origin() != origin {
            let why = format!("it was begun at {}, the settings say {origin}", avatar.origin());
            return Err(ApiProblem::OtherSettings { why });
        }
        if let Some(bucket_folder) = avatar.bucket_folders().last()
            && !self.bucket.as_ref().is_some_and(|bucket| bucket_folder.is_in(bucket))
        {
            let why = format!("its photos lie in {}", bucket_folder.address());
            return Err(ApiProblem::OtherSettings { why });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::Credential;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::{ApiProblem, Call, Caller, Deployment, Role},
        budget::{Budget, Kind, Payer, TokenText},
        time::Timestamp,
    };

    const ADMIN: &str = "an admin token of more than 32 characters";

    fn deployment(admin: &str) -> Deployment {
        Deployment::read(|name| (name == "ADMIN_TOKEN").then(|| admin.to_owned())).expect("settings")
    }

    fn call(path: &str, shown: Option<&str>) -> Call {
        let mut headers = HeaderMap::new();
        if let Some(shown) = shown {
            let value = HeaderValue::from_str(&format!("Bearer {shown}")).expect("a header");
            headers.insert("authorization", value);
        }
        Call::parse(&Method::GET, path, &headers, Timestamp::from_millis(0)).expect("a call")
    }

    #[test]
    fn each_token_opens_its_own_door() {
        let deployment = deployment(ADMIN);
        let now = Timestamp::from_millis(0);
        let budget = Budget::new([7; 32], now);
        let token = |kind| TokenText::new(kind, [9; 32]);
        let caller = |shown: Option<&str>| {
            deployment
                .credential(&call("/v1/budget", shown))
                .and_then(|credential| credential.caller(&budget, now))
        };
        assert_eq!(caller(None), Ok(Caller::Anyone));
        assert_eq!(caller(Some(ADMIN)), Ok(Caller::Admin));
        let capability = token(Kind::Capability);
        assert_eq!(caller(Some(capability.expose())), Ok(Caller::Capability(capability.hash())));
        assert_eq!(Caller::Capability(capability.hash()).payer(), Payer::Avatar);
        assert_eq!(Caller::Server.payer(), Payer::Server);
        let server = token(Kind::Server);
        assert_eq!(
            deployment.credential(&call("/v1/budget", Some(server.expose()))),
            Ok(Credential::Token(server.hash()))
        );
        for other in [server.expose(), token(Kind::Invite).expose(), "lks_", &ADMIN[1..]] {
            assert_eq!(caller(Some(other)), Err(ApiProblem::Unauthorized));
        }
    }

    #[test]
    fn without_an_operator_only_that_it_runs_is_told() {
        let deployment = deployment("");
        let refused = deployment.credential(&call("/v1/budget", None));
        assert_eq!(refused, Err(ApiProblem::NoAdmin));
        let credential = deployment.credential(&call("/health", Some("whatever")));
        assert!(matches!(credential, Ok(Credential::Known(caller)) if caller.role() == Role::Anyone));
        assert_eq!(deployment.health(&[])["able"], false);
    }
}
