//! Every sentence of the page in a browser, with those that the chat says too ([`super::shared`]). The files
//! `page/words/*.json` are written from the two tables by `scripts/write-words`, so that no sentence lives in script.

use serde_json::{Map, Value, json};

use super::{
    bilingual::{Sentence, Text, placeholders, plain, plural},
    shared::SHARED,
};
use crate::photo::{PhotoProblem, report::Finding};
#[cfg(target_arch = "wasm32")]
use crate::test;

const SENTENCES: &[Sentence] = &[
    // The frame of the page.
    plain("title", "Likeness: portraits from your photos", "Likeness: портреты из ваших фото"),
    plain("test_mode", "Test mode: nothing is bought", "Тестовый режим: ничего не покупается"),
    plain("test_mode_short", "Test mode", "Тестовый режим"),
    plain("language", "Language", "Язык"),
    plain("close", "Close", "Закрыть"),
    plain("next", "Next", "Дальше"),
    plain("previous", "Previous", "Назад"),
    plain("details", "Details", "Подробнее"),
    plain(
        "offline",
        "No connection. It goes on by itself when there is one.",
        "Нет связи. Всё продолжится само, когда она появится.",
    ),
    plain("busy", "One moment…", "Секунду…"),
    plain("unexpected", "This did not work: {what}", "Не получилось: {what}"),
    plain(
        "unreachable",
        "The server does not answer. Check the connection and try again.",
        "Сервер не отвечает. Проверьте связь и попробуйте ещё раз.",
    ),
    // Without an invitation.
    plain("closed.title", "This page opens with an invitation.", "Эта страница открывается по приглашению."),
    plain(
        "closed.lead",
        "Open it by the link that you were sent. Or paste the invitation here.",
        "Откройте её по ссылке, которую вам прислали. Или вставьте приглашение сюда.",
    ),
    plain("closed.label", "Invitation", "Приглашение"),
    plain("closed.open", "Open", "Открыть"),
    plain(
        "closed.wrong",
        "This is not an invitation: it begins with lki_ and has 68 characters.",
        "Это не приглашение: оно начинается с lki_, и в нём 68 знаков.",
    ),
    plain(
        "closed.unknown",
        "This invitation is not known here. Ask for a new link.",
        "Это приглашение здесь не знают. Попросите новую ссылку.",
    ),
    plain(
        "closed.over",
        "This invitation has ended. Ask for a new link.",
        "Это приглашение больше не действует. Попросите новую ссылку.",
    ),
    plain(
        "closed.taken",
        "This invitation has been used already. Open the page where you used it, or ask for a new link.",
        "Этим приглашением уже воспользовались. Откройте страницу там, где вы это сделали, или попросите новую ссылку.",
    ),
    // Photos.
    plain("photos.title", "Ten photos in. Portraits of you out.", "Десять фото. И ваш портрет."),
    plain(
        "photos.lead",
        "Add {min} to {max} photos of one person: different days, light and angles, one face in each.",
        "Добавьте от {min} до {max} фото одного человека: разные дни, свет и ракурсы, на каждом одно лицо.",
    ),
    plain(
        "photos.local",
        "They stay on this device until you say go.",
        "Они останутся на этом устройстве, пока вы не разрешите отправку.",
    ),
    plain("photos.heading", "Photos", "Фото"),
    plural("photos.count", ("{n} photo", "{n} photos"), ("{n} фото", "{n} фото", "{n} фото")),
    plural(
        "photos.used",
        ("{n} of {all} will be used", "{n} of {all} will be used"),
        ("{n} из {all} подойдёт", "{n} из {all} подойдут", "{n} из {all} подойдут"),
    ),
    plain("photos.add", "Add photos", "Добавить фото"),
    plain(
        "photos.add_hint",
        "or drop or paste them here; a ZIP will do",
        "или перетащите, вставьте; можно ZIP",
    ),
    plain("tips.days", "Different days, clothes and places", "Разные дни, одежда и места"),
    plain(
        "tips.face",
        "The face large and clear, from several sides",
        "Лицо крупно и чётко, с разных сторон",
    ),
    plain("tips.light", "Daylight, no filters", "Дневной свет, без фильтров"),
    plain("tips.not", "Groups, sunglasses, screenshots", "Группы, тёмные очки, снимки экрана"),
    plain("photos.folder", "Add a folder", "Добавить папку"),
    plain("photos.camera", "Take a photo", "Сделать снимок"),
    plain("photos.sample", "No photos at hand? Use ours", "Нет фото под рукой? Возьмите наши"),
    plain("photos.sample_again", "Replace the broken one", "Заменить испорченное"),
    plain("photos.drop", "Let go to add them", "Отпустите, чтобы добавить"),
    plain("photos.remove", "Remove {name}", "Убрать {name}"),
    plain("photos.replace", "Replace", "Заменить"),
    plain("photos.open", "{name}: {verdict}. Open", "{name}: {verdict}. Открыть"),
    plural(
        "photos.added",
        ("{n} photo added", "{n} photos added"),
        ("Добавлено {n} фото", "Добавлено {n} фото", "Добавлено {n} фото"),
    ),
    plural(
        "photos.skipped",
        ("{n} file is not a photo and was left out", "{n} files are not photos and were left out"),
        (
            "{n} файл не фото, он пропущен",
            "{n} файла не фото, они пропущены",
            "{n} файлов не фото, они пропущены",
        ),
    ),
    plain("photos.zip_none", "There are no photos in this ZIP.", "В этом ZIP нет фото."),
    plain(
        "photos.not_kept",
        "This browser keeps nothing: leave this page open until the training has begun.",
        "Браузер ничего не сохраняет: не закрывайте страницу, пока не начнётся обучение.",
    ),
    plain(
        "photos.zip_broken",
        "This ZIP cannot be opened. Unpack it and add the photos.",
        "Этот ZIP не открывается. Распакуйте его и добавьте фото.",
    ),
    plain(
        "photos.as_sent",
        "Sent without place, date or other notes of the camera.",
        "Отправлено без места, даты и других пометок камеры.",
    ),
    plain("photos.size", "{width} × {height} pixels", "{width} × {height} точек"),
    // A photo's verdict.
    plain("verdict.looking", "Looking…", "Смотрим…"),
    plain("verdict.waiting", "Added", "Добавлено"),
    plain("verdict.sending", "Sending, {percent} %", "Отправляем, {percent} %"),
    plain("verdict.checking", "Being checked", "Проверяем"),
    plain("verdict.good", "Good", "Хорошо"),
    plain("verdict.usable", "Usable", "Сойдёт"),
    plain("verdict.rejected", "Left out", "Не подойдёт"),
    plain("verdict.paused", "Waiting for the connection", "Ждём связи"),
    // The person.
    plain("person.heading", "Person", "Человек"),
    plain("person.name", "Name", "Имя"),
    plain("person.gender", "Wording", "Как говорить"),
    plain("person.quality", "Quality", "Качество"),
    plain(
        "person.consented",
        "You confirmed on {date} that the photos show you, or an adult who agreed.",
        "{date} вы подтвердили, что на фото вы или взрослый человек, который согласен.",
    ),
    // The bar on the way to a training.
    plain("bar.none", "Add photos to begin", "Начните с фотографий"),
    plural(
        "bar.more",
        ("{n} more photo", "{n} more photos"),
        ("Ещё {n} фото", "Ещё {n} фото", "Ещё {n} фото"),
    ),
    plural(
        "bar.more_good",
        ("{n} more good photo", "{n} more good photos"),
        ("Ещё {n} хорошее фото", "Ещё {n} хороших фото", "Ещё {n} хороших фото"),
    ),
    plural(
        "bar.fewer",
        ("{n} photo too many", "{n} photos too many"),
        ("{n} фото лишнее", "{n} фото лишних", "{n} фото лишних"),
    ),
    plain(
        "bar.fewer_hint",
        "At most {max} are used: remove those that you like least.",
        "Используются не больше {max}: уберите те, что нравятся меньше.",
    ),
    plain("bar.range", "{min} to {max} photos of one person", "От {min} до {max} фото одного человека"),
    plain("bar.who", "Who is it?", "Кто это?"),
    plain("bar.who_hint", "A name, and a word that the person agrees", "Имя и слово о согласии"),
    plain("bar.agrees", "Does the person agree?", "Человек согласен?"),
    plain(
        "bar.agrees_hint",
        "Tick the box if the photos show you, or an adult who agreed",
        "Отметьте, если на фото вы или взрослый, который согласен",
    ),
    plain("bar.continue", "Continue", "Дальше"),
    plural(
        "bar.check",
        ("Check {n} photo", "Check {n} photos"),
        ("Проверить {n} фото", "Проверить {n} фото", "Проверить {n} фото"),
    ),
    plural(
        "bar.checkable",
        ("{n} photo, ready to be checked", "{n} photos, ready to be checked"),
        ("{n} фото можно проверить", "{n} фото можно проверить", "{n} фото можно проверить"),
    ),
    plain(
        "bar.check_hint",
        "They are sent here, cleaned and looked at. Nothing is bought yet.",
        "Их отправят сюда, очистят и проверят. Пока ничего не покупается.",
    ),
    plain("bar.asking", "One moment", "Секунду"),
    plain(
        "bar.changed",
        "The photos are others by now. Look once more, then start the training.",
        "Фото изменились. Посмотрите ещё раз и начните обучение.",
    ),
    plain("bar.looking", "Looking at your photos", "Смотрим фото"),
    plain("bar.looking_hint", "{n} of {all}, on this device.", "{n} из {all}, на этом устройстве."),
    plain("bar.sending", "{n} of {all} photos checked", "Проверено {n} из {all} фото"),
    plain("bar.sending_hint", "You can add more meanwhile.", "Тем временем можно добавить ещё."),
    plain("bar.train", "Train {name}’s model", "Обучить модель"),
    plain("bar.cost", "{time}, {price}", "{time}, {price}"),
    plain(
        "bar.train_hint",
        "{photos}. You can close this page while it trains.",
        "{photos}. Страницу можно закрыть, пока модель учится.",
    ),
    plain(
        "bar.free",
        "Ready in half a minute, nothing is bought",
        "Готово через полминуты, ничего не покупается",
    ),
    plain(
        "bar.free_hint",
        "{photos}. With a key from fal.ai: {time}, {price}.",
        "{photos}. С ключом fal.ai: {time}, {price}.",
    ),
    plural(
        "time.minutes",
        ("about {n} minute", "about {n} minutes"),
        ("около {n} минуты", "около {n} минут", "около {n} минут"),
    ),
    plain("time.then", "then {time} of training", "потом обучение, {time}"),
    plain("time.left", "{time} left", "осталось {time}"),
    plain("time.soon", "less than a minute left", "осталось меньше минуты"),
    // The training.
    plain("train.title", "{name}’s model is being trained.", "Модель учится узнавать: {name}."),
    plain(
        "train.lead",
        "You can close this page and open it again here. It goes on without you.",
        "Страницу можно закрыть и снова открыть здесь. Всё идёт и без вас.",
    ),
    plain("train.step_photos", "Photos", "Фото"),
    plain("train.step_sent", "Sent", "Отправка"),
    plain("train.step_training", "Training", "Обучение"),
    plain("train.step_portraits", "Portraits", "Портреты"),
    plain("train.learned", "{photos}, learned from", "Учится на них: {photos}"),
    plain("train.stop_title", "Stop this training?", "Остановить это обучение?"),
    plain(
        "train.stop_what",
        "There will be no model, and fal.ai may charge for the time so far. The photos stay.",
        "Модели не будет, а за прошедшее время fal.ai может взять деньги. Фото останутся.",
    ),
    plain("train.go_on", "Let it go on", "Продолжать"),
    // Portraits.
    plain("see.title", "Hello, {name}.", "Здравствуйте, {name}."),
    plain(
        "see.lead",
        "Say what the portrait should show, or start from one of these.",
        "Опишите портрет или начните с одной из идей.",
    ),
    plain("see.prompt", "What the portrait shows", "Что на портрете"),
    plain("see.placeholder", "in a garden, late sun, linen shirt", "in a garden, late sun, linen shirt"),
    plain("see.english", "", "Лучше всего модель понимает по-английски."),
    plain("see.heading", "Portraits", "Портреты"),
    plain("see.number", "How many", "Сколько"),
    plain("see.shape", "Shape", "Формат"),
    plain("see.tall", "Tall", "Высокий"),
    plain("see.square", "Square", "Квадрат"),
    plain("see.wide", "Wide", "Широкий"),
    plain("see.seed", "Seed", "Число (seed)"),
    plain("see.label", "Seed {seed}", "Seed {seed}"),
    plain(
        "see.seed_hint",
        "The same number and words make the same portrait again. Empty: a new one.",
        "То же число и те же слова дают тот же портрет. Пусто: новый.",
    ),
    plain("see.more", "Make {n} more", "Создать ещё {n}"),
    plural(
        "see.order",
        ("Make {n} portrait", "Make {n} portraits"),
        ("Создать {n} портрет", "Создать {n} портрета", "Создать {n} портретов"),
    ),
    plural(
        "see.price",
        ("{n} portrait, {price}", "{n} portraits, {price}"),
        ("{n} портрет, {price}", "{n} портрета, {price}", "{n} портретов, {price}"),
    ),
    plural(
        "see.free",
        ("{n} portrait, drawn for the test", "{n} portraits, drawn for the test"),
        (
            "{n} портрет, нарисованный для пробы",
            "{n} портрета, нарисованные для пробы",
            "{n} портретов, нарисованных для пробы",
        ),
    ),
    plain("see.empty", "Say what the portrait should show", "Опишите портрет"),
    plain("see.time", "About half a minute", "Около полуминуты"),
    plain("see.developing", "Developing", "Проявляется"),
    plain("see.queued", "In the queue", "В очереди"),
    plain("see.failed", "This one did not succeed", "Не получилось"),
    plain("see.blanked", "fal.ai’s filter blanked this one", "Фильтр fal.ai закрыл этот портрет"),
    plain("see.none", "The portraits will hang here.", "Здесь будут висеть портреты."),
    plural(
        "see.left",
        ("{n} more with this invitation", "{n} more with this invitation"),
        ("ещё {n} по этому приглашению", "ещё {n} по этому приглашению", "ещё {n} по этому приглашению"),
    ),
    plain("see.open", "Portrait {n}: {prompt}. Open", "Портрет {n}: {prompt}. Открыть"),
    plain("see.download", "Download", "Скачать"),
    plain("see.same", "Use these words again", "Взять эти слова снова"),
    plain("see.photos_in", "{photos} in", "{photos} на входе"),
    plain("see.model", "The model", "Модель"),
    plain(
        "see.model_hint",
        "A file for programs that make pictures with FLUX. The word {word} calls the person.",
        "Файл для программ, которые рисуют с FLUX. Слово {word} вызывает человека.",
    ),
    plain("see.model_get", "Download the model, {size}", "Скачать модель, {size}"),
    plain(
        "see.test",
        "Test mode draws these portraits. A key from fal.ai makes real ones.",
        "В тестовом режиме портреты рисуются. Настоящие получаются с ключом fal.ai.",
    ),
    // Erasing photos that were never sent.
    plain("erase.here_title", "Forget these photos?", "Забыть эти фото?"),
    plain(
        "erase.here",
        "They are on this device alone: nothing was sent. The originals stay where they are.",
        "Они только на этом устройстве: ничего не отправлено. Оригиналы останутся на месте.",
    ),
    // The operator's page.
    plain("operator.title", "Likeness: the operator’s page", "Likeness: страница оператора"),
    plain("operator.mark", "Operator", "Оператор"),
    plain("operator.closed", "The operator’s page.", "Страница оператора."),
    plain(
        "operator.closed_lead",
        "It opens with the admin token of this deployment. The token stays in this page alone, and is gone once you close or reload it.",
        "Она открывается токеном администратора. Токен хранится только на этой странице и исчезнет, когда вы её закроете или обновите.",
    ),
    plain("operator.token", "Admin token", "Токен администратора"),
    plain(
        "operator.wrong",
        "This is not the admin token of this deployment.",
        "Это не токен администратора этого сервера.",
    ),
    plural(
        "operator.heading",
        ("{n} order is under way.", "{n} orders are under way."),
        ("{n} заказ в работе.", "{n} заказа в работе.", "{n} заказов в работе."),
    ),
    plain("operator.as_of", "As of {time}.", "На {time}."),
    plain("operator.refresh", "Refresh", "Обновить"),
    plain("operator.today", "Today", "Сегодня"),
    plain("operator.resets", "until {time}", "до {time}"),
    plural(
        "operator.trainings",
        ("{n} training", "{n} trainings"),
        ("{n} обучение", "{n} обучения", "{n} обучений"),
    ),
    plural(
        "operator.portraits",
        ("{n} portrait", "{n} portraits"),
        ("{n} портрет", "{n} портрета", "{n} портретов"),
    ),
    plain("operator.of", "of at most {most}", "из {most}"),
    plural(
        "operator.left",
        ("{n} more today", "{n} more today"),
        ("ещё {n} сегодня", "ещё {n} сегодня", "ещё {n} сегодня"),
    ),
    plain("operator.nothing_left", "Nothing more today", "На сегодня больше ничего"),
    plain("operator.jobs", "Under way", "В работе"),
    plain("operator.none_under_way", "nothing at the moment", "сейчас ничего"),
    plain("operator.ended", "Ended", "Завершено"),
    plural("operator.days", ("in {n} day", "in {n} days"), ("за {n} день", "за {n} дня", "за {n} дней")),
    plain("operator.incomplete", "(only the newest are counted)", "(учтены только последние)"),
    plain("operator.completed", "Completed", "Успешно"),
    plain("operator.failed", "Failed", "Не удалось"),
    plain("operator.cancelled", "Stopped", "Остановлено"),
    plain("operator.erased", "Erased people", "Стёрто людей"),
    plain("operator.column_stage", "Stage", "Этап"),
    plain("operator.column_order", "Order", "Заказ"),
    plain("operator.column_age", "Since the order", "С заказа"),
    plain("operator.column_took", "Took", "Длился"),
    plain("operator.column_avatar", "Avatar", "Аватар"),
    plain("operator.training", "Training {number}", "Обучение {number}"),
    plain("operator.pictures", "Portraits {number}", "Портреты {number}"),
    plain("operator.test", "test", "тест"),
    plain("operator.times", "How long trainings took", "Сколько длилось обучение"),
    plain("operator.no_times", "No training was completed yet.", "Ещё ни одно обучение не завершено."),
    plural(
        "operator.times_words",
        (
            "The last one took {median}.",
            "Of the last {n}, half took up to {median}, nine in ten up to {most}, the longest {longest}.",
        ),
        (
            "Из последних {n}: половина до {median}, девять из десяти до {most}, самое долгое {longest}.",
            "Из последних {n}: половина до {median}, девять из десяти до {most}, самое долгое {longest}.",
            "Из последних {n}: половина до {median}, девять из десяти до {most}, самое долгое {longest}.",
        ),
    ),
    plain("operator.failures", "Failures by reason", "Неудачи по причинам"),
    plain("operator.no_failures", "Nothing has failed.", "Неудач не было."),
    plain("operator.rejected", "Photos left out by reason", "Отклонённые фото по причинам"),
    plain("operator.no_rejected", "No photo is left out.", "Все фото подошли."),
    plain("operator.invites", "Invitations", "Приглашения"),
    plain("operator.no_invites", "There are none yet.", "Пока ни одного."),
    plain("operator.invite_left", "left: {left}", "осталось: {left}"),
    plain("operator.redeemed", "used {n} of {uses} times", "использовано {n} из {uses}"),
    plain("operator.until", "until {time}", "до {time}"),
    plain("operator.no_end", "without an end", "бессрочно"),
    plain("operator.over", "ended", "не действует"),
    plain("operator.copy", "Copy link", "Скопировать ссылку"),
    plain("operator.copy_of", "Copy link of {label}", "Скопировать ссылку: {label}"),
    plain("operator.link_of", "Link of {label}", "Ссылка: {label}"),
    plain("operator.copied", "The link is copied.", "Ссылка скопирована."),
    plain("operator.copied_short", "Copied", "Скопировано"),
    plain("operator.copy_by_hand", "Copy the link by hand.", "Скопируйте ссылку вручную."),
    plain(
        "operator.invite_over",
        "This invitation has ended meanwhile. Refresh the page.",
        "Это приглашение уже не действует. Обновите страницу.",
    ),
    plain("operator.leave", "Close, and forget the token", "Закрыть и забыть токен"),
    plain("stage.preparing", "Preparing photos", "Готовим фото"),
    plain("stage.uploading", "Uploading", "Отправляем"),
    plain("stage.submitting", "Ordering", "Заказываем"),
    plain("stage.submission_unclear", "Unclear if ordered", "Неясно, заказано ли"),
    plain("stage.queued", "In the queue", "В очереди"),
    plain("stage.training", "Training", "Обучение"),
    plain("stage.generating", "Making portraits", "Делаем портреты"),
    plain("stage.collecting", "Fetching files", "Забираем файлы"),
    plain("stage.done", "Completed", "Готово"),
    plain("stage.cancelled", "Stopped", "Остановлено"),
    plain("stage.failed", "Failed", "Не удалось"),
    // Reasons in a word or two, for counts.
    plain("reason.photo.empty", "Empty file", "Пустой файл"),
    plain("reason.photo.truncated", "Cut off", "Обрезан"),
    plain("reason.photo.damaged", "Damaged", "Повреждено"),
    plain("reason.photo.unsupported_format", "Another format", "Другой формат"),
    plain("reason.photo.unsupported_coding", "Rare coding", "Редкое кодирование"),
    plain("reason.photo.animated", "Animated", "Анимация"),
    plain("reason.photo.too_small", "Too small", "Слишком маленькое"),
    plain("reason.photo.too_many_bytes", "File too large", "Слишком большой файл"),
    plain("reason.photo.too_many_pixels", "Too many pixels", "Слишком много пикселей"),
    plain("reason.photo.too_much_memory", "Too much memory", "Слишком много памяти"),
    plain("reason.photo.duplicate", "Duplicate", "Повтор"),
    plain("reason.submission_unclear", "Unclear if ordered", "Неясно, заказано ли"),
    plain(
        "bucket.blocked",
        "Photos go through this server: the storage does not let the page in.",
        "Фото идут через этот сервер: хранилище не пускает страницу.",
    ),
];

impl Text {
    fn value(&self) -> Value {
        match *self {
            Self::Plain(text) => json!(text),
            Self::English(one, other) => json!({ "one": one, "other": other }),
            Self::Russian(one, few, many) => json!({ "one": one, "few": few, "many": many, "other": few }),
        }
    }
}

/// Lists the page's sentences.
fn all() -> impl Iterator<Item = &'static Sentence> {
    SENTENCES.iter().chain(SHARED)
}

/// Writes the file of one language: a line for each sentence.
fn written(of: impl Fn(&Sentence) -> &Text) -> String {
    let lines = all().map(|one| format!("{}: {}", json!(one.key), of(one).value()));
    format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"))
}

/// Compares the files with the table. Where they differ, `scripts/write-words` writes them anew from this test's output.
#[test]
fn the_files_are_those_of_the_table() {
    let files = [
        ("en", written(|one| &one.english), include_str!("../../../page/words/en.json")),
        ("ru", written(|one| &one.russian), include_str!("../../../page/words/ru.json")),
    ];
    let other = files.iter().filter(|(_, made, known)| made != known);
    let other: Vec<_> = other.map(|(name, made, _)| format!("<<<< {name}\n{made}>>>>\n")).collect();
    assert!(other.is_empty(), "page/words should be:\n{}", other.concat());
}

/// Whoever reads the page reads why a photo is left out in the page's language, whatever the core finds.
#[test]
fn every_problem_and_finding_of_a_photo_has_a_sentence() {
    let problems = super::tests::photo_problems();
    let findings = super::report::tests::findings();
    let codes = problems.iter().map(PhotoProblem::code).chain(findings.iter().map(Finding::code));
    let keys: Vec<_> = codes.map(|code| format!("why.{code}")).collect();
    for key in &keys {
        assert!(all().any(|one| one.key == key), "{key}");
    }
    let meant = |one: &&'static Sentence| one.key.starts_with("why.photo.");
    for one in all().filter(meant) {
        assert!(keys.iter().any(|key| key == one.key), "{} is no problem's", one.key);
    }
}

#[test]
fn both_languages_fill_in_the_same() {
    let mut keys = Map::new();
    for one in all() {
        let english: Vec<_> = one.english.forms().into_iter().flat_map(placeholders).collect();
        // Russian declines names; a sentence may do without one.
        let russian = one.russian.forms().into_iter().flat_map(placeholders);
        assert!(russian.into_iter().all(|name| english.contains(&name)), "{}", one.key);
        assert!(keys.insert(one.key.to_owned(), Value::Null).is_none(), "{} is there twice", one.key);
    }
}
