//! Our API as both shells answer it, with avatars that are driven to their ends.

use std::{collections::BTreeMap, io::Cursor, time::Duration};

use crate::{
    api::{
        Answer, AvatarApi, BudgetAnswer, BudgetApi, Call, Caller, ConnectionSettings, Deployment, Given,
        Place, Reply, Spent,
    },
    archive::Piece,
    avatar::{
        Avatar, AvatarId, Content, Event, Kept, Moment, OrderKey, OrderView, Outcome, Photo, PrepareError,
        Prepared, Sha256Sum, Step, UploadSource, Work,
    },
    budget::{Budget, InviteTerms, Kind, TokenText},
    chat::ApiCall,
    fal::upload::UploadStep,
    http::{self, Body, Request, StatusCode},
    photo::{Format, PhotoProblem},
    random::Random,
    simulator::{Incoming, Plan, Simulator},
    time::Timestamp,
};

const FAL: &str = "http://fal.world.test";

/// The deployment behind the chat.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) deployment: Deployment,
    connection: ConnectionSettings,
    budget: Budget,
    avatars: BTreeMap<AvatarId, Avatar>,
    files: BTreeMap<String, Vec<u8>>,
    fal: Simulator,
    random: Random,
    /// Bodies of the calls that bought something, in their order.
    pub(super) bought: Vec<OrderKey>,
    /// Number of calls that are still answered with an error of the server.
    pub(super) failures: u32,
}

/// The answer to a call.
pub(super) enum Answered {
    Reply(Reply),
    File(String, Vec<u8>),
}

impl Backend {
    pub(super) fn new(now: Timestamp, settings: &[(&str, &str)], faults: &[&str]) -> Self {
        let always = [
            ("FAL_KEY", "world:secret-of-the-world"),
            ("FAL_BASE_URL", FAL),
            ("ADMIN_TOKEN", "an admin token of more than 32 characters"),
        ];
        let settings: Vec<_> = settings.iter().chain(&always).collect();
        let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
        let value = |name: &str| {
            settings.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        let deployment = Deployment::read(value).expect("settings");
        let connection = deployment.connection().expect("a connection");
        let plan = Plan::new(FAL.parse().expect("a URL"));
        Self {
            connection,
            deployment,
            budget: Budget::new([7; 32], now),
            avatars: BTreeMap::new(),
            files: BTreeMap::new(),
            fal: Simulator::new(Plan { lora_width: 8, training: Duration::from_mins(2), faults, ..plan }),
            random: Random::new(11),
            bought: Vec::new(),
            failures: 0,
        }
    }

    /// Makes an invite.
    pub(super) fn invite(&mut self, name: &str, trainings: u32, pictures: u32, now: Timestamp) -> String {
        let terms: InviteTerms = serde_json::from_value(serde_json::json!({
            "label": name, "allowance": {"trainings": trainings, "pictures": pictures}, "uses": 1,
        }))
        .expect("terms");
        let admin = self.deployment.admin.as_ref().expect("an admin");
        let minted =
            self.budget.mint_invite(admin, name.parse().expect("an id"), terms, now).expect("an invite");
        minted.token.expose().to_owned()
    }

    /// Makes an invite that nobody knows.
    pub(super) fn strange_invite() -> String {
        TokenText::new(Kind::Invite, [0x5a; 32]).expose().to_owned()
    }

    /// Answers a call of the chat; `file` is its body, where that is a file.
    pub(super) fn answer(&mut self, call: &ApiCall, file: Option<&[u8]>, now: Timestamp) -> Answered {
        if self.failures > 0 {
            self.failures -= 1;
            return Answered::Reply(Reply::empty(StatusCode::SERVICE_UNAVAILABLE));
        }
        let (caller, body) = (call.caller, call.body.clone());
        let mut call = match call.call(now) {
            Ok(call) => call,
            Err(problem) => return Answered::Reply(problem.into()),
        };
        call.content_length = file.map(|file| file.len() as u64);
        if let Err(problem) = call.admit(caller) {
            return Answered::Reply(problem.into());
        }
        let given = Given { body, ..Given::default() };
        match call.operation.place() {
            Place::Budget => Answered::Reply(self.budget_call(&call, &given, now)),
            _ => self.avatar_call(&call, caller, given, file, now),
        }
    }

    /// Erases every avatar, as the operator or the page does.
    pub(super) fn erase_all(&mut self, now: Timestamp) {
        let ids: Vec<_> = self.avatars.keys().copied().collect();
        for id in ids {
            drop(self.answer(&ApiCall::erase(id, Caller::Server), None, now));
        }
    }

    fn moment(&mut self, now: Timestamp) -> Moment {
        let mut entropy = [0; 16];
        entropy[..8].copy_from_slice(&self.random.next_u64().to_le_bytes());
        entropy[8..].copy_from_slice(&self.random.next_u64().to_le_bytes());
        Moment { now, poll: Duration::from_secs(5), photo_slots: 4, entropy }
    }

    fn budget_call(&mut self, call: &Call, given: &Given, now: Timestamp) -> Reply {
        let moment = self.moment(now);
        let api = BudgetApi { deployment: &self.deployment, now };
        let (budget, answer) = api.answer(self.budget.clone(), call, given);
        self.budget = budget;
        match answer {
            BudgetAnswer::Reply(reply) => reply,
            BudgetAnswer::Admit(admission) => {
                let api =
                    AvatarApi { deployment: &self.deployment, connection: Some(&self.connection), moment };
                let known = self.avatars.remove(&admission.avatar);
                let (avatar, admitted) = api.redeemed(known, &admission);
                self.avatars.extend(avatar.map(|avatar| (admission.avatar, avatar)));
                admitted.map_or_else(Into::into, |()| admission.reply())
            }
        }
    }

    fn avatar_call(
        &mut self,
        call: &Call,
        caller: Caller,
        mut given: Given,
        file: Option<&[u8]>,
        now: Timestamp,
    ) -> Answered {
        let id = call.params.avatar.expect("an avatar");
        loop {
            let moment = self.moment(now);
            let api = AvatarApi { deployment: &self.deployment, connection: Some(&self.connection), moment };
            let known = self.avatars.get(&id).cloned();
            let (avatar, answer) = api.answer(known, call, caller, &given);
            self.avatars.extend(avatar.map(|avatar| (id, avatar)));
            match answer {
                Answer::Reply(reply) => {
                    self.drive(id, now);
                    return Answered::Reply(reply);
                }
                Answer::Reserve(purchase) => {
                    let api = BudgetApi { deployment: &self.deployment, now };
                    let reserved = api.reserve(&mut self.budget, id, purchase, caller.payer());
                    if reserved.is_ok() {
                        self.bought.push(purchase.order());
                    }
                    given.reserved = Some(reserved);
                }
                Answer::Receive { photo, .. } => {
                    self.files.insert(photo.source, file.expect("a file").to_vec());
                    given.received = Some(Ok(()));
                }
                Answer::File(download) => {
                    let bytes = self.files.get(&download.file).cloned().expect("a file that was kept");
                    return Answered::File(download.file, bytes);
                }
                Answer::Ask(_) | Answer::Hold => unreachable!("the chat makes no such call"),
            }
        }
    }

    /// Lets every avatar do what is due; returns the time of the next work.
    pub(super) fn drive_all(&mut self, now: Timestamp) -> Option<Timestamp> {
        let ids: Vec<_> = self.avatars.keys().copied().collect();
        ids.into_iter().filter_map(|id| self.drive(id, now)).min()
    }

    fn drive(&mut self, id: AvatarId, now: Timestamp) -> Option<Timestamp> {
        loop {
            let mut avatar = self.avatars.get(&id)?.clone();
            let moment = self.moment(now);
            let step;
            (avatar, step) =
                avatar.advance(&self.connection.account, &moment, |_, kind| self.deployment.wants(kind));
            let until = match step {
                Step::Begin(task) => {
                    let outcome = self.work(task.work, now);
                    avatar = avatar.after(Event::Ended(task.mark.id, outcome), &moment);
                    None
                }
                Step::Wait(until) => Some(Some(until)),
                Step::Idle => Some(None),
            };
            self.tell_budget(&avatar);
            self.avatars.insert(id, avatar);
            if let Some(until) = until {
                return until;
            }
        }
    }

    fn tell_budget(&mut self, avatar: &Avatar) {
        let orders: Vec<_> = avatar.orders().map(OrderView::key).collect();
        for order in orders {
            if let Some(spent) = Spent::of(avatar, order, false) {
                spent.tell(&mut self.budget, avatar.id(), order);
            }
        }
    }

    fn work(&mut self, work: Work, now: Timestamp) -> Outcome {
        match work {
            Work::Prepare { photo, file } => Outcome::Prepared(self.prepare(&photo, file)),
            Work::Call(request) => {
                Outcome::Answered { answer: self.call_fal(&request, &[], now), held_elsewhere: false }
            }
            Work::Send { mut upload, upload_source } => {
                let bytes = self.archive(&upload_source);
                loop {
                    match upload.step() {
                        UploadStep::Call(request) => upload.answered(self.call_fal(&request, &bytes, now)),
                        UploadStep::Done(url) => return Outcome::Sent(Ok(url)),
                        UploadStep::Failed(error) => return Outcome::Sent(Err(error.into())),
                    }
                }
            }
            // The simulator would draw portraits of a million pixels, and nobody looks at them here.
            Work::Fetch { name, .. } => {
                let bytes = format!("the file {name}").into_bytes();
                let (length, sha256) = (bytes.len() as u64, Sha256Sum::of(&bytes));
                self.files.insert(name.clone(), bytes);
                Outcome::Fetched(Ok(Kept { name, length, sha256, copy: None }))
            }
            Work::Clear { bucket_folder, what } => Outcome::Cleared { bucket_folder, what, result: Ok(()) },
            Work::Discard { sources } => Outcome::Discarded { sources, result: Ok(()) },
            Work::Notify { .. } => Outcome::Notified(Ok(())),
            Work::Report { .. } => Outcome::Reported(Ok(())),
        }
    }

    /// Prepares a photo: its words say what becomes of it.
    fn prepare(&mut self, photo: &Photo, file: String) -> Result<Prepared, PrepareError> {
        let bytes = self.files.get(&photo.source).cloned().unwrap_or_default();
        let words = String::from_utf8_lossy(&bytes);
        let problem = if words.contains("small") {
            Some(PhotoProblem::TooSmall { side: 90, min: 512 })
        } else if words.contains("broken") {
            Some(PhotoProblem::damaged(Format::Jpeg))
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(PrepareError::Photo(problem));
        }
        let sum = Sha256Sum::of(&bytes);
        self.files.insert(file.clone(), bytes.clone());
        Ok(Prepared {
            file,
            etag: None,
            length: bytes.len() as u64,
            crc32: crc32fast::hash(&bytes),
            sha256: Some(sum),
            width: 1024,
            height: 1024,
            way: None,
            changes: Vec::new(),
            report: None,
            original: Some(sum),
        })
    }

    fn archive(&self, source: &UploadSource) -> Vec<u8> {
        let UploadSource::Archive(dataset) = source else { return Vec::new() };
        let archive = dataset.archive().expect("a frozen set");
        let mut zip = Vec::new();
        for piece in archive.pieces(0..archive.length()) {
            match piece {
                Piece::Framing(bytes) => zip.extend(bytes),
                Piece::Entry { index, .. } => match &dataset.parts[index].content {
                    Content::Photo { file, .. } => zip.extend(self.files.get(file).expect("a photo")),
                    Content::Caption(text) => zip.extend(text.as_bytes()),
                },
            }
        }
        zip
    }

    fn call_fal(&mut self, request: &Request, file: &[u8], now: Timestamp) -> http::Answer {
        let body = match &request.body {
            Body::Empty => Vec::new(),
            Body::Bytes(bytes) => bytes.clone(),
            Body::Stream { start, length } => {
                let start = usize::try_from(*start).expect("small");
                file[start..start + usize::try_from(*length).expect("small")].to_vec()
            }
        };
        self.fal.answer(&Incoming::from(request), &mut Cursor::new(body), now).within(request.patience()).1
    }

    /// Counts the trainings that fal.ai accepted.
    pub(super) fn trainings_at_fal(&self) -> usize {
        self.fal.accepted().filter(|accepted| accepted.endpoint.contains("trainer")).count()
    }

    /// Tells whether nothing of any person is left.
    pub(super) fn forgot_everybody(&self) -> bool {
        self.avatars.values().all(|avatar| avatar.person().is_none())
    }

    /// Returns the time at which consent was confirmed, of the only avatar.
    pub(super) fn consented_at(&self) -> Option<Timestamp> {
        self.avatars.values().next_back().and_then(Avatar::consented_at)
    }
}
