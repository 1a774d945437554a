//! The notes.

use super::{megabytes, price_of_pictures, refusal, said, say};
use crate::{
    chat::{
        Chat, ChatContext,
        board::Drawing,
        door::Door,
        note::Note,
        press::Press,
        scene::{Remaining, Scene},
        session::Session,
        styles::Style,
    },
    ids::Gender,
    language::UserLanguage,
    limits::{MAX_NAME, MAX_PROMPT},
    telegram::Unusable,
    words::{bilingual::Sentence, shared::shared},
};

impl Chat {
    /// Draws a note.
    pub(in crate::chat) fn draw_note(&self, note: &Note, context: &ChatContext<'_>) -> Drawing {
        let language = self.language();
        let plain = |sentence: &Sentence| Drawing::new(sentence.text(language));
        match note {
            Note::Closed => plain(say::CLOSED),
            Note::InviteWrong => plain(say::INVITE_WRONG),
            Note::InviteRefused(code) => match code.as_str() {
                "budget.invite_over" => plain(say::INVITE_OVER),
                "budget.invite_taken" => plain(say::INVITE_TAKEN),
                _ => plain(say::INVITE_UNKNOWN),
            },
            Note::NewNeedsInvite => plain(say::NEW_NEEDS_INVITE),
            Note::NoLongerAllowed => plain(say::NO_LONGER_ALLOWED),
            Note::Group => plain(say::GROUP),
            Note::Consent => self.ask_consent(context),
            Note::PhotosWait => plain(say::PHOTOS_WAIT),
            Note::AskName(Some(own)) => plain(say::ASK_NAME).row([Press::OwnName.button(own)]),
            Note::AskName(None) => plain(say::ASK_NAME_TYPED),
            Note::NameWrong => Drawing::new(say::NAME_WRONG.fill(language, &[("most", &MAX_NAME)])),
            Note::AskGender => self.ask_gender(),
            Note::SendPhotos => Drawing::new(self.send_photos()),
            Note::Unusable(kind) => plain(match kind {
                Unusable::Video => say::VIDEO,
                Unusable::Animation => say::ANIMATION,
                Unusable::Sticker => say::STICKER,
                Unusable::Sound => say::SOUND,
                Unusable::Other => say::OTHER,
            }),
            Note::NotAPhoto => plain(say::NOT_A_PHOTO),
            Note::TooBig => Drawing::new(too_big(language, context)),
            Note::PhotoLost => plain(say::PHOTO_LOST),
            Note::PhotoRefused(code) => {
                let why = shared(&format!("why.{code}")).or_else(|| shared("why.other"));
                let why = why.map(|why| why.fill(language, &[])).unwrap_or_default();
                Drawing::new(say::PHOTO_REFUSED.fill(language, &[("why", &why)]))
            }
            Note::SetClosed => plain(say::SET_CLOSED),
            Note::TooManyPhotos => plain(say::TOO_MANY_PHOTOS),
            Note::ForFurtherTraining => plain(say::FOR_FURTHER_TRAINING),
            Note::NotEnough => {
                let good = self.scene.session().map_or(0, |session| session.known.good());
                Drawing::new(self.not_enough(good))
            }
            Note::TrainingsSpent(n) => Drawing::new(say::TRAININGS_SPENT.fill(language, &[("n", n)])),
            Note::Ready(samples) => Drawing::new(self.ready(*samples)),
            Note::Wish(number) => self.draw_wish(*number, context),
            Note::ImagineHow => plain(say::IMAGINE_HOW),
            Note::PromptLong => Drawing::new(say::PROMPT_LONG.fill(language, &[("most", &MAX_PROMPT)])),
            Note::NoModel => plain(say::NO_MODEL),
            Note::PicturesBegun(n) => Drawing::new(say::PICTURES_BEGUN.fill(language, &[("n", n)])),
            Note::PicturesFailed => plain(say::PICTURES_FAILED),
            Note::Blanked(n) => Drawing::new(say::BLANKED.fill(language, &[("n", n)])),
            Note::AllBlanked => plain(say::ALL_BLANKED),
            Note::Styles(order) => self.draw_styles(*order),
            Note::Refused { code, detail } => Drawing::new(refusal(language, code, detail)),
            Note::TryLater => plain(say::TRY_LATER),
            Note::AskErase(number) => self.ask_erase(*number),
            Note::NothingThere => plain(say::NOTHING_THERE),
            Note::Forgotten => plain(say::FORGOTTEN),
            Note::Erasing => plain(say::ERASING),
            Note::Erased(remains) => Drawing::new(erased(language, remains)),
            Note::AskLanguage => plain(say::ASK_LANGUAGE)
                .row(UserLanguage::ALL.map(|language| Press::Language(language).button(language.name()))),
            Note::Help => Drawing::new(filled_with_limits(say::HELP, language)),
            Note::OneMoment => plain(say::ONE_MOMENT),
        }
    }

    fn ask_consent(&self, context: &ChatContext<'_>) -> Drawing {
        let language = self.language();
        let mut parts = vec![filled_with_limits(say::WELCOME, language)];
        if let Scene::Consent(Door::Invited(invitation)) = &self.scene {
            let trainings = say::TRAININGS.fill(language, &[("n", &invitation.trainings)]);
            let pictures = say::PORTRAITS.fill(language, &[("n", &invitation.pictures)]);
            parts.push(say::GIVES.fill(language, &[("trainings", &trainings), ("pictures", &pictures)]));
        }
        if context.test_mode {
            parts.push(say::TEST_MODE.text(language).to_owned());
        }
        if self.keeps_avatar() {
            parts.push(say::ANOTHER_PERSON.text(language).to_owned());
        }
        let consent = said(language, "person.consent");
        parts.push(say::ASK_CONSENT.fill(language, &[("consent", &consent)]));
        let back = self.keeps_avatar().then(|| Press::Back.button(say::BACK.text(language)));
        Drawing::new(parts.join("\n\n"))
            .row([Press::Consent.button(say::CONSENT_YES.text(language))])
            .row(back)
    }

    fn ask_gender(&self) -> Drawing {
        let language = self.language();
        let Scene::Gender { name, .. } = &self.scene else {
            return Drawing::new(say::OUTDATED.text(language));
        };
        let button = |gender: Gender| {
            Press::Gender(gender).button(said(language, &format!("person.{}", gender.name())))
        };
        Drawing::new(say::ASK_GENDER.fill(language, &[("name", name)])).row(Gender::ALL.map(button))
    }

    fn send_photos(&self) -> String {
        let language = self.language();
        let name = self.scene.session().map(|session| session.name.to_string()).unwrap_or_default();
        let limits = Session::limits();
        let train = say::TRAIN.text(language);
        let (min, max) = (limits.min_photos, limits.max_photos);
        say::SEND_PHOTOS.fill(language, &[("name", &name), ("min", &min), ("max", &max), ("train", &train)])
    }

    /// Says that a training needs more photos.
    pub(in crate::chat) fn not_enough(&self, good: usize) -> String {
        let language = self.language();
        say::NOT_ENOUGH.fill(language, &[("n", &Session::limits().min_photos), ("good", &good)])
    }

    fn ready(&self, samples: u32) -> String {
        let language = self.language();
        let name = self.scene.session().map(|session| session.name.to_string()).unwrap_or_default();
        let ready = say::READY.fill(language, &[("name", &name)]);
        if samples == 0 { ready } else { format!("{ready} {}", say::FIRST_PORTRAITS.text(language)) }
    }

    /// Says what stays on the board of a training that is done.
    pub(in crate::chat) fn trained(&self) -> String {
        let name = self.scene.session().map(|session| session.name.to_string()).unwrap_or_default();
        say::TRAINED.fill(self.language(), &[("name", &name)])
    }

    fn draw_wish(&self, number: u32, context: &ChatContext<'_>) -> Drawing {
        let language = self.language();
        let session = self.scene.session();
        let wish = session.and_then(|session| session.wishes.iter().find(|wish| wish.number == number));
        let Some(wish) = wish else {
            return Drawing::new(say::OUTDATED.text(language));
        };
        let of_style = Style::all().find(|style| style.prompt() == wish.prompt);
        let what = of_style.map_or(wish.prompt.as_str(), |style| style.title(language));
        let what: String = what.chars().take(1000).collect();
        let button = |count: u32| {
            let label = if context.test_mode {
                count.to_string()
            } else {
                say::PICTURES_PRICE.fill(language, &[("n", &count), ("price", &price_of_pictures(count))])
            };
            Press::Portraits { wish: number, count }.button(label)
        };
        let mut text = say::CONFIRM_PICTURES.fill(language, &[("what", &what)]);
        if context.test_mode {
            text = format!("{text}\n{}", say::TEST_MODE.text(language));
        }
        Drawing::new(text).row(Session::counts().map(button))
    }

    fn draw_styles(&self, order: Option<u32>) -> Drawing {
        let language = self.language();
        let mut drawing = Drawing::new(say::STYLES.text(language));
        if let Some(number) = order {
            drawing = drawing.row([Press::Files(number).button(say::AS_FILES.text(language))]);
        }
        match self.scene.session() {
            Some(session) => with_styles(drawing, language, session),
            None => drawing,
        }
    }

    fn ask_erase(&self, number: u32) -> Drawing {
        let language = self.language();
        let name = self.scene.session().map(|session| &session.name);
        let titled =
            name.zip(shared("erase.title")).map(|(name, title)| title.fill(language, &[("name", name)]));
        let title = titled.unwrap_or_else(|| say::ERASE_ALL.text(language).to_owned());
        let [what, fal] = ["erase.what", "erase.fal"].map(|key| said(language, key));
        let telegram = say::ERASED_AT_TELEGRAM.text(language);
        Drawing::new(format!("{title}\n\n{what} {fal}\n\n{telegram}"))
            .row([Press::Erase(number).button(said(language, "erase.yes"))])
            .row([Press::Keep.button(said(language, "erase.no"))])
    }
}

/// Adds a button for each style.
pub(super) fn with_styles(drawing: Drawing, language: UserLanguage, session: &Session) -> Drawing {
    let button = |style: Style| Press::Style(style).button(style.title(language));
    drawing.pairs(&Style::of(session.gender).map(button).collect::<Vec<_>>())
}

fn filled_with_limits(sentence: &Sentence, language: UserLanguage) -> String {
    let limits = Session::limits();
    let train = say::TRAIN.text(language);
    sentence.fill(language, &[("min", &limits.min_photos), ("max", &limits.max_photos), ("train", &train)])
}

fn too_big(language: UserLanguage, context: &ChatContext<'_>) -> String {
    let (largest, anywhere) = context.largest_files();
    let (max, most) = (megabytes(largest), megabytes(anywhere));
    if largest >= anywhere {
        return say::TOO_LARGE_FILE.fill(language, &[("max", &max)]);
    }
    let telegram = say::TOO_BIG.fill(language, &[("max", &max)]);
    let way_out = match context.page {
        Some(page) => say::TOO_BIG_PAGE.fill(language, &[("most", &most), ("link", page)]),
        None => say::TOO_BIG_SERVER.fill(language, &[("most", &most)]),
    };
    format!("{telegram}\n\n{way_out}")
}

fn erased(language: UserLanguage, remains: &[Remaining]) -> String {
    let [title, lead] = ["gone.title", "gone.lead"].map(|key| said(language, key));
    let mut text = format!("{title} {lead}");
    if remains.is_empty() {
        text.push(' ');
        text.push_str(&said(language, "gone.nothing"));
    } else {
        text.push_str("\n\n");
        text.push_str(&said(language, "gone.remains"));
        for Remaining { what, until } in remains {
            let what = said(language, &format!("gone.{what}"));
            let day = until.to_string();
            let day = day.split('T').next().unwrap_or_default();
            let line =
                shared("gone.until").map(|line| line.fill(language, &[("what", &what), ("date", &day)]));
            text.push_str("\n• ");
            text.push_str(&line.unwrap_or_default());
        }
    }
    format!("{text}\n\n{}", say::ERASED_AT_TELEGRAM.text(language))
}
