//! Messages of a status document, which say how an order stands.

use super::{Language, fal, sentence};
use crate::{avatar::Message, error::Error};

impl Message<'_> {
    /// Returns the sentence.
    pub(crate) fn sentence(self, test_mode: bool) -> String {
        message(Language::English, self, test_mode)
    }
}

/// Says how an order stands. In test mode the simulator does everything and fal is not called.
#[must_use]
fn message(language: Language, message: Message<'_>, test_mode: bool) -> String {
    match language {
        Language::English => {
            let text = english(message);
            if test_mode { at_the_simulator(&text) } else { text }
        }
    }
}

fn english(message: Message<'_>) -> String {
    let said = |error: &Error| sentence(&error.to_string());
    match message {
        Message::Photo { number, of } => format!("Photo {number} of {of} is being prepared."),
        Message::Preparing => "The photos are being prepared.".to_owned(),
        Message::Uploading => "The upload to fal.ai is under way.".to_owned(),
        Message::Submitting => "The order is being placed at fal.ai.".to_owned(),
        Message::Unclear(why) => format!(
            "fal.ai may have taken the order, and may not: {}. It is not placed again; \
             fal.ai's list of requests is searched for it.",
            fal::unclear(Language::English, why)
        ),
        Message::Queued { ahead: Some(0) } => "It is next at fal.ai.".to_owned(),
        Message::Queued { ahead: Some(ahead) } => format!("It waits at fal.ai with {ahead} before it."),
        Message::Queued { ahead: None } => "It waits at fal.ai.".to_owned(),
        Message::Running { percent: Some(percent) } => format!("fal.ai works on it: {percent} %."),
        Message::Running { percent: None } => "fal.ai works on it.".to_owned(),
        Message::Ended => "fal.ai is done with it.".to_owned(),
        Message::Keeping => "The result is being fetched.".to_owned(),
        Message::Done => "Done.".to_owned(),
        Message::Failed(error) => said(error),
        Message::Cancelled => "It was cancelled.".to_owned(),
        Message::TriedAgain(error) => format!("{} It is tried again.", said(error)),
        Message::Stopping => "fal.ai has been asked to stop it.".to_owned(),
    }
}

fn at_the_simulator(text: &str) -> String {
    match text.strip_prefix("fal.ai") {
        Some(rest) => format!("The simulator{}", rest.replace("fal.ai", "the simulator")),
        None => text.replace("fal.ai", "the simulator"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Message, message};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::{Error, NetworkError},
        http::NoAnswer,
    };

    #[test]
    fn in_test_mode_nothing_is_at_fal() {
        let error = Error::Network(NetworkError::NoAnswer(NoAnswer::TimedOut));
        for (told, really, simulated) in [
            (
                Message::TriedAgain(&error),
                "fal.ai did not answer: no answer came in time. It is tried again.",
                "The simulator did not answer: no answer came in time. It is tried again.",
            ),
            (Message::Queued { ahead: Some(0) }, "It is next at fal.ai.", "It is next at the simulator."),
        ] {
            assert_eq!(message(Language::English, told, false), really);
            assert_eq!(message(Language::English, told, true), simulated);
        }
    }
}
