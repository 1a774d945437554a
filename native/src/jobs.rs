//! Names of jobs: from a person's word to the job, and back.

mod called;
mod find;
mod listed;
pub(crate) mod lost;
mod meaning;

pub(crate) use self::{
    called::{called, order_name, short_id},
    find::find,
    listed::line,
    meaning::{For, last_attempt},
};
