//! The shell that drives an avatar: the store, and the avatar's connection to fal.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use likeness_core::{
    api::{ConnectionSettings, Notify},
    avatar::{Avatar, AvatarId, Command, Event, Outcome, TaskId, TaskKind},
    fal::Account,
    limits::{POLL_INTERVAL, poll_interval_in_test_mode},
    photo::Treatment,
    simulator::{Plan, Simulator},
};

use crate::{
    context::Context,
    failure::{self, Exit, Failure},
    files::{
        download::Downloads,
        kept::KeptFiles,
        orphans,
        store::{OpenFor, Store},
    },
    moment::{entropy, moment},
    photos::parallel::MemoryPool,
    settings::{SIMULATOR, Settings},
    transport::{SimulatorStore, Transport, moving::Transfers, objects::Objects},
};

/// The store, and the state that all avatars of one command share.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) store: Arc<Store>,
    /// Memory for the photos in flight.
    pub(crate) memory: Arc<MemoryPool>,
    /// Files that are being fetched.
    pub(crate) downloads: Downloads,
    /// Progress of the transfers under way.
    pub(crate) transfers: Transfers,
    /// Kept files of avatars.
    pub(crate) kept: KeptFiles,
    /// Backend that gets notices of avatars behind the API.
    pub(crate) notify: Option<Arc<Notify>>,
    settings: Arc<Settings>,
    /// The real network, once it was needed.
    http: Arc<OnceLock<Transport>>,
}

/// The connection of an avatar to fal.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) account: Account,
    pub(crate) transport: Transport,
    pub(crate) poll: Duration,
    /// The bucket of the settings, for an avatar whose photos or copies lie in one.
    pub(crate) objects: Option<Arc<Objects>>,
}

impl Shell {
    /// Opens the store, and sweeps what earlier commands left.
    pub(crate) fn open(context: &Context) -> Result<Self, Failure> {
        Self::open_and_sweep(context, OpenFor::ACommand)
    }

    /// Opens the store to erase something, which a full disk does not stop.
    pub(crate) fn open_to_erase(context: &Context) -> Result<Self, Failure> {
        Self::open_and_sweep(context, OpenFor::AnErase)
    }

    fn open_and_sweep(context: &Context, whom: OpenFor) -> Result<Self, Failure> {
        let shell = Self::open_for(context, whom)?;
        orphans::sweep(&shell.store);
        Ok(shell)
    }

    /// Opens the store.
    pub(crate) fn open_for(context: &Context, whom: OpenFor) -> Result<Self, Failure> {
        let home = context.settings.home()?;
        let store = Store::open(&home, whom).map_err(failure::storage)?;
        Ok(Self::of(store, &context.settings))
    }

    /// Opens the store to look into it, if there is one. Nothing is made or tidied up.
    pub(crate) fn looking(settings: &Settings) -> Option<Self> {
        let home = settings.home.value.as_deref().filter(|home| Store::is_in(home))?;
        Store::open(home, OpenFor::ACommand).ok().map(|store| Self::of(store, settings))
    }

    fn of(store: Store, settings: &Settings) -> Self {
        let memory = Arc::new(MemoryPool::of_this_machine());
        let settings = Arc::new(settings.clone());
        Self {
            store: Arc::new(store),
            memory,
            downloads: Downloads::default(),
            transfers: Transfers::default(),
            kept: KeptFiles::default(),
            notify: None,
            settings,
            http: Arc::default(),
        }
    }

    /// Sets the backend that gets notices.
    pub(crate) fn telling(mut self, notify: Option<Notify>) -> Self {
        self.notify = notify.map(Arc::new);
        self
    }

    /// Returns the real network.
    pub(crate) fn http(&self) -> Result<Transport, Failure> {
        if let Some(transport) = self.http.get() {
            return Ok(transport.clone());
        }
        let transport = Transport::http()?;
        Ok(self.http.get_or_init(|| transport).clone())
    }

    /// Loads the avatar, which must exist.
    pub(crate) fn load(&self, id: AvatarId) -> Result<Avatar, Failure> {
        self.store.load(id).map_err(failure::storage)?.ok_or_else(|| failure::no_avatar(id))
    }

    /// Returns the choices about photos.
    pub(crate) fn treatment(&self) -> Treatment {
        self.settings.treatment()
    }

    /// Makes the connection of a new avatar, as the settings say.
    pub(crate) fn connection(&self, id: AvatarId) -> Result<Connection, Failure> {
        self.connection_in(id, self.settings.test_mode.value)
    }

    /// Makes the connection that this avatar had from its beginning: test mode is never mixed with money, and a job is
    /// only followed where it was bought.
    pub(crate) fn connection_of(&self, avatar: &Avatar) -> Result<Connection, Failure> {
        let connection = self.connection_in(avatar.id(), avatar.test_mode())?;
        let origin = connection.account.origins().origin();
        if origin == avatar.origin() {
            return Ok(Connection { objects: self.objects_of(avatar), ..connection });
        }
        Err(Failure::new(Exit::Usage, "settings.other_origin", "this job was bought elsewhere")
            .why(format!("it was bought at {}, the settings say {origin}", avatar.origin()))
            .next("set FAL_BASE_URL as it was then"))
    }

    /// Returns the network on which this avatar's files are.
    pub(crate) fn transport_of(&self, avatar: &Avatar) -> Result<Transport, Failure> {
        if avatar.test_mode() { self.simulated(avatar.id()) } else { self.http() }
    }

    /// Returns the network on which to ask fal about one of this avatar's requests, beside the process that drives the
    /// avatar. A simulator is looked at as it was saved, and stays as it is.
    pub(crate) fn looking_transport_of(&self, avatar: &Avatar) -> Result<Transport, Failure> {
        if avatar.test_mode() { self.simulated_as(avatar.id(), Keeps::Nothing) } else { self.http() }
    }

    /// Makes the connection of an avatar behind the API.
    pub(crate) fn connection_on(
        &self,
        connection: &ConnectionSettings,
        avatar: &Avatar,
    ) -> Result<Connection, Failure> {
        let transport = self.transport_of(avatar)?;
        let objects = self.objects_of(avatar);
        Ok(Connection { account: connection.account.clone(), transport, poll: connection.poll, objects })
    }

    /// Opens the bucket of the avatar's files. If the settings name another bucket now, work that needs the bucket
    /// fails; a cancel, say, does not.
    fn objects_of(&self, avatar: &Avatar) -> Option<Arc<Objects>> {
        let bucket_folder = avatar.bucket_folders().last()?;
        self.objects().ok().filter(|objects| bucket_folder.is_in(objects.bucket())).map(Arc::new)
    }

    /// Opens the simulator of this avatar. One for each avatar that is driven: calls past it are lost.
    fn simulated(&self, id: AvatarId) -> Result<Transport, Failure> {
        self.simulated_as(id, Keeps::Everything)
    }

    fn simulated_as(&self, id: AvatarId, keeps: Keeps) -> Result<Transport, Failure> {
        let base = SIMULATOR.parse().map_err(|error: url::ParseError| no_way(&error))?;
        let (seed, _) = uuid::Uuid::from_bytes(entropy()?).as_u64_pair();
        let plan = Plan::of_avatar(base, seed, self.settings.mock_training);
        Ok(Transport::simulated(Arc::new(SimulatorState { store: Arc::clone(&self.store), id, plan, keeps })))
    }

    /// Applies an event to the avatar, which must exist.
    pub(crate) fn tell(&self, id: AvatarId, event: Event) -> Result<Avatar, Failure> {
        self.tell_at(id, event, POLL_INTERVAL)
    }

    /// Applies an event where fal is asked for a request's status after each `poll`.
    pub(crate) fn tell_at(&self, id: AvatarId, event: Event, poll: Duration) -> Result<Avatar, Failure> {
        let moment = moment(poll)?;
        let told = self.store.update(id, |avatar| match avatar {
            Some(avatar) => {
                let avatar = avatar.after(event, &moment);
                (Some(avatar.clone()), Some(avatar))
            }
            None => (None, None),
        });
        told.map_err(failure::storage)?.ok_or_else(|| failure::no_avatar(id))
    }

    /// Applies the outcome of a task. Whether another avatar holds the request is looked up in the same transaction:
    /// two avatars that were told the same request never both take it.
    pub(crate) fn tell_outcome(
        &self,
        id: AvatarId,
        task: TaskId,
        mut outcome: Outcome,
        task_kind: Option<TaskKind>,
        poll: Duration,
    ) -> Result<Avatar, Failure> {
        let moment = moment(poll)?;
        let told = self.store.update_among(id, |avatar, holders| {
            let Some(avatar) = avatar else { return (None, None) };
            if let (Some(task_kind), Outcome::Answered { held_elsewhere, .. }) = (task_kind, &mut outcome) {
                let candidate = avatar.candidate(task_kind);
                let holder = candidate.and_then(|candidate| holders.holder(candidate));
                *held_elsewhere = holder.is_some_and(|holder| holder != id);
            }
            let avatar = avatar.after(Event::Ended(task, outcome), &moment);
            (Some(avatar.clone()), Some(avatar))
        });
        told.map_err(failure::storage)?.ok_or_else(|| failure::no_avatar(id))
    }

    /// Applies a person's command to the avatar.
    pub(crate) fn ask(&self, id: AvatarId, command: Command) -> Result<Avatar, Failure> {
        self.tell(id, Event::Asked(command))
    }

    /// Returns the folder of the avatar's model and pictures.
    pub(crate) fn folder(&self, id: AvatarId) -> PathBuf {
        self.store.folder(id)
    }

    /// Returns the folder of an avatar's prepared photos, which is swept when nothing needs them any more.
    pub(crate) fn working_folder(&self, id: AvatarId) -> PathBuf {
        self.store.working_folder(id)
    }

    /// Opens the bucket of the settings. It is the caller's own also in test mode: there only fal is simulated.
    pub(crate) fn objects(&self) -> Result<Objects, Failure> {
        let bucket = self.settings.bucket()?;
        Ok(Objects::new(bucket, self.http()?))
    }

    fn connection_in(&self, id: AvatarId, test_mode: bool) -> Result<Connection, Failure> {
        let account = self.settings.account_in(test_mode)?;
        if test_mode {
            let transport = self.simulated(id)?;
            let poll = poll_interval_in_test_mode(self.settings.mock_training);
            return Ok(Connection { account, transport, poll, objects: None });
        }
        let transport = self.http()?;
        let poll = account.origins().poll();
        Ok(Connection { account, transport, poll, objects: None })
    }
}

fn no_way(why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Internal, "internal.transport", "no request can be sent").why(why.to_string())
}

/// The simulator's state, saved beside the avatar's, so that it remembers its earlier answers.
#[derive(Debug)]
struct SimulatorState {
    store: Arc<Store>,
    id: AvatarId,
    plan: Plan,
    keeps: Keeps,
}

/// The part of a simulator's changes that is saved. Two processes that saved everything would lose each other's
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    Everything,
    Nothing,
}

impl SimulatorStore for SimulatorState {
    fn load(&self) -> io::Result<Simulator> {
        let simulator = self.store.simulator(self.id).map_err(io::Error::other)?;
        let mut simulator = simulator.unwrap_or_else(|| Simulator::new(self.plan.clone()));
        simulator.set_pace(&self.plan);
        Ok(simulator)
    }

    fn save(&self, simulator: &Simulator) -> io::Result<()> {
        match self.keeps {
            Keeps::Everything => self.store.save_simulator(self.id, simulator).map_err(io::Error::other),
            Keeps::Nothing => Ok(()),
        }
    }
}
