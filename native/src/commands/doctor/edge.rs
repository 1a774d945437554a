//! `likeness doctor --edge`: looks at whether a deployment can do its work. With the operator's token it also tries.

mod trial;

use likeness_core::http::Method;
use serde_json::Value;
use url::Url;

use self::trial::is_local;
use super::finding::{Finding, State};
use crate::{
    commands::remote::Remote,
    context::Context,
    failure::{Exit, Failure},
    printable::printable,
    settings::Settings,
};

/// Makes the findings in order: the first that fails is the cause of others.
pub(super) async fn findings(url: &Url, context: &Context) -> Result<Vec<Finding>, Failure> {
    let remote = Remote::new(Some(url), context)?;
    let mut findings = vec![address(url)];
    // A server gets no token before it is known to be Likeness.
    let anyone = remote.of_anyone();
    let said = match anyone.send(Method::GET, "/health", None).await {
        Err(failure) => {
            let advice = "check the address, and that the front is deployed";
            findings.push(Finding::new("answers", State::Fail(Exit::Network), failure.brief(), advice));
            return Ok(findings);
        }
        Ok(response) => {
            let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            findings.extend(health(&document, response.status.as_u16()));
            if !is_likeness(&document) {
                return Ok(findings);
            }
            document
        }
    };
    let able = findings.iter().all(|finding| finding.exit().is_none());
    let operator = operator(&remote).await;
    let let_in = operator.state == State::Ok;
    findings.push(operator);
    findings.push(webhook(&anyone, &context.settings).await);
    if able && let_in {
        let has_bucket = said.get("bucket") == Some(&Value::Bool(true));
        findings.extend(trial::findings(&remote, has_bucket, context).await);
    } else {
        let advice = "run this again when the rest is in order";
        findings.push(Finding::new("photo", State::Warn, "none was put through it for a trial", advice));
    }
    Ok(findings)
}

fn address(url: &Url) -> Finding {
    if url.scheme() == "https" || is_local(url) {
        return Finding::ok("address", url.as_str());
    }
    Finding::new(
        "address",
        State::Fail(Exit::Usage),
        format!("{url} is not https"),
        "tokens would travel in the open",
    )
}

fn health(document: &Value, status: u16) -> Vec<Finding> {
    if !is_likeness(document) {
        let text = format!("what answers there (HTTP {status}) is not Likeness");
        let advice = "check the address; a deployment whose settings cannot be used says so in its log";
        return vec![Finding::new("answers", State::Fail(Exit::Network), text, advice)];
    }
    let is = |name: &str| document.get(name) == Some(&Value::Bool(true));
    let fal = match (is("able"), is("test_mode")) {
        (false, true) => {
            let advice = "deploy the front with the simulator (docs/edge.md, Test mode), or take AVATAR_TEST_MODE away";
            let text = "test mode, and the front was built without the simulator: nothing can be tried";
            Finding::new("fal.ai", State::Fail(Exit::Usage), text, advice)
        }
        (true, true) => {
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
            let advice =
                "for a Worker set MINIO_ENDPOINT, MINIO_BUCKET, MINIO_ACCESS_KEY and MINIO_SECRET_KEY";
            let text = "none is set: `likeness serve` keeps photos itself, a Worker takes none";
            Finding::new("bucket", State::Warn, text, advice)
        }
    };
    let mut findings = vec![Finding::ok("answers", "it runs"), fal, bucket];
    for failing in document["failing"].as_array().into_iter().flatten() {
        let (part, code) = (failing["part"].as_str(), failing["code"].as_str());
        let text =
            format!("its {} fails: {}", part.unwrap_or("storage"), code.unwrap_or("for no known reason"));
        let advice = "docs/errors.md says what to do about this code";
        findings.push(Finding::new(
            "works",
            State::Fail(Exit::Storage),
            printable(&text).into_owned(),
            advice,
        ));
    }
    findings
}

fn is_likeness(document: &Value) -> bool {
    matches!(document["status"].as_str(), Some("ok" | "degraded")) && document["able"].is_boolean()
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

/// Sends a message without a signature, which a deployment that knows fal's keys refuses.
async fn webhook(remote: &Remote, settings: &Settings) -> Finding {
    let ours = format!("{}/webhooks/fal", remote.url().as_str().trim_end_matches('/'));
    let advice = format!(
        "set FAL_WEBHOOK_URL there to {ours}: an end is then known at once instead of within half a minute"
    );
    match remote.send(Method::POST, "/webhooks/fal", Some(&Value::Null)).await {
        Ok(response) if matches!(response.status.as_u16(), 400 | 401 | 503) => {
            match &settings.fal_webhook_url {
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
