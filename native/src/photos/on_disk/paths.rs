//! Paths as text, in the form that a job stores.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

/// The bytes that are escaped in a path, beside those that are not ASCII.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Writes a path as text from which [`read_back`] makes the path again, whatever its bytes are.
pub(crate) fn written(path: &Path) -> String {
    percent_encode(path.as_os_str().as_bytes(), ESCAPED).to_string()
}

/// Reads a path that [`written`] wrote.
pub(crate) fn read_back(text: &str) -> PathBuf {
    OsString::from_vec(percent_decode_str(text).collect()).into()
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

    use super::{read_back, written};

    #[test]
    fn any_path_survives_being_written() {
        for bytes in
            [b"/a/b.jpg".as_slice(), b"/100%/b%41.jpg", "/Анна/1.jpg".as_bytes(), b"/\xff\xfe%/x\xc3"]
        {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(read_back(&written(path)), path);
        }
    }
}
