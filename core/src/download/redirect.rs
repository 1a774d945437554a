//! Redirects of a file's address.

use serde::{Deserialize, Serialize};
use url::Url;

use super::RedirectProblem;
use crate::http::StatusCode;

/// The hosts with which plain http is spoken: those that a person configured as http, such as a simulator on this
/// machine. All other hosts must use https.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlainHosts(Vec<String>);

impl PlainHosts {
    /// Collects the hosts of the addresses that are http.
    pub fn of<'a>(addresses: impl IntoIterator<Item = &'a Url>) -> Self {
        let mut hosts: Vec<String> = addresses.into_iter().filter_map(plain_host).collect();
        hosts.dedup();
        Self(hosts)
    }

    /// Tells whether bytes may go to this address, or be fetched from it.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        let no_user = url.username().is_empty() && url.password().is_none();
        let own = || plain_host(url).is_some_and(|host| self.0.contains(&host));
        no_user && url.has_host() && (url.scheme() == "https" || own())
    }

    /// Adds the host of an address, if the address is http.
    fn and(&self, address: &Url) -> Self {
        Self(self.0.iter().cloned().chain(plain_host(address)).collect())
    }
}

fn plain_host(url: &Url) -> Option<String> {
    if url.scheme() == "http" { url.host_str().map(str::to_owned) } else { None }
}

/// The most redirects of one file's address.
const MOST_REDIRECTS: u8 = 3;

/// Tells whether an answer is a redirect.
#[must_use]
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The address at which a file is looked for, after some redirects.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Trail {
    at: Url,
    followed: u8,
}

impl Trail {
    pub(super) fn new(first: &Url) -> Self {
        Self { at: first.clone(), followed: 0 }
    }

    pub(super) fn at(&self) -> &Url {
        &self.at
    }

    /// Follows a redirect. `first` is the file's own address, whose host is allowed as well.
    pub(super) fn follow(
        &self,
        location: Option<&str>,
        first: &Url,
        plain: &PlainHosts,
    ) -> Result<Self, RedirectProblem> {
        if self.followed >= MOST_REDIRECTS {
            return Err(RedirectProblem::TooMany);
        }
        let mut to = location.and_then(|to| self.at.join(to).ok()).ok_or(RedirectProblem::Nowhere)?;
        to.set_fragment(None);
        let name = || to.origin().ascii_serialization();
        // Checked before the plain hosts: a redirect from https must not lead to http even where http is allowed.
        if self.at.scheme() == "https" && to.scheme() != "https" {
            return Err(RedirectProblem::Unprotected(name()));
        }
        if !plain.and(first).allow(&to) {
            return Err(RedirectProblem::Elsewhere(name()));
        }
        Ok(Self { at: to, followed: self.followed + 1 })
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{PlainHosts, Trail};
    use crate::download::RedirectProblem;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn url(text: &str) -> Url {
        text.parse().expect(text)
    }

    #[test]
    fn an_address_leads_on_by_https_and_within_hosts_that_were_configured() {
        let plain = PlainHosts::of(&[url("http://127.0.0.1:9"), url("https://queue.fal.run")]);
        let problem = |from: &str, to: &str| {
            let from = url(from);
            Trail::new(&from).follow(Some(to), &from, &plain).map(|trail| trail.at.to_string())
        };
        for (from, to, at) in [
            ("https://a.b/c/d?e", "f", "https://a.b/c/f"),
            ("https://a.b/c/d", "/f?g#h", "https://a.b/f?g"),
            ("https://a.b/c", "//store.example/f", "https://store.example/f"),
            ("https://a.b/c", "https://store.example/f", "https://store.example/f"),
            ("http://127.0.0.1:9/c", "http://127.0.0.1:8/f", "http://127.0.0.1:8/f"),
            ("http://file.test/c", "http://file.test:81/f", "http://file.test:81/f"),
            ("http://file.test/c", "https://store.example/f", "https://store.example/f"),
            ("http://file.test/c", "http://127.0.0.1/f", "http://127.0.0.1/f"),
        ] {
            assert_eq!(problem(from, to), Ok(at.to_owned()), "{from} {to}");
        }
        let elsewhere = |name: &str| Err(RedirectProblem::Elsewhere(name.to_owned()));
        for (from, to, why) in [
            ("https://a.b/c", "http://a.b/c", Err(RedirectProblem::Unprotected("http://a.b".to_owned()))),
            (
                "https://a.b/c",
                "http://127.0.0.1:9/",
                Err(RedirectProblem::Unprotected("http://127.0.0.1:9".to_owned())),
            ),
            ("http://127.0.0.1/c", "http://elsewhere/f", elsewhere("http://elsewhere")),
            ("http://127.0.0.1/c", "http://user@127.0.0.1/f", elsewhere("http://127.0.0.1")),
            ("https://a.b/c", "https://user:word@a.b/f", elsewhere("https://a.b")),
            ("http://127.0.0.1/c", "file:///etc/passwd", elsewhere("null")),
            ("http://127.0.0.1/c", "ftp://127.0.0.1/f", elsewhere("ftp://127.0.0.1")),
            ("http://127.0.0.1/c", "http://", Err(RedirectProblem::Nowhere)),
        ] {
            assert_eq!(problem(from, to), why, "{from} {to}");
        }
        let from = url("https://a.b/c");
        assert_eq!(Trail::new(&from).follow(None, &from, &plain).err(), Some(RedirectProblem::Nowhere));
    }

    #[test]
    fn a_circle_has_an_end() {
        let first = url("https://a.b/c");
        let mut trail = Trail::new(&first);
        for _ in 0..3 {
            trail = trail.follow(Some("/c"), &first, &PlainHosts::default()).expect("followed");
        }
        let fourth = trail.follow(Some("/c"), &first, &PlainHosts::default());
        assert_eq!(fourth.err(), Some(RedirectProblem::TooMany));
    }
}
