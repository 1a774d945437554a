//! A client of a deployment for its operator.

use likeness_core::{
    http::{Body, Method, Request, Response},
    limits::{READ_TIMEOUT, TRANSFER_TIMEOUT},
    secret::Secret,
};
use serde_json::Value;
use url::Url;

use crate::{
    context::Context,
    failure::{Exit, Failure},
    transport::Transport,
};

/// A deployment, and the credential for calls to it: the operator's, unless another is given.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    url: Url,
    token: Option<Secret>,
    transport: Transport,
}

impl Remote {
    /// Takes the deployment at this address, or at the one of the settings.
    pub(crate) fn new(url: Option<&Url>, context: &Context) -> Result<Self, Failure> {
        let url = url.or(context.settings.deployment_url.as_ref()).cloned().ok_or_else(|| {
            Failure::new(Exit::Usage, "settings.url_missing", "no deployment is named")
                .next("name it with --url, or set LIKENESS_URL")
        })?;
        let transport = Transport::http().map_err(|error| {
            Failure::new(Exit::Internal, "internal.transport", "no request can be sent")
                .why(error.to_string())
        })?;
        Ok(Self { url, token: context.settings.admin_token.clone(), transport })
    }

    /// Returns the same deployment, called without a credential.
    pub(crate) fn of_anyone(&self) -> Self {
        Self { url: self.url.clone(), token: None, transport: self.transport.clone() }
    }

    /// Returns the deployment's address.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Tells whether there is an operator's token.
    pub(crate) fn has_admin(&self) -> bool {
        self.token.is_some()
    }

    /// Returns the same deployment, called with this token.
    pub(crate) fn of(&self, token: Secret) -> Self {
        Self { url: self.url.clone(), token: Some(token), transport: self.transport.clone() }
    }

    /// Sends a call, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let mut request = Request::new(method, self.address(path)?, READ_TIMEOUT);
        if let Some(body) = body {
            request.body = Body::Bytes(body.to_string().into_bytes());
            request = request.header(reqwest::header::CONTENT_TYPE, "application/json");
        }
        self.exchange(request).await
    }

    fn address(&self, path: &str) -> Result<Url, Failure> {
        let base = self.url.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|error| {
            Failure::new(Exit::Usage, "usage.url", "this is not an address").why(error.to_string())
        })
    }

    async fn exchange(&self, mut request: Request) -> Result<Response, Failure> {
        if let Some(token) = &self.token {
            let value = format!("Bearer {}", token.expose());
            request = request.secret_header(reqwest::header::AUTHORIZATION, &value);
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

    /// Sends a call of the operator's, and reads the answer. A refusal is shown in the deployment's own words.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        if self.token.is_none() {
            return Err(Failure::new(Exit::Usage, "settings.admin_missing", "ADMIN_TOKEN is not set")
                .next("set it as it is set at the deployment"));
        }
        let response = self.send(method, path, body).await?;
        self.read(&response)
    }

    /// PUTs a file, and reads the answer.
    pub(crate) async fn upload(&self, path: &str, file: Vec<u8>) -> Result<Value, Failure> {
        let mut request = Request::new(Method::PUT, self.address(path)?, TRANSFER_TIMEOUT);
        request.body = Body::Bytes(file);
        let response = self.exchange(request).await?;
        self.read(&response)
    }

    fn read(&self, response: &Response) -> Result<Value, Failure> {
        let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        if response.status.is_success() {
            return Ok(document);
        }
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let sentence = format!("{} refused (HTTP {})", self.url, response.status.as_u16());
        let failure = Failure::new(Exit::Usage, "deployment.refused", sentence);
        let failure = text("detail").into_iter().fold(failure, Failure::why);
        // The API's advice is meant for its callers; here an unknown token is the operator's own.
        let advice = match response.status.as_u16() {
            401 => Some("set ADMIN_TOKEN as it is set at the deployment".to_owned()),
            _ => text("advice"),
        };
        Err(advice.into_iter().fold(failure, Failure::next).details(document))
    }
}
