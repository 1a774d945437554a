//! Body of an answer whose bytes come from elsewhere, piece by piece.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::mpsc;

/// A body of known length. One that ends early or goes on for too long cuts the connection: half a file is not taken for a
/// whole one.
pub(crate) struct Streamed {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl Streamed {
    /// Makes a body of this length, and the sender of its pieces, of which so many wait for a slow caller.
    pub(crate) fn new(length: u64, pieces_ahead: usize) -> (mpsc::Sender<io::Result<Bytes>>, Self) {
        let (sender, pieces) = mpsc::channel(pieces_ahead);
        (sender, Self { pieces, left: length })
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        this.pieces.poll_recv(context).map(|piece| match piece {
            Some(Ok(piece)) => {
                let left = this.left.checked_sub(piece.len() as u64);
                this.left = left.unwrap_or(0);
                Some(left.map(|_| Frame::data(piece)).ok_or_else(|| io::ErrorKind::InvalidData.into()))
            }
            Some(Err(error)) => Some(Err(error)),
            None if this.left == 0 => None,
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
