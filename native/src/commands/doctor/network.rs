//! The connection to fal.ai: this machine's clock, the proxy, and whether fal.ai answers and takes the key.

use std::time::Duration;

use likeness_core::{
    fal::CallError,
    http::{NoAnswer, Obstacle},
    price,
    time::Timestamp,
    words::{self, Audience, Language},
};
use url::Url;

use super::finding::{Finding, State};
use crate::{
    clock,
    commands::probe::{Probe, ProbeError, probe},
    failure::{Exit, Failure},
    printable::printable,
    settings::Settings,
    transport::{Transport, unusable_proxy},
};

/// The findings on the connection to fal.ai.
pub(super) struct Network {
    pub(super) clock: Finding,
    pub(super) proxy: Option<Finding>,
    pub(super) fal: Option<Finding>,
}

/// Difference of clocks beyond which a signed message counts as too old.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

const FAL: &str = "fal.ai";

impl Network {
    /// Makes one call that costs nothing: the question for the trainer's price.
    pub(super) async fn look(settings: &Settings) -> Self {
        let alone = |fal| Self { clock: clock_check(clock::now(), None), proxy: None, fal };
        if settings.test_mode.value {
            let text = "test mode: the built-in simulator answers, nothing leaves this machine";
            return alone(Some(Finding::ok(FAL, text)));
        }
        if settings.fal_key.value.is_none() {
            return alone(None);
        }
        let account = match settings.account() {
            Ok(account) => account,
            Err(failure) => return alone(Some(fail(&failure, "correct the key or FAL_BASE_URL"))),
        };
        let transport = match Transport::http() {
            Ok(transport) => transport,
            Err(error) => {
                let advice = "install ca-certificates";
                let finding = Finding::new(FAL, State::Fail(Exit::Network), error.to_string(), advice);
                return alone(Some(finding));
            }
        };
        let place = account.origins().origin();
        let Probe { listed, clock } = probe(&account, &transport).await;
        let proxy = place.parse().ok().and_then(|url| proxy(&transport, &url, listed.as_ref().err()));
        let fal = match listed {
            Ok(listed) => {
                let steps = settings.defaults.steps();
                let price = price::training(steps, settings.training_price.as_ref(), listed);
                let price = words::price::training(Language::English, &price);
                let text = format!("{place} answers; a training of {steps} steps costs {price}");
                Finding::ok(FAL, printable(&text).into_owned())
            }
            Err(error) => unusable(settings, &place, error),
        };
        Self { clock: clock_check(clock::now(), clock), proxy, fal: Some(fal) }
    }
}

fn fail(failure: &Failure, advice: &str) -> Finding {
    Finding::new(FAL, State::Fail(failure.exit()), failure.brief(), advice)
}

fn unusable(settings: &Settings, place: &str, error: ProbeError) -> Finding {
    let own_place = settings.fal_base_url.is_some();
    let stops = error.stops_orders(own_place);
    let error = match error {
        ProbeError::Send(_) => return fail(&Failure::from(error), "correct FAL_BASE_URL"),
        ProbeError::Call(error) => error,
    };
    let advice = error.advice(Audience::Terminal);
    match &error {
        // A person's own gateway need not know prices; an address that leads elsewhere is not a gateway.
        CallError::Unreadable { .. } | CallError::Page { .. } if own_place && !stops => {
            Finding::new(FAL, State::Warn, format!("{place} answers, but not as fal.ai does"), advice)
        }
        _ => fail(&Failure::from(error), advice),
    }
}

fn proxy(transport: &Transport, to: &Url, error: Option<&ProbeError>) -> Option<Finding> {
    const NAME: &str = "proxy";
    if let Some(proxy) = transport.proxy_to(to) {
        let text = format!("{proxy} is asked for {}", to.host_str().unwrap_or_default());
        let is_in_the_way = matches!(
            error,
            Some(ProbeError::Call(
                CallError::NoAnswer(NoAnswer::Blocked(
                    Obstacle::ProxyUnreachable | Obstacle::ProxyLogin | Obstacle::ProxyRefused
                )) | CallError::Unreadable { status: 407 }
                    | CallError::Page { status: 407 }
            ))
        );
        let advice = "see fal.ai below";
        return Some(if is_in_the_way {
            Finding::new(NAME, State::Warn, format!("{text}, and is in the way"), advice)
        } else {
            Finding::ok(NAME, text)
        });
    }
    unusable_proxy(to).map(|variable| {
        let text = format!("{variable} is not the address of a proxy, so none is used");
        let advice = format!("write {variable} as http://HOST:PORT, or take it away");
        Finding::new(NAME, State::Warn, text, advice)
    })
}

/// Judges this machine's clock, by the other side's where that is known. Certificates, webhooks and presigned URLs
/// depend on the clock.
fn clock_check(now: Timestamp, theirs: Option<Timestamp>) -> Finding {
    const NAME: &str = "clock";
    const RELEASED: i64 = 1_795_000_000_000;
    if let Some(theirs) = theirs {
        let (ahead, behind) = (now.since(theirs), theirs.since(now));
        if ahead.max(behind) > CLOCKS_DIFFER {
            let way = if ahead > behind { "ahead of" } else { "behind" };
            let text = format!("{now}, {} {way} the other side's", minutes(ahead.max(behind)));
            return Finding::new(NAME, State::Warn, text, "set date and time of this machine");
        }
    }
    if now.millis() < RELEASED {
        let text = format!("{now} lies before this release");
        return Finding::new(NAME, State::Warn, text, "set date and time of this machine");
    }
    Finding::ok(NAME, now.to_string())
}

fn minutes(time: Duration) -> String {
    match time.as_secs() / 60 {
        minutes @ 0..120 => format!("{minutes} minutes"),
        minutes @ 120..2880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use likeness_core::time::Timestamp;

    use super::{State, clock_check};

    #[test]
    fn a_clock_before_the_release_is_wrong() {
        assert!(clock_check(Timestamp::from_millis(0), None).state == State::Warn);
        assert!(clock_check("2030-01-01T00:00:00Z".parse().expect("a moment"), None).state == State::Ok);
    }

    #[test]
    fn a_clock_is_judged_by_the_other_sides() {
        let theirs: Timestamp = "2030-01-01T00:00:00Z".parse().expect("a moment");
        let later = theirs.plus(Duration::from_hours(3));
        let finding = clock_check(later, Some(theirs));
        assert!(
            finding.state == State::Warn && finding.text.contains("3 hours ahead of"),
            "{}",
            finding.text
        );
        let finding = clock_check(theirs, Some(later));
        assert!(finding.state == State::Warn && finding.text.contains("3 hours behind"), "{}", finding.text);
        assert!(clock_check(theirs.plus(Duration::from_mins(2)), Some(theirs)).state == State::Ok);
    }
}
