//! Work of the avatar's tasks in this shell. The core decides what an outcome means.

use std::{pin::pin, rc::Rc, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
};
use js_sys::Uint8Array;
use likeness_core::{
    api::{ConnectionSettings, Deployment, notification, taken},
    avatar::{Outcome, PrepareError, TaskId, UploadSource, Work},
    download::RemoteFile,
    error::{Error as Failure, NetworkError, StorageError, StorageErrorKind},
    fal::upload::{Upload, UploadStep},
    http::{Answer, Body, NoAnswer, Request},
    imager::{ImagerJob, ImagerReport, SendFailure},
    json,
    ledger::Report,
    limits::{PROGRESS_INTERVAL, PhotoLimits, READ_TIMEOUT},
    storage::{Bucket, DeletePrefix, DeletePrefixStep, ObjectPlace},
};
use url::Url;
use worker::{Delay, Error, Headers, Result};

use crate::{
    object::Object,
    rpc::{self, call_object, post},
    settings, simulated,
};

/// Does the work of one task.
pub(crate) async fn perform(
    object: &Rc<Object>,
    deployment: &Deployment,
    connection: &ConnectionSettings,
    task: TaskId,
    work: Work,
) -> Result<Outcome> {
    Ok(match work {
        Work::Prepare { photo, file } => {
            let job = bucket(connection, &photo.source).and_then(|bucket| {
                let limits = PhotoLimits::default();
                ImagerJob::prepare(&photo, file, bucket, limits, deployment.treatment, settings::now())
            });
            Outcome::Prepared(match job {
                Ok(job) => match imager(object, task, &job).await {
                    Asked::Report(ImagerReport::Prepared(prepared)) => prepared,
                    Asked::Busy => Err(PrepareError::Busy),
                    Asked::Report(_) | Asked::Crashed => Err(PrepareError::Crashed),
                },
                Err(error) => Err(PrepareError::Storage(error)),
            })
        }
        Work::Call(request) => {
            Outcome::Answered { answer: call(object, request).await, held_elsewhere: false }
        }
        Work::Send { upload, upload_source } => {
            Outcome::Sent(send(object, connection, task, *upload, &upload_source).await?)
        }
        Work::Fetch { file, name, copy } => {
            Outcome::Fetched(fetch(object, connection, task, file, name, copy).await?)
        }
        Work::Clear { bucket_folder, what } => {
            let result = match &bucket_folder {
                Some(folder) => match folder.clear(what, connection.bucket.as_ref()) {
                    Ok(deletion) => clear(object, deletion).await,
                    Err(error) => Err(error),
                },
                None => Ok(()),
            };
            Outcome::Cleared { bucket_folder, what, result }
        }
        Work::Discard { sources } => {
            let mut result = Ok(());
            for source in &sources {
                result = result.and(delete(object, connection, source).await);
            }
            Outcome::Discarded { sources, result }
        }
        Work::Notify { order, number } => {
            let avatar = object.load()?;
            let request =
                deployment.notify.as_ref().zip(avatar.as_ref()).and_then(|(notify, avatar)| {
                    notification(notify, avatar, order, number, settings::now())
                });
            Outcome::Notified(match request {
                None => Ok(()),
                Some(request) => taken(likeness_platform::send(&request).await).map_err(Into::into),
            })
        }
        Work::Report { number } => {
            let avatar = object.load()?;
            let report = avatar.as_ref().and_then(|avatar| Report::of(avatar, number, settings::now()));
            Outcome::Reported(match report {
                None => Ok(()),
                Some(report) => {
                    tell_ledger(object, &report).await.map_err(|why| NetworkError::NoAnswer(why).into())
                }
            })
        }
    })
}

/// Tells the ledger, and does not wait for it for long.
async fn tell_ledger(object: &Object, report: &Report) -> std::result::Result<(), NoAnswer> {
    let told = async { call_object::<()>(&rpc::ledger(&object.env)?, "tell", report).await };
    match select(pin!(told), pin!(Delay::from(READ_TIMEOUT))).await {
        Either::Left((Ok(()), _)) => Ok(()),
        Either::Left((Err(error), _)) => {
            worker::console_warn!("[FAL AI] WARNING the ledger was not told: {error}");
            Err(NoAnswer::Interrupted)
        }
        Either::Right(_) => Err(NoAnswer::TimedOut),
    }
}

/// Sends a request to fal or to the bucket; in test mode both are here.
async fn call(object: &Rc<Object>, request: Request) -> Answer {
    match simulated::serve(object, &request).await {
        Ok(Some(answer)) => answer,
        Ok(None) => likeness_platform::send(&request).await,
        Err(error) => {
            worker::console_error!("[FAL AI] ERROR {error}");
            Err(NoAnswer::Interrupted)
        }
    }
}

/// The imager's answer to a job.
enum Asked {
    /// A report that the job is done, or why not.
    Report(ImagerReport),
    /// A lack of room.
    Busy,
    /// A crash, by this job or by another that the imager had in hand.
    Crashed,
}

/// The longest that the imager may take. Cloudflare ends an alarm, and the request that it waits for, after 15 minutes
/// (its limits page), and says nothing; so this ends the request before, and it is tried again.
const PATIENCE: Duration = Duration::from_mins(14);

/// The longest that the imager may be silent about a photo: a place in its line, two transfers, and the work in
/// between.
const PHOTO_SILENCE: Duration = Duration::from_mins(12);

/// The longest that the imager may be silent about a file: the pauses before the file is asked for again, and the time
/// that storage takes over the whole. Less than the lease of a transfer that has moved.
const SILENCE: Duration = Duration::from_mins(10);

async fn imager(object: &Object, task: TaskId, job: &ImagerJob) -> Asked {
    let asked = pin!(ask_imager(object, task, job));
    let asked = match select(asked, pin!(Delay::from(PATIENCE))).await {
        Either::Left((asked, _)) => asked,
        Either::Right(_) => Err(Error::from("its time is up")),
    };
    match asked {
        Ok(asked) => asked,
        Err(error) => {
            worker::console_warn!("[FAL AI] WARNING the imager did not answer: {error}");
            Asked::Crashed
        }
    }
}

async fn ask_imager(object: &Object, task: TaskId, job: &ImagerJob) -> Result<Asked> {
    let body = serde_json::to_vec(job)?;
    let request = post("https://imager/jobs", &Headers::new(), &Uint8Array::from(body.as_slice()))?;
    // The answer about a photo comes in one piece. A job that moves a file sends signs of life meanwhile.
    let silence = if matches!(job, ImagerJob::Prepare(_)) { PHOTO_SILENCE } else { SILENCE };
    let service = object.env.service("IMAGER")?;
    let mut response = heard(service.fetch_request(request), silence).await??;
    match response.status_code() {
        200 => {}
        503 => return Ok(Asked::Busy),
        status => return Err(Error::from(format!("it answered {status}"))),
    }
    // White space arrives while a transfer moves; the transfer is broken off when this returns early.
    let (mut stream, mut report, mut told) = (response.stream()?, Vec::new(), settings::now());
    while let Some(chunk) = heard(stream.next(), silence).await? {
        report.extend(chunk?);
        if settings::now().since(told) >= PROGRESS_INTERVAL {
            told = settings::now();
            if !object.progressed(task)? {
                return Err(Error::from("its work is not awaited any more"));
            }
        }
    }
    Ok(Asked::Report(json::parse(&report)?))
}

/// Waits for the imager's next bytes, but not for ever.
async fn heard<T>(word: impl Future<Output = T>, silence: Duration) -> Result<T> {
    match select(pin!(word), pin!(Delay::from(silence))).await {
        Either::Left((word, _)) => Ok(word),
        Either::Right(_) => Err(Error::from("it is silent")),
    }
}

async fn send(
    object: &Rc<Object>,
    connection: &ConnectionSettings,
    task: TaskId,
    mut upload: Upload,
    upload_source: &UploadSource,
) -> Result<std::result::Result<Url, Failure>> {
    loop {
        let request = match upload.step() {
            UploadStep::Call(request) => request,
            UploadStep::Done(url) => return Ok(Ok(url)),
            UploadStep::Failed(error) => return Ok(Err(error.into())),
        };
        if !matches!(request.body, Body::Stream { .. }) {
            upload.answered(call(object, request).await);
            continue;
        }
        let job = match sending(object, connection, upload_source, &request)? {
            Ok(job) => job,
            Err(error) => return Ok(Err(Failure::Storage(error))),
        };
        match imager(object, task, &job).await {
            Asked::Report(ImagerReport::Sent(Ok(answer))) => upload.answered(Ok(answer)),
            Asked::Report(ImagerReport::Sent(Err(SendFailure::NoAnswer(why)))) => upload.answered(Err(why)),
            Asked::Report(ImagerReport::Sent(Err(SendFailure::Source(error)))) => {
                return Ok(Err(Failure::Storage(error)));
            }
            Asked::Report(_) | Asked::Crashed | Asked::Busy => upload.answered(Err(NoAnswer::Interrupted)),
        }
    }
}

/// Makes the job that sends the bytes of an upload's call.
fn sending(
    object: &Object,
    connection: &ConnectionSettings,
    upload_source: &UploadSource,
    call: &Request,
) -> Result<std::result::Result<ImagerJob, StorageError>> {
    let now = settings::now();
    let no_bucket = || StorageError::new(StorageErrorKind::NoBucket, "the bucket");
    let Some(bucket) = connection.bucket.as_ref() else { return Ok(Err(no_bucket())) };
    Ok(match upload_source {
        UploadSource::Archive(dataset) => ImagerJob::send_archive(dataset, call, bucket, now),
        UploadSource::Model(file) => match object.load()?.and_then(|avatar| avatar.object_of(file)) {
            Some(place) => ImagerJob::send_object(&place, call, bucket, now),
            None => Err(no_bucket()),
        },
    })
}

async fn fetch(
    object: &Rc<Object>,
    connection: &ConnectionSettings,
    task: TaskId,
    file: RemoteFile,
    name: String,
    copy: Option<ObjectPlace>,
) -> Result<std::result::Result<likeness_core::avatar::Kept, Failure>> {
    let known = object.load()?;
    let place = copy.or_else(|| known.and_then(|avatar| avatar.object_of(&name)));
    let missing = || StorageError::new(StorageErrorKind::NoBucket, name.clone());
    let (Some(place), Some(bucket)) = (place, connection.bucket.as_ref()) else {
        return Ok(Err(Failure::Storage(missing())));
    };
    let job = match ImagerJob::fetch(file, name.clone(), &place, bucket, settings::now()) {
        Ok(job) => job,
        Err(error) => return Ok(Err(Failure::Storage(error))),
    };
    Ok(match imager(object, task, &job).await {
        Asked::Report(ImagerReport::Fetched(fetched)) => {
            fetched.map(|kept| likeness_core::avatar::Kept { copy: Some(place), ..kept })
        }
        Asked::Report(_) | Asked::Crashed | Asked::Busy => {
            Err(NetworkError::NoAnswer(NoAnswer::Interrupted).into())
        }
    })
}

async fn clear(object: &Rc<Object>, mut deletion: DeletePrefix) -> std::result::Result<(), StorageError> {
    loop {
        match deletion.step(settings::now()) {
            DeletePrefixStep::Call(request) => deletion.answered(call(object, *request).await),
            DeletePrefixStep::Done(_) => return Ok(()),
            DeletePrefixStep::Failed(error) => return Err(error),
        }
    }
}

async fn delete(
    object: &Rc<Object>,
    connection: &ConnectionSettings,
    source: &str,
) -> std::result::Result<(), StorageError> {
    let bucket = bucket(connection, source)?;
    let denied = || StorageError::new(StorageErrorKind::Denied, source);
    let place: ObjectPlace = source.parse().map_err(|_| denied())?;
    let answer = call(object, bucket.delete(&place.key, settings::now())).await;
    bucket.asked(source).deleted(answer)
}

/// Finds the bucket that an object lies in.
fn bucket<'a>(
    connection: &'a ConnectionSettings,
    source: &str,
) -> std::result::Result<&'a Bucket, StorageError> {
    let here = connection
        .bucket
        .as_ref()
        .filter(|bucket| source.parse::<ObjectPlace>().is_ok_and(|place| place.bucket == bucket.name()));
    here.ok_or_else(|| StorageError::new(StorageErrorKind::NoBucket, source))
}
