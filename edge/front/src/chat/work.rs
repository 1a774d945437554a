//! The work of a chat's tasks: calls of the Bot API and of our own, and files between the two.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use http::{
    StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH},
};
use likeness_core::{
    api::{Deployment, Reply},
    chat::{ApiCall, ChatOutcome, ChatWork, FileTrouble, NoReply, attachment},
    http::{Answer as Answered, NoAnswer},
    telegram::{Attachment, BotCall, FilePath, TelegramSettings},
};
use likeness_platform::{Deadline, header_map, opened, send};
use worker::{Delay, Env};

use crate::{
    delivery::{Upload, deliver},
    outcome::{Answer, Outcome, Refusal},
    rpc::ObjectCall,
    settings,
};

/// The longest that a task may take, so that an object which is not heard of holds up nothing for ever.
const PATIENCE: Duration = Duration::from_mins(10);

/// The means by which a chat's tasks are done.
pub(super) struct Hands<'a> {
    pub(super) env: &'a Env,
    pub(super) deployment: &'a Deployment,
    pub(super) telegram: &'a TelegramSettings,
    /// Origin of the front.
    pub(super) origin: &'a str,
}

impl Hands<'_> {
    /// Does a task.
    pub(super) async fn carry_out(&self, work: ChatWork) -> ChatOutcome {
        let given_up = match &work {
            ChatWork::Bot(_) | ChatWork::Deliver { .. } => ChatOutcome::Answered(Err(NoAnswer::TimedOut)),
            ChatWork::Api(_) => ChatOutcome::Replied(Err(NoReply)),
            ChatWork::Bring { .. } => ChatOutcome::Brought(Err(FileTrouble::Broken)),
        };
        match select(pin!(self.done(work)), pin!(Delay::from(PATIENCE))).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => given_up,
        }
    }

    async fn done(&self, work: ChatWork) -> ChatOutcome {
        let (files, call) = match work {
            ChatWork::Bot(call) => (Vec::new(), call),
            ChatWork::Deliver { files, call } => (files, call),
            ChatWork::Api(call) => return ChatOutcome::Replied(self.reply(&call, Upload::default()).await),
            ChatWork::Bring { file, call, max_bytes } => {
                return ChatOutcome::Brought(self.bring(&file, &call, max_bytes).await);
            }
        };
        let mut attachments = Vec::new();
        for file in &files {
            let Some(attachment) = self.attachment(file).await else { return ChatOutcome::NoFiles };
            attachments.push(attachment);
        }
        ChatOutcome::Answered(self.call_bot(&call, &attachments).await)
    }

    /// Makes a call of the Bot API. Neither its words, which may name people, nor its address, which holds the token, are
    /// logged.
    async fn call_bot(&self, call: &BotCall, files: &[Attachment]) -> Answered {
        let Ok(entropy) = settings::entropy() else { return Err(NoAnswer::NotConnected) };
        let answer = send(&self.telegram.api.request(call, files, entropy)).await;
        match &answer {
            Ok(answer) => worker::console_debug!("{}: {}", call.method(), answer.status.as_u16()),
            Err(why) => worker::console_warn!("[FAL AI] WARNING {}: {why}", call.method()),
        }
        answer
    }

    /// Makes a call of our own API, as if it had come over HTTP.
    async fn own_call(&self, call: &ApiCall, upload: Upload<'_>) -> Answer {
        let parsed = call.call(settings::now())?;
        parsed.admit(call.caller)?;
        let object_call = ObjectCall::of_chat(call, upload.length, self.origin.to_owned());
        deliver(&parsed, object_call, upload, self.env, self.deployment).await
    }

    async fn reply(&self, call: &ApiCall, upload: Upload<'_>) -> Result<Reply, NoReply> {
        match self.own_call(call, upload).await {
            Ok(Outcome::Reply(reply)) => Ok(reply),
            Err(Refusal(problem)) => Ok(problem.into()),
            Ok(Outcome::File { .. }) => Err(NoReply),
        }
    }

    /// Streams a file of Telegram's to our API. Its bytes never enter this Worker's memory as a whole.
    async fn bring(&self, file: &FilePath, call: &ApiCall, max_bytes: u64) -> Result<Reply, FileTrouble> {
        if file.on_disk().is_some() {
            worker::console_warn!("[FAL AI] WARNING TELEGRAM_API_URL hands out files on its own disk alone");
            return Err(FileTrouble::Broken);
        }
        let deadline = Deadline::of_transfer();
        let brought = async {
            // The length must be that of the bytes as they come.
            let request = self.telegram.api.file(file).header(ACCEPT_ENCODING, "identity");
            let response = opened(&request, &deadline).await.map_err(|_| FileTrouble::Broken)?;
            match StatusCode::from_u16(response.status()) {
                Ok(StatusCode::OK) => {}
                Ok(StatusCode::NOT_FOUND | StatusCode::GONE) => return Err(FileTrouble::Moved),
                _ => return Err(FileTrouble::Broken),
            }
            let headers = header_map(&response.headers());
            let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
            let length: u64 = length.ok_or(FileTrouble::Broken)?;
            if length > max_bytes {
                return Err(FileTrouble::TooBig);
            }
            let upload = Upload { body: response.body(), length: Some(length), context: None };
            self.reply(call, upload).await.map_err(|_| FileTrouble::Broken)
        };
        let brought = brought.await;
        // The rest of a file that was not taken must not keep its connection open.
        deadline.end();
        brought
    }

    /// Reads a file of ours.
    async fn attachment(&self, call: &ApiCall) -> Option<Attachment> {
        let Ok(Outcome::File { reply, mut body }) = self.own_call(call, Upload::default()).await else {
            return None;
        };
        Some(attachment(&reply, body.bytes().await.ok()?))
    }
}
