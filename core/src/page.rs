//! The page in a browser: the paths of its files, and the headers under which both shells send them.
//!
//! The first file is small and always fetched anew. It names the others under a folder that is called by the hash of
//! all of them, so that these can be kept for a year.

use http::header;

use crate::{api::Reply, http::StatusCode, storage::Bucket};

/// The folder of the page's files, in the first file's source. [`index`] puts the version into its place.
const SOURCE: &str = "page/VERSION/";

/// The path of a file of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagePath<'a> {
    /// The first file, `/`.
    Index,
    /// Another file, `/page/VERSION/NAME`.
    File {
        /// Version of the page that names the file.
        version: &'a str,
        /// Path of the file among the page's sources.
        name: &'a str,
    },
}

impl<'a> PagePath<'a> {
    /// Reads the path of a call; `None` for a path that is not the page's.
    #[must_use]
    pub fn parse(path: &'a str) -> Option<Self> {
        if path == "/" {
            return Some(Self::Index);
        }
        let (version, name) = path.strip_prefix("/page/")?.split_once('/')?;
        Some(Self::File { version, name })
    }

    /// Returns the name of the file among the page's sources.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Index => "index.html",
            Self::File { name, .. } => name,
        }
    }

    /// Makes the reply without the file itself. `bucket` is where the page PUTs photos.
    #[must_use]
    pub fn head(self, bucket: Option<&Bucket>) -> Reply {
        let cached = match self {
            Self::Index => "no-cache",
            Self::File { .. } => "public, max-age=31536000, immutable",
        };
        Reply::empty(StatusCode::OK)
            .with(header::CONTENT_TYPE, content_type(self.name()))
            .with(header::CACHE_CONTROL, cached)
            .with(header::CONTENT_SECURITY_POLICY, &policy(bucket))
            .with(header::VARY, "accept-encoding")
    }
}

/// Puts the version into the source of the first file.
#[must_use]
pub fn index(source: &str, version: &str) -> String {
    source.replace(SOURCE, &format!("page/{version}/"))
}

/// Makes the page's content security policy. Pictures are fetched with the capability, and shown from memory (`blob:`).
/// A Web Worker runs WebAssembly under the policy of its own script, so every file carries this one.
#[must_use]
pub fn policy(bucket: Option<&Bucket>) -> String {
    let bucket = bucket.map(|bucket| format!(" {}", bucket.url().origin().ascii_serialization()));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' blob:; connect-src 'self'{}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        bucket.unwrap_or_default()
    )
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{PagePath, index};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_path_names_a_file_of_the_page_or_none() {
        assert_eq!(PagePath::parse("/"), Some(PagePath::Index));
        let file = PagePath::File { version: "1a2b", name: "words/en.json" };
        assert_eq!(PagePath::parse("/page/1a2b/words/en.json"), Some(file));
        for other in ["", "/page", "/page/1a2b", "/v1/avatars", "/health", "//"] {
            assert_eq!(PagePath::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_file_is_fetched_anew_and_the_others_are_kept() {
        let cached = |path: &str| {
            let head = PagePath::parse(path).expect("a path").head(None);
            head.headers["cache-control"].to_str().expect("text").to_owned()
        };
        assert_eq!(cached("/"), "no-cache");
        assert!(cached("/page/1a2b/app.js").contains("immutable"));
        assert_eq!(
            index("<script src=\"page/VERSION/app.js\">", "1a2b"),
            "<script src=\"page/1a2b/app.js\">"
        );
    }

    #[test]
    fn nothing_but_the_pages_own_files_runs() {
        let head = PagePath::Index.head(None);
        let policy = head.headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"), "{policy}");
        for name in ["referrer-policy", "x-content-type-options", "strict-transport-security"] {
            assert!(head.headers.contains_key(name), "{name}");
        }
    }
}
