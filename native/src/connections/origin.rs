//! Where a connection comes from.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Whoever has one address, as far as limits are concerned: in IPv6 everybody is given at least a network of 64 bits, so
/// these count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        Self(match address.ip().to_canonical() {
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            ip @ IpAddr::V4(_) => ip,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::Origin;

    #[test]
    fn a_network_of_64_bits_is_one_origin() {
        let origin = |text: &str| Origin::from(text.parse::<SocketAddr>().expect("an address"));
        assert_eq!(origin("[2001:db8:1:2::1]:80"), origin("[2001:db8:1:2:ffff::9]:81"));
        assert_ne!(origin("[2001:db8:1:2::1]:80"), origin("[2001:db8:1:3::1]:80"));
        assert_eq!(origin("[::ffff:192.0.2.1]:80"), origin("192.0.2.1:443"));
        assert_ne!(origin("192.0.2.2:80"), origin("192.0.2.1:80"));
    }
}
