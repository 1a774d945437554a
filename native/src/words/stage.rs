use likeness_core::avatar::{StageName, Status};

/// Says how far a training is, such as `training, 57 %`. `attended` tells whether a process of this machine is at work
/// on it: without one, every stage before fal.ai stands still.
pub(crate) fn stage(status: &Status, attended: bool) -> String {
    let going = |what: &str| format!("{what}, {} %", status.progress);
    match status.stage {
        StageName::Preparing | StageName::Uploading if !attended => "stopped: nobody works on it".to_owned(),
        StageName::Preparing => going("preparing photos"),
        StageName::Uploading => going("uploading"),
        StageName::Submitting if attended => "placing the order".to_owned(),
        StageName::Submitting | StageName::SubmissionUnclear => "unclear whether it was bought".to_owned(),
        StageName::Queued => match status.queue_position {
            Some(ahead @ 1..) => format!("waiting, {ahead} before it"),
            _ => "waiting for its turn".to_owned(),
        },
        StageName::Training => going("training"),
        StageName::Generating => going("making pictures"),
        StageName::Collecting if !attended => "trained, not fetched yet".to_owned(),
        StageName::Collecting => "fetching the model".to_owned(),
        StageName::Done if status.test_mode => "done (test)".to_owned(),
        StageName::Done => "done".to_owned(),
        StageName::Cancelled => "cancelled".to_owned(),
        StageName::Failed => "failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use likeness_core::{
        avatar::{AvatarId, JobId, StageName, State, Status},
        time::Timestamp,
    };

    use super::stage;

    fn status(stage: StageName) -> Status {
        Status {
            status: State::InProgress,
            progress: 57,
            message: String::new(),
            created_at: Timestamp::from_millis(0),
            completed_at: None,
            stage,
            job: JobId { avatar: AvatarId::new(uuid::Uuid::nil()), attempt: 1 },
            request_id: None,
            queue_position: Some(3),
            code: None,
            test_mode: false,
            model: None,
            rejected_photos: Vec::new(),
        }
    }

    #[test]
    fn a_stage_is_said_in_plain_words() {
        let said = |name, attended| stage(&status(name), attended);
        assert_eq!(said(StageName::Preparing, true), "preparing photos, 57 %");
        assert_eq!(said(StageName::Preparing, false), "stopped: nobody works on it");
        assert_eq!(said(StageName::Uploading, false), "stopped: nobody works on it");
        // fal.ai goes on by itself.
        assert_eq!(said(StageName::Training, false), "training, 57 %");
        assert_eq!(said(StageName::Queued, false), "waiting, 3 before it");
        // The order is found to be unclear when it is looked at next.
        assert_eq!(said(StageName::Submitting, false), "unclear whether it was bought");
        assert_eq!(said(StageName::Cancelled, false), "cancelled");
    }
}
