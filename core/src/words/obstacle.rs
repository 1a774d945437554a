//! Obstacles between this machine and fal, each with its own sentence and its own advice.

use super::{Audience, Language};
use crate::http::{NoAnswer, Obstacle};

displayed! {
    NoAnswer => no_answer;
}

/// Says why no whole answer arrived, as the end of a sentence.
#[must_use]
pub fn no_answer(language: Language, why: &NoAnswer) -> &'static str {
    match language {
        Language::English => match why {
            NoAnswer::NotConnected => "no connection could be made",
            NoAnswer::Blocked(obstacle) => english(*obstacle),
            NoAnswer::TimedOut => "no answer came in time",
            NoAnswer::Interrupted => "the connection broke before the answer was whole",
            NoAnswer::NotHttp => "what answered there does not speak HTTP",
        },
    }
}

fn english(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::UnknownName => "the name of the server cannot be looked up (DNS)",
        Obstacle::ProxyAddress => {
            "no connection could be made, and the proxy that is set is not one: its address cannot be read"
        }
        Obstacle::ProxyUnreachable => "the proxy that is set cannot be reached",
        Obstacle::ProxyLogin => "the proxy asks for a name and a password (407)",
        Obstacle::ProxyRefused => "the proxy does not lead there: it refused, or it is not a proxy",
        Obstacle::UnknownIssuer => {
            "the certificate of the server is from nobody who is trusted here, so something may read along"
        }
        Obstacle::OtherServer => {
            "what answers there has the certificate of another server, as the login page of a network does"
        }
        Obstacle::Clock => "the certificate of the server is not valid at the time that the clock shows here",
        Obstacle::Certificate => "the certificate of the server cannot be used",
        Obstacle::NotTls => {
            "what answers there does not speak TLS, as the login page of a network, or a proxy"
        }
    }
}

/// Says what to do about an obstacle that is known.
#[must_use]
pub fn advice(language: Language, why: &NoAnswer, audience: Audience) -> Option<&'static str> {
    let terminal = match language {
        Language::English => match why {
            NoAnswer::Blocked(obstacle) => english_advice(*obstacle),
            NoAnswer::NotHttp => {
                "Check what listens there: FAL_BASE_URL, where it is set, and the proxy in HTTP_PROXY, HTTPS_PROXY or \
                 ALL_PROXY. Then run the same command again: it carries on."
            }
            NoAnswer::NotConnected | NoAnswer::TimedOut | NoAnswer::Interrupted => return None,
        },
    };
    (audience == Audience::Terminal).then_some(terminal)
}

fn english_advice(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::UnknownName => {
            "Check that this machine is connected and that its DNS server answers (and the name in FAL_BASE_URL, where it \
             is set), then run the same command again: it carries on."
        }
        Obstacle::ProxyAddress => {
            "Write HTTPS_PROXY, HTTP_PROXY or ALL_PROXY as http://HOST:PORT, or take it away, then run the same command \
             again: it carries on."
        }
        Obstacle::ProxyUnreachable => {
            "Correct the address in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the server in NO_PROXY, then run the same \
             command again: it carries on."
        }
        Obstacle::ProxyLogin => {
            "Put them into its address, as in HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT, then run the same command \
             again: it carries on."
        }
        Obstacle::ProxyRefused => {
            "Check HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, and whether the proxy allows fal.ai, then run the same command \
             again: it carries on."
        }
        Obstacle::UnknownIssuer => {
            "Log in to the network in a browser, if it asks for that; where an office's proxy reads along, name a file with \
             its certificate in SSL_CERT_FILE. Then run the same command again: it carries on."
        }
        Obstacle::OtherServer | Obstacle::NotTls => {
            "Open a web page in a browser and log in to the network, if it asks for that (and check FAL_BASE_URL, where it \
             is set), then run the same command again: it carries on."
        }
        Obstacle::Clock => {
            "Set date and time of this machine; if they are right, the certificate has run out: try again later, or check \
             what stands in between."
        }
        Obstacle::Certificate => {
            "Check what stands between this machine and fal.ai, then run the same command again: it carries on."
        }
    }
}

/// Names the stranger that answered in fal's place. `page` tells whether the answer was a web page.
#[must_use]
pub fn stranger(language: Language, status: u16, page: bool) -> Option<String> {
    match language {
        Language::English => Some(match (status, page) {
            (407, _) => "the proxy asks for a name and a password (HTTP 407)".to_owned(),
            (300..400, _) => {
                format!("what answered leads elsewhere (HTTP {status}), as the login page of a network does")
            }
            (511, _) => "the network asks for a login first (HTTP 511)".to_owned(),
            (_, true) => format!(
                "a web page came instead of fal.ai's answer (HTTP {status}), as from the login page of a network, or a \
                 proxy"
            ),
            _ => return None,
        }),
    }
}

/// Says what to do about a stranger that answered in fal's place.
#[must_use]
pub fn stranger_advice(
    language: Language,
    status: u16,
    page: bool,
    audience: Audience,
) -> Option<&'static str> {
    let terminal = match language {
        Language::English => match (status, page) {
            (407, _) => english_advice(Obstacle::ProxyLogin),
            (300..400 | 511, _) | (_, true) => {
                "Open a web page in a browser and log in to the network, if it asks for that; check the proxy, and \
                 FAL_BASE_URL where it is set. Then run the same command again: it carries on."
            }
            _ => return None,
        },
    };
    (audience == Audience::Terminal).then_some(terminal)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Audience, Language, NoAnswer, advice, no_answer, stranger, stranger_advice};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::words::tests::obstacles;

    #[test]
    fn each_obstacle_has_a_sentence_of_its_own_and_an_advice() {
        let all = obstacles();
        let sentences: BTreeSet<_> =
            all.iter().map(|one| no_answer(Language::English, &NoAnswer::Blocked(*one))).collect();
        assert_eq!(sentences.len(), all.len());
        for one in all {
            let why = NoAnswer::Blocked(one);
            assert!(
                advice(Language::English, &why, Audience::Terminal).is_some_and(|text| text.ends_with('.'))
            );
            // Callers of the API cannot do anything about the obstacle.
            assert_eq!(advice(Language::English, &why, Audience::Api), None);
        }
    }

    #[test]
    fn what_answers_in_fals_place_is_named_where_it_can_be() {
        for (status, page, word) in [
            (407, false, "password"),
            (302, false, "leads elsewhere"),
            (200, true, "web page"),
            (403, true, "web page"),
            (511, false, "login"),
        ] {
            let said = stranger(Language::English, status, page).expect("a sentence");
            assert!(said.contains(word), "{said}");
            assert!(stranger_advice(Language::English, status, page, Audience::Terminal).is_some());
        }
        assert_eq!(stranger(Language::English, 200, false), None);
        assert_eq!(stranger(Language::English, 503, false), None);
    }
}
