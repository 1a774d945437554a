//! Reports of an avatar's changes: to its user's list, to the budget, to fal. Failed reports are made up for later.

use std::{cell::Cell, time::Duration};

use likeness_core::{
    api::{Spent, listed},
    avatar::{Avatar, AvatarId, OrderKey},
    fal::{
        RequestId,
        payloads::{self, Deletion},
    },
    json,
};
use serde_json::Value;
use worker::{Error, Result};

use crate::{
    durable::AGAIN,
    object::Object,
    rpc::{self, Line, Outcome, call_object},
    settings,
};

/// The name of the row with the line in the user's list, as the list last confirmed it.
const LISTED: &str = "listed";
/// The name of the row with the requests that are noted as this avatar's.
const CLAIMED: &str = "claimed requests";
/// The prefix of rows for purchases that are reserved, and not known to be bought or not.
const RESERVED: &str = "reserved ";
/// The longest time that giving a reservation back takes.
const RELEASED_WITHIN: Duration = Duration::from_secs(30);

/// A mark that a call has reserved budget and not yet confirmed or released it. The mark of a call that ends without a
/// word, as when its caller goes away, stays until the object leaves memory: nothing is given back too early.
pub(crate) struct Reserving<'a>(&'a Cell<u32>);

impl<'a> Reserving<'a> {
    pub(crate) fn new(object: &'a Object) -> Self {
        object.reserving.set(object.reserving.get() + 1);
        Self(&object.reserving)
    }
}

impl Drop for Reserving<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Object {
    /// Notes that a purchase is about to be reserved, until its end is known.
    pub(crate) fn note_reservation(&self, order: OrderKey) -> Result<()> {
        self.rows().set_value(&format!("{RESERVED}{order}"), &order)
    }

    /// Updates the list of the user's avatars; a failure is made up for when the object settles up.
    pub(crate) async fn list_soon(&self) {
        if let Err(error) = self.list().await {
            worker::console_warn!("[FAL AI] WARNING {error}");
            drop(self.arm(settings::now().plus(AGAIN)));
        }
    }

    /// Updates the list of the user's avatars. The line that the list has taken is noted, so that no avatar is missing
    /// there and no erased one stays.
    async fn list(&self) -> Result<()> {
        let rows = self.rows();
        loop {
            let line = self.load()?.as_ref().and_then(of_user);
            let listed: Option<(String, Value)> = rows.value(LISTED)?;
            if line == listed {
                return Ok(());
            }
            let Some((user, _)) = line.as_ref().or(listed.as_ref()) else { return Ok(()) };
            let (id, index) = (self.avatar_id()?, rpc::index(&self.env, &format!("user:{user}"))?);
            let view = line.as_ref().map(|(_, view)| view.clone());
            call_object::<()>(&index, "note", &Line { avatar: id.to_string(), view }).await?;
            if line.is_some() {
                rows.set_value(LISTED, &line)?;
            } else {
                call_object::<()>(&rpc::budget(&self.env)?, "forget", &id).await?;
                rows.remove_text(LISTED)?;
            }
        }
    }

    /// Reports changes: purchases to the budget, files to forget to fal. A report that fails now is made another time.
    pub(crate) async fn settle_up(&self) -> Result<()> {
        self.list().await?;
        self.claim_requests().await?;
        if !self.is_releasing() {
            self.settle_reservations().await?;
        }
        let Some(avatar) = self.load()? else { return Ok(()) };
        if avatar.person().is_none() && avatar.ended() {
            self.forget_at_fal(&avatar).await?;
            self.rows().remove_text("simulator")?;
        }
        Ok(())
    }

    /// Names the avatar that holds this request, once this one has claimed it.
    pub(crate) async fn claim(&self, request: &RequestId, avatar: AvatarId) -> Result<bool> {
        let stub = rpc::index(&self.env, &format!("request:{request}"))?;
        let holder: Option<String> = call_object(&stub, "claim", &avatar.to_string()).await?;
        Ok(holder.is_none_or(|holder| holder == avatar.to_string()))
    }

    /// Notes at each request of the avatar that the avatar holds it, so that it is found by the request's id.
    pub(crate) async fn claim_requests(&self) -> Result<()> {
        let rows = self.rows();
        loop {
            // Loaded anew each time: another order may be accepted while one is noted.
            let Some(avatar) = self.load()? else { return Ok(()) };
            let mut claimed: Vec<RequestId> = rows.value(CLAIMED)?.unwrap_or_default();
            let Some(request) = avatar.request_ids().find(|request| !claimed.contains(request)) else {
                return Ok(());
            };
            self.claim(request, avatar.id()).await?;
            claimed = rows.value(CLAIMED)?.unwrap_or_default();
            claimed.push(request.clone());
            rows.set_value(CLAIMED, &claimed)?;
        }
    }

    /// Tells the budget how reserved purchases ended. A reservation whose order was refused after all, and is not asked
    /// for at the moment, is given back.
    async fn settle_reservations(&self) -> Result<()> {
        let rows = self.rows();
        for (name, text) in rows.texts(RESERVED)? {
            let Ok(order) = json::parse::<OrderKey>(&text) else { continue };
            // Loaded anew each time: calls go on while the budget is told.
            let Some(avatar) = self.load()? else { return Ok(()) };
            let Some(spent) = Spent::of(&avatar, order, self.reserving.get() > 0) else { continue };
            let outcome = Outcome { avatar: avatar.id(), order, spent };
            self.releasing.set((spent == Spent::Nothing).then(|| settings::now().plus(RELEASED_WITHIN)));
            let told = call_object::<()>(&rpc::budget(&self.env)?, "spent", &outcome).await;
            self.releasing.set(None);
            told?;
            rows.remove_text(&name)?;
        }
        Ok(())
    }

    pub(crate) fn is_releasing(&self) -> bool {
        self.releasing.get().is_some_and(|until| until > settings::now())
    }

    /// Has fal delete the files that were sent and made, where an admin key allows it.
    async fn forget_at_fal(&self, avatar: &Avatar) -> Result<()> {
        const FORGOTTEN: &str = "forgotten at fal";
        let rows = self.rows();
        let Some(admin) = self.deployment()?.admin_account().filter(|_| !avatar.test_mode()) else {
            return Ok(());
        };
        let mut forgotten: Vec<RequestId> = rows.value(FORGOTTEN)?.unwrap_or_default();
        let mut not_yet = None;
        for request in avatar.request_ids() {
            if forgotten.contains(request) {
                continue;
            }
            let answer = likeness_platform::send(&payloads::delete_request(&admin, request)).await;
            let failed = |why| format!("fal.ai did not delete the payloads of request {request}: {why}");
            match payloads::outcome(answer) {
                Deletion::Done(_) => {
                    worker::console_log!("[FAL AI] INFO fal.ai deleted the payloads of request {request}");
                }
                Deletion::Refused(why) => worker::console_warn!("[FAL AI] WARNING {}", failed(why)),
                Deletion::NotYet(why) => {
                    not_yet = Some(failed(why));
                    continue;
                }
            }
            forgotten.push(request.clone());
            rows.set_value(FORGOTTEN, &forgotten)?;
        }
        not_yet.map_or(Ok(()), |why| Err(Error::from(why)))
    }
}

/// Returns the name of the user's list, and the avatar's line in it.
pub(crate) fn of_user(avatar: &Avatar) -> Option<(String, Value)> {
    avatar.person().map(|person| (person.user.to_string(), listed(avatar)))
}
