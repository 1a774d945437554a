//! The table of calls, with the roles that may make each: the parser, the description and the page of roles are made
//! from it.

use http::Method;

use super::problem::ApiProblem;
use crate::{
    avatar::{AvatarId, Name, PhotoId},
    fal::RequestId,
    http::StatusCode,
};

/// The role of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Any caller.
    Anyone,
    /// The operator, by ADMIN_TOKEN: grants who may spend, and sees no photo.
    Admin,
    /// A backend, by a server token: it acts for any user.
    Server,
    /// A holder of the capability of one avatar, who acts for that one.
    Capability,
}

/// The object that answers a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// None: the answer is always the same.
    Here,
    /// The budget.
    Budget,
    /// The budget, and the ledger beside it.
    Ledger,
    /// The avatar of the path.
    Avatar,
    /// The list of a user's avatars.
    User,
    /// The avatar that holds the request of the path at fal.ai.
    Request,
    /// The avatar that a webhook's address names.
    Webhook,
}

/// The operation that a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is explained by its line of the table below")]
pub enum Operation {
    Health,
    Describe,
    ShowOffer,
    FalWebhook,
    ListTokens,
    MintToken,
    RevokeToken,
    ListInvites,
    MintInvite,
    RevokeInvite,
    ShowBudget,
    ShowOverview,
    Redeem,
    ShowInvite,
    IssueCapability,
    ListAvatars,
    ShowRequest,
    CreateAvatar,
    ShowAvatar,
    EraseAvatar,
    ListPhotos,
    UploadPhoto,
    AddressPhoto,
    CheckPhoto,
    ShowPhoto,
    RemovePhoto,
    StartTraining,
    ShowTraining,
    CancelTraining,
    ResolveTraining,
    DownloadModel,
    ListPictures,
    OrderPictures,
    ShowPictures,
    CancelPictures,
    ResolvePictures,
    DownloadPicture,
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Operation of the call.
    pub operation: Operation,
    /// HTTP method, such as `GET`.
    pub method: &'static str,
    /// Path; parts in braces stand for any value.
    pub path: &'static str,
    /// Roles that may make the call.
    pub roles: &'static [Role],
    /// Sentence that says what the call does.
    pub summary: &'static str,
}

const ADMIN: &[Role] = &[Role::Admin];
const SERVER: &[Role] = &[Role::Server];
const HOLDERS: &[Role] = &[Role::Server, Role::Capability];
const ANYONE: &[Role] = &[Role::Anyone, Role::Admin, Role::Server, Role::Capability];

const fn entry(
    operation: Operation,
    method: &'static str,
    path: &'static str,
    roles: &'static [Role],
    summary: &'static str,
) -> Entry {
    Entry { operation, method, path, roles, summary }
}

/// The table of calls.
pub const ROUTES: &[Entry] = {
    use Operation as O;
    &[
        entry(O::Health, "GET", "/health", ANYONE, "Says that it runs, and whether it can buy anything."),
        entry(O::Describe, "GET", "/openapi.json", ANYONE, "This description."),
        entry(O::ShowOffer, "GET", "/v1/offer", ANYONE, "Says what is asked for, and what it costs."),
        entry(O::FalWebhook, "POST", "/webhooks/fal", ANYONE, "Where fal.ai reports the end of a request."),
        entry(O::ListTokens, "GET", "/v1/tokens", ADMIN, "Lists the server tokens, without themselves."),
        entry(O::MintToken, "PUT", "/v1/tokens/{id}", ADMIN, "Makes a server token, or shows it again."),
        entry(O::RevokeToken, "DELETE", "/v1/tokens/{id}", ADMIN, "Ends a server token."),
        entry(O::ListInvites, "GET", "/v1/invites", ADMIN, "Lists the invites, and what is left of each."),
        entry(O::MintInvite, "PUT", "/v1/invites/{id}", ADMIN, "Makes an invite, or shows it again."),
        entry(O::RevokeInvite, "DELETE", "/v1/invites/{id}", ADMIN, "Ends an invite."),
        entry(O::ShowBudget, "GET", "/v1/budget", ADMIN, "Shows what was bought today, and the day's caps."),
        entry(
            O::ShowOverview,
            "GET",
            "/v1/overview",
            ADMIN,
            "Shows how the jobs of all avatars stand, with the day's budget and the invites.",
        ),
        entry(O::Redeem, "POST", "/v1/redeem", ANYONE, "Gives the capability of an avatar for an invite."),
        entry(
            O::ShowInvite,
            "POST",
            "/v1/invite",
            ANYONE,
            "Says what an invite gives, without redeeming it.",
        ),
        entry(
            O::IssueCapability,
            "POST",
            "/v1/avatars/{avatar}/capability",
            SERVER,
            "Makes a new capability of an avatar; the one before counts no more.",
        ),
        entry(O::ListAvatars, "GET", "/v1/users/{user}/avatars", SERVER, "Lists a user's avatars."),
        entry(
            O::ShowRequest,
            "GET",
            "/v1/requests/{request_id}",
            SERVER,
            "Shows the status document of the order that has this request id at fal.ai.",
        ),
        entry(O::CreateAvatar, "PUT", "/v1/avatars/{avatar}", HOLDERS, "Creates an avatar."),
        entry(O::ShowAvatar, "GET", "/v1/avatars/{avatar}", HOLDERS, "Shows an avatar and all that is its."),
        entry(
            O::EraseAvatar,
            "DELETE",
            "/v1/avatars/{avatar}",
            HOLDERS,
            "Forgets the person and deletes everything of theirs.",
        ),
        entry(
            O::ListPhotos,
            "GET",
            "/v1/avatars/{avatar}/photos",
            HOLDERS,
            "Lists the photos with their reports.",
        ),
        entry(
            O::UploadPhoto,
            "PUT",
            "/v1/avatars/{avatar}/photos/{photo}",
            HOLDERS,
            "Adds a photo: the body is the file.",
        ),
        entry(
            O::AddressPhoto,
            "POST",
            "/v1/avatars/{avatar}/photos/{photo}/address",
            HOLDERS,
            "Gives an address at which the photo is PUT straight into the bucket.",
        ),
        entry(
            O::CheckPhoto,
            "POST",
            "/v1/avatars/{avatar}/photos/{photo}/check",
            HOLDERS,
            "Says that the photo was PUT at its address, and has it looked at.",
        ),
        entry(O::ShowPhoto, "GET", "/v1/avatars/{avatar}/photos/{photo}", HOLDERS, "Shows a photo's report."),
        entry(O::RemovePhoto, "DELETE", "/v1/avatars/{avatar}/photos/{photo}", HOLDERS, "Takes a photo out."),
        entry(
            O::StartTraining,
            "PUT",
            "/v1/avatars/{avatar}/trainings/{number}",
            HOLDERS,
            "Buys a training, from the photos added before or from keys of the bucket.",
        ),
        entry(
            O::ShowTraining,
            "GET",
            "/v1/avatars/{avatar}/trainings/{number}",
            HOLDERS,
            "Shows a training's status document.",
        ),
        entry(
            O::CancelTraining,
            "POST",
            "/v1/avatars/{avatar}/trainings/{number}/cancel",
            HOLDERS,
            "Asks fal.ai to stop a training.",
        ),
        entry(
            O::ResolveTraining,
            "POST",
            "/v1/avatars/{avatar}/trainings/{number}/resolve",
            SERVER,
            "Settles a training of which it is unclear whether fal.ai took it.",
        ),
        entry(
            O::DownloadModel,
            "GET",
            "/v1/avatars/{avatar}/trainings/{number}/model",
            HOLDERS,
            "The trained model's file.",
        ),
        entry(
            O::ListPictures,
            "GET",
            "/v1/avatars/{avatar}/pictures",
            HOLDERS,
            "Lists the orders of pictures.",
        ),
        entry(
            O::OrderPictures,
            "PUT",
            "/v1/avatars/{avatar}/pictures/{number}",
            HOLDERS,
            "Buys pictures made with the avatar's model.",
        ),
        entry(
            O::ShowPictures,
            "GET",
            "/v1/avatars/{avatar}/pictures/{number}",
            HOLDERS,
            "Shows the status document of an order of pictures.",
        ),
        entry(
            O::CancelPictures,
            "POST",
            "/v1/avatars/{avatar}/pictures/{number}/cancel",
            HOLDERS,
            "Asks fal.ai to stop an order of pictures.",
        ),
        entry(
            O::ResolvePictures,
            "POST",
            "/v1/avatars/{avatar}/pictures/{number}/resolve",
            SERVER,
            "Settles an order of pictures of which it is unclear whether fal.ai took it.",
        ),
        entry(
            O::DownloadPicture,
            "GET",
            "/v1/avatars/{avatar}/pictures/{number}/files/{file}",
            HOLDERS,
            "One picture's file, counted from 1.",
        ),
    ]
};

/// The values that the braces of a path stood for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// `{avatar}`.
    pub avatar: Option<AvatarId>,
    /// `{photo}`.
    pub photo: Option<PhotoId>,
    /// `{number}`: an attempt, or the number of an order of pictures.
    pub number: Option<u32>,
    /// `{file}`, counted from 1.
    pub file: Option<u32>,
    /// `{id}`: a token's or an invite's.
    pub id: Option<String>,
    /// `{user}`.
    pub user: Option<Name>,
    /// `{request_id}`.
    pub request: Option<RequestId>,
}

impl Operation {
    /// Finds the operation's line of the table.
    #[must_use]
    pub fn entry(self) -> Entry {
        let found = ROUTES.iter().find(|entry| entry.operation == self);
        found.copied().unwrap_or(ROUTES[0])
    }

    /// Tells whether a caller of this role may ask for the operation. A capability is valid for its own avatar only,
    /// which the avatar itself checks.
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        self.entry().roles.contains(&role)
    }

    /// Names the object that answers.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::Health | Self::Describe | Self::ShowOffer => Place::Here,
            Self::FalWebhook => Place::Webhook,
            Self::ListTokens
            | Self::MintToken
            | Self::RevokeToken
            | Self::ListInvites
            | Self::MintInvite
            | Self::RevokeInvite
            | Self::ShowBudget
            | Self::Redeem
            | Self::ShowInvite => Place::Budget,
            Self::ShowOverview => Place::Ledger,
            Self::ListAvatars => Place::User,
            Self::ShowRequest => Place::Request,
            _ => Place::Avatar,
        }
    }

    /// Tells whether the operation may change something. A call that changes nothing may arrive any number of times.
    #[must_use]
    pub fn changes_something(self) -> bool {
        self.entry().method != "GET" && self != Self::ShowInvite
    }

    /// Tells whether the body holds an invite, by which a caller is let in or not.
    #[must_use]
    pub fn shows_an_invite(self) -> bool {
        matches!(self, Self::Redeem | Self::ShowInvite)
    }

    /// Tells whether the answer holds a token or a signature.
    pub(super) fn hands_over_a_secret(self) -> bool {
        matches!(
            self,
            Self::MintToken | Self::MintInvite | Self::Redeem | Self::IssueCapability | Self::AddressPhoto
        )
    }

    /// Tells whether the operation changes something, and needs no body for that.
    pub(super) fn takes_nothing(self) -> bool {
        matches!(
            self,
            Self::RevokeToken
                | Self::RevokeInvite
                | Self::IssueCapability
                | Self::EraseAvatar
                | Self::CheckPhoto
                | Self::RemovePhoto
                | Self::CancelTraining
                | Self::CancelPictures
        )
    }

    /// Tells whether the body is a file that is streamed, not read.
    #[must_use]
    pub fn takes_a_file(self) -> bool {
        self == Self::UploadPhoto
    }

    /// Finds the operation of this method and path.
    pub(super) fn parse(method: &Method, path: &str) -> Result<(Self, Params), ApiProblem> {
        let mut allowed: Vec<&'static str> = Vec::new();
        for entry in ROUTES {
            let Some(params) = matched(entry.path, path) else { continue };
            if entry.method == method.as_str() || (entry.method == "GET" && method == Method::HEAD) {
                return Ok((entry.operation, params?));
            }
            allowed.push(entry.method);
        }
        if allowed.is_empty() {
            Err(ApiProblem::NoRoute)
        } else {
            Err(ApiProblem::Method { allowed: allowed.join(", ") })
        }
    }
}

/// Matches the path with a form of the table; `None` when the path does not have this form.
fn matched(form: &'static str, path: &str) -> Option<Result<Params, ApiProblem>> {
    let mut params = Params::default();
    let (mut forms, mut parts) = (form.split('/'), path.split('/'));
    let mut wrong = None;
    loop {
        match (forms.next(), parts.next()) {
            (None, None) => return Some(wrong.map_or(Ok(params), Err)),
            (Some(form), Some(part)) if form.starts_with('{') => {
                if let Err(why) = params.take(form, part) {
                    wrong = wrong.or(Some(ApiProblem::Path { part: form, why }));
                }
            }
            (Some(form), Some(part)) if form == part => {}
            _ => return None,
        }
    }
}

impl Params {
    fn take(&mut self, form: &str, part: &str) -> Result<(), String> {
        let text = percent_encoding::percent_decode_str(part).decode_utf8().map_err(|_| "not UTF-8")?;
        let whole = |text: &str| {
            let plain = !text.starts_with('0') && text.bytes().all(|digit| digit.is_ascii_digit());
            text.parse::<u32>().ok().filter(|_| plain).ok_or_else(|| "not a number from 1 on".to_owned())
        };
        match form {
            "{avatar}" => self.avatar = Some(text.parse().map_err(|error| format!("{error}"))?),
            "{photo}" => self.photo = Some(PhotoId::new(&text).map_err(|error| error.to_string())?),
            "{number}" => self.number = Some(whole(&text)?),
            "{file}" => self.file = Some(whole(&text)?),
            "{user}" => self.user = Some(Name::new(&text).map_err(|error| error.to_string())?),
            "{request_id}" => self.request = Some(text.parse().map_err(|error| format!("{error}"))?),
            _ if text.is_empty() => return Err("it is empty".to_owned()),
            _ => self.id = Some(text.into_owned()),
        }
        Ok(())
    }
}

/// Returns the status for a resource that was created, or existed already.
pub(super) fn created(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{Operation, ROUTES};
    use crate::api::problem::ApiProblem;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    const ID: &str = "3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11";

    #[test]
    fn every_line_of_the_table_is_found_by_its_own_path() {
        for entry in ROUTES {
            let path = entry
                .path
                .replace("{avatar}", ID)
                .replace("{number}", "1")
                .replace("{file}", "2")
                .replace(['{', '}'], "");
            let method: Method = entry.method.parse().expect("a method");
            let found = Operation::parse(&method, &path).map(|(operation, _)| operation);
            assert_eq!(found, Ok(entry.operation), "{path}");
        }
    }

    #[test]
    fn what_is_no_call_says_why() {
        let parse = |method: Method, path: &str| Operation::parse(&method, path).map(|_| ());
        assert_eq!(parse(Method::GET, "/v2"), Err(ApiProblem::NoRoute));
        assert_eq!(parse(Method::GET, "/health/"), Err(ApiProblem::NoRoute));
        let allowed = ApiProblem::Method { allowed: "GET".to_owned() };
        assert_eq!(parse(Method::POST, "/health"), Err(allowed));
        assert_eq!(parse(Method::HEAD, "/health"), Ok(()));
        let long = format!("/v1/requests/{}", "a".repeat(129));
        for path in [
            "/v1/avatars/x",
            &format!("/v1/avatars/{ID}/trainings/0"),
            "/v1/users/%FF/avatars",
            "/v1/requests/",
            "/v1/requests/a.b",
            "/v1/requests/a%2Fb",
            &long,
        ] {
            assert!(matches!(parse(Method::GET, path), Err(ApiProblem::Path { .. })), "{path}");
        }
    }
}
