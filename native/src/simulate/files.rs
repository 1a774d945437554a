//! An answer made of files in the spool, sent piece by piece.

use std::{
    io::{self, SeekFrom},
    ops::Range,
    sync::Arc,
};

use hyper::body::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncSeekExt as _},
    sync::mpsc,
};

use super::server::Server;
use crate::streamed::Streamed;

/// Number of bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// Begins to read these bytes of these files, one after the other; `length` is their sum.
pub(super) fn body(server: Arc<Server>, pieces: Vec<(String, Range<u64>)>, length: u64) -> Streamed {
    let (sender, body) = Streamed::new(length, 1);
    drop(tokio::spawn(async move {
        for (name, range) in pieces {
            if let Err(error) = read(&server, &name, range, &sender).await {
                // The caller may be gone.
                drop(sender.send(Err(error)).await);
                return;
            }
        }
    }));
    body
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
