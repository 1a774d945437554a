//! Deliveries of files that are cut, redirected, broken off, or replaced by something else.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{
    Ending, Place,
    proxy::{Fate, Proxy},
    running::Server,
};

/// Trains through a proxy that does this to the first requests for the model.
fn trained(flags: &[&str], first: &[Fate]) -> (Place, Server, Proxy, Ending) {
    let place = Place::new();
    let words = [&place.small_training(), flags].concat();
    let first = first.to_vec();
    let server = Server::start(&place, "100ms", &[]);
    let reads = AtomicU32::new(0);
    let proxy = Proxy::start(move |what| {
        if !what.ends_with(".safetensors") {
            return Fate::Forwarded;
        }
        let read = reads.fetch_add(1, Ordering::Relaxed);
        first.get(usize::try_from(read).expect("few")).copied().unwrap_or(Fate::Forwarded)
    });
    let ending = Ending::of(proxy.between(&mut place.buying(&server, &words)));
    (place, server, proxy, ending)
}

fn reads(proxy: &Proxy) -> Vec<crate::proxy::Call> {
    proxy.all().into_iter().filter(|call| call.what.ends_with(".safetensors")).collect()
}

fn model(place: &Place) -> Vec<u8> {
    let [name] = place.kept_named("model.safetensors").try_into().expect("one model");
    fs::read(place.home().join(name)).expect("a model")
}

#[test]
fn a_model_that_breaks_off_goes_on_where_it_was() {
    let (place, _server, proxy, ending) = trained(&[], &[Fate::CutAfter(300_000), Fate::CutAfter(400_000)]);
    let ending = ending.ended(0);
    assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    let reads = reads(&proxy);
    let ranges: Vec<bool> = reads.iter().map(|call| call.has("range")).collect();
    assert_eq!(ranges, [false, true, true]);
    let whole = reads[0].answer.split_once("\r\n\r\n").expect("a head").0.to_ascii_lowercase();
    assert!(whole.contains(&format!("content-length: {}", model(&place).len())), "{whole}");
    assert_eq!(place.kept_named(".part"), Vec::<String>::new());
}

#[test]
fn a_model_s_address_may_lead_on_and_takes_no_key_along() {
    const MOVED: Fate = Fate::Answered("302 Found\r\nlocation: ?moved", "");
    let (_place, _server, proxy, ending) = trained(&[], &[MOVED, MOVED, MOVED]);
    ending.ended(0);
    let reads = reads(&proxy);
    assert_eq!(reads.len(), 4);
    for call in reads {
        assert!(!call.has("authorization"), "the key goes along");
    }
}

/// Says in the status, its code and the log what came instead of the model.
#[test]
fn what_is_not_the_model_is_said_and_fetched_again() {
    const PAGE: Fate = Fate::Answered("200 OK", "<html>Just a moment...</html>");
    for (first, code, sentence) in [
        (PAGE, "network.not_the_file", "a web page (HTML) came instead of a model"),
        (Fate::Answered("200 OK", "{\"detail\":\"no\"}"), "network.not_the_file", "a JSON document"),
        (
            Fate::Answered("302 Found\r\nlocation: http://elsewhere.test/", ""),
            "network.redirected",
            "elsewhere.test",
        ),
    ] {
        let (_place, server, proxy, ending) = trained(&["--json"], &[first]);
        let ending = ending.ended(0);
        assert_eq!(reads(&proxy).len(), 2);
        let documents = ending.documents();
        let spoilt = documents.iter().find(|document| document["code"] == code).expect(&ending.stderr);
        assert_eq!((&spoilt["status"], &spoilt["stage"]), (&"in_progress".into(), &"collecting".into()));
        assert!(spoilt["message"].as_str().expect("a text").contains(sentence), "{spoilt}");
        assert!(ending.stderr.contains(&format!("({code})")), "{}", ending.stderr);
        assert_eq!(documents.last().expect("a status")["status"], "completed");
        assert_eq!(server.orders(), 1);
    }
}

/// Gives out, and sends to fal, only the bytes that were kept: others are fetched again while fal has them.
#[test]
fn a_model_that_is_gone_or_was_damaged_is_fetched_again() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    let whole = model(&place);
    let path = place.home().join(place.kept_named("model.safetensors").remove(0));
    let mut spoilt = whole.clone();
    spoilt[whole.len() / 2] ^= 1;
    let download = ["download", "Zebulon", "--force", "-o", "mine.safetensors", "--json"];
    let generate = ["generate", "Zebulon", "--prompt", "by the sea", "-o", "pictures", "--yes"];
    for spoilt in [None, Some(&spoilt[..]), Some(&whole[1..])] {
        for words in [&download[..], &["status", "Zebulon", "--json"], &generate] {
            match spoilt {
                None => fs::remove_file(&path).expect("removed"),
                Some(bytes) => fs::write(&path, bytes).expect("spoilt"),
            }
            let ending = Ending::of(&mut place.testing(words)).ended(0);
            match words[0] {
                "download" => {
                    assert!(
                        fs::read(place.path("mine.safetensors")).expect("a copy") == whole,
                        "another file"
                    );
                }
                "status" => assert_eq!(ending.documents()[0]["model"]["missing"], serde_json::Value::Null),
                // fal has its own copy, so that ours is not needed.
                _ => continue,
            }
            assert!(fs::read(&path).expect("fetched") == whole, "{words:?}");
        }
        fs::write(&path, &whole).expect("put back");
    }
}

#[test]
fn a_model_that_is_nowhere_any_more_is_said_to_be_missing() {
    let (place, server, _proxy, _) = trained(&[], &[]);
    let path = place.home().join(place.kept_named("model.safetensors").remove(0));
    let whole = model(&place);
    let gone = Proxy::start(|what| {
        if what.ends_with(".safetensors") { Fate::Answered("404 Not Found", "") } else { Fate::Forwarded }
    });
    let run = |words: &[&str]| Ending::of(gone.between(&mut place.buying(&server, words)));
    let download = ["download", "Zebulon", "-o", "mine.safetensors", "--json"];
    for spoilt in [None, Some(&whole[1..])] {
        match spoilt {
            None => fs::remove_file(&path).expect("removed"),
            Some(bytes) => fs::write(&path, bytes).expect("spoilt"),
        }
        let ending = run(&download).ended(6);
        let error = ending.documents().pop().expect("an error");
        assert_eq!(error["error"]["code"], "storage.model_damaged", "{error}");
        assert_eq!(place.names().iter().filter(|name| name.contains("mine")).count(), 0);
        let ending = run(&["status", "Zebulon"]).ended(0);
        assert!(ending.text().contains("Zebulon's model is missing."), "{}", ending.text());
        assert_eq!(run(&["status", "Zebulon", "--json"]).documents()[0]["model"]["missing"], true);
    }
    fs::write(&path, &whole).expect("put back");
    let ending = run(&["status", "Zebulon"]).ended(0);
    assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    run(&download).ended(0);
}
