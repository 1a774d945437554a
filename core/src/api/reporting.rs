//! A report on its way into the ledger, as a message that may come twice: an older report would bring back the name of an
//! avatar that was erased.

use std::collections::BTreeMap;

use super::recent::{MessageId, Recent};
use crate::{
    budget::rows::{Change, Rows, Want},
    ledger::Report,
    time::Timestamp,
};

/// Names the rows that the ledger looks up for a report that came as this message.
#[must_use]
pub fn report_wants(report: &Report, message: Option<MessageId>, now: Timestamp) -> Vec<Want> {
    let mut wants = report.wants(now);
    wants.extend(message.into_iter().flat_map(|message| Recent::wants(message, now)));
    wants
}

/// Returns the rows that change with the report, and with the memory of its message.
pub fn reported(
    report: &Report,
    message: Option<MessageId>,
    found: BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Vec<Change>, serde_json::Error> {
    let found = Rows(found);
    let (before, mut changes) = (Recent::of(&found), Vec::new());
    let mut after = before.clone();
    after.once(message, now, || {
        changes = report.changes(&found.0, now);
        Ok::<_, serde_json::Error>(())
    })?;
    if after != before {
        changes.extend(before.rows()?.changes(after.rows()?));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::{report_wants, reported};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::MessageId,
        avatar::{AvatarId, Entry},
        ledger::Report,
        time::Timestamp,
    };

    #[test]
    fn a_message_that_comes_again_brings_nobody_back() {
        let now = Timestamp::from_millis(1_795_953_600_000);
        let rejected = BTreeMap::from([("photo.empty".to_owned(), 1)]);
        let entry = Entry { at: now, test_mode: false, erased: false, jobs: Vec::new(), rejected };
        let avatar = AvatarId::new(Uuid::from_u128(7));
        let known = Report { avatar, number: 1, entry: entry.clone() };
        let erased = Entry { erased: true, rejected: BTreeMap::new(), ..entry };
        let erased = Report { avatar, number: 2, entry: erased };
        let mut rows = BTreeMap::new();
        let mut tell = |report: &Report, message: u8| {
            let message = Some(MessageId::new([message; 16]));
            let mut found = BTreeMap::new();
            for want in report_wants(report, message, now) {
                let range =
                    rows.range(want.from..want.below).take(usize::try_from(want.most).expect("a number"));
                found.extend(range.map(|(name, value): (&String, &String)| (name.clone(), value.clone())));
            }
            for (name, value) in reported(report, message, found, now).expect("changes") {
                match value {
                    Some(value) => drop(rows.insert(name, value)),
                    None => drop(rows.remove(&name)),
                }
            }
            rows.keys().any(|name| name.contains(&avatar.to_string()))
        };
        assert!(tell(&known, 1));
        assert!(!tell(&erased, 2));
        assert!(!tell(&known, 1));
    }
}
