//! Cases about access: every call in every role, browsers, and deployments that are not set up.

use likeness_core::api::{Entry, Operation, Place, ROUTES, Role};
use serde_json::{Value, json};

use crate::{
    described,
    fixture::{ADMIN, Mode, ORIGIN},
    shell::Kind,
    shell_native,
    world::{World, id_of},
};

/// A caller and its role; `None` for a credential that is not valid any more.
struct Visitor {
    name: &'static str,
    credential: String,
    role: Option<Role>,
    /// True if the credential is valid for the avatar of the case.
    own: bool,
}

/// Makes an avatar that an invite pays for, and returns it with its capability.
fn invited(world: &World, name: &str) -> (String, String) {
    let avatar = id_of(name);
    let target = format!("/v1/invites/walk-{}", &avatar[..8]);
    let invite = world.admin("PUT", &target, &json!({ "trainings": 1, "pictures": 1 })).json();
    let document = json!({ "invite": invite["token"], "avatar_id": avatar, "name": "A", "consent": true });
    let answer = world.call_as("", "POST", "/v1/redeem", &[], document.to_string().as_bytes());
    let capability = answer.is(200).json()["capability"].as_str().expect("text").to_owned();
    (avatar, capability)
}

fn token(world: &World, name: &str, terms: &Value) -> String {
    let target = format!("/v1/tokens/walk-{name}");
    let minted = world.admin("PUT", &target, terms).is(201).json();
    minted["token"].as_str().expect("text").to_owned()
}

/// Makes every call in every role, and compares with the table.
pub(super) fn walked(world: &World) {
    let (avatar, own) = invited(world, "whom the walk is about");
    let (_, other) = invited(world, "whom it is not about");
    let revoked = token(world, "revoked", &json!({}));
    world.admin("DELETE", "/v1/tokens/walk-revoked", &json!({})).is(204);
    let soon = likeness_core::time::Timestamp::from_millis(now() + 2000);
    let expired = token(world, "expired", &json!({ "expires_at": soon }));
    let shows = || world.call_as(&expired, "GET", "/v1/users/u/avatars", &[], b"").status;
    assert_eq!(shows(), 200);
    world.eventually("the end of the token", || shows() == 401);

    let visitor =
        |name, credential: &str, role, own| Visitor { name, credential: credential.to_owned(), role, own };
    let visitors = [
        visitor("anyone", "", Some(Role::Anyone), true),
        visitor("admin", ADMIN, Some(Role::Admin), true),
        visitor("server", &world.server, Some(Role::Server), true),
        visitor("capability", &own, Some(Role::Capability), true),
        visitor("another's capability", &other, Some(Role::Capability), false),
        visitor("revoked token", &revoked, None, false),
        visitor("expired token", &expired, None, false),
    ];
    for entry in ROUTES {
        for visitor in &visitors {
            let changes = matches!(entry.operation, Operation::EraseAvatar | Operation::IssueCapability);
            let name = format!("{:?} for {}", entry.operation, visitor.name);
            // A call that would spoil the walk is made on an avatar of its own.
            let fresh = changes.then(|| invited(world, &name));
            let (avatar, own) = fresh.as_ref().map_or((&avatar, &own), |(avatar, own)| (avatar, own));
            let credential = if visitor.name == "capability" { own } else { &visitor.credential };
            let target = path(entry, avatar);
            let answer = world.call_as(credential, entry.method, &target, &[], b"{}");
            assert_eq!(
                !matches!(answer.status, 401 | 403),
                allowed(entry, visitor),
                "{name}: {}",
                answer.text()
            );
        }
    }
}

/// Refuses a made-up capability, and tells nothing: not even whether there is such an avatar.
pub(super) fn made_up(world: &World) {
    world.create().is(201);
    let never = id_of("one that was never there");
    for entry in ROUTES.iter().filter(|entry| !entry.roles.contains(&Role::Anyone)) {
        let answers = [&world.avatar, &never].map(|avatar| {
            let made_up = format!("lkc_{}", "5".repeat(64));
            let answer = world.call_as(&made_up, entry.method, &path(entry, avatar), &[], b"{}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{entry:?}: {}", answer.text());
            answer.refused(401, "api.unauthorized")
        });
        assert_eq!(answers[0], answers[1], "{entry:?}");
    }
    world.get(&format!("/v1/avatars/{never}")).refused(404, "avatar.not_found");
}

fn allowed(entry: &Entry, visitor: &Visitor) -> bool {
    match (visitor.role, entry.operation.place()) {
        // These calls look at no credential.
        (_, Place::Here) => true,
        (None, _) => false,
        (Some(role), Place::Avatar) => entry.roles.contains(&role) && visitor.own,
        (Some(role), _) => entry.roles.contains(&role),
    }
}

fn path(entry: &Entry, avatar: &str) -> String {
    let path = entry.path.replace("{avatar}", avatar).replace("{photo}", "p").replace("{number}", "1");
    path.replace("{file}", "1").replace("{id}", "walked").replace("{user}", "u").replace("{request_id}", "r")
}

/// Returns the time in milliseconds since 1970.
pub(super) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("a time")
}

/// Lets pages of allowed origins call, and no others.
pub(super) fn browsers(world: &World) {
    let target = world.of("");
    let from = |method: &str, origin: &str| world.call(method, &target, &[("origin", origin)], b"");
    let asked = from("OPTIONS", ORIGIN).is(204);
    assert_eq!(asked.header("access-control-allow-origin"), Some(ORIGIN));
    let methods = asked.header("access-control-allow-methods").unwrap_or_default();
    assert!(["GET", "PUT", "POST", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
    let headers = asked.header("access-control-allow-headers").unwrap_or_default();
    assert!(headers.contains("authorization") && headers.contains("if-none-match"), "{headers}");
    let created = world.create().is(201);
    assert_eq!(created.header("access-control-allow-origin"), None);
    for answer in [&asked, &from("GET", ORIGIN), &from("PUT", ORIGIN)] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{}", answer.text());
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        assert!(exposed.contains("etag") && exposed.contains("retry-after"), "{exposed}");
    }
    for origin in ["https://app.example.evil", "http://app.example", "https://app.example:8443", "null"] {
        for method in ["OPTIONS", "GET"] {
            let answer = from(method, origin);
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}: {}", answer.text());
            assert!(answer.header("vary").is_some_and(|vary| vary.contains("Origin")), "{}", answer.text());
        }
    }
}

/// Answers for paths that exist, and for paths that do not.
pub(super) fn found(world: &World) {
    let described = world.call_as("", "GET", "/openapi.json", &[], b"").is(200).json();
    assert_eq!(&described, described::document());
    let health = world.call_as("", "GET", "/health", &[], b"").is(200).json();
    assert_eq!((&health["able"], &health["test_mode"]), (&json!(true), &json!(true)), "{health}");
    assert_eq!((&health["status"], &health["failing"]), (&json!("ok"), &json!([])), "{health}");
    let head = world.call_as("", "HEAD", "/health", &[], b"").is(200);
    assert_eq!((head.body.len(), head.header("content-type")), (0, Some("application/json")));
    world.create().is(201);
    assert!(world.call("HEAD", &world.of(""), &[], b"").is(200).header("etag").is_some());
    assert!(world.call("HEAD", &world.of("/trainings/1"), &[], b"").is(404).body.is_empty());
    let offer = world.call_as("", "GET", "/v1/offer", &[], b"").is(200).json();
    assert_eq!((&offer["test_mode"], &offer["photos"]["min"]), (&json!(true), &json!(10)), "{offer}");
    for target in [
        "/v2",
        "/health/",
        "/v1/avatars",
        "/v1//avatars",
        &world.of("/photos/"),
        "/test/x/y/fal/z",
        &format!("/test/{}/guessed/fal/z", world.avatar),
    ] {
        let answer = world.get(target);
        // A path that misses a part may have an empty one.
        if answer.status != 400 {
            answer.refused(404, "api.no_route");
        }
    }
    let refused = world.call("PATCH", &world.of(""), &[], b"");
    assert_eq!(refused.header("allow"), Some("PUT, GET, DELETE"));
    refused.refused(405, "api.method");
    let refused = world.call("POST", "/health", &[], b"");
    assert_eq!(refused.header("allow"), Some("GET"));
    refused.refused(405, "api.method");
}

/// Refuses everybody before the operator has set a token.
pub(super) fn closed(world: &World) {
    world.call_as("", "GET", "/health", &[], b"").is(200);
    world.call_as("", "GET", "/openapi.json", &[], b"").is(200);
    let forged = format!("lks_{}", "0".repeat(64));
    for entry in ROUTES.iter().filter(|entry| entry.operation.place() != Place::Here) {
        for credential in ["", ADMIN, &forged] {
            let target = path(entry, &world.avatar);
            world
                .call_as(credential, entry.method, &target, &[], b"{}")
                .refused(503, "settings.admin_missing");
        }
    }
}

/// Refuses to make an avatar without a key, since it could buy nothing.
pub(super) fn keyless(world: &World) {
    let health = world.get("/health").is(200).json();
    assert_eq!(health["able"], false, "{health}");
    world.create().refused(503, "settings.key_missing");
    world.get(&world.of("")).refused(404, "avatar.not_found");
}

/// Names a setting that cannot be used, and does nothing else.
pub(super) fn unusable(world: &World) {
    if world.fixture.kind() == Kind::Native {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = vec![("ADMIN_TOKEN", "short".to_owned())];
        let ended = shell_native::command(folder.path(), &settings, 0).output().expect("an end");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && said.contains("ADMIN_TOKEN"), "{said}");
        assert!(!said.contains("short"), "{said}");
        return;
    }
    let Some(world) = world.elsewhere(Mode::Unusable, &[]) else { return };
    for target in ["/v1/tokens", &world.of("")] {
        let refused = world.admin("GET", target, &json!({})).refused(503, "settings.unusable");
        assert!(refused["detail"].as_str().is_some_and(|text| text.contains("ADMIN_TOKEN")), "{refused}");
    }
}

/// Does not carry on under other settings what was begun, and shows it again under the right ones.
pub(super) fn other_settings(world: &World) {
    let Some(world) = world.elsewhere(Mode::Bought, &[]) else { return };
    world.create().is(201);
    let restart = |change: &dyn Fn(&mut crate::shell::Settings)| {
        let mut shell = world.fixture.shell.write().expect("a shell");
        let before = shell.settings.clone();
        let mut settings = before.clone();
        change(&mut settings);
        shell.restart(settings);
        before
    };
    let before = restart(&|settings| {
        settings.retain(|(name, _)| *name != "ADMIN_TOKEN" && *name != "FAL_BASE_URL");
        settings.push(("FAL_BASE_URL", "http://127.0.0.1:9".to_owned()));
        settings.push(("ADMIN_TOKEN", ADMIN.to_uppercase()));
    });
    world.call("PUT", &world.of("/photos/p"), &[], b"x").refused(503, "settings.other");
    world.get(&world.of("")).is(200);
    world.admin("GET", "/v1/tokens", &json!({})).refused(401, "api.unauthorized");
    let minted = format!("/v1/tokens/case-{}", &world.avatar[..8]);
    world.call_as(&ADMIN.to_uppercase(), "PUT", &minted, &[], b"{}").refused(409, "budget.admin_changed");
    restart(&|settings| settings.clone_from(&before));
    world.call("PUT", &world.of("/photos/p"), &[], b"x").is(201);
}
