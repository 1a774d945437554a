//! Shared access of both Workers to Cloudflare's platform: requests to other servers with deadlines, and the size of
//! their linear memory.

mod deadline;
mod exchange;
mod memory;

pub use self::{
    deadline::Deadline,
    exchange::{
        Incoming, again, append, ask, fixed_length, header_map, headers_of, opened, outgoing, send, tell,
    },
    memory::{Taken, memory},
};
