//! `likeness doctor --edge`: whether a deployment can do its work, as far as it shows from outside.

use likeness_core::{
    http::{Body, Method, Request, Response},
    limits::READ_TIMEOUT,
};
use serde_json::Value;
use url::{Host, Url};

use super::{Finding, State};
use crate::{
    commands::Context,
    deployment::Remote,
    exit::{Exit, Failure},
    settings::Settings,
    transport::Transport,
};

/// What each look showed, the first that fails being the cause of others.
pub(super) async fn findings(url: &Url, context: &Context) -> Result<Vec<Finding>, Failure> {
    let remote = Remote::new(Some(url), context)?;
    let mut findings = vec![address(url)];
    match remote.send(Method::GET, "/health", None).await {
        Err(failure) => {
            let advice = "check the address, and that the front is deployed";
            findings.push(Finding::new("answers", State::Fail(Exit::Network), failure.brief(), advice));
            return Ok(findings);
        }
        Ok(response) => findings.extend(health(&response)),
    }
    findings.push(operator(&remote).await);
    findings.push(webhook(&remote, &context.settings).await);
    findings.extend(bucket(&context.settings, url).await);
    Ok(findings)
}

fn address(url: &Url) -> Finding {
    let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    if url.scheme() == "https" || local {
        return Finding::ok("address", url.as_str());
    }
    Finding::new(
        "address",
        State::Fail(Exit::Usage),
        format!("{url} is not https"),
        "tokens would travel in the open",
    )
}

fn health(response: &Response) -> Vec<Finding> {
    let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    if document.get("status").and_then(Value::as_str) != Some("ok") {
        let text = format!("what answers there (HTTP {}) is not Likeness", response.status.as_u16());
        let advice = "check the address; a deployment whose settings cannot be used says so in its log";
        return vec![Finding::new("answers", State::Fail(Exit::Network), text, advice)];
    }
    let is = |name: &str| document.get(name) == Some(&Value::Bool(true));
    let fal = match (is("able"), is("test_mode")) {
        (_, true) => {
            let advice = "take AVATAR_TEST_MODE away, and set FAL_KEY, when it is to buy";
            Finding::new("fal.ai", State::Warn, "test mode: nothing is bought", advice)
        }
        (true, false) => Finding::ok("fal.ai", "a key is set"),
        (false, false) => {
            let advice = "wrangler secret put FAL_KEY";
            Finding::new("fal.ai", State::Fail(Exit::Usage), "no key is set: nothing can be bought", advice)
        }
    };
    let bucket = match (is("bucket"), is("test_mode")) {
        (true, _) => Finding::ok("bucket", "one is set"),
        (false, true) => Finding::ok("bucket", "none is set; in test mode none is needed"),
        (false, false) => {
            let advice = "set MINIO_ENDPOINT, MINIO_BUCKET, MINIO_ACCESS_KEY and MINIO_SECRET_KEY";
            Finding::new(
                "bucket",
                State::Fail(Exit::Usage),
                "none is set: a Worker cannot do without",
                advice,
            )
        }
    };
    vec![Finding::ok("answers", "it runs"), fal, bucket]
}

async fn operator(remote: &Remote) -> Finding {
    if !remote.has_admin() {
        let advice = "set ADMIN_TOKEN as it is set there, and run this again";
        return Finding::new("operator", State::Warn, "not looked at: ADMIN_TOKEN is not set here", advice);
    }
    match remote.call(Method::GET, "/v1/budget", None).await {
        Ok(budget) => {
            let (left, caps) = (&budget["left"], &budget["caps"]);
            let text = format!(
                "let in; {} of {} trainings and {} of {} pictures are left today",
                left["trainings"], caps["trainings"], left["pictures"], caps["pictures"]
            );
            Finding::ok("operator", text)
        }
        Err(failure) => {
            let advice = "wrangler secret put ADMIN_TOKEN, and set the same here";
            Finding::new("operator", State::Fail(Exit::Usage), failure.brief(), advice)
        }
    }
}

/// A message that is none is refused by whoever knows what one is.
async fn webhook(remote: &Remote, settings: &Settings) -> Finding {
    let ours = format!("{}/webhooks/fal", remote.url().as_str().trim_end_matches('/'));
    let advice = format!(
        "set FAL_WEBHOOK_URL there to {ours}: an end is then known at once instead of within half a minute"
    );
    match remote.send(Method::POST, "/webhooks/fal", Some(&Value::Null)).await {
        Ok(response) if matches!(response.status.as_u16(), 400 | 401 | 503) => {
            match &settings.fal_webhook_url.value {
                Some(url) if url.as_str() == ours => Finding::ok("webhook", ours),
                _ => Finding::new(
                    "webhook",
                    State::Warn,
                    "it listens; whether fal.ai is told so is not known here",
                    advice,
                ),
            }
        }
        Ok(response) => {
            let text = format!("{ours} answered HTTP {}", response.status.as_u16());
            Finding::new("webhook", State::Warn, text, "something stands in front of the deployment")
        }
        Err(failure) => Finding::new("webhook", State::Warn, failure.brief(), advice),
    }
}

/// The bucket of the settings here, which should be those of the deployment: Cloudflare and browsers must reach it.
async fn bucket(settings: &Settings, deployment: &Url) -> Vec<Finding> {
    let Ok(bucket) = settings.bucket() else {
        let advice = "set MINIO_ENDPOINT and the others here as they are there, and run this again";
        return vec![Finding::new(
            "bucket's host",
            State::Warn,
            "not looked at: no bucket is set here",
            advice,
        )];
    };
    let Some(endpoint) = &settings.minio_endpoint.value else { return Vec::new() };
    let named = matches!(endpoint.host(), Some(Host::Domain(name)) if name.contains('.'));
    let public = endpoint.scheme() == "https" && named && endpoint.port().is_none();
    let mut findings = vec![if public {
        Finding::ok("bucket's host", endpoint.as_str())
    } else {
        let text = format!("{endpoint} is not a public https host name on port 443");
        let advice = "give it a name and a certificate: a Worker reaches no raw address, and signatures hold for one host";
        let local = matches!(deployment.host_str(), Some("127.0.0.1" | "localhost"));
        let state = if local { State::Warn } else { State::Fail(Exit::Storage) };
        Finding::new("bucket's host", state, text, advice)
    }];
    findings.push(cors(bucket.address()).await);
    findings
}

/// Whether a page may PUT photos straight into the bucket.
async fn cors(address: &str) -> Finding {
    const ORIGIN: &str = "https://likeness.example";
    let advice = "allow PUT from your page's origin in the bucket's CORS rule: docs/edge.md shows one";
    let asked = async {
        let url = Url::parse(&format!("{address}likeness/cors")).ok()?;
        let mut request =
            Request::new(Method::OPTIONS, url, READ_TIMEOUT).header(reqwest::header::ORIGIN, ORIGIN);
        request = request.header(reqwest::header::ACCESS_CONTROL_REQUEST_METHOD, "PUT");
        request.body = Body::Empty;
        Transport::http().ok()?.send(request, None).await.ok()?.ok()
    };
    let allowed = |response: &Response| {
        response.header("access-control-allow-origin").is_some_and(|origin| origin == "*" || origin == ORIGIN)
    };
    match asked.await {
        Some(response) if allowed(&response) => {
            Finding::ok("bucket's CORS", "any page may PUT what it has a signed address for")
        }
        Some(_) => Finding::new("bucket's CORS", State::Warn, "it allows some origins, or none", advice),
        None => Finding::new("bucket's CORS", State::Warn, "the bucket does not answer", advice),
    }
}
