//! Calls about one avatar. Each is answered in one step between loading and saving: where bytes must be moved or money
//! reserved first, the answer says so, and the shell asks again with the result.

pub(super) mod orders;
pub(super) mod photos;

use std::ops::Range;

use serde::Deserialize;
use serde_json::json;

use super::{
    admission::Admission,
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
        Avatar, AvatarId, AvatarTerms, Command, Consent, Event, Expected, Gender, Kept, Moment, Person,
        Sha256Sum, TrainingSettings,
    },
    budget::{Purchase, TokenDigest},
    download as file,
    error::{DataError, Error},
    http::{self as wire, StatusCode},
    storage::{BucketFolder, ObjectPlace},
};

/// The facts from which a call about an avatar is answered.
#[derive(Debug)]
pub struct AvatarApi<'a> {
    /// The deployment's settings.
    pub deployment: &'a Deployment,
    /// Account and bucket of the avatar. `None`: the deployment can buy nothing.
    pub connection: Option<&'a ConnectionSettings>,
    /// The present moment.
    pub moment: Moment,
}

/// The input that the shell brings along.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The call's body, unless it is a file.
    pub body: Vec<u8>,
    /// The budget's answer, once the budget was asked.
    pub reserved: Option<Result<(), Problem>>,
    /// Success or failure of sending the file to the place that [`Answer::Receive`] named.
    pub received: Option<Result<(), Problem>>,
    /// fal's answer to [`Answer::Ask`].
    pub asked: Option<wire::Answer>,
    /// Id of the message with which the call came, where the message may come again.
    pub message: Option<MessageId>,
}

/// The next action for a call.
#[derive(Debug)]
pub enum Answer {
    /// A reply to send.
    Reply(Reply),
    /// A purchase to reserve with the budget, before asking again.
    Reserve(Purchase),
    /// A request to send to fal, before asking again with the answer. The request changes nothing at fal.
    Ask(Box<wire::Request>),
    /// A place to which to stream the call's body, before asking again. More than `max_bytes` are refused.
    Receive {
        /// Destination of the bytes.
        photo: Expected,
        /// Largest number of bytes.
        max_bytes: u64,
    },
    /// A file to stream.
    File(Download),
    /// A pause, since nothing has changed yet: ask again a little later ([`HOLD_PAUSE`](crate::limits::HOLD_PAUSE)).
    Hold,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Name among the avatar's files.
    pub file: String,
    /// Place of the file, where the file lies in a bucket.
    pub place: Option<ObjectPlace>,
    /// Length in bytes.
    pub length: u64,
    /// Part of the file that is sent; `None` for all of it.
    pub part: Option<Range<u64>>,
    /// SHA-256 noted when the file was kept. Other bytes are not given out.
    pub sha256: Sha256Sum,
    /// Media type.
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

    /// Returns the version of the file, from which its bytes follow.
    pub(super) fn tag(&self) -> String {
        let sum = self.sha256.to_string();
        format!("\"{}\"", sum.get(..24).unwrap_or(&sum))
    }

    /// Makes the reply without the file itself, which is saved and never shown.
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

/// The body of the call that creates an avatar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "NewAvatar"))]
pub(super) struct Creation {
    /// The user at the backend whose avatar it is.
    user_id: GivenName,
    /// The person's name.
    name: GivenName,
    /// The choice of words in a message about the person.
    #[serde(default)]
    gender: Option<Gender>,
    /// True if the caller confirms that the photos show the person who sends them, or an adult who agreed.
    #[serde(default)]
    consent: bool,
    /// Defaults of the avatar's trainings.
    #[serde(default)]
    training_config: TrainingSettings,
}

pub(super) type Answered = (Option<Avatar>, Answer);

impl AvatarApi<'_> {
    /// Answers a call about this avatar; `None` for one that does not exist. The new state is saved before the answer
    /// leaves.
    #[must_use]
    pub fn answer(&self, known: Option<Avatar>, call: &Call, caller: Caller, given: &Given) -> Answered {
        let before = known.clone();
        match self.try_answer(known, call, caller, given) {
            Ok(answered) => answered,
            Err(problem) => (before, Answer::Reply(problem.into())),
        }
    }

    /// Answers a call whose message may arrive a second time: the call takes effect once. The memory of the message is
    /// saved together with the avatar.
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
            // A caller who makes up an avatar's id leaves nothing behind.
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
                // A call that is refused now could succeed a minute later, when the caller no longer wants it.
                Answer::Reply(reply) if reply.status != StatusCode::UNAUTHORIZED => {
                    Memory::Reply(reply.clone())
                }
                _ => Memory::Nothing,
            }
        };
        // A URL for a photo that is still expected is signed anew, and is valid from now on.
        let stands = |before: &Option<Avatar>, after: &Option<Avatar>| match &call.params.photo {
            Some(photo) => before.as_ref().is_some_and(|avatar| photos::knows(avatar, photo)),
            None => after == before,
        };
        recent.carry_out(id, self.moment.now, known, ask, memory, stands)
    }

    /// Creates an avatar for a caller who was admitted by an invite.
    pub fn redeemed(
        &self,
        known: Option<Avatar>,
        admission: &Admission,
    ) -> (Option<Avatar>, Result<(), Problem>) {
        let Admission { avatar: id, person, settings, capability, consent, steps, .. } = admission;
        let confirmed = |avatar: Avatar| if *consent { avatar.consented(&self.moment) } else { avatar };
        if let Some(avatar) = known {
            let ours = avatar.person().is_some_and(|known| known.user == person.user);
            return if ours {
                (Some(confirmed(avatar)), Ok(()))
            } else {
                let problem = taken(&avatar).into();
                (Some(avatar), Err(problem))
            };
        }
        let granted = TrainingSettings { steps: *steps, ..TrainingSettings::default() };
        let made = modest(settings, Some(&granted)).map_err(Problem::from).and_then(|()| {
            self.new_avatar(*id, person.clone(), settings.clone(), Consent::Required, Some(*capability))
        });
        match made {
            Ok(avatar) => (Some(confirmed(avatar)), Ok(())),
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
            | Operation::RemovePhoto => self.photo_call(avatar, call, caller, given),
            _ => self.order_call(avatar, call, caller, given),
        }
    }

    fn create(&self, known: Option<Avatar>, id: AvatarId, given: &Given) -> Result<Answered, Problem> {
        let Creation { user_id, name, gender, consent, training_config } = body(&given.body)?;
        check(&training_config)?;
        let person = Person { user: user_id.0, name: name.0, gender };
        let (avatar, new) = match known {
            Some(avatar)
                if avatar.person() == Some(&person) && avatar.settings() == Some(&training_config) =>
            {
                (avatar, false)
            }
            Some(avatar) => return Err(taken(&avatar).into()),
            None => (self.new_avatar(id, person, training_config, Consent::NotAsked, None)?, true),
        };
        let avatar = if consent { avatar.consented(&self.moment) } else { avatar };
        let reply = Reply::json(created(new), &views::avatar_view(&avatar, self.moment.now));
        let reply = reply.with(http::header::LOCATION, &format!("/v1/avatars/{id}"));
        Ok((Some(avatar), Answer::Reply(reply)))
    }

    fn new_avatar(
        &self,
        id: AvatarId,
        person: Person,
        settings: TrainingSettings,
        consent: Consent,
        capability: Option<TokenDigest>,
    ) -> Result<Avatar, Problem> {
        check(&settings)?;
        let connection = self.connection.ok_or_else(|| self.deployment.inability())?;
        let bucket_folder =
            connection.bucket.as_ref().map(|bucket| BucketFolder::new(bucket, &person.user, id));
        let terms = AvatarTerms {
            settings,
            capability,
            consent,
            bucket_folder,
            retention: self.deployment.retention,
        };
        let origin = connection.account.origins().origin();
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

    /// Shows a document: at once, or later when the caller has this version already and waits for another.
    fn shown(&self, reply: Reply, call: &Call) -> Answer {
        let reply = reply.tagged();
        if !reply.is_known(call) {
            return Answer::Reply(reply);
        }
        match call.wait {
            // A clock that was set back meanwhile does not tell how long the call was kept.
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

    /// Finds the account and bucket of this avatar.
    fn way_of(&self, avatar: &Avatar) -> Result<&ConnectionSettings, ApiProblem> {
        let connection = self.connection.ok_or_else(|| self.deployment.inability())?;
        connection.carries(avatar)?;
        Ok(connection)
    }
}

/// Tells whether the result of the call exists already. A photo whose bytes have not come does not.
fn is_there(avatar: &Avatar, call: &Call) -> bool {
    if !avatar.is_hosted() || avatar.person().is_none() {
        return false;
    }
    let number = call.params.number.unwrap_or(0);
    match call.operation {
        Operation::CreateAvatar => true,
        Operation::UploadPhoto => call.params.photo.as_ref().is_some_and(|id| avatar.photo(id).is_some()),
        Operation::StartTraining => avatar.training(number).is_some(),
        Operation::OrderPictures => avatar.generation(number).is_some(),
        _ => false,
    }
}

fn taken(avatar: &Avatar) -> ApiProblem {
    if avatar.person().is_none() { ApiProblem::Erased } else { ApiProblem::AvatarTaken }
}

/// Refuses a webhook address of a caller: fal.ai reports to the deployment's own address.
pub(super) fn check(settings: &TrainingSettings) -> Result<(), Problem> {
    if settings.webhook_url.is_some() {
        let why = "`webhook_url` is a setting of the deployment".to_owned();
        return Err(ApiProblem::Body { why }.into());
    }
    settings.check().map(|_| ()).map_err(|error| Problem::from(&Error::Data(DataError::Config(error))))
}

/// Returns the number of steps of a training for which nothing is chosen.
pub(super) fn default_steps() -> u32 {
    TrainingSettings::default().check().map_or(0, |config| config.steps())
}

/// Refuses settings that an invited caller may not choose. An invite counts trainings, and the cost of one follows from
/// its steps: so these are the default's, or the number that the backend granted the avatar when it created it.
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
