//! Which addresses of the internet everybody can reach.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IANA's special-purpose registry, as of the networks that are not globally reachable.
pub fn v4_is_public(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || (a == 100 && b & 0xC0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xFE == 18)
        || a >= 224)
}

/// Only `2000::/3` is handed out; an IPv4 address inside another one is judged for itself.
pub fn v6_is_public(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let inner = |high: u16, low: u16| v4_is_public(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0xFFFF, high, low] | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        // Teredo, and documentation
        [0x2001, 0 | 0xDB8, ..] | [0x3FFF, 0..=0xFFF, ..] => false,
        _ => s[0] & 0xE000 == 0x2000,
    }
}

/// Whether to connect to an address is to go out to the internet, and nowhere else. No translated address is taken: what it
/// leads to is the translator's choice.
pub fn is_outside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => v4_is_public(ip),
        IpAddr::V6(ip) => ip.segments()[0] & 0xE000 == 0x2000 && ip.segments()[0] != 0x2002 && v6_is_public(ip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_outside() {
        for (ip, outside) in [
            ("8.8.8.8", true),
            ("2001:4860:4860::8888", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.251", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("64:ff9b::808:808", false),
            ("64:ff9b:1::808:808", false),
            ("2002:808:808::1", false),
            ("2001:db8::1", false),
            ("2001:0:1::1", false),
        ] {
            assert_eq!(is_outside(ip.parse().expect("an address")), outside, "{ip}");
        }
    }
}
