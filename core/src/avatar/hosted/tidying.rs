//! Deletion of files that nothing needs any more.

use super::super::{ApiState, Avatar, Moment, PhotoSet, TaskKind, task::Work};
use crate::{
    error::{Error, StorageError},
    retry::RetryState,
    storage::{BucketFolder, FolderPart},
    time::Timestamp,
};

impl Avatar {
    /// Tells whether nothing was ever bought for the avatar: its photos then do not stay for good.
    fn never_bought(&self) -> bool {
        self.trainings.iter().all(|training| training.order.ended() && !training.order.may_be_bought())
            && self.imported.is_none()
    }

    /// Tells whether photos lie ready for a training that was not asked for yet.
    pub(in crate::avatar) fn keeps_album(&self) -> bool {
        let any = !self.photos.photos().is_empty();
        let waits = !self.photos.waiting().is_empty();
        self.hosted.is_some() && self.person.is_some() && any && (waits || self.never_bought())
    }

    /// Decides what to tidy up, and when.
    pub(in crate::avatar) fn tidying(&self, now: Timestamp) -> Tidying {
        let Some(hosted) = &self.hosted else { return Tidying::None };
        if let Some(until) = hosted.untidy.as_ref().and_then(|retry| retry.rests_until(now)) {
            return Tidying::Later(until);
        }
        if self.person.is_none() {
            let last = hosted.written_until();
            return match self.bucket_folders.first() {
                Some(bucket_folder) if bucket_folder.working => {
                    Tidying::Now(bucket_folder.clone(), FolderPart::Everything)
                }
                // A URL that was signed before the erase may still have been written to after it.
                Some(_) if last.is_some_and(|last| last > now) => last.map_or(Tidying::None, Tidying::Later),
                Some(bucket_folder) => Tidying::Now(bucket_folder.clone(), FolderPart::Everything),
                None => Tidying::None,
            };
        }
        if !hosted.discarded.is_empty() {
            return Tidying::Discard(hosted.discarded.clone());
        }
        match hosted.written_until().filter(|last| *last > now) {
            // A photo that was taken out may be written again until its URL expires.
            Some(last) if !hosted.emptied.is_empty() => match self.tidying_of_album(hosted, now) {
                Tidying::None => Tidying::Later(last),
                Tidying::Later(until) => Tidying::Later(until.min(last)),
                now => now,
            },
            None if !hosted.emptied.is_empty() => Tidying::Discard(hosted.emptied.clone()),
            _ => self.tidying_of_album(hosted, now),
        }
    }

    fn tidying_of_album(&self, hosted: &ApiState, now: Timestamp) -> Tidying {
        let working = self.bucket_folders.iter().find(|bucket_folder| bucket_folder.working);
        if self.needs_working_files()
            || self.running.iter().any(|mark| matches!(mark.task_kind, TaskKind::Photo(_)))
        {
            return Tidying::None;
        }
        if self.never_bought() {
            let any = !self.photos.photos().is_empty() || !hosted.expected.is_empty();
            let due = hosted.touched_at.plus(hosted.retention);
            return match self.bucket_folders.last() {
                Some(_) if due > now && any => Tidying::Later(due),
                Some(bucket_folder) if any => Tidying::Now(bucket_folder.clone(), FolderPart::Everything),
                None if any && due <= now => Tidying::Forget,
                None if any => Tidying::Later(due),
                _ => Tidying::None,
            };
        }
        let waits = !self.photos.waiting().is_empty();
        match working {
            Some(bucket_folder) if !waits => Tidying::Now(bucket_folder.clone(), FolderPart::WorkingFiles),
            _ => Tidying::None,
        }
    }

    /// Forgets the photos of a folder that was deleted, except those still on their way.
    pub(in crate::avatar) fn photos_cleared(&mut self) {
        self.photos = PhotoSet::default();
        if let Some(hosted) = &mut self.hosted {
            hosted.expected.clear();
            hosted.discarded.clear();
            hosted.emptied.clear();
        }
    }

    /// Applies the result of deleting single files.
    pub(in crate::avatar) fn discarded(
        &mut self,
        sources: &[String],
        result: Result<(), StorageError>,
        moment: &Moment,
    ) {
        if let (Ok(()), Some(hosted)) = (&result, &mut self.hosted) {
            hosted.discarded.retain(|source| !sources.contains(source));
            hosted.emptied.retain(|source| !sources.contains(source));
            if !hosted.nothing_signed(moment.now) {
                hosted.emptied.extend_from_slice(sources);
            }
        }
        self.tidied(result, moment);
    }

    /// Applies the result of a try to tidy up.
    pub(in crate::avatar) fn tidied(&mut self, result: Result<(), StorageError>, moment: &Moment) {
        let Some(hosted) = &mut self.hosted else { return };
        match result {
            Ok(()) => hosted.untidy = None,
            Err(error) => {
                let error = Error::Storage(error);
                let retry = hosted.untidy.as_ref();
                hosted.untidy = Some(RetryState::after(retry, error, None, moment.seed(), moment.now));
            }
        }
    }
}

/// The tidying up that there is to do.
pub(in crate::avatar) enum Tidying {
    /// Nothing.
    None,
    /// Nothing before this moment.
    Later(Timestamp),
    /// Empty this folder.
    Now(BucketFolder, FolderPart),
    /// Delete these files.
    Discard(Vec<String>),
    /// Forget the photos, whose files are the shell's own.
    Forget,
}

impl Tidying {
    /// Makes the work for the shell.
    pub(in crate::avatar) fn work(self) -> Option<Work> {
        match self {
            Self::None | Self::Later(_) => None,
            Self::Now(bucket_folder, what) => Some(Work::Clear { bucket_folder: Some(bucket_folder), what }),
            Self::Forget => Some(Work::Clear { bucket_folder: None, what: FolderPart::Everything }),
            Self::Discard(sources) => Some(Work::Discard { sources }),
        }
    }
}
