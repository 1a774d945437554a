//! Cases about ordering and fetching pictures.

use serde_json::json;

use crate::world::World;

pub(super) fn made(world: &World) {
    world.create().is(201);
    let order = json!({ "prompt": "at the sea", "count": 2 });
    world.put(&world.of("/pictures/1"), &order).refused(409, "order.no_model");
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until_done("/trainings/1");
    assert_eq!(status["progress"], 100, "{status}");

    let model = world.get(&world.of("/trainings/1/model")).is(200);
    assert_eq!(status["model"]["file"]["length"], model.body.len());
    assert!(model.header("content-disposition").is_some_and(|text| text.starts_with("attachment")));
    let head = world.call("HEAD", &world.of("/trainings/1/model"), &[], b"").is(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-type"), model.header("content-type"));

    world.get(&world.of("/pictures/1")).refused(404, "pictures.not_found");
    world.put(&world.of("/pictures/2"), &order).refused(409, "order.wrong_number");
    for (prompt, count) in [("at the sea", 5), ("at the sea", 0), ("", 1), ("at \u{202e}aes eht", 1)] {
        let order = json!({ "prompt": prompt, "count": count });
        world.put(&world.of("/pictures/1"), &order).refused(400, "api.body");
    }
    let placed = world.put(&world.of("/pictures/1"), &order).is(202);
    assert_eq!(placed.header("location"), Some(&*world.of("/pictures/1")));
    world.put(&world.of("/pictures/1"), &order).is(202);
    let other = json!({ "prompt": "at the sea", "count": 1 });
    world.put(&world.of("/pictures/1"), &other).refused(409, "order.different");
    let status = world.until_done("/pictures/1");
    assert_eq!(status["files"].as_array().map(Vec::len), Some(2), "{status}");
    for number in [1, 2] {
        let target = world.of(&format!("/pictures/1/files/{number}"));
        let file = world.get(&target).is(200);
        assert_eq!(status["files"][number - 1]["length"], file.body.len());
        assert!(
            file.header("content-type").is_some_and(|kind| kind.starts_with("image/")),
            "{}",
            file.text()
        );
        assert!(world.call("HEAD", &target, &[], b"").is(200).body.is_empty());
    }
    let missing = world.get(&world.of("/pictures/1/files/3")).is(404).json();
    assert_eq!(missing["code"], "order.no_file", "{missing}");
    assert!(missing["detail"].as_str().is_some_and(|text| text.contains("there are 2")), "{missing}");
    // Repeated after its end, the order is the same, not another one.
    assert_eq!(world.put(&world.of("/pictures/1"), &order).is(202).json()["status"], "completed");
    let listed = world.get(&world.of("/pictures")).is(200).json();
    assert_eq!(listed["pictures"].as_array().map(Vec::len), Some(1), "{listed}");
}
