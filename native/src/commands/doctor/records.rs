//! The comparison of database and data folder, and its repair.

use std::path::Path;

use likeness_core::{
    error::{StorageError, StorageErrorKind},
    words::Audience,
};

use super::finding::{Finding, State};
use crate::{
    failure::Exit,
    files::store::{DATABASE, FoundRecord, OpenFor, Standing, Store, Unclaimed},
    jobs::lost,
    printable::shown,
    settings::Settings,
};

const NAME: &str = "jobs";

/// Looks whether database and data folder agree. With `repair` takes up the jobs that the database does not know.
pub(super) fn findings(settings: &Settings, repair: bool) -> Vec<Finding> {
    let Some(home) = settings.home().ok().filter(|home| home.is_dir()) else { return Vec::new() };
    let is_opened = match Standing::of(&home) {
        // Looking must not make a database where nothing was ever done, nor change one.
        None => Store::holds_folders(&home),
        Some(Ok(Standing::Logged | Standing::Unlogged)) => true,
        Some(Ok(Standing::Older) | Err(_)) => repair,
        Some(Ok(Standing::Newer)) => false,
    };
    if !is_opened {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut seen = open_and_look(&home, repair);
    if repair && seen.as_ref().is_err_and(|error| is_broken_database(error, &home)) {
        match Store::set_aside(&home) {
            Ok(name) => {
                let text = format!("the broken database is called {name} now, and a new one is in its place");
                let advice =
                    "delete that file once nothing in it is needed: erasing people does not reach it";
                findings.push(Finding::new(NAME, State::Warn, text, advice));
                seen = open_and_look(&home, repair);
            }
            Err(error) => findings.push(unusable(&error, "")),
        }
    }
    match seen {
        Ok(found) => findings.extend(found),
        Err(error) if is_broken_database(&error, &home) => findings.push(unusable(&error, REBUILD)),
        Err(error) => findings.push(unusable(&error, "")),
    }
    findings
}

/// The advice on a database that cannot be read.
pub(super) const REBUILD: &str = "put back a backup (docs/backup.md), or begin a new one from the jobs' own records: \
                       `likeness doctor --repair`";

fn open_and_look(home: &Path, repair: bool) -> Result<Vec<Finding>, StorageError> {
    Store::open(home, OpenFor::ACommand).and_then(|store| look(&store, repair))
}

/// Tells a damaged database, or a file that is not one, from a disk that fails elsewhere.
fn is_broken_database(error: &StorageError, home: &Path) -> bool {
    error.kind == StorageErrorKind::Broken && error.place == home.join(DATABASE).display().to_string()
}

fn unusable(error: &StorageError, advice: &str) -> Finding {
    let advice =
        if advice.is_empty() { error.advice(Audience::Terminal).into_owned() } else { advice.to_owned() };
    Finding::new(NAME, State::Fail(Exit::Storage), error.to_string(), advice)
}

fn look(store: &Store, repair: bool) -> Result<Vec<Finding>, StorageError> {
    let mut findings = Vec::new();
    if let Some(flaw) = store.flaw()? {
        let text = format!("the database is damaged: {flaw}");
        let advice = "put back a backup (docs/backup.md)";
        findings.push(Finding::new(NAME, State::Fail(Exit::Storage), text, advice));
    }
    for one in store.unclaimed()? {
        findings.push(if repair { take_up(store, &one)? } else { lost(&one) });
    }
    let (avatars, unreadable) = store.load_readable()?;
    for row in unreadable {
        let text = format!("job {} cannot be read: {}", shown(&row.id), row.error);
        findings.push(Finding::new(NAME, State::Warn, text, row.error.advice(Audience::Terminal)));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, format!("{} in the database, and all can be read", avatars.len())));
    }
    Ok(findings)
}

fn lost(one: &Unclaimed) -> Finding {
    let advice = match one.record {
        FoundRecord::Readable(_) => lost::ADVICE,
        FoundRecord::Unreadable(_) | FoundRecord::None => "",
    };
    let text = format!("the database does not know {}", lost::unclaimed_line(one));
    Finding::new(NAME, State::Warn, text, advice)
}

fn take_up(store: &Store, one: &Unclaimed) -> Result<Finding, StorageError> {
    if !matches!(one.record, FoundRecord::Readable(_)) || store.take_up(one.id)?.is_none() {
        return Ok(lost(one));
    }
    let text = format!("taken up: {}", lost::unclaimed_line(one));
    Ok(Finding::new(NAME, State::Ok, text, format!("see how it stands: likeness status {}", one.id)))
}
