//! Everything that needs more than one part of Likeness, or the binary itself.

mod errors;
#[cfg(test)]
mod world;
