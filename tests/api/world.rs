//! The tools of a case: a shell, callers of every role, and an avatar of its own.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

use likeness_core::{
    api::{Call, Operation},
    avatar::Sha256Sum,
    http::{HeaderMap, Method},
    simulator::drawing,
    time::Timestamp,
};
use serde_json::{Value, json};

use crate::{
    described,
    fixture::{ADMIN, Fixture, Mode},
    http::{self, Answer, PATIENCE},
    shell::Settings,
};

/// An answer that was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Observed {
    pub(crate) operation: Option<Operation>,
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
}

/// The world of one case.
pub(crate) struct World {
    pub(crate) fixture: Arc<Fixture>,
    /// Server token of the case.
    pub(crate) server: String,
    /// Id of the case's avatar; nothing is created yet.
    pub(crate) avatar: String,
    pub(crate) user: String,
    seen: Arc<Mutex<Vec<Observed>>>,
}

/// Derives an id from a name.
pub(crate) fn id_of(name: &str) -> String {
    let sum = Sha256Sum::of(name.as_bytes()).to_string();
    format!("{}-{}-4{}-a{}-{}", &sum[..8], &sum[8..12], &sum[13..16], &sum[17..20], &sum[20..32])
}

/// Makes a good photo, another one for each number.
pub(crate) fn photo(number: usize) -> Vec<u8> {
    static PHOTOS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    let draw = |number| {
        let pixels = drawing::portrait(7, number, 520, 520);
        drawing::jpeg(&pixels, 520, 520).expect("a JPEG")
    };
    PHOTOS.get_or_init(|| (0..20).map(draw).collect())[number].clone()
}

impl World {
    pub(crate) fn new(fixture: Arc<Fixture>, name: &str) -> Self {
        Self::seeing(fixture, name, Arc::default())
    }

    /// Makes a separate world for a case that would disturb others; its answers count for this case. `None` where a
    /// server is missing.
    pub(crate) fn elsewhere(&self, mode: Mode, faults: &[&str]) -> Option<Self> {
        self.elsewhere_with(mode, faults, Settings::new())
    }

    /// Makes a separate world whose shell has more settings.
    pub(crate) fn elsewhere_with(&self, mode: Mode, faults: &[&str], extra: Settings) -> Option<Self> {
        let fixture = Fixture::start_with(self.fixture.kind(), mode, faults, extra)?;
        Some(Self::seeing(Arc::new(fixture), &self.avatar, Arc::clone(&self.seen)))
    }

    fn seeing(fixture: Arc<Fixture>, name: &str, seen: Arc<Mutex<Vec<Observed>>>) -> Self {
        let id = id_of(name);
        let world =
            Self { fixture, server: String::new(), user: format!("user-{}", &id[..8]), avatar: id, seen };
        // Under settings that let nobody in no token can be issued.
        let minted = world.admin("PUT", &format!("/v1/tokens/case-{}", &world.avatar[..8]), &json!({}));
        let server = minted.json()["token"].as_str().unwrap_or_default().to_owned();
        Self { server, ..world }
    }

    pub(crate) fn seen(&self) -> Vec<Observed> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes an answer, and checks it against the API's description.
    #[track_caller]
    pub(crate) fn note(&self, method: &str, target: &str, answer: Answer) -> Answer {
        self.tells_no_path(&answer);
        let call = method.parse::<Method>().ok().and_then(|method| {
            Call::parse(&method, target, &HeaderMap::new(), Timestamp::from_millis(0)).ok()
        });
        let operation = call.map(|call| call.operation);
        let problem = answer.status >= 400 && !answer.body.is_empty();
        let code = problem.then(|| answer.json()["code"].as_str().map(str::to_owned)).flatten();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(Observed {
            operation,
            status: answer.status,
            code,
        });
        if method != "OPTIONS" {
            described::check(operation, method, &answer);
        }
        answer
    }

    /// Checks that an answer holds no path of the machine, which is for the log.
    #[track_caller]
    fn tells_no_path(&self, answer: &Answer) {
        let machine = [self.fixture.folder(), std::env::temp_dir(), env!("CARGO_MANIFEST_DIR").into()];
        let headers = answer.headers.iter().flat_map(|(_, value)| value.bytes().chain([b'\n']));
        let told: Vec<u8> = headers.chain(answer.body.iter().copied()).collect();
        for path in machine {
            let path = path.as_os_str().as_encoded_bytes();
            assert!(!told.windows(path.len()).any(|part| part == path), "{}", answer.text());
        }
    }

    /// Makes one call with this credential.
    #[track_caller]
    pub(crate) fn call_as(
        &self,
        credential: &str,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let shown = format!("Bearer {credential}");
        let mut all = headers.to_vec();
        if !credential.is_empty() {
            all.push(("authorization", &shown));
        }
        let answer = http::call(&self.fixture.address(), method, target, &all, body);
        self.note(method, target, answer.unwrap_or_else(|error| panic!("{method} {target}: {error}")))
    }

    #[track_caller]
    pub(crate) fn admin(&self, method: &str, target: &str, document: &Value) -> Answer {
        self.call_as(ADMIN, method, target, &[], document.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.call_as(&self.server, method, target, headers, body)
    }

    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.call("GET", target, &[], b"")
    }

    #[track_caller]
    pub(crate) fn put(&self, target: &str, document: &Value) -> Answer {
        self.call("PUT", target, &[], document.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn post(&self, target: &str, document: &Value) -> Answer {
        self.call("POST", target, &[], document.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn delete(&self, target: &str) -> Answer {
        self.call("DELETE", target, &[], b"")
    }

    /// Returns the path of this avatar, or of a thing of the avatar's.
    pub(crate) fn of(&self, rest: &str) -> String {
        format!("/v1/avatars/{}{rest}", self.avatar)
    }

    /// Creates the avatar.
    #[track_caller]
    pub(crate) fn create(&self) -> Answer {
        self.put(&self.of(""), &self.person())
    }

    /// Describes the person of the avatar; four photos are a set.
    pub(crate) fn person(&self) -> Value {
        json!({ "user_id": self.user, "name": "Zebulon", "training_config": { "min_photos": 4 } })
    }

    /// Makes a call again for as long as the shell is not there or cannot do it now.
    #[track_caller]
    pub(crate) fn persist(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let shown = format!("Bearer {}", self.server);
        let until = Instant::now() + PATIENCE;
        loop {
            let headers = [("authorization", shown.as_str())];
            match http::call(&self.fixture.address(), method, target, &headers, body) {
                Ok(answer) if answer.status < 500 => return self.note(method, target, answer),
                answer => assert!(Instant::now() < until, "{method} {target}: {answer:?}"),
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn upload(&self, count: usize) {
        for number in 0..count {
            self.call("PUT", &self.of(&format!("/photos/p{number}")), &[], &photo(number)).is(201);
        }
    }

    /// Waits, as a caller does, until the document says so.
    #[track_caller]
    pub(crate) fn until(&self, target: &str, done: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        let (mut tag, mut document) = (String::new(), Value::Null);
        loop {
            let answer = self.call("GET", target, &[("if-none-match", &tag), ("prefer", "wait=2")], b"");
            if answer.status == 304 {
                assert!(answer.body.is_empty(), "{}", answer.text());
            } else {
                let answer = answer.is(200);
                document = answer.json();
                if done(&document) {
                    return document;
                }
                answer.header("etag").expect("a tag").clone_into(&mut tag);
            }
            let log = || self.fixture.shell.read().expect("a shell").log();
            if Instant::now() > until {
                // The calls at fal.ai tell how far the order came; the case may have a gate of its own, seen only here.
                println!("{}", self.fixture.fal.lines());
            }
            assert!(Instant::now() < until, "{target} stays as it is: {document:#}\n{}", log());
        }
    }

    #[track_caller]
    pub(crate) fn until_over(&self, rest: &str) -> Value {
        self.until(&self.of(rest), |status| status["status"] == "completed" || status["status"] == "error")
    }

    #[track_caller]
    pub(crate) fn until_done(&self, rest: &str) -> Value {
        let status = self.until_over(rest);
        assert_eq!(status["status"], "completed", "{status:#}");
        status
    }

    /// Makes an avatar with a model: created, with photos, and trained.
    #[track_caller]
    pub(crate) fn trained(&self) -> Value {
        self.create().is(201);
        self.upload(4);
        self.put(&self.of("/trainings/1"), &json!({})).is(202);
        self.until_done("/trainings/1")
    }

    /// Waits until `done` says so. Every look is a call or a listing of its own.
    #[track_caller]
    pub(crate) fn eventually(&self, what: &str, done: impl Fn() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !done() {
            let log = || self.fixture.shell.read().expect("a shell").log();
            assert!(Instant::now() < until, "{what} does not come: {}", log());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}
