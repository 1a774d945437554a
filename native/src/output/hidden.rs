//! Hidden input: text that a person types without seeing it.

use std::{
    io::{self, BufRead as _},
    sync::{Mutex, PoisonError},
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// State of the terminal before it was told to show nothing.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Reads one line from the terminal at standard input, which shows nothing meanwhile.
pub(super) fn read_line() -> io::Result<String> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // The end of the line is seen all the same.
    hidden.local_modes.insert(LocalModes::ECHONL);
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    let _shown_again = ShownAgain;
    tcsetattr(&stdin, OptionalActions::Now, &hidden)?;
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok(line)
}

struct ShownAgain;

impl Drop for ShownAgain {
    fn drop(&mut self) {
        show_again();
    }
}

/// Makes the terminal show typed text, if it was told not to. Also called when the process ends in the middle of a
/// question: destructors do not run then.
pub(crate) fn show_again() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A terminal that is gone shows nothing in any case.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}
