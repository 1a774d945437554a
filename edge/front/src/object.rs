//! The Durable Object of an avatar: the state that calls, alarm and tasks share.

use std::{cell::Cell, ops::Deref};

use likeness_core::{
    api::{ConnectionSettings, Deployment},
    avatar::{Avatar, AvatarId, Event, Moment, Stored, TaskId},
    time::Timestamp,
};
use worker::{Env, Error, Result, State};

use crate::{durable::Durable, settings, test_box::TestBox};

/// The state that the object's calls, its alarm and its tasks share.
pub(crate) struct Object {
    durable: Durable,
    /// True once tasks of an earlier instance are known to be lost.
    told_of_restart: Cell<bool>,
    /// Number of calls that have reserved budget, or are about to, and have not yet confirmed or released it.
    pub(crate) reserving: Cell<u32>,
    /// Time until which a reservation is being given back: no call reserves meanwhile.
    pub(crate) releasing: Cell<Option<Timestamp>>,
}

impl Deref for Object {
    type Target = Durable;

    fn deref(&self) -> &Durable {
        &self.durable
    }
}

impl Object {
    pub(crate) fn new(state: State, env: Env) -> Self {
        let durable = Durable::new(state, env);
        let told_of_restart = Cell::new(false);
        Self { durable, told_of_restart, reserving: Cell::new(0), releasing: Cell::new(None) }
    }

    /// Loads the avatar, lets it change, saves it and sets the alarm for the next task, with no other event in between.
    pub(crate) fn update<T>(
        &self,
        connection: Option<&ConnectionSettings>,
        moment: &Moment,
        change: impl FnOnce(Option<Avatar>) -> (Option<Avatar>, T),
    ) -> Result<T> {
        let rows = self.rows();
        // Nothing is awaited from here on: the platform lets other events in at each await.
        let before = rows.text("avatar")?;
        let unreadable = |error: &dyn std::fmt::Display| Error::from(error.to_string());
        let mut avatar =
            before.as_deref().map(Stored::read).transpose().map_err(|error| unreadable(&error))?;
        if !self.told_of_restart.replace(true) {
            avatar = avatar.map(|avatar| avatar.after(Event::Restarted, moment));
        }
        let (avatar, told) = change(avatar);
        if let Some(avatar) = &avatar {
            let after = Stored::write(avatar).map_err(|error| unreadable(&error))?;
            // Each row that is written is paid for.
            if before.as_deref() != Some(after.as_str()) {
                rows.set_text("avatar", &after)?;
            }
            if let Some(connection) = connection.filter(|connection| connection.carries(avatar).is_ok()) {
                let deployment = self.deployment()?;
                let again = avatar
                    .look_again(&connection.account, moment, |_, task_kind| deployment.wants(task_kind));
                again.map_or(Ok(()), |again| self.arm(again))?;
            }
        }
        Ok(told)
    }

    /// Loads the avatar as it is saved.
    pub(crate) fn load(&self) -> Result<Option<Avatar>> {
        let text = self.rows().text("avatar")?;
        text.map(|text| Stored::read(&text).map_err(|error| Error::from(error.to_string()))).transpose()
    }

    /// Finds the account and bucket of the avatar.
    pub(crate) fn connection(&self, deployment: &Deployment) -> Result<Option<ConnectionSettings>> {
        let test = if deployment.test_mode { self.test_box()? } else { None };
        match test {
            Some(_) if !deployment.can_drive(self.load()?.as_ref()) => Ok(None),
            Some(test) => test.connection(deployment, self.avatar_id()?),
            None => Ok(deployment.connection().filter(|_| !deployment.test_mode)),
        }
    }

    /// Finds the account and bucket for an avatar that does not exist yet.
    pub(crate) fn connection_of_newcomer(
        id: AvatarId,
        origin: &str,
        deployment: &Deployment,
    ) -> Result<Option<ConnectionSettings>> {
        match deployment.test_mode {
            true if deployment.lacks_simulator() => Ok(None),
            true => TestBox::new(origin)?.connection(deployment, id),
            false => Ok(deployment.connection()),
        }
    }

    pub(crate) fn test_box(&self) -> Result<Option<TestBox>> {
        self.rows().value("test box")
    }

    /// Returns the id of the avatar whose object this is, as the object was told.
    pub(crate) fn avatar_id(&self) -> Result<AvatarId> {
        let id = self.rows().text("id")?;
        id.and_then(|id| id.parse().ok()).ok_or_else(|| Error::from("nobody's object"))
    }

    /// Notes the id of the avatar whose object this is, and the front's origin: in test mode everything leads back
    /// there.
    pub(crate) fn introduce(&self, id: AvatarId, origin: &str, deployment: &Deployment) -> Result<()> {
        let rows = self.rows();
        if rows.text("id")?.is_none() {
            rows.set_text("id", &id.to_string())?;
        }
        if deployment.test_mode {
            let known = self.test_box()?;
            let test = known.map_or_else(|| TestBox::new(origin), |test| Ok(test.moved_to(origin)))?;
            rows.set_value("test box", &test)?;
        }
        Ok(())
    }

    /// Applies an event to the avatar, and returns the avatar afterwards; `None` if there is none.
    pub(crate) fn apply(&self, event: Event) -> Result<Option<Avatar>> {
        let connection = self.connection(&*self.deployment()?)?;
        let moment = settings::moment_of(connection.as_ref())?;
        self.update(connection.as_ref(), &moment, |avatar| {
            let avatar = avatar.map(|avatar| avatar.after(event, &moment));
            (avatar.clone(), avatar)
        })
    }

    /// Notes that the bytes of a transfer move, and tells whether its outcome is still awaited.
    pub(crate) fn progressed(&self, task: TaskId) -> Result<bool> {
        Ok(self.apply(Event::Progressed(task))?.is_some_and(|avatar| avatar.awaits(task)))
    }
}
