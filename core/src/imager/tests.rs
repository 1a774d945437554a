//! The messages as an imager of another release writes and reads them: while a deployment rolls out, both are there.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{ImagerJob, ImagerReport};
#[cfg(target_arch = "wasm32")]
use crate::test;

fn is_written_as_it_was_read<T: Serialize + DeserializeOwned>(messages: &Value) {
    for message in messages.as_array().expect("messages") {
        let read: T =
            serde_json::from_value(message.clone()).unwrap_or_else(|why| panic!("{why}: {message}"));
        assert_eq!(&serde_json::to_value(&read).expect("JSON"), message);
    }
}

#[test]
fn jobs_and_reports_do_not_change_between_releases() {
    let messages: Value = serde_json::from_str(include_str!("messages.json")).expect("the messages");
    is_written_as_it_was_read::<ImagerJob>(&messages["jobs"]);
    is_written_as_it_was_read::<ImagerReport>(&messages["reports"]);
}
