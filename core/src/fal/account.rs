//! An account at fal: its key, and the addresses of its calls.

use std::{fmt, time::Duration};

use http::header;
use url::Url;

use crate::{
    download::PlainHosts,
    http::{Method, Request},
    limits::POLL_INTERVAL,
    secret::Secret,
};

/// A key and the addresses that it may be sent to. Nothing else in Likeness attaches the key to a request, and the
/// requests made here go to these addresses alone: addresses in fal's answers (`status_url` and the like) are never
/// followed with the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    key: Secret,
    origins: Origins,
}

/// The addresses of fal's three APIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    queue: Url,
    rest: Url,
    api: Url,
}

/// The reason why no calls can be made with these settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A header cannot carry the key.
    Key,
    /// The address cannot be one of fal's APIs.
    Address,
}

impl Account {
    /// Makes an account from a key and the addresses where it is used.
    pub fn new(key: Secret, origins: Origins) -> Result<Self, AccountError> {
        if key.expose().chars().all(|c| c.is_ascii_graphic()) {
            Ok(Self { key, origins })
        } else {
            Err(AccountError::Key)
        }
    }

    /// Returns the addresses of the account's calls.
    #[must_use]
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Starts a call of the queue. `path` has no leading slash and is made of checked names.
    pub(super) fn queue(&self, method: Method, path: &str, timeout: Duration) -> Request {
        self.signed(method, &self.origins.queue, path, timeout)
    }

    /// Starts a call of the REST API: uploads.
    pub(super) fn rest(&self, method: Method, path: &str, timeout: Duration) -> Request {
        self.signed(method, &self.origins.rest, path, timeout)
    }

    /// Starts a call of the platform API: lists, prices, deletions.
    pub(super) fn api(&self, method: Method, path: &str, timeout: Duration) -> Request {
        self.signed(method, &self.origins.api, path, timeout)
    }

    fn signed(&self, method: Method, base: &Url, path: &str, timeout: Duration) -> Request {
        unsigned(method, base, path, timeout)
            .secret_header(header::AUTHORIZATION, &format!("Key {}", self.key.expose()))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account at {}", self.origins.origin())
    }
}

impl Origins {
    /// Returns fal's own addresses: `queue.fal.run`, `rest.fal.ai` and `api.fal.ai`.
    #[must_use]
    pub fn fal() -> Self {
        Self {
            queue: fixed("https://queue.fal.run"),
            rest: fixed("https://rest.fal.ai"),
            api: fixed("https://api.fal.ai"),
        }
    }

    /// Puts all three APIs at one address: a simulator, or a gateway of one's own. A path is kept and put in front;
    /// a user, a query and a fragment are refused.
    pub fn single(base: &Url) -> Result<Self, AccountError> {
        let plain = matches!(base.scheme(), "http" | "https")
            && base.has_host()
            && base.username().is_empty()
            && base.password().is_none()
            && base.query().is_none()
            && base.fragment().is_none();
        if plain {
            Ok(Self { queue: base.clone(), rest: base.clone(), api: base.clone() })
        } else {
            Err(AccountError::Address)
        }
    }

    /// Returns the queue's address without a slash at its end, which tells a purchase at fal from one at a
    /// simulator.
    #[must_use]
    pub fn origin(&self) -> String {
        self.queue.as_str().trim_end_matches('/').to_owned()
    }

    /// Returns the pause between two looks at a request. A simulator on this machine is asked more often: its user
    /// waits, and no other server is loaded.
    #[must_use]
    pub fn poll(&self) -> Duration {
        match self.queue.host_str() {
            Some("127.0.0.1" | "localhost") => Duration::from_millis(200),
            _ => POLL_INTERVAL,
        }
    }

    /// Starts a call that fetches the public keys of fal's webhooks.
    pub(super) fn public_rest(&self, path: &str, timeout: Duration) -> Request {
        unsigned(Method::GET, &self.rest, path, timeout)
    }

    /// Tells whether bytes may go to an address that fal's answer named, or be fetched from it: by https, or by
    /// http on the host of a configured address that is http itself. So a simulator on this machine works, and
    /// fal's hosts cannot be downgraded.
    pub(super) fn allow(&self, url: &Url) -> bool {
        self.plain_hosts().allow(url)
    }

    /// Collects the hosts of those addresses that are http.
    pub(crate) fn plain_hosts(&self) -> PlainHosts {
        PlainHosts::of([&self.queue, &self.rest, &self.api])
    }
}

/// Parses an address written above; tests make each of them.
fn fixed(url: &str) -> Url {
    Url::parse(url).expect("a constant address")
}

fn unsigned(method: Method, base: &Url, path: &str, timeout: Duration) -> Request {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    Request::new(method, url, timeout).header(header::ACCEPT, "application/json")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::{Account, AccountError, Origins};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{http::Method, secret::Secret};

    fn url(text: &str) -> Url {
        text.parse().expect(text)
    }

    fn account(origins: Origins) -> Account {
        Account::new(Secret::new("kid:hush").expect("a key"), origins).expect("an account")
    }

    #[test]
    fn the_key_is_sent_but_never_shown() {
        let account = account(Origins::fal());
        let request = account.queue(Method::GET, "a/b", Duration::from_secs(1));
        assert_eq!(request.url.as_str(), "https://queue.fal.run/a/b");
        assert_eq!(request.headers["authorization"], "Key kid:hush");
        assert!(request.headers["authorization"].is_sensitive());
        assert_eq!(format!("{account:?}"), "Account at https://queue.fal.run");
    }

    #[test]
    fn a_key_that_no_header_can_carry_is_refused() {
        for key in ["kid:hüsh", "kid hush", "kid:\u{200b}hush"] {
            let key = Secret::new(key).expect("text");
            assert_eq!(Account::new(key, Origins::fal()), Err(AccountError::Key));
        }
    }

    #[test]
    fn one_address_serves_all_three() {
        let account = account(Origins::single(&url("http://127.0.0.1:9/base/")).expect("an address"));
        let second = Duration::from_secs(1);
        for request in [
            account.queue(Method::GET, "x", second),
            account.rest(Method::GET, "x", second),
            account.api(Method::GET, "x", second),
        ] {
            assert_eq!(request.url.as_str(), "http://127.0.0.1:9/base/x");
        }
        assert_eq!(account.origins().origin(), "http://127.0.0.1:9/base");
    }

    #[test]
    fn odd_addresses_are_refused() {
        for text in
            ["ftp://a", "data:,x", "http://u@a", "http://u:p@a", "http://a?b", "http://a#b", "file:///a"]
        {
            assert_eq!(Origins::single(&url(text)), Err(AccountError::Address), "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_a_simulator_only() {
        let simulator = Origins::single(&url("http://127.0.0.1:9")).expect("an address");
        assert!(simulator.allow(&url("http://127.0.0.1:8/upload?x")));
        assert!(simulator.allow(&url("https://v3.fal.media/x")));
        assert!(!simulator.allow(&url("http://elsewhere/x")));
        assert!(!Origins::fal().allow(&url("http://rest.fal.ai/x")));
        assert!(!Origins::fal().allow(&url("https://user@v3.fal.media/x")));
        assert!(!Origins::fal().allow(&url("data:,x")));
    }
}
