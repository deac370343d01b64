//! Who at the other end of a connection is the machine itself, as it looks from inside a container.
//!
//! A connection to a port that an engine publishes arrives from the gateway of the container's network, from the
//! container's own address, or from loopback, depending on how the engine carries it. Everybody else on that network is
//! another container, or, where the network is the host's, another machine.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The flags of a route that is up and leads through a gateway (`RTF_UP | RTF_GATEWAY`).
const UP_BY_GATEWAY: u32 = 0x3;

/// The gateways of this network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    gateways: Vec<IpAddr>,
}

impl Neighbours {
    /// Reads the kernel's routes. Without them, only loopback and the node's own address are the machine.
    pub(super) fn look() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Self::of(&read("/proc/net/route"), &read("/proc/net/ipv6_route"))
    }

    /// Reads the two tables; lines that are not understood name no gateway.
    fn of(ipv4: &str, ipv6: &str) -> Self {
        let ipv4 = ipv4.lines().filter_map(|line| by_ipv4(line).map(IpAddr::from));
        let ipv6 = ipv6.lines().filter_map(|line| by_ipv6(line).map(IpAddr::from));
        Self { gateways: ipv4.chain(ipv6).collect() }
    }

    /// Returns whether a connection from `peer` to our address `own` comes from the machine itself.
    pub(super) fn is_here(&self, peer: SocketAddr, own: SocketAddr) -> bool {
        let (peer, own) = (peer.ip().to_canonical(), own.ip().to_canonical());
        peer.is_loopback() || peer == own || self.gateways.contains(&peer)
    }
}

/// Reads a default route's gateway from a line of `/proc/net/route`; addresses are in the machine's byte order.
fn by_ipv4(line: &str) -> Option<Ipv4Addr> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, destination, gateway, flags, _, _, _, mask, ..] = fields[..] else { return None };
    let word = |text| u32::from_str_radix(text, 16).ok();
    let default = word(destination)? == 0 && word(mask)? == 0;
    (default && word(flags)? & UP_BY_GATEWAY == UP_BY_GATEWAY)
        .then(|| word(gateway).map(|word| Ipv4Addr::from(word.to_ne_bytes())))?
}

/// Reads a default route's gateway from a line of `/proc/net/ipv6_route`.
fn by_ipv6(line: &str) -> Option<Ipv6Addr> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [destination, prefix, _, _, gateway, _, _, _, flags, ..] = fields[..] else { return None };
    let address = |text| u128::from_str_radix(text, 16).ok();
    let default = address(destination)? == 0 && prefix == "00";
    let flags = u32::from_str_radix(flags, 16).ok()?;
    (default && flags & UP_BY_GATEWAY == UP_BY_GATEWAY)
        .then(|| address(gateway).map(Ipv6Addr::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

    fn hexadecimal(address: [u8; 4]) -> String {
        format!("{:08X}", u32::from_ne_bytes(address))
    }

    fn network() -> Neighbours {
        let gateway = hexadecimal([10, 88, 0, 1]);
        let own = hexadecimal([10, 88, 0, 0]);
        let ipv4 = format!(
            "{HEADING}eth0\t00000000\t{gateway}\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
             eth0\t{own}\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\nbroken\n"
        );
        let zero = "0".repeat(32);
        let ipv6 = format!(
            "{zero} 00 {zero} 00 fd000000000000000000000000000001 00000064 00000001 00000000 00000003 eth0\n\
             {zero} 00 {zero} 00 {zero} ffffffff 00000001 00000000 00200200 lo\n"
        );
        Neighbours::of(&ipv4, &ipv6)
    }

    #[test]
    fn the_gateways_of_default_routes_are_found() {
        let gateways: Vec<String> = network().gateways.iter().map(ToString::to_string).collect();
        assert_eq!(gateways, ["10.88.0.1", "fd00::1"]);
        assert_eq!(Neighbours::of("", "").gateways, Vec::<IpAddr>::new());
    }

    // C-39, VOX-63
    #[test]
    fn the_machine_is_its_gateway_its_own_address_and_loopback_and_nobody_else() {
        let own = "10.88.0.7:8000".parse().unwrap();
        for (peer, here) in [
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("10.88.0.1:5000", true),
            ("[::ffff:10.88.0.1]:5000", true),
            ("10.88.0.7:5000", true),
            ("[fd00::1]:5000", true),
            ("10.88.0.9:5000", false),
            ("192.168.1.20:5000", false),
        ] {
            assert_eq!(network().is_here(peer.parse().unwrap(), own), here, "{peer}");
        }
    }
}
