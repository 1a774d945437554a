//! Uploads of a file to fal: one call with the key, then its bytes without.
//!
//! Small files go in one PUT, larger ones in parts, each at addresses that fal signs. These addresses are secrets
//! while they live, so nothing here shows or stores them; an upload that was cut is begun again.

use std::fmt;

use http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};
use url::Url;

use super::{
    Account, CallError,
    error::{object, success},
    submit::{LIFECYCLE_OF_OUTPUTS, lifecycle},
};
use crate::{
    http::{Answer, Body, Method, Request, Response},
    limits::{READ_TIMEOUT, SINGLE_UPLOAD_BYTES, TRANSFER_TIMEOUT, UPLOAD_PART_BYTES},
};

/// An upload in progress: ask for [`step`](Self::step), send that call, pass the answer to
/// [`answered`](Self::answered), until the upload is done or has failed.
///
/// The file expires at fal after [`EXPIRY_AT_FAL`](crate::limits::EXPIRY_AT_FAL), and until then anybody who knows
/// its address can read it.
#[derive(Clone)]
pub struct Upload {
    account: Account,
    file_name: String,
    content_type: String,
    length: u64,
    state: State,
}

/// The next step of an upload.
#[derive(Clone, Debug)]
pub enum UploadStep {
    /// Send this call; a [`Body::Stream`] counts from the file's first byte.
    Call(Request),
    /// The end: the file is at this address.
    Done(Url),
    /// The end: the upload failed. An upload costs nothing, so it may be begun again.
    Failed(CallError),
}

#[derive(Clone)]
enum State {
    Initiating,
    Sending { to: Url, file: Url, tries: u8 },
    SendingParts { to: Url, file: Url, etags: Vec<String>, tries: u8 },
    Completing { to: Url, file: Url, etags: Vec<String>, tries: u8 },
    Done(Url),
    Failed(CallError),
}

/// The most times that a file, a part, or the completion is sent (three in fal's JavaScript client). Sending the
/// same bytes to the same address again gives the same file.
const MOST_TRIES: u8 = 3;

/// The name that fal's JavaScript client gives the lifecycle header on uploads; the pages' curl examples use
/// the name for outputs. Both are sent, as the Python client does.
const LIFECYCLE_OF_UPLOADS: HeaderName = HeaderName::from_static("x-fal-object-lifecycle");

impl Upload {
    /// Starts an upload of `length` bytes under this name and media type.
    #[must_use]
    pub fn new(account: &Account, file_name: &str, content_type: &str, length: u64) -> Self {
        Self {
            account: account.clone(),
            file_name: file_name.to_owned(),
            content_type: content_type.to_owned(),
            length,
            state: State::Initiating,
        }
    }

    /// Returns the next step, which stays the same until [`answered`](Self::answered) changes the upload's state.
    #[must_use]
    pub fn step(&self) -> UploadStep {
        match &self.state {
            State::Initiating => UploadStep::Call(self.initiate()),
            State::Sending { to, .. } => {
                let request = Request::transfer(Method::PUT, to.clone())
                    .header(header::CONTENT_TYPE, &self.content_type);
                UploadStep::Call(with_stream(request, 0, self.length))
            }
            State::SendingParts { to, etags, .. } => {
                let start = etags.len() as u64 * UPLOAD_PART_BYTES;
                let length = self.length.saturating_sub(start).min(UPLOAD_PART_BYTES);
                let url = below(to, &(etags.len() + 1).to_string());
                UploadStep::Call(with_stream(Request::transfer(Method::PUT, url), start, length))
            }
            State::Completing { to, etags, .. } => {
                let parts =
                    etags.iter().zip(1..).map(|(etag, number)| json!({"partNumber": number, "etag": etag}));
                let body = json!({"parts": parts.collect::<Vec<Value>>()});
                let url = below(to, "complete");
                UploadStep::Call(Request::new(Method::POST, url, TRANSFER_TIMEOUT).json(&body))
            }
            State::Done(file) => UploadStep::Done(file.clone()),
            State::Failed(why) => UploadStep::Failed(why.clone()),
        }
    }

    /// Takes the answer to the call that [`step`](Self::step) asked for. Without such a call nothing changes.
    pub fn answered(&mut self, answer: Answer) {
        let state = std::mem::replace(&mut self.state, State::Initiating);
        self.state = match state {
            State::Initiating => self.initiated(answer),
            State::Sending { to, file, tries } => match taken(answer) {
                Ok(_) => State::Done(file),
                Err(why) if tries + 1 >= MOST_TRIES => State::Failed(why),
                Err(_) => State::Sending { to, file, tries: tries + 1 },
            },
            State::SendingParts { to, file, mut etags, tries } => {
                match taken(answer).and_then(|part| etag(&part)) {
                    Ok(etag) => {
                        etags.push(etag);
                        if etags.len() as u64 * UPLOAD_PART_BYTES < self.length {
                            State::SendingParts { to, file, etags, tries: 0 }
                        } else {
                            State::Completing { to, file, etags, tries: 0 }
                        }
                    }
                    Err(why) if tries + 1 >= MOST_TRIES => State::Failed(why),
                    Err(_) => State::SendingParts { to, file, etags, tries: tries + 1 },
                }
            }
            State::Completing { to, file, etags, tries } => match taken(answer) {
                Ok(_) => State::Done(file),
                Err(why) if tries + 1 >= MOST_TRIES => State::Failed(why),
                Err(_) => State::Completing { to, file, etags, tries: tries + 1 },
            },
            ended @ (State::Done(_) | State::Failed(_)) => ended,
        };
    }

    fn in_parts(&self) -> bool {
        self.length > SINGLE_UPLOAD_BYTES
    }

    fn initiate(&self) -> Request {
        let call = if self.in_parts() { "initiate-multipart" } else { "initiate" };
        let mut request = self.account.rest(Method::POST, &format!("storage/upload/{call}"), READ_TIMEOUT);
        request.url.query_pairs_mut().append_pair("storage_type", "fal-cdn-v3");
        let body = json!({"content_type": self.content_type, "file_name": self.file_name});
        request
            .json(&body)
            .header(LIFECYCLE_OF_UPLOADS, &lifecycle())
            .header(LIFECYCLE_OF_OUTPUTS, &lifecycle())
    }

    fn initiated(&self, answer: Answer) -> State {
        let (status, body) = match success(answer) {
            Ok(success) => success,
            Err(why) => return State::Failed(why),
        };
        let address = |name: &str| {
            let url: Url = body.get(name)?.as_str()?.parse().ok()?;
            self.account.origins().allow(&url).then_some(url)
        };
        match (address("upload_url"), address("file_url")) {
            (Some(to), Some(file)) if self.in_parts() => {
                State::SendingParts { to, file, etags: vec![], tries: 0 }
            }
            (Some(to), Some(file)) => State::Sending { to, file, tries: 0 },
            _ => State::Failed(CallError::Unreadable { status }),
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Initiating => "initiating".to_owned(),
            State::Sending { .. } => "sending".to_owned(),
            State::SendingParts { etags, .. } => format!("sending part {}", etags.len() + 1),
            State::Completing { .. } => "completing".to_owned(),
            State::Done(_) => "done".to_owned(),
            State::Failed(_) => "failed".to_owned(),
        };
        write!(f, "Upload of {} ({} bytes), {state}", self.file_name, self.length)
    }
}

fn with_stream(mut request: Request, start: u64, length: u64) -> Request {
    request.body = Body::Stream { start, length };
    request
}

/// Appends a part to the address's path; the query, which holds the signature, stays.
fn below(url: &Url, part: &str) -> Url {
    let mut url = url.clone();
    let path = format!("{}/{part}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn taken(answer: Answer) -> Result<Response, CallError> {
    let response = answer.map_err(CallError::NoAnswer)?;
    if response.status.is_success() { Ok(response) } else { Err(CallError::of(&response)) }
}

/// Reads a part's ETag: fal's JavaScript client takes it from the body, its Python toolkit from the header.
fn etag(response: &Response) -> Result<String, CallError> {
    let body = object(response);
    let in_body = body.as_ref().and_then(|body| body.get("etag")).and_then(Value::as_str);
    in_body
        .or_else(|| response.headers.get(header::ETAG).map(HeaderValue::to_str).and_then(Result::ok))
        .filter(|etag| !etag.is_empty())
        .map(str::to_owned)
        .ok_or(CallError::Unreadable { status: response.status.as_u16() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Upload, UploadStep};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::{
            CallError,
            fixtures::{account, answer, described, javascript, made, python, with, without},
            submit::lifecycle,
        },
        http::{Body, NoAnswer, Request},
        limits::{SINGLE_UPLOAD_BYTES, UPLOAD_PART_BYTES},
    };

    const FILE: &str = "https://v3b.fal.media/files/b/0a1b/photos.zip";

    fn upload(length: u64) -> Upload {
        Upload::new(&account(), "photos.zip", "application/zip", length)
    }

    fn call(upload: &Upload) -> Request {
        match upload.step() {
            UploadStep::Call(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the answer that the captured client got.
    fn told(target: &str) -> Value {
        if target.starts_with("/storage/") {
            return json!({"upload_url": "http://127.0.0.1:9/signed/u1?sig=a%2Bb", "file_url": FILE});
        }
        let part = target.rsplit('/').next().and_then(|last| last.split('?').next());
        part.and_then(|part| part.parse::<u32>().ok())
            .map_or(json!({}), |part| json!({"partNumber": part, "etag": format!("\"e{part}\"")}))
    }

    /// Runs the upload to its end, and returns its calls.
    fn run(mut upload: Upload) -> Vec<Value> {
        let mut calls = vec![];
        while let UploadStep::Call(request) = upload.step() {
            let call = described(&request);
            upload.answered(Ok(made(200, &told(call["target"].as_str().expect("a target")))));
            calls.push(call);
        }
        assert!(matches!(upload.step(), UploadStep::Done(url) if url.as_str() == FILE));
        calls
    }

    /// Reads the captured calls, with our differences: both lifecycle headers, and no word about the content of
    /// answers from the storage.
    fn expected(call: &str) -> Vec<Value> {
        let mut calls = javascript(call);
        calls[0]["headers"]["x-fal-object-lifecycle-preference"] = lifecycle().into();
        let (first, rest) = calls.split_first().expect("calls");
        [vec![first.clone()], rest.iter().map(|call| without(call.clone(), "accept")).collect()].concat()
    }

    #[test]
    fn a_small_file_goes_as_fals_client_sends_it() {
        assert_eq!(run(upload(1000)), expected("upload"));
    }

    /// Compares with the Python client, which names another store in the query, and sends its key to that store. We
    /// do not: the address is signed.
    #[test]
    fn fals_other_client_sends_the_same() {
        let mut theirs = python("upload");
        let target = theirs[0]["target"].as_str().expect("a target").replace("=gcs", "=fal-cdn-v3");
        theirs[0]["target"] = target.into();
        for name in ["x-fal-object-lifecycle", "x-fal-object-lifecycle-preference"] {
            theirs[0] = with(theirs[0].take(), name, &lifecycle()); // Python puts a space after the colon
        }
        theirs[1] = without(without(theirs[1].take(), "accept"), "authorization");
        assert_eq!(run(upload(1000)), theirs);
    }

    #[test]
    fn a_large_file_goes_in_the_parts_of_fals_client() {
        assert_eq!(run(upload(SINGLE_UPLOAD_BYTES + 1)), expected("upload_in_parts"));
    }

    #[test]
    fn the_parts_make_up_the_file() {
        let length = SINGLE_UPLOAD_BYTES + 2 * UPLOAD_PART_BYTES;
        let (mut upload, mut end) = (upload(length), 0);
        upload.answered(Ok(answer("upload_initiated")));
        while let Body::Stream { start, length } = call(&upload).body {
            assert_eq!(start, end);
            assert!(length > 0);
            end += length;
            upload.answered(Ok(answer("upload_part")));
        }
        assert_eq!(end, length);
        assert!(call(&upload).url.path().ends_with("/complete"));
    }

    #[test]
    fn the_key_and_the_signature_stay_apart_and_hidden() {
        let mut upload = upload(1000);
        assert!(call(&upload).headers.contains_key("authorization"));
        upload.answered(Ok(answer("upload_initiated")));
        let put = call(&upload);
        assert_eq!(put.url.as_str(), "https://storage.example/u1?X-Signature=s1%2B");
        assert!(!put.headers.contains_key("authorization"));
        let shown = format!("{upload:?} {:?} {put:?}", upload.step());
        assert!(!shown.contains("Signature") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_lost_part_is_sent_again_alone_three_times_at_most() {
        let mut upload = upload(SINGLE_UPLOAD_BYTES + 1);
        upload.answered(Ok(answer("upload_initiated")));
        upload.answered(Ok(answer("upload_part")));
        let second = call(&upload).url;
        for lost in [Err(NoAnswer::Interrupted), Ok(answer("gateway_page"))] {
            upload.answered(lost);
            assert_eq!(call(&upload).url, second);
        }
        let mut recovered = upload.clone();
        recovered.answered(Ok(answer("upload_part")));
        assert!(call(&recovered).url.path().ends_with("/3"));
        recovered.answered(Err(NoAnswer::TimedOut));
        assert!(call(&recovered).url.path().ends_with("/3"), "the tries are counted for each part");

        upload.answered(Err(NoAnswer::TimedOut));
        assert!(matches!(upload.step(), UploadStep::Failed(CallError::NoAnswer(NoAnswer::TimedOut))));
        upload.answered(Ok(answer("upload_part")));
        assert!(matches!(upload.step(), UploadStep::Failed(_)), "what has ended stays ended");
    }

    #[test]
    fn a_part_without_an_etag_is_lost() {
        let mut upload = upload(SINGLE_UPLOAD_BYTES + 1);
        upload.answered(Ok(answer("upload_initiated")));
        upload.answered(Ok(made(200, &json!({}))));
        assert!(call(&upload).url.path().ends_with("/1"));
        let mut in_header = made(200, &json!({}));
        in_header.headers.insert("etag", "\"e1\"".parse().expect("a value"));
        upload.answered(Ok(in_header));
        assert!(call(&upload).url.path().ends_with("/2"));
    }

    #[test]
    fn addresses_that_could_lead_astray_are_refused() {
        let good = "https://storage.example/u";
        for (to, file) in [
            ("http://elsewhere/u", FILE),
            ("ftp://storage.example/u", FILE),
            ("https://user@storage.example/u", FILE),
            (good, "file:///etc/passwd"),
            (good, "http://elsewhere/photos.zip"),
            ("", FILE),
        ] {
            let mut upload = upload(1000);
            upload.answered(Ok(made(200, &json!({"upload_url": to, "file_url": file}))));
            assert!(
                matches!(upload.step(), UploadStep::Failed(CallError::Unreadable { status: 200 })),
                "{to} {file}"
            );
        }
    }

    #[test]
    fn fals_no_ends_it() {
        let mut upload = upload(1000);
        upload.answered(Ok(answer("balance_exhausted")));
        match upload.step() {
            UploadStep::Failed(why) => assert_eq!(why.code(), "fal.balance_exhausted"),
            other => panic!("{other:?}"),
        }
    }
}
