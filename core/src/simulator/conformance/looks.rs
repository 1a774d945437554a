//! Portraits that resemble the photos of the training.

use serde_json::json;

use super::{World, archive_of, json, text};
use crate::simulator::drawing;
#[cfg(target_arch = "wasm32")]
use crate::test;

/// A person with light skin and red hair, and pictures in which the clothes are red.
const LIGHT: (u64, [u64; 5]) = (38, [1, 6, 13, 39, 40]);
/// A person with dark skin and black hair, and pictures in which the clothes are yellow.
const DARK: (u64, [u64; 5]) = (37, [3, 12, 29, 30, 41]);

const SIZE: (u32, u32) = (300, 400);

fn photos((person, variations): (u64, [u64; 5])) -> Vec<Vec<u8>> {
    let (width, height) = SIZE;
    let photo = |variation| {
        let rgb = drawing::portrait(person, variation, width, height);
        drawing::jpeg(&rgb, width, height).expect("a JPEG")
    };
    variations.into_iter().map(photo).collect()
}

/// Trains on these photos, and returns the portrait's pixels.
fn portrait(world: &mut World, photos: &[Vec<u8>]) -> Vec<u8> {
    let url = world.upload(&archive_of(photos));
    let request = world.train_on(&url);
    world.wait(60);
    let trained = json(&world.get(&format!("{}/requests/{request}", super::TRAINER)));
    let lora = text(&trained["diffusers_lora_file"], "url");
    let size = json!({ "width": SIZE.0, "height": SIZE.1 });
    let input = json!({ "prompt": "a portrait", "seed": 1, "image_size": size, "loras": [{ "path": lora }] });
    let request = world.generate(&input);
    world.wait(60);
    let drawn = json(&world.get(&format!("{}/requests/{request}", super::FLUX)));
    let file = world.get(&text(&drawn["images"][0], "url")).body;
    libjpeg_turbo_rs::decompress(&file).expect("a JPEG").data
}

/// Returns the pixel in these hundredths of the width and the height.
fn pixel(rgb: &[u8], x: u32, y: u32) -> [u8; 3] {
    let at = usize::try_from((SIZE.1 * y / 100 * SIZE.0 + SIZE.0 * x / 100) * 3).expect("small");
    rgb[at..at + 3].try_into().expect("three samples")
}

fn is_near(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) < 45)
}

/// Counts the pixels of this colour in the picture's upper half.
fn count(rgb: &[u8], colour: [u8; 3]) -> usize {
    let upper = rgb.len() / 6;
    rgb.chunks_exact(3).take(upper).filter(|pixel| is_near([pixel[0], pixel[1], pixel[2]], colour)).count()
}

#[test]
fn a_portrait_has_the_skin_the_hair_and_the_clothes_of_the_photos() {
    let mut world = World::new(|_| {});
    let light = portrait(&mut world, &photos(LIGHT));
    let dark = portrait(&mut world, &photos(DARK));
    // Skin is where the nose is, clothes are below.
    assert!(is_near(pixel(&light, 50, 45), [245, 214, 190]), "{:?}", pixel(&light, 50, 45));
    assert!(is_near(pixel(&dark, 50, 45), [112, 74, 54]), "{:?}", pixel(&dark, 50, 45));
    assert!(is_near(pixel(&light, 50, 95), [185, 83, 70]), "{:?}", pixel(&light, 50, 95));
    assert!(is_near(pixel(&dark, 50, 95), [213, 165, 74]), "{:?}", pixel(&dark, 50, 95));
    let (red, black) = ([164, 70, 34], [34, 26, 26]);
    assert!(count(&light, red) > 1_000, "{}", count(&light, red));
    assert!(count(&dark, black) > 1_000, "{}", count(&dark, black));
    assert!(count(&dark, red) < count(&light, red) / 4);
    assert!(count(&light, black) < count(&dark, black) / 4);
}

#[test]
fn the_same_photos_give_the_same_portrait_from_every_training() {
    let photos = photos(LIGHT);
    let looks = || {
        let mut world = World::new(|_| {});
        portrait(&mut world, &photos)
    };
    assert!(looks() == looks());
}

/// Grey, flat, tiny and torn photos show nobody: the portrait is drawn as it would be without them.
#[test]
fn photos_that_show_nobody_are_no_obstacle() {
    let flat = |colour: [u8; 3], width: u32, height: u32| {
        let pixels = width * height;
        let rgb: Vec<u8> = (0..pixels).flat_map(|_| colour).collect();
        drawing::jpeg(&rgb, width, height).expect("a JPEG")
    };
    let whole = photos(DARK).remove(0);
    let torn = whole[..whole.len() / 2].to_vec();
    let nobody = [flat([90, 90, 90], 64, 64), flat([230, 180, 150], 300, 7), flat([1, 1, 1], 1, 1), torn];
    let mut world = World::new(|_| {});
    let drawn = portrait(&mut world, &nobody);
    assert_eq!(drawn.len(), 300 * 400 * 3);
    // Skin without hair or clothes, up to every edge, is survived as well.
    let skin = flat([230, 180, 150], 300, 400);
    portrait(&mut world, &vec![skin; 4]);
}
