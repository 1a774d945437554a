//! `likeness whoami`: shows the owner of the key, and whether the key works.

use super::probe::probe;
use crate::{context::Context, failure::Failure, printable::shown, transport::Transport};
use likeness_core::secret::Secret;
use serde_json::json;

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    if settings.test_mode.value {
        let origin = &settings.test_mode.origin;
        output.document(&json!({ "test_mode": true, "origin": origin.to_string() }))?;
        return output.line(format_args!("Test mode, by {origin}: the built-in simulator needs no key."));
    }
    let account = settings.account()?;
    let key = &settings.fal_key;
    let beginning = key.value.as_ref().map(beginning).unwrap_or_default();
    let origin = key.origin.to_string();
    let which = format!("the key {beginning}…, from {}", shown(&origin));
    let place = settings.place(&account);
    probe(&account, &Transport::http()?)
        .await
        .listed
        .map_err(|error| Failure::from(error).why(which.clone()))?;
    output.document(&json!({
        "test_mode": false, "begins_with": beginning, "origin": origin, "works": true, "place": place,
    }))?;
    output.line(format_args!("{place} takes {which}."))
}

/// Returns the first characters of a key: of `id:secret` the id's, which is not secret; of any other form hardly any.
pub(super) fn beginning(key: &Secret) -> String {
    let text = key.expose();
    let beginning: String = match text.split_once(':') {
        Some((id, _)) => id.chars().take(8).collect(),
        None if text.len() >= 32 => text.chars().take(4).collect(),
        None => String::new(),
    };
    shown(&beginning)
}

#[cfg(test)]
mod tests {
    use likeness_core::secret::Secret;

    use super::beginning;

    #[test]
    fn only_the_id_is_shown_and_only_its_beginning() {
        let of = |text: &str| beginning(&Secret::new(text).expect("a key"));
        assert_eq!(of("764cabcf-b745-4b3e-ae38-1200304cf45b:0123456789abcdef"), "764cabcf");
        assert_eq!(of("kid:hush"), "kid");
        assert_eq!(of("hush"), "");
        assert_eq!(of("0123456789abcdef0123456789abcdef"), "0123");
    }
}
