//! Everything that needs more than one part of Likeness, or the binary itself.

mod deployed;
mod errors;
mod observability;
mod pages;
#[cfg(test)]
mod world;
