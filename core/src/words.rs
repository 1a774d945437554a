//! Every sentence for end users, by language: why something was refused, what to do next, how a job stands.
//!
//! One file per subject. A function takes the [`Language`] first and matches it, so that another language stands beside
//! the English in the same file. What to do next differs for a person at a terminal and for a caller of the API: such
//! functions take an [`Audience`] too. `Display` of the errors is the English sentence, for logs.

/// Makes the English sentence a type's `Display`.
macro_rules! displayed {
    ($($name:ty => $sentence:path;)*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($sentence(crate::words::Language::English, self).as_ref())
            }
        }
    )*};
}

pub mod api;
pub(crate) mod bilingual;
pub mod budget;
pub mod caption;
pub(crate) mod chat;
pub mod download;
pub mod error;
pub mod fal;
pub mod obstacle;
#[cfg(test)]
mod page;
pub mod photo;
pub mod price;
pub mod report;
pub mod settings;
pub(crate) mod shared;
pub mod status;
pub mod storage;

pub use crate::language::{Audience, Language, UserLanguage, sentence};

/// Writes a number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
