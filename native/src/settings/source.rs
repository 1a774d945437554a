//! Sources of settings: the environment and the settings file.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use likeness_core::secret::Secret;

use super::{
    file, key_file, known,
    setting::{Origin, Setting},
};
use crate::{
    args::values,
    failure::{Exit, Failure},
};

/// The environment and the settings file, with the faults found in them so far.
pub(super) struct Sources<'a> {
    environment: &'a dyn Fn(&str) -> Option<OsString>,
    file: Option<PathBuf>,
    /// True if a flag or the environment named that file.
    named: bool,
    values: BTreeMap<&'static str, String>,
    problems: Vec<String>,
}

/// A value that may be missing, on its way to a [`Setting`].
pub(super) struct Found<T>(Option<(T, Origin)>);

impl<T> Found<T> {
    pub(super) fn or(self, default: T) -> Setting<T> {
        let (value, origin) = self.0.unwrap_or((default, Origin::Default));
        Setting { value, origin }
    }

    pub(super) fn optional(self) -> Setting<Option<T>> {
        match self.0 {
            Some((value, origin)) => Setting { value: Some(value), origin },
            None => Setting { value: None, origin: Origin::Default },
        }
    }
}

impl<'a> Sources<'a> {
    pub(super) fn read(
        config: Option<&Path>,
        environment: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let mut sources =
            Self { environment, file: None, named: false, values: BTreeMap::new(), problems: Vec::new() };
        let named = config.map(Path::to_owned).or_else(|| sources.set("LIKENESS_CONFIG").map(PathBuf::from));
        sources.named = named.is_some();
        let standard = || Some(sources.configuration()?.join("likeness.toml")).filter(|path| path.exists());
        sources.file = named.or_else(standard);
        if let Some(path) = &sources.file {
            sources.values = file::read(path)?;
        }
        Ok(sources)
    }

    /// Returns the path of the settings file that was read.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Returns the configuration folder of the XDG base directory specification.
    fn configuration(&self) -> Option<PathBuf> {
        self.folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("likeness"))
    }

    /// Returns the file in which `likeness login` stores the key: always in the configuration folder, since a settings
    /// file that was named may lie among files that are shared.
    pub(super) fn key_file(&self) -> Option<PathBuf> {
        self.configuration().map(|folder| folder.join("fal.key"))
    }

    /// Returns an error that names every fault.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        let problems = std::mem::take(&mut self.problems);
        if problems.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(Exit::Usage, "settings.invalid", "the settings cannot be used");
        Err(problems.into_iter().fold(failure, Failure::why).next("correct these values, or take them away"))
    }

    /// Finds a value that `parse` makes of its text; the message of `parse` must not quote the text.
    pub(super) fn value<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Found<T> {
        let Some((text, origin)) = self.text(key) else { return Found(None) };
        match parse(&text) {
            Ok(value) => Found(Some((value, origin))),
            Err(message) => {
                self.refuse(key, &origin, message);
                Found(None)
            }
        }
    }

    /// Finds a key or a password.
    pub(super) fn secret(&mut self, key: &str) -> Setting<Option<Secret>> {
        self.value(key, |text| Secret::new(text).ok_or("it holds a control character")).optional()
    }

    /// Finds fal's key: in the environment, else in a settings file that was named, else in the file of `likeness
    /// login`, else in the settings file of the configuration folder.
    pub(super) fn fal_key(&mut self) -> Setting<Option<Secret>> {
        let set = self.fal_key_that_is_set();
        let is_set = matches!(set.origin, Origin::Environment(_)) || self.named && set.value.is_some();
        if is_set {
            return set;
        }
        self.stored_key().unwrap_or(set)
    }

    fn stored_key(&mut self) -> Option<Setting<Option<Secret>>> {
        let path = self.key_file()?;
        match key_file::read(&path) {
            Ok(key) => Some(Setting { value: Some(key?), origin: Origin::Login(path) }),
            Err(message) => {
                self.problems.push(format!("the key in {}: {message}; take that file away", path.display()));
                None
            }
        }
    }

    /// Finds fal's key under either of its names. Two different keys are an error, since it would be unknown which
    /// account pays.
    fn fal_key_that_is_set(&mut self) -> Setting<Option<Secret>> {
        let (first, second) = (self.secret("fal_key"), self.secret("fal_api_key"));
        match (&first.value, &second.value) {
            (Some(one), Some(other)) if one != other && same_rank(&first.origin, &second.origin) => {
                self.problems
                    .push("FAL_KEY and FAL_API_KEY are both set, and differ; keep one of them".to_owned());
                first
            }
            // The environment takes precedence over the file, whichever of the two names it uses.
            (Some(_), Some(_)) if matches!(first.origin, Origin::File(_)) => second,
            (None, Some(_)) => second,
            _ => first,
        }
    }

    /// Finds the path of a file or folder; `~/` at its beginning is the home folder.
    pub(super) fn path(&mut self, key: &str) -> Setting<Option<PathBuf>> {
        let variable = known::find(key).map_or("", |known| known.variable);
        let (path, origin) = match self.set(variable) {
            Some(path) => (PathBuf::from(path), Origin::Environment(variable)),
            None => match self.text(key) {
                Some((text, origin)) => (PathBuf::from(text), origin),
                None => return Setting { value: None, origin: Origin::Default },
            },
        };
        let path = match (path.strip_prefix("~"), self.set("HOME")) {
            (Ok(rest), Some(home)) => Path::new(&home).join(rest),
            _ => path,
        };
        if !path.is_absolute() {
            self.refuse(key, &origin, "a path from the root is needed, such as /home/anna/likeness");
        }
        Setting { value: Some(path), origin }
    }

    /// Returns the data folder of the XDG base directory specification.
    pub(super) fn standard_home(&self) -> Option<PathBuf> {
        self.folder("XDG_DATA_HOME", ".local/share").map(|folder| folder.join("likeness"))
    }

    /// Tells whether NO_COLOR is set: its value does not matter, "when present and not an empty string" (no-color.org).
    pub(super) fn no_color(&mut self) -> Setting<bool> {
        if self.set("NO_COLOR").is_some() {
            return Setting { value: true, origin: Origin::Environment("NO_COLOR") };
        }
        self.value("no_color", values::switch).or(false)
    }

    /// Returns a folder of the XDG base directory specification 0.8: "All paths set in these environment variables must
    /// be absolute. If an implementation encounters a relative path […] it should consider the path invalid and ignore
    /// it".
    fn folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        self.set(variable)
            .and_then(absolute)
            .or_else(|| self.set("HOME").and_then(absolute).map(|home| home.join(below_home)))
    }

    /// Returns an environment variable; an empty one counts as not set.
    fn set(&self, variable: &str) -> Option<OsString> {
        (self.environment)(variable).filter(|value| !value.is_empty())
    }

    fn text(&mut self, key: &str) -> Option<(String, Origin)> {
        let known = known::find(key)?;
        if !known.variable.is_empty()
            && let Some(value) = self.set(known.variable)
        {
            let origin = Origin::Environment(known.variable);
            if let Ok(text) = value.into_string() {
                return Some((text, origin));
            }
            self.refuse(key, &origin, "it is not UTF-8");
            return None;
        }
        let origin = Origin::File(self.file.clone().unwrap_or_default());
        self.values.get(known.key).filter(|text| !text.is_empty()).map(|text| (text.clone(), origin))
    }

    fn refuse(&mut self, key: &str, origin: &Origin, message: &str) {
        self.problems.push(match origin {
            Origin::Environment(variable) => format!("{variable}: {message}"),
            Origin::Flag(flag) => format!("{flag}: {message}"),
            _ => format!("{key} in {origin}: {message}"),
        });
    }
}

fn same_rank(one: &Origin, other: &Origin) -> bool {
    matches!(one, Origin::File(_)) == matches!(other, Origin::File(_))
}
