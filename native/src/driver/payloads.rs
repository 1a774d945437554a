//! Deletion of a person's request payloads at fal when the person is forgotten.

use likeness_core::{
    error::Error,
    fal::{Account, RequestId, payloads},
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
        match answer.map(payloads::parse) {
            Ok(Ok(_)) => log::info!("fal.ai deleted the payloads of request {request}"),
            Ok(Err(error)) => {
                log::warn!("fal.ai did not delete the payloads of request {request}: {error}");
                let passes = Error::from(error).may_pass();
                deleted = deleted.max(if passes { Deleted::NotYet } else { Deleted::Refused });
            }
            Err(error) => {
                log::warn!("{error}");
                deleted = Deleted::NotYet;
            }
        }
    }
    deleted
}
