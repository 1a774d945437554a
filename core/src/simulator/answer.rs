//! The way of a call: which part of the simulator carries it out, and what every answer carries.

use super::{
    Simulator,
    body::Body,
    call::{Call, Incoming},
    reply::{self, Reply, Stop},
    route::Route,
};
use crate::{http::Method, time::Timestamp};

impl Simulator {
    /// Carries out a call, and returns the reply. Any call at all may be made; a body that cannot be read to its
    /// end counts as cut: nothing is done and nothing is answered.
    pub fn answer(&mut self, incoming: &Incoming, body: &mut dyn Body, now: Timestamp) -> Reply {
        let now = self.clock.tick(now);
        let mut reply = match self.call(incoming, body, now) {
            Ok(reply) => reply,
            Err(stop) => stop.into_reply(),
        };
        if let Reply::Whole(response) | Reply::Late { response, .. } = &mut reply {
            let json = response.header("content-type").is_some_and(|kind| kind == "application/json");
            if json && !response.headers.contains_key(reply::REQUEST_ID) {
                let id = self.next_id("call");
                *response = reply::with(response.clone(), reply::REQUEST_ID, &id);
            }
            if incoming.method == Method::HEAD {
                response.body.clear();
            }
        }
        if let (Reply::Kept(file), true) = (&mut reply, incoming.method == Method::HEAD) {
            file.pieces.clear();
        }
        reply
    }

    fn call(&mut self, incoming: &Incoming, body: &mut dyn Body, now: Timestamp) -> Result<Reply, Stop> {
        let call = Call::read(incoming, &self.plan)?;
        match call.target.route(&incoming.method) {
            Route::Submit { endpoint } => self.submit(&call, &endpoint, body, now),
            Route::Status { request } => self.status(&call, &request, now),
            Route::StatusStream { request } => self.status_stream(&call, &request),
            Route::Result { request } => self.result(&call, &request, now),
            Route::Cancel { request } => self.cancel(&call, &request, now),
            Route::Token => self.upload_token(&call, body, now),
            Route::Initiate => self.initiate(&call, body, false, now),
            Route::InitiateMultipart => self.initiate(&call, body, true, now),
            Route::Put { upload } => self.put(&call, &upload, body, now),
            Route::Part { upload, number } => self.put_part(&call, &upload, number, body),
            Route::PartAddress { upload, number } => self.part_address(&call, &upload, number),
            Route::Complete { upload } => self.complete(&call, &upload, body, now),
            Route::CdnUpload => self.cdn_upload(&call, body, now),
            Route::CdnMultipart => self.cdn_multipart(&call, now),
            Route::CdnPart { upload, number } => self.cdn_part(&call, &upload, number, body),
            Route::CdnComplete { upload } => self.cdn_complete(&call, &upload, body, now),
            Route::File { path } => self.file(&call, &path, now),
            Route::Jwks => Ok(self.jwks().into()),
            Route::Meta => Ok(reply::answer(200, &serde_json::json!({ "webhook_ip_ranges": [] })).into()),
            Route::Requests => self.requests(&call, now),
            Route::Pricing => self.pricing(&call),
            Route::DeletePayloads { request } => self.delete_payloads(&call, &request),
            Route::WrongMethod => Ok(reply::refusal(405, "Method Not Allowed").into()),
            Route::Unknown => Ok(reply::refusal(404, "Not Found").into()),
        }
    }
}
