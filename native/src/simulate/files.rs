//! An answer made of files in the spool, sent piece by piece.

use std::{
    io::{self, SeekFrom},
    ops::Range,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::{
    io::{AsyncReadExt as _, AsyncSeekExt as _},
    sync::mpsc,
};

use super::server::Server;

/// Number of bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// The bytes of files, one after the other. Where one is gone meanwhile, the connection is cut: half a file is not
/// taken for a whole one.
pub(super) struct FileBody {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl FileBody {
    /// Begins to read these bytes of these files; `length` is their sum.
    pub(super) fn new(server: Arc<Server>, pieces: Vec<(String, Range<u64>)>, length: u64) -> Self {
        let (sender, chunks) = mpsc::channel(1);
        drop(tokio::spawn(async move {
            for (name, range) in pieces {
                if let Err(error) = read(&server, &name, range, &sender).await {
                    // The caller may be gone.
                    drop(sender.send(Err(error)).await);
                    return;
                }
            }
        }));
        Self { chunks, left: length }
    }
}

async fn read(
    server: &Server,
    name: &str,
    range: Range<u64>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    let mut file = tokio::fs::File::open(server.spool.file(name)?).await?;
    file.seek(SeekFrom::Start(range.start)).await?;
    let mut file = file.take(range.end.saturating_sub(range.start));
    while file.limit() > 0 {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        sender.send(Ok(chunk.into())).await.map_err(|_| io::ErrorKind::BrokenPipe)?;
    }
    Ok(())
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        this.chunks.poll_recv(context).map(|chunk| match chunk {
            Some(Ok(chunk)) => {
                this.left = this.left.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
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
