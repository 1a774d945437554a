//! The object of one avatar: it holds the avatar, answers the calls about it, and drives it by its alarm.

use std::{cell::Cell, rc::Rc, time::Duration};

use likeness_core::{
    api::{
        Admission, Answer, Deployment, Hold, Operation, Problem, Reply, Room, Spent, Way, listed, test_bucket,
    },
    avatar::{Avatar, AvatarId, Event, Moment, OrderKey, Stored},
    budget::Payer,
    fal::{RequestId, payloads},
    imager::SignedRequest,
    limits::POLL_INTERVAL,
    storage::Depot,
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
    drive,
    index::Line,
    passing::{self, Outcome, Passed, Reservation, Told, said, say},
    rows::Rows,
    settings, simulated,
};

/// The avatar's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct AvatarObject {
    inner: Rc<Inner>,
}

/// What the object's calls, its alarm and its tasks share.
pub(crate) struct Inner {
    state: State,
    pub(crate) env: Env,
    /// Whether what an earlier instance had under way is known to be lost.
    told_of_restart: Cell<bool>,
    /// What the alarm was set to last, as far as this instance knows: each setting is a row that is paid for.
    armed: Cell<Option<Timestamp>>,
}

/// Where test mode is simulated.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TestBox {
    /// Where the front is reached.
    origin: String,
    /// What makes its addresses nobody else's.
    pub(crate) secret: String,
}

/// What fal's webhook said, once it was verified.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hint {
    pub(crate) request_id: RequestId,
    pub(crate) token: likeness_core::avatar::TokenHash,
}

/// What was reserved and is not known to be bought or not.
const RESERVED: &str = "reserved ";

impl DurableObject for AvatarObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            inner: Rc::new(Inner { state, env, told_of_restart: Cell::new(false), armed: Cell::new(None) }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let inner = Rc::clone(&self.inner);
        let path = request.path();
        if path.starts_with("/test/") {
            return simulated::answer(&inner, request).await;
        }
        let id = path.rsplit('/').next().and_then(|id| id.parse::<AvatarId>().ok());
        let Some(id) = id else { return Response::error("no such message", 404) };
        let what = path.split('/').nth(1).unwrap_or_default();
        let response = match what {
            "call" => {
                let passed: Passed = request.json().await?;
                said(&inner.call(id, &passed).await?)
            }
            "admit" => {
                let (admission, origin): (Admission, String) = request.json().await?;
                said(&inner.admit(admission, &origin).await?.map_err(Denied::from))
            }
            "webhook" => {
                let Hint { request_id, token } = request.json().await?;
                let known = inner.tell(Event::Webhook { request_id, token: Some(token) })?;
                said(&known)
            }
            _ => return Response::error("no such message", 404),
        };
        inner.set_off();
        response
    }

    /// Never fails: the platform would give up after six tries.
    async fn alarm(&self) -> Result<Response> {
        let inner = Rc::clone(&self.inner);
        inner.armed.set(None);
        drive::run(inner).await;
        ResponseBuilder::new().ok("")
    }
}

impl Inner {
    pub(crate) fn rows(&self) -> Result<Rows> {
        Rows::open(&self.state)
    }

    pub(crate) fn deployment(&self) -> Result<Rc<Deployment>> {
        settings::deployment(&self.env).map_err(|error| Error::from(error.to_string()))
    }

    /// Drives the avatar beside the alarm, which may be in the middle of a long transfer.
    pub(crate) fn set_off(self: &Rc<Self>) {
        self.state.wait_until(drive::run(Rc::clone(self)));
    }

    /// Loads the avatar, lets it change, saves it and sets the alarm for whatever comes next, without letting anything
    /// in between.
    pub(crate) fn settle<T>(
        &self,
        way: Option<&Way>,
        moment: &Moment,
        change: impl FnOnce(Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T> {
        let rows = self.rows()?;
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
            if before.as_deref() != Some(after.as_str()) {
                rows.set_text("avatar", &after)?;
            }
            if let Some(way) = way.filter(|way| way.carries(avatar).is_ok()) {
                let deployment = self.deployment()?;
                let again = avatar.look_again(&way.account, moment, |errand| deployment.wants(errand));
                again.map_or(Ok(()), |again| self.arm(again))?;
            }
        }
        Ok(told)
    }

    /// The avatar as it is saved.
    pub(crate) fn load(&self) -> Result<Option<Avatar>> {
        let text = self.rows()?.text("avatar")?;
        text.map(|text| Stored::read(&text).map_err(|error| Error::from(error.to_string()))).transpose()
    }

    /// Where the avatar is bought and kept.
    pub(crate) fn way(&self, deployment: &Deployment) -> Result<Option<Way>> {
        if !deployment.test_mode {
            return Ok(deployment.way());
        }
        let Some(test) = self.test_box()? else { return Ok(None) };
        let address = |part: &str| Url::parse(&test.address(self.avatar_id()?, part)).map_err(Error::from);
        let own = test_bucket(&address("bucket")?);
        Ok(deployment.test_way(&address("fal")?, own))
    }

    pub(crate) fn test_box(&self) -> Result<Option<TestBox>> {
        self.rows()?.value("test box")
    }

    /// Whose object this is, as it was told.
    pub(crate) fn avatar_id(&self) -> Result<AvatarId> {
        let id = self.rows()?.text("id")?;
        id.and_then(|id| id.parse().ok()).ok_or_else(|| Error::from("nobody's object"))
    }

    /// Notes whose object this is, and where the front is reached: in test mode everything leads back there.
    fn introduce(&self, id: AvatarId, origin: &str, deployment: &Deployment) -> Result<()> {
        let rows = self.rows()?;
        if rows.text("id")?.is_none() {
            rows.set_text("id", &id.to_string())?;
        }
        if deployment.test_mode {
            let secret = self.test_box()?.map_or_else(settings::random_name, |test| Ok(test.secret))?;
            rows.set_value("test box", &TestBox { origin: origin.to_owned(), secret })?;
        }
        Ok(())
    }

    async fn call(self: &Rc<Self>, id: AvatarId, passed: &Passed) -> Result<Told> {
        let (call, caller) = match passed.read() {
            Ok(read) => read,
            Err(problem) => return Ok(Reply::from(problem).into()),
        };
        let deployment = self.deployment()?;
        if call.operation == Operation::CreateAvatar && deployment.is_able() {
            self.introduce(id, &passed.origin, &deployment)?;
        }
        let mut given = passed.given();
        loop {
            let way = self.way(&deployment)?;
            let moment = settings::moment(way.as_ref().map_or(POLL_INTERVAL, |way| way.poll))?;
            let room = Room { deployment: &deployment, way: way.as_ref(), moment };
            let (answer, before, after) = self.settle(way.as_ref(), &moment, |avatar| {
                let before = avatar.as_ref().and_then(of_user);
                let (avatar, answer) = room.answer(avatar, &call, caller, &given);
                let after = avatar.as_ref().and_then(of_user);
                (avatar, (answer, before, after))
            })?;
            self.note_user(id, before, after).await?;
            let told = match answer {
                Answer::Reply(reply) => reply.into(),
                Answer::Hold => {
                    Delay::from(Hold::PAUSE).await;
                    continue;
                }
                Answer::Reserve(purchase) => {
                    self.rows()?.set_value(&format!("{RESERVED}{}", purchase.key()), &purchase.key())?;
                    let by_server = caller.payer() == Payer::Server;
                    let reservation = Reservation { avatar: id, purchase, by_server };
                    let reserved: Result<std::result::Result<(), Denied>> =
                        say(&passing::budget(&self.env)?, "reserve", &reservation).await;
                    given.reserved = Some(
                        reserved.map_or_else(|_| Err(broken()), |reserved| reserved.map_err(Problem::from)),
                    );
                    continue;
                }
                Answer::Receive { photo, max_bytes } => {
                    match way.as_ref().and_then(|way| way.bucket.as_ref()) {
                        Some(bucket) => match photo.source.parse::<likeness_core::storage::ObjectPlace>() {
                            Ok(place) => {
                                let body = likeness_core::http::Body::Empty;
                                let to = bucket.put(&place.key, body, "application/octet-stream", moment.now);
                                Told::Receive { to: SignedRequest::of(&to), max_bytes }
                            }
                            Err(_) => Reply::from(broken()).into(),
                        },
                        None => Reply::from(likeness_core::api::ApiProblem::NoBucket).into(),
                    }
                }
                Answer::File(file) => {
                    let bucket = way.as_ref().and_then(|way| way.bucket.as_ref());
                    match (bucket, &file.place) {
                        (Some(bucket), Some(place)) => Told::File {
                            from: SignedRequest::of(&bucket.get(&place.key, None, None, moment.now)),
                            head: Box::new(file.head().into()),
                        },
                        _ => Reply::from(likeness_core::api::ApiProblem::NoFile).into(),
                    }
                }
            };
            return Ok(told);
        }
    }

    async fn admit(&self, admission: Admission, origin: &str) -> Result<std::result::Result<(), Problem>> {
        let deployment = self.deployment()?;
        if deployment.is_able() {
            self.introduce(admission.avatar, origin, &deployment)?;
        }
        let way = self.way(&deployment)?;
        let moment = settings::moment(POLL_INTERVAL)?;
        let room = Room { deployment: &deployment, way: way.as_ref(), moment };
        let Admission { avatar: id, person, settings, capability, .. } = admission;
        let (admitted, after) = self.settle(way.as_ref(), &moment, |avatar| {
            let (avatar, admitted) = room.redeemed(avatar, id, person, settings, capability);
            let after = avatar.as_ref().and_then(of_user);
            (avatar, (admitted, after))
        })?;
        self.note_user(id, None, after).await?;
        Ok(admitted)
    }

    /// Tells the avatar something, if it is there.
    fn tell(&self, event: Event) -> Result<bool> {
        let way = self.way(&*self.deployment()?)?;
        let moment = settings::moment(way.as_ref().map_or(POLL_INTERVAL, |way| way.poll))?;
        let known = self.settle(way.as_ref(), &moment, |avatar| match avatar {
            Some(avatar) => (Some(avatar.after(event, &moment)), true),
            None => (None, false),
        })?;
        Ok(known)
    }

    /// Keeps the list of its user's avatars as it is.
    async fn note_user(
        &self,
        id: AvatarId,
        before: Option<(String, serde_json::Value)>,
        after: Option<(String, serde_json::Value)>,
    ) -> Result<()> {
        if before == after {
            return Ok(());
        }
        let Some(user) = after.as_ref().or(before.as_ref()).map(|(user, _)| user.clone()) else {
            return Ok(());
        };
        let line = Line { avatar: id.to_string(), view: after.map(|(_, view)| view) };
        say::<()>(&passing::index(&self.env, &format!("user:{user}"))?, "note", &line).await?;
        if line.view.is_none() {
            say::<()>(&passing::budget(&self.env)?, "forget", &id).await?;
        }
        Ok(())
    }

    /// Tells others what they have to know of what happened: the budget what was bought, fal what is to be forgotten.
    /// What cannot be told now is told another time.
    pub(crate) async fn settle_up(&self) -> Result<()> {
        let rows = self.rows()?;
        let Some(avatar) = self.load()? else { return Ok(()) };
        for (name, text) in rows.texts(RESERVED)? {
            let Ok(order) = serde_json::from_str::<OrderKey>(&text) else { continue };
            if let Some(spent) = Spent::of(&avatar, order) {
                let outcome = Outcome { avatar: avatar.id(), order, spent };
                say::<()>(&passing::budget(&self.env)?, "spent", &outcome).await?;
                rows.remove_text(&name)?;
            }
        }
        if avatar.person().is_none() && avatar.ended() {
            self.forget_at_fal(&avatar).await?;
            rows.remove_text("simulator")?;
        }
        Ok(())
    }

    /// Has fal delete what was sent and made, where an admin key allows it.
    async fn forget_at_fal(&self, avatar: &Avatar) -> Result<()> {
        const FORGOTTEN: &str = "forgotten at fal";
        let rows = self.rows()?;
        let Some(admin) = self.deployment()?.admin_account().filter(|_| !avatar.test_mode()) else {
            return Ok(());
        };
        let mut forgotten: Vec<RequestId> = rows.value(FORGOTTEN)?.unwrap_or_default();
        for request in avatar.request_ids() {
            if forgotten.contains(request) {
                continue;
            }
            let answer = likeness_platform::send(&payloads::delete_request(&admin, request)).await;
            if let Err(error) = payloads::parse(answer) {
                return Err(Error::from(format!("fal.ai did not delete the payloads of {request}: {error}")));
            }
            worker::console_log!("[FAL AI] INFO fal.ai deleted the payloads of request {request}");
            forgotten.push(request.clone());
            rows.set_value(FORGOTTEN, &forgotten)?;
        }
        Ok(())
    }

    /// Sets the alarm. The platform takes it in the order in which it is told, so nobody waits for its answer.
    pub(crate) fn arm(&self, at: Timestamp) -> Result<()> {
        // Not in the past: an alarm that is due at once, again and again, would starve everything else.
        let at = at.max(settings::now().plus(Duration::from_millis(50)));
        // One that rings earlier will do: it looks, and sets the next.
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

    /// Which avatar holds this request, once this one has said that it may.
    pub(crate) async fn claim(&self, request: &RequestId, avatar: AvatarId) -> Result<bool> {
        let stub = passing::index(&self.env, &format!("request:{request}"))?;
        let holder: Option<String> = say(&stub, "claim", &avatar.to_string()).await?;
        Ok(holder.is_none_or(|holder| holder == avatar.to_string()))
    }
}

impl TestBox {
    /// Where a part of the test box of this avatar is.
    pub(crate) fn address(&self, avatar: AvatarId, part: &str) -> String {
        format!("{}/test/{avatar}/{}/{part}", self.origin, self.secret)
    }
}

/// In whose list it stands, and how.
fn of_user(avatar: &Avatar) -> Option<(String, serde_json::Value)> {
    avatar.person().map(|person| (person.user.to_string(), listed(avatar)))
}

/// Whether something lies in this bucket.
pub(crate) fn is_in(depot: &Depot, way: &Way) -> bool {
    way.bucket.as_ref().is_some_and(|bucket| depot.is_in(bucket))
}
