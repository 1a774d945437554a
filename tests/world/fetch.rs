//! The fetching of files, and the weather that spoils their bytes on the way.

use std::{io::Cursor, time::Duration};

use likeness_core::{
    avatar::{Kept, Sha256Sum},
    download::{Download, DownloadStep, Fetched, RemoteFile},
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    http::{Method, NoAnswer, Request, Response, StatusCode},
    simulator::{Incoming, Reply},
};

use super::{Reckless, life::World};

/// The most memory for checking a picture, in bytes.
const MEMORY: u64 = 16 << 20;

impl World {
    pub(super) fn fetch(
        &mut self,
        home: usize,
        file: RemoteFile,
        name: String,
    ) -> (Duration, Result<Kept, Error>) {
        self.remember(&file);
        let (after, fetched) = if self.reckless == Some(Reckless::SkipsTheCheck) {
            self.fetch_unchecked(&file)
        } else {
            self.fetch_checked(file)
        };
        let kept = fetched.map_err(Error::Network).and_then(|(Fetched { length, sha256 }, bytes)| {
            if self.random.per_mille(self.weather.storage) {
                let place = format!("{name}, {length} bytes");
                return Err(Error::Storage(StorageError::new(StorageErrorKind::Full, place)));
            }
            self.homes[home].files.insert(name.clone(), bytes);
            Ok(Kept { name, length, sha256, copy: None })
        });
        (after, kept)
    }

    /// Writes down the file as fal would give it out if nothing ever went wrong.
    fn remember(&mut self, file: &RemoteFile) {
        if self.books.knows(file.url.as_str()) {
            return;
        }
        let request = Request::transfer(Method::GET, file.url.clone());
        let mut fal = self.fal.clone().without_faults();
        let reply = fal.answer(&Incoming::from(&request), &mut Cursor::new([]), self.now);
        if let Reply::Whole(answer) = reply
            && answer.status == StatusCode::OK
        {
            self.books.made(file.url.to_string(), Sha256Sum::of(&answer.body));
        }
    }

    fn fetch_checked(&mut self, file: RemoteFile) -> (Duration, Result<(Fetched, Vec<u8>), NetworkError>) {
        let mut download = Download::new(file, MEMORY);
        let (mut after, mut kept, mut body) = (Duration::ZERO, Vec::new(), None);
        loop {
            match download.step() {
                DownloadStep::Ask(request) => {
                    let (took, answer) = self.over_the_wire(&request, &[]);
                    after += took;
                    match answer {
                        Ok(answer) => {
                            let (answer, breaks) = self.on_the_way(answer);
                            download.answered(Ok((answer.status, &answer.headers)));
                            body = Some((answer.body, breaks));
                        }
                        Err(why) => download.answered(Err(why)),
                    }
                }
                DownloadStep::Read { from } => {
                    kept.truncate(usize::try_from(from).expect("small"));
                    let (bytes, breaks) = body.take().expect("an answer");
                    let size = 1 + self.random.below(5000);
                    for piece in bytes.chunks(size) {
                        if !download.received(piece) {
                            break;
                        }
                        kept.extend_from_slice(piece);
                    }
                    download.ended(if breaks { Err(NoAnswer::Interrupted) } else { Ok(()) });
                }
                DownloadStep::Pause(time) => {
                    after += time;
                    download.paused();
                }
                DownloadStep::Done(fetched) => return (after, Ok((fetched, kept))),
                DownloadStep::Failed(why) => return (after, Err(why)),
            }
        }
    }

    fn fetch_unchecked(&mut self, file: &RemoteFile) -> (Duration, Result<(Fetched, Vec<u8>), NetworkError>) {
        let (after, answer) = self.over_the_wire(&Request::transfer(Method::GET, file.url.clone()), &[]);
        let fetched = match answer.map(|answer| self.on_the_way(answer)) {
            Err(why) => Err(NetworkError::NoAnswer(why)),
            Ok((_, true)) => Err(NetworkError::NoAnswer(NoAnswer::Interrupted)),
            Ok((answer, false)) if answer.status == StatusCode::OK => {
                let fetched =
                    Fetched { length: answer.body.len() as u64, sha256: Sha256Sum::of(&answer.body) };
                Ok((fetched, answer.body))
            }
            Ok((answer, false)) => Err(NetworkError::Unreadable { status: answer.status.as_u16() }),
        };
        (after, fetched)
    }

    /// Spoils an answer, perhaps, and tells whether it breaks off.
    fn on_the_way(&mut self, mut answer: Response) -> (Response, bool) {
        if !answer.status.is_success() || !self.random.per_mille(self.weather.bytes) {
            return (announced(answer), false);
        }
        let what = *self.random.pick(&[
            Spoilt::ByOneByte,
            Spoilt::ByHalf,
            Spoilt::Page,
            Spoilt::Message,
            Spoilt::Broken,
        ]);
        self.note(|| format!("  what arrives is spoilt: {what:?}"));
        let whole = announced(answer.clone());
        match what {
            Spoilt::Broken => {
                let cut = self.random.below(answer.body.len().max(1));
                return (Response { body: whole.body[..cut].to_vec(), ..whole }, true);
            }
            Spoilt::ByOneByte => drop(answer.body.pop()),
            Spoilt::ByHalf => answer.body.truncate(answer.body.len() / 2),
            Spoilt::Page => answer.body = b"<html>Just a moment...</html>".to_vec(),
            Spoilt::Message => answer.body = b"{\"detail\":\"Try again later\"}".to_vec(),
        }
        (announced(answer), false)
    }
}

/// A way in which bytes in a good answer are wrong.
#[derive(Clone, Copy, Debug)]
enum Spoilt {
    ByOneByte,
    ByHalf,
    Page,
    Message,
    /// The connection ends in the middle.
    Broken,
}

/// Announces the answer's own length.
fn announced(mut answer: Response) -> Response {
    let length = answer.body.len().to_string().parse().expect("a value");
    answer.headers.insert("content-length", length);
    answer
}
