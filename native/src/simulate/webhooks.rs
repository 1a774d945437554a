//! Delivery of webhooks as they fall due.

use std::sync::Arc;

use likeness_core::{
    http::{Body, Method, Request, without_query},
    simulator::{DeliveryOutcome, WebhookDelivery},
};
use tokio::task::JoinSet;

use super::server::Server;
use crate::transport::Transport;

/// Delivers webhooks until it is dropped. Deliveries run side by side: a receiver that does not answer holds up no
/// other.
pub(super) async fn deliver(server: Arc<Server>) {
    let mut running = JoinSet::new();
    let mut transport = None;
    loop {
        let due = server
            .simulated
            .change(|simulator, now| {
                let due = simulator.due(now);
                (due, simulator.next_due())
            })
            .await;
        let (due, next) = due.unwrap_or_else(|error| {
            log::error!("the simulator's state could not be kept: {error}");
            (Vec::new(), None)
        });
        if !due.is_empty() && transport.is_none() {
            transport =
                Transport::http().inspect_err(|error| log::error!("no webhook can be sent: {error}")).ok();
        }
        for delivery in due {
            if let Some(transport) = &transport {
                running.spawn(send(Arc::clone(&server), transport.clone(), delivery));
            }
        }
        let wait = async {
            match next {
                Some(next) => tokio::time::sleep(server.simulated.until(next)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => {}
            () = server.changed.notified() => {}
            Some(_) = running.join_next() => {}
        }
    }
}

async fn send(server: Arc<Server>, transport: Transport, delivery: WebhookDelivery) {
    let WebhookDelivery { id, url, headers, body, timeout } = delivery;
    let to = without_query(&url);
    let request = Request { headers, body: Body::Bytes(body), ..Request::new(Method::POST, url, timeout) };
    let outcome = match transport.send(request, None).await {
        Ok(Ok(response)) => {
            log::info!("webhook POST {to} {}", response.status.as_u16());
            DeliveryOutcome::Answered(response.status.as_u16())
        }
        Ok(Err(why)) => {
            log::warn!("webhook POST {to}: {why}");
            DeliveryOutcome::NoAnswer
        }
        Err(error) => {
            log::warn!("webhook POST {to}: {error}");
            DeliveryOutcome::NoAnswer
        }
    };
    let told = server.simulated.change(move |simulator, now| simulator.delivered(id, outcome, now)).await;
    if let Err(error) = told {
        log::error!("the simulator's state could not be kept: {error}");
    }
}
