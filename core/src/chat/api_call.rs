//! Calls of the API that the chat makes: the same calls that the page makes.

use std::fmt;

use http::{HeaderMap, Method};
use serde_json::json;
use url::form_urlencoded;

use super::door::InviteText;
use crate::{
    api::{ApiProblem, Call, Caller, Reply},
    config::Quality,
    ids::{AvatarId, Gender, Name, PhotoId},
    telegram::{Attachment, ChatId},
    time::Timestamp,
};

/// A call of the API. The chat is trusted like the shell that it lives in: the caller is named instead of shown by a
/// token.
#[derive(Clone, PartialEq)]
pub struct ApiCall {
    method: Method,
    target: String,
    /// Body of the call, unless that is a file.
    pub body: Vec<u8>,
    /// Caller for whom it is made.
    pub caller: Caller,
}

/// Shows neither names nor invites: the query and the body may hold both.
impl fmt::Debug for ApiCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "{} {path}", self.method)
    }
}

impl ApiCall {
    /// Makes the call, as if it had come over HTTP.
    pub fn call(&self, now: Timestamp) -> Result<Call, ApiProblem> {
        Call::parse(&self.method, &self.target, &HeaderMap::new(), now)
    }

    /// Returns the method and the target of the call, for a shell that hands it on to another process.
    #[must_use]
    pub fn line(&self) -> (&Method, &str) {
        (&self.method, &self.target)
    }

    fn new(method: Method, target: impl Into<String>, caller: Caller) -> Self {
        Self { method, target: target.into(), body: Vec::new(), caller }
    }

    fn with(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }

    pub(super) fn show_invite(invite: &InviteText) -> Self {
        Self::new(Method::POST, "/v1/invite", Caller::Anyone).with(&json!({ "invite": invite.expose() }))
    }

    /// Redeems an invite for an avatar. `dearest` is the dearest preset that the invite pays for: a training may then
    /// choose any up to it.
    pub(super) fn redeem(
        invite: &InviteText,
        avatar: AvatarId,
        name: &Name,
        gender: Gender,
        dearest: Option<Quality>,
    ) -> Self {
        let config = dearest.map_or_else(|| json!({}), |quality| json!({ "quality": quality }));
        Self::new(Method::POST, "/v1/redeem", Caller::Anyone).with(&json!({
            "invite": invite.expose(), "avatar_id": avatar, "name": name, "gender": gender, "consent": true,
            "training_config": config,
        }))
    }

    /// Creates an avatar for a person who needs no invite.
    pub(super) fn create(chat: ChatId, avatar: AvatarId, name: &Name, gender: Gender) -> Self {
        Self::new(Method::PUT, path(avatar, ""), Caller::Server).with(&json!({
            "user_id": format!("telegram-{chat}"), "name": name, "gender": gender, "consent": true,
        }))
    }

    pub(super) fn show(avatar: AvatarId, caller: Caller) -> Self {
        Self::new(Method::GET, path(avatar, ""), caller)
    }

    pub(super) fn erase(avatar: AvatarId, caller: Caller) -> Self {
        Self::new(Method::DELETE, path(avatar, ""), caller)
    }

    pub(super) fn upload(
        avatar: AvatarId,
        caller: Caller,
        photo: &PhotoId,
        name: &Name,
        caption: Option<&str>,
    ) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("name", name.as_str());
        if let Some(caption) = caption {
            query.append_pair("caption", caption);
        }
        let target = format!("{}?{}", path(avatar, &format!("/photos/{photo}")), query.finish());
        Self::new(Method::PUT, target, caller)
    }

    pub(super) fn remove_photo(avatar: AvatarId, caller: Caller, photo: &PhotoId) -> Self {
        Self::new(Method::DELETE, path(avatar, &format!("/photos/{photo}")), caller)
    }

    pub(super) fn train(
        avatar: AvatarId,
        caller: Caller,
        number: u32,
        quality: Quality,
        again: bool,
    ) -> Self {
        let body = json!({ "training_config": { "quality": quality }, "again": again });
        Self::new(Method::PUT, path(avatar, &format!("/trainings/{number}")), caller).with(&body)
    }

    pub(super) fn stop(avatar: AvatarId, caller: Caller, number: u32) -> Self {
        Self::new(Method::POST, path(avatar, &format!("/trainings/{number}/cancel")), caller)
    }

    pub(super) fn order(avatar: AvatarId, caller: Caller, number: u32, prompt: &str, count: u32) -> Self {
        let body = json!({ "prompt": prompt, "count": count });
        Self::new(Method::PUT, path(avatar, &format!("/pictures/{number}")), caller).with(&body)
    }

    pub(super) fn picture(avatar: AvatarId, caller: Caller, number: u32, file: u32) -> Self {
        Self::new(Method::GET, path(avatar, &format!("/pictures/{number}/files/{file}")), caller)
    }
}

/// Makes the attachment of a message from a file of ours, which came with this reply.
#[must_use]
pub fn attachment(reply: &Reply, bytes: Vec<u8>) -> Attachment {
    let header = |name| reply.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let disposition = header(http::header::CONTENT_DISPOSITION).unwrap_or_default();
    let name = disposition.split('"').nth(1).unwrap_or("portrait").to_owned();
    let content_type = match header(http::header::CONTENT_TYPE) {
        Some("image/png") => "image/png",
        Some("image/jpeg") => "image/jpeg",
        Some("image/webp") => "image/webp",
        _ => "application/octet-stream",
    };
    Attachment { name, content_type, bytes }
}

fn path(avatar: AvatarId, rest: &str) -> String {
    format!("/v1/avatars/{avatar}{rest}")
}

#[cfg(test)]
mod tests {
    use super::{ApiCall, attachment};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::{Caller, Operation, Reply},
        chat::door::InviteText,
        config::Quality,
        http::StatusCode,
        ids::{AvatarId, Gender, Name, PhotoId},
        telegram::ChatId,
        time::Timestamp,
    };

    #[test]
    fn each_call_is_one_of_the_apis_and_may_be_made_by_its_caller() {
        use Operation as O;
        let avatar = AvatarId::new(uuid::Uuid::from_u128(7));
        let (photo, name) = (PhotoId::new("p").expect("an id"), Name::new("Anna & Eva").expect("a name"));
        let invite = InviteText::find(&"a7".repeat(32)).expect("an invite");
        let server = Caller::Server;
        for (call, operation) in [
            (ApiCall::show_invite(&invite), O::ShowInvite),
            (ApiCall::redeem(&invite, avatar, &name, Gender::Other, Some(Quality::High)), O::Redeem),
            (ApiCall::create(ChatId(7), avatar, &name, Gender::Female), O::CreateAvatar),
            (ApiCall::show(avatar, server), O::ShowAvatar),
            (ApiCall::erase(avatar, server), O::EraseAvatar),
            (ApiCall::upload(avatar, server, &photo, &name, Some("a & b")), O::UploadPhoto),
            (ApiCall::remove_photo(avatar, server, &photo), O::RemovePhoto),
            (ApiCall::train(avatar, server, 1, Quality::Fast, true), O::StartTraining),
            (ApiCall::stop(avatar, server, 1), O::CancelTraining),
            (ApiCall::order(avatar, server, 2, "at the sea", 4), O::OrderPictures),
            (ApiCall::picture(avatar, server, 2, 1), O::DownloadPicture),
        ] {
            let parsed = call.call(Timestamp::START).expect("a call of the API");
            assert_eq!((parsed.operation, parsed.admit(call.caller)), (operation, Ok(())));
            let shown = format!("{call:?}");
            assert!(!shown.contains("Anna") && !shown.contains("a7a7") && !shown.contains("sea"), "{shown}");
        }
        let upload = ApiCall::upload(avatar, server, &photo, &name, Some("a & b"));
        let parsed = upload.call(Timestamp::START).expect("a call of the API");
        assert_eq!(parsed.query("name").as_deref(), Some("Anna & Eva"));
        assert_eq!(parsed.query("caption").as_deref(), Some("a & b"));
    }

    #[test]
    fn a_file_keeps_its_name_and_type() {
        let reply = Reply::empty(StatusCode::OK)
            .with(http::header::CONTENT_TYPE, "image/jpeg")
            .with(http::header::CONTENT_DISPOSITION, "attachment; filename=\"1-1.jpg\"");
        let attachment = attachment(&reply, b"JPEG".to_vec());
        assert_eq!((attachment.name.as_str(), attachment.content_type), ("1-1.jpg", "image/jpeg"));
    }
}
