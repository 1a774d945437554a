//! Webhooks: their signature, their body, their repetitions.

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::{FLUX, World, json, text};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    http::Method,
    sha256::Sha256Sum,
    simulator::{DeliveryOutcome, WebhookDelivery},
    time::Timestamp,
};

/// Submits a generation with a webhook, and returns its id.
fn submit(world: &mut World) -> String {
    let url = format!("{FLUX}?fal_webhook=https%3A%2F%2Fe.com%2Fh%3Fa%3Db+c%26d%3D1");
    text(&json(&world.call(Method::POST, &url, &json!({ "prompt": "p" }))), "request_id")
}

/// Tells whether one of the published keys made the signature, by the steps on fal's page of webhooks.
fn verifies(world: &mut World, delivery: &WebhookDelivery) -> bool {
    let header = |name: &str| delivery.headers[name].to_str().expect("text").to_owned();
    let message = format!(
        "{}\n{}\n{}\n{}",
        header("x-fal-webhook-request-id"),
        header("x-fal-webhook-user-id"),
        header("x-fal-webhook-timestamp"),
        Sha256Sum::of(&delivery.body)
    );
    let signature = base16ct::lower::decode_vec(header("x-fal-webhook-signature")).expect("hexadecimal");
    let signature = Signature::from_slice(&signature).expect("64 bytes");
    let jwks = json(&world.get("/.well-known/jwks.json"));
    let key = text(&jwks["keys"][0], "x");
    // Decoded bit by bit, so that the check shares no code with the encoder.
    let mut bits: Vec<bool> = Vec::new();
    for letter in key.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            .iter()
            .position(|known| *known == letter)
            .expect("a letter of base64url");
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect();
    let key = VerifyingKey::from_bytes(&bytes.try_into().expect("32 bytes")).expect("a key");
    key.verify_strict(message.as_bytes(), &signature).is_ok()
}

#[test]
fn a_webhook_comes_when_the_request_is_over_and_its_signature_holds() {
    let mut world = World::new(|_| ());
    let id = submit(&mut world);
    assert_eq!(world.fal.due(world.now), []);
    let due = world.fal.next_due().expect("a webhook");
    assert_eq!(due.since(world.now).as_secs(), 5);
    world.now = due;
    let deliveries = world.fal.due(due);
    let [delivery] = deliveries.as_slice() else { panic!("{deliveries:?}") };
    assert_eq!(delivery.url.as_str(), "https://e.com/h?a=b%20c&d=1");
    assert!(verifies(&mut world, delivery));
    let body: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    assert_eq!((&body["request_id"], &body["status"]), (&json!(id), &json!("OK")));
    assert_eq!(body["payload"], json(&world.get(&format!("{FLUX}/requests/{id}"))));
    let timestamp = delivery.headers["x-fal-webhook-timestamp"].to_str().expect("text");
    assert_eq!(timestamp, (due.millis() / 1000).to_string());
    world.fal.delivered(delivery.id, DeliveryOutcome::Answered(200), world.now);
    assert_eq!(world.fal.next_due(), None);
}

#[test]
fn a_webhook_that_is_not_taken_comes_again_with_growing_pauses() {
    let mut world = World::new(|_| ());
    submit(&mut world);
    let mut moments: Vec<Timestamp> = Vec::new();
    while let Some(next) = world.fal.next_due() {
        moments.push(next);
        for delivery in world.fal.due(next) {
            let outcome = match moments.len() % 2 {
                0 => DeliveryOutcome::NoAnswer,
                _ => DeliveryOutcome::Answered(503),
            };
            world.fal.delivered(delivery.id, outcome, next);
        }
    }
    assert_eq!(moments.len(), 10);
    let pauses: Vec<_> = moments.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    assert!(pauses.windows(2).all(|pair| pair[1] > pair[0]), "{pauses:?}");
    assert!(moments[9].since(moments[0]).as_secs() < 2 * 3600);
}

#[test]
fn a_redirect_ends_it_and_a_lost_sender_does_not() {
    let mut world = World::new(|_| ());
    submit(&mut world);
    let due = world.fal.next_due().expect("a webhook");
    assert_eq!(world.fal.due(due).len(), 1);
    // The sender was stopped before it could report the outcome.
    assert_eq!(world.fal.due(due), []);
    let again = world.fal.next_due().expect("a webhook");
    assert!(again > due);
    let delivery = world.fal.due(again).remove(0);
    world.fal.delivered(delivery.id, DeliveryOutcome::Answered(302), again);
    assert_eq!(world.fal.next_due(), None);
}

#[test]
fn a_failure_is_told_as_an_error_with_the_result_s_body() {
    let mut world = World::with_fault("generation-failed");
    let id = submit(&mut world);
    world.now = world.fal.next_due().expect("a webhook");
    let body: Value = serde_json::from_slice(&world.fal.due(world.now).remove(0).body).expect("JSON");
    assert_eq!((&body["status"], &body["error"]), (&json!("ERROR"), &json!("Invalid status code: 422")));
    let result = world.get(&format!("{FLUX}/requests/{id}"));
    assert_eq!((result.status.as_u16(), json(&result)), (422, body["payload"].clone()));
}

#[test]
fn a_webhook_may_come_twice_early_never_empty_or_forged() {
    let body = |delivery: &WebhookDelivery| serde_json::from_slice::<Value>(&delivery.body).expect("JSON");

    let mut world = World::with_fault("webhook-twice");
    submit(&mut world);
    let deliveries = world.fal.due(world.fal.next_due().expect("a webhook"));
    assert!(deliveries.len() == 2 && deliveries[0].body == deliveries[1].body);

    let mut world = World::with_fault("webhook-early");
    let id = submit(&mut world);
    assert_eq!(body(&world.fal.due(world.now)[0])["status"], "OK");
    assert_eq!(world.get(&format!("{FLUX}/requests/{id}/status")).status, 202);

    let mut world = World::with_fault("webhook-never");
    submit(&mut world);
    assert_eq!(world.fal.next_due(), None);

    let mut world = World::with_fault("webhook-payload-null");
    submit(&mut world);
    let delivery = world.fal.due(world.fal.next_due().expect("a webhook")).remove(0);
    assert_eq!((&body(&delivery)["status"], &body(&delivery)["payload"]), (&json!("OK"), &Value::Null));
    assert!(body(&delivery)["payload_error"].is_string());

    let mut world = World::with_fault("webhook-forged");
    submit(&mut world);
    let delivery = world.fal.due(world.fal.next_due().expect("a webhook")).remove(0);
    assert!(!verifies(&mut world, &delivery));
}

#[test]
fn what_is_no_address_is_refused_before_anything_is_bought() {
    let mut world = World::new(|_| ());
    let answer = world.call(Method::POST, &format!("{FLUX}?fal_webhook=nowhere"), &json!({ "prompt": "p" }));
    assert_eq!(answer.status, 400);
    assert_eq!(world.fal.accepted().count(), 0);
}
