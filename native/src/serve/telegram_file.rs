//! Files that people sent to the bot, from the server of the Bot API: by HTTP, or from its disk where it is the operator's
//! own and runs on this machine.

use std::io;

use hyper::{body::Bytes, header::CONTENT_LENGTH};
use likeness_core::{
    chat::FileTrouble,
    http::StatusCode,
    telegram::{FilePath, TelegramSettings},
};
use tokio::{fs::File, io::AsyncReadExt as _, sync::mpsc::Sender};

use super::files;
use crate::{driver::shell::Shell, streamed::Streamed, transport::Incoming};

/// Number of pieces of a photo that wait to be stored.
const PIECES_AHEAD: usize = 4;

/// Opens a file of at most this many bytes, and returns its length and its content. The transfer ends once the content is
/// dropped.
pub(super) async fn open(
    shell: &Shell,
    telegram: &TelegramSettings,
    path: &FilePath,
    max_bytes: u64,
) -> Result<(u64, Streamed), FileTrouble> {
    let fits = |length: u64| if length > max_bytes { Err(FileTrouble::TooBig) } else { Ok(length) };
    if let Some(path) = path.on_disk().filter(|_| telegram.has_own_server()) {
        let file = File::open(path).await.map_err(|error| moved(&error))?;
        let found = file.metadata().await.map_err(|error| moved(&error))?;
        if !found.is_file() {
            return Err(FileTrouble::Moved);
        }
        let length = fits(found.len())?;
        let (sender, body) = Streamed::new(length, PIECES_AHEAD);
        drop(tokio::spawn(files::send(file.take(length), sender)));
        return Ok((length, body));
    }
    let transport = shell.http().map_err(|_| FileTrouble::Broken)?;
    let fetched = transport.fetch(telegram.api.file(path)).await;
    let incoming = fetched.ok().and_then(Result::ok).ok_or(FileTrouble::Broken)?;
    match incoming.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(FileTrouble::Moved),
        _ => return Err(FileTrouble::Broken),
    }
    let announced =
        incoming.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length = fits(announced.ok_or(FileTrouble::Broken)?)?;
    let (sender, body) = Streamed::new(length, PIECES_AHEAD);
    drop(tokio::spawn(pass_on(incoming, sender)));
    Ok((length, body))
}

fn moved(error: &io::Error) -> FileTrouble {
    // The path is not shown: it holds the bot's token.
    log::warn!("a file of the Bot API server cannot be read from this disk: {}", error.kind());
    FileTrouble::Moved
}

async fn pass_on(mut incoming: Incoming, sender: Sender<io::Result<Bytes>>) {
    loop {
        let piece = tokio::select! {
            piece = incoming.chunk() => piece,
            () = sender.closed() => return,
        };
        let piece = match piece {
            Ok(Some(piece)) => Ok(piece),
            Ok(None) => return,
            Err(_) => Err(io::ErrorKind::ConnectionAborted.into()),
        };
        let last = piece.is_err();
        if sender.send(piece).await.is_err() || last {
            return;
        }
    }
}
