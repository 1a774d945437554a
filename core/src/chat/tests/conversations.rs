//! Conversations as a person reads them.

use super::script::{Hardship, Talk, check};
#[cfg(target_arch = "wasm32")]
use crate::test;

#[test]
fn from_an_invitation_to_portraits() {
    check(
        "
> /start
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (album 9)
< Photos of Anna / 0 good, 9 being looked at, 1 more needed
> (photo small)
~ Photos of Anna / 9 good, 1 too small, 1 more needed / photo 10.jpg: Too small. Take the camera's original.
> (photo)
~ Photos of Anna / 10 good, 1 too small, enough to train / photo 10.jpg: Too small. Take the camera's original. [Train]
. 20s
> [Train]
~ Photos of Anna / 10 good, 1 too small, enough to train / photo 10.jpg: Too small. Take the camera's original. // How close shall the likeness be? [Fast · about 4 minutes · 2.54 USD] [Back]
> [Fast · about 4 minutes · 2.54 USD]
~ Fast: about 4 minutes, about 2.54 USD. / Photos: 10. They are fixed when you press, and only then is anything bought. 4 first portraits are in this price. [Train for about 2.54 USD] [Back]
> [Train for about 2.54 USD] twice
* That is done already
~ The training is being ordered
. 60s
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 32 % / 3 trainings are ahead [Stop the training]
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 37 % / Training, 37 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 39 % / Training, 39 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓░░░░░░ 43 % / Training, 43 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓░░░░░░ 48 % / Training, 48 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓░░░░░ 54 % / Training, 54 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓░░░░░ 59 % / Training, 59 % [Stop the training]
. 200s
~ Anna’s model is being trained. / ▓▓▓▓▓▓░░░░ 65 % / Training, 65 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓▓░░░░ 68 % / Training, 68 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓▓▓░░░ 73 % / Training, 73 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓▓▓░░░ 79 % / Training, 79 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓▓▓▓░░ 84 % / Training, 84 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓▓▓▓▓▓░ 90 % / Training, 90 % [Stop the training]
< Anna’s model is ready. The first portraits come in a moment.
~ Anna’s model is trained.
< (4 photos)
< What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”. [As files, full size] [Studio, grey backdrop] [Garden, late sun] [Black and white] [Evening dress] [For the CV] [On a city roof] [Window of a café] [Winter coat, snow] [Oil painting]
> [As files, full size] twice
* They are on their way, or above
< (4 files)
> [Black and white]
< “Black and white” // How many? [1 · about 0.035 USD] [4 · about 0.14 USD]
> [4 · about 0.14 USD] twice
* One moment, please
< 4 portraits are being made; that takes about half a minute.
. 60s
< (4 photos)
< What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”. [As files, full size] [Studio, grey backdrop] [Garden, late sun] [Black and white] [Evening dress] [For the CV] [On a city roof] [Window of a café] [Winter coat, snow] [Oil painting]
> in the mountains, red jacket
< “in the mountains, red jacket” // How many? [1 · about 0.035 USD] [4 · about 0.14 USD]
> [1 · about 0.035 USD]
< 1 portrait is being made; that takes about half a minute.
. 60s
< (a photo)
< What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”. [As files, full size] [Studio, grey backdrop] [Garden, late sun] [Black and white] [Evening dress] [For the CV] [On a city roof] [Window of a café] [Winter coat, snow] [Oil painting]
> /train
< Photos of Anna / 10 good, 1 too small, enough to train / photo 10.jpg: Too small. Take the camera's original. // How close shall the likeness be? [Fast · about 4 minutes · 2.54 USD] [Back]
",
        Hardship::default(),
    );
}

#[test]
fn a_person_on_the_list_needs_no_invitation_and_is_answered_in_russian() {
    let settings = vec![("TELEGRAM_ALLOWED", "7"), ("TELEGRAM_TRAININGS", "1")];
    check(
        "
> Привет
< Здравствуйте! По фотографиям одного человека (от 10 до 20) я обучаю модель и создаю с ней портреты. // Прежде чем я сохраню первое фото, подтвердите, пожалуйста: // На этих фото я или взрослый человек, который на это согласен. [Подтверждаю]
> [Подтверждаю]
* Подтверждено
< Как зовут этого человека? Напишите имя или нажмите кнопку. [Anna]
> Анна Каренина, которую никто не знает
< Как говорить об этом человеке (Анна Каренина, которую никто не знает)? [она] [он] [не важно]
> [она]
< Теперь пришлите от 10 до 20 фото (Анна Каренина, которую никто не знает): разные дни, свет и ракурсы, на каждом одно лицо, без тёмных очков и фильтров. // Лучше файлами (📎 → Файл): фото Telegram уменьшает, а файлы приходят такими, какими их снял фотоаппарат. По одному или альбомами, в любом порядке. Когда всё здесь, нажмите «Обучить».
> (album 10)
< Фото: Анна Каренина, которую никто не знает / 0 хороших, 10 проверяем
~ Фото: Анна Каренина, которую никто не знает / 10 хороших, достаточно для обучения [Обучить]
> [Обучить]
~ Фото: Анна Каренина, которую никто не знает / 10 хороших, достаточно для обучения // Насколько точным сделать сходство? [Быстро · около 4 минут · 2.54 USD] [Средне · около 8 минут · 6.14 USD] [Высоко · около 11 минут · 9.74 USD] [Назад]
> [Средне · около 8 минут · 6.14 USD]
~ Средне: около 8 минут, примерно 6.14 USD. / Фото: 10. После нажатия набор не меняется, и только тогда что-то покупается. 4 первых портрета входят в эту цену. [Обучить примерно за 6.14 USD] [Назад]
> [Назад]
~ Фото: Анна Каренина, которую никто не знает / 10 хороших, достаточно для обучения [Обучить]
> [Обучить]
~ Фото: Анна Каренина, которую никто не знает / 10 хороших, достаточно для обучения // Насколько точным сделать сходство? [Быстро · около 4 минут · 2.54 USD] [Средне · около 8 минут · 6.14 USD] [Высоко · около 11 минут · 9.74 USD] [Назад]
> [Высоко · около 11 минут · 9.74 USD]
~ Высоко: около 11 минут, примерно 9.74 USD. / Фото: 10. После нажатия набор не меняется, и только тогда что-то покупается. 4 первых портрета входят в эту цену. [Обучить примерно за 9.74 USD] [Назад]
> [Обучить примерно за 9.74 USD]
~ Заказываем обучение
. 200s
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓░░░░░░░ 32 % / Впереди 3 обучения [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓░░░░░░░ 35 % / Обучение, 35 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓░░░░░░░ 37 % / Обучение, 37 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓░░░░░░ 43 % / Обучение, 43 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓░░░░░░ 48 % / Обучение, 48 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓░░░░░ 54 % / Обучение, 54 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓░░░░░ 59 % / Обучение, 59 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓░░░░ 65 % / Обучение, 65 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓░░░░ 68 % / Обучение, 68 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓▓░░░ 73 % / Обучение, 73 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓▓░░░ 79 % / Обучение, 79 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓▓▓░░ 84 % / Обучение, 84 % [Остановить обучение]
~ Модель учится узнавать: Анна Каренина, которую никто не знает. / ▓▓▓▓▓▓▓▓▓░ 90 % / Обучение, 90 % [Остановить обучение]
< Модель готова: Анна Каренина, которую никто не знает. Первые портреты будут через минуту.
~ Модель обучена: Анна Каренина, которую никто не знает.
< (4 photos)
< Что показать на следующем портрете? Нажмите кнопку или напишите, по-английски выходит точнее: “in a garden, late sun, linen shirt”. [Файлами, без сжатия] [Студия, серый фон] [Сад, вечернее солнце] [Чёрно-белый] [Вечернее платье] [Для резюме] [На крыше города] [У окна кафе] [Зимнее пальто, снег] [Масло, холст]
> /imagine
< Напишите после команды, что показать на портрете: /imagine in a garden, late sun, linen shirt
> /imagine at the sea
< «at the sea» // Сколько? [1 · примерно 0.035 USD] [4 · примерно 0.14 USD]
> [1 · примерно 0.035 USD]
< 1 портрет создаётся, около полуминуты.
. 60s
< (a photo)
< Что показать на следующем портрете? Нажмите кнопку или напишите, по-английски выходит точнее: “in a garden, late sun, linen shirt”. [Файлами, без сжатия] [Студия, серый фон] [Сад, вечернее солнце] [Чёрно-белый] [Вечернее платье] [Для резюме] [На крыше города] [У окна кафе] [Зимнее пальто, снег] [Масло, холст]
> /new
< Ваше обучение (1) уже использовано.
> /language
< Какой язык? [English] [Русский]
> [English]
* English it is.
> /status
< Анна Каренина, которую никто не знает’s model is ready. // What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”. [Studio, grey backdrop] [Garden, late sun] [Black and white] [Evening dress] [For the CV] [On a city roof] [Window of a café] [Winter coat, snow] [Oil painting]
",
        Hardship { settings, language: Some("ru-RU"), ..Hardship::default() },
    );
}

#[test]
fn strangers_are_refused_politely() {
    check(
        "
> hello
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> lki_1234
< This is not an invitation: it begins with lki_ and has 68 characters.
> STRANGE
< This invitation is not known here. Ask for a new one.
> (photo)
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> /train
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> /help
< From photos to portraits: // 1. Send 10 to 20 photos of one person, best as files. / 2. Press “Train”. / 3. Choose a style, or write what the portrait shows. // /status: where things stand / /photos: what makes a good photo / /train: train the model / /imagine and some words: make portraits / /new: begin with another person / /delete: erase everything / /language: English or Russian
> /delete
< There is nothing of yours here.
> (a message in a group)
< I talk to one person at a time: photos of a face do not belong in a group. Please write to me in private.
> (a message in a group)
",
        Hardship::default(),
    );
}

#[test]
fn what_is_no_photo_is_refused_with_a_reason() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> Anna
< How shall I speak of Anna? [she] [he] [they]
> [he]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (sticker)
< Nice, but a sticker shows no face that I could learn. Please send photos.
> (video)
< A video is not a photo. Please send stills: a good frame of it as a picture will do.
> (document letter.pdf 1 MB)
< This file is not a photo. Please send JPEG, PNG, WebP or HEIC.
> (document IMG_1.heic 1 MB)
< Photos of Anna / 0 good, 1 being looked at, 9 more needed
> (document large.png 25 MB)
< Telegram gives bots files of at most 20 MB, and this one is larger. Send it as a photo instead of a file, or make it smaller. // (With a Bot API server of its own this bot could take files up to 32 MB; that is for its operator to set up.)
~ Photos of Anna / 1 good, 9 more needed
> (photo broken)
~ Photos of Anna / 1 good, 1 damaged, 9 more needed / photo 2.jpg: The file is damaged. Choose another.
> (photo)
~ Photos of Anna / 2 good, 1 damaged, 8 more needed / photo 2.jpg: The file is damaged. Choose another.
> (the same photo)
> what now?
< From photos to portraits: // 1. Send 10 to 20 photos of one person, best as files. / 2. Press “Train”. / 3. Choose a style, or write what the portrait shows. // /status: where things stand / /photos: what makes a good photo / /train: train the model / /imagine and some words: make portraits / /new: begin with another person / /delete: erase everything / /language: English or Russian
",
        Hardship::default(),
    );
}

#[test]
fn everything_is_erased_and_what_remains_is_told() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> /delete
< Your answers are forgotten, and nothing else was kept.
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [they]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (album 10)
< Photos of Anna / 0 good, 10 being looked at
> /delete
< Erase everything about Anna? // The photos, the model, the portraits and the name are deleted here, at once and for good. What fal.ai has received expires there by itself after 7 days. // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat. [Erase everything] [Keep it]
~ Photos of Anna / 10 good, enough to train [Train]
> [Keep it]
* Nothing was erased
> [Train]
~ Photos of Anna / 10 good, enough to train // How close shall the likeness be? [Fast · about 4 minutes · 2.54 USD] [Back]
> [Fast · about 4 minutes · 2.54 USD]
~ Fast: about 4 minutes, about 2.54 USD. / Photos: 10. They are fixed when you press, and only then is anything bought. 4 first portraits are in this price. [Train for about 2.54 USD] [Back]
> [Train for about 2.54 USD]
~ The training is being ordered
. 30s
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 32 % / 3 trainings are ahead [Stop the training]
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 37 % / Training, 37 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 39 % / Training, 39 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓▓░░░░░░ 43 % / Training, 43 % [Stop the training]
> /delete
< Erase everything about Anna? // The photos, the model, the portraits and the name are deleted here, at once and for good. What fal.ai has received expires there by itself after 7 days. // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat. [Erase everything] [Keep it]
> [Erase everything] twice
* Everything is being erased.
* That is done already
~ Everything is being erased.
< Everything is erased. The photos, the model and the portraits are deleted here. // fal.ai still holds: / • the archive of photos, until 2027-01-22 // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat.
. 60s
> (photo)
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> /start INVITE
< This invitation has been used already. Ask for a new one.
",
        Hardship::default(),
    );
}

#[test]
fn a_person_who_blocked_the_bot_is_told_the_news_when_they_come_back() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (album 10)
< Photos of Anna / 0 good, 10 being looked at
~ Photos of Anna / 10 good, enough to train [Train]
> [Train]
~ Photos of Anna / 10 good, enough to train // How close shall the likeness be? [Fast · about 4 minutes · 2.54 USD] [Back]
> [Fast · about 4 minutes · 2.54 USD]
~ Fast: about 4 minutes, about 2.54 USD. / Photos: 10. They are fixed when you press, and only then is anything bought. 4 first portraits are in this price. [Train for about 2.54 USD] [Back]
> [Train for about 2.54 USD]
~ The training is being ordered
> (blocks)
. 600s
> /status
< Anna’s model is being trained. / ▓▓▓░░░░░░░ 32 % / 3 trainings are ahead [Stop the training]
< Anna’s model is ready. The first portraits come in a moment.
~ Anna’s model is trained.
. 60s
< (4 photos)
< What shall the next portrait show? Press a button, or write it: “in a garden, late sun, linen shirt”. [As files, full size] [Studio, grey backdrop] [Garden, late sun] [Black and white] [Evening dress] [For the CV] [On a city roof] [Window of a café] [Winter coat, snow] [Oil painting]
",
        Hardship::default(),
    );
}

#[test]
fn a_board_that_was_erased_is_sent_anew() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (photo)
< Photos of Anna / 0 good, 1 being looked at, 9 more needed
~ Photos of Anna / 1 good, 9 more needed
> (erases every message)
> (photo)
< Photos of Anna / 1 good, 1 being looked at, 8 more needed
> /status
< Photos of Anna / 2 good, 8 more needed
> (photo small)
~ Photos of Anna / 2 good, 1 too small, 8 more needed / photo 3.jpg: Too small. Take the camera's original.
",
        Hardship::default(),
    );
}

#[test]
fn photos_wait_for_the_answers_and_the_set_is_closed_by_the_last_button() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> (album 8)
< I have seen your photos, and fetch them once you have answered my questions.
> (photo)
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
< Photos of Anna / 0 good, 9 being looked at, 1 more needed
> /photos
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
< Photos of Anna / 9 good, 1 more needed
> (photo)
~ Photos of Anna / 10 good, enough to train [Train]
> (album 12)
~ Photos of Anna / 22 good, enough to train / At most 20 are used: the first ones. [Train]
> [Train]
~ Photos of Anna / 22 good, enough to train / At most 20 are used: the first ones. // How close shall the likeness be? [Fast · about 4 minutes · 2.54 USD] [Back]
> [Fast · about 4 minutes · 2.54 USD]
~ Fast: about 4 minutes, about 2.54 USD. / Photos: 20. They are fixed when you press, and only then is anything bought. 4 first portraits are in this price. [Train for about 2.54 USD] [Back]
> (photo)
> [Train for about 2.54 USD]
~ The training is being ordered
> (photo)
< The training has begun with the photos that were there. This one is not in it.
. 20s
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 37 % / Training, 37 % [Stop the training]
~ Anna’s model is being trained. / ▓▓▓░░░░░░░ 39 % / Training, 39 % [Stop the training]
> [Stop the training]
~ The training is being stopped.
. 30s
< The training was stopped // Photos of Anna / 20 good, enough to train [Choose again]
~ The training was stopped
",
        Hardship::default(),
    );
}

#[test]
fn the_api_is_away_for_a_while() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> (the API fails 6)
> [she]
. 120s
< Something is out of order here. I keep trying.
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
",
        Hardship::default(),
    );
}

#[test]
fn consent_is_kept_with_its_time_and_nothing_is_left_of_a_person() {
    let mut talk = Talk::new(Hardship::default());
    let begin = talk.world.now;
    talk.follow("> /start INVITE\n> [I confirm]\n> [Anna]\n> [she]\n> (photo)").expect("no law is broken");
    assert!(talk.world.backend.consented_at().is_some_and(|at| at >= begin && at <= talk.world.now));
    assert!(!talk.world.backend.forgot_everybody());
    talk.follow("> /delete\n> [Erase everything]").expect("no law is broken");
    assert!(talk.world.backend.forgot_everybody());
    for word in ["Anna", "file-1", "lki_"] {
        assert!(!talk.world.saved.contains(word), "{word} is still stored: {}", talk.world.saved);
    }
}
