//! Everything that needs more than one part of Likeness, or the binary itself.

mod bot_types;
#[cfg(test)]
mod corpus;
mod deployed;
mod errors;
mod observability;
mod pages;
#[cfg(test)]
mod world;
