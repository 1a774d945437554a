//! A file from one address to another.

use likeness_core::{
    avatar::Kept,
    error::{Error, NetworkError, StorageErrorKind},
    http::NoAnswer,
    imager::SignedRequest,
    storage::{self, Asked},
};

use likeness_platform::ask;

use crate::{
    outlet::{Halt, Stopped, pour},
    sums::Sha256Of,
};

/// Copies what `from` gives to `target`, and says what it was. No key is sent.
pub(crate) async fn copy(
    from: &SignedRequest,
    max_bytes: u64,
    target: &SignedRequest,
    file: String,
) -> Result<Kept, Error> {
    let mut incoming = ask(from).await.map_err(no_answer)?;
    let status = incoming.status.as_u16();
    // Whoever sends a file says how long it is: an answer that does not is a page of something on the way.
    let length = storage::head_of(&incoming.headers).length;
    let (200, Some(length)) = (status, length) else {
        return Err(Error::Network(NetworkError::Unreadable { status }));
    };
    if !(1..=max_bytes).contains(&length) {
        return Err(no_answer(NoAnswer::Interrupted));
    }
    let mut sum = Sha256Of::default();
    let answer = pour(target, length, async |outlet| {
        let mut left = length;
        while let Some(chunk) = incoming.chunk().await.map_err(Halt::Source)? {
            left = left.checked_sub(chunk.length().into()).ok_or(Halt::Source(NoAnswer::Interrupted))?;
            sum.add(&chunk);
            outlet.write(&chunk).await?;
        }
        if left == 0 { Ok(()) } else { Err(Halt::Source(NoAnswer::Interrupted)) }
    })
    .await;
    let asked = Asked::at(&target.url, file.as_str());
    let answer = answer.map_err(|stopped| match stopped {
        Stopped::Source(why) => no_answer(why),
        Stopped::NoAnswer(_) => Error::Storage(asked.error(StorageErrorKind::Unreachable)),
    })?;
    if !asked.is_given(answer.status, &answer.headers) {
        return Err(Error::Storage(answer.refusal(&asked).await));
    }
    Ok(Kept { name: file, length, sha256: sum.value(), copy: None })
}

fn no_answer(why: NoAnswer) -> Error {
    Error::Network(NetworkError::NoAnswer(why))
}
