//! Jobs of the imager: those that need the slot, and those that only move bytes.

use likeness_core::{
    download::FileKind,
    imager::{ImagerJob, ImagerReport},
};

use crate::{
    body_writer::Moved,
    copy,
    photo_slot::{Full, at_the_desk},
    prepare, room, send,
};

/// Tells whether a job holds a photo or a picture in memory, and so must wait for its turn.
pub(crate) fn takes_the_desk(job: &ImagerJob) -> bool {
    match job {
        ImagerJob::Prepare(_) => true,
        ImagerJob::Fetch { from, .. } => from.expected.kind == FileKind::Picture,
        ImagerJob::Send { .. } => false,
    }
}

/// Does a job. Fails when there was no room for a photo: the job may come again.
pub(crate) async fn perform(job: ImagerJob, moved: Moved) -> Result<ImagerReport, Full> {
    let at_the_desk_first = takes_the_desk(&job);
    Ok(match job {
        ImagerJob::Prepare(photo) => ImagerReport::Prepared(prepare::prepare(&photo).await?),
        ImagerJob::Send { pieces, length, to } => {
            ImagerReport::Sent(send::send(pieces, length, &to, &moved).await)
        }
        ImagerJob::Fetch { from, target, file } => {
            let copying = copy::copy(from, &target, file, &moved);
            let fetched = if at_the_desk_first {
                at_the_desk(async |_| {
                    room::make(copy::PICTURE_MEMORY).ok()?;
                    Some(copying.await)
                })
                .await?
            } else {
                copying.await
            };
            ImagerReport::Fetched(fetched)
        }
    })
}
