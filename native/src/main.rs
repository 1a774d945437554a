//! `likeness`: from photos to a trained portrait model, on your own machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    likeness::main()
}
