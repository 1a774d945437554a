//! The steps of a download.

use std::{fmt, time::Duration};

use http::header;

use super::{
    Fetched, FileCheck, FileProblem, NetworkError, RemoteFile,
    redirect::{Trail, is_redirect},
};
use crate::{
    backoff::pause,
    http::{HeaderMap, Method, NoAnswer, Request, StatusCode},
};

/// A file on its way.
#[derive(Clone)]
pub struct Download {
    file: RemoteFile,
    /// The most memory for checking a picture, in bytes.
    memory: u64,
    trail: Trail,
    check: FileCheck,
    /// The length of the whole file as the server announced it.
    whole: Option<u64>,
    /// The end of the part that is being read, when the answer is a part.
    part_end: Option<u64>,
    /// The server's name for the version of the file whose bytes are kept.
    version: Option<String>,
    /// False once the server answered a request for a part with another part, or with the whole file.
    parts: bool,
    /// The number of breaks in a row without progress between them.
    breaks: u32,
    /// The most bytes that were kept at any break.
    furthest: u64,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Asking,
    Reading,
    Pausing,
    Done(Fetched),
    Failed(NetworkError),
}

/// The next step of a download.
#[derive(Debug)]
pub enum DownloadStep {
    /// Send this, then [`Download::answered`].
    Ask(Box<Request>),
    /// Read the body of the answer, which follows on the first `from` bytes of the file. Kept bytes beyond those
    /// are of an earlier answer, and must be thrown away.
    Read {
        /// Number of kept bytes that stay.
        from: u64,
    },
    /// Wait, then [`Download::paused`].
    Pause(Duration),
    /// The end: the bytes that were kept are the file.
    Done(Fetched),
    /// The end: the download failed.
    Failed(NetworkError),
}

/// The most breaks in a row without progress between them.
const MOST_BREAKS: u32 = 5;

/// The number of new bytes that count as progress.
const PROGRESS: u64 = 64 << 10;

impl Download {
    /// Begins a download. For `memory` see [`FileCheck::new`].
    #[must_use]
    pub fn new(file: RemoteFile, memory: u64) -> Self {
        Self {
            trail: Trail::new(&file.url),
            check: FileCheck::new(&file.expected, memory),
            file,
            memory,
            whole: None,
            part_end: None,
            version: None,
            parts: true,
            breaks: 0,
            furthest: 0,
            state: State::Asking,
        }
    }

    /// Returns the file that is fetched.
    #[must_use]
    pub fn file(&self) -> &RemoteFile {
        &self.file
    }

    /// Returns the next step, which stays the same until something happens.
    #[must_use]
    pub fn step(&self) -> DownloadStep {
        match &self.state {
            State::Asking => DownloadStep::Ask(Box::new(self.request())),
            State::Reading => DownloadStep::Read { from: self.check.length() },
            State::Pausing => DownloadStep::Pause(self.pause()),
            State::Done(fetched) => DownloadStep::Done(*fetched),
            State::Failed(error) => DownloadStep::Failed(error.clone()),
        }
    }

    /// Takes the answer's status and headers, or the reason why there is no answer.
    pub fn answered(&mut self, answer: Result<(StatusCode, &HeaderMap), NoAnswer>) {
        if !matches!(self.state, State::Asking) {
            return;
        }
        match answer {
            Ok((status, headers)) => self.answered_with(status, headers),
            Err(why) => self.broke(NetworkError::NoAnswer(why)),
        }
    }

    /// Takes the next bytes of the body, and tells whether to keep them. Once it says no, the rest of the body is
    /// of no use.
    #[must_use]
    pub fn received(&mut self, bytes: &[u8]) -> bool {
        if !matches!(self.state, State::Reading) {
            return false;
        }
        let length = self.check.length() + bytes.len() as u64;
        if self.part_end.is_some_and(|end| length > end) {
            self.anew();
            return false;
        }
        match self.check.add(bytes) {
            Ok(()) => true,
            Err(problem) => {
                self.spoilt(problem);
                false
            }
        }
    }

    /// Takes the end of the body. Where the file is complete a picture is decoded, which takes its time.
    pub fn ended(&mut self, ended: Result<(), NoAnswer>) {
        if !matches!(self.state, State::Reading) {
            return;
        }
        let length = self.check.length();
        let short = self.whole.is_some_and(|whole| length < whole);
        if let Err(why) = ended {
            self.broke(NetworkError::NoAnswer(why));
        } else if self.part_end.is_some_and(|end| length < end) {
            // A clean end before the end of the part is not a broken connection: the body is something else, a page
            // or a message.
            self.anew();
        } else if short {
            // A server may send less than it was asked for, and a proxy may close a connection in the middle
            // without an error.
            self.broke(NetworkError::NoAnswer(NoAnswer::Interrupted));
        } else {
            let fresh = self.fresh_check();
            let check = std::mem::replace(&mut self.check, fresh);
            match check.finish() {
                Ok(fetched) => self.state = State::Done(fetched),
                Err(problem) => self.spoilt(problem),
            }
        }
    }

    /// Ends a pause.
    pub fn paused(&mut self) {
        if matches!(self.state, State::Pausing) {
            self.state = State::Asking;
        }
    }

    /// Tells whether a failed download can be taken up again. Bytes that arrived wrong cannot be continued.
    #[must_use]
    pub fn is_of_use(&self) -> bool {
        let passed = matches!(
            self.state,
            State::Failed(
                NetworkError::NoAnswer(_) | NetworkError::Unreadable { .. } | NetworkError::Page { .. }
            )
        );
        passed && self.goes_on()
    }

    /// Takes a failed download up again, behind the bytes that were kept. `None` when those bytes are of no use, or
    /// the download has not failed.
    #[must_use]
    pub fn again(mut self) -> Option<Self> {
        if !self.is_of_use() {
            return None;
        }
        self.trail = Trail::new(&self.file.url);
        self.breaks = 0;
        self.state = State::Asking;
        Some(self)
    }

    fn request(&self) -> Request {
        // Lengths and sums are those of the bytes as stored, so no compression is accepted.
        let request = Request::transfer(Method::GET, self.trail.at().clone())
            .header(header::ACCEPT_ENCODING, "identity");
        if !self.goes_on() {
            return request;
        }
        let from = self.check.length();
        let request = request.header(header::RANGE, &format!("bytes={from}-"));
        match &self.version {
            Some(version) => request.header(header::IF_RANGE, version),
            None => request,
        }
    }

    fn answered_with(&mut self, status: StatusCode, headers: &HeaderMap) {
        let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if is_redirect(status) {
            match self.trail.follow(text(header::LOCATION), &self.file.url, &self.file.plain) {
                Ok(trail) => self.trail = trail,
                Err(problem) => self.state = State::Failed(NetworkError::Redirected(problem)),
            }
            return;
        }
        let goes_on = self.goes_on();
        match status {
            StatusCode::OK => {
                // A 200 in answer to a range means that this server has no parts: it would be asked in vain again.
                self.parts = self.check.length() == 0;
                let announced = content_length(headers);
                self.check = self.fresh_check().announced(announced);
                (self.whole, self.part_end) = (announced, None);
                self.version = version(headers);
                self.state = State::Reading;
                let max = self.file.expected.max_bytes;
                if let Some(bytes) = announced.filter(|announced| *announced > max) {
                    self.spoilt(FileProblem::TooLarge { bytes, max });
                }
            }
            StatusCode::PARTIAL_CONTENT if goes_on => {
                let part = text(header::CONTENT_RANGE).and_then(ContentRange::read);
                match part.filter(|part| self.is_next(part, headers)) {
                    Some(part) => {
                        self.whole = self.whole.or(part.whole);
                        self.part_end = Some(part.end);
                        self.state = State::Reading;
                    }
                    None => self.anew(),
                }
            }
            // Another file is there now, or a shorter one, or the server does not support parts properly.
            StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED if goes_on => self.anew(),
            status if goes_on && passes(status) => {
                self.broke(NetworkError::Unreadable { status: status.as_u16() });
            }
            status => self.state = State::Failed(NetworkError::Unreadable { status: status.as_u16() }),
        }
    }

    /// Tells whether a part is the one that was asked for, of the file whose first bytes are kept.
    fn is_next(&self, part: &ContentRange, headers: &HeaderMap) -> bool {
        let other = |now: &str| self.version.as_deref().is_some_and(|then| then != now);
        part.start == self.check.length()
            && content_length(headers).is_none_or(|length| length == part.end - part.start)
            && part.whole.is_none_or(|whole| self.whole.is_none_or(|known| known == whole))
            && !version(headers).is_some_and(|now| other(&now))
    }

    /// Begins anew, and asks for the whole file.
    fn anew(&mut self) {
        self.check = self.fresh_check();
        self.trail = Trail::new(&self.file.url);
        (self.whole, self.part_end, self.version, self.parts) = (None, None, None, false);
        self.state = State::Asking;
    }

    /// Tells whether bytes are kept behind which the download can go on.
    fn goes_on(&self) -> bool {
        self.parts && self.check.length() > 0
    }

    /// Handles a break: keeps the bytes so far, and asks for the rest as long as there is progress.
    fn broke(&mut self, why: NetworkError) {
        let length = self.check.length();
        let gets_on = length >= self.furthest.saturating_add(PROGRESS);
        self.breaks = if gets_on { 1 } else { self.breaks.saturating_add(1) };
        self.furthest = self.furthest.max(length);
        // A redirect may be signed for a short time, so the rest is asked for at the file's own address.
        self.trail = Trail::new(&self.file.url);
        self.state = if !self.goes_on() || self.breaks > MOST_BREAKS {
            State::Failed(why)
        } else if self.breaks == 1 {
            // A single break after progress is ordinary on a long transfer, so the download does not wait.
            State::Asking
        } else {
            State::Pausing
        };
    }

    fn spoilt(&mut self, problem: FileProblem) {
        self.state = State::Failed(NetworkError::NotWhole(problem));
    }

    fn pause(&self) -> Duration {
        pause(self.breaks.saturating_sub(1), self.check.length())
    }

    fn fresh_check(&self) -> FileCheck {
        FileCheck::new(&self.file.expected, self.memory)
    }
}

/// Tells whether an answer means that the server may be able to answer later.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 500..)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the name of a file's version that `If-Range` may carry: a strong ETag, else the time of the last change
/// (RFC 9110, 13.1.5).
fn version(headers: &HeaderMap) -> Option<String> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let strong = text(header::ETAG).filter(|tag| tag.starts_with('"') && tag.len() > 2);
    strong.or_else(|| text(header::LAST_MODIFIED)).map(str::to_owned)
}

/// A part of a file, as `Content-Range` names it (RFC 9110, 14.4).
struct ContentRange {
    start: u64,
    /// Position behind the last byte.
    end: u64,
    whole: Option<u64>,
}

impl ContentRange {
    fn read(text: &str) -> Option<Self> {
        let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (start, last) = range.trim().split_once('-')?;
        let (start, last): (u64, u64) = (start.parse().ok()?, last.parse().ok()?);
        let whole = match whole.trim() {
            "*" => None,
            whole => Some(whole.parse::<u64>().ok()?),
        };
        let end = last.checked_add(1)?;
        (start < end && whole.is_none_or(|whole| end <= whole)).then_some(Self { start, end, whole })
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download of {:?}, {} bytes so far, {:?}", self.file, self.check.length(), self.state)
    }
}
