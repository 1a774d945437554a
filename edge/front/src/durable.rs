//! The part that objects which work by their alarm share: rows, settings, and the alarm.

use std::{cell::Cell, rc::Rc, time::Duration};

use likeness_core::{api::Deployment, time::Timestamp};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{Env, Error, Result, State};

use crate::{rows::Rows, settings};

/// Pause before a failure in an object is tried again.
pub(crate) const AGAIN: Duration = Duration::from_mins(1);

/// Pause before an object that was begun under other settings looks again: they may be set back.
pub(crate) const UNDER_OTHER_SETTINGS: Duration = Duration::from_hours(1);

/// A Durable Object that works by its alarm.
pub(crate) struct Durable {
    state: State,
    pub(crate) env: Env,
    /// Time to which the alarm was set last, as far as this instance knows: each setting is a row that is paid for.
    armed: Cell<Option<Timestamp>>,
}

impl Durable {
    pub(crate) fn new(state: State, env: Env) -> Self {
        Self { state, env, armed: Cell::new(None) }
    }

    /// Tells whether anything was ever stored here.
    pub(crate) fn is_there(&self) -> Result<bool> {
        self.rows().are_there()
    }

    pub(crate) fn rows(&self) -> Rows {
        Rows::open(&self.state)
    }

    pub(crate) fn deployment(&self) -> Result<Rc<Deployment>> {
        settings::deployment(&self.env).map_err(|error| Error::from(error.to_string()))
    }

    /// Sets the alarm. The platform applies settings in the order in which they are made, so the answer is not awaited.
    pub(crate) fn arm(&self, at: Timestamp) -> Result<()> {
        // Never in the past: an alarm that is due at once, again and again, would starve everything else.
        let at = at.max(settings::now().plus(Duration::from_millis(50)));
        // An earlier alarm is kept: it looks for work, and sets the next.
        if self.armed.get().is_some_and(|armed| armed > settings::now() && armed <= at) {
            return Ok(());
        }
        self.armed.set(Some(at));
        let date = js_sys::Date::new(&at.to_string().into());
        let storage = self.state.storage();
        let promise = storage.as_raw().set_alarm(date, JsValue::NULL.into())?;
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(error) = JsFuture::from(promise).await {
                worker::console_error!("[FAL AI] ERROR the alarm could not be set: {error:?}");
            }
        });
        Ok(())
    }

    /// Notes that the alarm went off: the next one has to be set anew.
    pub(crate) fn alarm_went_off(&self) {
        self.armed.set(None);
    }

    /// Does work beside the call at hand.
    pub(crate) fn beside(&self, work: impl Future<Output = ()> + 'static) {
        self.state.wait_until(work);
    }
}
