//! `likeness doctor`: faults of this machine's set-up, and advice about them.

mod edge;
mod finding;
mod network;
mod records;

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
};

use likeness_core::{
    avatar::{AvatarId, Name},
    error::{StorageError, StorageErrorKind},
    storage::Prefix,
    words::Audience,
};
use serde_json::{Value, json};

use self::{
    finding::{Finding, State},
    network::Network,
};
use crate::{
    args::Doctor,
    commands::telegram::name_of,
    context::Context,
    disk::storage_error,
    failure::{self, Exit, Failure},
    files::store::{DATABASE, Standing},
    photos::parallel::MemoryPool,
    settings::{Origin, Settings},
    transport::{Transport, objects::Objects},
    words::bytes,
};

pub(crate) async fn run(args: &Doctor, context: &Context) -> Result<(), Failure> {
    let findings = match &args.edge {
        Some(url) => edge::findings(url, context).await?,
        None => of_this_machine(args, context).await,
    };
    let output = &context.output;
    let documents: Vec<Value> = findings.iter().map(Finding::document).collect();
    let failed: Vec<&Finding> = findings.iter().filter(|finding| finding.exit().is_some()).collect();
    output.document(&json!({ "checks": documents, "usable": failed.is_empty() }))?;
    output.rows(&findings.iter().map(Finding::row).collect::<Vec<_>>())?;
    let Some(exit) = failed.first().and_then(|finding| finding.exit()) else { return Ok(()) };
    let failure = Failure::new(
        exit,
        "doctor.not_usable",
        if args.edge.is_some() { "this deployment is not ready" } else { "this machine is not ready" },
    );
    if output.is_seen_in_one() {
        let names: Vec<&str> = failed.iter().map(|finding| finding.name).collect();
        return Err(failure.why(format!("see above: {}", names.join(", "))));
    }
    Err(failed.into_iter().fold(failure, |failure, finding| {
        failure.why(format!("{}: {}", finding.name, finding.text)).next(finding.advice.clone())
    }))
}

async fn of_this_machine(args: &Doctor, context: &Context) -> Vec<Finding> {
    let settings = &context.settings;
    let network = Network::look(settings).await;
    let mut findings = vec![version(), machine(), network.clock];
    findings.extend(settings_files(settings));
    findings.push(data_folder(settings));
    // This look comes first: it may put a broken database aside.
    let records = records::findings(settings, args.repair);
    findings.extend(database(settings));
    findings.extend(records);
    findings.push(key(settings));
    findings.extend(network.proxy);
    findings.extend(network.fal);
    findings.extend(bucket(settings).await);
    findings.extend(telegram(settings).await);
    findings.push(terminal(context));
    findings
}

fn version() -> Finding {
    let system =
        format!("{} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    Finding::ok("version", system)
}

fn machine() -> Finding {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let text =
        format!("{cores} cores; up to {} of memory for photos", bytes(MemoryPool::of_this_machine().total()));
    Finding::ok("machine", text)
}

fn settings_files(settings: &Settings) -> Vec<Finding> {
    let rows = settings.rows();
    let holds_key = rows.iter().any(|row| row.is_secret && matches!(row.origin, Origin::File(_)));
    let file = settings.file.iter().map(|path| (path, holds_key));
    let stored = match &settings.fal_key.origin {
        Origin::Login(path) => Some((path, true)),
        _ => None,
    };
    file.chain(stored).map(|(path, holds_key)| settings_file(path, holds_key)).collect()
}

fn settings_file(path: &Path, holds_key: bool) -> Finding {
    let shown = path.display();
    if holds_key && others_may_read(path) {
        let text = format!("{shown} holds a key, and others may read it");
        return Finding::new("settings", State::Warn, text, format!("chmod 600 {shown}"));
    }
    Finding::ok("settings", shown.to_string())
}

fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Bytes that a training needs on the disk: it keeps its photos, its archive's parts and a model of about 90 MB.
const ENOUGH_SPACE: u64 = 1 << 30;

fn data_folder(settings: &Settings) -> Finding {
    const NAME: &str = "data folder";
    const ADVICE: &str = "set LIKENESS_HOME to a folder that you may write to";
    const MAKE_ROOM: &str = "free some space on the disk of that folder: jobs that are there stay there";
    let home = match settings.home() {
        Ok(home) => home,
        Err(failure) => return Finding::new(NAME, State::Fail(failure.exit()), failure.brief(), ADVICE),
    };
    let shown = home.display();
    if let Err(error) = try_to_write(&home) {
        let text = format!("{shown} cannot be written to: {error}");
        let is_full = storage_error(&home, &error).kind == StorageErrorKind::Full;
        return Finding::new(
            NAME,
            State::Fail(Exit::Storage),
            text,
            if is_full { MAKE_ROOM } else { ADVICE },
        );
    }
    match free_space(&home) {
        Some(free) if free < ENOUGH_SPACE => {
            Finding::new(NAME, State::Warn, format!("{shown}, only {} free", bytes(free)), MAKE_ROOM)
        }
        Some(free) => Finding::ok(NAME, format!("{shown}, {} free", bytes(free))),
        None => Finding::ok(NAME, shown.to_string()),
    }
}

fn database(settings: &Settings) -> Option<Finding> {
    const NAME: &str = "database";
    let standing = Standing::of(&settings.home().ok()?)?;
    let unusable = |error: &StorageError| {
        let advice = match error.kind {
            StorageErrorKind::Broken => records::REBUILD.into(),
            _ => error.advice(Audience::Terminal),
        };
        Finding::new(NAME, State::Fail(Exit::Storage), error.to_string(), advice)
    };
    Some(match standing {
        Ok(Standing::Logged) => Finding::ok(NAME, "reading goes on beside writing"),
        Ok(Standing::Unlogged) => {
            let advice = "a data folder on a disk of this machine serves several callers better";
            Finding::new(NAME, State::Warn, "reading and writing wait for each other", advice)
        }
        Ok(Standing::Older) => Finding::ok(NAME, "an older layout, which the next command brings up to date"),
        Ok(Standing::Newer) => unusable(&StorageError::new(StorageErrorKind::Newer, DATABASE)),
        Err(error) => unusable(&error),
    })
}

fn try_to_write(folder: &PathBuf) -> io::Result<()> {
    use io::Write as _;

    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(b"likeness")?;
    file.as_file().sync_all()
}

fn free_space(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Asks Telegram for the bot, where there is one.
async fn telegram(settings: &Settings) -> Option<Finding> {
    const NAME: &str = "telegram";
    let deployment = match settings.deployment() {
        Ok(deployment) => deployment,
        Err(failure) => return Some(Finding::new(NAME, State::Fail(failure.exit()), failure.brief(), "")),
    };
    let telegram = deployment.telegram?;
    let name = match name_of(&telegram).await {
        Ok(name) => name,
        Err(failure) => {
            let advice = "compare TELEGRAM_BOT_TOKEN with what @BotFather shows, and check the network";
            return Some(Finding::new(NAME, State::Fail(failure.exit()), failure.brief(), advice));
        }
    };
    let text = format!("@{name}, at {}", telegram.api.origin());
    Some(if telegram.secret.is_some() {
        Finding::ok(NAME, text)
    } else {
        let advice = "`likeness telegram run` needs none; a webhook needs TELEGRAM_WEBHOOK_SECRET";
        Finding::new(NAME, State::Ok, format!("{text}, without a webhook's secret"), advice)
    })
}

fn key(settings: &Settings) -> Finding {
    const NAME: &str = "key";
    let Some(key) = &settings.fal_key.value else {
        let advice = if settings.test_mode.value {
            ""
        } else {
            "store a key from https://fal.ai/dashboard/keys with `likeness login`, or set FAL_KEY to it"
        };
        let state = if settings.test_mode.value { State::Ok } else { State::Warn };
        return Finding::new(NAME, state, "not set; the simulator needs none (--test, demo)", advice);
    };
    let origin = &settings.fal_key.origin;
    match key.expose().split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
            Finding::ok(NAME, format!("set, from {origin}"))
        }
        _ => {
            let text = format!("set, from {origin}, but not written as id:secret");
            Finding::new(NAME, State::Warn, text, "copy it whole from https://fal.ai/dashboard/keys")
        }
    }
}

/// Lists an empty prefix of the bucket once.
async fn bucket(settings: &Settings) -> Option<Finding> {
    const NAME: &str = "bucket";
    if settings.minio_endpoint.is_none() && settings.minio_bucket.is_none() {
        return None;
    }
    let fail = |failure: &Failure, advice: &str| {
        Finding::new(NAME, State::Fail(failure.exit()), failure.brief(), advice)
    };
    let bucket = match settings.bucket() {
        Ok(bucket) => bucket,
        Err(failure) => return Some(fail(&failure, &failure.advice())),
    };
    let transport = Transport::http().ok()?;
    let address = bucket.url().to_string();
    let user = Name::new("doctor").ok()?;
    let nowhere = Prefix::of(&user, AvatarId::new(uuid::Uuid::nil()));
    Some(match Objects::new(bucket, transport).list(&nowhere).await {
        Ok(_) => Finding::ok(NAME, format!("{address} answers, and takes the key")),
        Err(error) => {
            let advice = error.advice(Audience::Terminal).into_owned();
            let mut finding = fail(&failure::storage(error), &advice);
            finding.text = format!("{address}: {}", finding.text);
            finding
        }
    })
}

fn terminal(context: &Context) -> Finding {
    let text = match (context.output.is_terminal(), context.output.shows_bars()) {
        (true, true) => "progress bars, and questions before money is spent",
        (true, false) => "no progress bars, as asked for",
        (false, _) => "none: progress goes to the log, and what spends money needs --yes",
    };
    Finding::ok("terminal", text)
}
