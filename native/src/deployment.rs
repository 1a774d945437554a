//! A deployment somewhere, as its operator calls it.

use likeness_core::{
    http::{Body, Method, Request, Response},
    limits::READ_TIMEOUT,
    secret::Secret,
};
use serde_json::Value;
use url::Url;

use crate::{
    commands::Context,
    exit::{Exit, Failure},
    transport::Transport,
};

/// A deployment and what lets its operator in.
#[derive(Debug)]
pub(crate) struct Remote {
    url: Url,
    admin: Option<Secret>,
    transport: Transport,
}

impl Remote {
    /// The deployment at this address, or at the one of the settings.
    pub(crate) fn new(url: Option<&Url>, context: &Context) -> Result<Self, Failure> {
        let serving = &context.settings.serving;
        let url = url.or(serving.url.value.as_ref()).cloned().ok_or_else(|| {
            Failure::new(Exit::Usage, "settings.url_missing", "no deployment is named")
                .next("name it with --url, or set LIKENESS_URL")
        })?;
        let transport = Transport::http().map_err(|error| {
            Failure::new(Exit::Internal, "internal.transport", "no request can be sent")
                .why(error.to_string())
        })?;
        Ok(Self { url, admin: serving.admin_token.value.clone(), transport })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the operator can be let in.
    pub(crate) fn has_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// Sends a call, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let base = self.url.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).map_err(|error| {
            Failure::new(Exit::Usage, "usage.url", "this is no address").why(error.to_string())
        })?;
        let mut request = Request::new(method, url, READ_TIMEOUT);
        if let Some(admin) = &self.admin {
            let value = format!("Bearer {}", admin.expose());
            request = request.secret_header(reqwest::header::AUTHORIZATION, &value);
        }
        if let Some(body) = body {
            request.body = Body::Bytes(body.to_string().into_bytes());
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json");
        }
        let unreached = |why: String| {
            Failure::new(Exit::Network, "network.deployment", format!("{} does not answer", self.url))
                .why(why)
        };
        match self.transport.send(request, None).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(why)) => Err(unreached(why.to_string())),
            Err(error) => Err(unreached(error.to_string())),
        }
    }

    /// Sends a call of the operator's, and reads what it gives. A refusal is told in the deployment's own words.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        if self.admin.is_none() {
            return Err(Failure::new(Exit::Usage, "settings.admin_missing", "ADMIN_TOKEN is not set")
                .next("set it as it is set at the deployment"));
        }
        let response = self.send(method, path, body).await?;
        let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if response.status.is_success() {
            return Ok(document);
        }
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let sentence = format!("{} refused (HTTP {})", self.url, response.status.as_u16());
        let failure = Failure::new(Exit::Usage, "deployment.refused", sentence);
        let failure = text("detail").into_iter().fold(failure, Failure::why);
        // What the API advises is meant for its callers; here a token that is not known is the operator's.
        let advice = match response.status.as_u16() {
            401 => Some("set ADMIN_TOKEN as it is set at the deployment".to_owned()),
            _ => text("advice"),
        };
        Err(advice.into_iter().fold(failure, Failure::next).details(document))
    }
}
