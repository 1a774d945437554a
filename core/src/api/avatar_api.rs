//! What one avatar answers. Everything here happens in one step between loading and saving: where bytes must be moved
//! or money reserved first, the answer says so, and the shell asks again with what came of it.

pub(super) mod orders;
pub(super) mod photos;

use std::ops::Range;

use serde::Deserialize;
use serde_json::json;

use super::{
    body::{GivenName, body, nothing},
    call::{Call, Caller, Reply},
    deployment::{ConnectionSettings, Deployment},
    fields::IfNoneMatch,
    problem::{ApiProblem, Problem},
    recent::{Memory, MessageId, Recent},
    route::{Operation, created},
    views,
};
use crate::{
    avatar::{
        Avatar, AvatarId, AvatarTerms, Command, Event, Expected, Gender, Kept, Moment, OrderKey, Person,
        Sha256Sum, TrainingSettings,
    },
    budget::TokenDigest,
    download as file,
    error::{DataError, Error},
    http::{self as wire, StatusCode},
    storage::{BucketFolder, ObjectPlace},
};

/// What a call is answered from.
#[derive(Debug)]
pub struct AvatarApi<'a> {
    /// The deployment's settings.
    pub deployment: &'a Deployment,
    /// Where the avatar is bought and kept. `None`: the deployment can buy nothing.
    pub way: Option<&'a ConnectionSettings>,
    /// This moment.
    pub moment: Moment,
}

/// What the shell brings along.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The call's body, unless it is a file.
    pub body: Vec<u8>,
    /// What the budget said, once it was asked.
    pub reserved: Option<Result<(), Problem>>,
    /// Whether the file is where [`Answer::Receive`] said, once it was sent there.
    pub received: Option<Result<(), Problem>>,
    /// What fal answered to [`Answer::Ask`].
    pub asked: Option<wire::Answer>,
    /// The message with which the call came, where it may come again.
    pub message: Option<MessageId>,
}

/// What is to be done about a call.
#[derive(Debug)]
pub enum Answer {
    /// Answer this.
    Reply(Reply),
    /// Ask the budget for this, then ask again.
    Reserve(Purchase),
    /// Send this to fal, and ask again with the answer. It changes nothing there.
    Ask(Box<wire::Request>),
    /// Stream the call's body to this place, then ask again. More than `max_bytes` are refused.
    Receive {
        /// Where to.
        photo: Expected,
        /// The most bytes.
        max_bytes: u64,
    },
    /// Stream this file.
    File(Download),
    /// Nothing has changed yet: ask again a little later ([`Hold::PAUSE`]).
    Hold,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// How a call is kept waiting.
#[derive(Debug)]
pub struct Hold;

impl Hold {
    /// The pause between two looks.
    pub const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);
}

/// Something to buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purchase {
    /// A training, by its attempt.
    Training(u32),
    /// This many pictures, by their number.
    Pictures {
        /// The order's number.
        number: u32,
        /// How many pictures.
        count: u32,
    },
}

impl Purchase {
    /// The order that it is.
    #[must_use]
    pub fn key(self) -> OrderKey {
        match self {
            Self::Training(attempt) => OrderKey::Training(attempt),
            Self::Pictures { number, .. } => OrderKey::Pictures(number),
        }
    }
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its name among the avatar's files.
    pub file: String,
    /// The object that it is, where it lies in a bucket.
    pub place: Option<ObjectPlace>,
    /// How long it is.
    pub length: u64,
    /// The part of it that is sent; `None` for all of it.
    pub part: Option<Range<u64>>,
    /// The SHA-256 noted when the file was kept. Other bytes are not given out.
    pub sha256: Sha256Sum,
    /// Its media type.
    pub content_type: &'static str,
}

impl Download {
    /// Describes the bytes that the file must have.
    #[must_use]
    pub fn expected(&self) -> file::Expected {
        file::Expected {
            kind: file::FileKind::Any,
            length: Some(self.length),
            sha256: Some(self.sha256),
            max_bytes: self.length,
        }
    }

    /// Describes the file as it was kept.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let (length, sha256) = (self.length, self.sha256);
        Kept { name: self.file.clone(), length, sha256, copy: self.place.clone() }
    }

    /// Tells which bytes of the file are sent.
    #[must_use]
    pub fn sent(&self) -> Range<u64> {
        self.part.clone().unwrap_or(0..self.length)
    }

    /// The version of the file. Its bytes follow from it.
    pub(super) fn tag(&self) -> String {
        let sum = self.sha256.to_string();
        format!("\"{}\"", sum.get(..24).unwrap_or(&sum))
    }

    /// The reply without the file itself, which is saved and never shown.
    #[must_use]
    pub fn head(&self) -> Reply {
        let Range { start, end } = self.sent();
        let reply = match self.part {
            Some(_) => Reply::empty(StatusCode::PARTIAL_CONTENT).with(
                http::header::CONTENT_RANGE,
                &format!("bytes {start}-{}/{}", end.saturating_sub(1), self.length),
            ),
            None => Reply::empty(StatusCode::OK),
        };
        reply
            .with(http::header::ACCEPT_RANGES, "bytes")
            .with(http::header::ETAG, &self.tag())
            .with(http::header::CONTENT_TYPE, self.content_type)
            .with(http::header::CONTENT_LENGTH, &end.saturating_sub(start).to_string())
            .with(http::header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{}\"", self.file))
    }
}

/// Whose avatar is created, as the body says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "NewAvatar"))]
pub(super) struct Creation {
    /// The user at the backend whose avatar it is.
    user_id: GivenName,
    /// The person's name.
    name: GivenName,
    /// Which words a message about the person uses.
    #[serde(default)]
    gender: Option<Gender>,
    /// How trainings are made, unless one says otherwise.
    #[serde(default)]
    training_config: TrainingSettings,
}

pub(super) type Answered = (Option<Avatar>, Answer);

impl AvatarApi<'_> {
    /// Answers a call about this avatar; `None` for one that is not there. What it becomes is saved before the answer
    /// leaves.
    #[must_use]
    pub fn answer(&self, known: Option<Avatar>, call: &Call, caller: Caller, given: &Given) -> Answered {
        let before = known.clone();
        match self.try_answer(known, call, caller, given) {
            Ok(answered) => answered,
            Err(problem) => (before, Answer::Reply(problem.into())),
        }
    }

    /// Answers a call whose message may arrive a second time: what it does it does once. What is remembered is saved
    /// together with the avatar.
    #[must_use]
    pub fn answer_once(
        &self,
        known: Option<Avatar>,
        recent: &mut Recent,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Answered {
        let Some(id) = given.message.filter(|_| call.operation.changes_something()) else {
            return self.answer(known, call, caller, given);
        };
        let call = &call.again(recent.was_done(id, self.moment.now));
        let ask = |known| self.answer(known, call, caller, given);
        let memory = |before: &Option<Avatar>, after: &Option<Avatar>, answer: &Answer| {
            // Whoever makes up an avatar leaves nothing behind.
            let Some(avatar) = after else { return Memory::Nothing };
            if avatar.person().is_none() {
                return Memory::Gone;
            }
            let changed = after != before;
            match answer {
                Answer::Receive { .. } if changed => Memory::Done,
                Answer::Reply(reply) if reply.status.is_success() => match changed {
                    false => Memory::Nothing,
                    true if call.operation.hands_over_a_secret() => Memory::Done,
                    true => Memory::Reply(reply.clone()),
                },
                // What is refused now might be done a minute later, when nobody wants it any more.
                Answer::Reply(reply) if reply.status != StatusCode::UNAUTHORIZED => {
                    Memory::Reply(reply.clone())
                }
                _ => Memory::Nothing,
            }
        };
        // An address for a photo that is still expected is signed anew, which counts from now on.
        let stands = |before: &Option<Avatar>, after: &Option<Avatar>| match &call.params.photo {
            Some(photo) => before.as_ref().is_some_and(|avatar| photos::knows(avatar, photo)),
            None => after == before,
        };
        recent.carry_out(id, self.moment.now, known, ask, memory, stands)
    }

    /// Creates an avatar for whoever was let in by an invite.
    pub fn redeemed(
        &self,
        known: Option<Avatar>,
        id: AvatarId,
        person: Person,
        settings: TrainingSettings,
        capability: TokenDigest,
    ) -> (Option<Avatar>, Result<(), Problem>) {
        if let Some(avatar) = known {
            let ours = avatar.person().is_some_and(|known| known.user == person.user);
            let result = if ours { Ok(()) } else { Err(taken(&avatar).into()) };
            return (Some(avatar), result);
        }
        let made = modest(&settings, None)
            .map_err(Problem::from)
            .and_then(|()| self.new_avatar(id, person, settings, Some(capability)));
        match made {
            Ok(avatar) => (Some(avatar), Ok(())),
            Err(problem) => (None, Err(problem)),
        }
    }

    fn try_answer(
        &self,
        known: Option<Avatar>,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Result<Answered, Problem> {
        if call.operation == Operation::ShowRequest {
            return self.request(known, call);
        }
        let id = call.params.avatar.ok_or(ApiProblem::NoAvatar)?;
        if let Caller::Capability(hash) = caller
            && !known.as_ref().is_some_and(|avatar| avatar.is_capability(hash))
        {
            return Err(ApiProblem::Unauthorized.into());
        }
        if !call.operation.allows(caller.role()) {
            return Err(ApiProblem::Forbidden.into());
        }
        if call.only_creates() && known.as_ref().is_some_and(|avatar| is_there(avatar, call)) {
            return Err(ApiProblem::Exists.into());
        }
        if call.operation.takes_nothing() {
            nothing(&given.body)?;
        }
        if call.operation == Operation::CreateAvatar {
            return self.create(known, id, given);
        }
        let avatar = known.filter(Avatar::is_hosted).ok_or(ApiProblem::NoAvatar)?;
        if call.operation == Operation::EraseAvatar {
            return Ok(self.erase(avatar));
        }
        if avatar.person().is_none() {
            return Err(ApiProblem::Erased.into());
        }
        match call.operation {
            Operation::ShowAvatar => {
                let reply = Reply::json(StatusCode::OK, &views::avatar_view(&avatar, self.moment.now));
                Ok((Some(avatar), self.shown(reply, call)))
            }
            Operation::ListPhotos
            | Operation::ShowPhoto
            | Operation::UploadPhoto
            | Operation::AddressPhoto
            | Operation::CheckPhoto
            | Operation::RemovePhoto => self.photo_call(avatar, call, given),
            _ => self.order_call(avatar, call, caller, given),
        }
    }

    fn create(&self, known: Option<Avatar>, id: AvatarId, given: &Given) -> Result<Answered, Problem> {
        let Creation { user_id, name, gender, training_config } = body(&given.body)?;
        check(&training_config)?;
        let person = Person { user: user_id.0, name: name.0, gender };
        let (avatar, new) = match known {
            Some(avatar)
                if avatar.person() == Some(&person) && avatar.settings() == Some(&training_config) =>
            {
                (avatar, false)
            }
            Some(avatar) => return Err(taken(&avatar).into()),
            None => (self.new_avatar(id, person, training_config, None)?, true),
        };
        let reply = Reply::json(created(new), &views::avatar_view(&avatar, self.moment.now));
        let reply = reply.with(http::header::LOCATION, &format!("/v1/avatars/{id}"));
        Ok((Some(avatar), Answer::Reply(reply)))
    }

    fn new_avatar(
        &self,
        id: AvatarId,
        person: Person,
        settings: TrainingSettings,
        capability: Option<TokenDigest>,
    ) -> Result<Avatar, Problem> {
        check(&settings)?;
        let way = self.way.ok_or_else(|| self.deployment.inability())?;
        let bucket_folder = way.bucket.as_ref().map(|bucket| BucketFolder::new(bucket, &person.user, id));
        let terms = AvatarTerms { settings, capability, bucket_folder, retention: self.deployment.retention };
        let origin = way.account.origins().origin();
        let avatar = Avatar::new(id, person, self.deployment.test_mode, origin, &self.moment);
        Ok(avatar.hosted(terms, &self.moment))
    }

    fn erase(&self, avatar: Avatar) -> Answered {
        let remains = avatar.remains(self.moment.now);
        let document = json!(views::ErasedView { erased: avatar.id(), remains_at_fal: remains });
        let avatar = if avatar.person().is_some() {
            avatar.after(Event::Asked(Command::Erase), &self.moment)
        } else {
            avatar
        };
        (Some(avatar), Answer::Reply(Reply::json(StatusCode::ACCEPTED, &document)))
    }

    /// A document that is asked for: as it is, or later when the caller has it already and waits for another.
    fn shown(&self, reply: Reply, call: &Call) -> Answer {
        let reply = reply.tagged();
        if !reply.is_known(call) {
            return Answer::Reply(reply);
        }
        match call.wait {
            // A clock that was set back meanwhile does not say how long it was.
            Some(wait)
                if call.if_none_match != Some(IfNoneMatch::Any)
                    && call.arrived_at <= self.moment.now
                    && call.arrived_at.plus(wait) > self.moment.now =>
            {
                Answer::Hold
            }
            _ => Answer::Reply(reply.not_modified()),
        }
    }

    /// Where this avatar is bought.
    fn way_of(&self, avatar: &Avatar) -> Result<&ConnectionSettings, ApiProblem> {
        let way = self.way.ok_or_else(|| self.deployment.inability())?;
        way.carries(avatar)?;
        Ok(way)
    }
}

/// Whether what the call would make is there. A photo whose bytes have not come is not.
fn is_there(avatar: &Avatar, call: &Call) -> bool {
    if !avatar.is_hosted() || avatar.person().is_none() {
        return false;
    }
    let number = call.params.number.unwrap_or(0);
    match call.operation {
        Operation::CreateAvatar => true,
        Operation::UploadPhoto => call.params.photo.as_ref().is_some_and(|id| avatar.photo(id).is_some()),
        Operation::StartTraining => avatar.has(OrderKey::Training(number)),
        Operation::OrderPictures => avatar.has(OrderKey::Pictures(number)),
        _ => false,
    }
}

fn taken(avatar: &Avatar) -> ApiProblem {
    if avatar.person().is_none() { ApiProblem::Erased } else { ApiProblem::AvatarTaken }
}

/// Where fal.ai reports is the deployment's own address, never a caller's.
pub(super) fn check(settings: &TrainingSettings) -> Result<(), Problem> {
    if settings.webhook_url.is_some() {
        let why = "`webhook_url` is a setting of the deployment".to_owned();
        return Err(ApiProblem::Body { why }.into());
    }
    settings.check().map(|_| ()).map_err(|error| Problem::from(&Error::Data(DataError::Config(error))))
}

/// What whoever was only invited may ask for. An invite counts trainings, and what one costs follows from its steps: so
/// these are the default's, or what the backend granted the avatar when it created it.
pub(super) fn modest(
    settings: &TrainingSettings,
    granted: Option<&TrainingSettings>,
) -> Result<(), ApiProblem> {
    let of = |settings: &TrainingSettings| {
        let config = settings.check().ok();
        config.map_or((0, 0), |config| (u64::from(config.steps()), config.photos().max_photos as u64))
    };
    let (usual, granted) = (of(&TrainingSettings::default()), granted.map_or((0, 0), of));
    let (steps, photos) = of(settings);
    for (setting, wanted, most) in
        [("steps", steps, usual.0.max(granted.0)), ("max_photos", photos, usual.1.max(granted.1))]
    {
        if wanted > most {
            return Err(ApiProblem::BeyondInvite { setting, most });
        }
    }
    Ok(())
}
