//! A shell under certain settings, with all servers that it talks to.

use std::{path::PathBuf, process::Child, sync::RwLock};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    gate::{Fate, Gate},
    http,
    minio::{self, Store},
    shell::{Kind, Settings, Shell, start},
    shell_native,
};

/// The settings of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Test mode, without a bucket.
    Test,
    /// fal.ai (simulated, by HTTP) and a bucket (MinIO); a backend is told.
    Bought,
    /// fal.ai, and no bucket.
    Bare,
    /// Test mode in which nothing may be bought today.
    Capped,
    /// Settings without an operator's token: nobody is let in.
    Closed,
    /// Settings with neither a key nor test mode.
    Keyless,
    /// An operator's token that is too short.
    Unusable,
}

impl Mode {
    pub(crate) const ALL: [Self; 7] =
        [Self::Test, Self::Bought, Self::Bare, Self::Capped, Self::Closed, Self::Keyless, Self::Unusable];
}

pub(crate) const ADMIN: &str = "an-operator-of-more-than-32-characters";
pub(crate) const ORIGIN: &str = "https://app.example";
pub(crate) const NOTIFY_SECRET: &str = "hush-hush";
const FAL_KEY: &str = "kid:hush";

/// A shell and the servers around it.
pub(crate) struct Fixture {
    pub(crate) shell: RwLock<Shell>,
    /// Gate before fal.ai. The gates are there in every mode, and used where the settings say so.
    pub(crate) fal: Gate,
    pub(crate) bucket: Gate,
    pub(crate) webhooks: Gate,
    /// Gate before the backend that is told.
    pub(crate) backend: Gate,
    pub(crate) store: Option<Store>,
    simulator: Option<Simulator>,
}

struct Simulator {
    address: String,
    child: Child,
    _folder: TempDir,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Simulator {
    fn start(faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let command = shell_native::simulator(folder.path(), "1s", faults);
        let (child, address, _) = start(command, shell_native::address);
        Self { address, child, _folder: folder }
    }
}

impl Fixture {
    /// Starts the shell and its servers. `None` where a server is missing on this machine, which is reported.
    pub(crate) fn start(kind: Kind, mode: Mode, faults: &[&str]) -> Option<Self> {
        Self::start_with(kind, mode, faults, Settings::new())
    }

    /// Starts the shell with more settings.
    pub(crate) fn start_with(kind: Kind, mode: Mode, faults: &[&str], extra: Settings) -> Option<Self> {
        let (fal, bucket, webhooks, backend) = (Gate::new(), Gate::new(), Gate::new(), Gate::new());
        let mut settings: Settings = vec![("ADMIN_TOKEN", ADMIN.to_owned())];
        let mut set = |name, value: &str| settings.push((name, value.to_owned()));
        let (mut simulator, mut store) = (None, None);
        match mode {
            Mode::Test | Mode::Capped => {
                set("AVATAR_TEST_MODE", "true");
                set("FAL_MOCK_TRAINING_DURATION", "1");
                set("ALLOWED_ORIGINS", ORIGIN);
                let cap = if mode == Mode::Test { "1000" } else { "0" };
                set("DAILY_TRAININGS", cap);
                set("DAILY_PICTURES", cap);
            }
            Mode::Bought | Mode::Bare => {
                let fal_ai = Simulator::start(faults);
                fal.lead_to(&fal_ai.address);
                simulator = Some(fal_ai);
                set("FAL_KEY", FAL_KEY);
                set("FAL_BASE_URL", &format!("http://{}", fal.address));
                set("DAILY_TRAININGS", "1000");
            }
            Mode::Closed => {
                settings = vec![("AVATAR_TEST_MODE", "true".to_owned())];
            }
            Mode::Keyless => {}
            Mode::Unusable => {
                settings = vec![("ADMIN_TOKEN", "short".to_owned())];
            }
        }
        if mode == Mode::Bought {
            let minio = Store::new()?;
            bucket.lead_to(minio.server());
            backend.rule(|_| Some(Fate::Answer(200)));
            for (name, value) in [
                ("MINIO_ENDPOINT", format!("http://{}", bucket.address)),
                ("MINIO_BUCKET", minio.name().to_owned()),
                ("MINIO_ACCESS_KEY", minio::KEY.to_owned()),
                ("MINIO_SECRET_KEY", minio::SECRET.to_owned()),
                ("FAL_WEBHOOK_URL", format!("http://{}/webhooks/fal", webhooks.address)),
                ("NOTIFY_URL", format!("http://{}/told", backend.address)),
                ("NOTIFY_SECRET", NOTIFY_SECRET.to_owned()),
            ] {
                settings.push((name, value));
            }
            store = Some(minio);
        }
        settings.extend(extra);
        let shell = Shell::start(kind, settings);
        webhooks.lead_to(&shell.address);
        Some(Self { shell: RwLock::new(shell), fal, bucket, webhooks, backend, store, simulator })
    }

    pub(crate) fn address(&self) -> String {
        self.shell.read().expect("a shell").address.clone()
    }

    /// Returns the folder of the shell's state.
    pub(crate) fn folder(&self) -> PathBuf {
        self.shell.read().expect("a shell").folder().to_owned()
    }

    /// Lists the files of the shell's state.
    pub(crate) fn stored(&self) -> Vec<PathBuf> {
        self.shell.read().expect("a shell").stored()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.shell.read().expect("a shell").kind
    }

    pub(crate) fn store(&self) -> &Store {
        self.store.as_ref().expect("a bucket")
    }

    /// Counts the trainings that fal.ai was ordered to make, whether or not the shell learned of them. Only those
    /// that are over are in fal.ai's list.
    pub(crate) fn purchases(&self) -> usize {
        let list = self.requests();
        list["items"].as_array().map_or_else(|| panic!("{list}"), Vec::len)
    }

    /// Returns fal.ai's own list of the trainings that are over.
    pub(crate) fn requests(&self) -> Value {
        let simulator = self.simulator.as_ref().expect("a simulator");
        let target =
            "/v1/models/requests/by-endpoint?endpoint_id=fal-ai%2Fflux-lora-portrait-trainer&limit=100";
        let key = format!("Key {FAL_KEY}");
        let answer = http::call(&simulator.address, "GET", target, &[("authorization", &key)], b"");
        answer.expect("an answer").is(200).json()
    }

    /// Counts the orders for trainings of this avatar that reached fal.ai.
    pub(crate) fn orders(&self, avatar: &str) -> usize {
        self.fal.seen(|seen| is_order(seen) && seen.line.contains(avatar)).len()
    }
}

/// Tells whether a call is an order for a training.
pub(crate) fn is_order(seen: &crate::gate::Seen) -> bool {
    seen.line.starts_with("POST /fal-ai/flux-lora-portrait-trainer")
}
