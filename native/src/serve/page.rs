//! The page's files, which are packed into the program.

use std::borrow::Cow;

use hyper::{
    Method,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, HeaderMap},
};
use likeness_core::{
    api::{ApiProblem, Deployment, Reply},
    page::{PagePath, index},
};

use crate::photos::sample;

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The folder of drawn photos, in the place of a version. They are there in test mode alone.
const SAMPLES: &str = "samples";

/// Tells whether the page's module is in this program (scripts/build-page). Without it the page sends photos as they
/// are, and they are checked here.
pub(super) fn checks_photos() -> bool {
    FILES.iter().any(|(name, ..)| *name == "module/simd_bg.wasm")
}

/// Answers a call for a file of the page; `None` for any other call.
pub(super) async fn answer(
    deployment: &Deployment,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Option<Reply> {
    let path = PagePath::parse(path).filter(|_| method == Method::GET || method == Method::HEAD)?;
    let head = path.head(deployment.bucket.as_ref());
    let reply = match path {
        PagePath::Index => {
            let source = file("index.html")?.bytes;
            let body = index(&String::from_utf8_lossy(&source), VERSION).into_bytes();
            Some(Reply { body, ..head })
        }
        PagePath::File { version: SAMPLES, name } if deployment.test_mode => {
            let name = name.to_owned();
            let drawn = tokio::task::spawn_blocking(move || sample::for_page(&name)).await;
            // Another release may draw them otherwise.
            drawn.ok().flatten().map(|body| Reply { body, ..head.with(CACHE_CONTROL, "no-cache") })
        }
        PagePath::File { version: VERSION, name } => file(name).map(|Packed { bytes, deflated }| {
            let accepts =
                headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
            match deflated {
                // Read from the source folder, where it may change.
                None => Reply { body: bytes.into_owned(), ..head.with(CACHE_CONTROL, "no-cache") },
                Some(body) if accepts.contains("deflate") => {
                    Reply { body: body.to_vec(), ..head.with(CONTENT_ENCODING, "deflate") }
                }
                Some(_) => Reply { body: bytes.into_owned(), ..head },
            }
        }),
        PagePath::File { .. } => None,
    };
    Some(reply.unwrap_or_else(|| ApiProblem::NoRoute.into()))
}

/// A file of the page.
struct Packed {
    bytes: Cow<'static, [u8]>,
    /// The file in zlib's format, which HTTP calls `deflate` (RFC 9110 section 8.4.1.2).
    deflated: Option<&'static [u8]>,
}

/// Finds a file of the page. While the page is worked on (LIKENESS_PAGE names the folder, in
/// a debug build alone) it is read from there.
fn file(name: &str) -> Option<Packed> {
    let (_, bytes, deflated) = FILES.iter().find(|(known, ..)| *known == name)?;
    #[cfg(debug_assertions)]
    if let Some(folder) = std::env::var_os("LIKENESS_PAGE") {
        let bytes = std::fs::read(std::path::Path::new(&folder).join(name)).ok()?;
        return Some(Packed { bytes: bytes.into(), deflated: None });
    }
    Some(Packed { bytes: (*bytes).into(), deflated: Some(deflated) })
}

#[cfg(test)]
mod tests {
    use hyper::{Method, header::HeaderMap};
    use likeness_core::{api::Deployment, http::StatusCode};

    use super::{FILES, VERSION, answer};

    async fn got(path: &str, encoding: &str) -> Option<(StatusCode, Vec<u8>, HeaderMap)> {
        let deployment = Deployment::read(|_| None).expect("settings");
        let mut headers = HeaderMap::new();
        headers.insert("accept-encoding", encoding.parse().expect("a value"));
        let reply = answer(&deployment, &Method::GET, path, &headers).await?;
        Some((reply.status, reply.body, reply.headers))
    }

    #[tokio::test]
    async fn every_file_that_the_first_one_names_is_there() {
        let (status, body, _) = got("/", "").await.expect("the page");
        assert_eq!(status, StatusCode::OK);
        let text = String::from_utf8(body).expect("text");
        let folder = format!("page/{VERSION}/");
        let mut named = 0;
        for rest in text.split(&folder).skip(1) {
            let name = rest.split('"').next().expect("a name");
            let (status, ..) = got(&format!("/{folder}{name}"), "").await.expect("a file");
            assert_eq!(status, StatusCode::OK, "{name}");
            named += 1;
        }
        assert!(named >= 2 && !text.contains("VERSION"), "{text}");
    }

    #[tokio::test]
    async fn script_and_style_are_at_most_sixty_kilobytes() {
        let counted = FILES.iter().filter(|(name, ..)| {
            let extension = std::path::Path::new(name).extension().and_then(std::ffi::OsStr::to_str);
            // What wasm-bindgen writes beside the module belongs to that one, and is there only once it is built.
            matches!(extension, Some("js" | "mjs" | "css" | "html")) && !name.starts_with("module/")
        });
        // The operator's script is fetched by the operator alone.
        let (of_operator, of_all): (Vec<_>, Vec<_>) = counted.partition(|(name, ..)| *name == "operator.js");
        let bytes =
            |files: Vec<&(&str, &[u8], &[u8])>| files.iter().map(|(.., packed)| packed.len()).sum::<usize>();
        let (of_operator, of_all) = (bytes(of_operator), bytes(of_all));
        assert!(of_all <= 60_000 && of_operator <= 6_000, "{of_all} {of_operator}");
        let (_, packed, headers) =
            got(&format!("/page/{VERSION}/style.css"), "gzip, deflate").await.expect("a file");
        assert_eq!(headers["content-encoding"], "deflate");
        let (_, plain, _) = got(&format!("/page/{VERSION}/style.css"), "gzip").await.expect("a file");
        assert!(packed.len() < plain.len());
    }

    #[tokio::test]
    async fn another_version_and_another_file_are_not_there() {
        for path in ["/page/0/style.css", &format!("/page/{VERSION}/none.js"), "/page/samples/photo-01.jpg"] {
            assert_eq!(got(path, "").await.expect("an answer").0, StatusCode::NOT_FOUND, "{path}");
        }
        assert!(got("/v1/budget", "").await.is_none());
    }
}
