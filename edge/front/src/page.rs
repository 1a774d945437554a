//! The page's files: static assets of Cloudflare's, under the headers that the core decides.

use likeness_core::{
    api::{ApiProblem, Deployment},
    page::PagePath,
};
use worker::{Env, Method, Request, Response, Result};

use crate::response::{respond, stream};

/// The binding of the assets, which `scripts/build-edge` puts together.
const ASSETS: &str = "ASSETS";

/// Answers a call for a file of the page; `None` for any other call, and where the Worker has no assets.
pub(crate) async fn answer(
    request: &Request,
    env: &Env,
    deployment: &Deployment,
) -> Option<Result<Response>> {
    let is_head = request.method() == Method::Head;
    let path = request.path();
    let path = PagePath::parse(&path).filter(|_| is_head || request.method() == Method::Get)?;
    let assets = env.assets(ASSETS).ok()?;
    // Only the address: a condition or a range of the caller's would be answered for other headers than ours.
    let found = assets.fetch(request.url().ok()?, None).await;
    Some(match found {
        Ok(file) if file.status_code() == 200 => {
            stream(&path.head(deployment.bucket.as_ref()), file, is_head)
        }
        Ok(_) => respond(ApiProblem::NoRoute.into(), is_head),
        Err(error) => Err(error),
    })
}
