//! Drivers of avatars: each asks the core for the next step, does it, and tidies up after it.

pub(crate) mod drive;
pub(crate) mod ending;
pub(crate) mod payloads;
pub(crate) mod refetch;
pub(crate) mod shell;
pub(crate) mod sweep;
pub(crate) mod work;
