//! The receiver of a file that is written.

/// A receiver of a file's bytes, in order. What was written before an error is to be thrown away.
pub trait Output {
    /// Takes the next bytes: some ten thousand at a time.
    fn write(&mut self, bytes: &[u8]);
}

impl Output for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
