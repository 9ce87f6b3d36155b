//! Which IP addresses may be connected to.
//!
//! Judged at connect time, on the address that is connected to and no other, so that neither a name that resolves
//! differently the second time nor an unusual spelling leads to a cloud's metadata service. An IPv6 address that
//! carries an IPv4 one is judged as both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Services that hand out a machine's credentials to whoever asks from inside: Alibaba, Oracle, Azure, and the IPv6
/// ones of AWS and Google. (169.254.169.254 is link-local and refused as such.)
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// Why `ip` may not be connected to, if so.
pub(super) fn refusal(ip: IpAddr, deny_private: bool) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => refusal_v4(ip, deny_private),
        IpAddr::V6(ip) => refusal_v6(ip, deny_private)
            .or_else(|| embedded_v4(ip).and_then(|inner| refusal_v4(inner, deny_private))),
    }
}

fn refusal_v4(ip: Ipv4Addr, deny_private: bool) -> Option<&'static str> {
    let [first, second, third, _] = ip.octets();
    if METADATA_V4.contains(&ip) {
        Some("a metadata service")
    } else if ip.is_link_local() {
        Some("link-local")
    } else if first == 0 {
        Some("unspecified")
    } else if ip.is_multicast() || ip.is_broadcast() {
        Some("multicast")
    } else if !deny_private {
        None
    } else if ip.is_loopback() {
        Some("loopback, and network.deny_private is set")
    } else {
        let is_shared = first == 100 && (64..128).contains(&second);
        let is_protocol = (first, second, third) == (192, 0, 0);
        let is_benchmark = first == 198 && (second == 18 || second == 19);
        (ip.is_private() || is_shared || is_protocol || is_benchmark || first >= 240)
            .then_some("private, and network.deny_private is set")
    }
}

fn refusal_v6(ip: Ipv6Addr, deny_private: bool) -> Option<&'static str> {
    if METADATA_V6.contains(&ip) {
        Some("a metadata service")
    } else if ip.is_unicast_link_local() {
        Some("link-local")
    } else if ip.is_unspecified() {
        Some("unspecified")
    } else if ip.is_multicast() {
        Some("multicast")
    } else if !deny_private {
        None
    } else if ip.is_loopback() {
        Some("loopback, and network.deny_private is set")
    } else {
        let is_site_local = ip.segments()[0] & 0xffc0 == 0xfec0;
        (ip.is_unique_local() || is_site_local).then_some("private, and network.deny_private is set")
    }
}

/// The IPv4 address that an IPv6 one stands for.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let pair = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        // The loopback address looks like a compatible one, and is not.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Compatible (deprecated), mapped, translated (SIIT).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => pair(high, low),
        // NAT64: well-known prefix, and the local-use one in its usual /96 shape.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => pair(high, low),
        // 6to4.
        [0x2002, high, low, ..] => pair(high, low),
        // Teredo writes the client's address inverted.
        [0x2001, 0, .., high, low] => pair(!high, !low),
        // ISATAP.
        [.., 0 | 0x200, 0x5efe, high, low] => pair(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(ip: &str, deny_private: bool) -> bool {
        refusal(ip.parse().unwrap(), deny_private).is_none()
    }

    #[test]
    fn link_local_metadata_unspecified_and_multicast_are_refused_in_every_spelling() {
        let refused = [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::ffff:a9fe:a9fe",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2001:0:1:2:3:4:5601:5601",
            "2001:db8::5efe:169.254.169.254",
            "::ffff:0.0.0.0",
        ];
        for ip in refused {
            assert!(!judged(ip, false), "{ip}");
        }
    }

    #[test]
    fn private_and_loopback_addresses_are_allowed_unless_denied() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "fec0::1",
            "::ffff:127.0.0.1",
            "64:ff9b::10.0.0.1",
        ];
        for ip in private {
            assert!(judged(ip, false), "{ip}");
            assert!(!judged(ip, true), "{ip}");
        }
        for ip in ["1.1.1.1", "104.18.6.192", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert!(judged(ip, true), "{ip}");
        }
    }
}
