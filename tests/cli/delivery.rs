//! Deliveries that are cut, redirected, broken off, or something else.

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

/// The status, its code and the log say what came instead of the model.
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

/// Only the bytes that were kept are given out.
#[test]
fn a_model_that_was_damaged_on_the_disk_is_not_given_out() {
    let place = Place::new();
    Ending::of(&mut place.testing(&place.small_training())).ended(0);
    let [name] = place.kept_named("model.safetensors").try_into().expect("one model");
    let path = place.home().join(name);
    let mut bytes = fs::read(&path).expect("a model");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).expect("spoilt");
    let words = ["download", "Zebulon", "-o", "mine.safetensors", "--json"];
    let ending = Ending::of(&mut place.testing(&words)).ended(6);
    let error = ending.documents().pop().expect("an error");
    assert_eq!(error["error"]["code"], "storage.model_damaged", "{error}");
    assert_eq!(place.names().iter().filter(|name| name.contains("mine")).count(), 0);
    bytes.pop();
    fs::write(&path, &bytes).expect("cut");
    Ending::of(&mut place.testing(&words)).ended(6);
}
