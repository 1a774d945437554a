//! Obstacles to a connection, as far as the client library's errors tell.
//!
//! None of this decides whether a request was sent: the caller knows already that it was not.

use std::{env, error::Error, io};

use hyper_util::client::proxy::matcher::Matcher;
use likeness_core::http::{NoAnswer, Obstacle};
use rustls::CertificateError;
use url::Url;

/// The proxies of the environment, as the client library reads them.
#[derive(Debug)]
pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn of_environment() -> Self {
        Self(Matcher::from_env())
    }

    /// Returns the proxy that leads to this address, without its name and password.
    pub(super) fn to(&self, url: &Url) -> Option<String> {
        let proxy = self.0.intercept(&url.as_str().parse().ok()?)?;
        Some(proxy.uri().to_string().trim_end_matches('/').to_owned())
    }
}

/// Names the environment variable that should name a proxy for this address, and does not: the client library then
/// takes none.
pub(crate) fn unusable_proxy(url: &Url) -> Option<&'static str> {
    let own =
        if url.scheme() == "https" { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    own.into_iter().chain(["ALL_PROXY", "all_proxy"]).find(|name| {
        let value = env::var(name).unwrap_or_default();
        let target = "http://likeness.invalid".parse().ok();
        let is_proxy = |value: String| {
            target
                .as_ref()
                .is_some_and(|target| Matcher::builder().all(value).build().intercept(target).is_some())
        };
        !value.is_empty() && !is_proxy(value)
    })
}

/// The facts on a connection that could not be made, beside its error.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempt {
    /// True if a name could not be looked up.
    pub(super) unknown_name: bool,
    /// True if a proxy was to make the connection.
    pub(super) proxied: bool,
    /// True if a proxy is set whose address cannot be read.
    pub(super) unusable_proxy: bool,
}

/// Names the obstacle to the connection.
pub(super) fn of(error: &(dyn Error + 'static), attempt: Attempt) -> NoAnswer {
    let causes: Vec<&(dyn Error + 'static)> = causes(error).collect();
    let tls = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    let obstacle = if let Some(error) = tls {
        Some(of_tls(error))
    } else if let Some(refusal) = causes.iter().find_map(|cause| of_tunnel(&cause.to_string())) {
        Some(refusal)
    } else if attempt.proxied {
        Some(Obstacle::ProxyUnreachable)
    } else if attempt.unusable_proxy {
        Some(Obstacle::ProxyAddress)
    } else if attempt.unknown_name {
        Some(Obstacle::UnknownName)
    } else {
        None
    };
    obstacle.map_or(NoAnswer::NotConnected, NoAnswer::Blocked)
}

/// Tells whether an answer came that is not HTTP.
pub(super) fn is_not_http(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

fn of_tls(error: &rustls::Error) -> Obstacle {
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Obstacle::Clock,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Obstacle::OtherServer
            }
            // A certificate that signs itself counts as another error: no known authority issued it either.
            CertificateError::UnknownIssuer | CertificateError::Other(_) => Obstacle::UnknownIssuer,
            _ => Obstacle::Certificate,
        },
        rustls::Error::InvalidMessage(_) => Obstacle::NotTls,
        _ => Obstacle::Certificate,
    }
}

/// Reads the obstacle from an error's text. The client library keeps the type of these errors to itself; the tests of
/// proxies hold their texts.
fn of_tunnel(text: &str) -> Option<Obstacle> {
    match text.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Some(Obstacle::ProxyLogin),
        "failed to create underlying connection" => Some(Obstacle::ProxyUnreachable),
        _ => Some(Obstacle::ProxyRefused),
    }
}

/// Lists the error and its causes. An [`io::Error`] passes over the error that it wraps, so that one is taken out of
/// it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use likeness_core::http::{NoAnswer, Obstacle};
    use rustls::{CertificateError, InvalidMessage};

    use super::{Attempt, of};

    fn in_io(error: rustls::Error) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }

    #[test]
    fn certificates_and_proxies_are_told_apart() {
        let certificate = |why| in_io(rustls::Error::InvalidCertificate(why));
        for (error, obstacle) in [
            (certificate(CertificateError::Expired), Obstacle::Clock),
            (certificate(CertificateError::NotValidYet), Obstacle::Clock),
            (certificate(CertificateError::NotValidForName), Obstacle::OtherServer),
            (certificate(CertificateError::UnknownIssuer), Obstacle::UnknownIssuer),
            (certificate(CertificateError::BadSignature), Obstacle::Certificate),
            (in_io(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)), Obstacle::NotTls),
            (io::Error::other("tunnel error: proxy authorization required"), Obstacle::ProxyLogin),
            (
                io::Error::other("tunnel error: failed to create underlying connection"),
                Obstacle::ProxyUnreachable,
            ),
            (io::Error::other("tunnel error: unsuccessful"), Obstacle::ProxyRefused),
        ] {
            assert_eq!(of(&error, Attempt::default()), NoAnswer::Blocked(obstacle), "{error}");
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let named = |unknown_name, proxied, unusable_proxy| {
            of(&refused, Attempt { unknown_name, proxied, unusable_proxy })
        };
        assert_eq!(named(false, false, false), NoAnswer::NotConnected);
        assert_eq!(named(true, false, false), NoAnswer::Blocked(Obstacle::UnknownName));
        // The unknown name is the proxy's.
        assert_eq!(named(true, true, false), NoAnswer::Blocked(Obstacle::ProxyUnreachable));
        assert_eq!(named(false, false, true), NoAnswer::Blocked(Obstacle::ProxyAddress));
    }
}
