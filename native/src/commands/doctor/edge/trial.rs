//! A drawn photo on its way through a deployment: front, bucket and imager, and whether Cloudflare's plan allows it.
//! All traces are erased again.

use std::time::{Duration, Instant};

use likeness_core::{
    http::{Method, Request},
    limits::READ_TIMEOUT,
    secret::Secret,
    simulator::drawing,
};
use serde_json::{Value, json};
use url::{Host, Url};

use crate::{
    clock,
    commands::{
        doctor::finding::{Finding, State},
        remote::Remote,
    },
    context::Context,
    failure::{Exit, Failure},
    moment::entropy,
    settings::Settings,
    transport::Transport,
};

/// Width and height of the photo, as large as phones make them: it takes the imager half a second, fifty times the time
/// that the Free plan grants.
const SIZE: (u32, u32) = (3024, 4032);
/// The longest wait for the report of the photo.
const PATIENCE: Duration = Duration::from_secs(90);
/// Time after which the trial's token expires, in case it is not revoked.
const TOKEN_LASTS: Duration = Duration::from_mins(15);
/// The beginning of the name of each trace, under which the operator finds it.
const NAME: &str = "likeness-doctor";

/// A trial: a server token of its own, and an avatar.
struct Trial {
    operator: Remote,
    backend: Remote,
    token: String,
    avatar: String,
}

/// Makes the findings: the photo's end, and what it shows of the bucket where there is one. Ctrl-C ends the trial
/// early; traces are erased all the same.
pub(super) async fn findings(operator: &Remote, has_bucket: bool, context: &Context) -> Vec<Finding> {
    let _until_tidy = context.interrupt.hold().await;
    let trial = match Trial::begin(operator).await {
        Ok(trial) => trial,
        Err(failure) => return vec![failed("photo", &failure)],
    };
    let looks = async {
        let mut findings = vec![trial.photo().await];
        if has_bucket {
            findings.extend(trial.bucket(&context.settings).await);
        }
        findings
    };
    let mut findings = tokio::select! {
        findings = looks => findings,
        failure = context.interrupt.wait() => vec![failed("photo", &failure)],
    };
    if let Err(failure) = trial.end().await {
        findings.push(failed("tidying up", &failure));
    }
    findings
}

impl Trial {
    async fn begin(operator: &Remote) -> Result<Self, Failure> {
        let id = uuid::Builder::from_random_bytes(entropy()?).into_uuid();
        // Other trials may run at the same time.
        let (short, avatar) = (&id.simple().to_string()[..8], format!("/v1/avatars/{id}"));
        let token = format!("/v1/tokens/{NAME}-{short}");
        let terms = json!({ "label": NAME, "expires_at": clock::now().plus(TOKEN_LASTS).to_string() });
        let minted = operator.call(Method::PUT, &token, Some(&terms)).await?;
        let shown = minted.get("token").and_then(Value::as_str).and_then(Secret::new);
        let backend = operator.of(shown.ok_or_else(|| unreadable("the new token"))?);
        let trial = Self { operator: operator.clone(), backend, token, avatar };
        let person = json!({ "user_id": NAME, "name": "Trial" });
        match trial.backend.call(Method::PUT, &trial.avatar, Some(&person)).await {
            Ok(_) => Ok(trial),
            Err(failure) => {
                drop(trial.end().await);
                Err(failure)
            }
        }
    }

    async fn end(&self) -> Result<(), Failure> {
        let erased = self.backend.call(Method::DELETE, &self.avatar, None).await;
        let revoked = self.operator.call(Method::DELETE, &self.token, None).await;
        erased.and(revoked).map(drop)
    }

    async fn photo(&self) -> Finding {
        let (width, height) = SIZE;
        let Some(file) = drawing::jpeg(&drawing::portrait(1, 1, width, height), width, height) else {
            return failed("photo", &unreadable("the drawing"));
        };
        let begun = Instant::now();
        let path = format!("{}/photos/1", self.avatar);
        if let Err(failure) = self.backend.upload(&path, file).await {
            return failed("photo", &failure);
        }
        loop {
            let report = match self.backend.call(Method::GET, &path, None).await {
                Ok(report) => report,
                Err(failure) => return failed("photo", &failure),
            };
            let took = begun.elapsed();
            match report.get("state").and_then(Value::as_str) {
                Some("ready") => {
                    let text = format!(
                        "one of 12 megapixels was taken, cleaned and stored in {:.1} s",
                        took.as_secs_f32()
                    );
                    return Finding::ok("photo", text);
                }
                Some("rejected") => {
                    let why = report.get("message").and_then(Value::as_str).unwrap_or("it was rejected");
                    return Finding::new("photo", State::Fail(Exit::Storage), why, PLAN);
                }
                _ if took > PATIENCE => {
                    let text = format!("a good one was not done with after {} s", PATIENCE.as_secs());
                    return Finding::new("photo", State::Fail(Exit::Storage), text, PLAN);
                }
                _ => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }

    /// Checks the address at which browsers PUT photos: Cloudflare and browsers must both reach the bucket, under one
    /// name.
    async fn bucket(&self, settings: &Settings) -> Vec<Finding> {
        const NAME: &str = "bucket's host";
        let path = format!("{}/photos/2/address", self.avatar);
        let given = match self.backend.call(Method::POST, &path, Some(&json!({}))).await {
            Ok(given) => given,
            Err(failure) => return vec![failed(NAME, &failure)],
        };
        let url = given.get("url").and_then(Value::as_str).and_then(|url| url.parse::<Url>().ok());
        let Some(url) = url else { return vec![failed(NAME, &unreadable("the photo's address"))] };
        let shown = url.origin().ascii_serialization();
        let named = matches!(url.host(), Some(Host::Domain(name)) if name.contains('.'));
        let host = if url.scheme() == "https" && named && url.port().is_none() {
            Finding::ok(NAME, shown)
        } else {
            let text = format!("{shown} is not a public https host name on port 443");
            let advice = "give it a name and a certificate: a Worker reaches no raw address, and signatures hold for one host";
            let state = if is_local(self.backend.url()) { State::Warn } else { State::Fail(Exit::Storage) };
            Finding::new(NAME, state, text, advice)
        };
        vec![host, cors(url, settings).await]
    }
}

const PLAN: &str = "the Free plan ends what computes for 10 ms: Workers Paid is needed; \
    `wrangler tail --config edge/imager/wrangler.toml` shows what ended the imager";

fn unreadable(what: &str) -> Failure {
    Failure::new(Exit::Network, "deployment.unreadable", format!("{what} cannot be read"))
        .next("check that what answers there is Likeness, of this version")
}

/// Tells whether the address is on the same machine.
pub(super) fn is_local(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
}

fn failed(name: &'static str, failure: &Failure) -> Finding {
    Finding::new(name, State::Fail(failure.exit()), failure.brief(), failure.advice())
}

/// Checks whether a page may PUT photos straight into the bucket.
async fn cors(url: Url, settings: &Settings) -> Finding {
    const NAME: &str = "bucket's CORS";
    let advice = "allow PUT from your page's origin in the bucket's CORS rule: docs/edge.md shows one";
    let set = settings.allowed_origins.as_deref().unwrap_or_default();
    let page = set.split(',').map(str::trim).find(|origin| !origin.is_empty());
    let origin = page.unwrap_or("https://likeness.example");
    let asked = async {
        let request = Request::new(Method::OPTIONS, url, READ_TIMEOUT)
            .header(reqwest::header::ORIGIN, origin)
            .header(reqwest::header::ACCESS_CONTROL_REQUEST_METHOD, "PUT");
        Transport::http().ok()?.send(request, None).await.ok()?.ok()
    };
    let answer = asked.await;
    let allowed = answer.as_ref().map(|answer| answer.header("access-control-allow-origin"));
    match (allowed, page) {
        (None, _) => Finding::new(NAME, State::Warn, "the bucket does not answer from here", advice),
        (Some(Some("*")), _) => Finding::ok(NAME, "any page may PUT what it has a signed address for"),
        (Some(Some(allowed)), Some(page)) if allowed == page => {
            Finding::ok(NAME, format!("pages of {page} may PUT"))
        }
        (Some(Some(allowed)), None) if allowed == origin => {
            Finding::ok(NAME, "any page may PUT what it has a signed address for")
        }
        (Some(_), Some(page)) => {
            Finding::new(NAME, State::Warn, format!("pages of {page} may not PUT"), advice)
        }
        (Some(_), None) => {
            let advice = "set ALLOWED_ORIGINS here to your page's origin, and run this again";
            Finding::new(NAME, State::Warn, "not every page may PUT; whether yours may was not asked", advice)
        }
    }
}
