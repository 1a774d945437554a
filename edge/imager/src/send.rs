//! Pieces that are sent one after the other as the body of one request.

use js_sys::Uint8Array;
use likeness_core::{
    error::{StorageError, StorageErrorKind},
    http::{NoAnswer, Request, Response},
    imager::{SendFailure, SentObject, SentPiece},
    storage::Asked,
};

use likeness_platform::{Deadline, Incoming, ask};

use crate::{
    body_writer::{BodyWriter, Halt, Moved, Stopped, stream_body},
    sums::Crc32,
};

/// Sends the pieces. Only one of them is open at a time, and none is held whole.
pub(crate) async fn send(
    pieces: Vec<SentPiece>,
    length: u64,
    to: &Request,
    moved: &Moved,
) -> Result<Response, SendFailure> {
    let sum = pieces.iter().try_fold(0_u64, |sum, piece| sum.checked_add(length_of(piece)));
    if sum != Some(length) {
        worker::console_error!("the pieces are not as long as the whole: nothing is sent");
        return Err(SendFailure::NoAnswer(NoAnswer::NotConnected));
    }
    let answer = stream_body(to, length, moved, async |body_writer| {
        for piece in pieces {
            pass_on(piece, body_writer).await?;
        }
        Ok(())
    })
    .await
    .map_err(|stopped| match stopped {
        Stopped::Source(error) => SendFailure::Source(error),
        Stopped::NoAnswer(why) => SendFailure::NoAnswer(why),
    })?;
    answer.whole().await.map_err(SendFailure::NoAnswer)
}

fn length_of(piece: &SentPiece) -> u64 {
    match piece {
        SentPiece::Bytes(bytes) => bytes.len() as u64,
        SentPiece::Object(object) => object.length,
    }
}

async fn pass_on(piece: SentPiece, body_writer: &BodyWriter) -> Result<(), Halt<StorageError>> {
    match piece {
        SentPiece::Bytes(bytes) => body_writer.write(&Uint8Array::from(bytes.as_slice())).await,
        SentPiece::Object(object) => Object(&object).pass_on(body_writer).await,
    }
}

/// An object on its way. Its length and sum must be the expected ones: other bytes would make an archive that cannot be
/// unpacked, and fal says so only after the training was paid for.
struct Object<'a>(&'a SentObject);

impl Object<'_> {
    async fn pass_on(self, body_writer: &BodyWriter) -> Result<(), Halt<StorageError>> {
        let mut incoming = self.open().await.map_err(Halt::Source)?;
        let (mut left, mut sum) = (self.0.length, Crc32::default());
        while left > 0 {
            let chunk = match incoming.chunk().await {
                Ok(chunk) => chunk.ok_or_else(|| self.changed())?,
                Err(_) => return Err(Halt::Source(self.error(StorageErrorKind::Unreachable))),
            };
            left = left.checked_sub(chunk.length().into()).ok_or_else(|| self.changed())?;
            if self.0.crc32.is_some() {
                sum.add(&chunk);
            }
            // The last bytes leave only once all of them are known to be right.
            if left == 0 {
                self.check_end(&mut incoming, &sum).await?;
            }
            body_writer.write(&chunk).await?;
        }
        if self.0.length > 0 { Ok(()) } else { self.check_end(&mut incoming, &sum).await }
    }

    /// Checks that nothing follows, and that the sum is right.
    async fn check_end(&self, incoming: &mut Incoming, sum: &Crc32) -> Result<(), Halt<StorageError>> {
        let wrong = self.0.crc32.is_some_and(|expected| expected != sum.value());
        match incoming.chunk().await {
            Ok(None) if !wrong => Ok(()),
            Ok(_) => Err(self.changed()),
            Err(_) => Err(Halt::Source(self.error(StorageErrorKind::Unreachable))),
        }
    }

    fn changed(&self) -> Halt<StorageError> {
        Halt::Source(self.error(StorageErrorKind::Changed))
    }

    async fn open(&self) -> Result<Incoming, StorageError> {
        let incoming = ask(&self.0.from, Deadline::of_transfer)
            .await
            .map_err(|_| self.error(StorageErrorKind::Unreachable))?;
        let asked = Asked::at(&self.0.from.url, self.0.place.as_str());
        if !asked.is_given(incoming.status, &incoming.headers) {
            return Err(incoming.refusal(&asked).await);
        }
        asked.check_object(&self.0.from.headers, self.0.length, (incoming.status, &incoming.headers))?;
        Ok(incoming)
    }

    fn error(&self, kind: StorageErrorKind) -> StorageError {
        StorageError::new(kind, self.0.place.clone())
    }
}
