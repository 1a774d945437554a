//! A LoRA in form only: a valid safetensors file with the names and shapes of a small FLUX LoRA, filled with small
//! numbers from a seed, and `test_mode` in its metadata.
//!
//! The format (huggingface/safetensors, "Format"): the header's length as a little-endian u64, the header as JSON,
//! padded with spaces, then the tensors' bytes.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// The facts about a training that stand in the model's header.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) trigger_phrase: &'a str,
    pub(super) steps: u32,
}

/// The LoRA's rank.
const RANK: usize = 4;
const BLOCKS: usize = 3;

fn bytes_per_tensor(width: usize) -> usize {
    RANK * width * 2
}

/// Returns the length of the file in bytes.
pub(super) fn length(label: Label<'_>, width: usize) -> usize {
    header(label, width).len() + names(width).count() * bytes_per_tensor(width)
}

/// Writes the file, piece by piece: the header, then each tensor.
pub(super) fn pieces(label: Label<'_>, width: usize, seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let (mut random, length) = (Random::new(seed), bytes_per_tensor(width));
    let tensors = names(width).map(move |_| {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            // Four half-precision numbers from each draw: any sign, any mantissa, magnitudes below 2^-7.
            for half in random.next_u64().to_le_bytes().chunks_exact(2) {
                let &[low, high] = half else { continue };
                let exponent = 4 + (high >> 2 & 3);
                bytes.extend([low, high & 0b1000_0011 | exponent << 2]);
            }
        }
        bytes
    });
    std::iter::once(header(label, width)).chain(tensors)
}

/// Lists the names that diffusers gives a FLUX LoRA's tensors, with their shapes.
fn names(width: usize) -> impl Iterator<Item = (String, [usize; 2])> {
    let places = (0..BLOCKS).flat_map(|block| {
        let double = ["to_q", "to_k", "to_v", "to_out.0"];
        let single = ["to_q", "to_k", "to_v"];
        let double = double.map(|name| format!("transformer.transformer_blocks.{block}.attn.{name}"));
        let single = single.map(|name| format!("transformer.single_transformer_blocks.{block}.attn.{name}"));
        double.into_iter().chain(single)
    });
    places.flat_map(move |place| {
        [(format!("{place}.lora_A.weight"), [RANK, width]), (format!("{place}.lora_B.weight"), [width, RANK])]
    })
}

fn header(label: Label<'_>, width: usize) -> Vec<u8> {
    let length = bytes_per_tensor(width);
    let mut entries = Map::new();
    let metadata = json!({
        "format": "pt",
        "test_mode": "true",
        "trigger_phrase": label.trigger_phrase,
        "steps": label.steps.to_string(),
    });
    entries.insert("__metadata__".to_owned(), metadata);
    for (index, (name, shape)) in names(width).enumerate() {
        let start = index * length;
        let entry = json!({ "dtype": "F16", "shape": shape, "data_offsets": [start, start + length] });
        entries.insert(name, entry);
    }
    let mut json = Value::Object(entries).to_string().into_bytes();
    while !json.len().is_multiple_of(8) {
        json.push(b' ');
    }
    let mut bytes = u64::try_from(json.len()).unwrap_or(0).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{length, pieces};
    use crate::simulator::training::Training;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn file(seed: u64) -> Vec<u8> {
        let input = json!({ "images_data_url": "u", "trigger_phrase": "Анна \"ohwx\"" });
        let training = Training::read(&input).expect("an input");
        let file: Vec<u8> = pieces(training.label(), 3_072, seed).flatten().collect();
        assert_eq!(file.len(), length(training.label(), 3_072));
        file
    }

    #[test]
    fn every_byte_belongs_to_exactly_one_tensor() {
        let file = file(7);
        assert!((900_000..1_200_000).contains(&file.len()), "{}", file.len());
        let header_length = usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap();
        assert_eq!(header_length % 8, 0);
        let header: Value = serde_json::from_slice(&file[8..8 + header_length]).expect("JSON");
        assert_eq!(header["__metadata__"]["test_mode"], "true");
        let mut ranges = Vec::new();
        for (name, tensor) in header.as_object().expect("an object") {
            if name == "__metadata__" {
                assert!(tensor.as_object().expect("metadata").values().all(Value::is_string));
                continue;
            }
            let shape: [usize; 2] = serde_json::from_value(tensor["shape"].clone()).expect("a shape");
            let [start, end]: [usize; 2] =
                serde_json::from_value(tensor["data_offsets"].clone()).expect("ends");
            assert_eq!(end - start, shape[0] * shape[1] * 2, "{name}");
            ranges.push((start, end));
        }
        ranges.sort_unstable();
        assert_eq!(ranges.first().map(|range| range.0), Some(0));
        assert!(ranges.windows(2).all(|pair| pair[0].1 == pair[1].0), "a hole or an overlap");
        assert_eq!(ranges.last().map(|range| range.1 + 8 + header_length), Some(file.len()));
    }

    #[test]
    fn the_numbers_are_small_and_the_seed_s() {
        assert!(file(7) == file(7));
        assert!(file(7) != file(8));
        let file = file(7);
        // An exponent field below 8 is a magnitude below 2^-7; none is infinite or not a number.
        let tail = &file[file.len() - 1_000..];
        assert!(tail.chunks(2).all(|half| half[1] >> 2 & 31 < 8));
    }
}
