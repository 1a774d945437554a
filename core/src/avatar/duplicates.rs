//! Duplicates in a set of photos, and the choice of the one that stays.

use std::collections::BTreeMap;

use super::photo::{Photo, PhotoState};

/// Finds, for each photo that is left out as a duplicate, the index of the photo that stays instead of it.
///
/// Two photos are the same when they are the same object of a bucket, when their own bytes are equal, or when their
/// clean JPEGs are: a copy that only lost its metadata on the way is the same photo. Of several the first stays, or the
/// first with a caption where there is one. Rejected photos are left out anyway and are not compared: two empty files
/// are two empty files.
pub(super) fn staying_instead(photos: &[Photo]) -> Vec<Option<usize>> {
    let groups = groups(photos);
    let mut stays = BTreeMap::new();
    for wants_caption in [true, false] {
        for (index, (photo, group)) in photos.iter().zip(&groups).enumerate() {
            if !wants_caption || photo.caption.is_some() && !is_rejected(photo) {
                stays.entry(*group).or_insert(index);
            }
        }
    }
    let instead = |(index, group)| stays.get(group).copied().filter(|stays| *stays != index);
    groups.iter().enumerate().map(instead).collect()
}

/// Gives equal numbers to photos that are the same, and to no others.
fn groups(photos: &[Photo]) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..photos.len()).collect();
    let (mut objects, mut bytes) = (BTreeMap::new(), BTreeMap::new());
    let mut pictures: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (index, photo) in photos.iter().enumerate().filter(|(_, photo)| !is_rejected(photo)) {
        let mut same = Vec::new();
        if let Some(object) = photo.object() {
            same.push(*objects.entry(object.to_string()).or_insert(index));
        }
        if let Some(sum) = photo.sha256 {
            same.push(*bytes.entry(sum).or_insert(index));
        }
        if let PhotoState::Ready(jpeg) = &photo.state {
            let alike = pictures.entry((jpeg.length, jpeg.crc32)).or_default();
            // Rows of earlier releases lack the sum: length and CRC-32 must do for them.
            let is_same =
                |other: &Option<_>| jpeg.sha256.is_none() || other.is_none() || jpeg.sha256 == *other;
            match alike.iter().find(|(other, _)| is_same(other)) {
                Some((_, first)) => same.push(*first),
                None => alike.push((jpeg.sha256, index)),
            }
        }
        for other in same {
            join(&mut groups, index, other);
        }
    }
    groups
}

/// Merges the groups of two photos.
fn join(groups: &mut [usize], one: usize, other: usize) {
    if let (Some(one), Some(other)) = (groups.get(one).copied(), groups.get(other).copied())
        && one != other
    {
        let joined = one.min(other);
        groups
            .iter_mut()
            .filter(|group| **group == one || **group == other)
            .for_each(|group| *group = joined);
    }
}

fn is_rejected(photo: &Photo) -> bool {
    matches!(photo.state, PhotoState::Rejected(_))
}

#[cfg(test)]
mod tests {
    use super::staying_instead;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{Photo, PhotoState, Prepared, Sha256Sum},
        photo::PhotoProblem,
    };

    /// Makes a photo of these bytes; of an empty text one that was never read.
    fn waiting(bytes: &str) -> Photo {
        Photo {
            id: None,
            name: bytes.to_owned(),
            source: bytes.to_owned(),
            sha256: (!bytes.is_empty()).then(|| Sha256Sum::of(bytes.as_bytes())),
            caption: None,
            crashes: 0,
            cramped: 0,
            state: PhotoState::Waiting,
        }
    }

    /// Makes a prepared photo of these bytes whose clean JPEG shows `picture`.
    fn ready(bytes: &str, picture: &str) -> Photo {
        let jpeg = Prepared {
            file: bytes.to_owned(),
            etag: None,
            length: 9,
            crc32: crc32fast::hash(picture.as_bytes()),
            sha256: Some(Sha256Sum::of(picture.as_bytes())),
            width: 512,
            height: 512,
            way: None,
            changes: Vec::new(),
            report: None,
            original: None,
        };
        Photo { state: PhotoState::Ready(jpeg), ..waiting(bytes) }
    }

    fn captioned(photo: Photo) -> Photo {
        Photo { caption: Some("by the sea".to_owned()), ..photo }
    }

    fn rejected(photo: Photo, why: PhotoProblem) -> Photo {
        Photo { state: PhotoState::Rejected(why), ..photo }
    }

    #[test]
    fn of_equal_photos_the_first_stays() {
        let photos = ["a", "b", "a", "c", "a", "b"].map(waiting);
        assert_eq!(staying_instead(&photos), [None, None, Some(0), None, Some(0), Some(1)]);
        // Photos that were never read have no sum that could be equal.
        assert_eq!(staying_instead(&["", ""].map(waiting)), [None, None]);
        assert_eq!(staying_instead(&[]), []);
    }

    #[test]
    fn or_the_first_with_a_caption() {
        let photos = [waiting("a"), captioned(waiting("a")), captioned(waiting("a")), waiting("b")];
        assert_eq!(staying_instead(&photos), [Some(1), None, Some(1), None]);
        let photos = [captioned(waiting("a")), waiting("a")];
        assert_eq!(staying_instead(&photos), [None, Some(0)]);
    }

    #[test]
    fn a_clean_jpeg_tells_what_the_bytes_do_not() {
        let photos = [ready("a", "face"), ready("a without metadata", "face"), ready("b", "other")];
        assert_eq!(staying_instead(&photos), [None, Some(0), None]);
        // Equal to one by its bytes and to another by its picture: all three are one photo.
        let photos = [waiting("a"), ready("b", "face"), ready("a", "face"), waiting("b")];
        assert_eq!(staying_instead(&photos), [None, Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn a_checksum_alone_is_believed_only_of_older_rows() {
        let forged = |sha256| {
            let photo = ready("b", "face");
            let PhotoState::Ready(jpeg) = photo.state.clone() else { panic!("not ready") };
            Photo { state: PhotoState::Ready(Prepared { sha256, ..jpeg }), ..photo }
        };
        let first = ready("a", "face");
        let other = Some(Sha256Sum::of(b"same length, same CRC-32"));
        assert_eq!(staying_instead(&[first.clone(), forged(other)]), [None, None]);
        assert_eq!(staying_instead(&[first, forged(None)]), [None, Some(0)]);
    }

    #[test]
    fn rejected_photos_are_nobodys_duplicates() {
        let empty = || rejected(captioned(waiting("a")), PhotoProblem::Empty);
        assert_eq!(staying_instead(&[empty(), empty()]), [None, None]);
        // The first cannot be used, so the second stands for both.
        assert_eq!(staying_instead(&[empty(), waiting("a"), waiting("a")]), [None, None, Some(1)]);
    }

    #[test]
    fn an_object_named_twice_is_known_before_anybody_reads_it() {
        let object = |source: &str| Photo { source: source.to_owned(), ..waiting("") };
        let photos = ["s3://b/a.jpg", "s3://b/b.jpg", "s3://b/a.jpg"].map(object);
        assert_eq!(staying_instead(&photos), [None, None, Some(0)]);
        // Names that a shell chose are not addresses of objects.
        assert_eq!(staying_instead(&["a.jpg", "a.jpg"].map(object)), [None, None]);
    }
}
