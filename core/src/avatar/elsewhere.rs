//! Other copies of a kept file, for when ours is gone or was changed.

use url::Url;

use super::{Avatar, Kept, Order, ProductFile, Stage, order::Product};
use crate::{
    download::{Expected, PlainHosts, RemoteFile},
    limits::EXPIRY_AT_FAL,
    storage::ObjectPlace,
    time::Timestamp,
};

/// A place from which the very bytes of a kept file can be fetched again.
#[derive(Clone, Debug, PartialEq)]
pub enum Elsewhere {
    /// The copy in the bucket.
    Bucket(ObjectPlace),
    /// fal's own copy, which expires.
    Fal(RemoteFile),
}

impl Avatar {
    /// Lists the places of a kept file's other copies, in the order in which to try them. An empty list: the file is
    /// lost. fal's own copy is listed for as long as fal was asked to keep the file.
    #[must_use]
    pub fn elsewhere(&self, file: &Kept, now: Timestamp) -> Vec<Elsewhere> {
        let bucket = file.copy.clone().filter(|place| self.has_depot_of(place)).map(Elsewhere::Bucket);
        let trainings = self.trainings.iter().find_map(|one| address(&one.order, file, now));
        let address =
            trainings.or_else(|| self.pictures.iter().find_map(|one| address(&one.order, file, now)));
        let fal = address.map(|(url, expected)| {
            let plain = PlainHosts::of(Url::parse(&self.origin).ok().iter());
            Elsewhere::Fal(RemoteFile { url, expected, plain })
        });
        bucket.into_iter().chain(fal).collect()
    }

    /// Lists the avatar's models that were kept.
    pub fn kept_models(&self) -> impl Iterator<Item = &Kept> {
        self.trainings.iter().filter_map(|training| match &training.order.stage {
            Stage::Done { kept, .. } => kept.first(),
            _ => None,
        })
    }

    fn has_depot_of(&self, place: &ObjectPlace) -> bool {
        self.bucket_folders.iter().any(|bucket_folder| bucket_folder.prefix().holds(&place.key))
    }
}

/// Finds fal's address of a kept file, while fal keeps the file.
fn address<G: Product>(order: &Order<G>, file: &Kept, now: Timestamp) -> Option<(Url, Expected)> {
    let (product, kept, since) = match &order.stage {
        Stage::Keeping { product, kept, taken_at, .. } => (product, kept, taken_at),
        Stage::Done { product, kept, at, .. } => (product, kept, at),
        _ => return None,
    };
    let index = kept.iter().position(|one| one.name == file.name)?;
    let ProductFile { url, expected, .. } = product.files().into_iter().nth(index)?;
    let kind = expected.kind;
    let expected = Expected { kind, ..Expected::copy_of(file) };
    (now.since(*since) < EXPIRY_AT_FAL).then(|| (url.clone(), expected))
}
