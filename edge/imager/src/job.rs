//! Jobs, and how long each may take.

use likeness_core::imager::{ImagerJob, ImagerReport};

use crate::{
    copy,
    desk::Full,
    prepare::{self, Photo},
    send,
};

/// Does a job. The error is that there was no room for a photo: the job may come again.
pub(crate) async fn perform(job: ImagerJob) -> Result<ImagerReport, Full> {
    Ok(match job {
        ImagerJob::Prepare { photo, sha256, place, limits, target, file } => {
            let photo = Photo { from: photo, sha256, place, limits, target, file };
            ImagerReport::Prepared(prepare::prepare(photo).await?)
        }
        ImagerJob::Send { pieces, length, to } => ImagerReport::Sent(send::send(pieces, length, &to).await),
        ImagerJob::Fetch { from, target, file } => {
            ImagerReport::Fetched(copy::copy(&from, &target, file).await)
        }
    })
}
