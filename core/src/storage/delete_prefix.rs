//! Deletion of everything under a prefix.

use std::collections::VecDeque;

use super::{Asked, Bucket, ObjectKey, Prefix};
use crate::{
    error::{StorageError, StorageErrorKind},
    http::{Answer, Request},
    time::Timestamp,
};

/// A deletion of everything under a prefix: ask for [`step`](Self::step), send that call, pass the answer to
/// [`answered`](Self::answered), until a listing shows nothing.
#[derive(Debug)]
pub struct DeletePrefix {
    bucket: Bucket,
    prefix: Prefix,
    state: State,
    /// Keys of the last listing.
    listed: Vec<ObjectKey>,
    deleted: usize,
    rounds: u32,
}

#[derive(Debug)]
enum State {
    Listing,
    Deleting(VecDeque<ObjectKey>),
    Done,
    Failed(StorageError),
}

/// The next step of a deletion.
#[derive(Debug)]
pub enum DeletePrefixStep {
    /// Send this call.
    Call(Box<Request>),
    /// The end: all objects are gone. The number is that of the deleted ones.
    Done(usize),
    /// The end: the deletion failed.
    Failed(StorageError),
}

/// The most rounds of a thousand objects each. Only Likeness writes there.
const MOST_ROUNDS: u32 = 100;

impl DeletePrefix {
    /// Begins with nothing deleted.
    #[must_use]
    pub fn new(bucket: &Bucket, prefix: &Prefix) -> Self {
        let (bucket, prefix) = (bucket.clone(), prefix.clone());
        Self { bucket, prefix, state: State::Listing, listed: Vec::new(), deleted: 0, rounds: 0 }
    }

    /// Returns the next step, which stays the same until [`answered`](Self::answered) changes the state.
    #[must_use]
    pub fn step(&self, now: Timestamp) -> DeletePrefixStep {
        match &self.state {
            State::Deleting(keys) if let Some(key) = keys.front() => {
                DeletePrefixStep::Call(Box::new(self.bucket.delete(key, now)))
            }
            // Always the first page: the keys of the page before are deleted, so the next ones have moved there.
            State::Listing | State::Deleting(_) => {
                DeletePrefixStep::Call(Box::new(self.bucket.list(&self.prefix, None, now)))
            }
            State::Done => DeletePrefixStep::Done(self.deleted),
            State::Failed(error) => DeletePrefixStep::Failed(error.clone()),
        }
    }

    /// Returns the place, as errors name it.
    #[must_use]
    pub fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket.name(), self.prefix)
    }

    /// Takes the answer to the call that [`step`](Self::step) asked for.
    pub fn answered(&mut self, answer: Answer) {
        self.state = match std::mem::replace(&mut self.state, State::Listing) {
            State::Listing => self.was_listed(answer),
            State::Deleting(mut keys) => match keys.pop_front() {
                Some(key) => self.was_deleted(&key, answer, keys),
                None => self.was_listed(answer),
            },
            ended => ended,
        };
    }

    fn was_listed(&mut self, answer: Answer) -> State {
        let keys = match self.asked().listing(answer, &self.prefix) {
            // Without the bucket there are no objects either.
            Err(error) if error.kind == StorageErrorKind::NoBucket => return State::Done,
            Err(error) => return State::Failed(error),
            Ok(page) => page.keys,
        };
        if keys.is_empty() {
            return State::Done;
        }
        self.rounds += 1;
        if keys == self.listed || self.rounds > MOST_ROUNDS {
            // The server confirms deletions without deleting.
            return State::Failed(self.asked().error(StorageErrorKind::Refused));
        }
        self.listed.clone_from(&keys);
        State::Deleting(keys.into())
    }

    fn was_deleted(&mut self, key: &ObjectKey, answer: Answer, rest: VecDeque<ObjectKey>) -> State {
        let asked = self.bucket.asked(self.bucket.place(key.clone()).to_string());
        match asked.deleted(answer) {
            Err(error) => return State::Failed(error),
            Ok(()) => self.deleted += 1,
        }
        if rest.is_empty() { State::Listing } else { State::Deleting(rest) }
    }

    fn asked(&self) -> Asked {
        self.bucket.asked(self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::{DeletePrefix, DeletePrefixStep};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::StorageErrorKind,
        http::{HeaderMap, Method, Request, Response, StatusCode},
        ids::{AvatarId, Name},
        secret::Secret,
        storage::{Access, Bucket, Prefix},
        time::Timestamp,
    };

    const NOW: i64 = 1_800_000_000_000;

    fn prefix() -> Prefix {
        Prefix::of(&Name::new("u").expect("a name"), AvatarId::new(uuid::Uuid::from_u128(7)))
    }

    /// Clears a bucket that answers so, and returns the calls and the outcome.
    fn clear(
        mut answer: impl FnMut(&Request) -> (u16, String),
    ) -> (Vec<Method>, Result<usize, StorageErrorKind>) {
        let secret = || Secret::new("hush").expect("text");
        let access = Access { key: secret(), secret: secret(), region: "us-east-1".to_owned() };
        let endpoint = "http://minio.test".parse().expect("an address");
        let bucket = Bucket::new(&endpoint, "photos", &access, None).expect("a bucket");
        let (mut clearing, mut calls) = (DeletePrefix::new(&bucket, &prefix()), Vec::new());
        loop {
            match clearing.step(Timestamp::from_millis(NOW)) {
                DeletePrefixStep::Call(request) => {
                    let (status, body) = answer(&request);
                    calls.push(request.method);
                    let status = StatusCode::from_u16(status).expect("a status");
                    let response = Response { status, headers: HeaderMap::new(), body: body.into_bytes() };
                    clearing.answered(Ok(response));
                }
                DeletePrefixStep::Done(deleted) => return (calls, Ok(deleted)),
                DeletePrefixStep::Failed(error) => return (calls, Err(error.kind)),
            }
        }
    }

    fn page(names: &[&str]) -> (u16, String) {
        let content =
            |name: &&str| format!("<Contents><Key>{}{name}</Key><Size>1</Size></Contents>", prefix());
        let contents: String = names.iter().map(content).collect();
        (
            200,
            format!(
                "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{contents}<IsTruncated>false</IsTruncated></ListBucketResult>"
            ),
        )
    }

    #[test]
    fn it_deletes_until_a_listing_shows_nothing() {
        let mut left = vec![vec!["a", "b"], vec!["late"], vec![]].into_iter();
        let (calls, ended) = clear(|request| match request.method {
            Method::GET => page(&left.next().expect("a listing")),
            // Another program deleted the object first.
            _ if request.url.path().ends_with("/b") => (404, String::new()),
            _ => (204, String::new()),
        });
        let (get, delete) = (Method::GET, Method::DELETE);
        assert_eq!(calls, [get.clone(), delete.clone(), delete.clone(), get.clone(), delete, get]);
        assert_eq!(ended, Ok(3));
    }

    #[test]
    fn what_refuses_or_only_says_that_it_deletes_is_an_error() {
        let refuses = |status: u16, body: &'static str| {
            clear(
                move |request| {
                    if request.method == Method::GET { page(&["a"]) } else { (status, body.to_owned()) }
                },
            )
            .1
        };
        assert_eq!(refuses(204, ""), Err(StorageErrorKind::Refused));
        assert_eq!(refuses(403, ""), Err(StorageErrorKind::Denied));
        let gone = clear(|_| (404, "<Error><Code>NoSuchBucket</Code></Error>".to_owned()));
        assert_eq!(gone.1, Ok(0));
    }
}
