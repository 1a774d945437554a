//! The key that `likeness login` stored: a file of its own, which only its owner may read.

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _, Write as _},
    path::Path,
};

use likeness_core::secret::Secret;

use crate::disk::{folder_of, make_private, part_of, put};

/// The largest file in bytes. A key has some 70 characters; a larger file is something else.
const MAX_BYTES: u64 = 4096;

/// Reads the key. `None` where none is stored.
pub(super) fn read(path: &Path) -> Result<Option<Secret>, &'static str> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err("it may not be read"),
        Err(_) => return Err("it cannot be read"),
    };
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(|_| "it holds no key")?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    Secret::new(&text).map(Some).ok_or("it holds a control character")
}

/// Stores the key in place of the one before. Its file appears whole, and for its owner alone, in a folder
/// that is made private where it is missing.
pub(crate) fn write(path: &Path, key: &Secret) -> io::Result<()> {
    make_private(folder_of(path))?;
    let mut part = part_of(path)?;
    writeln!(part, "{}", key.expose())?;
    put(part, path)
}
