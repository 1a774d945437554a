//! Cases about invites, tokens and the daily budget.

use std::thread;

use likeness_core::time::Timestamp;
use serde_json::{Value, json};

use super::doors::now;
use crate::{
    fixture::{ADMIN, Mode},
    http::Answer,
    shell::Kind,
    world::{World, id_of, photo},
};

/// Returns an id for a token or an invite of this case.
fn named(world: &World, what: &str) -> String {
    format!("{what}-{}", &world.avatar[..8])
}

fn mint(world: &World, what: &str, terms: &Value) -> Answer {
    world.admin("PUT", &format!("/v1/invites/{}", named(world, what)), terms)
}

fn redeem(world: &World, invite: &Value, avatar: &str) -> Answer {
    redeem_with(world, invite, avatar, &json!({ "min_photos": 4 }))
}

fn redeem_with(world: &World, invite: &Value, avatar: &str, settings: &Value) -> Answer {
    let document = json!({
        "invite": invite, "avatar_id": avatar, "name": "Anna", "training_config": settings,
    });
    world.call_as("", "POST", "/v1/redeem", &[], document.to_string().as_bytes())
}

/// Redeems an invite with the word that the person agreed.
fn redeem_agreed(world: &World, invite: &Value, avatar: &str) -> Answer {
    let document = json!({ "invite": invite, "avatar_id": avatar, "name": "Anna", "consent": true });
    world.call_as("", "POST", "/v1/redeem", &[], document.to_string().as_bytes())
}

pub(super) fn spent(world: &World) {
    let terms = json!({ "trainings": 1, "pictures": 3 });
    let invite = mint(world, "anna", &terms).is(201).json();
    assert_eq!(mint(world, "anna", &terms).is(200).json()["token"], invite["token"]);
    mint(world, "anna", &json!({ "trainings": 2, "pictures": 3 })).refused(409, "budget.id_taken");
    let shown = || {
        let body = json!({ "invite": invite["token"] }).to_string();
        world.call_as("", "POST", "/v1/invite", &[], body.as_bytes()).is(200).json()
    };
    let gives = json!({ "allowance": terms, "uses_left": 1, "steps": 1000, "expires_at": null });
    assert_eq!(shown(), gives);
    // An invite counts trainings, so none may cost as much as ten.
    for dear in [json!({ "steps": 10_000 }), json!({ "quality": "quality" }), json!({ "max_photos": 999 })] {
        redeem_with(world, &invite["token"], &world.avatar, &dear).refused(403, "settings.beyond_invite");
    }
    let (first, second) = thread::scope(|scope| {
        let ask = || redeem(world, &invite["token"], &world.avatar).is(200).json();
        let (first, second) = (scope.spawn(ask), scope.spawn(ask));
        (first.join().expect("an answer"), second.join().expect("an answer"))
    });
    assert_eq!(first, second);
    redeem(world, &invite["token"], &id_of("another one")).refused(403, "budget.invite_taken");
    assert_eq!(shown()["uses_left"], 0);
    let capability = first["capability"].as_str().expect("a capability").to_owned();
    let put = |rest: &str, body: &[u8]| world.call_as(&capability, "PUT", &world.of(rest), &[], body);
    // No photo comes before the person's consent, which is noted once.
    put("/photos/p0", &photo(0)).refused(403, "photos.no_consent");
    let consented =
        || world.call_as(&capability, "GET", &world.of(""), &[], b"").is(200).json()["consented_at"].clone();
    assert_eq!(consented(), Value::Null);
    assert_eq!(redeem_agreed(world, &invite["token"], &world.avatar).is(200).json(), first);
    let at = consented();
    assert!(at.is_string(), "{at}");
    redeem_agreed(world, &invite["token"], &world.avatar).is(200);
    assert_eq!(consented(), at);
    for number in 0..4 {
        put(&format!("/photos/p{number}"), &photo(number)).is(201);
    }
    let dear = json!({ "training_config": { "min_photos": 4, "steps": 10_000 } }).to_string();
    put("/trainings/1", dear.as_bytes()).refused(403, "settings.beyond_invite");
    put("/trainings/1", b"{}").is(202);
    put("/trainings/1", b"{}").is(202);
    // A person with an invite is not a user of the backend's.
    assert_eq!(
        world.get(&format!("/v1/users/invite-{}/avatars", named(world, "anna"))).is(200).json()["avatars"][0]
            ["name"],
        "Anna"
    );
    world.until_done("/trainings/1");
    let more = json!({ "training_config": { "min_photos": 4, "steps": 9 } }).to_string();
    put("/trainings/2", more.as_bytes()).refused(403, "budget.allowance_spent");
    world.get(&world.of("/trainings/2")).refused(404, "training.not_found");
    put("/pictures/1", br#"{"prompt":"a","count":4}"#).refused(403, "budget.allowance_spent");
    put("/pictures/1", br#"{"prompt":"a","count":3}"#).is(202);
    world.until_done("/pictures/1");
    put("/pictures/2", br#"{"prompt":"b"}"#).refused(403, "budget.allowance_spent");
    let listed = world.admin("GET", "/v1/invites", &json!({})).is(200).json();
    assert!(!listed.to_string().contains("lki_"), "{listed}");
    let ours =
        listed["invites"].as_array().expect("a list").iter().find(|one| one["id"] == named(world, "anna"));
    assert!(ours.is_some(), "{listed}");
    let budget = world.admin("GET", "/v1/budget", &json!({})).is(200).json();
    assert!(budget["today"]["pictures"].as_u64() >= Some(3), "{budget}");
    // A revoked invite pays for nothing more; earlier purchases stay.
    let target = format!("/v1/invites/{}", named(world, "anna"));
    world.admin("DELETE", &target, &json!({})).is(204);
    redeem(world, &invite["token"], &world.avatar).refused(403, "budget.invite_over");
    put("/pictures/2", br#"{"prompt":"b"}"#).refused(403, "budget.invite_over");
    world.call_as(&capability, "GET", &world.of(""), &[], b"").is(200);
    // The backend issues another capability, and the first is not valid any more.
    let other = world.post(&world.of("/capability"), &json!({})).is(200).json();
    world.call_as(&capability, "GET", &world.of(""), &[], b"").refused(401, "api.unauthorized");
    world.call_as(other["capability"].as_str().expect("text"), "GET", &world.of(""), &[], b"").is(200);
}

pub(super) fn refused(world: &World) {
    let unknown = json!(format!("lki_{}", "0".repeat(64)));
    redeem(world, &unknown, &world.avatar).refused(403, "budget.invite_unknown");
    let asked = |invite: &Value| {
        world.call_as("", "POST", "/v1/invite", &[], json!({ "invite": invite }).to_string().as_bytes())
    };
    asked(&unknown).refused(403, "budget.invite_unknown");
    asked(&json!("what")).refused(400, "budget.not_a_token");
    // An invite may pay for longer trainings.
    let long = mint(world, "long", &json!({ "trainings": 1, "pictures": 1, "steps": 2500, "uses": 2 }))
        .is(201)
        .json();
    assert_eq!(asked(&long["token"]).is(200).json()["steps"], 2500);
    let high = json!({ "quality": "high" });
    redeem_with(world, &long["token"], &id_of("dear"), &high).refused(403, "settings.beyond_invite");
    redeem_with(world, &long["token"], &id_of("fair"), &json!({ "quality": "balanced" })).is(200);
    mint(world, "endless", &json!({ "trainings": 1, "pictures": 1, "steps": 0 })).refused(400, "api.body");
    redeem(world, &json!("what"), &world.avatar).refused(400, "budget.not_a_token");
    redeem(world, &json!(world.server), &world.avatar).refused(403, "budget.invite_unknown");
    world.call_as("", "POST", "/v1/redeem", &[], b"{}").refused(400, "api.body");
    world
        .admin("PUT", "/v1/invites/UPPER", &json!({ "trainings": 1, "pictures": 1 }))
        .refused(400, "budget.id");
    world.admin("PUT", "/v1/tokens/a_b", &json!({})).refused(400, "budget.id");
    let past = json!({ "trainings": 1, "pictures": 1, "expires_at": "2020-01-01T00:00:00.000Z" });
    mint(world, "past", &past).refused(409, "budget.expiry_past");
    let soon = Timestamp::from_millis(now() + 1500);
    let soon = json!({ "trainings": 1, "pictures": 1, "expires_at": soon });
    let invite = mint(world, "soon", &soon).is(201).json();
    let late = id_of("who comes in time, and then too late");
    redeem(world, &invite["token"], &late).is(200);
    world.eventually("its end", || redeem(world, &invite["token"], &late).status != 200);
    redeem(world, &invite["token"], &late).refused(403, "budget.invite_over");
    for uses in [0, 1001] {
        let terms = json!({ "trainings": 1, "pictures": 1, "uses": uses });
        mint(world, "uses", &terms).refused(400, "api.body");
    }
    for kind in ["invites", "tokens"] {
        world.admin("DELETE", &format!("/v1/{kind}/never-there"), &json!({})).refused(404, "budget.unknown");
    }

    // An invite does not open an avatar of another person.
    world.create().is(201);
    let invite = mint(world, "two", &json!({ "trainings": 1, "pictures": 1, "uses": 2 })).is(201).json();
    redeem(world, &invite["token"], &world.avatar).refused(409, "avatar.taken");
    // An avatar that was not invited buys nothing with its capability.
    let capability = world.post(&world.of("/capability"), &json!({})).is(200).json();
    world.upload(4);
    let capability = capability["capability"].as_str().expect("a capability");
    world
        .call_as(capability, "PUT", &world.of("/trainings/1"), &[], b"{}")
        .refused(403, "budget.not_invited");
    world.get(&world.of("/trainings/1")).refused(404, "training.not_found");
}

/// Issues tokens, lists them without the secret part, and revokes them.
pub(super) fn tokens(world: &World) {
    let target = format!("/v1/tokens/{}", named(world, "web"));
    let minted = world.admin("PUT", &target, &json!({ "label": "a page" })).is(201).json();
    let again = world.admin("PUT", &target, &json!({ "label": "a page" })).is(200).json();
    assert_eq!(minted["token"], again["token"]);
    world.admin("PUT", &target, &json!({ "label": "another" })).refused(409, "budget.id_taken");
    let token = minted["token"].as_str().expect("a token");
    world.call_as(token, "GET", "/v1/users/u/avatars", &[], b"").is(200);
    let listed = world.admin("GET", "/v1/tokens", &json!({})).is(200).json().to_string();
    assert!(listed.contains("a page") && !listed.contains("lks_"), "{listed}");
    world.admin("DELETE", &target, &json!({})).is(204);
    world.call_as(token, "GET", "/v1/users/u/avatars", &[], b"").refused(401, "api.unauthorized");
    // The id is the same, the token another.
    let other = world.admin("PUT", &target, &json!({ "label": "a page" })).is(201).json();
    assert_ne!(other["token"], minted["token"]);
    for credential in ["", token, "lks_0", &format!("{ADMIN}x")] {
        world.call_as(credential, "GET", "/v1/users/u/avatars", &[], b"").refused(401, "api.unauthorized");
    }
    world.call_as(token, "GET", "/v1/budget", &[], b"").refused(401, "api.unauthorized");
    world.get("/v1/budget").refused(403, "api.forbidden");
}

/// Refuses to buy more than the daily budget.
pub(super) fn capped(world: &World) {
    world.create().is(201);
    world.upload(4);
    let answer = world.put(&world.of("/trainings/1"), &json!({}));
    let wait: u64 = answer.header("retry-after").and_then(|wait| wait.parse().ok()).expect("seconds");
    assert!((1..=86_400).contains(&wait), "until midnight: {wait}");
    answer.refused(429, "budget.daily_cap");
    world.get(&world.of("/trainings/1")).refused(404, "training.not_found");
}

/// Issues as many tokens as allowed, and no more. At the edge the platform's rate limit may stop the operator
/// first, or, when a minute ends in between, a little later.
pub(super) fn many(world: &World) {
    let Some(world) = world.elsewhere(Mode::Capped, &[]) else { return };
    let mint = |number: usize| world.admin("PUT", &format!("/v1/tokens/many-{number}"), &json!({}));
    let wanted = match world.fixture.kind() {
        Kind::Native => 409,
        Kind::Edge => 429,
    };
    let refused = thread::scope(|scope| {
        let mints: Vec<_> = (0..4)
            .map(|part| {
                scope.spawn(move || {
                    (part * 400..(part + 1) * 400).map(mint).find(|minted| minted.status == wanted)
                })
            })
            .collect();
        mints.into_iter().find_map(|mint| mint.join().expect("an answer"))
    });
    let refused = refused.expect("an end");
    match world.fixture.kind() {
        Kind::Native => drop(refused.refused(409, "budget.too_many")),
        Kind::Edge => {
            assert!(refused.header("retry-after").is_some(), "{}", refused.text());
            refused.refused(429, "api.rate_limited");
            // Each caller is counted separately.
            world.get("/health").is(200);
        }
    }
}
