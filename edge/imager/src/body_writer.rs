//! A request's body, written piece by piece.

use std::{cell::Cell, pin::pin, rc::Rc};

use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use likeness_core::{
    http::{NoAnswer, Request, check_early},
    limits::TRANSFER_TIMEOUT,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::WritableStreamDefaultWriter;

use likeness_platform::{Deadline, Incoming, fixed_length, tell};

/// The writing end of the body. Bytes that the network does not take yet are waited for, so that never more than one
/// chunk is held.
pub(crate) struct BodyWriter {
    writer: WritableStreamDefaultWriter,
    deadline: Deadline,
    moved: Moved,
}

/// The number of pieces that a transfer has moved, by which its caller sees that it goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved(Rc<Cell<u64>>);

impl Moved {
    pub(crate) fn count(&self) -> u64 {
        self.0.get()
    }

    pub(crate) fn one_more(&self) {
        self.0.set(self.0.get().wrapping_add(1));
    }
}

/// The reason why a body did not get its bytes.
pub(crate) enum Halt<E> {
    /// A source that could not be read.
    Source(E),
    /// A request that takes no more bytes: its own answer gives the reason.
    Gone,
}

/// The reason why a request was not answered.
pub(crate) enum Stopped<E> {
    /// A body that could not be read.
    Source(E),
    /// A missing answer.
    NoAnswer(NoAnswer),
}

impl BodyWriter {
    /// Writes these bytes.
    pub(crate) async fn write<E>(&self, bytes: &Uint8Array) -> Result<(), Halt<E>> {
        let written = self.deadline.within(JsFuture::from(self.writer.write_with_chunk(bytes))).await;
        if !matches!(written, Ok(Ok(_))) {
            return Err(Halt::Gone);
        }
        self.moved.one_more();
        Ok(())
    }
}

/// Sends a request whose body is `length` bytes that `fill` writes. If `fill` writes a different number of bytes, the
/// request is broken off before it is whole.
pub(crate) async fn stream_body<E>(
    to: &Request,
    length: u64,
    moved: &Moved,
    fill: impl AsyncFnOnce(&BodyWriter) -> Result<(), Halt<E>>,
) -> Result<Incoming, Stopped<E>> {
    let deadline = Deadline::of_transfer();
    // Nothing was sent where not even a stream could be made. That is the only certain case: the runtime takes the
    // first bytes before it has a connection, and does not say afterwards whether it ever had one.
    let unsent = |_: JsValue| Stopped::NoAnswer(NoAnswer::NotConnected);
    let stream = fixed_length(length).map_err(unsent)?;
    let writer = stream.writable().get_writer().map_err(unsent)?;
    let body_writer = BodyWriter { writer, deadline: deadline.clone(), moved: moved.clone() };
    let filling = pin!(fill(&body_writer));
    let readable: JsValue = stream.readable().into();
    // The answer comes when all is sent, however long that takes: each piece of the body has its own limit.
    let asking = pin!(tell(to, &readable, deadline.with_silence(None)));
    let outcome = match select(filling, asking).await {
        Either::Left((Ok(()), asking)) => {
            body_writer.end();
            let answered = deadline.with_silence(Some(TRANSFER_TIMEOUT)).within(asking).await;
            answered.and_then(|answer| answer).map_err(Stopped::NoAnswer)
        }
        Either::Left((Err(Halt::Gone), asking)) => match asking.await {
            Ok(answer) => early(answer),
            Err(why) => Err(Stopped::NoAnswer(why)),
        },
        Either::Left((Err(Halt::Source(error)), _)) => Err(Stopped::Source(error)),
        Either::Right((Ok(answer), _)) => early(answer),
        Either::Right((Err(why), _)) => Err(Stopped::NoAnswer(why)),
    };
    outcome.inspect_err(|_| {
        body_writer.break_off();
        deadline.end();
    })
}

fn early<E>(answer: Incoming) -> Result<Incoming, Stopped<E>> {
    check_early(answer.status).map(|()| answer).map_err(Stopped::NoAnswer)
}

impl BodyWriter {
    /// Ends the body: all bytes are there.
    fn end(&self) {
        quietly(self.writer.close());
    }

    /// Breaks the body off, since some bytes are missing.
    fn break_off(&self) {
        quietly(self.writer.abort());
    }
}

/// Drops a promise whose failure is of no interest; unhandled, the failure would be logged as an error.
fn quietly(promise: js_sys::Promise) {
    wasm_bindgen_futures::spawn_local(async move {
        // The request itself reports how its body ended.
        let _ = JsFuture::from(promise).await;
    });
}
