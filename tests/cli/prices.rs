//! The prices that `train` and `generate` show before a person agrees.

use crate::{
    Ending, Place,
    proxy::{Fate, Proxy},
    running::Server,
};

const OURS: &str = "about 2.40 USD (0.0024 USD a step, as read in 2026-11)";

/// Returns the price that is shown for a training of so many steps when fal's list of prices answers as `fate` has
/// it, and the number of times that the list was asked.
fn said(steps: &str, setting: Option<&str>, fate: fn(&str) -> Fate) -> (String, usize) {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let proxy = Proxy::start(fate);
    let mut command = place.buying(&server, &words[..6]);
    command.args(["--steps", steps]);
    if let Some(setting) = setting {
        command.env("LIKENESS_TRAINING_PRICE", setting);
    }
    let ending = Ending::of(proxy.between(&mut command)).ended(8);
    assert_eq!(server.orders(), 0);
    let start = format!("A training of {steps} steps at fal.ai, about ");
    let line = ending.stderr.lines().find_map(|line| line.strip_prefix(&start)).expect("a price");
    let (_time, line) = line.split_once(": ").expect("a time and a price");
    (line.to_owned(), proxy.calls("GET /v1/models/pricing").len())
}

macro_rules! listed {
    ($price:literal per $unit:literal) => {
        |what| match what {
            "GET /v1/models/pricing" => Fate::Answered(
                "200 OK",
                concat!(
                    r#"{"prices":[{"endpoint_id":"fal-ai/flux-lora-portrait-trainer","unit_price":"#,
                    $price,
                    r#","unit":""#,
                    $unit,
                    r#"","currency":"USD"}],"next_cursor":null,"has_more":false}"#
                ),
            ),
            _ => Fate::Forwarded,
        }
    };
}

#[test]
fn our_own_rule_is_shown_and_fals_list_beside_it_where_that_disagrees() {
    assert_eq!(said("1000", None, listed!(0.0024 per "steps")), (format!("{OURS}."), 1));
    let (tenfold, _) = said("1000", None, listed!(0.024 per "steps"));
    let beside = format!("{OURS}; fal.ai's list of prices says 24.00 USD");
    assert!(tenfold.starts_with(&beside), "{tenfold}");
    // fal's list as the simulator has it.
    let (vague, _) = said("1000", None, |_| Fate::Forwarded);
    let beside = format!("{OURS}; fal.ai's list of prices says 0.024 USD per train unit");
    assert!(vague.starts_with(&beside), "{vague}");
    let (silent, _) = said("1000", None, |what| match what {
        "GET /v1/models/pricing" => Fate::Answered("503 Service Unavailable", "{}"),
        _ => Fate::Forwarded,
    });
    assert_eq!(silent, format!("{OURS}; fal.ai's list of prices did not say."));
}

#[test]
fn steps_are_counted_as_they_are_billed() {
    let (short, _) = said("500", None, listed!(0.0024 per "steps"));
    assert_eq!(short, "about 2.40 USD (0.0024 USD a step and at least 1000 steps, as read in 2026-11).");
    let (long, _) = said("4000", None, listed!(0.0024 per "steps"));
    assert_eq!(long, "about 9.60 USD (0.0024 USD a step, as read in 2026-11).");
}

#[test]
fn a_price_in_the_settings_wins_over_both() {
    let (set, asked) = said("4000", Some("3.50 EUR"), listed!(0.024 per "steps"));
    // fal is asked all the same: that shows whether an order could be placed.
    assert_eq!((set.as_str(), asked), ("3.50 EUR, as the settings say.", 1));
}

/// Returns the price that `generate` shows for four pictures.
fn said_of_pictures(fate: fn(&str) -> Fate) -> String {
    let place = Place::new();
    let words = place.given_model();
    let server = Server::start(&place, "100ms", &[]);
    let proxy = Proxy::start(fate);
    let words: Vec<&str> = words.into_iter().filter(|word| *word != "--yes").chain(["-n", "4"]).collect();
    let ending = Ending::of(proxy.between(&mut place.buying(&server, &words))).ended(8);
    // A person who says no finds the place as it was.
    assert!(!place.path("out").exists());
    let line = ending.stderr.lines().find(|line| line.starts_with("4 pictures")).expect("a price");
    line.to_owned()
}

#[test]
fn pictures_are_offered_by_their_total() {
    assert_eq!(said_of_pictures(|_| Fate::Forwarded), "4 pictures: about 0.14 USD.");
    let silent = said_of_pictures(|what| match what {
        "GET /v1/models/pricing" => Fate::Answered("503 Service Unavailable", "{}"),
        _ => Fate::Forwarded,
    });
    assert!(silent.starts_with("4 pictures: about 0.14 USD (as read in 2026-11"), "{silent}");
}

/// Compares the prices in the presets, the help and the question.
#[test]
fn presets_are_compared_before_anything_is_bought() {
    let place = Place::new();
    let listed = place.run(&["presets"]).ended(0).text().to_owned();
    let help = place.run(&["train", "--help"]).ended(0).text().to_owned();
    let document = place.run(&["presets", "--json"]).ended(0).documents().remove(0);
    let presets = document["presets"].as_array().expect("a list").clone();
    assert_eq!(presets.len(), 3);
    for preset in presets {
        let (steps, price) = (preset["steps"].to_string(), preset["price"].as_str().expect("a price"));
        for text in [&listed, &help] {
            assert!(text.contains(price) && text.contains(&steps) && text.contains("minutes"), "{text}");
        }
        let (asked, _) = said(&steps, None, |_| Fate::Forwarded);
        assert!(asked.starts_with(&format!("about {price} ")), "{asked}");
    }
    let mut command = place.command(&["presets"]);
    let set = Ending::of(command.env("LIKENESS_TRAINING_PRICE", "3 EUR")).ended(0).text().to_owned();
    assert!(set.contains("3.00 EUR") && set.contains("LIKENESS_TRAINING_PRICE"), "{set}");
}
