//! Parsers of settings' texts. No message quotes the text, which may be a misplaced key.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use likeness_core::{
    fal::{
        generate::{GUIDANCE_SCALE, INFERENCE_STEPS, SCALE},
        trainers::portrait::{LEARNING_RATE, STEPS},
    },
    photo::{MaxSide, Reencode},
    price::Money,
    storage::Addressing,
    words::{self, Language},
};
use log::LevelFilter;
use url::Url;

pub(crate) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("true or false is needed"),
    }
}

pub(crate) fn web_address(text: &str) -> Result<Url, &'static str> {
    let url: Url =
        text.trim().parse().map_err(|_| "a whole address such as https://example.com is needed")?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("an address beginning with https:// or http:// is needed"),
    }
}

/// Parses a bucket's address. The earlier service wrote `HOST:PORT`, and meant http unless it was told otherwise.
pub(crate) fn bucket_address(text: &str) -> Result<Url, &'static str> {
    if text.contains("://") { web_address(text) } else { web_address(&format!("http://{}", text.trim())) }
}

pub(crate) fn addressing(text: &str) -> Result<Addressing, &'static str> {
    text.parse().map_err(|_| "path or virtual is needed")
}

pub(crate) fn text(text: &str) -> Result<String, &'static str> {
    if text.chars().any(char::is_control) { Err("it holds a control character") } else { Ok(text.to_owned()) }
}

/// Parses seconds as a plain number, as the earlier Python service had them, or a time with its unit.
pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    let plain = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    plain
        .filter(|time| *time <= LONGEST)
        .or_else(|| duration(text).ok())
        .ok_or("a number of seconds is needed, at most a day")
}

const LONGEST: Duration = Duration::from_hours(24);

/// Parses a time with its unit: `500ms`, `30s`, `2m`, `1h`; at most a day.
pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    let message = "a time such as 500ms, 30s, 2m or 1h is needed, at most a day";
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).ok_or(message)?);
    let number: f64 = number.parse().map_err(|_| message)?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(message),
    };
    Duration::try_from_secs_f64(seconds).ok().filter(|time| *time <= LONGEST).ok_or(message)
}

/// Parses a number of bytes with its unit: `500MB`, `4 GB`, `1.5GiB`, or a plain number.
pub(crate) fn size(text: &str) -> Result<u64, &'static str> {
    let message = "a size such as 500MB, 4GB or 1.5GiB is needed";
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let unit: u32 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(message),
    };
    let (whole, part) = number.trim().split_once('.').unwrap_or((number.trim(), "0"));
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(message);
    }
    let whole: u64 = whole.parse().map_err(|_| message)?;
    let part = part.bytes().rev().fold(0.0, |sum, digit| (sum + f64::from(digit - b'0')) / 10.0);
    let part = Duration::try_from_secs_f64(part * f64::from(unit)).map_err(|_| message)?.as_secs();
    whole.checked_mul(unit.into()).and_then(|bytes| bytes.checked_add(part)).ok_or(message)
}

pub(crate) fn level(text: &str) -> Result<LevelFilter, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "error" => Ok(LevelFilter::Error),
        "warning" | "warn" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        _ => Err("error, warning, info or debug is needed"),
    }
}

/// Writes a level as [`level`] reads it.
pub(crate) fn name_of_level(level: LevelFilter) -> String {
    if level == LevelFilter::Warn { "warning".to_owned() } else { level.as_str().to_lowercase() }
}

pub(crate) fn price(text: &str) -> Result<Money, &'static str> {
    text.parse().map_err(|error| words::price::money(Language::English, &error))
}

pub(crate) fn reencode(text: &str) -> Result<Reencode, &'static str> {
    text.trim().parse().map_err(|_| "always or when_needed is needed")
}

pub(crate) fn max_side(text: &str) -> Result<MaxSide, &'static str> {
    text.trim().parse().map_err(|_| "a number of pixels from 512 to 65500 is needed")
}

pub(crate) fn photos(text: &str) -> Result<usize, &'static str> {
    within(text, &(1_u32..=1000))
        .and_then(|n| usize::try_from(n).ok())
        .ok_or("a number from 1 to 1000 is needed")
}

pub(crate) fn whole(text: &str) -> Result<u32, &'static str> {
    text.trim().parse().map_err(|_| "a whole number is needed")
}

pub(crate) fn steps(text: &str) -> Result<u32, &'static str> {
    within(text, &STEPS).ok_or("a number from 1 to 10000 is needed")
}

pub(crate) fn picture_steps(text: &str) -> Result<u32, &'static str> {
    within(text, &INFERENCE_STEPS).ok_or("a number from 1 to 50 is needed")
}

pub(crate) fn learning_rate(text: &str) -> Result<f64, &'static str> {
    within(text, &LEARNING_RATE).ok_or("a number from 0.000001 to 0.001 is needed")
}

pub(crate) fn scale(text: &str) -> Result<f64, &'static str> {
    within(text, &SCALE).ok_or("a number from 0 to 4 is needed")
}

pub(crate) fn guidance(text: &str) -> Result<f64, &'static str> {
    within(text, &GUIDANCE_SCALE).ok_or("a number from 0 to 35 is needed")
}

fn within<T: FromStr + PartialOrd>(text: &str, range: &RangeInclusive<T>) -> Option<T> {
    text.trim().parse().ok().filter(|number| range.contains(number))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, seconds, size, switch, web_address};

    #[test]
    fn test_mode_is_asked_for_in_words_only() {
        for yes in ["true", "TRUE", "1", "yes", "on"] {
            assert_eq!(switch(yes), Ok(true), "{yes}");
        }
        for no in ["false", "0", "No", "off"] {
            assert_eq!(switch(no), Ok(false), "{no}");
        }
        for neither in ["2", "ture", "y"] {
            assert!(switch(neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "30", "s", "-1s", "30 s", "NaNs", "infs", "25h", "1d", "1e9h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("30s"), Ok(Duration::from_secs(30)));
        for wrong in ["", "-1", "NaN", "inf", "1e300", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("500MB", 500_000_000),
            ("4 GB", 4_000_000_000),
            ("1.5gib", 3 << 29),
            ("0.25kB", 250),
            ("999999999GB", 999_999_999_000_000_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for wrong in ["", "GB", "-1", "1TB", "1e3", "1.", ".5", "4GB of it", "1.5.2", "9999999999"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_needs_a_scheme_that_can_be_called() {
        assert!(web_address("http://127.0.0.1:8089").is_ok());
        for wrong in ["fal.ai", "ftp://x", "https://", "data:text/plain,a", ""] {
            assert!(web_address(wrong).is_err(), "{wrong}");
        }
    }
}
