//! The deployment's settings, and the two inputs that differ from call to call: time and random bytes.

use std::{rc::Rc, time::Duration};

use likeness_core::{
    api::{ConnectionSettings, Deployment, DeploymentError},
    avatar::Moment,
    limits::POLL_INTERVAL,
    time::Timestamp,
};
use worker::{Date, Env, Error, Result};

/// True if this front carries the simulator, which only its feature `simulator` builds in.
///
/// Futures that depend on this value are boxed: an `async fn` that may await the simulator carries its code, even where
/// it never awaits it.
pub(crate) const CARRIES_SIMULATOR: bool = cfg!(feature = "simulator");

/// Number of photos of one avatar that are prepared at a time. Few: the imager takes one at a time per isolate, and a
/// Worker may wait for six answers at once.
const PHOTO_SLOTS: usize = 3;

/// Reads the settings from variables and secrets.
pub(crate) fn deployment(env: &Env) -> std::result::Result<Rc<Deployment>, DeploymentError> {
    let deployment = Deployment::read(|name| env.var(name).ok().map(|value| value.to_string()))?;
    Ok(Rc::new(Deployment { simulator: CARRIES_SIMULATOR, ledger: true, ..deployment }))
}

/// Returns the present time. While a Worker computes its clock stands still.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
}

/// Makes the moment for a question to the core about an avatar with this account.
pub(crate) fn moment_of(connection: Option<&ConnectionSettings>) -> Result<Moment> {
    moment(connection.map_or(POLL_INTERVAL, |connection| connection.poll))
}

/// Makes the moment for a question to the core; fal is asked for a request's status after each `poll`.
pub(crate) fn moment(poll: Duration) -> Result<Moment> {
    Ok(Moment { now: now(), poll, photo_slots: PHOTO_SLOTS, entropy: entropy()? })
}

/// Returns random bytes. Secrets are made of them, so without them all work stops.
pub(crate) fn entropy<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::from(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// Returns a random number.
pub(crate) fn random_number() -> Result<u64> {
    Ok(u64::from_be_bytes(entropy()?))
}

/// Makes a name that cannot be guessed.
pub(crate) fn random_name() -> Result<String> {
    Ok(format!("{:032x}", u128::from_be_bytes(entropy()?)))
}
