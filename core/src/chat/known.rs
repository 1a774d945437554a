//! The API's last words about the avatar. Kept only to be shown, and to notice what is new.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{ids::PhotoId, json};

/// The avatar as the API described it last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    pub(super) photos: Vec<KnownPhoto>,
    /// Trainings, by attempt, the first one first.
    pub(super) trainings: Vec<KnownTraining>,
    pub(super) pictures: Vec<KnownPictures>,
}

/// A photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownPhoto {
    #[serde(rename = "photo_id")]
    pub(super) id: Option<PhotoId>,
    pub(super) state: PhotoStanding,
    /// Reason for a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    /// Name of the photo.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    /// Findings, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) findings: Vec<KnownFinding>,
}

/// A finding about a photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownFinding {
    pub(super) code: String,
    /// Name of the photo that this one is the same as, or nearly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<String>,
}

/// The state of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PhotoStanding {
    Ready,
    Rejected,
    /// A photo whose bytes have not come. They are on their way, or never come.
    Expected,
    /// Not looked at yet, or a state of a later release.
    #[serde(other)]
    Waiting,
}

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Completed,
    Error,
    /// Under way, as far as is known.
    #[serde(other)]
    InProgress,
}

/// A training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KnownTraining {
    pub(super) status: Standing,
    #[serde(default)]
    pub(super) progress: u8,
    #[serde(default)]
    pub(super) stage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) queue_position: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    #[serde(default)]
    pub(super) message: String,
}

/// An order of portraits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownPictures {
    pub(super) number: u32,
    pub(super) status: Standing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    /// Number of files.
    #[serde(default)]
    pub(super) files: u32,
    /// Indices, from 0, of the files that fal's filter blanked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) blanked: Vec<u32>,
}

/// The document of an order of portraits.
#[derive(Deserialize)]
struct PicturesDocument {
    number: u32,
    status: Standing,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    files: Vec<IgnoredAny>,
    #[serde(default)]
    blanked: Vec<u32>,
}

impl From<PicturesDocument> for KnownPictures {
    fn from(document: PicturesDocument) -> Self {
        let PicturesDocument { number, status, code, files, blanked } = document;
        let files = u32::try_from(files.len()).unwrap_or(u32::MAX);
        Self { number, status, code, files, blanked }
    }
}

/// The document of an avatar, as far as the chat needs it.
#[derive(Deserialize)]
struct AvatarDocument {
    #[serde(default)]
    photos: Vec<KnownPhoto>,
    #[serde(default)]
    trainings: Vec<KnownTraining>,
    #[serde(default)]
    pictures: Vec<PicturesDocument>,
}

impl Known {
    /// Reads the document of an avatar.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let AvatarDocument { photos, trainings, pictures } = json::parse(body).ok()?;
        Some(Self { photos, trainings, pictures: pictures.into_iter().map(Into::into).collect() })
    }

    /// Notes the document of one photo.
    pub(super) fn note_photo(&mut self, body: &[u8]) {
        let Ok(photo) = json::parse::<KnownPhoto>(body) else { return };
        match self.photos.iter_mut().find(|known| known.id == photo.id) {
            Some(known) => *known = photo,
            None => self.photos.push(photo),
        }
    }

    /// Notes the document of the training of this number.
    pub(super) fn note_training(&mut self, number: u32, body: &[u8]) {
        let Ok(training) = json::parse::<KnownTraining>(body) else { return };
        let place = (number as usize).saturating_sub(1);
        match self.trainings.get_mut(place) {
            Some(known) => *known = training,
            None => self.trainings.push(training),
        }
    }

    /// Notes the document of an order of portraits.
    pub(super) fn note_pictures(&mut self, body: &[u8]) {
        let Ok(pictures) = json::parse::<PicturesDocument>(body).map(KnownPictures::from) else { return };
        match self.pictures.iter_mut().find(|known| known.number == pictures.number) {
            Some(known) => *known = pictures,
            None => self.pictures.push(pictures),
        }
    }

    pub(super) fn good(&self) -> usize {
        self.photos.iter().filter(|photo| photo.state == PhotoStanding::Ready).count()
    }

    pub(super) fn waiting(&self) -> usize {
        self.photos.iter().filter(|photo| photo.state == PhotoStanding::Waiting).count()
    }

    /// Finds the training that counts, with its number.
    pub(super) fn training(&self) -> Option<(u32, &KnownTraining)> {
        let number = u32::try_from(self.trainings.len()).ok()?;
        self.trainings.last().map(|training| (number, training))
    }

    /// Tells whether there is a model.
    pub(super) fn has_model(&self) -> bool {
        self.trainings.iter().any(|training| training.status == Standing::Completed)
    }

    /// Counts the trainings that were bought, or may have been.
    pub(super) fn bought(&self) -> u32 {
        let bought = |training: &&KnownTraining| {
            training.status != Standing::Error
                || training.request_id.is_some()
                || training.stage == "submission_unclear"
        };
        u32::try_from(self.trainings.iter().filter(bought).count()).unwrap_or(u32::MAX)
    }

    /// Finds an order of portraits.
    pub(super) fn order(&self, number: u32) -> Option<&KnownPictures> {
        self.pictures.iter().find(|pictures| pictures.number == number)
    }

    /// Returns the number of the next order of portraits.
    pub(super) fn next_order(&self) -> u32 {
        self.pictures.iter().map(|pictures| pictures.number).max().unwrap_or(0) + 1
    }

    /// Tells whether something is under way at fal.ai.
    pub(super) fn is_busy(&self) -> bool {
        let trains = self.training().is_some_and(|(_, training)| training.status == Standing::InProgress);
        trains || self.pictures.iter().any(|pictures| pictures.status == Standing::InProgress)
    }
}

impl KnownPictures {
    /// Lists the files that show something, counted from 1.
    pub(super) fn visible(&self) -> Vec<u32> {
        (0..self.files.min(10)).filter(|index| !self.blanked.contains(index)).map(|index| index + 1).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Known, Standing};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_apis_document_is_read_with_fields_of_later_releases() {
        let document = json!({
            "avatar_id": "x", "later": 1,
            "photos": [
                {"photo_id": "a", "name": "a", "state": "ready", "width": 1},
                {"photo_id": "b", "name": "b", "state": "rejected", "code": "photo.too_small"},
                {"photo_id": "c", "name": "c", "state": "expected"},
                {"photo_id": "d", "name": "d", "state": "waiting"},
            ],
            "trainings": [
                {"status": "error", "progress": 3, "stage": "failed", "code": "dataset.too_few", "message": "m"},
                {"status": "completed", "progress": 100, "stage": "done", "request_id": "r", "message": "m"},
            ],
            "pictures": [{"number": 1, "status": "unknown", "stage": "queued", "files": [{}, {}, {}], "blanked": [1]}],
        });
        let known = Known::read(document.to_string().as_bytes()).expect("an avatar");
        assert_eq!((known.good(), known.waiting(), known.bought(), known.next_order()), (1, 1, 1, 2));
        assert!(known.has_model() && known.is_busy());
        let pictures = known.order(1).expect("an order");
        assert_eq!((pictures.status, pictures.visible()), (Standing::InProgress, vec![1, 3]));
    }
}
