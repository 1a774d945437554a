//! The object of one avatar: it holds the avatar, answers the calls about it, and drives it by its alarm.

use std::{rc::Rc, time::Duration};

use likeness_core::{
    api::{
        Admission, Answer, ApiProblem, AvatarApi, Call, Caller, ConnectionSettings, Deployment, Given,
        MessageId, Operation, Problem, Recent, WebhookHint,
    },
    avatar::AvatarId,
    budget::Payer,
    http::Body,
    limits::{HOLD_PAUSE, POLL_INTERVAL},
    storage::ObjectPlace,
};
use worker::{Delay, DurableObject, Env, Request, Response, ResponseBuilder, Result, State, durable_object};

use crate::{
    drive,
    follow_up::{Reserving, of_user},
    object::Object,
    response::respond,
    rpc::{self, Head, ObjectCall, ObjectReply, Reservation, call_object, heard, message_id, object_answer},
    settings, simulated,
};

/// The avatar's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct AvatarObject {
    object: Rc<Object>,
}

impl DurableObject for AvatarObject {
    fn new(state: State, env: Env) -> Self {
        Self { object: Rc::new(Object::new(state, env)) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let object = Rc::clone(&self.object);
        let path = request.path();
        if path.starts_with("/test/") {
            if !object.is_there()? {
                return respond(ApiProblem::NoRoute.into(), false);
            }
            return simulated::answer(&object, request).await;
        }
        let id = path.rsplit('/').next().and_then(|id| id.parse::<AvatarId>().ok());
        let Some(id) = id else { return Response::error("no such message", 404) };
        let what = path.split('/').nth(1).unwrap_or_default();
        let response = match what {
            "call" => {
                let message = message_id(&request);
                let object_call: ObjectCall = heard(&mut request).await?;
                object_answer(&object.call(id, &object_call, message).await?)
            }
            "admit" => {
                let (admission, origin): (Admission, String) = heard(&mut request).await?;
                object_answer(&object.admit(admission, &origin).await?)
            }
            "webhook" => {
                let hint: WebhookHint = heard(&mut request).await?;
                if !object.is_there()? {
                    return object_answer(&false);
                }
                let known = object.apply(hint.into())?.is_some();
                object_answer(&known)
            }
            _ => return Response::error("no such message", 404),
        };
        if object.is_there()? {
            object.beside(drive::run(Rc::clone(&object)));
        }
        response
    }

    /// Runs the alarm and never fails: the platform would give up after six tries.
    async fn alarm(&self) -> Result<Response> {
        let object = Rc::clone(&self.object);
        object.alarm_went_off();
        if object.is_there()? {
            drive::run(object).await;
        }
        ResponseBuilder::new().ok("")
    }
}

impl Object {
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
            (None, Answer::Reply(reply)) => Some(ObjectReply::Reply(reply)),
            (None, _) => Some(ObjectReply::Reply(ApiProblem::Internal.into())),
            (Some(_), _) => None,
        })
    }

    async fn call(
        self: &Rc<Self>,
        id: AvatarId,
        object_call: &ObjectCall,
        message: Option<MessageId>,
    ) -> Result<ObjectReply> {
        let mut call = match object_call.read() {
            Ok(call) => call.of_avatar(id),
            Err(problem) => return Ok(ObjectReply::Reply(problem.into())),
        };
        let (caller, deployment) = (object_call.caller, self.deployment()?);
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
            let bucket = connection.as_ref().and_then(|connection| connection.bucket.as_ref());
            let moment = settings::moment_of(connection.as_ref())?;
            let api = AvatarApi { deployment: &deployment, connection: connection.as_ref(), moment };
            let answer = |recent: &mut Recent| {
                self.update(connection.as_ref(), &moment, |avatar| {
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
                Answer::Reply(reply) => ObjectReply::Reply(reply),
                Answer::Hold => {
                    // The time waited is counted in pauses: the platform has no clock but the one that can be set back.
                    Delay::from(HOLD_PAUSE).await;
                    waited += HOLD_PAUSE;
                    call.kept(waited);
                    continue;
                }
                Answer::Reserve(purchase) => {
                    while self.is_releasing() {
                        Delay::from(HOLD_PAUSE).await;
                    }
                    reserving.get_or_insert_with(|| Reserving::new(self));
                    self.note_reservation(purchase.order())?;
                    let by_server = caller.payer() == Payer::Server;
                    let reservation = Reservation { avatar: id, purchase, by_server };
                    let reserved: Result<std::result::Result<(), Problem>> =
                        call_object(&rpc::budget(&self.env)?, "reserve", &reservation).await;
                    given.reserved = Some(reserved.unwrap_or_else(|_| Err(ApiProblem::Internal.into())));
                    continue;
                }
                Answer::Ask(request) => {
                    given.asked = Some(likeness_platform::send(&request).await);
                    continue;
                }
                Answer::Receive { photo, max_bytes } => match (bucket, photo.source.parse::<ObjectPlace>()) {
                    (Some(bucket), Ok(place)) => {
                        let to = bucket.put(&place.key, Body::Empty, "application/octet-stream", moment.now);
                        ObjectReply::Receive { to, max_bytes }
                    }
                    (Some(_), Err(_)) => ObjectReply::Reply(ApiProblem::Internal.into()),
                    (None, _) => ObjectReply::Reply(ApiProblem::NoBucket.into()),
                },
                Answer::File(file) => match (bucket, &file.place) {
                    (Some(bucket), Some(place)) => {
                        let from = bucket.get(&place.key, file.part.clone(), None, moment.now);
                        ObjectReply::File { from, head: Head::Reply(file.head()) }
                    }
                    _ => ObjectReply::Reply(ApiProblem::NoFile { there: None }.into()),
                },
            };
            return Ok(told);
        }
    }

    async fn admit(&self, admission: Admission, origin: &str) -> Result<std::result::Result<(), Problem>> {
        let deployment = self.deployment()?;
        let moment = settings::moment(POLL_INTERVAL)?;
        let id = admission.avatar;
        let redeemed = |connection: Option<&ConnectionSettings>, avatar| {
            let api = AvatarApi { deployment: &deployment, connection, moment };
            api.redeemed(avatar, &admission)
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
            self.update(connection.as_ref(), &moment, |avatar| redeemed(connection.as_ref(), avatar))?;
        self.list_soon().await;
        Ok(admitted)
    }
}
