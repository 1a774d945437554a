//! fal.ai, as the core simulates it: its state is a row of the avatar's object.

use std::{io::Cursor, rc::Rc, time::Duration};

use likeness_core::{
    api,
    http::{Answer, Body, NoAnswer, Request, Response as Whole},
    simulator::{Incoming, Plan, Reply, Simulator},
};
use likeness_platform::header_map;
use url::Url;
use worker::{Delay, Error, Response, Result};

use super::spool::Spooled;
use crate::{object::Object, response::respond, settings};

/// Answers a call of the object itself.
pub(super) async fn serve(object: &Rc<Object>, request: &Request) -> Result<Answer> {
    let bytes = match &request.body {
        Body::Bytes(bytes) => bytes.clone(),
        _ => Vec::new(),
    };
    let incoming = Incoming::from(request);
    let (after, answer) = simulate(object, &incoming, &mut Cursor::new(bytes))?.within(request.timeout);
    Delay::from(after).await;
    Ok(answer)
}

/// Answers a call by HTTP.
pub(super) async fn answer(object: &Rc<Object>, mut request: worker::Request, url: &Url) -> Result<Response> {
    let incoming = Incoming {
        method: http::Method::from_bytes(request.method().to_string().as_bytes())
            .map_err(|_| Error::from("no method"))?,
        url: url.to_string(),
        headers: header_map(&request.headers().0),
    };
    let mut body = Spooled::receive(object.rows(), &mut request).await?;
    let reply = simulate(object, &incoming, &mut body);
    body.discard()?;
    let (after, answer) = reply?.within(Duration::from_mins(5));
    Delay::from(after).await;
    match answer {
        Ok(Whole { status, headers, body }) => respond(api::Reply { status, headers, body }, false),
        Err(
            NoAnswer::TimedOut
            | NoAnswer::Interrupted
            | NoAnswer::NotHttp
            | NoAnswer::NotConnected
            | NoAnswer::Blocked(_),
        ) => Err(Error::from("the simulator cuts this connection")),
    }
}

/// Runs the simulator; its state is saved before the answer leaves.
fn simulate(
    object: &Object,
    incoming: &Incoming,
    body: &mut dyn likeness_core::simulator::Body,
) -> Result<Reply> {
    let rows = object.rows();
    let test = object.test_box()?.ok_or_else(|| Error::from("not in test mode"))?;
    let id = object.avatar_id()?;
    let base = Url::parse(&test.address(id, "fal"))?;
    let training = object.deployment()?.mock_training;
    let seed = settings::random_number()?;
    let plan = Plan::of_avatar(base.clone(), seed, training);
    let mut simulator = rows.value::<Simulator>("simulator")?.unwrap_or_else(|| Simulator::new(plan.clone()));
    simulator.set_pace(&plan);
    simulator.move_to(base);
    let reply = simulator.answer(incoming, body, settings::now());
    rows.set_value("simulator", &simulator)?;
    Ok(reply)
}
