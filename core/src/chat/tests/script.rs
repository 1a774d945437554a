//! Conversations as they are read: what the person does, and what the chat shows then.
//!
//! ```text
//! > words          the person writes
//! > [words]        the person presses the latest button with these words; with "twice" twice at once
//! > (photo small)  the person does something else
//! . 30s            time passes
//! < words [words]  the bot sends a message, with buttons
//! ~ words          the bot edits a message
//! * words          the bot answers a press, for a moment
//! ```

use std::{collections::VecDeque, time::Duration};

use super::{
    backend::Backend,
    laws::Violation,
    telegram::Fate,
    world::{ANNA, Reckless, World},
};
use crate::telegram::{Content, FileRef, Happening, Message, MessageId, Sender, Unusable, Update};

/// The faults of a conversation.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that goes wrong or does not")]
pub(super) struct Hardship {
    /// Moment at which the power fails.
    pub(super) cut_at: Option<u32>,
    /// True if every update comes twice.
    pub(super) twice: bool,
    /// True if the updates of an album come in another order.
    pub(super) shuffled: bool,
    /// True if the answer to every message is lost the first time.
    pub(super) loses_answers: bool,
    /// True if the reply to every call of the API is lost the first time.
    pub(super) loses_replies: bool,
    /// Fates of the first messages.
    pub(super) fates: Vec<Fate>,
    pub(super) reckless: Option<Reckless>,
    /// Faults at fal.ai.
    pub(super) faults: Vec<&'static str>,
    /// Settings of the bot and the deployment.
    pub(super) settings: Vec<(&'static str, &'static str)>,
    /// Language of the person's program.
    pub(super) language: Option<&'static str>,
}

/// A person at Telegram, with the world.
pub(super) struct Talk {
    pub(super) world: World,
    hardship: Hardship,
    invite: String,
    other: String,
    last_update: i64,
    photos: u32,
    lines: Vec<String>,
}

/// The time for which a person looks before they do the next thing.
const LOOKS: Duration = Duration::from_secs(5);

/// Carries out what the person does in a script, and writes down the whole conversation.
pub(super) fn talk(script: &str, hardship: Hardship) -> Result<String, Violation> {
    let mut talk = Talk::new(hardship);
    talk.follow(script)?;
    Ok(talk.read())
}

impl Talk {
    pub(super) fn new(hardship: Hardship) -> Self {
        let mut world = World::new(&hardship.settings, &hardship.faults);
        world.cut_at = hardship.cut_at;
        world.reckless = hardship.reckless;
        world.lost_replies = hardship.loses_replies;
        world.telegram.loses_first_answers = hardship.loses_answers;
        world.telegram.fates = VecDeque::from(hardship.fates.clone());
        let invite = world.backend.invite("anna", 1, 20, world.now);
        let other = world.backend.invite("eva", 1, 8, world.now);
        Self { world, hardship, invite, other, last_update: 100, photos: 0, lines: Vec::new() }
    }

    pub(super) fn follow(&mut self, script: &str) -> Result<(), Violation> {
        for line in script.lines().map(str::trim) {
            if let Some(act) = line.strip_prefix("> ") {
                self.lines.push(line.to_owned());
                self.act(act)?;
                self.pass(LOOKS)?;
            } else if let Some(time) = line.strip_prefix(". ") {
                self.lines.push(line.to_owned());
                let seconds = time.trim_end_matches('s').parse().expect("seconds");
                self.pass(Duration::from_secs(seconds))?;
            }
        }
        Ok(())
    }

    /// Returns the conversation so far.
    pub(super) fn read(&self) -> String {
        self.lines.join("\n")
    }

    fn pass(&mut self, time: Duration) -> Result<(), Violation> {
        self.world.run(time)?;
        self.lines.append(&mut self.world.telegram.news);
        Ok(())
    }

    fn act(&mut self, act: &str) -> Result<(), Violation> {
        let (act, presses) = act.strip_suffix(" twice").map_or((act, 1), |act| (act, 2));
        if let Some(words) = act.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let found = self.world.telegram.button(words);
            let Some((message, button)) = found else { panic!("no button [{words}] in:\n{}", self.read()) };
            self.world.pressed(&button.callback_data)?;
            return (0..presses).try_for_each(|_| {
                let (id, data) = (format!("press {}", self.last_update), button.callback_data.clone());
                self.happens(Happening::Pressed { id, data, message: Some(MessageId(message)) })
            });
        }
        let Some(act) = act.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
            let text = act.replace("INVITE", &self.invite).replace("OTHER", &self.other);
            let text = text.replace("STRANGE", &Backend::strange_invite()).replace('⏎', "\n");
            return self.says(Content::Text(text));
        };
        let words: Vec<_> = act.split(' ').collect();
        match words[..] {
            ["photo", ..] => {
                let photo = self.photo(words.get(1).copied().unwrap_or_default());
                self.says(Content::Photo(photo))
            }
            ["the", "same", "photo"] => {
                self.photos -= 1;
                let photo = self.photo("");
                self.says(Content::Photo(photo))
            }
            ["album", count, ..] => {
                let kind = words.get(2).copied().unwrap_or_default();
                let photos = (0..count.parse().expect("a number")).map(|_| self.photo(kind));
                let mut photos: Vec<_> = photos.collect();
                if self.hardship.shuffled && photos.len() > 1 {
                    photos.reverse();
                    photos.swap(0, 1);
                }
                let photos = photos.into_iter().map(Content::Photo).collect();
                let updates = self.album(photos);
                self.bring(updates)
            }
            ["an", "album", "of", count, "videos"] => {
                let count = count.parse().expect("a number");
                let mut videos = self.album(vec![Content::Unusable(Unusable::Video); count]);
                let last = videos.split_off(1);
                self.bring(videos)?;
                self.world.run(Duration::from_secs(7))?;
                self.bring(last)
            }
            ["captioned", ref caption @ ..] => {
                let photo = self.photo("");
                self.says(Content::Photo(FileRef { caption: Some(caption.join(" ")), ..photo }))
            }
            ["presses", data] => {
                self.world.pressed(data)?;
                let (id, data) = (format!("press {}", self.last_update), data.to_owned());
                self.happens(Happening::Pressed { id, data, message: None })
            }
            ["speaks", language] => {
                self.hardship.language = Some(if language == "ru" { "ru" } else { "en" });
                Ok(())
            }
            ["is", "taken", "off", "the", "list"] => {
                self.world.list_nobody();
                Ok(())
            }
            ["the", "operator", "erases", "everything"] => {
                self.world.backend.erase_all(self.world.now);
                Ok(())
            }
            ["document", name, megabytes, "MB"] => {
                let bytes = vec![b'x'; megabytes.parse::<usize>().expect("a number") * 1_000_000];
                let content = self.document(name, bytes);
                self.says(content)
            }
            ["a", "message", "in", "a", "group"] => {
                let mut update = self.update(message(Content::Text("/start@bot".to_owned())));
                update.is_private = false;
                self.bring(vec![update])
            }
            ["sticker"] => self.says(Content::Unusable(Unusable::Sticker)),
            ["video"] => self.says(Content::Unusable(Unusable::Video)),
            ["blocks"] => {
                // The bot is not told, or later: only the next message finds out.
                self.world.telegram.blocked = true;
                Ok(())
            }
            ["unblocks"] => {
                self.world.telegram.blocked = false;
                self.happens(Happening::Unblocked)
            }
            ["erases", "every", "message"] => {
                for message in self.world.telegram.messages.values_mut() {
                    message.buttons.clear();
                }
                self.world.telegram.messages.clear();
                Ok(())
            }
            ["the", "API", "fails", times] => {
                self.world.backend.failures = times.parse().expect("a number");
                Ok(())
            }
            _ => panic!("nobody knows how to ({act})"),
        }
    }

    fn album(&mut self, items: Vec<Content>) -> Vec<Update> {
        let album = Some(format!("album {}", self.last_update));
        let said = |content| Happening::Said(Message { id: MessageId(1), album: album.clone(), content });
        items.into_iter().map(|content| self.update(said(content))).collect()
    }

    fn photo(&mut self, kind: &str) -> FileRef {
        self.photos += 1;
        let number = self.photos;
        let file_id = format!("file-{number}");
        self.world.telegram.files.insert(file_id.clone(), format!("photo {number} {kind}").into_bytes());
        let unique_id = format!("unique-{number}");
        FileRef { file_id, unique_id, name: None, mime_type: None, bytes: None, caption: None }
    }

    fn document(&mut self, name: &str, bytes: Vec<u8>) -> Content {
        self.photos += 1;
        let length = bytes.len() as u64;
        let file_id = format!("file-{}", self.photos);
        self.world.telegram.files.insert(file_id.clone(), bytes);
        let unique_id = format!("unique-{}", self.photos);
        let (name, bytes) = (Some(name.to_owned()), Some(length));
        Content::Document(FileRef { file_id, unique_id, name, mime_type: None, bytes, caption: None })
    }

    fn says(&mut self, content: Content) -> Result<(), Violation> {
        self.happens(message(content))
    }

    fn happens(&mut self, happening: Happening) -> Result<(), Violation> {
        if matches!(happening, Happening::Said(_) | Happening::Pressed { .. }) {
            self.world.telegram.blocked = false;
        }
        let update = self.update(happening);
        self.bring(vec![update])
    }

    fn update(&mut self, happening: Happening) -> Update {
        self.last_update += 1;
        Update {
            id: self.last_update,
            chat: ANNA,
            is_private: true,
            sender: Sender {
                id: ANNA.0,
                username: Some("anna_k".to_owned()),
                first_name: "Anna".to_owned(),
                language_code: self.hardship.language.map(str::to_owned),
            },
            happening,
        }
    }

    fn bring(&mut self, mut updates: Vec<Update>) -> Result<(), Violation> {
        if self.hardship.shuffled && updates.len() > 2 {
            let last = updates.len() - 1;
            updates.swap(0, last);
        }
        for update in &updates {
            self.world.update(update)?;
            if self.hardship.twice {
                self.world.update(update)?;
            }
        }
        if self.hardship.twice {
            self.world.run(Duration::from_millis(900))?;
            updates.iter().try_for_each(|update| self.world.update(update))?;
        }
        Ok(())
    }
}

fn message(content: Content) -> Happening {
    Happening::Said(Message { id: MessageId(1), album: None, content })
}

/// Compares a script with the conversation that it leads to.
pub(super) fn check(script: &str, hardship: Hardship) {
    let expected =
        script.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let conversation = talk(script, hardship).expect("no law is broken");
    assert!(conversation == expected, "the conversation is:\n\n{conversation}\n");
}
