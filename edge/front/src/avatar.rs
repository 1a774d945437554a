//! The object of one avatar: it holds the avatar, answers the calls about it, and drives it by its alarm.

use std::{cell::Cell, rc::Rc, time::Duration};

use likeness_core::{
    api::{
        Admission, Answer, ApiProblem, AvatarApi, Call, Caller, ConnectionSettings, Deployment, Given, Hold,
        MessageId, Operation, Problem, Recent, Reply, test_bucket,
    },
    avatar::{Avatar, AvatarId, Event, Moment, Stored, TaskId},
    budget::Payer,
    fal::RequestId,
    imager::SignedRequest,
    limits::POLL_INTERVAL,
    storage::BucketFolder,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use url::Url;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{
    Delay, DurableObject, Env, Error, Request, Response, ResponseBuilder, Result, State, durable_object,
};

use crate::{
    budget::{Denied, broken},
    calls::respond,
    drive,
    follow_up::{Reserving, of_user},
    rows::Rows,
    rpc::{self, ObjectCall, ObjectReply, Reservation, call_object, heard, message_id, object_answer},
    settings, simulated,
};

/// The avatar's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct AvatarObject {
    inner: Rc<Inner>,
}

/// The state that the object's calls, its alarm and its tasks share.
pub(crate) struct Inner {
    state: State,
    pub(crate) env: Env,
    /// True once tasks of an earlier instance are known to be lost.
    told_of_restart: Cell<bool>,
    /// Time to which the alarm was set last, as far as this instance knows: each setting is a row that is paid for.
    armed: Cell<Option<Timestamp>>,
    /// Number of calls that have reserved budget, or are about to, and have not yet confirmed or released it.
    pub(crate) reserving: Cell<u32>,
    /// Time until which a reservation is being given back: no call reserves meanwhile.
    pub(crate) releasing: Cell<Option<Timestamp>>,
}

/// The addresses at which test mode is simulated.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TestBox {
    /// Origin of the front, such as `http://127.0.0.1:8787`.
    origin: String,
    /// Secret part of the addresses, which keeps other callers out.
    pub(crate) secret: String,
}

/// The content of fal's webhook, once its signature was verified.
#[derive(Serialize, Deserialize)]
pub(crate) struct WebhookHint {
    pub(crate) request_id: RequestId,
    pub(crate) token: likeness_core::avatar::TokenHash,
}

/// The prefix of rows for purchases that are reserved, and not known to be bought or not.
pub(crate) const RESERVED: &str = "reserved ";

impl DurableObject for AvatarObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            inner: Rc::new(Inner {
                state,
                env,
                told_of_restart: Cell::new(false),
                armed: Cell::new(None),
                reserving: Cell::new(0),
                releasing: Cell::new(None),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let inner = Rc::clone(&self.inner);
        let path = request.path();
        if path.starts_with("/test/") {
            if !inner.is_there()? {
                return respond(ApiProblem::NoRoute.into(), false);
            }
            return simulated::answer(&inner, request).await;
        }
        let id = path.rsplit('/').next().and_then(|id| id.parse::<AvatarId>().ok());
        let Some(id) = id else { return Response::error("no such message", 404) };
        let what = path.split('/').nth(1).unwrap_or_default();
        let response = match what {
            "call" => {
                let message = message_id(&request);
                let object_call: ObjectCall = heard(&mut request).await?;
                object_answer(&inner.call(id, &object_call, message).await?)
            }
            "admit" => {
                let (admission, origin): (Admission, String) = heard(&mut request).await?;
                object_answer(&inner.admit(admission, &origin).await?.map_err(Denied::from))
            }
            "webhook" => {
                let WebhookHint { request_id, token } = heard(&mut request).await?;
                if !inner.is_there()? {
                    return object_answer(&false);
                }
                let known = inner.tell(Event::Webhook { request_id, token: Some(token) })?;
                object_answer(&known)
            }
            _ => return Response::error("no such message", 404),
        };
        if inner.is_there()? {
            inner.set_off();
        }
        response
    }

    /// Runs the alarm and never fails: the platform would give up after six tries.
    async fn alarm(&self) -> Result<Response> {
        let inner = Rc::clone(&self.inner);
        inner.armed.set(None);
        if inner.is_there()? {
            drive::run(inner).await;
        }
        ResponseBuilder::new().ok("")
    }
}

impl Inner {
    /// Tells whether anything was ever stored here.
    fn is_there(&self) -> Result<bool> {
        self.rows().are_there()
    }

    pub(crate) fn rows(&self) -> Rows {
        Rows::open(&self.state)
    }

    pub(crate) fn deployment(&self) -> Result<Rc<Deployment>> {
        settings::deployment(&self.env).map_err(|error| Error::from(error.to_string()))
    }

    /// Drives the avatar beside the alarm, which may be in the middle of a long transfer.
    pub(crate) fn set_off(self: &Rc<Self>) {
        self.state.wait_until(drive::run(Rc::clone(self)));
    }

    /// Loads the avatar, lets it change, saves it and sets the alarm for the next task, with no other event in between.
    pub(crate) fn settle<T>(
        &self,
        connection: Option<&ConnectionSettings>,
        moment: &Moment,
        change: impl FnOnce(Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T> {
        let rows = self.rows();
        // Nothing is awaited from here on: the platform lets other events in at each await.
        let before = rows.text("avatar")?;
        let unreadable = |error: &dyn std::fmt::Display| Error::from(error.to_string());
        let mut avatar =
            before.as_deref().map(Stored::read).transpose().map_err(|error| unreadable(&error))?;
        if !self.told_of_restart.replace(true) {
            avatar = avatar.map(|avatar| avatar.after(Event::Restarted, moment));
        }
        let (avatar, told) = change(avatar);
        if let Some(avatar) = &avatar {
            let after = Stored::write(avatar).map_err(|error| unreadable(&error))?;
            // Each row that is written is paid for.
            if before.as_deref() != Some(after.as_str()) {
                rows.set_text("avatar", &after)?;
            }
            if let Some(connection) = connection.filter(|connection| connection.carries(avatar).is_ok()) {
                let deployment = self.deployment()?;
                let again =
                    avatar.look_again(&connection.account, moment, |task_kind| deployment.wants(task_kind));
                again.map_or(Ok(()), |again| self.arm(again))?;
            }
        }
        Ok(told)
    }

    /// Loads the avatar as it is saved.
    pub(crate) fn load(&self) -> Result<Option<Avatar>> {
        let text = self.rows().text("avatar")?;
        text.map(|text| Stored::read(&text).map_err(|error| Error::from(error.to_string()))).transpose()
    }

    /// Finds the account and bucket of the avatar.
    pub(crate) fn connection(&self, deployment: &Deployment) -> Result<Option<ConnectionSettings>> {
        let test = if deployment.test_mode { self.test_box()? } else { None };
        match test {
            Some(_) if !deployment.can_drive(self.load()?.as_ref()) => Ok(None),
            Some(test) => test.connection(deployment, self.avatar_id()?),
            None => Ok(deployment.connection().filter(|_| !deployment.test_mode)),
        }
    }

    /// Finds the account and bucket for an avatar that does not exist yet.
    fn connection_of_newcomer(
        id: AvatarId,
        origin: &str,
        deployment: &Deployment,
    ) -> Result<Option<ConnectionSettings>> {
        match deployment.test_mode {
            true if deployment.lacks_simulator() => Ok(None),
            true => TestBox::new(origin)?.connection(deployment, id),
            false => Ok(deployment.connection()),
        }
    }

    pub(crate) fn test_box(&self) -> Result<Option<TestBox>> {
        self.rows().value("test box")
    }

    /// Returns the id of the avatar whose object this is, as the object was told.
    pub(crate) fn avatar_id(&self) -> Result<AvatarId> {
        let id = self.rows().text("id")?;
        id.and_then(|id| id.parse().ok()).ok_or_else(|| Error::from("nobody's object"))
    }

    /// Notes the id of the avatar whose object this is, and the front's origin: in test mode everything leads back
    /// there.
    fn introduce(&self, id: AvatarId, origin: &str, deployment: &Deployment) -> Result<()> {
        let rows = self.rows();
        if rows.text("id")?.is_none() {
            rows.set_text("id", &id.to_string())?;
        }
        if deployment.test_mode {
            let known = self.test_box()?;
            let test = known.map_or_else(|| TestBox::new(origin), |test| Ok(test.moved_to(origin)))?;
            rows.set_value("test box", &test)?;
        }
        Ok(())
    }

    /// Answers a call that creates no avatar where there is none. The call leaves nothing behind.
    fn answer_without(
        id: AvatarId,
        origin: &str,
        deployment: &Deployment,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Result<Option<ObjectReply>> {
        let connection = Self::connection_of_newcomer(id, origin, deployment)?;
        let api = AvatarApi {
            deployment,
            connection: connection.as_ref(),
            moment: settings::moment(POLL_INTERVAL)?,
        };
        Ok(match api.answer(None, call, caller, given) {
            (None, Answer::Reply(reply)) => Some(reply.into()),
            (None, _) => Some(Reply::from(ApiProblem::Internal).into()),
            (Some(_), _) => None,
        })
    }

    async fn call(
        self: &Rc<Self>,
        id: AvatarId,
        object_call: &ObjectCall,
        message: Option<MessageId>,
    ) -> Result<ObjectReply> {
        let (mut call, caller) = match object_call.read() {
            Ok((call, caller)) => (call.of_avatar(id), caller),
            Err(problem) => return Ok(Reply::from(problem).into()),
        };
        let deployment = self.deployment()?;
        let mut given = object_call.given(message);
        if !self.is_there()?
            && let Some(told) =
                Self::answer_without(id, &object_call.origin, &deployment, &call, caller, &given)?
        {
            return Ok(told);
        }
        if call.operation == Operation::CreateAvatar && deployment.is_able() {
            self.introduce(id, &object_call.origin, &deployment)?;
        }
        let (mut reserving, mut waited) = (None, Duration::ZERO);
        loop {
            let connection = self.connection(&deployment)?;
            let moment =
                settings::moment(connection.as_ref().map_or(POLL_INTERVAL, |connection| connection.poll))?;
            let api = AvatarApi { deployment: &deployment, connection: connection.as_ref(), moment };
            let answer = |recent: &mut Recent| {
                self.settle(connection.as_ref(), &moment, |avatar| {
                    let before = avatar.as_ref().and_then(of_user);
                    let (avatar, answer) = api.answer_once(avatar, recent, &call, caller, &given);
                    let is_other = before != avatar.as_ref().and_then(of_user);
                    (avatar, (answer, is_other))
                })
            };
            let (answer, is_other) = if call.operation.changes_something() {
                self.rows().remembering(answer)?
            } else {
                answer(&mut Recent::default())?
            };
            if is_other {
                self.list_soon().await;
            }
            let told = match answer {
                Answer::Reply(reply) => reply.into(),
                Answer::Hold => {
                    // The time waited is counted in pauses: the platform has no clock but the one that can be set back.
                    Delay::from(Hold::PAUSE).await;
                    waited += Hold::PAUSE;
                    call.kept(waited);
                    continue;
                }
                Answer::Reserve(purchase) => {
                    while self.is_releasing() {
                        Delay::from(Hold::PAUSE).await;
                    }
                    reserving.get_or_insert_with(|| Reserving::new(self));
                    self.rows().set_value(&format!("{RESERVED}{}", purchase.key()), &purchase.key())?;
                    let by_server = caller.payer() == Payer::Server;
                    let reservation = Reservation { avatar: id, purchase, by_server };
                    let reserved: Result<std::result::Result<(), Denied>> =
                        call_object(&rpc::budget(&self.env)?, "reserve", &reservation).await;
                    given.reserved = Some(
                        reserved.map_or_else(|_| Err(broken()), |reserved| reserved.map_err(Problem::from)),
                    );
                    continue;
                }
                Answer::Ask(request) => {
                    given.asked = Some(likeness_platform::send(&request).await);
                    continue;
                }
                Answer::Receive { photo, max_bytes } => {
                    match connection.as_ref().and_then(|connection| connection.bucket.as_ref()) {
                        Some(bucket) => match photo.source.parse::<likeness_core::storage::ObjectPlace>() {
                            Ok(place) => {
                                let body = likeness_core::http::Body::Empty;
                                let to = bucket.put(&place.key, body, "application/octet-stream", moment.now);
                                ObjectReply::Receive { to: SignedRequest::of(&to), max_bytes }
                            }
                            Err(_) => Reply::from(broken()).into(),
                        },
                        None => Reply::from(ApiProblem::NoBucket).into(),
                    }
                }
                Answer::File(file) => {
                    let bucket = connection.as_ref().and_then(|connection| connection.bucket.as_ref());
                    match (bucket, &file.place) {
                        (Some(bucket), Some(place)) => ObjectReply::File {
                            from: SignedRequest::of(&bucket.get(
                                &place.key,
                                file.part.clone(),
                                None,
                                moment.now,
                            )),
                            head: Box::new(file.head().into()),
                        },
                        _ => Reply::from(ApiProblem::NoFile { there: None }).into(),
                    }
                }
            };
            return Ok(told);
        }
    }

    async fn admit(&self, admission: Admission, origin: &str) -> Result<std::result::Result<(), Problem>> {
        let deployment = self.deployment()?;
        let moment = settings::moment(POLL_INTERVAL)?;
        let Admission { avatar: id, person, settings, capability, .. } = admission;
        let redeemed = |connection: Option<&ConnectionSettings>, avatar| {
            let api = AvatarApi { deployment: &deployment, connection, moment };
            api.redeemed(avatar, id, person.clone(), settings.clone(), capability)
        };
        if !self.is_there()? {
            let connection = Self::connection_of_newcomer(id, origin, &deployment)?;
            if let (None, refused) = redeemed(connection.as_ref(), None) {
                return Ok(refused);
            }
        }
        if deployment.is_able() {
            self.introduce(id, origin, &deployment)?;
        }
        let connection = self.connection(&deployment)?;
        let admitted =
            self.settle(connection.as_ref(), &moment, |avatar| redeemed(connection.as_ref(), avatar))?;
        self.list_soon().await;
        Ok(admitted)
    }

    /// Applies an event to the avatar, if it exists.
    fn tell(&self, event: Event) -> Result<bool> {
        let connection = self.connection(&*self.deployment()?)?;
        let moment =
            settings::moment(connection.as_ref().map_or(POLL_INTERVAL, |connection| connection.poll))?;
        let known = self.settle(connection.as_ref(), &moment, |avatar| match avatar {
            Some(avatar) => (Some(avatar.after(event, &moment)), true),
            None => (None, false),
        })?;
        Ok(known)
    }

    /// Notes that the bytes of a transfer move, and tells whether its outcome is still awaited.
    pub(crate) fn progressed(&self, task: TaskId) -> Result<bool> {
        let connection = self.connection(&*self.deployment()?)?;
        let moment =
            settings::moment(connection.as_ref().map_or(POLL_INTERVAL, |connection| connection.poll))?;
        self.settle(connection.as_ref(), &moment, |avatar| {
            let avatar = avatar.map(|avatar| avatar.after(Event::Progressed(task), &moment));
            let awaited = avatar.as_ref().is_some_and(|avatar| avatar.awaits(task));
            (avatar, awaited)
        })
    }

    /// Sets the alarm. The platform applies settings in the order in which they are made, so the answer is not awaited.
    pub(crate) fn arm(&self, at: Timestamp) -> Result<()> {
        // Never in the past: an alarm that is due at once, again and again, would starve everything else.
        let at = at.max(settings::now().plus(Duration::from_millis(50)));
        // An earlier alarm is kept: it looks for work, and sets the next.
        if self.armed.get().is_some_and(|armed| armed > settings::now() && armed <= at) {
            return Ok(());
        }
        self.armed.set(Some(at));
        let date = js_sys::Date::new(&at.to_string().into());
        let storage = self.state.storage();
        let promise = storage.as_raw().set_alarm(date, JsValue::NULL.into())?;
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(error) = JsFuture::from(promise).await {
                worker::console_error!("[FAL AI] ERROR the alarm could not be set: {error:?}");
            }
        });
        Ok(())
    }

    /// Names the avatar that holds this request, once this one has claimed it.
    pub(crate) async fn claim(&self, request: &RequestId, avatar: AvatarId) -> Result<bool> {
        let stub = rpc::index(&self.env, &format!("request:{request}"))?;
        let holder: Option<String> = call_object(&stub, "claim", &avatar.to_string()).await?;
        Ok(holder.is_none_or(|holder| holder == avatar.to_string()))
    }
}

impl TestBox {
    fn new(origin: &str) -> Result<Self> {
        Ok(Self { origin: origin.to_owned(), secret: settings::random_name()? })
    }

    fn moved_to(self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self }
    }

    /// Finds the account and bucket of this avatar.
    fn connection(&self, deployment: &Deployment, avatar: AvatarId) -> Result<Option<ConnectionSettings>> {
        let address = |part: &str| Url::parse(&self.address(avatar, part)).map_err(Error::from);
        let own = test_bucket(&address("bucket")?);
        Ok(deployment.test_connection(&address("fal")?, own))
    }

    /// Makes the address of a part of this avatar's test box.
    pub(crate) fn address(&self, avatar: AvatarId, part: &str) -> String {
        format!("{}/test/{avatar}/{}/{part}", self.origin, self.secret)
    }
}

/// Tells whether a folder is in this bucket.
pub(crate) fn is_in(bucket_folder: &BucketFolder, connection: &ConnectionSettings) -> bool {
    connection.bucket.as_ref().is_some_and(|bucket| bucket_folder.is_in(bucket))
}
