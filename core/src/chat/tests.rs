//! Whole conversations, in a world of their own: a clock, Telegram and fal.ai as values, and our API as it is.

mod backend;
mod conversations;
mod hardships;
mod interruptions;
mod laws;
mod script;
mod stored;
mod telegram;
mod world;
