//! The rates of failures, and the effect of a power cut.

use std::time::Duration;

use likeness_core::avatar::Event;

use super::{
    Reckless,
    life::{Happening, Stop, World},
};

/// The rates of failures.
pub(super) struct Weather {
    /// Number of calls, of a thousand, that go wrong on the way.
    pub(super) transport: u64,
    /// Number of saves, of a thousand, before which the power fails, and after which.
    pub(super) power: u64,
    pub(super) cuts_left: u32,
    /// Number of answers with files, of a thousand, that arrive with wrong bytes or break off.
    pub(super) bytes: u64,
    /// Number of photos and files, of a thousand, that cannot be read or written.
    pub(super) storage: u64,
    pub(super) latency: Duration,
    pub(super) poll: Duration,
    pub(super) slots: usize,
}

impl World {
    pub(super) fn power_may_fail(&mut self) -> Result<(), Stop> {
        if self.weather.cuts_left == 0 || !self.random.per_mille(self.weather.power) {
            return Ok(());
        }
        self.weather.cuts_left -= 1;
        self.power_cut();
        Err(Stop::Dead)
    }

    /// Lets the process die: unsaved state is gone.
    pub(super) fn power_cut(&mut self) {
        self.note(|| "power cut".to_owned());
        self.flights.clear();
        self.awake = false;
        for home in &mut self.homes {
            home.wake = None;
        }
        let pause = self.random.up_to(Duration::from_mins(20));
        self.plan(pause, Happening::Booted);
    }

    pub(super) fn boot(&mut self) -> Result<(), Stop> {
        self.awake = true;
        if self.from_copies {
            self.take_up_copies()?;
        } else {
            self.reload()?;
        }
        for home in 0..self.homes.len() {
            if self.reckless == Some(Reckless::ForgetsRestarted) {
                self.drive(home)?;
            } else {
                self.tell(home, Event::Restarted)?;
            }
        }
        Ok(())
    }
}
