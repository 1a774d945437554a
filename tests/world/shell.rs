//! The shell's work on a task: everything is in memory, and nothing is certain.

use std::time::Duration;

use likeness_core::{
    archive::Piece,
    avatar::{
        Content, Dataset, Event, OrderStep, Outcome, Photo, PrepareError, Prepared, Sha256Sum, TaskId,
        TaskKind, TaskRecord, UploadSource, Work,
    },
    error::{Error, NetworkError, StorageError, StorageErrorKind},
    fal::{
        submit::{self, Submitted},
        upload::{Upload, UploadStep},
    },
    http::{Answer, NoAnswer, Request, Response, StatusCode},
    photo::PhotoProblem,
};
use serde_json::json;
use url::Url;

use super::{
    Reckless,
    life::{Happening, Stop, World},
    transport::{self, Fate},
};

/// A task under way.
pub(super) struct Flight {
    home: usize,
    mark: TaskRecord,
    work: Option<Work>,
    outcome: Option<Outcome>,
}

impl Flight {
    pub(super) fn new(home: usize, mark: TaskRecord, work: Work) -> Self {
        Self { home, mark, work: Some(work), outcome: None }
    }

    pub(super) fn is_a_transfer(&self) -> bool {
        self.mark.latest.is_some()
    }

    pub(super) fn is(&self, home: usize, task: TaskId) -> bool {
        self.home == home && self.mark.id == task
    }
}

/// Describes an event in few words: bodies are long.
pub(super) fn in_short(event: &Event) -> String {
    match event {
        Event::Ended(id, Outcome::Answered { answer: Ok(answer), held_elsewhere }) => {
            let body = String::from_utf8_lossy(answer.body.get(..300).unwrap_or(&answer.body));
            format!("Ended {id}: {} {body}, held elsewhere: {held_elsewhere}", answer.status)
        }
        event => format!("{event:?}"),
    }
}

impl World {
    /// Lets a task's work reach its server, if the process still lives.
    pub(super) fn reached(&mut self, id: u64) -> Result<(), Stop> {
        let Some(flight) = self.flights.get_mut(&id) else { return Ok(()) };
        let (home, task_kind) = (flight.home, flight.mark.task_kind);
        let Some(work) = flight.work.take() else { return Ok(()) };
        let (after, outcome) = match work {
            Work::Prepare { photo, .. } => {
                (Duration::ZERO, Outcome::Prepared(self.prepare(home, &photo, id)))
            }
            Work::Call(request) => {
                let (after, answer) = self.call(home, task_kind, &request)?;
                (after, Outcome::Answered { answer, held_elsewhere: false })
            }
            Work::Send { upload, upload_source } => {
                let (after, sent) = self.send(home, *upload, &upload_source);
                (after, Outcome::Sent(sent))
            }
            Work::Fetch { file, name, .. } => {
                let (after, fetched) = self.fetch(home, file, name);
                (after, Outcome::Fetched(fetched))
            }
            // The avatars of this world live on a command line, which tidies by itself and tells nobody.
            Work::Clear { .. } | Work::Discard { .. } | Work::Notify { .. } | Work::Report { .. } => {
                return Ok(());
            }
        };
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.outcome = Some(outcome);
            self.returns(id, after);
        }
        Ok(())
    }

    /// Reports that a transfer moves, and breaks it off when the avatar does not wait for it any more.
    pub(super) fn progressed(&mut self, id: u64) -> Result<(), Stop> {
        let Some(flight) = self.flights.get(&id) else { return Ok(()) };
        let (home, task) = (flight.home, flight.mark.id);
        self.tell(home, Event::Progressed(task))?;
        if self.load(home).awaits(task) {
            self.plan(super::life::PROGRESS, Happening::Progressed(id));
            return Ok(());
        }
        let Some(flight) = self.flights.get_mut(&id) else { return Ok(()) };
        let broken_off = Error::Network(NetworkError::NoAnswer(NoAnswer::Interrupted));
        flight.outcome = Some(match flight.mark.task_kind.step() {
            Some(OrderStep::Upload) => Outcome::Sent(Err(broken_off)),
            _ => Outcome::Fetched(Err(broken_off)),
        });
        self.returned(id)
    }

    /// Brings the outcome of a task to the shell.
    pub(super) fn returned(&mut self, id: u64) -> Result<(), Stop> {
        let Some(flight) = self.flights.remove(&id) else { return Ok(()) };
        let (home, task_kind) = (flight.home, flight.mark.task_kind);
        let Some(mut outcome) = flight.outcome else { return Ok(()) };
        if let Outcome::Answered { held_elsewhere, .. } = &mut outcome {
            *held_elsewhere = self.candidate_held_elsewhere(home, task_kind);
        }
        self.books.files_missing = matches!(
            &outcome,
            Outcome::Sent(Err(Error::Storage(error))) if error.kind == StorageErrorKind::Missing
        );
        if self.reckless == Some(Reckless::SkipsTheSave) && flight.mark.is_submit() {
            // The reckless shell saves the intent together with the answer: too late.
            let began = Event::Began(flight.mark.clone());
            self.settle(home, |avatar, moment| (avatar.after(began, moment), ()))?;
        }
        let told = self.tell(home, Event::Ended(flight.mark.id, outcome));
        self.books.files_missing = false;
        told
    }

    fn prepare(&mut self, home: usize, photo: &Photo, id: u64) -> Result<Prepared, PrepareError> {
        if self.random.per_mille(self.weather.storage / 4) {
            return Err(PrepareError::Photo(PhotoProblem::NotEncoded));
        }
        if self.random.per_mille(self.weather.storage) {
            let kind = StorageErrorKind::Missing;
            return Err(PrepareError::Storage(StorageError::new(kind, photo.source.clone())));
        }
        // Named by the sum, so that a mistaken photo shows.
        let file = format!("{}-{id}.jpg", photo.sha256.map(|sum| sum.to_string()).unwrap_or_default());
        let jpeg = photo.source.clone().into_bytes();
        let prepared = Prepared {
            original: None,
            file: file.clone(),
            etag: None,
            length: jpeg.len() as u64,
            crc32: crc32fast::hash(&jpeg),
            sha256: Some(Sha256Sum::of(&jpeg)),
            width: 512,
            height: 512,
            way: None,
            changes: Vec::new(),
            report: None,
        };
        self.homes[home].files.insert(file, jpeg);
        Ok(prepared)
    }

    fn call(
        &mut self,
        home: usize,
        task_kind: TaskKind,
        request: &Request,
    ) -> Result<(Duration, Answer), Stop> {
        let submit = task_kind.step() == Some(OrderStep::Submit);
        let trusts = self.reckless == Some(Reckless::TrustsWebhooks);
        if trusts && task_kind.step() == Some(OrderStep::Prove) {
            let word = json!({ "status": "IN_QUEUE", "queue_position": 0 });
            return Ok((Duration::ZERO, Ok(Response::json(StatusCode::OK, &word))));
        }
        let mut answered = self.call_once(home, task_kind, request, submit)?;
        let lost = submit && matches!(submit::parse(answered.1.clone()), Submitted::Unclear(_));
        if lost && self.reckless == Some(Reckless::PostsAgain) {
            answered = self.call_once(home, task_kind, request, submit)?;
        }
        Ok(answered)
    }

    fn call_once(
        &mut self,
        home: usize,
        task_kind: TaskKind,
        request: &Request,
        submit: bool,
    ) -> Result<(Duration, Answer), Stop> {
        let mut answered = None;
        let mut send = |world: &mut Self| answered = Some(world.over_the_wire(request, &[]));
        if submit {
            self.buys(home, task_kind, send)?;
        } else {
            send(self);
        }
        Ok(answered.expect("an answer or none"))
    }

    pub(super) fn over_the_wire(&mut self, request: &Request, file: &[u8]) -> (Duration, Answer) {
        let fate = Fate::random(&mut self.random, self.weather.transport);
        let answered = transport::call(&mut self.fal, request, file, self.now, fate, &mut self.random);
        self.note(|| {
            let answer = answered.1.as_ref().map(|answer| answer.status);
            format!("  {request:?}: {fate:?}: {answer:?}")
        });
        answered
    }

    fn send(
        &mut self,
        home: usize,
        mut upload: Upload,
        upload_source: &UploadSource,
    ) -> (Duration, Result<Url, Error>) {
        let file = match upload_source {
            UploadSource::Archive(dataset) => self.zip(home, dataset),
            UploadSource::Model(name) => self.file(home, name),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => return (Duration::ZERO, Err(Error::Storage(error))),
        };
        let mut after = Duration::ZERO;
        loop {
            match upload.step() {
                UploadStep::Call(request) => {
                    let (took, answer) = self.over_the_wire(&request, &file);
                    after += took;
                    upload.answered(answer);
                }
                UploadStep::Done(url) => return (after, Ok(url)),
                UploadStep::Failed(error) => return (after, Err(error.into())),
            }
        }
    }

    fn zip(&self, home: usize, dataset: &Dataset) -> Result<Vec<u8>, StorageError> {
        let archive = dataset.archive().expect("a frozen set");
        let mut zip = Vec::new();
        for piece in archive.pieces(0..archive.length()) {
            match piece {
                Piece::Framing(bytes) => zip.extend(bytes),
                Piece::Entry { index, .. } => match &dataset.parts[index].content {
                    Content::Photo { file, .. } => zip.extend(self.file(home, file)?),
                    Content::Caption(text) => zip.extend(text.as_bytes()),
                },
            }
        }
        Ok(zip)
    }

    fn file(&self, home: usize, name: &str) -> Result<Vec<u8>, StorageError> {
        let missing = || StorageError::new(StorageErrorKind::Missing, name);
        self.homes[home].files.get(name).cloned().ok_or_else(missing)
    }
}
