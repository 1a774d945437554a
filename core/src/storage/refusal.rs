//! A bucket's refusal in its own words.

use http::header::{CONTENT_TYPE, LOCATION};
use serde::{Deserialize, Serialize};
use url::Url;
use xmlparser::{ElementEnd, Token, Tokenizer};

use crate::{
    http::{HeaderMap, StatusCode},
    json,
    text::clean,
};

/// An answer that a bucket, or a server in its place, gave instead of what was asked for. All text is cleaned,
/// short, and without the access key's id and the signature, both of which S3's error documents may repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// S3's code, such as `AccessDenied`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Sentence beside the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Region of the bucket, where the answer names another than the one that was signed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Server to be asked instead, such as `https://s3.eu-west-1.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Contents in place of S3's XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
    /// True if the bucket was a part of the host's name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub virtual_host: bool,
}

/// An answer that S3 does not give: another program answers in the bucket's place, or on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Foreign {
    /// A web page with this title.
    Page(String),
    /// JSON with these words.
    Json(String),
    /// A text.
    Text(String),
    /// A redirect to this server.
    Redirect(String),
}

/// The longest sentence that is kept, in characters.
const LONGEST: usize = 300;
/// The bytes of an error document that are read: code and message stand at its beginning.
pub const MAX_REFUSAL_BYTES: usize = 8192;

impl Refusal {
    /// Reads an answer. `hidden` are texts that must not be repeated, `region` the one that was signed for.
    pub(super) fn read(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        hidden: &[String],
        region: Option<&str>,
    ) -> Self {
        let body = String::from_utf8_lossy(body.get(..MAX_REFUSAL_BYTES).unwrap_or(body));
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let document = Document::read(&body);
        let code = document.code.or_else(|| header("x-minio-error-code").map(str::to_owned));
        let quoted = || header("x-minio-error-desc").map(|text| text.trim_matches('"').to_owned());
        let message = document.message.or_else(quoted);
        let shown = |text: String| Some(shown(&text, hidden, LONGEST)).filter(|text| !text.is_empty());
        let endpoint = document.endpoint.as_deref().and_then(host_name);
        let named = document.region.as_deref().or_else(|| header("x-amz-bucket-region")).map(str::to_owned);
        let named =
            named.or_else(|| expected_region(message.as_deref()?)).or_else(|| amazon_region(endpoint?));
        let code = code.filter(|code| is_code(code) && !hidden.contains(code));
        Self {
            status: status.as_u16(),
            region: named.filter(|named| is_region(named) && region != Some(named)),
            endpoint: endpoint.map(str::to_owned),
            foreign: if code.is_some() { None } else { foreign(status, headers, &body, hidden) },
            message: message.filter(|_| code.is_some()).and_then(shown),
            code,
            virtual_host: false,
        }
    }

    /// Returns S3's code, or an empty text.
    #[must_use]
    pub fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    /// Tells whether the bucket has too much to do.
    #[must_use]
    pub(crate) fn asks_for_less(&self) -> bool {
        const CODES: [&str; 8] = [
            "SlowDown",
            "SlowDownRead",
            "SlowDownWrite",
            "TooManyRequests",
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "BandwidthLimitExceeded",
        ];
        CODES.contains(&self.code()) || self.status == 429
    }

    /// Tells whether a server that speaks TLS was called without.
    #[must_use]
    pub(crate) fn wants_https(&self) -> bool {
        let Some(Foreign::Page(text) | Foreign::Text(text)) = &self.foreign else { return false };
        text.contains("HTTPS") && text.to_lowercase().contains("http request")
    }

    /// Tells whether the sentence holds one of these words, in any case.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        let message = self.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| message.contains(word))
    }
}

/// The elements of an error document, unescaped.
#[derive(Default)]
struct Document {
    code: Option<String>,
    message: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
}

impl Document {
    /// Reads as much as can be read: of a document that is cut off its beginning counts. Only these four elements
    /// are read. The others hold the access key's id and the signature, among other things.
    fn read(text: &str) -> Self {
        let mut document = Self::default();
        let mut open: Option<&str> = None;
        for token in Tokenizer::from(text.trim_start()) {
            match token {
                Ok(Token::ElementStart { local, .. }) => open = Some(local.as_str()),
                Ok(Token::ElementEnd { end: ElementEnd::Open, .. }) => {}
                Ok(Token::ElementEnd { .. }) => open = None,
                Ok(Token::Text { text }) => document.take(open, &unescaped(text.as_str())),
                Ok(Token::Cdata { text, .. }) => document.take(open, text.as_str()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        document
    }

    fn take(&mut self, element: Option<&str>, text: &str) {
        let place = match element {
            Some("Code") => &mut self.code,
            Some("Message") => &mut self.message,
            Some("Region") => &mut self.region,
            Some("Endpoint") => &mut self.endpoint,
            _ => return,
        };
        let text = text.trim();
        if place.is_none() && !text.is_empty() {
            *place = Some(text.to_owned());
        }
    }
}

/// Replaces the five entities of XML and characters by number.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let character = part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        if let Some((character, rest)) = character {
            plain.push(character);
            plain.push_str(rest);
        } else {
            plain.push('&');
            plain.push_str(part);
        }
    }
    plain
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    })
}

/// Describes an answer that is not S3's, unless it is empty.
fn foreign(status: StatusCode, headers: &HeaderMap, body: &str, hidden: &[String]) -> Option<Foreign> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let (true, Some(to)) = (status.is_redirection(), header(LOCATION)) {
        let to: Option<Url> = to.parse().ok();
        let to = to.filter(|url| matches!(url.scheme(), "http" | "https"));
        return to.map(|url| Foreign::Redirect(url.origin().ascii_serialization()));
    }
    let text = body.trim_start_matches('\u{feff}').trim();
    let kind = header(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    if text.is_empty() {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    if kind.starts_with("text/html") || lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        let title = title(text, &lower).unwrap_or_default();
        return Some(Foreign::Page(shown(&unescaped(title), hidden, 80)));
    }
    if let Ok(json) = json::parse::<serde_json::Value>(text)
        && (json.is_object() || json.is_array())
    {
        let says = ["message", "Message", "detail", "error_description", "error", "title", "code", "Code"];
        let says = says.iter().find_map(|name| match json.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            object => object.get("message")?.as_str().map(str::to_owned),
        });
        return Some(Foreign::Json(shown(&says.unwrap_or_else(|| text.to_owned()), hidden, 120)));
    }
    Some(Foreign::Text(shown(text, hidden, 120)))
}

/// Returns the text of a page's title. `lower` is the page in small letters.
fn title<'a>(page: &'a str, lower: &str) -> Option<&'a str> {
    let tag = lower.find("<title")?;
    let start = tag + lower.get(tag..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find('<')?;
    page.get(start..end)
}

/// Returns text that may be kept and shown.
fn shown(text: &str, hidden: &[String], limit: usize) -> String {
    let text = hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[key]"));
    clean(&text, limit)
}

/// Tells whether a text is a code, which is one word.
fn is_code(text: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    (1..=64).contains(&text.len()) && text.chars().all(legal)
}

fn is_region(text: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=64).contains(&text.len()) && text.chars().all(legal)
}

fn host_name(text: &str) -> Option<&str> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | ':');
    ((1..=255).contains(&text.len()) && text.chars().all(legal)).then_some(text)
}

/// Finds the region in `… the region 'us-east-1' is wrong; expecting 'eu-west-1'`.
fn expected_region(message: &str) -> Option<String> {
    let rest = message.split_once("expecting '")?.1;
    Some(rest.split_once('\'')?.0.to_owned())
}

/// Finds the region in `bucket.s3-eu-west-1.amazonaws.com` or `bucket.s3.eu-west-1.amazonaws.com`.
fn amazon_region(host: &str) -> Option<String> {
    let name = host.strip_suffix(".amazonaws.com")?;
    let region = name.rsplit_once("s3-").or_else(|| name.rsplit_once("s3."))?.1;
    (!region.contains('.')).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Foreign, Refusal};
    use crate::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Refusal {
        let status = StatusCode::from_u16(status).expect("a status");
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Refusal::read(status, &headers, body.as_bytes(), &["AKIAEXAMPLE".to_owned()], Some("us-east-1"))
    }

    #[test]
    fn code_and_message_are_s3_s_own() {
        let refusal = read(
            403,
            &[("content-type", "application/xml")],
            "\u{feff}<?xml version=\"1.0\"?>\n<Error xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Code>AccessDenied</Code><Message>Access &lt;Denied&gt; &amp; &#39;gone&#x27;.</Message>\
             <Region>us-east-1</Region><RequestId>x</RequestId></Error>",
        );
        assert_eq!(refusal.to_string(), "the bucket says AccessDenied: Access <Denied> & 'gone'");
        // The region that was signed for is left out: it says nothing new.
        assert_eq!((refusal.region, refusal.foreign), (None, None));
        let nested = "<ErrorResponse><Error><Code>Busy</Code><Message><![CDATA[a < b]]></Message></Error></ErrorResponse>";
        assert_eq!(read(503, &[], nested).to_string(), "the bucket says Busy: a < b");
        // Cut off, as a long document is.
        assert_eq!(
            read(400, &[], "<Error><Code>MalformedXML</Code><Mess").to_string(),
            "the bucket says MalformedXML"
        );
    }

    #[test]
    fn nothing_of_the_signature_is_repeated() {
        let body = "<Error><Code>SignatureDoesNotMatch</Code>\
            <Message>The signature 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef of AKIAEXAMPLE at \
            https://a.example/b?X-Amz-Signature=abc is\u{1b}[31m wrong</Message>\
            <AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 hush</StringToSign>\
            <SignatureProvided>5ec4e7</SignatureProvided></Error>";
        let stored = serde_json::to_string(&read(403, &[], body)).expect("JSON");
        for secret in ["AKIA", "0123456789abcdef", "hush", "5ec4e7", "X-Amz", "\u{1b}"] {
            assert!(!stored.contains(secret), "{stored}");
        }
        for body in ["<title>AKIAEXAMPLE</title>", "{\"message\":\"AKIAEXAMPLE\"}", "no AKIAEXAMPLE"] {
            let shown = format!("{:?}", read(403, &[], body));
            assert!(!shown.contains("AKIA"), "{shown}");
        }
        let long = format!("<Error><Code>X</Code><Message>{}</Message></Error>", "word ".repeat(1000));
        assert!(read(403, &[], &long).to_string().len() < 400);
    }

    #[test]
    fn the_region_is_found_wherever_it_stands() {
        let documents = [
            "<Error><Code>A</Code><Region>eu-west-1</Region></Error>",
            "<Error><Code>A</Code><Message>the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message></Error>",
            "<Error><Code>A</Code><Endpoint>avatars.s3-eu-west-1.amazonaws.com</Endpoint></Error>",
            "<Error><Code>A</Code><Endpoint>avatars.s3.eu-west-1.amazonaws.com</Endpoint></Error>",
        ];
        for document in documents {
            assert_eq!(read(301, &[], document).region.as_deref(), Some("eu-west-1"), "{document}");
        }
        assert_eq!(
            read(301, &[("x-amz-bucket-region", "eu-west-1")], "").region.as_deref(),
            Some("eu-west-1")
        );
        for document in [
            "<Error><Code>A</Code><Region>us-east-1</Region></Error>",
            "<Error><Code>A</Code><Region>eu west</Region></Error>",
            "<Error><Code>A</Code><Endpoint>s3.amazonaws.com</Endpoint></Error>",
        ] {
            assert_eq!(read(301, &[], document).region, None, "{document}");
        }
    }

    #[test]
    fn headers_speak_where_there_is_no_body() {
        let headers =
            [("x-minio-error-code", "InvalidAccessKeyId"), ("x-minio-error-desc", "\"It does not exist.\"")];
        let refusal = read(403, &headers, "");
        assert_eq!(refusal.to_string(), "the bucket says InvalidAccessKeyId: It does not exist");
        assert_eq!(read(403, &[], "").to_string(), "the answer is HTTP 403 without a word");
    }

    #[test]
    fn what_is_not_s3_is_said_to_be() {
        let page = "<!DOCTYPE html><html><head><title>502 Bad&nbsp;Gateway</title></head></html>";
        let cases = [
            (502, "text/html", page, Foreign::Page("502 Bad&nbsp;Gateway".to_owned())),
            (200, "text/html; charset=utf-8", "<p>log in", Foreign::Page(String::new())),
            (403, "", "<HTML><TITLE lang=en>No</TITLE>", Foreign::Page("No".to_owned())),
            (401, "application/json", "{\"message\":\"no route\"}", Foreign::Json("no route".to_owned())),
            (500, "", "{\"error\":{\"message\":\"x\"}}", Foreign::Json("x".to_owned())),
            (500, "", "[1]", Foreign::Json("[1]".to_owned())),
            (
                400,
                "text/plain",
                "Client sent an HTTP request to an HTTPS server.\n",
                Foreign::Text("Client sent an HTTP request to an HTTPS server.".to_owned()),
            ),
        ];
        for (status, kind, body, expected) in cases {
            let headers = if kind.is_empty() { vec![] } else { vec![("content-type", kind)] };
            assert_eq!(read(status, &headers, body).foreign, Some(expected), "{body}");
        }
        let headers = [("location", "https://s3.example.com/avatars/a?X-Amz-Signature=abc")];
        let redirect = read(308, &headers, "<html>");
        assert_eq!(redirect.to_string(), "the answer leads to https://s3.example.com (HTTP 308)");
    }

    #[test]
    fn it_is_stored_and_read_back() {
        let refusal = read(403, &[], "<Error><Code>AccessDenied</Code></Error>");
        let stored = serde_json::to_value(&refusal).expect("JSON");
        assert_eq!(stored, serde_json::json!({ "status": 403, "code": "AccessDenied" }));
        assert_eq!(serde_json::from_value::<Refusal>(stored).ok(), Some(refusal));
    }
}
