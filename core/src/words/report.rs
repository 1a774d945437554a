//! Reports on photos and sets: verdicts, findings, and advice about them.

use std::fmt;

use super::{
    bilingual::{Sentence, plain, plural},
    shared::shared,
};
use crate::{
    language::UserLanguage,
    photo::report::{Advice, Finding, Verdict},
};

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&finding(UserLanguage::English, self))
    }
}

impl Finding {
    /// Returns what the photo's owner can do.
    #[must_use]
    pub fn advice(&self, language: UserLanguage) -> &'static str {
        finding_advice(language, self)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(verdict_code(*self))
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&set_advice(UserLanguage::English, self))
    }
}

fn verdict_code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Usable => "usable",
        Verdict::Duplicate => "duplicate",
        Verdict::Rejected => "rejected",
    }
}

/// Names the verdict as a person reads it beside a photo.
#[must_use]
pub fn verdict(language: UserLanguage, verdict: Verdict) -> &'static str {
    let sentence = match verdict {
        Verdict::Good => &plain("", "Good", "Хорошее"),
        Verdict::Usable => &plain("", "Usable", "Подойдёт"),
        Verdict::Duplicate => &plain("", "Duplicate", "Повтор"),
        Verdict::Rejected => &plain("", "Left out", "Не подойдёт"),
    };
    sentence.text(language)
}

/// Says what was found, as a sentence without its full stop.
#[must_use]
pub fn finding(language: UserLanguage, finding: &Finding) -> String {
    let (sentence, number) = found(finding);
    match finding {
        Finding::LookAlike { of } => sentence.fill(language, &[("of", of)]),
        Finding::ExtremeShape { width, height } => {
            sentence.fill(language, &[("width", width), ("height", height)])
        }
        _ => sentence.fill(language, &[("n", &number)]),
    }
}

fn found(finding: &Finding) -> (Sentence, u32) {
    let mut number = 0;
    let sentence = match finding {
        Finding::NoFace => plain("", "no face was found", "лицо не найдено"),
        Finding::SeveralFaces { faces } => {
            number = *faces;
            plural(
                "",
                ("there is {n} face", "there are {n} faces"),
                ("здесь {n} лицо", "здесь {n} лица", "здесь {n} лиц"),
            )
        }
        Finding::SmallFace => plain("", "the face is small", "лицо мелкое"),
        Finding::FaceAtEdge => plain("", "the face touches the edge", "лицо у самого края"),
        Finding::Screenshot => plain("", "this looks like a screenshot", "похоже на снимок экрана"),
        Finding::Blurred { face: true } => plain("", "the face is blurred", "лицо не в фокусе"),
        Finding::Blurred { face: false } => {
            plain("", "nothing in the picture is sharp", "на снимке ничего не резко")
        }
        Finding::TooDark { face: true } => plain("", "the face is dark", "лицо в темноте"),
        Finding::TooDark { face: false } => plain("", "the picture is dark", "снимок тёмный"),
        Finding::TooBright { face: true } => plain("", "the face is overexposed", "лицо пересвечено"),
        Finding::TooBright { face: false } => plain("", "the picture is overexposed", "снимок пересвечен"),
        Finding::LowContrast => plain("", "light and dark hardly differ", "свет и тень почти не различаются"),
        Finding::ExtremeShape { .. } => {
            plain("", "the shape is extreme: {width} x {height}", "очень вытянутая форма: {width} x {height}")
        }
        Finding::LookAlike { .. } => plain("", "it looks nearly like {of}", "почти то же, что {of}"),
    };
    (sentence, number)
}

/// Says what the photo's owner can do.
#[must_use]
pub fn finding_advice(language: UserLanguage, finding: &Finding) -> &'static str {
    let sentence = match finding {
        Finding::NoFace => plain(
            "",
            "If a face is there, turned away or covered, keep the photo; else choose one that shows the face.",
            "Если лицо есть, но отвёрнуто или закрыто, оставьте фото; если нет, возьмите другое.",
        ),
        Finding::SeveralFaces { .. } => plain(
            "",
            "Crop the photo to the person, or choose one with that person alone.",
            "Обрежьте фото до нужного человека или возьмите то, где он один.",
        ),
        Finding::SmallFace => plain(
            "",
            "Step closer, or crop the photo; a few such photos do no harm.",
            "Подойдите ближе или обрежьте фото; несколько таких не повредят.",
        ),
        Finding::FaceAtEdge => plain(
            "",
            "Leave some space around the face, or choose another photo.",
            "Оставьте место вокруг лица или возьмите другое фото.",
        ),
        Finding::Screenshot => plain(
            "",
            "Take the photo itself instead of a picture of the screen.",
            "Возьмите само фото, а не снимок экрана.",
        ),
        Finding::Blurred { .. } => plain(
            "",
            "Choose a sharp photo: a training learns the blur as well.",
            "Возьмите резкое фото: модель выучит и размытость.",
        ),
        Finding::TooDark { .. } => plain(
            "",
            "Choose a photo in better light, or brighten this one.",
            "Возьмите фото с лучшим светом или осветлите это.",
        ),
        Finding::TooBright { .. } => plain(
            "",
            "Choose a photo in softer light, or darken this one.",
            "Возьмите фото с мягким светом или затемните это.",
        ),
        Finding::LowContrast => plain(
            "",
            "Choose a clearer photo: without fog, backlight or a dirty lens.",
            "Возьмите фото почётче: без дымки, света в объектив и пятен на нём.",
        ),
        Finding::ExtremeShape { .. } => {
            plain("", "Crop the photo to the person.", "Обрежьте фото до человека.")
        }
        Finding::LookAlike { .. } => plain(
            "",
            "Both count; a photo of another moment would teach more.",
            "Считаются оба; снимок другого момента научит большему.",
        ),
    };
    sentence.text(language)
}

/// Says in a few words why a photo is left out, by the stable name of the reason, as people read it beside the photo;
/// `None` for a name that is not known. `of` is the photo that stays instead of a duplicate.
#[must_use]
pub fn why(language: UserLanguage, code: &str, of: &str) -> Option<String> {
    shared(&format!("why.{code}")).map(|sentence| sentence.fill(language, &[("of", &of)]))
}

/// Says a piece of advice about a set, as a whole sentence.
#[must_use]
pub fn set_advice(language: UserLanguage, advice: &Advice) -> String {
    let (sentence, n, limit) = advised(*advice);
    sentence.fill(language, &[("n", &n), ("limit", &limit)])
}

fn advised(advice: Advice) -> (&'static Sentence, usize, usize) {
    match advice {
        Advice::Add { missing, min } => (&ADD, missing, min),
        Advice::LeaveOut { extra, max } => (&LEAVE_OUT, extra, max),
        Advice::Enough { photos } => (&ENOUGH, photos, 0),
        Advice::NoFaces { photos } => (&NO_FACES, photos, 0),
        Advice::LookAlikes { photos } => (&LOOK_ALIKES, photos, 0),
        Advice::Warnings { photos } => (&WARNINGS, photos, 0),
        Advice::OnlyCloseUps => (&ONLY_CLOSE_UPS, 0, 0),
        Advice::NoCloseUps => (&NO_CLOSE_UPS, 0, 0),
        Advice::OneSize => (&ONE_SIZE, 0, 0),
        Advice::SameLight => (&SAME_LIGHT, 0, 0),
        Advice::SameBackground => (&SAME_BACKGROUND, 0, 0),
        Advice::Varied => (&VARIED, 0, 0),
    }
}

const ADD: Sentence = plural(
    "",
    (
        "Add {n} photo: a training needs at least {limit}.",
        "Add {n} photos: a training needs at least {limit}.",
    ),
    (
        "Добавьте {n} фото: для обучения нужно не меньше {limit}.",
        "Добавьте {n} фото: для обучения нужно не меньше {limit}.",
        "Добавьте {n} фото: для обучения нужно не меньше {limit}.",
    ),
);

const LEAVE_OUT: Sentence = plural(
    "",
    (
        "Leave {n} photo out: a training takes at most {limit}.",
        "Leave {n} photos out: a training takes at most {limit}.",
    ),
    (
        "Уберите {n} фото: для обучения берётся не больше {limit}.",
        "Уберите {n} фото: для обучения берётся не больше {limit}.",
        "Уберите {n} фото: для обучения берётся не больше {limit}.",
    ),
);

const ENOUGH: Sentence = plural(
    "",
    ("{n} photo is enough for a training.", "{n} photos are enough for a training."),
    ("{n} фото хватит для обучения.", "{n} фото хватит для обучения.", "{n} фото хватит для обучения."),
);

const NO_FACES: Sentence = plural(
    "",
    (
        "No face was found in {n} photo: make sure that it shows the person.",
        "No face was found in {n} photos: make sure that they show the person.",
    ),
    (
        "На {n} фото лицо не найдено: проверьте, есть ли на нём человек.",
        "На {n} фото лицо не найдено: проверьте, есть ли на них человек.",
        "На {n} фото лицо не найдено: проверьте, есть ли на них человек.",
    ),
);

const LOOK_ALIKES: Sentence = plural(
    "",
    (
        "{n} photo looks nearly like another: other moments would teach more.",
        "{n} photos look nearly like others: other moments would teach more.",
    ),
    (
        "{n} фото почти повторяет другое: другие моменты научат большему.",
        "{n} фото почти повторяют другие: другие моменты научат большему.",
        "{n} фото почти повторяют другие: другие моменты научат большему.",
    ),
);

const WARNINGS: Sentence = plural(
    "",
    (
        "{n} photo has a warning: a better one may take its place.",
        "{n} photos have a warning: better ones may take their place.",
    ),
    (
        "К {n} фото есть замечание: лучше заменить его.",
        "К {n} фото есть замечания: лучше заменить их.",
        "К {n} фото есть замечания: лучше заменить их.",
    ),
);

const ONLY_CLOSE_UPS: Sentence = plain(
    "",
    "All photos are close-ups: add some that show head and shoulders, and the whole person.",
    "Все фото крупным планом: добавьте портреты по пояс и в рост.",
);

const NO_CLOSE_UPS: Sentence = plain(
    "",
    "No photo is a close-up: add some where the face takes half of the picture.",
    "Нет крупных планов: добавьте фото, где лицо занимает половину кадра.",
);

const ONE_SIZE: Sentence = plain(
    "",
    "All faces are of one size: add closer photos and wider ones.",
    "Все лица одного размера: добавьте фото ближе и дальше.",
);

const SAME_LIGHT: Sentence = plain(
    "",
    "The light is always the same: add photos by day, by night, inside and outside.",
    "Свет везде одинаковый: добавьте фото днём, вечером, дома и на улице.",
);

const SAME_BACKGROUND: Sentence = plain(
    "",
    "The background is nearly always the same: add photos from other places, or the model learns it.",
    "Фон почти везде один: добавьте фото из других мест, иначе модель выучит и его.",
);

const VARIED: Sentence =
    plain("", "Light and backgrounds differ, as they should.", "Свет и фон разные, как и нужно.");

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashSet;

    use super::{finding, finding_advice, set_advice};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        language::{UserLanguage, sentence},
        photo::report::{Advice, Finding},
    };

    #[test]
    fn every_finding_has_its_own_sentence_and_an_advice_in_every_language() {
        for language in UserLanguage::ALL {
            let findings = findings();
            let said: HashSet<String> = findings.iter().map(|one| finding(language, one)).collect();
            assert_eq!(said.len(), findings.len(), "{said:?}");
            for one in &findings {
                assert!(!finding(language, one).contains(['{', '}']), "{one}");
                let advice = finding_advice(language, one);
                assert_eq!(sentence(advice), advice);
            }
        }
    }

    #[test]
    fn every_advice_about_a_set_is_one_sentence_in_every_language() {
        let advice = [
            Advice::Add { missing: 1, min: 10 },
            Advice::LeaveOut { extra: 2, max: 20 },
            Advice::Enough { photos: 12 },
            Advice::NoFaces { photos: 11 },
            Advice::LookAlikes { photos: 5 },
            Advice::Warnings { photos: 3 },
            Advice::OnlyCloseUps,
            Advice::NoCloseUps,
            Advice::OneSize,
            Advice::SameLight,
            Advice::SameBackground,
            Advice::Varied,
        ];
        assert_eq!(advice.len(), <Advice as strum::EnumCount>::COUNT);
        for language in UserLanguage::ALL {
            let said: HashSet<String> = advice.iter().map(|one| set_advice(language, one)).collect();
            assert_eq!(said.len(), advice.len());
            assert!(said.iter().all(|said| said.ends_with('.') && !said.contains(". ")), "{said:?}");
        }
        assert_eq!(advice[0].to_string(), "Add 1 photo: a training needs at least 10.");
    }

    pub(in crate::words) fn findings() -> Vec<Finding> {
        let findings = vec![
            Finding::NoFace,
            Finding::SeveralFaces { faces: 2 },
            Finding::SmallFace,
            Finding::FaceAtEdge,
            Finding::Screenshot,
            Finding::Blurred { face: true },
            Finding::Blurred { face: false },
            Finding::TooDark { face: true },
            Finding::TooDark { face: false },
            Finding::TooBright { face: true },
            Finding::TooBright { face: false },
            Finding::LowContrast,
            Finding::ExtremeShape { width: 9000, height: 2000 },
            Finding::LookAlike { of: "beach.jpg".to_owned() },
        ];
        let kinds: HashSet<_> = findings.iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), <Finding as strum::EnumCount>::COUNT);
        findings
    }
}
