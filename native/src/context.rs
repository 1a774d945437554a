//! What every command is given.

use crate::{interrupt::Interrupt, output::Output, settings::Settings};

/// The settings, a voice, and the wish to stop.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) output: Output,
    /// Ends the command by itself; work on threads looks at it between two photos.
    pub(crate) interrupt: Interrupt,
}
