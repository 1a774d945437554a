//! Every sentence of the chat that the page does not say too (those are in [`super::shared`]).

#[cfg(test)]
mod tests;

use super::bilingual::{Sentence, plain, plural};

/// Defines the sentences, and the list of all of them.
macro_rules! sentences {
    ($($name:ident = $form:ident($($text:tt)*);)*) => {
        $(pub(crate) const $name: &Sentence = &$form(stringify!($name), $($text)*);)*

        /// Every sentence.
        #[cfg(test)]
        const ALL: &[&Sentence] = &[$($name),*];
    };
}

sentences! {
    // The door.
    CLOSED = plain(
        "This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins \
         with lki_.",
        "Этот бот открывается по приглашению. Откройте ссылку, которую вам прислали, или вставьте приглашение сюда: \
         оно начинается с lki_."
    );
    INVITE_WRONG = plain(
        "This is not an invitation: it begins with lki_ and has 68 characters.",
        "Это не приглашение: оно начинается с lki_, и в нём 68 знаков."
    );
    INVITE_UNKNOWN = plain(
        "This invitation is not known here. Ask for a new one.",
        "Это приглашение здесь не знают. Попросите новое."
    );
    INVITE_OVER = plain(
        "This invitation has ended. Ask for a new one.",
        "Это приглашение больше не действует. Попросите новое."
    );
    INVITE_TAKEN = plain(
        "This invitation has been used already. Ask for a new one.",
        "Этим приглашением уже воспользовались. Попросите новое."
    );
    NEW_NEEDS_INVITE = plain(
        "For another person a new invitation is needed: send it here. What you have stays; /delete erases it.",
        "Для другого человека нужно новое приглашение: пришлите его сюда. То, что есть, останется; /delete стирает всё."
    );
    NO_LONGER_ALLOWED = plain(
        "You are no longer on this bot’s list, so nothing more can be made. /delete erases what is there.",
        "Вас больше нет в списке этого бота, поэтому создать ничего нельзя. /delete стирает то, что есть."
    );
    GROUP = plain(
        "I talk to one person at a time: photos of a face do not belong in a group. Please write to me in private.",
        "Я говорю только с одним человеком: фото лица не для группы. Напишите мне, пожалуйста, лично."
    );
    // The person.
    WELCOME = plain(
        "Hello! I train a model on {min} to {max} photos of one person, and make portraits with it.",
        "Здравствуйте! По фотографиям одного человека (от {min} до {max}) я обучаю модель и создаю с ней портреты."
    );
    GIVES = plain("Your invitation gives {trainings} and {pictures}.", "Ваше приглашение даёт {trainings} и {pictures}.");
    TRAININGS = plural(
        ("{n} training", "{n} trainings"),
        ("{n} обучение", "{n} обучения", "{n} обучений")
    );
    PORTRAITS = plural(
        ("{n} portrait", "{n} portraits"),
        ("{n} портрет", "{n} портрета", "{n} портретов")
    );
    TEST_MODE = plain("Test mode: nothing is bought.", "Тестовый режим: ничего не покупается.");
    ASK_CONSENT = plain(
        "Before I keep the first photo, please confirm:\n\n{consent}",
        "Прежде чем я сохраню первое фото, подтвердите, пожалуйста:\n\n{consent}"
    );
    ANOTHER_PERSON = plain(
        "This begins with another person. Once you confirm, no more portraits of the present one can be made here; \
         “Back” returns to them.",
        "Начинаем с другим человеком. После подтверждения новых портретов прежнего здесь уже не сделать; «Назад» вернёт \
         к нему."
    );
    CONSENT_YES = plain("I confirm", "Подтверждаю");
    CONFIRMED = plain("Confirmed", "Подтверждено");
    PHOTOS_WAIT = plain(
        "I have seen your photos, and fetch them once you have answered my questions.",
        "Я вижу ваши фото и заберу их, как только вы ответите на мои вопросы."
    );
    ASK_NAME = plain(
        "What is the person’s name? Write it, or press the button.",
        "Как зовут этого человека? Напишите имя или нажмите кнопку."
    );
    ASK_NAME_TYPED = plain("What is the person’s name? Write it here.", "Как зовут этого человека? Напишите имя.");
    NAME_WRONG = plain(
        "This cannot be a name: one line, at most {most} characters. Please write it again.",
        "Это не похоже на имя: нужна одна строка, не больше {most} знаков. Напишите ещё раз."
    );
    ASK_GENDER = plain("How shall I speak of {name}?", "Как говорить об этом человеке ({name})?");
    // Photos.
    SEND_PHOTOS = plain(
        "Now send {min} to {max} photos of {name}: different days, light and angles, one face in each, no sunglasses, \
         no filters.\n\nBest as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. \
         One by one or as albums, in any order. Press “{train}” when all are here.",
        "Теперь пришлите от {min} до {max} фото ({name}): разные дни, свет и ракурсы, на каждом одно лицо, без тёмных \
         очков и фильтров.\n\nЛучше файлами (📎 → Файл): фото Telegram уменьшает, а файлы приходят такими, какими их \
         снял фотоаппарат. По одному или альбомами, в любом порядке. Когда всё здесь, нажмите «{train}»."
    );
    BOARD_PHOTOS = plain("Photos of {name}", "Фото: {name}");
    NO_PHOTOS = plain("None yet.", "Пока ни одного.");
    GOOD = plural(("{n} good", "{n} good"), ("{n} хорошее", "{n} хороших", "{n} хороших"));
    LOOKING = plural(
        ("{n} being looked at", "{n} being looked at"),
        ("{n} проверяем", "{n} проверяем", "{n} проверяем")
    );
    MORE_NEEDED = plural(
        ("{n} more needed", "{n} more needed"),
        ("нужно ещё {n}", "нужно ещё {n}", "нужно ещё {n}")
    );
    ENOUGH = plain("enough to train", "достаточно для обучения");
    AT_MOST = plain(
        "At most {max} are used: the first ones.",
        "Используются не больше {max}: первые из них."
    );
    TOO_SMALL = plural(
        ("{n} too small", "{n} too small"),
        ("{n} слишком маленькое", "{n} слишком маленьких", "{n} слишком маленьких")
    );
    TOO_LARGE = plural(
        ("{n} too large", "{n} too large"),
        ("{n} слишком большое", "{n} слишком больших", "{n} слишком больших")
    );
    DUPLICATE = plural(
        ("{n} there twice", "{n} there twice"),
        ("{n} повтор", "{n} повтора", "{n} повторов")
    );
    DAMAGED = plural(
        ("{n} damaged", "{n} damaged"),
        ("{n} повреждено", "{n} повреждены", "{n} повреждены")
    );
    OTHER_FORMAT = plural(
        ("{n} not a JPEG, PNG, WebP or HEIC", "{n} not JPEG, PNG, WebP or HEIC"),
        ("{n} не JPEG, PNG, WebP или HEIC", "{n} не JPEG, PNG, WebP или HEIC", "{n} не JPEG, PNG, WebP или HEIC")
    );
    LEFT_OUT = plural(
        ("{n} left out", "{n} left out"),
        ("{n} не подойдёт", "{n} не подойдут", "{n} не подойдут")
    );
    TRAIN = plain("Train", "Обучить");
    NOT_ENOUGH = plain(
        "{n} good photos are needed before a training, and so far there are {good}.",
        "Для обучения нужно {n} хороших фото, а пока их {good}."
    );
    // What cannot be used.
    VIDEO = plain(
        "A video is not a photo. Please send stills: a good frame of it as a picture will do.",
        "Видео не подойдёт, нужны снимки. Пришлите удачный кадр картинкой."
    );
    ANIMATION = plain(
        "This moves, and I need still photos.",
        "Это движется, а нужны обычные фото."
    );
    STICKER = plain(
        "Nice, but a sticker shows no face that I could learn. Please send photos.",
        "Мило, но по стикеру лицо не выучить. Пришлите, пожалуйста, фото."
    );
    SOUND = plain(
        "I cannot listen. Please send photos, or write.",
        "Слушать я не умею. Пришлите фото или напишите."
    );
    OTHER = plain(
        "I cannot use this. Please send photos, or see /help.",
        "С этим я ничего не могу сделать. Пришлите фото или посмотрите /help."
    );
    NOT_A_PHOTO = plain(
        "This file is not a photo. Please send JPEG, PNG, WebP or HEIC.",
        "Этот файл не фото. Пришлите JPEG, PNG, WebP или HEIC."
    );
    TOO_BIG = plain(
        "Telegram gives bots files of at most {max} MB, and this one is larger. Send it as a photo instead of a file, or \
         make it smaller.",
        "Telegram отдаёт ботам файлы не больше {max} МБ, а этот больше. Пришлите его как фото, а не файлом, или \
         уменьшите."
    );
    TOO_BIG_PAGE = plain(
        "The page has no such limit and takes files up to {most} MB: {link}",
        "На странице такого предела нет, она принимает файлы до {most} МБ: {link}"
    );
    TOO_BIG_SERVER = plain(
        "(With a Bot API server of its own this bot could take files up to {most} MB; that is for its operator to set up.)",
        "(Со своим сервером Bot API этот бот мог бы брать файлы до {most} МБ; это может настроить его владелец.)"
    );
    TOO_LARGE_FILE = plain(
        "A file of more than {max} MB is too large. Make it smaller, or send it as a photo.",
        "Файл больше {max} МБ слишком велик. Уменьшите его или пришлите как фото."
    );
    PHOTO_LOST = plain(
        "One photo could not be fetched from Telegram. Please send it again.",
        "Одно фото не удалось получить от Telegram. Пришлите его ещё раз, пожалуйста."
    );
    PHOTO_REFUSED = plain("One photo was not taken: {why}", "Одно фото не принято: {why}");
    SET_CLOSED = plain(
        "The training has begun with the photos that were there. This one is not in it.",
        "Обучение уже началось с теми фото, которые были. Это в него не вошло."
    );
    TOO_MANY_PHOTOS = plain(
        "That is more than I keep: no further photos are taken.",
        "Это больше, чем я храню: новых фото я не беру."
    );
    FOR_FURTHER_TRAINING = plain(
        "The model is trained already. This photo counts only for a further training: /train.",
        "Модель уже обучена. Это фото пригодится только для следующего обучения: /train."
    );
    // The training.
    CHOOSE = plain("How close shall the likeness be?", "Насколько точным сделать сходство?");
    PRESET = plain("{quality} · {time} · {price}", "{quality} · {time} · {price}");
    PRESET_FREE = plain("{quality}", "{quality}");
    MINUTES = plural(
        ("about {n} minute", "about {n} minutes"),
        ("около {n} минуты", "около {n} минут", "около {n} минут")
    );
    CONFIRM_TRAINING = plain(
        "{quality}: {time}, about {price}.\nPhotos: {photos}. They are fixed when you press, and only then is anything \
         bought.",
        "{quality}: {time}, примерно {price}.\nФото: {photos}. После нажатия набор не меняется, и только тогда что-то \
         покупается."
    );
    CONFIRM_TRAINING_FREE = plain(
        "{quality}.\nPhotos: {photos}. They are fixed when you press. Test mode: nothing is bought.",
        "{quality}.\nФото: {photos}. После нажатия набор не меняется. Тестовый режим: ничего не покупается."
    );
    WITH_SAMPLES = plural(
        ("{n} first portrait is in this price.", "{n} first portraits are in this price."),
        ("{n} первый портрет входит в эту цену.", "{n} первых портрета входят в эту цену.", "{n} первых портретов входят в эту цену.")
    );
    TRAIN_NOW = plain("Train for about {price}", "Обучить примерно за {price}");
    TRAIN_NOW_FREE = plain("Train", "Обучить");
    BACK = plain("Back", "Назад");
    LAST_PHOTOS = plain(
        "The last photos are being looked at; then the training is ordered.",
        "Проверяем последние фото, потом закажем обучение."
    );
    TRAINING = plain("{name}’s model is being trained.", "Модель учится узнавать: {name}.");
    PERCENT = plain("{bar} {percent} %", "{bar} {percent} %");
    STOPPING = plain("The training is being stopped.", "Останавливаем обучение.");
    TRAINED = plain("{name}’s model is trained.", "Модель обучена: {name}.");
    READY = plain("{name}’s model is ready.", "Модель готова: {name}.");
    FIRST_PORTRAITS = plain("The first portraits come in a moment.", "Первые портреты будут через минуту.");
    WHY = plain("The reason: {why}", "Причина: {why}");
    CODE = plain("Error code: {code}", "Код ошибки: {code}");
    TRAIN_AGAIN = plain("Choose again", "Выбрать снова");
    TRAININGS_SPENT = plural(
        ("Your {n} training here is used up.", "Your {n} trainings here are used up."),
        ("Ваше обучение ({n}) уже использовано.", "Ваши {n} обучения уже использованы.", "Ваши {n} обучений уже использованы.")
    );
    // Portraits.
    STYLES = plain(
        "What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”.",
        "Что показать на следующем портрете? Нажмите кнопку или напишите, по-английски выходит точнее: “in a garden, \
         late sun, linen shirt”."
    );
    IMAGINE_HOW = plain(
        "Write what the portrait shows behind the command: /imagine in a garden, late sun, linen shirt",
        "Напишите после команды, что показать на портрете: /imagine in a garden, late sun, linen shirt"
    );
    NO_MODEL = plain(
        "Portraits can be made once the model is trained. First the photos: see /status.",
        "Портреты можно создавать, когда модель обучена. Сначала фото: смотрите /status."
    );
    CONFIRM_PICTURES = plain("“{what}”\n\nHow many?", "«{what}»\n\nСколько?");
    PROMPT_LONG = plain("That is too long: at most {most} characters.", "Слишком длинно: не больше {most} знаков.");
    PICTURES_PRICE = plural(
        ("{n} · about {price}", "{n} · about {price}"),
        ("{n} · примерно {price}", "{n} · примерно {price}", "{n} · примерно {price}")
    );
    PICTURES_BEGUN = plural(
        ("{n} portrait is being made; that takes about half a minute.", "{n} portraits are being made; that takes about half a minute."),
        ("{n} портрет создаётся, около полуминуты.", "{n} портрета создаются, около полуминуты.", "{n} портретов создаются, около полуминуты.")
    );
    PICTURES_FAILED = plain(
        "The portraits did not succeed. Please try again.",
        "Портреты не получились. Попробуйте, пожалуйста, ещё раз."
    );
    BLANKED = plural(
        ("fal.ai’s filter blanked {n} of them.", "fal.ai’s filter blanked {n} of them."),
        ("Фильтр fal.ai закрыл {n} из них.", "Фильтр fal.ai закрыл {n} из них.", "Фильтр fal.ai закрыл {n} из них.")
    );
    ALL_BLANKED = plain(
        "fal.ai’s filter blanked these portraits. Try it in other words.",
        "Фильтр fal.ai закрыл эти портреты. Попробуйте описать иначе."
    );
    AS_FILES = plain("As files, full size", "Файлами, без сжатия");
    FILES_ABOVE = plain("They are on their way, or above", "Они уже в пути или выше");
    // Presses.
    ALREADY = plain("That is done already", "Это уже сделано");
    OUTDATED = plain("This button is out of date", "Эта кнопка устарела");
    ONE_MOMENT = plain("One moment, please", "Секунду, пожалуйста");
    // Erasing, the language, help.
    ERASED_AT_TELEGRAM = plain(
        "Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat.",
        "Сам Telegram хранит этот чат с вашими фото и портретами, пока вы не удалите чат."
    );
    ERASE_ALL = plain("Erase everything?", "Стереть всё?");
    FORGOTTEN = plain(
        "Your answers are forgotten, and nothing else was kept.",
        "Ваши ответы забыты, а больше ничего не хранилось."
    );
    NOTHING_THERE = plain("There is nothing of yours here.", "Здесь ничего вашего нет.");
    ERASING = plain("Everything is being erased.", "Всё стирается.");
    KEPT = plain("Nothing was erased", "Ничего не стёрто");
    ASK_LANGUAGE = plain("Which language?", "Какой язык?");
    LANGUAGE_SET = plain("English it is.", "Будем по-русски.");
    HELP = plain(
        "From photos to portraits:\n\n1. Send {min} to {max} photos of one person, best as files.\n2. Press “{train}”.\n\
         3. Choose a style, or write what the portrait shows.\n\n/status: where things stand\n/photos: what makes a good \
         photo\n/train: train the model\n/imagine and some words: make portraits\n/new: begin with another person\n\
         /delete: erase everything\n/language: English or Russian",
        "От фото к портретам:\n\n1. Пришлите от {min} до {max} фото одного человека, лучше файлами.\n2. Нажмите «{train}».\n\
         3. Выберите стиль или напишите, что показать на портрете.\n\n/status: как идут дела\n/photos: какие фото \
         подходят\n/train: обучить модель\n/imagine и слова: создать портреты\n/new: начать с другим человеком\n/delete: \
         стереть всё\n/language: английский или русский"
    );
    DID_NOT_WORK_CODE = plain("This did not work. Error code: {code}", "Не получилось. Код ошибки: {code}");
    DID_NOT_WORK = plain("This did not work: {what}", "Не получилось: {what}");
    TRY_LATER = plain(
        "Something is out of order here. I keep trying.",
        "Что-то здесь не в порядке. Я продолжаю пробовать."
    );
    // The commands, as a person's program lists them.
    COMMAND_STATUS = plain("Where things stand", "Как идут дела");
    COMMAND_PHOTOS = plain("What makes a good photo", "Какие фото подходят");
    COMMAND_TRAIN = plain("Train the model", "Обучить модель");
    COMMAND_IMAGINE = plain("Make portraits: /imagine in a garden", "Создать портреты: /imagine in a garden");
    COMMAND_NEW = plain("Begin with another person", "Начать с другим человеком");
    COMMAND_DELETE = plain("Erase everything", "Стереть всё");
    COMMAND_LANGUAGE = plain("English or Russian", "Английский или русский");
    COMMAND_HELP = plain("What I can do", "Что я умею");
}
