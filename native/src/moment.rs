//! The present moment and random bytes, of which the core has neither.

use std::{num::NonZero, time::Duration};

use likeness_core::avatar::Moment;

use crate::{
    clock,
    failure::{Exit, Failure},
};

/// Returns the present moment; fal is asked for a request's status after each `poll`.
pub(crate) fn moment(poll: Duration) -> Result<Moment, Failure> {
    let photo_slots = std::thread::available_parallelism().map_or(1, NonZero::get);
    Ok(Moment { now: clock::now(), poll, photo_slots, entropy: entropy()? })
}

/// Returns random bytes.
pub(crate) fn entropy() -> Result<[u8; 16], Failure> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(|error| {
        Failure::new(Exit::Internal, "internal.entropy", "the system gives no random numbers")
            .why(error.to_string())
    })?;
    Ok(entropy)
}
