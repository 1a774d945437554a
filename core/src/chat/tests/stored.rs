//! Chats as releases stored them: each stays readable.

use super::script::{Hardship, Talk};
use crate::chat::{Chat, Stored, scene::Scene};
#[cfg(target_arch = "wasm32")]
use crate::test;

/// A chat in the middle of everything, as the first release with the bot stored it.
const FIRST: &str = include_str!("stored-1.json");

#[test]
fn a_chat_of_the_first_release_is_read() {
    let chat: Chat = Stored::read(FIRST).expect("a chat");
    let Scene::Session(session) = &chat.scene else { panic!("no session: {:?}", chat.scene) };
    assert_eq!(session.name.as_str(), "Anna");
    assert_eq!((session.known.good(), session.known.bought(), session.told_pictures.len()), (10, 1, 1));
}

/// Checks that a release reads again what it writes, and writes the same.
#[test]
fn a_chat_is_stored_whole() {
    let mut talk = Talk::new(Hardship::default());
    for step in STORY.lines() {
        talk.follow(step).expect("no law is broken");
        let chat: Chat = Stored::read(&talk.world.saved).expect("a chat");
        assert_eq!(Stored::write(&chat).expect("JSON"), talk.world.saved);
        assert!(!format!("{chat:?}").contains("lki_"), "no invite is shown");
    }
}

const STORY: &str = "> /start INVITE
> (photo)
> [I confirm]
> [Anna]
> [she]
> (album 9)
> [Train]
> [Fast · about 4 minutes · 2.54 USD]
> [Train for about 2.54 USD]
. 400s
> at the sea
> /status
> (blocks)";
