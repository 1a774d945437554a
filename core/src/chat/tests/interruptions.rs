//! Conversations that somebody or something interrupts: another invite, the operator, a change of mind, an old button.

use super::script::{Hardship, Talk, check};
use crate::avatar::OrderKey;
#[cfg(target_arch = "wasm32")]
use crate::test;

#[test]
fn a_step_goes_on_until_the_person_confirms_another_invite() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> /start STRANGE
< This invitation is not known here. Ask for a new one.
< What is the person’s name? Write it here.
> Anna⏎Maria
< This cannot be a name: one line, at most 200 characters. Please write it again.
> Anna
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
> (photo)
< Photos of Anna / 0 good, 1 being looked at, 9 more needed
> /start STRANGE
< This invitation is not known here. Ask for a new one.
< Photos of Anna / 1 good, 9 more needed
> (photo)
~ Photos of Anna / 2 good, 8 more needed
> /start OTHER
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 8 portraits. // This begins with another person. Once you confirm, no more portraits of the present one can be made here; “Back” returns to them. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm] [Back]
> (photo)
< I have seen your photos, and fetch them once you have answered my questions.
> /delete
< Erase everything? // The photos, the model, the portraits and the name are deleted here, at once and for good. What fal.ai has received expires there by itself after 7 days. // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat. [Erase everything] [Keep it]
> [Keep it]
* Nothing was erased
> [Back]
< Photos of Anna / 2 good, 8 more needed
> /start OTHER
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 8 portraits. // This begins with another person. Once you confirm, no more portraits of the present one can be made here; “Back” returns to them. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm] [Back]
> (photo)
< I have seen your photos, and fetch them once you have answered my questions.
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> Eva 🌸
< How shall I speak of Eva 🌸? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Eva 🌸: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
< Photos of Eva 🌸 / 0 good, 1 being looked at, 9 more needed
> /delete
< Erase everything about Eva 🌸? // The photos, the model, the portraits and the name are deleted here, at once and for good. What fal.ai has received expires there by itself after 7 days. // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat. [Erase everything] [Keep it]
> [Erase everything]
* Everything is being erased.
~ Everything is being erased.
< Everything is erased. The photos, the model and the portraits are deleted here. Nothing is left at fal.ai. // Telegram itself keeps this chat, with the photos and portraits in it, until you delete the chat.
> [Keep it]
* This button is out of date
",
        Hardship::default(),
    );
}

#[test]
fn questions_that_were_given_up_are_not_answered_by_old_buttons() {
    check(
        "
> /start INVITE
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> Anna
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Your invitation gives 1 training and 20 portraits. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> (presses own_name)
* This button is out of date
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> (presses gender:female)
* This button is out of date
> (presses consent)
* That is done already
> 👩‍🦰
< How shall I speak of 👩‍🦰? [she] [he] [they]
> she
< How shall I speak of 👩‍🦰? [she] [he] [they]
> /language
< Which language? [English] [Русский]
> [Русский]
* Будем по-русски.
< Как говорить об этом человеке (👩‍🦰)? [она] [он] [не важно]
> /delete
< Ваши ответы забыты, а больше ничего не хранилось.
> (presses consent)
* Эта кнопка устарела
> (presses keep)
* Эта кнопка устарела
> (presses train)
* Эта кнопка устарела
> (presses style:mono)
* Эта кнопка устарела
> (presses nonsense)
* Эта кнопка устарела
> /delete
< Здесь ничего вашего нет.
",
        Hardship::default(),
    );
}

#[test]
fn words_about_an_album_are_said_once_and_its_first_photo_counts() {
    check(
        "
> (album 10)
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
< I have seen your photos, and fetch them once you have answered my questions.
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> [she]
< Now send 10 to 20 photos of Anna: different days, light and angles, one face in each, no sunglasses, no filters. // Best as files (📎 → File): Telegram shrinks photos, and files come as the camera took them. One by one or as albums, in any order. Press “Train” when all are here.
< Photos of Anna / 0 good, 10 being looked at
> (an album of 3 videos)
< A video is not a photo. Please send stills: a good frame of it as a picture will do.
~ Photos of Anna / 10 good, enough to train [Train]
> (captioned at the sea)
~ Photos of Anna / 10 good, 1 being looked at, enough to train [Train]
",
        Hardship { settings: vec![("TELEGRAM_ALLOWED", "7")], ..Hardship::default() },
    );
}

#[test]
fn who_was_taken_off_the_list_cannot_begin() {
    check(
        "
> /start
< Hello! I train a model on 10 to 20 photos of one person, and make portraits with it. // Before I keep the first photo, please confirm: // These photos show me, or an adult who agreed to this. [I confirm]
> [I confirm]
* Confirmed
< What is the person’s name? Write it, or press the button. [Anna]
> [Anna]
< How shall I speak of Anna? [she] [he] [they]
> (is taken off the list)
> [she]
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> (album 3)
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
> https://t.me/some_bot?start=abc
< This is not an invitation: it begins with lki_ and has 68 characters.
> /help@likeness_bot
< From photos to portraits: // 1. Send 10 to 20 photos of one person, best as files. / 2. Press “Train”. / 3. Choose a style, or write what the portrait shows. // /status: where things stand / /photos: what makes a good photo / /train: train the model / /imagine and some words: make portraits / /new: begin with another person / /delete: erase everything / /language: English or Russian
",
        Hardship { settings: vec![("TELEGRAM_ALLOWED", "7")], ..Hardship::default() },
    );
}

#[test]
fn an_avatar_that_was_erased_elsewhere_is_told_at_the_next_question() {
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
> (album 2)
< Photos of Anna / 0 good, 2 being looked at, 8 more needed
~ Photos of Anna / 2 good, 8 more needed
> (the operator erases everything)
> /status
< Photos of Anna / 2 good, 8 more needed
< Everything here was erased.
> /status
< This bot opens with an invitation. Open the link that you were sent, or paste the invitation here: it begins with lki_.
",
        Hardship::default(),
    );
}

/// From a stranger on the list to a model.
const A_MODEL: &str = "
> [I confirm]
> Anna
> [she]
> (album 10)
. 20s
> [Train]
. 12s
> [Fast · about 4 minutes · 2.54 USD]
. 12s
> [Train for about 2.54 USD]
. 400s
";

fn told(script: &str, hardship: Hardship) -> Talk {
    let settings = vec![("TELEGRAM_ALLOWED", "7"), ("TELEGRAM_TRAININGS", "2")];
    let mut talk = Talk::new(Hardship { settings, ..hardship });
    talk.follow(script).expect("no law is broken");
    talk
}

#[test]
fn a_button_of_another_person_orders_nothing() {
    // Another preset, since the laws count purchases by what the button says.
    let second = A_MODEL.replace("Fast · about 4 minutes · 2.54", "Balanced · about 8 minutes · 6.14");
    let second = second.replace("about 2.54", "about 6.14");
    let script = format!(
        "> hello\n{A_MODEL}\n> at the sea\n> /new\n{second}\n> in the hills\n> (presses portraits:1:1)\n. 60s"
    );
    let talk = told(&script, Hardship::default());
    assert!(talk.read().ends_with("* That is done already\n. 60s"), "{}", talk.read());
    let ordered = talk.world.backend.bought.iter().filter(|order| matches!(order, OrderKey::Pictures(2..)));
    assert_eq!((ordered.count(), talk.world.backend.trainings_at_fal()), (0, 2));
}

#[test]
fn a_further_training_that_is_stopped_leaves_the_model() {
    let script = format!(
        "> hello\n{A_MODEL}\n> (photo)\n> /train\n. 12s\n> [Fast · about 4 minutes · 2.54 USD]\n. 12s\n> [Train for about 2.54 \
         USD]\n. 30s\n> (presses train)\n> [Stop the training]\n> (presses stop:2)\n. 120s"
    );
    let conversation = told(&script, Hardship::default()).read();
    for line in [
        "< The model is trained already. This photo counts only for a further training: /train.\n> /train",
        "> (presses train)\n* That is done already",
        "> (presses stop:2)\n* That is done already",
        "\n< The training was stopped // Anna’s model is ready. // What shall",
        "\n~ The training was stopped",
    ] {
        assert!(conversation.contains(line), "{line} is not in:\n{conversation}");
    }
    let (_, after) = conversation.split_once("> [Stop the training]").expect("a stop");
    assert!(!after.contains("[Stop the training]"), "{conversation}");
}

#[test]
fn portraits_that_the_filter_blanked_are_told() {
    let faults = vec!["picture-blanked=2"];
    let script = format!(
        "> hello\n{A_MODEL}\n> [Studio, grey backdrop]\n> [1 · about 0.035 USD]\n. 90s\n> (presses files:2)"
    );
    let conversation = told(&script, Hardship { faults, ..Hardship::default() }).read();
    for line in [
        "< (3 photos)\n< fal.ai’s filter blanked 1 of them.",
        "\n< fal.ai’s filter blanked these portraits. Try it in other words.",
        "> (presses files:2)\n* This button is out of date",
    ] {
        assert!(conversation.contains(line), "{line} is not in:\n{conversation}");
    }
}
