//! `likeness presets`: price, duration and gain of each preset.

use crate::{context::Context, failure::Failure, output::Row};
use likeness_core::{
    price,
    words::{self, Language},
};
use serde_json::json;

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let (settings, output) = (&context.settings, &context.output);
    let setting = settings.training_price.as_ref();
    let presets = price::presets(setting);
    let documents = presets.iter().map(|preset| {
        json!({
            "preset": preset.quality, "steps": preset.steps, "learning_rate": preset.quality.preset().1,
            "price": preset.price.total().to_string(), "seconds": preset.time.as_secs(),
            "gain": words::price::gain(Language::English, preset.quality),
        })
    });
    output.document(&json!({ "presets": documents.collect::<Vec<_>>() }))?;
    let mut rows = vec![Row::head(["PRESET", "STEPS", "PRICE", "TIME", "GIVES"])];
    rows.extend(presets.iter().map(|preset| {
        Row::new([
            preset.quality.to_string(),
            format!("{} steps", preset.steps),
            preset.price.total().to_string(),
            words::price::time(Language::English, preset.time),
            words::price::gain(Language::English, preset.quality).to_owned(),
        ])
    }));
    output.rows(&rows)?;
    output.line("")?;
    let default = settings.defaults.quality();
    output.line(format_args!(
        "`likeness train photos/ --name Anna` takes {default}; --quality PRESET takes another one."
    ))?;
    output.line(words::price::source(Language::English, setting.is_some()))
}
