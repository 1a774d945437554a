//! Text from other programs and people, made fit to keep and to show.

/// Stores a type as its text: `$read` is the function that checks a text, and `Display` writes one.
macro_rules! stored_as_text {
    ($name:ident: $read:ident, $error:ty) => {
        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::$read(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

pub(crate) use stored_as_text;

/// Returns at most `limit` characters of `text`, on one line, without control or invisible formatting characters.
///
/// Addresses lose their query and user (signatures and tokens live there), data URIs their data, and words that
/// look like a key are replaced. A caller does not always know which key an answer quotes, so this goes by the
/// look: `id:secret` with digits, the word behind `Key` or `Bearer`, and long runs of hexadecimal.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let (mut kept, mut length, mut after_key) = (String::new(), 0, false);
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c)) {
        if word.is_empty() {
            continue;
        }
        if length > 0 {
            kept.push(' ');
            length += 1;
        }
        let shown = redacted(word, after_key);
        length += shown.chars().count();
        kept.push_str(&shown);
        if length > limit {
            let cut: String = kept.chars().take(limit.saturating_sub(1)).collect();
            return format!("{}…", cut.trim_end());
        }
        let last = word
            .split(|c: char| !c.is_ascii_alphanumeric())
            .rfind(|part| !part.is_empty())
            .unwrap_or_default();
        after_key = last.eq_ignore_ascii_case("key") || last.eq_ignore_ascii_case("bearer");
    }
    kept
}

/// Finds the embeddings, overrides and isolates of Unicode Annex 9: a text that holds one can pass for another.
pub(crate) fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Finds characters that show nothing but change how the rest is shown: direction overrides, joiners, separators.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn redacted(word: &str, after_key: bool) -> String {
    if let Some(at) = word.find("data:").filter(|at| word.len() > at + 40) {
        return format!("{}data:…", word.get(..at).unwrap_or_default());
    }
    if let Some(scheme) = word.find("://") {
        return without_private_parts(word, scheme + 3);
    }
    if let Some(at) = word.find('?').filter(|at| word.get(*at..).is_some_and(|rest| rest.contains('='))) {
        return format!("{}?…", word.get(..at).unwrap_or_default());
    }
    if looks_like_key(word, after_key) { "[key]".to_owned() } else { word.to_owned() }
}

/// Returns the word up to its query or fragment (percent-encoded ones too), without a user.
fn without_private_parts(word: &str, host: usize) -> String {
    let lower = word.to_ascii_lowercase();
    let cut = ["?", "#", "%3f", "%23"].iter().filter_map(|mark| lower.find(mark)).min();
    let (address, rest) = cut.map_or((word, ""), |at| (word.get(..at).unwrap_or_default(), "?…"));
    let (scheme, place) = address.split_at_checked(host).unwrap_or((address, ""));
    let authority = place.find('/').unwrap_or(place.len());
    let user = place.get(..authority).and_then(|authority| authority.rfind('@')).map_or(0, |at| at + 1);
    format!("{scheme}{}{rest}", place.get(user..).unwrap_or_default())
}

fn looks_like_key(word: &str, after_key: bool) -> bool {
    let in_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let bare = word.trim_matches(|c: char| !in_key(c));
    if after_key && (bare.contains(':') || bare.len() >= 20) {
        return true;
    }
    let pair = bare.split_once(':').is_some_and(|(id, secret)| {
        [id, secret].iter().all(|half| half.len() >= 8 && half.chars().all(in_key))
            && bare.contains(|c: char| c.is_ascii_digit())
    });
    let long_run = bare.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 32);
    pair || long_run
}

#[cfg(test)]
mod tests {
    use super::clean;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn ordinary_text_stays() {
        for text in [
            "No user found for Key ID and Secret",
            "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.",
            "Application \"fal-ai/x\" not found",
            "See https://docs.fal.ai/errors/ for more: really?",
        ] {
            assert_eq!(clean(text, 300), text);
        }
    }

    #[test]
    fn secrets_go() {
        for (text, shown) in [
            ("GET https://a.b/c?X-Amz-Signature=s failed", "GET https://a.b/c?… failed"),
            ("at 'https://u:p@a.b/c#t'", "at 'https://a.b/c?…"),
            ("https://a.b/c%3Fsig%3D1", "https://a.b/c?…"),
            ("/queue?fal_webhook=token", "/queue?…"),
            ("header 'Key kid:secret' is bad", "header 'Key [key] is bad"),
            ("{\"authorization\":\"Key kid:secret\"}", "{\"authorization\":\"Key [key]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30", "Bearer [key]"),
            ("no 0b1c2d3e-aaaa-bbbb-cccc-000000000000:5ec4e75ec4e7!", "no [key]"),
            ("5ec4e75ec4e75ec4e75ec4e75ec4e75e", "[key]"),
            ("data:image/jpeg;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "data:…"),
        ] {
            assert_eq!(clean(text, 300), shown);
        }
    }

    #[test]
    fn one_line_of_limited_length() {
        assert_eq!(clean("a\u{1b}[31m\n\tb\u{202e}c", 300), "a [31m b c");
        assert_eq!(clean("abc defg", 6), "abc d…");
        assert_eq!(clean("abcdefg", 3), "ab…");
        assert_eq!(clean("abc d", 4), "abc…");
        assert_eq!(clean(&"я ".repeat(1000), 9), "я я я я…");
        assert_eq!(clean("", 9), "");
    }
}
