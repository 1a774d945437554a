//! Deletion of what fal stored of a request.
//!
//! fal deletes the stored input and output and the files that the request made, never the files that were its
//! input: an archive is gone only when it expires. The key must be an account's admin key
//! (fal.ai/docs/platform-apis, `DELETE /v1/models/requests/{request_id}/payloads`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Account, CallError, RequestId, error::success};
use crate::{
    http::{Answer, Method, Request},
    limits::READ_TIMEOUT,
    text::clean,
};

/// The result of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Number of files that are gone.
    pub files: usize,
    /// Addresses, without their queries, of the files that are still there.
    pub remaining: Vec<String>,
}

/// The outcome of an attempt to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// fal has deleted what it may delete.
    Done(Deleted),
    /// A refusal, which is final.
    Refused(CallError),
    /// An error that may pass: the deletion is asked for again.
    NotYet(CallError),
}

const LINK_LENGTH: usize = 300;

/// Asks for the deletion. `account` holds the admin key.
#[must_use]
pub fn delete_request(account: &Account, id: &RequestId) -> Request {
    account.api(Method::DELETE, &format!("v1/models/requests/{id}/payloads"), READ_TIMEOUT)
}

/// Tells what became of the deletion.
#[must_use]
pub fn outcome(answer: Answer) -> Deletion {
    match parse(answer) {
        Ok(deleted) => Deletion::Done(deleted),
        Err(CallError::Api(error)) if !error.worth_retrying() => Deletion::Refused(CallError::Api(error)),
        Err(error) => Deletion::NotYet(error),
    }
}

/// Reads the answer. Without a list of results nothing is known to be gone, so that is an error.
pub fn parse(answer: Answer) -> Result<Deleted, CallError> {
    let (status, body) = success(answer)?;
    let results =
        body.get("cdn_delete_results").and_then(Value::as_array).ok_or(CallError::Unreadable { status })?;
    let failed = |result: &&Value| result.get("exception").is_some_and(|why| !why.is_null());
    let remaining: Vec<_> = results
        .iter()
        .filter(failed)
        .map(|result| clean(result.get("link").and_then(Value::as_str).unwrap_or("a file"), LINK_LENGTH))
        .collect();
    Ok(Deleted { files: results.len() - remaining.len(), remaining })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Deleted, delete_request, parse};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            CallError,
            fixtures::{account, answer, id, made},
        },
        http::Method,
    };

    #[test]
    fn it_deletes_one_requests_payloads() {
        let request = delete_request(&account(), &id());
        assert_eq!(request.method, Method::DELETE);
        let path = "/v1/models/requests/764cabcf-b745-4b3e-ae38-1200304cf45b/payloads";
        assert_eq!(request.url.path(), path);
    }

    #[test]
    fn what_remains_is_named_without_its_token() {
        let remaining = vec!["https://v3.fal.media/files/a/2.jpeg?…".to_owned()];
        assert_eq!(parse(Ok(answer("payloads_deleted"))), Ok(Deleted { files: 1, remaining }));
        assert_eq!(parse(Ok(made(200, &json!({})))), Err(CallError::Unreadable { status: 200 }));
        let no = parse(Ok(made(403, &json!({"detail": "Admin key required"})))).expect_err("no");
        assert_eq!(no.code(), "fal.forbidden");
    }
}
