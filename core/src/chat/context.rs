//! The facts that a shell gives with each question.

use std::time::Duration;

use url::Url;

use crate::{
    limits::PhotoLimits,
    price::Money,
    telegram::{ChatId, Sender, TelegramSettings},
    time::Timestamp,
};

/// The facts that a shell gives with each question.
#[derive(Clone, Copy, Debug)]
pub struct ChatContext<'a> {
    /// Settings of the bot.
    pub telegram: &'a TelegramSettings,
    /// True in test mode, where nothing is bought.
    pub test_mode: bool,
    /// Price of one training that the operator set, in place of the one that our rules give.
    pub training_price: Option<&'a Money>,
    /// Address of the page in a browser, where there is one.
    pub page: Option<&'a Url>,
    /// The present time.
    pub now: Timestamp,
    /// The pause between two looks at an order.
    pub poll: Duration,
    /// Fresh random bytes.
    pub entropy: [u8; 16],
}

impl ChatContext<'_> {
    pub(super) fn allows(&self, chat: ChatId, sender: &Sender) -> bool {
        self.telegram.allows(chat, sender)
    }

    pub(super) fn seed(&self) -> u64 {
        let [first, ..] = [u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|index| self.entropy[index]))];
        first
    }

    /// Returns the largest file in bytes that can be fetched, and the largest that a photo may have anywhere.
    pub(super) fn largest_files(&self) -> (u64, u64) {
        (self.telegram.largest_file(), PhotoLimits::default().max_bytes)
    }
}
