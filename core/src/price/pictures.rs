//! The price of pictures.

use super::{Listed, Money, beside, dollars};
use crate::fal::{generate::ImageSize, pricing::Price};

/// The picture model's price of a megapixel, in millionths of a US dollar (fal.ai/models/fal-ai/flux-lora, read in
/// [`super::READ`]).
pub(crate) const MEGAPIXEL_MICROS: u64 = 35_000;
/// The pixels of a megapixel. A picture of 1024 × 1024 is billed as one.
const MEGAPIXEL: u64 = 1 << 20;

/// The price of an order of pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct PicturesPrice {
    /// Number of pictures.
    pub count: u32,
    /// Whole price, by our rule.
    pub total: Money,
    /// Price by fal's list beside ours.
    pub listed: Listed,
}

/// Decides what is shown as the price of so many pictures: our rule, with the price in fal's list beside it.
#[must_use]
pub fn pictures(count: u32, size: ImageSize, listed: Option<Price>) -> PicturesPrice {
    // fal rounds each picture up to whole megapixels (the same page).
    let pixels = size.width_and_height();
    let each = (u64::from(pixels.0) * u64::from(pixels.1)).div_ceil(MEGAPIXEL);
    let megapixels = count.saturating_mul(u32::try_from(each).unwrap_or(u32::MAX));
    let total = dollars(MEGAPIXEL_MICROS * u64::from(megapixels));
    let units = |unit: &str| match unit {
        "megapixel" | "mp" => Some(megapixels),
        "image" | "picture" => Some(count),
        "request" => Some(1),
        _ => None,
    };
    let listed = listed.map_or(Listed::Unknown, |price| beside(&total, price, units));
    PicturesPrice { count, total, listed }
}

#[cfg(test)]
mod tests {
    use super::pictures;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        fal::pricing::Price,
        words::{self, Language},
    };

    fn shown(count: u32, size: &str, listed: Option<(f64, &str)>) -> String {
        let listed = listed.map(|(unit_price, unit)| Price {
            unit_price,
            unit: unit.to_owned(),
            currency: "USD".to_owned(),
        });
        words::price::pictures(Language::English, &pictures(count, size.parse().expect("a size"), listed))
    }

    #[test]
    fn an_order_of_pictures_is_shown_by_its_total() {
        for (count, size, said) in [
            (4, "square_hd", "4 pictures: about 0.14 USD"),
            (1, "square_hd", "1 picture: about 0.035 USD"),
            // Each picture is rounded up.
            (4, "square", "4 pictures: about 0.14 USD"),
            (2, "landscape_16_9", "2 pictures: about 0.07 USD"),
            (2, "1025x1024", "2 pictures: about 0.14 USD"),
            (4, "4096x4096", "4 pictures: about 2.24 USD"),
        ] {
            for listed in [(0.035, "megapixels"), (0.035, "Megapixel")] {
                assert_eq!(shown(count, size, Some(listed)), said);
            }
        }
    }

    #[test]
    fn fals_list_stands_beside_it_where_it_disagrees_or_says_nothing() {
        for (listed, theirs) in [
            ((0.05, "megapixels"), "says 0.20 USD"),
            ((0.0, "images"), "says 0.00 USD"),
            ((0.5, "requests"), "says 0.50 USD"),
            ((0.01, "compute seconds"), "0.01 USD per compute second"),
        ] {
            let shown = shown(4, "square_hd", Some(listed));
            assert!(shown.starts_with("4 pictures: about 0.14 USD (") && shown.contains(theirs), "{shown}");
        }
        let shown = shown(4, "square_hd", None);
        assert!(shown.contains("as read in 2026-11") && shown.contains("did not say"), "{shown}");
    }
}
