//! The board: where things stand.

use super::{account::account, minutes, price_of_training, quality_name, said, say};
use crate::{
    chat::{
        Chat, ChatContext,
        board::Drawing,
        known::{KnownTraining, Standing},
        press::Press,
        session::{Plan, Session},
    },
    config::Quality,
    language::UserLanguage,
    words::shared::shared,
};

/// Number of blocks of a bar.
const BLOCKS: usize = 10;

impl Chat {
    /// Draws the board; `None` where there is nothing to show yet.
    pub(in crate::chat) fn draw_board(&self, context: &ChatContext<'_>) -> Option<Drawing> {
        let (session, language) = (self.scene.session()?, self.language());
        let photos = || account(language, &session.known, self.photos.len());
        let drawing = match &session.plan {
            Plan::Choosing => choosing(language, session, &photos(), context),
            Plan::Confirming(quality) => confirming(language, session, *quality, context),
            Plan::Ordered(_) if !self.photos.is_empty() || session.known.waiting() > 0 => {
                Drawing::new(say::LAST_PHOTOS.text(language))
            }
            Plan::Ordered(_) => Drawing::new(said(language, "train.submitting")),
            Plan::Stopping(_) | Plan::Stopped(_) => Drawing::new(say::STOPPING.text(language)),
            Plan::Free => match session.known.training() {
                Some((number, training)) if training.status == Standing::InProgress => {
                    training_under_way(language, session, number, training)
                }
                Some((_, training)) if training.status == Standing::Error && !session.known.has_model() => {
                    failed(language, session, training, &photos())
                }
                Some((_, training)) => {
                    let last = Some(training).filter(|training| training.status == Standing::Error);
                    ready(language, session, last)
                }
                None => gathering(language, session, &photos()),
            },
        };
        Some(drawing)
    }

    /// Says what stays on the board of a training that did not succeed.
    pub(in crate::chat) fn training_ended(&self) -> Option<String> {
        let (_, training) = self.scene.session()?.known.training()?;
        Some(ended(self.language(), training)).filter(|words| !words.is_empty())
    }
}

fn title(language: UserLanguage, session: &Session, account: &str) -> String {
    let title = say::BOARD_PHOTOS.fill(language, &[("name", &session.name)]);
    let most = Session::limits().max_photos;
    if session.known.good() > most {
        let first = say::AT_MOST.fill(language, &[("max", &most)]);
        return format!("{title}\n{account}\n{first}");
    }
    format!("{title}\n{account}")
}

fn gathering(language: UserLanguage, session: &Session, account: &str) -> Drawing {
    let train = session.has_enough().then(|| Press::Train.button(say::TRAIN.text(language)));
    Drawing::new(title(language, session, account)).row(train)
}

fn choosing(language: UserLanguage, session: &Session, account: &str, context: &ChatContext<'_>) -> Drawing {
    let text = format!("{}\n\n{}", title(language, session, account), say::CHOOSE.text(language));
    let mut drawing = Drawing::new(text);
    for preset in session.presets(context.training_price) {
        let quality = quality_name(language, preset.quality);
        let label = if context.test_mode {
            say::PRESET_FREE.fill(language, &[("quality", &quality)])
        } else {
            let price = price_of_training(&preset, session.samples());
            let time = minutes(language, preset.time);
            say::PRESET.fill(language, &[("quality", &quality), ("time", &time), ("price", &price)])
        };
        drawing = drawing.row([Press::Quality(preset.quality).button(label)]);
    }
    drawing.row([Press::Back.button(say::BACK.text(language))])
}

fn confirming(
    language: UserLanguage,
    session: &Session,
    quality: Quality,
    context: &ChatContext<'_>,
) -> Drawing {
    let preset = crate::price::preset(quality, context.training_price);
    let price = price_of_training(&preset, session.samples());
    let photos = session.known.good().min(Session::limits().max_photos);
    let quality_name = quality_name(language, quality);
    let time = minutes(language, preset.time);
    let words: [(&str, &dyn std::fmt::Display); 4] =
        [("quality", &quality_name), ("time", &time), ("price", &price), ("photos", &photos)];
    let (mut text, label) = if context.test_mode {
        (say::CONFIRM_TRAINING_FREE.fill(language, &words), say::TRAIN_NOW_FREE.text(language).to_owned())
    } else {
        (say::CONFIRM_TRAINING.fill(language, &words), say::TRAIN_NOW.fill(language, &words))
    };
    if session.samples() > 0 {
        text.push(' ');
        text.push_str(&say::WITH_SAMPLES.fill(language, &[("n", &session.samples())]));
    }
    let (number, _) = session.next_training();
    Drawing::new(text)
        .row([Press::TrainNow(number, quality).button(label)])
        .row([Press::Back.button(say::BACK.text(language))])
}

fn training_under_way(
    language: UserLanguage,
    session: &Session,
    number: u32,
    training: &KnownTraining,
) -> Drawing {
    let percent = training.progress.min(100);
    let full = usize::from(percent) * BLOCKS / 100;
    let bar = "▓".repeat(full) + &"░".repeat(BLOCKS - full);
    let title = say::TRAINING.fill(language, &[("name", &session.name)]);
    let progress = say::PERCENT.fill(language, &[("bar", &bar), ("percent", &percent)]);
    let stage = stage(language, training);
    let stop = Press::Stop(number).button(said(language, "train.stop"));
    Drawing::new(format!("{title}\n{progress}\n{stage}")).row([stop])
}

/// Says what is going on.
fn stage(language: UserLanguage, training: &KnownTraining) -> String {
    let ahead = training.queue_position.filter(|ahead| *ahead > 0 && training.stage == "queued");
    match (ahead, shared("train.ahead")) {
        (Some(ahead), Some(sentence)) => sentence.fill(language, &[("n", &ahead)]),
        _ => shared(&format!("train.{}", training.stage))
            .map(|sentence| sentence.fill(language, &[("percent", &training.progress)]))
            .unwrap_or_default(),
    }
}

/// Says how a training ended that did not succeed.
fn ended(language: UserLanguage, training: &KnownTraining) -> String {
    let stage = stage(language, training);
    if training.stage == "cancelled" {
        return stage;
    }
    let why = match (language, &training.code) {
        // The API's sentences are English.
        (UserLanguage::Russian, Some(code)) => say::CODE.fill(language, &[("code", code)]),
        _ if training.message.is_empty() => return stage,
        _ => say::WHY.fill(language, &[("why", &training.message)]),
    };
    format!("{stage}\n{why}")
}

fn failed(language: UserLanguage, session: &Session, training: &KnownTraining, account: &str) -> Drawing {
    let text = ended(language, training);
    let again = session.has_enough().then(|| Press::Train.button(say::TRAIN_AGAIN.text(language)));
    Drawing::new(format!("{text}\n\n{}", title(language, session, account))).row(again)
}

/// Draws what can be made with the model. `last` is a further training, which did not succeed.
fn ready(language: UserLanguage, session: &Session, last: Option<&KnownTraining>) -> Drawing {
    let ready = say::READY.fill(language, &[("name", &session.name)]);
    let last = last.map(|training| ended(language, training) + "\n\n").unwrap_or_default();
    let text = format!("{last}{ready}\n\n{}", say::STYLES.text(language));
    super::notes::with_styles(Drawing::new(text), language, session)
}
