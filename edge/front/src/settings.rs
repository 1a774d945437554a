//! The deployment's settings, and what differs from call to call: time and chance.

use std::{rc::Rc, time::Duration};

use likeness_core::{
    api::{Deployment, DeploymentError},
    avatar::Moment,
    time::Timestamp,
};
use worker::{Date, Env, Error, Result};

/// How many photos of one avatar are prepared at a time. Few: whoever prepares them takes one at a time per isolate,
/// and a Worker may wait for six answers at once.
const PHOTO_SLOTS: usize = 3;

/// Reads the settings from variables and secrets.
pub(crate) fn deployment(env: &Env) -> std::result::Result<Rc<Deployment>, DeploymentError> {
    Deployment::read(|name| env.var(name).ok().map(|value| value.to_string())).map(Rc::new)
}

/// The time. While a Worker computes its clock stands still.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// This moment, where fal is asked how things stand after each `poll`.
pub(crate) fn moment(poll: Duration) -> Result<Moment> {
    Ok(Moment { now: now(), poll, photo_slots: PHOTO_SLOTS, entropy: entropy()? })
}

/// Random bytes. Secrets are made of them, so where there are none nothing goes on.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::from(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// A random number.
pub(crate) fn random_number() -> Result<u64> {
    Ok(u64::from_be_bytes(entropy()?))
}

/// A name that nobody can guess.
pub(crate) fn random_name() -> Result<String> {
    Ok(format!("{:032x}", u128::from_be_bytes(entropy()?)))
}
