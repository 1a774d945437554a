//! The detector's weights as the repository has them.

/// The file that `weights/make.py` writes; the script says how its layers lie one after the other.
static FILE: &[u8; 86_376] = include_bytes!("../weights/yunet-n.bin");

/// The part of the file that has not been read.
#[derive(Debug)]
pub(crate) struct Reader(&'static [u8]);

impl Reader {
    /// Begins with the first layer.
    pub(crate) fn new() -> Self {
        Self(FILE)
    }

    /// Reads so many bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> &'static [u8] {
        let (bytes, rest) = self.0.split_at(count);
        self.0 = rest;
        bytes
    }

    /// Reads so many numbers.
    pub(crate) fn floats(&mut self, count: usize) -> Vec<f32> {
        self.bytes(4 * count).as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }

    /// Tells if the last layer was read.
    #[cfg(test)]
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}
