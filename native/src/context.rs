//! The context that every command gets.

use crate::{interrupt::Interrupt, output::Output, settings::Settings};

/// The context of a command: the settings, its output, and the person's wish to stop.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) output: Output,
    /// Interrupt that ends the command; work on threads checks it between two photos.
    pub(crate) interrupt: Interrupt,
}
