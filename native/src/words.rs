//! Words of the terminal: ages, sizes, stages, commands to type. Sentences that callers of the API read as well are the
//! core's.

mod age;
mod bytes;
mod counted;
mod quoted;
mod stage;

pub(crate) use self::{
    age::{age, day, minute},
    bytes::bytes,
    counted::counted,
    quoted::quoted,
    stage::stage,
};
