//! Calls about trainings and pictures.

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Answered, AvatarApi, Download, Given, check, modest};
use crate::{
    api::{
        body::body,
        call::{Call, Caller, Reply},
        problem::{ApiProblem, Problem},
        route::Operation,
        views,
    },
    avatar::{
        Avatar, Command, Event, Identity, Kept, Opened, OrderKey, OrderView, Photo, PhotoSet, PhotoState,
        PictureRequest, PictureSettings, Stage, TrainingConfig, TrainingRequest, TrainingSettings,
    },
    budget::Purchase,
    error::{DataError, Error},
    fal::{CallError, Endpoint, RequestId, generate, status, trainers::portrait},
    http::StatusCode,
    storage::Bucket,
};

/// The body of the call that asks for a training.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "NewTraining"))]
pub(in crate::api) struct TrainingOrder {
    /// Keys of the bucket, instead of photos that were added before.
    photo_urls: Option<Vec<String>>,
    /// Settings of the training; those given when the avatar was created if left out.
    training_config: Option<TrainingSettings>,
    /// True to ask once more for a training of this number that ended without an order; false if left out.
    again: bool,
}

/// The settlement of an unclear order: one of the two fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::api) struct Settlement {
    /// The request that fal.ai took.
    request_id: Option<RequestId>,
    /// True if fal.ai took no request.
    not_accepted: Option<bool>,
}

impl Settlement {
    #[cfg(test)]
    pub(in crate::api) fn settles(self) -> bool {
        self.command(OrderKey::Training(1)).is_ok()
    }

    fn command(self, key: OrderKey) -> Result<Command, ApiProblem> {
        match (self.request_id, self.not_accepted) {
            (Some(request_id), None) => Ok(Command::Resolve(key, request_id)),
            (None, Some(true)) => Ok(Command::NotAccepted(key)),
            _ => Err(ApiProblem::Body {
                why: "it must be either `request_id`, or `not_accepted` with true".to_owned(),
            }),
        }
    }
}

impl AvatarApi<'_> {
    pub(super) fn order_call(
        &self,
        avatar: Avatar,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Result<Answered, Problem> {
        if call.operation == Operation::ListPictures {
            let document = json!(views::pictures(&avatar, self.moment.now));
            return Ok((Some(avatar), self.shown(Reply::json(StatusCode::OK, &document), call)));
        }
        if call.operation == Operation::IssueCapability {
            let admin = self.deployment.admin.as_ref().ok_or(ApiProblem::NoAdmin)?;
            // The same message gives the same seed again, so the seed need not be stored.
            let seed = given.message.map_or(self.moment.entropy, |message| *message.bytes());
            let token = admin.capability(avatar.id(), seed);
            let avatar = avatar.with_capability(token.hash());
            let document =
                json!(views::CapabilityView { avatar_id: avatar.id(), capability: token.expose() });
            return Ok((Some(avatar), Answer::Reply(Reply::json(StatusCode::OK, &document))));
        }
        let number = call.params.number.ok_or(ApiProblem::NoRoute)?;
        let (training, pictures) = (OrderKey::Training(number), OrderKey::Pictures(number));
        match call.operation {
            Operation::StartTraining => self.start(avatar, number, caller, given),
            Operation::OrderPictures => self.order(avatar, number, given),
            Operation::ShowTraining => self.status(avatar, training, call),
            Operation::ShowPictures => self.status(avatar, pictures, call),
            Operation::CancelTraining => self.ask(avatar, training, Command::Cancel(training)),
            Operation::CancelPictures => self.ask(avatar, pictures, Command::Cancel(pictures)),
            Operation::ResolveTraining => self.resolve(avatar, training, given),
            Operation::ResolvePictures => self.resolve(avatar, pictures, given),
            Operation::DownloadModel => {
                let training = avatar.training(number).ok_or(ApiProblem::NoTraining)?;
                let Stage::Done { kept, .. } = training.order.stage() else {
                    return Err(ApiProblem::NoFile { there: None }.into());
                };
                let file = kept.first().ok_or(ApiProblem::NoFile { there: None })?.clone();
                self.file(avatar, &file, call)
            }
            Operation::DownloadPicture => {
                let status = avatar.pictures_status(number, self.moment.now).ok_or(ApiProblem::NoPictures)?;
                let index = call.params.file.unwrap_or(0) as usize;
                let file = index.checked_sub(1).and_then(|index| status.files.get(index));
                let there = Some(status.files.len()).filter(|files| *files > 0);
                let file = file.ok_or(ApiProblem::NoFile { there })?.clone();
                self.file(avatar, &file, call)
            }
            _ => Err(ApiProblem::NoRoute.into()),
        }
    }

    /// Hands a file over. A front without the simulator cannot read the files of test mode.
    fn file(&self, avatar: Avatar, file: &Kept, call: &Call) -> Result<Answered, Problem> {
        if self.deployment.lacks_simulator() {
            return Err(ApiProblem::NoSimulator.into());
        }
        Ok(download(avatar, file, call))
    }

    /// Shows the order that has this request id, as its own path does. An avatar of the command line is hidden from
    /// callers, and an order that only tried to adopt the request does not have it.
    pub(super) fn request(&self, known: Option<Avatar>, call: &Call) -> Result<Answered, Problem> {
        let avatar = known.filter(Avatar::is_hosted).ok_or(ApiProblem::NoRequest)?;
        let request = call.params.request.as_ref().ok_or(ApiProblem::NoRequest)?;
        let key = avatar.order_with(request).ok_or(ApiProblem::NoRequest)?;
        if avatar.person().is_none() {
            return Err(ApiProblem::Erased.into());
        }
        self.status(avatar, key, call)
    }

    fn start(&self, avatar: Avatar, number: u32, caller: Caller, given: &Given) -> Result<Answered, Problem> {
        let TrainingOrder { photo_urls, training_config, again } = body(&given.body)?;
        if photo_urls.is_some() && caller != Caller::Server {
            return Err(ApiProblem::KeysForbidden.into());
        }
        if photo_urls.as_ref().is_some_and(Vec::is_empty) {
            let why =
                "`photo_urls` names no photo; leave it out to train from those that were added".to_owned();
            return Err(ApiProblem::Body { why }.into());
        }
        let settings = training_config.or_else(|| avatar.settings().cloned()).unwrap_or_default();
        check(&settings)?;
        let settings = TrainingSettings {
            webhook_url: self.deployment.webhook.as_ref().map(ToString::to_string),
            ..settings
        };
        let config =
            settings.check().map_err(|error| Problem::from(&Error::Data(DataError::Config(error))))?;
        let identity = identity(&avatar, &config, photo_urls.as_deref());
        let next = avatar.trainings().last().map_or(1, |training| training.attempt + 1);
        let reopens = again && avatar.may_reopen(number);
        if let Some(training) = avatar.training(number).filter(|_| !reopens) {
            // A training that was bought and failed could only be bought a second time.
            let is_spent = again && training.order.ended() && !training.order.is_done();
            if training.identity != identity {
                return Err(ApiProblem::Different.into());
            } else if is_spent {
                return Err(ApiProblem::NotAgain { next }.into());
            }
            return self.accepted(avatar, OrderKey::Training(number));
        }
        if number != next && !reopens {
            return Err(ApiProblem::WrongNumber { next }.into());
        }
        if matches!(caller, Caller::Capability(_)) {
            modest(&settings, avatar.settings())?;
        }
        let connection = self.way_of(&avatar)?;
        let photos =
            photo_urls.map(|keys| from_keys(&avatar, &keys, connection.bucket.as_ref())).transpose()?;
        let set = photos.as_ref().unwrap_or(avatar.photos());
        set.could_be_a_set(config.photos()).map_err(|error| Problem::from(&Error::Data(error)))?;
        let person = avatar.person().cloned().ok_or(ApiProblem::Erased)?;
        let bucket_folder = avatar.bucket_folders().last().cloned();
        let request = TrainingRequest { identity, person, config, photos, bucket_folder, again: true };
        if !reopens && avatar.would_open(&request) != Opened::Began {
            return Err(ApiProblem::Busy.into());
        }
        match &given.reserved {
            None => return Ok((Some(avatar), Answer::Reserve(Purchase::Training(number)))),
            Some(Err(problem)) => return Err(problem.clone()),
            Some(Ok(())) => {}
        }
        let avatar = if reopens {
            avatar.reopen_training(number, request, &self.moment)
        } else {
            avatar.open_training(request, &self.moment).0
        };
        self.accepted(avatar.after(Event::Woke, &self.moment), OrderKey::Training(number))
    }

    fn order(&self, avatar: Avatar, number: u32, given: &Given) -> Result<Answered, Problem> {
        let settings: PictureSettings = body(&given.body)?;
        let trigger = avatar.trigger().ok_or(ApiProblem::NoModel)?;
        let request: PictureRequest =
            settings.check(Some(&trigger)).map_err(|why| ApiProblem::Body { why: why.to_string() })?;
        if let Some(pictures) = avatar.generation(number) {
            if pictures.request != request {
                return Err(ApiProblem::Different.into());
            }
            return self.accepted(avatar, OrderKey::Pictures(number));
        }
        let next = avatar.pictures().last().map_or(1, |pictures| pictures.number + 1);
        if number != next {
            return Err(ApiProblem::WrongNumber { next }.into());
        }
        self.way_of(&avatar)?;
        match &given.reserved {
            None => {
                let purchase = Purchase::Pictures { number, count: request.count() };
                return Ok((Some(avatar), Answer::Reserve(purchase)));
            }
            Some(Err(problem)) => return Err(problem.clone()),
            Some(Ok(())) => {}
        }
        let (avatar, opened) = avatar.open_pictures(request, &self.moment);
        opened.ok_or(ApiProblem::NoModel)?;
        self.accepted(avatar.after(Event::Woke, &self.moment), OrderKey::Pictures(number))
    }

    fn resolve(&self, avatar: Avatar, key: OrderKey, given: &Given) -> Result<Answered, Problem> {
        let command = body::<Settlement>(&given.body)?.command(key)?;
        if !avatar.order(key).ok_or_else(|| missing(key))?.is_unclear() {
            return Err(ApiProblem::NotUnclear.into());
        }
        if let Command::Resolve(_, request) = &command {
            let connection = self.way_of(&avatar)?;
            let Some(answer) = &given.asked else {
                let ask = status::request(&connection.account, &endpoint(key), request);
                return Ok((Some(avatar), Answer::Ask(Box::new(ask))));
            };
            if avatar.request_ids().any(|held| held == request) {
                return Err(ApiProblem::OtherOrder.into());
            }
            is_at_fal(request, answer.clone())?;
        }
        self.ask(avatar, key, command)
    }

    fn ask(&self, avatar: Avatar, key: OrderKey, command: Command) -> Result<Answered, Problem> {
        self.document(&avatar, key)?;
        self.accepted(avatar.after(Event::Asked(command), &self.moment), key)
    }

    fn status(&self, avatar: Avatar, key: OrderKey, call: &Call) -> Result<Answered, Problem> {
        let reply = Reply::json(StatusCode::OK, &self.document(&avatar, key)?);
        // The answer shows the order as it stood; fal's present answer is shown at the next call.
        let avatar = if self.is_worth_asking(&avatar, key) {
            avatar.after(Event::Asked(Command::Look(key)), &self.moment)
        } else {
            avatar
        };
        Ok((Some(avatar), self.shown(reply, call)))
    }

    /// Tells whether fal may have a result by now for an order that ended without one, and was not asked a moment ago.
    fn is_worth_asking(&self, avatar: &Avatar, key: OrderKey) -> bool {
        let doubt = avatar.order(key).and_then(OrderView::doubt);
        doubt.is_some_and(|doubt| !doubt.asking && self.moment.now.since(doubt.asked_at) >= self.moment.poll)
    }

    fn accepted(&self, avatar: Avatar, key: OrderKey) -> Result<Answered, Problem> {
        let location = format!("/v1/avatars/{}/{key}", avatar.id());
        let reply = Reply::json(StatusCode::ACCEPTED, &self.document(&avatar, key)?);
        Ok((Some(avatar), Answer::Reply(reply.with(http::header::LOCATION, &location))))
    }

    fn document(&self, avatar: &Avatar, key: OrderKey) -> Result<serde_json::Value, ApiProblem> {
        views::order(avatar, key, self.moment.now).ok_or_else(|| missing(key))
    }
}

/// Makes the problem of an order that does not exist.
fn missing(key: OrderKey) -> ApiProblem {
    match key {
        OrderKey::Training(_) => ApiProblem::NoTraining,
        OrderKey::Pictures(_) => ApiProblem::NoPictures,
    }
}

fn from_keys(avatar: &Avatar, keys: &[String], bucket: Option<&Bucket>) -> Result<PhotoSet, Problem> {
    let bucket = bucket.ok_or(ApiProblem::NoBucket)?;
    let uploaded = avatar.photos().photos().iter().any(|photo| photo.id.is_some());
    if uploaded || !avatar.expected_photos().is_empty() {
        return Err(ApiProblem::PhotosMixed.into());
    }
    let mut photos = Vec::new();
    for text in keys {
        let key = bucket.locate(text).map_err(|why| {
            // The caller may have given a presigned URL: only its path is told, never the signature.
            let key = text.split(['?', '#']).next().unwrap_or_default().to_owned();
            ApiProblem::Key { key, why: why.to_string() }
        })?;
        photos.push(Photo {
            id: None,
            name: key.to_string(),
            source: bucket.place(key).to_string(),
            sha256: None,
            caption: None,
            crashes: 0,
            cramped: 0,
            state: PhotoState::Waiting,
        });
    }
    Ok(PhotoSet::new(photos))
}

/// Returns fal's endpoint for such an order.
fn endpoint(key: OrderKey) -> Endpoint {
    match key {
        OrderKey::Training(_) => portrait::endpoint(),
        OrderKey::Pictures(_) => generate::endpoint(),
    }
}

/// Checks that fal knows the request, as far as its status tells. The request is compared with the order later.
fn is_at_fal(request: &RequestId, answer: crate::http::Answer) -> Result<(), ApiProblem> {
    match status::parse(answer) {
        Ok(_) => Ok(()),
        Err(CallError::Api(error)) if matches!(error.status, 400 | 404 | 422) => {
            Err(ApiProblem::NotAtFal { request: request.to_string() })
        }
        Err(error) => Err(ApiProblem::FalNotAsked { why: Error::from(error).to_string() }),
    }
}

/// Makes the identity by which two requests for a training are the same.
fn identity(avatar: &Avatar, config: &TrainingConfig, keys: Option<&[String]>) -> Uuid {
    let Some(person) = avatar.person() else { return Uuid::nil() };
    let photos: Vec<_> = keys.unwrap_or_default().iter().map(|key| (None, Some(key.as_str()))).collect();
    Identity {
        user: &person.user,
        name: &person.name,
        test_mode: avatar.test_mode(),
        origin: avatar.origin(),
        config,
    }
    .as_listed(&photos)
}

fn download(avatar: Avatar, file: &Kept, call: &Call) -> Answered {
    let place = file.copy.clone();
    let content_type = match file.name.rsplit('.').next() {
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("jpg") => "image/jpeg",
        _ => "application/octet-stream",
    };
    let (length, sha256) = (file.length, file.sha256);
    let mut download = Download { file: file.name.clone(), place, length, part: None, sha256, content_type };
    let tag = download.tag();
    let head = download.head();
    if head.is_known(call) {
        return (Some(avatar), Answer::Reply(head.not_modified()));
    }
    let answer = if let Ok(part) = call.part_of(length, &tag) {
        download.part = part;
        Answer::File(download)
    } else {
        let reply = Reply::from(ApiProblem::Range { length });
        Answer::Reply(reply.with(http::header::CONTENT_RANGE, &format!("bytes */{length}")))
    };
    (Some(avatar), answer)
}
