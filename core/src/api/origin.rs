//! The network address from which a call comes.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A client's address, as far as limits are concerned: in IPv6 every client is given at least a network of 64 bits, so
/// its addresses count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(IpAddr);

impl Origin {
    /// Reads an address from a header's text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Self::of)
    }

    /// Tells whether the address tells one caller from another. An address of a private network does not: it is a
    /// proxy's, through which all calls come.
    #[must_use]
    pub fn tells_callers_apart(self) -> bool {
        match self.0 {
            IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_private() && !ip.is_link_local(),
            // Cut to 64 bits, ::1 becomes the unspecified address.
            IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_unique_local() && !ip.is_unicast_link_local(),
        }
    }

    fn of(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            ip @ IpAddr::V4(_) => ip,
        })
    }
}

impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        Self::of(address.ip())
    }
}

#[cfg(test)]
mod tests {
    use core::net::SocketAddr;

    use super::Origin;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_network_of_64_bits_is_one_origin() {
        let origin = |text: &str| Origin::from(text.parse::<SocketAddr>().expect("an address"));
        assert_eq!(origin("[2001:db8:1:2::1]:80"), origin("[2001:db8:1:2:ffff::9]:81"));
        assert_ne!(origin("[2001:db8:1:2::1]:80"), origin("[2001:db8:1:3::1]:80"));
        assert_eq!(origin("[::ffff:192.0.2.1]:80"), origin("192.0.2.1:443"));
        assert_ne!(origin("192.0.2.2:80"), origin("192.0.2.1:80"));
        assert_eq!(Origin::parse("2001:db8:1:2::7"), Some(origin("[2001:db8:1:2::1]:80")));
        assert_eq!(Origin::parse("somewhere"), None);
    }

    #[test]
    fn behind_an_address_of_a_private_network_there_may_be_everybody() {
        let apart = |text: &str| Origin::parse(text).expect("an address").tells_callers_apart();
        for proxy in
            ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "169.254.1.1", "::1", "fd00::1", "fe80::1"]
        {
            assert!(!apart(proxy), "{proxy}");
        }
        for caller in ["192.0.2.1", "172.15.0.1", "8.8.8.8", "2001:db8::1"] {
            assert!(apart(caller), "{caller}");
        }
    }
}
