//! What both Workers use of Cloudflare's platform: requests to others, with a time that they may take, and the size of
//! their linear memory.

mod deadline;
mod exchange;
mod memory;

pub use self::{
    deadline::Deadline,
    exchange::{Incoming, again, append, ask, fixed_length, header_map, outgoing, send, tell},
    memory::{Taken, memory},
};
