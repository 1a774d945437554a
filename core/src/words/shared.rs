//! Sentences that the page in a browser and the chat both say, by their keys. The files `page/words/*.json` hold them too.

use super::bilingual::{Sentence, plain, plural};

/// Finds the sentence of this key.
pub(crate) fn shared(key: &str) -> Option<&'static Sentence> {
    SHARED.iter().find(|sentence| sentence.key == key)
}

/// The sentences.
pub(crate) const SHARED: &[Sentence] = &[
    // The reason why a photo is left out, in a few words.
    plain("why.photo.empty", "The file is empty. Add it again.", "Файл пуст. Добавьте его ещё раз."),
    plain(
        "why.photo.truncated",
        "The file is cut off. Copy it again.",
        "Файл обрывается. Скопируйте его ещё раз.",
    ),
    plain("why.photo.damaged", "The file is damaged. Choose another.", "Файл повреждён. Выберите другой."),
    plain(
        "why.photo.unsupported_format",
        "Not a JPEG, PNG, WebP or HEIC. Save it as JPEG.",
        "Это не JPEG, PNG, WebP или HEIC. Сохраните как JPEG.",
    ),
    plain(
        "why.photo.unsupported_coding",
        "A rare kind of file. Save it as JPEG.",
        "Редкий вид файла. Сохраните как JPEG.",
    ),
    plain("why.photo.animated", "It moves. Choose a still photo.", "Оно движется. Выберите обычное фото."),
    plain(
        "why.photo.too_small",
        "Too small. Take the camera's original.",
        "Слишком маленькое. Возьмите оригинал.",
    ),
    plain(
        "why.photo.too_many_bytes",
        "The file is too large. Make it smaller.",
        "Файл слишком большой. Уменьшите его.",
    ),
    plain("why.photo.too_many_pixels", "Too large. Make it smaller.", "Слишком большое. Уменьшите его."),
    plain("why.photo.too_much_memory", "Too large. Make it smaller.", "Слишком большое. Уменьшите его."),
    plain(
        "why.photo.no_pixels",
        "There is no picture in it. Choose another.",
        "В нём нет картинки. Выберите другое.",
    ),
    plain("why.photo.too_long", "Too long and narrow. Crop it.", "Слишком вытянутое. Обрежьте его."),
    plain(
        "why.photo.too_many_scans",
        "A rare kind of file. Save it as JPEG anew.",
        "Редкий вид файла. Пересохраните как JPEG.",
    ),
    plain(
        "why.photo.too_much_metadata",
        "Too much beside the picture. Save it anew.",
        "Слишком много лишних данных. Пересохраните его.",
    ),
    plain(
        "why.photo.not_encoded",
        "It could not be saved. Add it again.",
        "Не удалось сохранить. Добавьте ещё раз.",
    ),
    plain(
        "why.photo.missing",
        "It is not there any more. Add it again.",
        "Его больше нет. Добавьте его ещё раз.",
    ),
    plain(
        "why.photo.changed",
        "It was changed meanwhile. Add it again.",
        "Файл изменился. Добавьте его ещё раз.",
    ),
    plain("why.photo.duplicate", "The same as {of}. It counts once.", "То же, что {of}. Считается один раз."),
    // A warning about a photo that is used, in a few words.
    plain("why.photo.no_face", "No face was found. Is it turned away?", "Лицо не найдено. Оно видно?"),
    plain(
        "why.photo.several_faces",
        "Several faces. Crop it to the person.",
        "Несколько лиц. Обрежьте до нужного.",
    ),
    plain(
        "why.photo.small_face",
        "The face is small. Step closer if you can.",
        "Лицо мелкое. Лучше подойти ближе.",
    ),
    plain("why.photo.face_at_edge", "The face touches the edge.", "Лицо у самого края."),
    plain(
        "why.photo.screenshot",
        "A screenshot? Take the photo itself.",
        "Снимок экрана? Возьмите само фото.",
    ),
    plain("why.photo.blurred", "Blurred. A sharp one teaches more.", "Размыто. Резкое научит большему."),
    plain("why.photo.too_dark", "Dark. More light would help.", "Темно. Лучше, когда больше света."),
    plain(
        "why.photo.too_bright",
        "Too bright. Softer light would help.",
        "Слишком светло. Лучше мягкий свет.",
    ),
    plain("why.photo.low_contrast", "Pale and flat. Choose a clearer one.", "Бледное. Возьмите почётче."),
    plain(
        "why.photo.extreme_shape",
        "Very long. Crop it to the person.",
        "Очень вытянутое. Обрежьте до человека.",
    ),
    plain("why.photo.look_alike", "Nearly the same as {of}.", "Почти то же, что {of}."),
    plain("why.other", "It cannot be used. Choose another.", "Его нельзя использовать. Выберите другое."),
    // The person.
    plain("person.female", "she", "она"),
    plain("person.male", "he", "он"),
    plain("person.other", "they", "не важно"),
    plain("quality.fast", "Fast", "Быстро"),
    plain("quality.balanced", "Balanced", "Средне"),
    plain("quality.high", "High", "Высоко"),
    plain(
        "person.consent",
        "These photos show me, or an adult who agreed to this.",
        "На этих фото я или взрослый человек, который на это согласен.",
    ),
    // The stages of a training.
    plain("train.preparing", "The photos are being prepared", "Готовим фото"),
    plain("train.uploading", "The photos are on their way to fal.ai", "Отправляем фото в fal.ai"),
    plain("train.submitting", "The training is being ordered", "Заказываем обучение"),
    plain(
        "train.submission_unclear",
        "It is not clear yet if the order arrived; it is being looked for",
        "Пока неясно, дошёл ли заказ; ищем его",
    ),
    plain("train.queued", "In the queue", "В очереди"),
    plural(
        "train.ahead",
        ("{n} training is ahead", "{n} trainings are ahead"),
        ("Впереди {n} обучение", "Впереди {n} обучения", "Впереди {n} обучений"),
    ),
    plain("train.training", "Training, {percent} %", "Обучение, {percent} %"),
    plain("train.collecting", "The model is being fetched", "Забираем модель"),
    plain("train.done", "The model is ready", "Модель готова"),
    plain("train.failed", "The training did not succeed", "Обучение не удалось"),
    plain("train.cancelled", "The training was stopped", "Обучение остановлено"),
    plain("train.stop", "Stop the training", "Остановить обучение"),
    // Ideas for portraits: names; their words for the model are in `page/ideas.js` and `chat/styles.rs`.
    plain("idea.studio", "Studio, grey backdrop", "Студия, серый фон"),
    plain("idea.garden", "Garden, late sun", "Сад, вечернее солнце"),
    plain("idea.mono", "Black and white", "Чёрно-белый"),
    plain("idea.roof", "On a city roof", "На крыше города"),
    plain("idea.oil", "Oil painting", "Масло, холст"),
    plain("idea.winter", "Winter coat, snow", "Зимнее пальто, снег"),
    plain("idea.office", "For the CV", "Для резюме"),
    plain("idea.dress", "Evening dress", "Вечернее платье"),
    plain("idea.suit", "Dark suit", "Тёмный костюм"),
    plain("idea.cafe", "Window of a café", "У окна кафе"),
    // Erasing.
    plain("erase.open", "Erase everything", "Стереть всё"),
    plain("erase.title", "Erase everything about {name}?", "Стереть всё: {name}?"),
    plain(
        "erase.what",
        "The photos, the model, the portraits and the name are deleted here, at once and for good.",
        "Фото, модель, портреты и имя будут удалены отсюда, сразу и навсегда.",
    ),
    plain(
        "erase.fal",
        "What fal.ai has received expires there by itself after 7 days.",
        "То, что получил fal.ai, исчезнет там само через 7 дней.",
    ),
    plain("erase.own", "Copies that you downloaded are yours to delete.", "Скачанные копии удалите сами."),
    plain("erase.yes", "Erase everything", "Стереть всё"),
    plain("erase.no", "Keep it", "Оставить"),
    plain("gone.title", "Everything is erased.", "Всё стёрто."),
    plain(
        "gone.lead",
        "The photos, the model and the portraits are deleted here.",
        "Фото, модель и портреты удалены отсюда.",
    ),
    plain("gone.remains", "fal.ai still holds:", "У fal.ai пока остаётся:"),
    plain("gone.nothing", "Nothing is left at fal.ai.", "У fal.ai ничего не осталось."),
    plain("gone.until", "{what}, until {date}", "{what}, до {date}"),
    plain("gone.archive", "the archive of photos", "архив фото"),
    plain("gone.model", "the model", "модель"),
    plain("gone.pictures", "portraits", "портреты"),
    plain("gone.again", "Begin again", "Начать заново"),
    // Refusals by their codes.
    plain(
        "refused.budget.allowance_spent",
        "The invitation’s allowance is used up.",
        "Лимит приглашения исчерпан.",
    ),
    plain(
        "refused.budget.daily_cap",
        "Nothing more can be made today. Come back tomorrow.",
        "На сегодня лимит исчерпан. Приходите завтра.",
    ),
    plain("refused.avatar.erased", "Everything here was erased.", "Здесь всё стёрто."),
    plain(
        "refused.order.different",
        "Something else was ordered in another window. Look at it first.",
        "В другом окне уже заказано другое. Сначала посмотрите на него.",
    ),
    plain(
        "refused.api.rate_limited",
        "Too much at once. It goes on in a moment.",
        "Слишком много сразу. Сейчас продолжится.",
    ),
];
