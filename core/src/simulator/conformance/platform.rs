//! The list of requests, prices, and deleting payloads.

use serde_json::{Value, json};

use super::{FLUX, TRAINER, World, json, text, whole};
use crate::http::Method;
#[cfg(target_arch = "wasm32")]
use crate::test;

const LIST: &str = "/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora-portrait-trainer";

#[test]
fn a_finished_request_is_listed_with_its_input() {
    let mut world = World::new(|_| ());
    let url = world.upload(&super::archive(10));
    let input = json!({ "images_data_url": url, "steps": 1000, "mine": "too" });
    let id = text(&json(&world.call(Method::POST, TRAINER, &input)), "request_id");
    let items =
        |world: &mut World, url: &str| json(&world.get(url))["items"].as_array().expect("a list").clone();
    assert_eq!(items(&mut world, LIST).len(), 0, "unfinished requests are not listed");
    world.wait(60);
    let listed = items(&mut world, &format!("{LIST}&expand=payloads"));
    assert_eq!(listed.len(), 1);
    assert_eq!((text(&listed[0], "request_id"), &listed[0]["json_input"]), (id.clone(), &input));
    assert_eq!(
        (&listed[0]["status_code"], &listed[0]["sent_at"]),
        (&json!(200), &json!("2026-11-24T21:25:55.000Z"))
    );
    assert!(listed[0]["json_output"]["diffusers_lora_file"]["url"].is_string());
    assert_eq!(items(&mut world, LIST)[0].get("json_input"), None);
    for (query, count) in [
        (format!("&request_id={id}"), 1),
        ("&request_id=other".to_owned(), 0),
        ("&status=success".to_owned(), 1),
        ("&status=error".to_owned(), 0),
        ("&start=2026-11-24T21:25:55Z".to_owned(), 1),
        ("&start=2026-11-24T21:25:56Z".to_owned(), 0),
        ("&end=2026-11-24T21:25:54Z".to_owned(), 0),
    ] {
        assert_eq!(items(&mut world, &format!("{LIST}{query}")).len(), count, "{query}");
    }
    assert_eq!(items(&mut world, &LIST.replace("/v1", "").replace("-portrait-trainer", "")).len(), 0);
    let other = whole(world.send(Method::GET, LIST, &[("authorization", "Key other:hush")], b""));
    assert_eq!(json(&other)["items"], json!([]));
    world.wait(25 * 3600);
    assert_eq!(items(&mut world, LIST).len(), 0, "without start the list goes back a day");
}

#[test]
fn a_long_list_comes_in_pages() {
    let mut world = World::new(|plan| plan.list_unfinished = true);
    let mut ids: Vec<String> = (0..5).map(|_| world.generate(&json!({ "prompt": "p" }))).collect();
    let mut url = "/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&limit=2".to_owned();
    let mut listed = Vec::new();
    loop {
        let page = json(&world.get(&url));
        listed.extend(page["items"].as_array().expect("a list").iter().map(|item| text(item, "request_id")));
        assert_eq!(page["has_more"], json!(page["next_cursor"].is_string()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        url = format!("/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&limit=2&cursor={cursor}");
    }
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids);
    for wrong in ["limit=0", "limit=101", "cursor=x", "start=yesterday"] {
        let url = format!("/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&{wrong}");
        assert_eq!(world.get(&url).status, 400, "{wrong}");
    }
}

#[test]
fn a_request_that_was_not_to_be_stored_has_no_input_to_compare() {
    let mut world = World::new(|plan| plan.list_unfinished = true);
    let headers = [("authorization", "Key kid:hush"), ("x-fal-store-io", "0")];
    whole(world.send(Method::POST, FLUX, &headers, br#"{"prompt":"p"}"#));
    let url = "/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux-lora&expand=payloads";
    assert_eq!(json(&world.get(url))["items"][0]["json_input"], Value::Null);
}

#[test]
fn prices_are_named_per_endpoint() {
    let mut world = World::new(|_| ());
    let value = json(&world.get("/v1/models/pricing?endpoint_id=fal-ai/flux-lora"));
    assert_eq!(value["prices"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&value["prices"][0]["unit"], &value["prices"][0]["currency"]),
        (&json!("megapixels"), &json!("USD"))
    );
    assert_eq!(world.get("/models/pricing?endpoint_id=none").status, 404);
}

#[test]
fn only_an_admin_deletes_payloads_and_the_uploads_stay() {
    let mut world = World::new(|_| ());
    let id = world.train();
    world.wait(60);
    let result = json(&world.get(&format!("{TRAINER}/requests/{id}")));
    let lora = text(&result["diffusers_lora_file"], "url");
    let url = format!("/v1/models/requests/{id}/payloads");
    assert_eq!(world.call(Method::DELETE, &url, &Value::Null).status, 403);
    let admin = [("authorization", "Key admin:hush")];
    let value = json(&whole(world.send(Method::DELETE, &url, &admin, b"")));
    let links = value["cdn_delete_results"].as_array().expect("a list");
    assert!(links.len() == 2 && links.iter().any(|result| result["link"] == json!(lora)));
    assert_eq!(whole(world.send(Method::GET, &lora, &[], b"")).status, 404);
    assert_eq!(world.get(&format!("{TRAINER}/requests/{id}")).status, 404);
    let listed = json(&world.get(&format!("{LIST}&expand=payloads")))["items"][0].clone();
    assert_eq!((&listed["json_input"], &listed["json_output"]), (&Value::Null, &Value::Null));
    assert_eq!(whole(world.send(Method::DELETE, "/models/requests/none/payloads", &admin, b"")).status, 404);
}
