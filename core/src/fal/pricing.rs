//! The price of a model (`GET /v1/models/pricing` of fal's platform API).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Account, CallError, Endpoint, error::success};
use crate::{
    http::{Answer, Method, Request},
    limits::READ_TIMEOUT,
    text::clean,
};

/// The price of one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Amount of money for one unit.
    pub unit_price: f64,
    /// Unit in fal's words: `images`, `steps`, `compute seconds`, … Models differ, and some units are explained
    /// nowhere, so a total can be computed only for units that are known.
    pub unit: String,
    /// Currency: `USD`.
    pub currency: String,
}

const WORD_LENGTH: usize = 40;
/// The highest price that is believed; a higher one is taken for a mistake.
const HIGHEST: f64 = 1e6;

/// Asks for the model's price.
#[must_use]
pub fn request(account: &Account, endpoint: &Endpoint) -> Request {
    let mut request = account.api(Method::GET, "v1/models/pricing", READ_TIMEOUT);
    request.url.query_pairs_mut().append_pair("endpoint_id", endpoint.as_str());
    request
}

/// Reads the price of the model that was asked for; `None` when fal lists none.
pub fn parse(answer: Answer, endpoint: &Endpoint) -> Result<Option<Price>, CallError> {
    let (status, body) = success(answer)?;
    let prices = body.get("prices").and_then(Value::as_array).ok_or(CallError::Unreadable { status })?;
    let named = |price: &&Value| price.get("endpoint_id").and_then(Value::as_str) == Some(endpoint.as_str());
    Ok(prices.iter().find(named).and_then(price))
}

fn price(price: &Value) -> Option<Price> {
    let text =
        |name: &str| Some(clean(price.get(name)?.as_str()?, WORD_LENGTH)).filter(|text| !text.is_empty());
    let unit_price = price.get("unit_price")?.as_f64().filter(|price| (0.0..=HIGHEST).contains(price))?;
    Some(Price { unit_price, unit: text("unit")?, currency: text("currency")? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Price, parse, request};
    use crate::fal::{
        CallError,
        fixtures::{account, answer, made, trainer},
        generate,
    };
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn it_asks_for_one_model() {
        let url = request(&account(), &trainer()).url;
        let query = "endpoint_id=fal-ai%2Fflux-lora-portrait-trainer";
        assert_eq!(url.as_str(), format!("http://127.0.0.1:9/v1/models/pricing?{query}"));
    }

    #[test]
    fn a_price_is_read_or_there_is_none() {
        let price = Price { unit_price: 0.035, unit: "megapixels".to_owned(), currency: "USD".to_owned() };
        let parse = |answer| parse(Ok(answer), &generate::endpoint());
        assert_eq!(parse(answer("prices")), Ok(Some(price)));
        let id = "fal-ai/flux-lora";
        for prices in [
            json!([]),
            json!([{"endpoint_id": id, "unit_price": -1, "unit": "u", "currency": "USD"}]),
            json!([{"endpoint_id": id, "unit": "u"}]),
            json!([{"endpoint_id": "fal-ai/other", "unit_price": 1, "unit": "u", "currency": "USD"}]),
        ] {
            assert_eq!(parse(made(200, &json!({"prices": prices}))), Ok(None), "{prices}");
        }
        assert_eq!(parse(made(200, &json!({}))), Err(CallError::Unreadable { status: 200 }));
    }
}
