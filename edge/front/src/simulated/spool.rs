//! A body on its way, kept in rows: it may be larger than the memory that a Worker has.

use std::io::{self, Read, Seek, SeekFrom};

use futures_util::StreamExt as _;
use worker::{Request, Result};

use crate::{rows::Rows, settings::random_name};

/// The bytes of a request, in parts of [`PART`] bytes.
pub(crate) struct Spooled {
    rows: Rows,
    name: String,
    length: u64,
    at: u64,
    held: Option<(u32, Vec<u8>)>,
}

/// Length of a part in bytes: few rows, and little memory.
pub(crate) const PART: usize = 128 << 10;

impl Spooled {
    /// Takes in a request's body.
    pub(crate) async fn receive(rows: Rows, request: &mut Request) -> Result<Self> {
        let name = format!("spool {}", random_name()?);
        let mut spooled = Self { rows, name, length: 0, at: 0, held: None };
        if request.inner().body().is_none() {
            return Ok(spooled);
        }
        let mut stream = request.stream()?;
        let (mut part, mut pending) = (0_u32, Vec::with_capacity(PART));
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            let mut rest = chunk.as_slice();
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.len().min(PART - pending.len()));
                pending.extend_from_slice(head);
                rest = tail;
                if pending.len() == PART {
                    spooled.keep(part, std::mem::replace(&mut pending, Vec::with_capacity(PART)))?;
                    part += 1;
                }
            }
        }
        if !pending.is_empty() {
            spooled.keep(part, pending)?;
        }
        Ok(spooled)
    }

    fn keep(&mut self, part: u32, bytes: Vec<u8>) -> Result<()> {
        self.length += bytes.len() as u64;
        self.rows.set_blob(&self.name, part, bytes)
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Keeps the bytes under this name.
    pub(crate) fn keep_as(self, name: &str) -> Result<()> {
        self.rows.rename_blob(&self.name, name)
    }

    /// Forgets the bytes.
    pub(crate) fn discard(self) -> Result<()> {
        self.rows.remove_blob(&self.name)
    }
}

impl Read for Spooled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = u32::try_from(self.at / PART as u64).map_err(io::Error::other)?;
        if self.at >= self.length {
            return Ok(0);
        }
        if self.held.as_ref().is_none_or(|(held, _)| *held != part) {
            let bytes =
                self.rows.blob(&self.name, part).map_err(|error| io::Error::other(error.to_string()))?;
            self.held = Some((part, bytes.unwrap_or_default()));
        }
        let start = usize::try_from(self.at % PART as u64).unwrap_or(usize::MAX);
        let bytes = self.held.as_ref().and_then(|(_, bytes)| bytes.get(start..)).unwrap_or_default();
        let length = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), bytes.get(..length)) {
            to.copy_from_slice(from);
        }
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Spooled {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
