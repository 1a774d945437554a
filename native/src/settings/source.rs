//! Sources of settings: the environment and the settings file.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use likeness_core::secret::Secret;

use super::{
    file, key_file,
    rows::Texts,
    setting::{Origin, Setting},
    table,
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
    texts: Texts,
    problems: Vec<String>,
}

impl<'a> Sources<'a> {
    pub(super) fn read(
        config: Option<&Path>,
        environment: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Failure> {
        let mut sources = Self {
            environment,
            file: None,
            named: false,
            values: BTreeMap::new(),
            texts: Texts::default(),
            problems: Vec::new(),
        };
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

    /// Ends the reading: returns the texts of all that was found, or an error that names every fault.
    pub(super) fn finish(self) -> Result<Texts, Failure> {
        if self.problems.is_empty() {
            return Ok(self.texts);
        }
        let failure = Failure::new(Exit::Usage, "settings.invalid", "the settings cannot be used");
        let failure = self.problems.into_iter().fold(failure, Failure::why);
        Err(failure.next("correct these values, or take them away"))
    }

    /// Finds a value that `parse` makes of its text; the message of `parse` must not quote the text.
    pub(super) fn find<T: ToString>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        self.setting(name, parse, T::to_string).value
    }

    /// Finds a value, or takes the default of the table.
    pub(super) fn value<T: ToString + Default>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> T {
        let found = self.find(name, &parse);
        let default = || table::named(name).and_then(|known| parse(&known.default.to_string()).ok());
        found.or_else(default).unwrap_or_default()
    }

    /// Finds a key or a password.
    pub(super) fn secret(&mut self, name: &'static str) -> Setting<Option<Secret>> {
        let parse = |text: &str| Secret::new(text).ok_or("it holds a control character");
        self.setting(name, parse, |secret| secret.expose().to_owned())
    }

    /// Finds a value with its origin. `show` makes the text of which `parse` would make the same value.
    pub(super) fn setting<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
        show: impl FnOnce(&T) -> String,
    ) -> Setting<Option<T>> {
        let Some((text, origin)) = self.text(name) else { return Setting::default() };
        match parse(&text) {
            Ok(value) => {
                self.texts.insert(name, show(&value), origin.clone());
                Setting { value: Some(value), origin }
            }
            Err(message) => {
                self.refuse(name, &origin, message);
                Setting::default()
            }
        }
    }

    /// Sets a value that does not come from the environment or the file as it is.
    pub(super) fn set_to<T>(
        &mut self,
        name: &'static str,
        text: String,
        value: T,
        origin: Origin,
    ) -> Setting<T> {
        self.texts.insert(name, text, origin.clone());
        Setting { value, origin }
    }

    /// Finds fal's key: in the environment, else in a settings file that was named, else in the file of `likeness
    /// login`, else in the settings file of the configuration folder.
    pub(super) fn fal_key(&mut self) -> Setting<Option<Secret>> {
        let set = self.fal_key_that_is_set();
        let is_set = matches!(set.origin, Origin::Environment(_)) || self.named && set.value.is_some();
        let key = if is_set { set } else { self.stored_key().unwrap_or(set) };
        if let Some(secret) = &key.value {
            self.texts.insert("FAL_KEY", secret.expose().to_owned(), key.origin.clone());
        }
        key
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
        let (first, second) = (self.secret("FAL_KEY"), self.secret("FAL_API_KEY"));
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

    /// Finds the data folder; `~/` at its beginning is the home folder. The default is that of the XDG base directory
    /// specification.
    pub(super) fn home(&mut self) -> Setting<Option<PathBuf>> {
        const NAME: &str = "LIKENESS_HOME";
        let found = match self.set(NAME) {
            Some(path) => Some((PathBuf::from(path), Origin::Environment(NAME))),
            None => self.text(NAME).map(|(text, origin)| (PathBuf::from(text), origin)),
        };
        let standard = || self.folder("XDG_DATA_HOME", ".local/share").map(|folder| folder.join("likeness"));
        let found = found.map(|(path, origin)| (self.below_home(path), origin));
        let Some((path, origin)) = found.or_else(|| Some((standard()?, Origin::Default))) else {
            return Setting::default();
        };
        if !path.is_absolute() {
            self.refuse(NAME, &origin, "a path from the root is needed, such as /home/anna/likeness");
        }
        self.set_to(NAME, path.display().to_string(), Some(path), origin)
    }

    fn below_home(&self, path: PathBuf) -> PathBuf {
        match (path.strip_prefix("~"), self.set("HOME")) {
            (Ok(rest), Some(home)) => Path::new(&home).join(rest),
            _ => path,
        }
    }

    /// Tells whether NO_COLOR is set: its value does not matter, "when present and not an empty string" (no-color.org).
    pub(super) fn no_color(&mut self) -> bool {
        const NAME: &str = "NO_COLOR";
        if self.set(NAME).is_some() {
            return self.set_to(NAME, true.to_string(), true, Origin::Environment(NAME)).value;
        }
        self.value(NAME, values::switch)
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

    fn text(&mut self, name: &str) -> Option<(String, Origin)> {
        let known = table::named(name)?;
        if let Some((variable, value)) = known.variable().and_then(|name| Some((name, self.set(name)?))) {
            let origin = Origin::Environment(variable);
            if let Ok(text) = value.into_string() {
                return Some((text, origin));
            }
            self.refuse(name, &origin, "it is not UTF-8");
            return None;
        }
        let origin = Origin::File(self.file.clone().unwrap_or_default());
        self.values.get(known.name).filter(|text| !text.is_empty()).map(|text| (text.clone(), origin))
    }

    fn refuse(&mut self, name: &str, origin: &Origin, message: &str) {
        self.problems.push(match origin {
            Origin::Environment(variable) => format!("{variable}: {message}"),
            _ => format!("{} in {origin}: {message}", name.to_ascii_lowercase()),
        });
    }
}

fn same_rank(one: &Origin, other: &Origin) -> bool {
    matches!(one, Origin::File(_)) == matches!(other, Origin::File(_))
}
