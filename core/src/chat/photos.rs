//! Photos on their way from Telegram to the API, one at a time.

use serde::{Deserialize, Serialize};

use super::pause::Pause;
use crate::{
    caption::Caption,
    ids::{Name, PhotoId},
    limits::MAX_CAPTION_BYTES,
    sha256::Sha256Sum,
    telegram::{FilePath, FileRef},
    text::changes_direction,
    time::Timestamp,
};

/// The most photos that wait: as many as an avatar can have, and an album more.
pub(super) const MOST: usize = 50;

/// Number of tries after which a photo is given up: about half an hour.
const MOST_TRIES: u32 = 12;

/// The photos that are not at the API yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PhotoQueue {
    waiting: Vec<Incoming>,
    /// Number of photos so far, for their names.
    count: u32,
}

/// A photo that is not at the API yet. Only its names are here: the photo itself is fetched once there is consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Incoming {
    pub(super) id: PhotoId,
    pub(super) file_id: String,
    pub(super) name: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) caption: Option<String>,
    /// Place of the file at Telegram, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<FilePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pause: Option<Pause>,
}

/// The reason why a photo was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAdded {
    /// The photo waits already.
    Known,
    /// Too many wait.
    Full,
}

impl PhotoQueue {
    /// Adds a photo.
    pub(super) fn add(&mut self, file: &FileRef) -> Result<(), NotAdded> {
        let id = photo_id(&file.unique_id).ok_or(NotAdded::Full)?;
        if self.waiting.iter().any(|photo| photo.id == id) {
            return Err(NotAdded::Known);
        }
        if self.waiting.len() >= MOST {
            return Err(NotAdded::Full);
        }
        self.count = self.count.saturating_add(1);
        let own = file.name.as_deref().and_then(|name| Name::new(name).ok());
        let numbered = || Name::new(&format!("photo {}.jpg", self.count)).ok();
        let Some(name) = own.or_else(numbered) else { return Err(NotAdded::Full) };
        let caption = file.caption.as_deref().and_then(caption);
        let file_id = file.file_id.clone();
        self.waiting.push(Incoming { id, file_id, name, caption, path: None, pause: None });
        Ok(())
    }

    /// Adds the photos of another queue.
    pub(super) fn append(&mut self, other: Self) {
        for photo in other.waiting {
            if self.waiting.len() < MOST && self.waiting.iter().all(|known| known.id != photo.id) {
                self.waiting.push(photo);
            }
        }
        self.count = self.count.max(other.count);
    }

    pub(super) fn find(&mut self, id: &PhotoId) -> Option<&mut Incoming> {
        self.waiting.iter_mut().find(|photo| photo.id == *id)
    }

    pub(super) fn remove(&mut self, id: &PhotoId) {
        self.waiting.retain(|photo| photo.id != *id);
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Takes every photo out.
    pub(super) fn take(&mut self) -> Self {
        Self { waiting: std::mem::take(&mut self.waiting), count: self.count }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Finds the photo to work on now, or the time of the next one.
    pub(super) fn due(&self, now: Timestamp) -> Result<&Incoming, Option<Timestamp>> {
        let rests = |photo: &Incoming| photo.pause.and_then(|pause| pause.lasts_until(now));
        if let Some(photo) = self.waiting.iter().find(|photo| rests(photo).is_none()) {
            return Ok(photo);
        }
        Err(self.waiting.iter().filter_map(rests).min())
    }
}

impl Incoming {
    /// Notes that the photo did not get through; tells whether it is tried again.
    pub(super) fn failed(&mut self, asked: Option<std::time::Duration>, seed: u64, now: Timestamp) -> bool {
        self.path = None;
        self.pause = Some(Pause::after(self.pause, asked, seed, now));
        self.pause.is_some_and(|pause| pause.tries < MOST_TRIES)
    }
}

/// Makes the photo's id at the API from Telegram's: the same photo, sent again, is the same photo.
fn photo_id(unique_id: &str) -> Option<PhotoId> {
    let hashed = || Sha256Sum::of(unique_id.as_bytes()).to_string();
    PhotoId::new(unique_id).or_else(|_| PhotoId::new(&hashed())).ok()
}

/// Makes a caption that the API takes: what shows nothing is left out, and what is too long. A photo is not lost over
/// words.
fn caption(text: &str) -> Option<String> {
    let shown =
        |letter: &char| !changes_direction(*letter) && (letter.is_whitespace() || !letter.is_control());
    let text: String = text.chars().filter(shown).collect();
    let mut end = text.len().min(MAX_CAPTION_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let caption = Caption::parse(&text.as_bytes()[..end]).ok().flatten()?;
    Some(caption.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{MOST, NotAdded, PhotoQueue, caption, photo_id};
    use crate::telegram::FileRef;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn file(unique_id: &str, name: Option<&str>) -> FileRef {
        FileRef {
            file_id: format!("file of {unique_id}"),
            unique_id: unique_id.to_owned(),
            name: name.map(str::to_owned),
            mime_type: None,
            bytes: None,
            caption: None,
        }
    }

    #[test]
    fn a_photo_waits_once_and_has_a_name() {
        let mut queue = PhotoQueue::default();
        assert_eq!(queue.add(&file("AQAD", None)), Ok(()));
        assert_eq!(queue.add(&file("AQAD", None)), Err(NotAdded::Known));
        assert_eq!(queue.add(&file("B", Some("beach.jpg"))), Ok(()));
        assert_eq!(queue.add(&file("C", Some("\u{202e}gpj"))), Ok(()));
        let names: Vec<_> = queue.waiting.iter().map(|photo| photo.name.to_string()).collect();
        assert_eq!(names, ["photo 1.jpg", "beach.jpg", "photo 3.jpg"]);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut queue = PhotoQueue::default();
        for number in 0..MOST {
            assert_eq!(queue.add(&file(&number.to_string(), None)), Ok(()));
        }
        assert_eq!(queue.add(&file("one more", None)), Err(NotAdded::Full));
    }

    #[test]
    fn telegrams_id_becomes_ours() {
        let id = |text: &str| photo_id(text).expect("an id").to_string();
        assert_eq!(id("AQADx-_9"), "AQADx-_9");
        for odd in ["", "a/b", &"x".repeat(65)] {
            assert_eq!(id(odd).len(), 64);
        }
    }

    #[test]
    fn a_caption_is_what_the_api_takes() {
        assert_eq!(caption("at the sea"), Some("at the sea".to_owned()));
        assert_eq!(caption("\u{202b}at\nthe\u{0} sea\u{202c} 🌊"), Some("at the sea 🌊".to_owned()));
        assert_eq!(caption(" \u{202c}\n"), None);
        let cut = caption(&"я".repeat(5000)).expect("a caption");
        assert_eq!(cut.len(), 4096);
    }
}
