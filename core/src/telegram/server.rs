//! The server of the Bot API, and the requests to it.

use std::time::Duration;

use http::Method;
use url::Url;

use super::{
    call::BotCall,
    file::FilePath,
    multipart::{self, Attachment},
    token::BotToken,
};
use crate::http::{Body, Request};

/// The server of the Bot API with the bot's token.
#[derive(Clone, Debug)]
pub struct BotApi {
    origin: Url,
    token: BotToken,
}

/// Telegram's own server.
const TELEGRAM: &str = "https://api.telegram.org";

/// The longest time for a call that carries no file.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time for a call that carries files.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(3);

impl BotApi {
    /// Describes Telegram's own server, or a local one at this address.
    #[must_use]
    pub fn new(address: Option<&Url>, token: BotToken) -> Option<Self> {
        let origin = address.cloned().or_else(|| Url::parse(TELEGRAM).ok())?;
        (!origin.cannot_be_a_base()).then_some(Self { origin, token })
    }

    /// Describes a call. `files` are the attachments that it names, in their order, and `entropy` is for the line between
    /// the parts of its body.
    #[must_use]
    pub fn request(&self, call: &BotCall, files: &[Attachment], entropy: [u8; 16]) -> Request {
        let url = self.address(&format!("/bot{}/{}", self.token.expose(), call.method()));
        let fields = call.fields();
        if files.is_empty() {
            let timeout = CALL_TIMEOUT + call.waits_for();
            return Request::new(Method::POST, url, timeout).json(&fields);
        }
        let (content_type, body) = multipart::body(&fields, files, entropy);
        let mut request = Request::new(Method::POST, url, UPLOAD_TIMEOUT);
        request.body = Body::Bytes(body);
        request.header(http::header::CONTENT_TYPE, &content_type)
    }

    /// Describes the transfer of a file from the server.
    #[must_use]
    pub fn file(&self, path: &FilePath) -> Request {
        Request::transfer(Method::GET, self.address(&format!("/file/bot{}/{path}", self.token.expose())))
    }

    /// Returns the address of the server, which holds no secret.
    #[must_use]
    pub fn origin(&self) -> String {
        self.origin.origin().ascii_serialization()
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        let before = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{before}{path}"));
        url.set_query(None);
        url.set_fragment(None);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::BotApi;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        http::Body,
        telegram::{Attachment, BotCall, BotToken, ChatId, FilePath, SendDocument, SendMessage},
    };

    const TOKEN: &str = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeF";

    fn api(address: Option<&str>) -> BotApi {
        let address = address.map(|text| text.parse().expect("an address"));
        BotApi::new(address.as_ref(), BotToken::parse(TOKEN).expect("a token")).expect("a server")
    }

    #[test]
    fn a_call_goes_to_telegram_or_to_the_server_of_the_settings() {
        let call = BotCall::SendMessage(SendMessage::new(ChatId(7), "Hello"));
        for (address, begins) in [
            (None, "https://api.telegram.org/bot"),
            (Some("http://127.0.0.1:8081"), "http://127.0.0.1:8081/bot"),
            (Some("http://127.0.0.1:8081/under/?x"), "http://127.0.0.1:8081/under/bot"),
        ] {
            let request = api(address).request(&call, &[], [0; 16]);
            assert_eq!(request.url.as_str(), format!("{begins}{TOKEN}/sendMessage"));
        }
    }

    #[test]
    fn no_address_shows_the_token() {
        let api = api(None);
        let path = FilePath::parse("photos/file_1.jpg").expect("a path");
        let call = BotCall::GetMe;
        for request in [api.request(&call, &[], [0; 16]), api.file(&path)] {
            assert!(request.url.as_str().contains(TOKEN));
            assert!(!format!("{request:?}").contains("AAFake"), "{request:?}");
        }
        assert!(!format!("{api:?}").contains("AAFake"));
        assert_eq!(
            format!("{:?}", api.file(&path)),
            "GET https://api.telegram.org/file/bot…/photos/file_1.jpg"
        );
    }

    #[test]
    fn files_go_in_parts_of_the_body() {
        let file = Attachment { name: "a.png".to_owned(), content_type: "image/png", bytes: b"PNG".to_vec() };
        let call = BotCall::SendDocument(SendDocument::attached(ChatId(7), None));
        let request = api(None).request(&call, &[file], [0xab; 16]);
        let Body::Bytes(body) = request.body else { panic!("no body") };
        let text = String::from_utf8(body).expect("text");
        assert!(text.contains("name=\"chat_id\"\r\n\r\n7\r\n"), "{text}");
        assert!(text.contains("name=\"document\"\r\n\r\nattach://file0\r\n"), "{text}");
        assert!(
            text.contains("name=\"file0\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\nPNG\r\n"),
            "{text}"
        );
        let boundary = "ab".repeat(16);
        assert!(text.ends_with(&format!("--{boundary}--\r\n")), "{text}");
    }
}
