//! The part of a chat that has an avatar: photos, the training, portraits.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    known::{Known, PhotoStanding, Standing},
    photos::PhotoQueue,
};
use crate::{
    api::Caller,
    budget::TokenDigest,
    config::Quality,
    fal::generate::IMAGES,
    ids::{AvatarId, Gender, Name, PhotoId},
    limits::DatasetLimits,
    price::{self, Money, Preset},
    time::Timestamp,
};

/// An avatar with what is going on with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) avatar: AvatarId,
    /// Caller for whom calls are made: a server for a person on the operator's list, else the holder of the capability.
    pub(super) caller: Caller,
    pub(super) name: Name,
    pub(super) gender: Gender,
    /// Time at which the person confirmed that the photos may be used.
    pub(super) consented_at: Timestamp,
    /// Invite that was redeemed, by which it is known again.
    #[serde(default)]
    pub(super) invite: Option<TokenDigest>,
    /// Most steps of a training, of an invite.
    #[serde(default)]
    pub(super) steps: Option<u32>,
    /// Most portraits, of an invite.
    #[serde(default)]
    pub(super) pictures: Option<u32>,
    #[serde(default)]
    pub(super) known: Known,
    #[serde(default)]
    pub(super) plan: Plan,
    /// Time of the next look at the avatar.
    #[serde(default)]
    pub(super) look_at: Option<Timestamp>,
    /// Number of looks in a row that showed nothing new.
    #[serde(default)]
    pub(super) quiet: u32,
    /// Portraits that were described and not ordered yet, the latest last.
    #[serde(default)]
    pub(super) wishes: Vec<Wish>,
    #[serde(default)]
    pub(super) next_wish: u32,
    /// Portraits that are being ordered.
    #[serde(default)]
    pub(super) order: Option<PictureOrder>,
    /// Number of portraits that were bought with the training, and are to be made when it is done.
    #[serde(default)]
    pub(super) samples_due: u32,
    /// Number of the last training whose end was told.
    #[serde(default)]
    pub(super) told_training: u32,
    /// Numbers of the orders of portraits whose end was told.
    #[serde(default)]
    pub(super) told_pictures: BTreeSet<u32>,
    /// Numbers of the orders whose files were sent.
    #[serde(default)]
    pub(super) filed: BTreeSet<u32>,
    /// Number of the last question whether to erase everything.
    #[serde(default)]
    pub(super) asked_to_erase: u32,
}

/// The way to a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Plan {
    /// Photos are gathered, or a training is under way, or done.
    #[default]
    Free,
    /// The person chooses a preset.
    Choosing,
    /// The person is asked whether to buy a training of this preset.
    Confirming(Quality),
    /// The person said yes: the set is closed. The number is stored before the first try, so a repeat is the same purchase.
    Ordered(TrainingOrder),
    /// The person wants this training stopped.
    Stopping(u32),
    /// The API was told to stop this training, which takes a while.
    Stopped(u32),
}

/// A training that the person confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TrainingOrder {
    pub(super) number: u32,
    pub(super) quality: Quality,
    /// True for a number that ended without an order.
    pub(super) again: bool,
    /// Number of portraits that the person agreed to buy with it.
    pub(super) samples: u32,
}

/// Portraits that were described and not ordered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wish {
    pub(super) number: u32,
    pub(super) prompt: String,
}

/// Portraits that the person confirmed. The number is stored before the first try, so a repeat is the same purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PictureOrder {
    pub(super) number: u32,
    pub(super) prompt: String,
    pub(super) count: u32,
    /// True for the first portraits, which were bought together with the training.
    #[serde(default)]
    pub(super) with_training: bool,
}

/// The most wishes that are remembered.
const MOST_WISHES: usize = 8;

/// The pause before a look at photos that are being prepared.
const LOOK_AT_PHOTOS: Duration = Duration::from_secs(2);
/// The longest pause before a look at an order that moves.
const LOOK_AT_ORDERS: Duration = Duration::from_secs(10);
/// The shortest pause between two looks.
const SHORTEST_LOOK: Duration = Duration::from_millis(500);
/// The longest pause before a look at an order that does not move.
pub(super) const LONGEST_LOOK: Duration = Duration::from_mins(5);
/// Number of looks without news after which looks become rarer.
const QUIET: u32 = 30;

impl Session {
    /// Returns the limits of a set.
    pub(super) fn limits() -> DatasetLimits {
        DatasetLimits::default()
    }

    /// Tells whether the set is closed: the person confirmed, or a training may still need the photos.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.plan, Plan::Ordered(_)) || self.trains()
    }

    /// Tells whether a training is under way.
    pub(super) fn trains(&self) -> bool {
        self.known.training().is_some_and(|(_, training)| training.status == Standing::InProgress)
    }

    /// Tells whether there are enough good photos.
    pub(super) fn has_enough(&self) -> bool {
        self.known.good() >= Self::limits().min_photos
    }

    /// Lists the presets that may be chosen. `price` is the operator's price of a training.
    pub(super) fn presets(&self, price: Option<&Money>) -> Vec<Preset> {
        let most = self.steps.unwrap_or(u32::MAX);
        price::presets(price).into_iter().filter(|preset| preset.steps <= most).collect()
    }

    /// Returns the dearest preset that an invite pays for.
    pub(super) fn dearest(steps: u32) -> Option<Quality> {
        let paid = |preset: &Preset| preset.steps <= steps;
        price::presets(None).into_iter().rev().find(paid).map(|preset| preset.quality)
    }

    /// Returns the number of the next training, and whether it is one that ended without an order.
    pub(super) fn next_training(&self) -> (u32, bool) {
        match self.known.training() {
            Some((number, training)) if training.status == Standing::Error => (number, true),
            Some((number, _)) => (number + 1, false),
            None => (1, false),
        }
    }

    /// Returns the number of portraits that are made with a training.
    pub(super) fn samples(&self) -> u32 {
        self.pictures.unwrap_or(u32::MAX).min(*IMAGES.end())
    }

    /// Lists the numbers of portraits that are offered at a time.
    pub(super) fn counts() -> [u32; 2] {
        [*IMAGES.start(), *IMAGES.end()]
    }

    /// Lists the good photos beyond the most that a set may have: the last ones.
    pub(super) fn surplus(&self) -> Option<PhotoId> {
        let good = self.known.photos.iter().filter(|photo| photo.state == PhotoStanding::Ready);
        good.skip(Self::limits().max_photos).filter_map(|photo| photo.id.clone()).last()
    }

    /// Adds a wish, and returns its number.
    pub(super) fn wish(&mut self, prompt: String) -> u32 {
        let number = self.next_wish;
        self.next_wish = number.wrapping_add(1);
        if self.wishes.len() >= MOST_WISHES {
            self.wishes.remove(0);
        }
        self.wishes.push(Wish { number, prompt });
        number
    }

    /// Takes a wish: it can be ordered once.
    pub(super) fn take_wish(&mut self, number: u32) -> Option<Wish> {
        let place = self.wishes.iter().position(|wish| wish.number == number)?;
        Some(self.wishes.remove(place))
    }

    /// Plans the next look at the avatar, after one that showed something new or not.
    pub(super) fn plan_look(&mut self, news: bool, photos: &PhotoQueue, poll: Duration, now: Timestamp) {
        self.quiet = if news { 0 } else { self.quiet.saturating_add(1) };
        let base = if self.known.waiting() > 0 {
            LOOK_AT_PHOTOS.min(poll)
        } else if self.known.is_busy() {
            LOOK_AT_ORDERS.min(poll)
        } else {
            self.look_at = None;
            return;
        };
        // An order can be unclear for days: looks become rarer while nothing moves.
        let rarer = 1 + self.quiet.saturating_sub(QUIET);
        let pause = base.max(SHORTEST_LOOK).saturating_mul(rarer).min(LONGEST_LOOK);
        // Photos that are still on their way are looked at together.
        let pause = if photos.len() > 3 { pause.max(LOOK_AT_PHOTOS) } else { pause };
        self.look_at = Some(now.plus(pause));
    }

    /// Has the avatar looked at soon.
    pub(super) fn look_soon(&mut self, now: Timestamp) {
        self.quiet = 0;
        self.look_at = Some(self.look_at.unwrap_or(now).min(now.plus(SHORTEST_LOOK)));
    }
}
