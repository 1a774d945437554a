//! The findings of `likeness doctor`.

use serde_json::{Value, json};

use crate::{
    failure::Exit,
    output::{Row, Tone},
    printable::printable,
};

/// The result of one look.
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) text: String,
    pub(super) advice: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    /// Usable, but not for every task.
    Warn,
    /// Not usable, with the class of the ending.
    Fail(Exit),
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail(_) => "fail",
        }
    }

    pub(super) fn tone(self) -> Tone {
        match self {
            Self::Ok => Tone::Good,
            Self::Warn => Tone::Warning,
            Self::Fail(_) => Tone::Bad,
        }
    }
}

impl Finding {
    pub(super) fn new(
        name: &'static str,
        state: State,
        text: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { name, state, text: text.into(), advice: advice.into() }
    }

    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, State::Ok, text, "")
    }

    pub(super) fn exit(&self) -> Option<Exit> {
        match self.state {
            State::Fail(exit) => Some(exit),
            State::Ok | State::Warn => None,
        }
    }

    pub(super) fn row(&self) -> Row<3> {
        let text = printable(&self.text).into_owned();
        let cells = [self.state.word().to_owned(), self.name.to_owned(), text];
        Row::new(cells).tone(0, self.state.tone()).advice(&*self.advice)
    }

    pub(super) fn document(&self) -> Value {
        json!({ "name": self.name, "state": self.state.word(), "text": self.text, "advice": self.advice })
    }
}
