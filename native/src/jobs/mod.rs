//! From what a person calls a job to the job, and back.

mod called;
mod find;
mod listed;
pub(crate) mod lost;
mod meaning;

pub(crate) use self::{
    called::{called, short_id},
    find::find,
    listed::line,
    meaning::{For, last_attempt},
};
