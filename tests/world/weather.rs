//! How bad everything is, and what a power cut does.

use std::time::Duration;

use likeness_core::avatar::Event;

use super::{
    Reckless,
    life::{Happening, Stop, World},
};

/// How bad everything is.
pub(super) struct Weather {
    /// How many calls of a thousand go wrong on the way.
    pub(super) transport: u64,
    /// How many saves of a thousand the power fails before, and after.
    pub(super) power: u64,
    pub(super) cuts_left: u32,
    /// The number of answers with files, of a thousand, that arrive with wrong bytes or break off.
    pub(super) bytes: u64,
    /// How many photos and files of a thousand cannot be read or written.
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

    /// The process dies: what is not saved is gone.
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
