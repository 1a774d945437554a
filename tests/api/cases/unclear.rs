//! Cases about orders of which it is unclear whether fal.ai took them, and about cancelled orders.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::{
    fixture::{Mode::Bought, is_order},
    gate::{Fate, Seen},
    world::World,
};

fn is_list(seen: &Seen) -> bool {
    seen.line.starts_with("GET /v1/models/requests")
}

fn is_status(seen: &Seen) -> bool {
    seen.line.split('?').next().is_some_and(|line| line.contains("/status"))
}

fn is_order_of_pictures(seen: &Seen) -> bool {
    seen.line.starts_with("POST /fal-ai/flux-lora") && !is_order(seen)
}

/// Returns the id in fal.ai's answer to the order, which the shell never received.
fn request_of(world: &World) -> Value {
    let list = world.fixture.requests();
    list["items"][0]["request_id"].clone()
}

/// Lets a person resolve an order that cannot be looked up.
pub(super) fn resolved(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    world.fixture.fal.rule(|seen| is_order(seen).then_some(Fate::Swallow));
    let told = Arc::new(AtomicBool::new(false));
    let knows = Arc::clone(&told);
    world
        .fixture
        .fal
        .rule(move |seen| (is_list(seen) && !knows.load(Ordering::Relaxed)).then_some(Fate::Answer(503)));
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let resolve = world.of("/trainings/1/resolve");
    world.until(&world.of("/trainings/1"), |status| status["stage"] == "submission_unclear");
    // The photos may belong to a purchase, so they must stay.
    let removed = world.delete(&world.of("/photos/p0"));
    assert!(removed.header("retry-after").is_some(), "{}", removed.text());
    removed.refused(409, "photos.in_use");
    world.call("PUT", &world.of("/photos/more"), &[], b"x").refused(409, "photos.in_use");
    for wrong in [json!({}), json!({ "not_accepted": false }), json!({ "request_id": "../x" })] {
        world.post(&resolve, &wrong).refused(400, "api.body");
    }
    let capability = world.post(&world.of("/capability"), &json!({})).is(200).json();
    let capability = capability["capability"].as_str().expect("a capability");
    world
        .call_as(capability, "POST", &resolve, &[], br#"{"not_accepted":true}"#)
        .refused(403, "api.forbidden");
    world.eventually("its end at fal.ai", || world.fixture.purchases() == 1);
    let request = request_of(&world);
    // fal.ai does not know one request, and cannot be asked about the other now: nothing is resolved.
    let none = json!({ "request_id": "00000000-0000-4000-8000-000000000000" });
    world.post(&resolve, &none).refused(422, "request.not_at_fal");
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    world
        .fixture
        .fal
        .rule(move |seen| (is_status(seen) && is_away.load(Ordering::Relaxed)).then_some(Fate::Answer(502)));
    let refused = world.post(&resolve, &json!({ "request_id": request }));
    assert!(refused.header("retry-after").is_some(), "{}", refused.text());
    refused.refused(503, "request.not_asked");
    away.store(false, Ordering::Relaxed);
    assert_eq!(world.get(&world.of("/trainings/1")).json()["stage"], "submission_unclear");
    world.post(&resolve, &json!({ "request_id": request })).is(202);
    // Where fal.ai shows a request's input, the input is compared first.
    told.store(true, Ordering::Relaxed);
    world.until_done("/trainings/1");
    world.post(&resolve, &json!({ "not_accepted": true })).refused(409, "order.not_unclear");
    assert_eq!((world.fixture.orders(&world.avatar), world.fixture.purchases()), (1, 1));

    // Pictures are resolved in the same way.
    world.fixture.fal.rule(|seen| is_order_of_pictures(seen).then_some(Fate::Refuse));
    world.put(&world.of("/pictures/1"), &json!({ "prompt": "at the sea" })).is(202);
    world.until(&world.of("/pictures/1"), |status| status["stage"] == "submission_unclear");
    let resolve = world.of("/pictures/1/resolve");
    world.post(&resolve, &none).refused(422, "request.not_at_fal");
    world.post(&resolve, &json!({ "request_id": request })).refused(409, "request.other_order");
    world.post(&resolve, &json!({ "not_accepted": true })).is(202);
    let status = world.until_over("/pictures/1");
    assert_eq!(status["status"], "error", "{status}");
    assert_eq!(world.fixture.fal.seen(is_order_of_pictures).len(), 1);
}

/// Cancels a training that waits at fal.ai, and gives up pictures that fal.ai does not take.
pub(super) fn cancelled(world: &World) {
    let Some(world) = world.elsewhere(Bought, &["stuck-in-queue"]) else { return };
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.until(&world.of("/trainings/1"), |status| status["request_id"].is_string());
    world.post(&world.of("/trainings/1/cancel"), &json!({})).is(202);
    let status = world.until_over("/trainings/1");
    assert_eq!((&status["status"], &status["stage"]), (&json!("error"), &json!("cancelled")), "{status}");
    world.post(&world.of("/trainings/1/cancel"), &json!({})).is(202);
    world.get(&world.of("/trainings/1/model")).refused(404, "order.no_file");
    // fal.ai had taken the order, so its number is spent.
    assert_eq!(world.put(&world.of("/trainings/1"), &json!({})).is(202).json()["stage"], "cancelled");
    let again = world.put(&world.of("/trainings/1"), &json!({ "again": true }));
    let refused = again.refused(409, "order.not_again");
    assert!(refused["advice"].as_str().is_some_and(|advice| advice.contains("next number, 2")), "{refused}");
    world.put(&world.of("/trainings/2"), &json!({})).is(202);
    world.until_done("/trainings/2");

    world.fixture.fal.rule(|seen| is_order_of_pictures(seen).then_some(Fate::Answer(503)));
    world.put(&world.of("/pictures/1"), &json!({ "prompt": "at the sea" })).is(202);
    world.fixture.fal.wait_for(1, is_order_of_pictures);
    world.post(&world.of("/pictures/1/cancel"), &json!({})).is(202);
    // Whether fal.ai took them is unclear, so that there is nothing yet that could be stopped.
    world.until(&world.of("/pictures/1"), |status| status["stage"] == "submission_unclear");
    world.post(&world.of("/pictures/1/resolve"), &json!({ "not_accepted": true })).is(202);
    let status = world.until_over("/pictures/1");
    assert_eq!(status["status"], "error", "{status}");
}

/// Asks fal.ai again about a training that ended without a reason, whenever a caller asks for its status.
pub(super) fn unexplained(world: &World) {
    let Some(world) = world.elsewhere(Bought, &["result-bare"]) else { return };
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until(&world.of("/trainings/1"), |status| status["status"] == "error");
    assert_eq!(status["code"], "fal.unexplained", "{status}");
    world.until(&world.of("/trainings/1"), |status| status["status"] == "completed");
    assert_eq!((world.fixture.orders(&world.avatar), world.fixture.purchases()), (1, 1));
}
