//! Calls of an avatar: what the core asks for before it answers is done, one thing after the other.

use std::{error::Error, time::Instant};

use hyper::body::{Body, Bytes};
use likeness_core::{
    api::{Answer, ApiProblem, AvatarApi, BudgetApi, Call, Caller, Given, Operation, Problem, Reply, Spent},
    avatar::{Avatar, AvatarId, Expected},
    budget::{Purchase, Question},
    http::{Answer as HttpAnswer, NoAnswer, Request as HttpRequest},
    limits::{HOLD_PAUSE, POLL_INTERVAL},
};

use super::{
    answer::Answered,
    connections::{Paced, Place as UploadPlace, Seat},
    files,
    problem::shown,
    server::Server,
};
use crate::{clock, moment::moment};

impl Server {
    /// Asks the avatar, and does the work that it asks for, until it answers.
    ///
    /// `seat` is the connection that the call came by, and `file` the call's body, where that is a file.
    pub(super) async fn avatar<B>(
        &self,
        call: &Call,
        seat: Option<&Seat>,
        caller: Caller,
        mut given: Given,
        file: &mut Option<B>,
    ) -> Result<Answered, Problem>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let id = call.params.avatar.ok_or(ApiProblem::NoAvatar)?;
        // Before the avatar expects a photo: a refused call changes nothing.
        let wanted =
            call.operation.takes_a_file().then(|| self.uploads.take(id).ok_or(ApiProblem::RateLimited));
        let place = wanted.transpose()?;
        let mut call = call.clone();
        let (mut closing, begun) = (self.closing.clone(), Instant::now());
        loop {
            let left = call.kept(begun.elapsed());
            let answer = self.ask(id, &call, caller, &given).await;
            if let Err(problem) = &answer
                && call.operation == Operation::EraseAvatar
            {
                self.postponed.note(id, &call, caller, problem);
            }
            let answer = answer?;
            if !matches!(&answer, Answer::Reply(reply) if reply.status.is_client_error()) {
                // The avatar's answer shows that the capability is valid.
                if let Some(seat) = seat {
                    seat.is_known();
                }
            }
            match answer {
                Answer::Reply(reply) => return Ok(Answered::Reply(reply)),
                Answer::Reserve(purchase) => {
                    let answer = self.buy(id, purchase, &call, caller, &mut given).await?;
                    if let Answer::Reply(reply) = answer {
                        return Ok(Answered::Reply(reply));
                    }
                }
                Answer::Ask(request) => given.asked = Some(self.ask_fal(id, *request).await?),
                Answer::Receive { photo, max_bytes } => {
                    let place = place.as_ref().ok_or(ApiProblem::Internal)?;
                    let reply =
                        self.receive(id, place, &photo, file, max_bytes, &call, caller, given).await?;
                    return Ok(Answered::Reply(reply));
                }
                Answer::File(download) => {
                    let (reply, body) = files::open(&self.shell, id, &download).await.map_err(shown)?;
                    return Ok(Answered::File(reply, body));
                }
                Answer::Hold => {
                    let stopping =
                        tokio::time::timeout(HOLD_PAUSE.min(left), closing.wait_for(|closing| *closing));
                    if stopping.await.is_ok() {
                        // A repeated question must not wait once more.
                        call.wait = None;
                    }
                }
            }
        }
    }

    /// Asks fal about a request of this avatar.
    async fn ask_fal(&self, id: AvatarId, request: HttpRequest) -> Result<HttpAnswer, Problem> {
        let avatar = self.look(|store| store.load(id)).await?.ok_or(ApiProblem::NoAvatar)?;
        let transport = self.shell.looking_transport_of(&avatar).map_err(|failure| {
            log::error!("{}", failure.brief());
            ApiProblem::Internal
        })?;
        Ok(transport.send(request, None).await.unwrap_or_else(|error| {
            log::warn!("fal.ai could not be asked: {error}");
            Err(NoAnswer::NotConnected)
        }))
    }

    /// Reserves a purchase and makes it. A reservation that was not used after all is given back.
    async fn buy(
        &self,
        id: AvatarId,
        purchase: Purchase,
        call: &Call,
        caller: Caller,
        given: &mut Given,
    ) -> Result<Answer, Problem> {
        let _one_at_a_time = self.purchases.lock().await;
        // Before the reservation: a driver that looked between reservation and order would give it back.
        let _buying = self.drivers.buying(id);
        let api = BudgetApi { deployment: &self.deployment, now: clock::now() };
        let question = Question::reserve(id, purchase, caller.payer());
        let reserved = self.budget(question, |mut budget| {
            let reserved = api.reserve(&mut budget, id, purchase, caller.payer());
            (budget, reserved)
        });
        let reserved = reserved.await?;
        let (is_reserved, order) = (reserved.is_ok(), purchase.order());
        given.reserved = Some(reserved);
        let (answer, unused) = self
            .update(id, |api, avatar| {
                let (avatar, answer) = api.answer(avatar, call, caller, given);
                let came_to_nothing = |avatar| Spent::of(avatar, order, false) == Some(Spent::Nothing);
                let unused = avatar.as_ref().is_none_or(came_to_nothing);
                (avatar, (answer, unused))
            })
            .await?;
        if is_reserved && unused {
            self.budget(Question::spent(id, order), |mut budget| {
                Spent::Nothing.tell(&mut budget, id, order);
                (budget, ())
            })
            .await?;
        }
        Ok(answer)
    }

    #[expect(clippy::too_many_arguments, reason = "a call and what came with it")]
    async fn receive<B>(
        &self,
        id: AvatarId,
        place: &UploadPlace<AvatarId>,
        photo: &Expected,
        file: &mut Option<B>,
        max_bytes: u64,
        call: &Call,
        caller: Caller,
        mut given: Given,
    ) -> Result<Reply, Problem>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let body = file.take().ok_or(ApiProblem::Internal)?;
        let length = call.content_length.unwrap_or(max_bytes).min(max_bytes);
        let arrived = tokio::select! {
            arrived = files::receive(&self.shell, id, photo, Paced::new(body, self.pace), length) => arrived,
            // Another avatar has no place, and this one has several.
            () = place.lost() => Err(ApiProblem::RateLimited.into()),
        };
        let mut arrived =
            arrived.inspect_err(|problem| log::debug!("a photo did not arrive: {}", problem.code));
        let (answer, kept) = self
            .update(id, |api, avatar| {
                let is_its = |expected: &Expected| expected.source == photo.source;
                let expects =
                    avatar.as_ref().is_some_and(|avatar| avatar.expected_photos().iter().any(is_its));
                // A photo that was taken out meanwhile, or came by another call, is not put into its place.
                given.received = Some(match &mut arrived {
                    Ok(arrived) if expects => arrived.put().map_err(shown),
                    Ok(_) => Err(ApiProblem::NoPhoto.into()),
                    Err(problem) => Err(problem.clone()),
                });
                let (avatar, answer) = api.answer(avatar, call, caller, &given);
                let kept = avatar.as_ref().is_some_and(|avatar| {
                    avatar.photos().photos().iter().any(|known| known.source == photo.source)
                });
                (avatar, (answer, kept))
            })
            .await?;
        if let Ok(arrived) = arrived {
            arrived.leave(kept).await;
        }
        match answer {
            Answer::Reply(reply) => Ok(reply),
            _ => Err(ApiProblem::Internal.into()),
        }
    }

    pub(super) async fn ask(
        &self,
        id: AvatarId,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Result<Answer, Problem> {
        // Most calls change nothing, and must not wait for those that do.
        let before = self.look(|store| store.load(id)).await?;
        let (after, answer) = self.avatar_api()?.answer(before.clone(), call, caller, given);
        if after == before {
            return Ok(answer);
        }
        self.update(id, |api, avatar| api.answer(avatar, call, caller, given)).await
    }

    fn avatar_api(&self) -> Result<AvatarApi<'_>, Problem> {
        let poll = self.connection.as_ref().map_or(POLL_INTERVAL, |connection| connection.poll);
        let moment = moment(poll).map_err(|failure| {
            log::error!("{}", failure.brief());
            ApiProblem::Internal
        })?;
        Ok(AvatarApi { deployment: &self.deployment, connection: self.connection.as_ref(), moment })
    }

    /// Lets the avatar change, saves it, and wakes its driver where it did.
    pub(super) async fn update<T>(
        &self,
        id: AvatarId,
        change: impl FnOnce(&AvatarApi<'_>, Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T, Problem> {
        let api = self.avatar_api()?;
        let updated = self.change(|store| {
            store.update(id, |before| {
                let (after, told) = change(&api, before.clone());
                let changed = after != before;
                (after, (told, changed))
            })
        });
        let (told, changed) = updated.await?;
        if changed {
            self.drivers.wake(id);
        }
        Ok(told)
    }
}
