//! Values of settings as texts: for `likeness config`, and for the core, which reads those of a deployment.

use std::{collections::BTreeMap, fmt};

use likeness_core::http::without_query;
use url::Url;

use super::{
    Origin,
    table::{KNOWN, Known, Shown},
};

/// The texts of the settings that were found, by name, each with its origin. Some are secrets, so `Debug` shows names
/// only.
#[derive(Clone, Default)]
pub(super) struct Texts(BTreeMap<&'static str, (String, Origin)>);

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A setting, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Name in the settings file.
    pub(crate) key: String,
    /// Name in the environment; empty when the setting has none.
    pub(crate) variable: &'static str,
    /// Value; of a secret only whether it is set.
    pub(crate) value: String,
    /// True for a secret that is set.
    pub(crate) is_secret: bool,
    /// Origin of the value.
    pub(crate) origin: Origin,
    /// Purpose of the setting.
    pub(crate) about: &'static str,
}

impl Texts {
    pub(super) fn insert(&mut self, name: &'static str, text: String, origin: Origin) {
        self.0.insert(name, (text, origin));
    }

    /// Returns the text of a setting.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(text, _)| text.as_str())
    }

    /// Lists every setting, in a fixed order.
    pub(super) fn rows(&self) -> Vec<Row> {
        // The other name of the key is shown as the origin of FAL_KEY.
        KNOWN.iter().filter(|known| known.name != "FAL_API_KEY").map(|known| self.row(known)).collect()
    }

    fn row(&self, known: &Known) -> Row {
        let set = self.0.get(known.name);
        let value = match (set, known.shown) {
            (None, _) => known.default.to_string(),
            (Some(_), Shown::Secret) => "set (hidden)".to_owned(),
            (Some((text, _)), Shown::Address) => {
                text.parse::<Url>().map(|url| without_query(&url)).unwrap_or_default()
            }
            (Some((text, _)), Shown::Whole) => text.clone(),
        };
        Row {
            key: known.key(),
            variable: known.variable().unwrap_or_default(),
            value,
            is_secret: set.is_some() && known.shown == Shown::Secret,
            origin: set.map_or(Origin::Default, |(_, origin)| origin.clone()),
            about: known.about,
        }
    }
}
