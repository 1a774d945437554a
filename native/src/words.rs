//! Words of the terminal: how long ago, how far, what to type. Sentences that callers of the API read as well are the
//! core's.

mod age;
mod quoted;
mod stage;

pub(crate) use self::{
    age::{age, day, minute},
    quoted::quoted,
    stage::stage,
};
