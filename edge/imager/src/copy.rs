//! A file from one address to another, checked on the way.

use js_sys::Uint8Array;
use likeness_core::{
    avatar::Kept,
    download::{Download, DownloadStep, Fetched, RemoteFile},
    error::{Error, NetworkError, StorageErrorKind},
    http::Request,
    storage::{self, Asked},
};
use worker::Delay;

use likeness_platform::{Deadline, Incoming, ask};

use crate::{
    body_writer::{BodyWriter, Halt, Moved, Stopped, stream_body},
    sums::in_parts,
};

/// The memory in bytes that checking a picture may take here; of a picture that takes more only the first and last
/// bytes are checked.
pub(crate) const PICTURE_MEMORY: u64 = 24 << 20;

/// An answer whose body is the file from this byte on.
struct Body {
    from: u64,
    incoming: Incoming,
}

enum Next {
    Body(Body),
    Done,
}

/// The reason why a target did not get the whole file.
enum Missed {
    Failed(NetworkError),
    /// A source that changed: the bytes sent so far are of no use, and the copy begins anew with this body.
    Anew(Body),
}

/// Copies a file to `target`, and returns its name, length and sum. No key is sent. A transfer that breaks off goes on
/// behind the bytes that were sent already. The last bytes leave only once the check is passed, so a file that differs
/// from the promised one is never written.
pub(crate) async fn copy(
    from: RemoteFile,
    target: &Request,
    file: String,
    moved: &Moved,
) -> Result<Kept, Error> {
    let promised = from.expected.length;
    let asked = Asked::at(&target.url, file.as_str());
    let mut download = Download::new(from, PICTURE_MEMORY);
    let mut next = next(&mut download).await?;
    loop {
        let Next::Body(body) = next else {
            // No byte of it was sent.
            return Err(Error::Network(NetworkError::Unreadable { status: 200 }));
        };
        // Storage takes no body of unknown length.
        let status = body.incoming.status.as_u16();
        let length = storage::head_of(&body.incoming.headers).length.or(promised);
        let length = length.ok_or(Error::Network(NetworkError::Unreadable { status }))?;
        if length == 0 {
            // An empty object would exist before it is known to be wrong.
            download.ended(Ok(()));
            next = self::next(&mut download).await?;
            continue;
        }
        let poured = stream_body(target, length, moved, async |body_writer| {
            fill(&mut download, body, body_writer).await
        })
        .await;
        let answer = match poured {
            Ok(answer) => answer,
            Err(Stopped::Source(Missed::Anew(body))) => {
                next = Next::Body(body);
                continue;
            }
            Err(Stopped::Source(Missed::Failed(error))) => return Err(Error::Network(error)),
            Err(Stopped::NoAnswer(_)) => {
                return Err(Error::Storage(asked.error(StorageErrorKind::Unreachable)));
            }
        };
        if !asked.is_given(answer.status, &answer.headers) {
            return Err(Error::Storage(answer.refusal(&asked).await));
        }
        let DownloadStep::Done(Fetched { length, sha256 }) = download.step() else {
            return Err(Error::Storage(asked.error(StorageErrorKind::Changed)));
        };
        return Ok(Kept { name: file, length, sha256, copy: None });
    }
}

/// Asks, follows and waits until there is something to read, or nothing more to do.
async fn next(download: &mut Download) -> Result<Next, NetworkError> {
    let mut answered = None;
    loop {
        match download.step() {
            DownloadStep::Ask(request) => match ask(&request, Deadline::of_transfer).await {
                Ok(incoming) => {
                    download.answered(Ok((incoming.status, &incoming.headers)));
                    answered = Some(incoming);
                }
                Err(why) => download.answered(Err(why)),
            },
            DownloadStep::Read { from } => {
                let incoming = answered.ok_or(NetworkError::Unreadable { status: 200 })?;
                return Ok(Next::Body(Body { from, incoming }));
            }
            DownloadStep::Pause(time) => {
                Delay::from(time).await;
                download.paused();
            }
            DownloadStep::Done(_) => return Ok(Next::Done),
            DownloadStep::Failed(error) => return Err(error),
        }
    }
}

/// Writes the file. The newest bytes are held back until others follow, or all are known to be right.
async fn fill(download: &mut Download, body: Body, body_writer: &BodyWriter) -> Result<(), Halt<Missed>> {
    let (mut incoming, mut held, mut part) = (body.incoming, None::<Uint8Array>, Vec::new());
    loop {
        loop {
            let chunk = match incoming.chunk().await {
                Ok(Some(chunk)) => chunk,
                ended => {
                    download.ended(ended.map(|_| ()));
                    break;
                }
            };
            let mut counts = true;
            in_parts(&chunk, &mut part, |bytes| counts = counts && download.received(bytes));
            if !counts {
                break;
            }
            if let Some(before) = held.replace(chunk) {
                body_writer.write(&before).await?;
            }
        }
        match next(download).await.map_err(|error| Halt::Source(Missed::Failed(error)))? {
            Next::Done => {
                return match held {
                    Some(last) => body_writer.write(&last).await,
                    None => Ok(()),
                };
            }
            Next::Body(body) if body.from == 0 => return Err(Halt::Source(Missed::Anew(body))),
            Next::Body(body) => incoming = body.incoming,
        }
    }
}
