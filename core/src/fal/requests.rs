//! The list of requests that an account has sent to a model, in which an unclear purchase is found again.
//!
//! fal.ai/docs/platform-apis/v1/models/requests/by-endpoint. An ordinary key is enough. fal does not say whether
//! requests that have not ended are listed, so an empty list proves nothing.

use std::fmt;

use serde_json::{Map, Value};

use super::{Account, CallError, Endpoint, RequestId, error::success};
use crate::{
    http::{Answer, Method, Request},
    limits::READ_TIMEOUT,
    time::Timestamp,
};

/// One page of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Requests; those without a readable id are left out.
    pub items: Vec<Item>,
    /// Value to pass as `cursor` for the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// One request.
#[derive(Clone, PartialEq)]
pub struct Item {
    /// Id of the request.
    pub request_id: RequestId,
    /// Time of sending, if it can be read.
    pub sent_at: Option<Timestamp>,
    /// Input that was sent, if fal kept it.
    pub input: Option<Value>,
}

/// The most requests that fal gives on one page.
const PAGE: &str = "100";
/// The longest cursor that is taken, in bytes. Cursors are handed back as they came, so nothing else is checked.
const CURSOR_LENGTH: usize = 4096;

/// Asks for a page of what was sent to `endpoint` since `start`, inputs included.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint, start: Timestamp, cursor: Option<&str>) -> Request {
    let mut request = account.api(Method::GET, "v1/models/requests/by-endpoint", READ_TIMEOUT);
    request
        .url
        .query_pairs_mut()
        .append_pair("endpoint_id", endpoint.as_str())
        .append_pair("start", &start.to_string())
        .append_pair("limit", PAGE)
        .append_pair("expand", "payloads")
        .extend_pairs(cursor.map(|cursor| ("cursor", cursor)));
    request
}

/// Asks for this one request of `endpoint`, its input included; fal looks 90 days back.
#[must_use]
pub fn request_of(account: &Account, endpoint: &Endpoint, id: &RequestId) -> Request {
    let mut request = account.api(Method::GET, "v1/models/requests/by-endpoint", READ_TIMEOUT);
    request
        .url
        .query_pairs_mut()
        .append_pair("endpoint_id", endpoint.as_str())
        .append_pair("request_id", id.as_str())
        .append_pair("expand", "payloads");
    request
}

/// Reads a page.
pub fn parse(answer: Answer) -> Result<Page, CallError> {
    let (status, body) = success(answer)?;
    let items = body.get("items").and_then(Value::as_array).ok_or(CallError::Unreadable { status })?;
    let more = body.get("has_more").and_then(Value::as_bool) != Some(false);
    let next_cursor = body
        .get("next_cursor")
        .and_then(Value::as_str)
        .filter(|cursor| more && !cursor.is_empty() && cursor.len() <= CURSOR_LENGTH);
    Ok(Page {
        items: items.iter().filter_map(|item| self::item(item.as_object()?)).collect(),
        next_cursor: next_cursor.map(str::to_owned),
    })
}

fn item(item: &Map<String, Value>) -> Option<Item> {
    Some(Item {
        request_id: item.get("request_id")?.as_str()?.parse().ok()?,
        sent_at: item.get("sent_at").and_then(Value::as_str).and_then(moment),
        input: item.get("json_input").filter(|input| input.is_object()).cloned(),
    })
}

/// Reads a point in time, in UTC when no offset is written.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// Leaves out the input, which may hold a signed address or a private prompt.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}", self.request_id)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, request};
    use crate::fal::{
        CallError,
        fixtures::{account, answer, id, made, trainer},
    };
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn it_asks_for_what_was_sent_since_then() {
        let start = "2026-02-17T10:00:00Z".parse().expect("a moment");
        let first = request(&account(), &trainer(), start, None);
        let base = "http://127.0.0.1:9/v1/models/requests/by-endpoint";
        let query = "endpoint_id=fal-ai%2Fflux-lora-portrait-trainer&start=2026-02-17T10%3A00%3A00.000Z&limit=100&expand=payloads";
        assert_eq!(first.url.as_str(), format!("{base}?{query}"));
        assert!(first.headers.contains_key("authorization"));
        let second = request(&account(), &trainer(), start, Some("a&b="));
        assert_eq!(second.url.as_str(), format!("{base}?{query}&cursor=a%26b%3D"));
    }

    #[test]
    fn a_page_is_read() {
        let page = parse(Ok(answer("requests_page"))).expect("a page");
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.items[0].request_id, id());
        assert_eq!(page.items[0].sent_at, "2026-02-17T10:29:58Z".parse().ok());
        assert_eq!(page.items[0].input.as_ref().expect("an input")["steps"], 1000);
        assert_eq!(page.items[1].input, None);
        assert_eq!(page.next_cursor.as_deref(), Some("eyJvIjoyfQ=="));
        assert!(!format!("{page:?}").contains("photos.zip"));
    }

    #[test]
    fn odd_items_do_not_hide_the_others() {
        let items =
            json!([7, {"request_id": "../x"}, {"request_id": "a", "sent_at": "2026-02-17T10:29:58.5"}]);
        let page = parse(Ok(made(200, &json!({"items": items, "next_cursor": "c", "has_more": false}))))
            .expect("a page");
        assert_eq!(page.items.len(), 1);
        assert_eq!(page.items[0].sent_at, "2026-02-17T10:29:58.5Z".parse().ok());
        assert_eq!(page.next_cursor, None, "fal says that there is no more");
    }

    #[test]
    fn no_list_is_not_an_empty_list() {
        assert_eq!(parse(Ok(made(200, &json!({})))), Err(CallError::Unreadable { status: 200 }));
        assert_eq!(parse(Ok(answer("proxy_page"))), Err(CallError::Page { status: 403 }));
    }
}
