//! A file from one address to another.

use likeness_core::{
    avatar::Kept,
    download::{FileCheck, FileProblem, RemoteFile},
    error::{Error, NetworkError, StorageErrorKind},
    http::{Method, NoAnswer, Request},
    imager::SignedRequest,
    storage::{self, Asked},
};

use likeness_platform::ask;

use crate::{
    outlet::{Halt, Stopped, pour},
    sums::Sha256Of,
};

/// The memory in bytes that decoding a picture may take here; of a larger one only the first and last bytes are checked.
const PICTURE_MEMORY: u64 = 24 << 20;

/// Copies what `from` gives to `target`, and says what it was. No key is sent. A file that is not what was promised is never
/// written whole: the last bytes leave only once the check is passed.
pub(crate) async fn copy(from: &RemoteFile, target: &SignedRequest, file: String) -> Result<Kept, Error> {
    let request = SignedRequest::of(&Request::transfer(Method::GET, from.url.clone()));
    let mut incoming = ask(&request).await.map_err(no_answer)?;
    let status = incoming.status.as_u16();
    // Whoever sends a file says how long it is: an answer that does not is a page of something on the way.
    let length = storage::head_of(&incoming.headers).length;
    let (200, Some(length)) = (status, length) else {
        return Err(Error::Network(NetworkError::Unreadable { status }));
    };
    if !(1..=from.expected.max_bytes).contains(&length) {
        return Err(no_answer(NoAnswer::Interrupted));
    }
    let mut sum = Sha256Of::default();
    let mut check = Some(FileCheck::new(&from.expected, PICTURE_MEMORY));
    let broken_off = || Halt::Source(no_answer(NoAnswer::Interrupted));
    let answer = pour(target, length, async |outlet| {
        let mut left = length;
        while let Some(chunk) = incoming.chunk().await.map_err(|why| Halt::Source(no_answer(why)))? {
            left = left.checked_sub(chunk.length().into()).ok_or_else(broken_off)?;
            sum.add(&chunk);
            if let Some(check) = &mut check {
                check.add(&chunk.to_vec()).map_err(not_whole)?;
            }
            if left == 0
                && let Some(check) = check.take()
            {
                check.finish().map_err(not_whole)?;
            }
            outlet.write(&chunk).await?;
        }
        if left == 0 { Ok(()) } else { Err(broken_off()) }
    })
    .await;
    let asked = Asked::at(&target.url, file.as_str());
    let answer = answer.map_err(|stopped| match stopped {
        Stopped::Source(why) => why,
        Stopped::NoAnswer(_) => Error::Storage(asked.error(StorageErrorKind::Unreachable)),
    })?;
    if !asked.is_given(answer.status, &answer.headers) {
        return Err(Error::Storage(answer.refusal(&asked).await));
    }
    Ok(Kept { name: file, length, sha256: sum.value(), copy: None })
}

fn not_whole(problem: FileProblem) -> Halt<Error> {
    Halt::Source(Error::Network(NetworkError::NotWhole(problem)))
}

fn no_answer(why: NoAnswer) -> Error {
    Error::Network(NetworkError::NoAnswer(why))
}
