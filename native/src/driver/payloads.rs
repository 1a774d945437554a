//! Deletion of a person's request payloads at fal when the person is forgotten.

use likeness_core::fal::{
    Account, RequestId,
    payloads::{self, Deletion},
};

use crate::transport::Transport;

/// The result of the deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deleted {
    /// All payloads are gone.
    All,
    /// Some are kept, as fal says.
    Refused,
    /// Some could not be deleted now; another try may succeed.
    NotYet,
}

/// Has fal delete the payloads of these requests.
pub(crate) async fn delete(transport: &Transport, admin: &Account, requests: &[RequestId]) -> Deleted {
    let mut deleted = Deleted::All;
    for request in requests {
        let answer = transport.send(payloads::delete_request(admin, request), None).await;
        let (why, of_this) = match answer.map(payloads::outcome) {
            Ok(Deletion::Done(_)) => {
                log::info!("fal.ai deleted the payloads of request {request}");
                continue;
            }
            Ok(Deletion::Refused(why)) => (why.to_string(), Deleted::Refused),
            Ok(Deletion::NotYet(why)) => (why.to_string(), Deleted::NotYet),
            Err(why) => (why.to_string(), Deleted::NotYet),
        };
        log::warn!("fal.ai did not delete the payloads of request {request}: {why}");
        deleted = deleted.max(of_this);
    }
    deleted
}
