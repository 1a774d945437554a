//! The work of chats: calls of the Bot API and of our own, and files between the two.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{Method, body::Incoming as Body, http::request::Parts};
use likeness_core::{
    api::{Given, Place, Problem, Reply},
    chat::{ApiCall, ChatOutcome, ChatWork, FileTrouble, NoReply, attachment},
    http::{Answer, NoAnswer, StatusCode},
    limits::MAX_UPDATE_BYTES,
    telegram::{Attachment, BotCall, FilePath, Update, WEBHOOK_PATH},
};

use super::{answer::Answered, connections::Paced, connections::Seat, server::Server, telegram_file};
use crate::{clock, moment::entropy, streamed::Streamed};

/// The time that an update may take to arrive.
const UPDATE_WITHIN: Duration = Duration::from_secs(15);

impl Server {
    /// Takes a message of Telegram's: believed by its secret, saved, and answered at once. The work follows.
    pub(super) async fn telegram_webhook(
        self: &Arc<Self>,
        seat: &Seat,
        head: &Parts,
        body: &mut Option<Body>,
    ) -> Reply {
        match self.telegram_update(seat, head, body).await {
            Ok(status) => Reply::empty(status),
            Err(problem) => problem.into(),
        }
    }

    async fn telegram_update(
        self: &Arc<Self>,
        seat: &Seat,
        head: &Parts,
        body: &mut Option<Body>,
    ) -> Result<StatusCode, Problem> {
        use likeness_core::api::ApiProblem;

        let telegram = self.telegram()?;
        if head.method != Method::POST {
            return Err(ApiProblem::Method { allowed: "POST".to_owned() }.into());
        }
        // Before the body is read: nobody else fills our memory.
        if !telegram.secret.as_ref().is_some_and(|secret| secret.admits(&head.headers)) {
            log::warn!("a message came to {WEBHOOK_PATH} without Telegram's secret");
            return Err(ApiProblem::Unauthorized.into());
        }
        seat.is_known();
        let place = self.messages.take(seat.origin()).ok_or(ApiProblem::RateLimited)?;
        let body = body.take().ok_or(ApiProblem::Internal)?;
        let whole = tokio::select! {
            whole = tokio::time::timeout(UPDATE_WITHIN, Paced::new(body, self.pace).whole(MAX_UPDATE_BYTES)) => whole,
            () = place.lost() => return Err(ApiProblem::RateLimited.into()),
        };
        let whole = whole.map_err(|_| super::problem::too_slow())?.map_err(super::problem::unfinished)?;
        let whole = whole.ok_or(ApiProblem::TooLarge { max: MAX_UPDATE_BYTES })?;
        match Update::parse(&whole) {
            Ok(Some(update)) => self.hear(&update).await?,
            Ok(None) => {}
            // Telegram would send it again for a day, and it would not be read then either.
            Err(error) => log::warn!("a message of Telegram's is left alone: {error}"),
        }
        Ok(StatusCode::OK)
    }

    /// Does a task of a chat.
    pub(super) async fn carry_out(&self, work: ChatWork) -> ChatOutcome {
        match work {
            ChatWork::Bot(call) => ChatOutcome::Answered(self.call_bot(&call, &[]).await),
            ChatWork::Api(call) => {
                let answered = self.own_call(&call, None).await;
                ChatOutcome::Replied(match answered {
                    Answered::Reply(reply) => Ok(reply),
                    Answered::File(..) => Err(NoReply),
                })
            }
            ChatWork::Bring { file, call, max_bytes } => {
                ChatOutcome::Brought(self.bring(&file, &call, max_bytes).await)
            }
            ChatWork::Deliver { files, call } => {
                let mut attachments = Vec::new();
                for file in &files {
                    let Some(attachment) = self.attachment(file).await else { return ChatOutcome::NoFiles };
                    attachments.push(attachment);
                }
                ChatOutcome::Answered(self.call_bot(&call, &attachments).await)
            }
        }
    }

    /// Makes a call of the Bot API.
    pub(super) async fn call_bot(&self, call: &BotCall, files: &[Attachment]) -> Answer {
        let (Ok(telegram), Ok(transport), Ok(entropy)) = (self.telegram(), self.shell.http(), entropy())
        else {
            return Err(NoAnswer::NotConnected);
        };
        let request = telegram.api.request(call, files, entropy);
        let answer = transport.send(request, None).await.unwrap_or_else(|error| {
            log::warn!("Telegram could not be asked: {error}");
            Err(NoAnswer::NotConnected)
        });
        log::debug!("{}: {}", call.method(), shown(&answer));
        answer
    }

    /// Makes a call of our own API, as if it had come over HTTP.
    async fn own_call(&self, call: &ApiCall, file: Option<(u64, Streamed)>) -> Answered {
        let answered = async {
            let mut parsed = call.call(clock::now())?;
            parsed.admit(call.caller)?;
            let given = Given { body: call.body.clone(), ..Given::default() };
            let (length, mut body) = file.map_or((None, None), |(length, body)| (Some(length), Some(body)));
            parsed.content_length = length;
            match parsed.operation.place() {
                Place::Budget => self.budget_call(&parsed, &given).await,
                _ => self.avatar(&parsed, None, call.caller, given, &mut body).await,
            }
        };
        answered.await.unwrap_or_else(|problem: Problem| Answered::Reply(problem.into()))
    }

    /// Streams a file of Telegram's to our API.
    async fn bring(&self, file: &FilePath, call: &ApiCall, max_bytes: u64) -> Result<Reply, FileTrouble> {
        let telegram = self.telegram().map_err(|_| FileTrouble::Broken)?;
        let (length, body) = telegram_file::open(&self.shell, telegram, file, max_bytes).await?;
        match self.own_call(call, Some((length, body))).await {
            Answered::Reply(reply) => Ok(reply),
            Answered::File(..) => Err(FileTrouble::Broken),
        }
    }

    /// Reads a file of ours.
    async fn attachment(&self, call: &ApiCall) -> Option<Attachment> {
        let Answered::File(reply, body) = self.own_call(call, None).await else { return None };
        let bytes = body.collect().await.ok()?.to_bytes().to_vec();
        Some(attachment(&reply, bytes))
    }
}

/// Describes an answer for the log: neither its words, which may name people, nor its address, which holds the token.
fn shown(answer: &Answer) -> String {
    match answer {
        Ok(answer) => answer.status.as_u16().to_string(),
        Err(why) => why.to_string(),
    }
}
