//! Faults that the simulator makes on purpose.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::stored_as_text;

/// A fault, and the number of times that it happens. Written `name` or `name=N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fault {
    /// Kind of fault.
    pub kind: FaultKind,
    /// Number of times, at least 1.
    pub times: u32,
}

macro_rules! faults {
    ($($kind:ident $name:literal $words:literal,)*) => {
        /// A kind of fault. [`FaultKind::describe`] returns a sentence for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FaultKind {
            $(#[doc = $words] $kind,)*
        }

        impl Fault {
            /// Every fault, once.
            pub const ALL: &'static [Fault] = &[$(Fault { kind: FaultKind::$kind, times: 1 },)*];
        }

        impl FaultKind {
            /// Returns the name by which the fault is asked for.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Describes the effect in one sentence.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self {
                    $(Self::$kind => $words,)*
                }
            }
        }
    };
}

faults! {
    Unauthorized "unauthorized" "A call that needs a key answers 401: the key belongs to nobody.",
    BalanceExhausted "balance-exhausted" "A submit or an upload token answers 403: the account's balance is used up.",
    RateLimited "rate-limited" "A submit is not taken and answers 429 with X-Fal-needs-retry.",
    SubmitServerError "submit-server-error" "A submit is not taken and answers 500.",
    SubmitUnavailable "submit-unavailable" "A submit is not taken and answers 503 with nginx's own page.",
    SubmitDropped "submit-dropped" "A submit is not taken and the connection breaks without an answer.",
    SubmitAcceptedThenDropped "submit-accepted-then-dropped" "A submit is taken, then the connection breaks without an answer.",
    SubmitAcceptedThenFailed "submit-accepted-then-failed" "A submit is taken, yet the answer is nginx's 502.",
    SubmitLate "submit-late" "A submit is taken, and the answer comes late.",
    StuckInQueue "stuck-in-queue" "A request stays in the queue at position 0 for good, until it is cancelled.",
    TrainingFailed "training-failed" "A training runs, is COMPLETED, and its result is a 500 with detail.",
    InvalidArchive "invalid-archive" "A training is COMPLETED, and its result is a 422 invalid_archive.",
    RunnerLost "runner-lost" "A request is COMPLETED, and its result is a 503 with error_type runner_disconnected.",
    GenerationFailed "generation-failed" "A generation is COMPLETED, and its result is a 422 no_media_generated.",
    PictureBlanked "picture-blanked" "The safety filter blanks a picture: it is black, and has_nsfw_concepts says so.",
    StatusDropped "status-dropped" "The connection breaks while a status is asked for.",
    StatusUnavailable "status-unavailable" "A status answers 503 with nginx's own page.",
    StatusUnknown "status-unknown" "A status is a word that no client knows.",
    ResultNotReady "result-not-ready" "A result answers 400 although the request is COMPLETED.",
    ResultDropped "result-dropped" "The connection breaks while a result is asked for.",
    ResultBare "result-bare" "A result answers 422 without detail, though the request is COMPLETED; x-fal-request-id shows that it is fal's.",
    ResultForeign "result-foreign" "A result answers 400 with a page that is not fal's, without x-fal-request-id.",
    ListUnavailable "list-unavailable" "The list of requests answers 503.",
    CancelTooLate "cancel-too-late" "A cancel is accepted, yet the request runs to its end.",
    InitiateFailed "initiate-failed" "An upload cannot be begun: 500.",
    UploadCut "upload-cut" "The connection breaks while a file or a part of one is sent.",
    FileExpired "file-expired" "A stored file answers 404, as after its expiry.",
    DownloadDropped "download-dropped" "The connection breaks while a file is fetched.",
    DownloadCut "download-cut" "A file is fetched whole, but for its last byte, and the answer's length fits.",
    DownloadPage "download-page" "A file's address answers 200 with a page of HTML.",
    WebhookTwice "webhook-twice" "A webhook comes twice.",
    WebhookEarly "webhook-early" "A webhook comes while the status is still IN_QUEUE.",
    WebhookNever "webhook-never" "A webhook never comes.",
    WebhookPayloadNull "webhook-payload-null" "A webhook's payload is null, with a payload_error.",
    WebhookForged "webhook-forged" "A webhook is signed with a key that is not fal's.",
}

impl Fault {
    /// Describes the effect in one sentence.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        self.kind.describe()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            1 => f.write_str(self.kind.name()),
            times => write!(f, "{}={times}", self.kind.name()),
        }
    }
}

/// The reason why a text does not name a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has this name.
    #[error("there is no fault called `{0}`")]
    Unknown(String),
    /// The text behind `=` is not a number from 1.
    #[error("`{0}` must end in a whole number from 1, such as status-dropped=3")]
    Times(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, times) = text.trim().split_once('=').unwrap_or((text.trim(), "1"));
        let known = Self::ALL.iter().find(|fault| fault.kind.name() == name);
        let fault = known.ok_or_else(|| FaultError::Unknown(name.to_owned()))?;
        let times = times.parse().ok().filter(|times| *times > 0);
        Ok(Self { times: times.ok_or_else(|| FaultError::Times(text.to_owned()))?, ..*fault })
    }
}

stored_as_text!(Fault: from_str, FaultError);

/// The faults that are still to come. Each is used up as it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Pending(Vec<Fault>);

impl Pending {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().copied().filter(|fault| fault.times > 0).collect())
    }

    /// Tells whether this fault happens now, and counts it as used.
    pub(super) fn take(&mut self, kind: FaultKind) -> bool {
        let Some(fault) = self.0.iter_mut().find(|fault| fault.kind == kind) else { return false };
        fault.times = fault.times.saturating_sub(1);
        self.0.retain(|fault| fault.times > 0);
        true
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> &[Fault] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultError, FaultKind, Pending};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn every_fault_is_read_back_from_its_own_name() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(*fault));
            assert!(fault.describe().ends_with('.'), "{fault}");
        }
        let thrice = Fault { kind: FaultKind::StatusDropped, times: 3 };
        assert_eq!("status-dropped=3".parse(), Ok(thrice));
        assert_eq!(thrice.to_string(), "status-dropped=3");
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        assert_eq!("rain".parse::<Fault>(), Err(FaultError::Unknown("rain".to_owned())));
        for text in ["status-dropped=0", "status-dropped=", "status-dropped=-1", "status-dropped=x"] {
            assert_eq!(text.parse::<Fault>(), Err(FaultError::Times(text.to_owned())));
        }
    }

    #[test]
    fn a_fault_is_used_up() {
        let mut pending = Pending::new(&["upload-cut=2".parse().expect("a fault")]);
        assert!(!pending.take(FaultKind::StatusDropped));
        assert!(pending.take(FaultKind::UploadCut));
        assert!(pending.take(FaultKind::UploadCut));
        assert!(!pending.take(FaultKind::UploadCut));
        assert_eq!(pending.left(), []);
    }
}
