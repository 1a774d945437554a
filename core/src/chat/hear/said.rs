//! Messages of a person's.

use super::{Chat, ChatContext, Door, InviteText, Note, Plan, Scene, own_name};
use crate::{
    api::Caller,
    chat::{
        album::Album,
        outbox::Item,
        photos::NotAdded,
        session::Session,
        task::{Doing, Running},
    },
    ids::Name,
    limits::MAX_PROMPT,
    telegram::{Content, FileRef, Message, Sender},
};

impl Chat {
    pub(super) fn said(&mut self, message: &Message, sender: &Sender, context: &ChatContext<'_>) {
        if let Content::Text(text) = &message.content {
            match text.strip_prefix('/') {
                Some(command) => self.command(command, sender, context),
                None => self.text(text.trim(), sender, context),
            }
            return;
        }
        let album = message.album.as_deref();
        // Before anything is kept of a person: nobody is let in by a photo.
        if !self.scene.takes_photos() && self.is_new_of(album, &Note::Closed) {
            self.stranger(sender, context);
        }
        if !self.scene.takes_photos() {
            return;
        }
        match &message.content {
            Content::Document(file) if !may_be_a_photo(file) => self.say_once(album, Note::NotAPhoto),
            Content::Photo(file) | Content::Document(file) => self.photo(file, album, context),
            Content::Unusable(kind) => self.say_once(album, Note::Unusable(*kind)),
            Content::Text(_) => {}
        }
    }

    fn command(&mut self, command: &str, sender: &Sender, context: &ChatContext<'_>) {
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        // In a chat with several bots a command names the bot that it is for.
        let name = name.split('@').next().unwrap_or_default().to_lowercase();
        let rest = rest.trim();
        match name.as_str() {
            "language" => self.say(Note::AskLanguage),
            "help" => self.say(Note::Help),
            "start" => self.start(rest, sender, context),
            "delete" => self.ask_to_erase(),
            _ if matches!(self.scene, Scene::Stranger) => self.stranger(sender, context),
            "new" => self.new_person(sender, context),
            "photos" if self.scene.session().is_some() => {
                self.say(Note::SendPhotos);
                self.post_board();
            }
            "train" if self.scene.session().is_some() => {
                self.post_board();
                if let Err(note) = self.choose(sender, context) {
                    self.say(note);
                }
            }
            "imagine" if rest.is_empty() && self.has_model() => self.say(Note::ImagineHow),
            "imagine" if self.scene.session().is_some() => self.imagine(rest),
            "status" | "photos" | "train" | "imagine" => self.say_where_things_stand(Some(sender), context),
            _ => self.say(Note::Help),
        }
    }

    fn start(&mut self, rest: &str, sender: &Sender, context: &ChatContext<'_>) {
        match InviteText::find(rest) {
            Some(invite) => self.knock(invite, context),
            None if !rest.is_empty()
                && matches!(self.scene, Scene::Stranger)
                && !context.allows(self.id, sender) =>
            {
                self.say(Note::InviteWrong);
            }
            None => match self.scene {
                Scene::Stranger => self.stranger(sender, context),
                _ => self.say_where_things_stand(Some(sender), context),
            },
        }
    }

    /// Answers a person of whom nothing is known.
    fn stranger(&mut self, sender: &Sender, context: &ChatContext<'_>) {
        if matches!(self.scene, Scene::Stranger) && context.allows(self.id, sender) {
            self.begin(Door::Allowed);
        } else {
            self.say_where_things_stand(Some(sender), context);
        }
    }

    fn new_person(&mut self, sender: &Sender, context: &ChatContext<'_>) {
        match &self.scene {
            Scene::Session(_) if context.allows(self.id, sender) => {
                match self.trainings_left(sender, context) {
                    Ok(()) => self.begin(Door::Allowed),
                    Err(note) => self.say(note),
                }
            }
            Scene::Session(_) => self.say(Note::NewNeedsInvite),
            _ => self.say_where_things_stand(Some(sender), context),
        }
    }

    fn text(&mut self, text: &str, sender: &Sender, context: &ChatContext<'_>) {
        if let Some(invite) = InviteText::find(text) {
            self.knock(invite, context);
            return;
        }
        if InviteText::is_meant(text) {
            self.say(Note::InviteWrong);
            return;
        }
        match &self.scene {
            Scene::Stranger => self.stranger(sender, context),
            Scene::Name { .. } => self.named(text),
            Scene::Session(_) if self.has_model() => self.imagine(text),
            Scene::Session(_) => self.say(Note::Help),
            _ => self.say_where_things_stand(Some(sender), context),
        }
    }

    /// Takes the name that a person gave.
    pub(super) fn named(&mut self, text: &str) {
        let Scene::Name { door, consented_at } = &self.scene else { return };
        match Name::new(text) {
            Ok(name) => {
                self.scene = Scene::Gender { door: door.clone(), consented_at: *consented_at, name };
                self.say(Note::AskGender);
            }
            Err(_) => self.say(Note::NameWrong),
        }
    }

    /// Says something about an item, unless it was said about another item of the same album. `album` is the album's id.
    fn say_once(&mut self, album: Option<&str>, note: Note) {
        if self.is_new_of(album, &note) {
            self.say(note);
        }
    }

    /// Notes that this is said; tells whether it is new for the album.
    fn is_new_of(&mut self, album: Option<&str>, note: &Note) -> bool {
        let Some(id) = album else { return true };
        let mut present =
            self.album.take().filter(|present| present.is(id)).unwrap_or_else(|| Album::new(id));
        let is_new = present.says(note);
        self.album = Some(present);
        is_new
    }

    /// Notes a photo. Nothing is fetched before there is an avatar, which means consent.
    fn photo(&mut self, file: &FileRef, album: Option<&str>, context: &ChatContext<'_>) {
        if self.scene.session().is_some_and(Session::is_closed) {
            self.say_once(album, Note::SetClosed);
            return;
        }
        let (largest, _) = context.largest_files();
        if file.bytes.is_some_and(|bytes| bytes > largest) {
            self.say_once(album, Note::TooBig);
            return;
        }
        match self.photos.add(file) {
            Ok(()) => {}
            Err(NotAdded::Known) => return,
            Err(NotAdded::Full) => {
                self.say_once(album, Note::TooManyPhotos);
                return;
            }
        }
        match &self.scene {
            Scene::Session(_) if self.has_model() => self.say_once(album, Note::ForFurtherTraining),
            Scene::Session(_) => self.show_board(),
            // Nothing is asked at the moment.
            Scene::Admitting(_) => {}
            _ if self.photos.len() == 1 => self.say(Note::PhotosWait),
            _ => {}
        }
    }

    /// Sends the board, unless there is one that can be edited.
    pub(in crate::chat) fn show_board(&mut self) {
        let is_sent = |running: &Running| {
            matches!(&running.doing, Doing::Send(outgoing)
                if outgoing.item == Item::Board)
        };
        // A photo that comes when there is a model is answered by a note.
        let is_done =
            |session: &Session| session.known.has_model() && session.plan == Plan::Free && !session.trains();
        let is_shown = self.board.message.is_some() || self.scene.session().is_some_and(is_done);
        if !is_shown && !self.outbox.holds_board() && !self.running.iter().any(is_sent) {
            self.post_board();
        }
    }

    pub(super) fn has_model(&self) -> bool {
        self.scene.session().is_some_and(|session| session.known.has_model())
    }

    /// Takes what portraits shall show. Nothing is bought before the person chose how many, by a button with a price.
    pub(super) fn imagine(&mut self, prompt: &str) {
        let note = match self.scene.session_mut() {
            Some(session) if session.known.has_model() => {
                if prompt.chars().count() > MAX_PROMPT {
                    Note::PromptLong
                } else {
                    Note::Wish(session.wish(prompt.to_owned()))
                }
            }
            _ => Note::NoModel,
        };
        self.say(note);
    }

    /// Lets the person choose a preset, if a training could be bought.
    pub(super) fn choose(&mut self, sender: &Sender, context: &ChatContext<'_>) -> Result<(), Note> {
        self.trainings_left(sender, context)?;
        let session = self.scene.session_mut().ok_or(Note::Closed)?;
        if session.is_closed() || matches!(session.plan, Plan::Stopping(_) | Plan::Stopped(_)) {
            return Ok(());
        }
        if !session.has_enough() {
            return Err(Note::NotEnough);
        }
        session.plan = Plan::Choosing;
        Ok(())
    }

    /// Checks what the operator allows to people without an invite. What an invite allows, the API knows.
    pub(super) fn trainings_left(&self, sender: &Sender, context: &ChatContext<'_>) -> Result<(), Note> {
        let Some(session) = self.scene.session().filter(|session| session.caller == Caller::Server) else {
            return Ok(());
        };
        if !context.allows(self.id, sender) {
            return Err(Note::NoLongerAllowed);
        }
        let most = context.telegram.trainings;
        let bought = self.bought.saturating_add(session.known.bought());
        if bought >= most { Err(Note::TrainingsSpent(most)) } else { Ok(()) }
    }

    pub(super) fn ask_name(&mut self, sender: &Sender) {
        self.say(Note::AskName(own_name(sender)));
    }
}

/// Tells whether a document may be a photo, by its media type or, where that says nothing, by its name. What it is, the API
/// finds out.
fn may_be_a_photo(file: &FileRef) -> bool {
    let kind = file.mime_type.as_deref().unwrap_or_default().to_lowercase();
    if !matches!(kind.as_str(), "" | "application/octet-stream" | "binary/octet-stream") {
        return kind.starts_with("image/") && !kind.starts_with("image/svg");
    }
    let extension =
        file.name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.to_lowercase().as_str()))
}

/// The endings of files that may be photos.
const EXTENSIONS: [&str; 12] =
    ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "heic", "heif", "hif", "avif", "tif", "tiff"];

#[cfg(test)]
mod tests {
    use super::may_be_a_photo;
    use crate::telegram::FileRef;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_document_is_judged_by_its_type_or_else_by_its_name() {
        for (mime_type, name, may_be) in [
            (Some("image/jpeg"), None, true),
            (Some("IMAGE/HEIC"), Some("a"), true),
            (None, Some("IMG_1.HEIC"), true),
            (Some("application/octet-stream"), Some("IMG_1.HEIC"), true),
            (Some("application/octet-stream"), Some("a.zip"), false),
            (Some("application/pdf"), Some("a.jpg"), false),
            (Some("image/svg+xml"), Some("a.svg"), false),
            (Some("video/mp4"), None, false),
            (None, None, false),
        ] {
            let file = FileRef {
                file_id: "f".to_owned(),
                unique_id: "u".to_owned(),
                name: name.map(str::to_owned),
                mime_type: mime_type.map(str::to_owned),
                bytes: None,
                caption: None,
            };
            assert_eq!(may_be_a_photo(&file), may_be, "{mime_type:?} {name:?}");
        }
    }
}
