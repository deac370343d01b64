//! How many requests one client may start: a token bucket for each address, in a map that cannot grow without bound.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// How many clients are remembered at once; about half a megabyte when full.
const CLIENTS: usize = 8192;

/// The buckets of all clients.
#[derive(Debug)]
pub(super) struct Rate {
    per_minute: f64,
    buckets: HashMap<IpAddr, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// Requests that may still start.
    left: f64,
    /// When `left` was right.
    at: Instant,
}

impl Rate {
    /// Allows each client `per_minute` requests a minute, all of which may come at once.
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute: f64::from(per_minute), buckets: HashMap::new() }
    }

    /// Takes one request of `client`'s, or says how long it has to wait for the next.
    pub(super) fn take(&mut self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let per_second = self.per_minute / 60.0;
        let client = network(client);
        if self.buckets.len() >= CLIENTS && !self.buckets.contains_key(&client) {
            self.forget_the_idle(now);
        }
        let full = Bucket { left: self.per_minute, at: now };
        let bucket = self.buckets.entry(client).or_insert(full);
        let earned = now.saturating_duration_since(bucket.at).as_secs_f64() * per_second;
        bucket.left = (bucket.left + earned).min(self.per_minute);
        bucket.at = now;
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.left) / per_second))
    }

    /// Drops the buckets that are full again; if none is, the map is a flood of new addresses, and all start afresh.
    fn forget_the_idle(&mut self, now: Instant) {
        let minute = Duration::from_mins(1);
        self.buckets.retain(|_, bucket| now.saturating_duration_since(bucket.at) < minute);
        if self.buckets.len() >= CLIENTS {
            self.buckets.clear();
        }
    }
}

/// Returns what counts as one client: an IPv4 address, or the 64 bits of an IPv6 address that its owner cannot choose.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::values::time;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_client_that_used_its_minute_up_is_told_how_long_to_wait() {
        let mut rate = Rate::new(60);
        let start = time::instant();
        for _ in 0..60 {
            rate.take(HERE, start).unwrap();
        }
        let wait = rate.take(HERE, start).unwrap_err();
        assert!((0.9..=1.0).contains(&wait.as_secs_f64()), "{wait:?}");
        rate.take(HERE, start + wait + Duration::from_millis(1)).unwrap();
        rate.take("192.0.2.1".parse().unwrap(), start).unwrap();
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_a_bucket() {
        let mut rate = Rate::new(1);
        let start = time::instant();
        rate.take("2001:db8::1".parse().unwrap(), start).unwrap();
        rate.take("2001:db8::2".parse().unwrap(), start).unwrap_err();
        rate.take("2001:db8:0:1::1".parse().unwrap(), start).unwrap();
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_map() {
        let mut rate = Rate::new(1);
        let start = time::instant();
        for address in 0..20_000_u32 {
            rate.take(std::net::Ipv4Addr::from_bits(address).into(), start).unwrap();
        }
        assert!(rate.buckets.len() <= CLIENTS);
    }
}
