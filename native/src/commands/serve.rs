//! `likeness serve`: the HTTP API.

use std::net::SocketAddr;

use crate::{
    args::Serve,
    context::Context,
    driver::shell::Shell,
    failure::{Exit, Failure},
    files::store::OpenFor,
    serve::{Updates, serve, trial},
};
use likeness_core::api::Deployment;
use serde_json::json;
use tokio::net::TcpListener;

pub(crate) async fn run(args: Serve, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let mut deployment = context.settings.deployment()?;
    let shell = Shell::open_for(context, OpenFor::Callers)?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Failure::new(Exit::Usage, "usage.listen", format!("{} cannot be listened at", args.listen))
            .why(error.to_string())
            .next("choose another address with --listen; port 0 takes a free one")
    })?;
    // Test mode that was asked for here, and that nobody else can reach: no operator is needed.
    let is_trial = context.settings.is_trial() && args.listen.ip().is_loopback();
    if is_trial && deployment.admin.is_none() {
        deployment.admin = Some(trial::operator()?);
    }
    let invite = match &deployment.admin {
        Some(operator) if is_trial => Some(trial::invite(&shell.store, operator)?),
        _ => None,
    };
    if deployment.admin.is_none() {
        log::warn!("ADMIN_TOKEN is not set: nobody is let in, and every call but GET /health is refused");
    }
    if !args.listen.ip().is_loopback() {
        log::warn!("what is sent here is not encrypted: a proxy that speaks HTTPS belongs before it");
    }
    let about = about(&deployment);
    let document = deployment.health(&[]);
    // Until everything is saved the first Ctrl-C ends nothing by itself.
    let hold = context.interrupt.hold().await;
    let mut said = Ok(());
    let ready = |address: SocketAddr| {
        let base = format!("http://{address}");
        let mut document = document;
        document["listening"] = json!(base);
        let page = invite.map(|invite| format!("{base}/#{}", invite.expose()));
        document["page"] = json!(page);
        said = output
            .document(&document)
            .and_then(|()| output.line(format_args!("listening on {base}")))
            .and_then(|()| output.line(format_args!("  {about}")))
            .and_then(|()| page.map_or(Ok(()), |page| output.line(format_args!("open {page}"))));
    };
    let stop = async {
        context.interrupt.wait().await;
    };
    let served = serve(listener, shell, deployment, Updates::Sent, ready, stop).await;
    drop(hold);
    said?;
    // Ctrl-C is the regular end.
    served.map_err(|error| {
        Failure::new(Exit::Internal, "internal.serve", "the API cannot be served").why(error.to_string())
    })
}

/// Describes the service, for the person who started it.
fn about(deployment: &Deployment) -> String {
    let mode = if deployment.test_mode {
        "test mode: the built-in simulator, nothing is bought"
    } else if deployment.is_able() {
        "buys at fal.ai"
    } else {
        "buys nothing: FAL_KEY is not set"
    };
    let place = if deployment.bucket.is_some() { "the bucket" } else { "the data folder" };
    format!("{mode}; photos go to {place}; GET /openapi.json describes every call")
}
