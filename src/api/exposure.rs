//! Who may reach the API, and as whom: decisions about settings and request heads, nothing else.
//!
//! On loopback a browser on the machine needs no account, which makes two attacks worth stopping: a foreign name that
//! resolves to this machine (the `Host` header gives it away) and a foreign page that posts to it (`Origin` and
//! `Sec-Fetch-Site` do). The same holds in a container whose port is published on loopback; only the machine looks
//! different from inside ([`super::neighbours`]). Whoever is reachable from outside needs tokens, and TLS by itself or by
//! a declared proxy.
//!
//! | exposure  | published address | without a token | `Host`      | in the clear       |
//! |-----------|-------------------|-----------------|-------------|--------------------|
//! | loopback  |                   | `chat`          | allow-list  | yes                |
//! | published | a loopback one    | `chat`, if it comes from the machine itself | allow-list | yes |
//! | published | another           | nothing         | any         | probes and proxies |
//! | published | unknown           | nothing         | any         | yes                |
//! | lan       |                   | nothing         | any         | probes and proxies |

use super::{error::Failure, server::Peer};
use crate::foundation::settings::{Exposure, Http};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use std::net::IpAddr;

/// Where a request came from, as far as it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client, or what a trusted proxy says about it.
    pub client: IpAddr,
    /// Whether the client reached the node, or the trusted proxy, by TLS.
    pub secure: bool,
    /// Whether somebody in between forwarded the request, trusted or not.
    pub forwarded: bool,
    /// Whether the connection came from the machine itself.
    pub here: bool,
}

/// Returns why the node must not start with these settings, if it must not.
pub fn objection(http: &Http) -> Option<String> {
    let address = http.address;
    match http.exposure {
        Exposure::Loopback if !address.ip().is_loopback() => Some(format!(
            "http.exposure is \"loopback\" and http.host is {}, which others can reach: set http.host to 127.0.0.1, or \
             http.exposure to \"lan\" with TLS",
            address.ip()
        )),
        Exposure::Lan if http.tls.is_none() && http.trusted_proxies.is_empty() => Some(
            "http.exposure is \"lan\" without TLS: set http.tls_certificate and http.tls_key, or name the proxy that \
             terminates TLS in http.trusted_proxies"
                .to_owned(),
        ),
        Exposure::Published if http.is_open() && http.tls.is_none() && http.trusted_proxies.is_empty() => Some(
            "http.published_address is one that others can reach, without TLS: publish the port on 127.0.0.1, or set \
             http.tls_certificate and http.tls_key, or name the proxy that terminates TLS in http.trusted_proxies"
                .to_owned(),
        ),
        Exposure::Loopback | Exposure::Published | Exposure::Lan => None,
    }
}

/// Finds out where a request came from.
///
/// Forwarding headers count only if the connection comes from a trusted proxy; then the last address in
/// `X-Forwarded-For` that is no trusted proxy itself is the client.
pub(super) fn origin(http: &Http, peer: Peer, headers: &HeaderMap) -> Origin {
    let Peer { address, tls, here } = peer;
    let peer = address.ip().to_canonical();
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name));
    if !http.trusted_proxies.contains(&peer) {
        return Origin { client: peer, secure: tls, forwarded, here };
    }
    let chain = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut chain: Vec<_> = chain.flat_map(|value| value.split(',')).map(str::trim).collect();
    // The nearest hop is written last; whatever stands before the first foreign address is hearsay.
    let client = std::iter::from_fn(|| chain.pop())
        .map_while(|hop| hop.parse::<IpAddr>().ok())
        .find(|hop| !http.trusted_proxies.contains(hop))
        .unwrap_or(peer);
    let secure = tls || headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    Origin { client, secure, forwarded, here }
}

/// Returns whether a caller without a token gets the scope `chat`: somebody on this machine, on a node for it alone.
pub(super) fn needs_no_token(http: &Http, origin: Origin) -> bool {
    http.is_local() && origin.here && !origin.forwarded
}

/// Refuses a request that came over the network in the clear, past the proxy that was to terminate TLS.
///
/// Probes carry no secret and get none; from outside a container they come by the published port like everybody else.
pub(super) fn check_transport(http: &Http, peer: Peer, path: &str) -> Result<(), Failure> {
    let address = peer.address.ip().to_canonical();
    // The node's own health check asks where the node listens, and comes from there.
    let own = address.is_loopback() || address == http.address.ip();
    let known = own || http.trusted_proxies.contains(&address) || path.starts_with("/health/");
    if peer.tls || known || !http.is_open() {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        "tls_required",
        "this node is asked by TLS only: go through its proxy, or set http.tls_certificate and http.tls_key",
    ))
}

/// Refuses a request whose `Host` is a name that nobody gave this node.
pub(super) fn check_host(http: &Http, uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
    if !http.is_local() {
        return Ok(());
    }
    let host = uri.authority().map(axum::http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok()).unwrap_or_default();
    let name = host_name(host);
    let known = http.allowed_hosts.iter().any(|allowed| {
        let allowed = allowed.trim_start_matches('[').trim_end_matches(']');
        allowed.eq_ignore_ascii_case(name)
    });
    let address = name.parse().ok();
    if known
        || address.is_some_and(|at| at == http.address.ip() || Some(at) == http.published_address)
    {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        "this node does not answer to the host name in the request: use localhost, or add the name to http.allowed_hosts",
    ))
}

/// Returns the name in a `Host` header, without port and brackets.
fn host_name(host: &str) -> &str {
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

/// Refuses a request that changes something and was made by a page of another site.
///
/// Clients that are no browsers send neither header, and pass.
pub(super) fn check_same_origin(
    method: &Method,
    origin: Origin,
    headers: &HeaderMap,
) -> Result<(), Failure> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
        return Ok(());
    }
    let refused = || {
        Failure::new(
            StatusCode::FORBIDDEN,
            "cross_origin",
            "a page of another site may not change anything on this node: open the node's own page",
        )
    };
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(refused());
    }
    let Some(from) = headers.get(header::ORIGIN) else { return Ok(()) };
    let scheme = if origin.secure { "https://" } else { "http://" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let same = from
        .to_str()
        .ok()
        .and_then(|from| from.strip_prefix(scheme))
        .is_some_and(|from| from.eq_ignore_ascii_case(host));
    if same { Ok(()) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::settings::Settings;
    use std::path::Path;

    const PEER: &str = "127.0.0.1:5000";

    fn http() -> Http {
        Settings::for_tests(Path::new("/nowhere")).http
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn peer(address: &str, tls: bool) -> Peer {
        Peer { address: address.parse().unwrap(), tls, here: address == PEER }
    }

    fn from(http: &Http, pairs: &[(&'static str, &'static str)]) -> Origin {
        origin(http, peer(PEER, false), &headers(pairs))
    }

    /// A node in a container, whose port is published at this address of the host.
    fn published(at: Option<&str>) -> Http {
        let published_address = at.map(|at| at.parse().unwrap());
        let address = "0.0.0.0:8000".parse().unwrap();
        Http { exposure: Exposure::Published, address, published_address, ..http() }
    }

    // C-39, VOX-63, VOX-64
    #[test]
    fn every_way_of_being_published_has_its_rules() {
        let proxied = Http {
            trusted_proxies: vec!["10.88.0.5".parse().unwrap()],
            ..published(Some("0.0.0.0"))
        };
        let foreign = Uri::from_static("http://evil.example/");
        let gateway = |here| Peer { address: "10.88.0.1:5000".parse().unwrap(), tls: false, here };
        for (http, starts, tokenless, any_host, in_the_clear) in [
            (published(Some("127.0.0.1")), true, true, false, true),
            (published(Some("127.0.0.9")), true, true, false, true),
            (published(Some("::1")), true, true, false, true),
            (published(Some("0.0.0.0")), false, false, true, false),
            (published(Some("192.168.1.5")), false, false, true, false),
            (published(None), true, false, true, true),
            (proxied.clone(), true, false, true, false),
        ] {
            let at = http.published_address;
            assert_eq!(objection(&http).is_none(), starts, "{at:?}");
            let asked = origin(&http, gateway(true), &HeaderMap::new());
            assert_eq!(needs_no_token(&http, asked), tokenless, "{at:?}");
            assert_eq!(check_host(&http, &foreign, &HeaderMap::new()).is_ok(), any_host, "{at:?}");
            let transport = check_transport(&http, gateway(true), "/api/release");
            assert_eq!(transport.is_ok(), in_the_clear, "{at:?}");
            // A probe comes by the published port like everybody else, and is always answered.
            assert!(check_transport(&http, gateway(true), "/health/ready").is_ok(), "{at:?}");
            let stranger = origin(&http, gateway(false), &HeaderMap::new());
            assert!(!needs_no_token(&http, stranger), "another container is not the machine");
            let sent_on =
                origin(&http, gateway(true), &headers(&[("x-forwarded-for", "10.0.0.9")]));
            assert!(!needs_no_token(&http, sent_on), "somebody forwarded it for a stranger");
        }
        assert!(check_transport(&proxied, peer("10.88.0.5:5000", false), "/").is_ok());
    }

    // VOX-63
    #[test]
    fn a_published_node_answers_to_the_address_it_is_published_at() {
        let http = published(Some("127.0.0.9"));
        for (host, right) in
            [("127.0.0.9:8000", true), ("localhost:8000", true), ("10.88.0.7", false)]
        {
            let map = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(check_host(&http, &Uri::from_static("/"), &map).is_ok(), right, "{host}");
        }
    }

    // C-39, VOX-64
    #[test]
    fn lan_without_tls_or_a_declared_proxy_does_not_start() {
        let lan =
            Http { exposure: Exposure::Lan, address: "0.0.0.0:8000".parse().unwrap(), ..http() };
        assert!(objection(&lan).unwrap().contains("tls_certificate"));
        let behind = Http { trusted_proxies: vec!["10.0.0.1".parse().unwrap()], ..lan };
        assert_eq!(objection(&behind), None);
    }

    // C-39, VOX-64
    #[test]
    fn a_lan_node_is_not_asked_in_the_clear_past_its_proxy() {
        let trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
        let address = "10.0.0.2:8000".parse().unwrap();
        let lan = Http { exposure: Exposure::Lan, address, trusted_proxies, ..http() };
        for (http, from, tls, right) in [
            (&lan, "10.0.0.9:5000", false, false),
            (&lan, "10.0.0.9:5000", true, true),
            (&lan, "10.0.0.1:5000", false, true),
            (&lan, "[::ffff:10.0.0.1]:5000", false, true),
            (&lan, PEER, false, true),
            (&lan, "10.0.0.2:5000", false, true),
            (&http(), "10.0.0.9:5000", false, true),
        ] {
            assert_eq!(check_transport(http, peer(from, tls), "/").is_ok(), right, "{from}");
        }
    }

    // VOX-63
    #[test]
    fn loopback_on_a_foreign_address_does_not_start() {
        let open = Http { address: "0.0.0.0:8000".parse().unwrap(), ..http() };
        assert!(objection(&open).unwrap().contains("127.0.0.1"));
        assert_eq!(objection(&http()), None);
    }

    #[test]
    fn a_foreign_host_name_is_misdirected() {
        for (host, right) in [
            ("localhost:8000", true),
            ("127.0.0.1:8000", true),
            ("LOCALHOST", true),
            ("[::1]:8000", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("", false),
        ] {
            let map = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(check_host(&http(), &Uri::from_static("/"), &map).is_ok(), right, "{host}");
        }
        assert!(check_host(&http(), &Uri::from_static("/"), &HeaderMap::new()).is_err());
    }

    #[test]
    fn a_foreign_page_may_not_change_anything() {
        let own = from(&http(), &[]);
        let host = ("host", "localhost:8000");
        for (pairs, right) in [
            (vec![host], true),
            (vec![host, ("origin", "http://localhost:8000")], true),
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("origin", "http://localhost:8001")], false),
            (vec![host, ("origin", "https://localhost:8000")], false),
            (vec![host, ("origin", "null")], false),
        ] {
            let checked = check_same_origin(&Method::POST, own, &headers(&pairs));
            assert_eq!(checked.is_ok(), right, "{pairs:?}");
        }
        let reading = check_same_origin(&Method::GET, own, &headers(&[("origin", "http://other")]));
        assert!(reading.is_ok());
    }

    #[test]
    fn forwarding_headers_are_believed_from_a_trusted_proxy_only() {
        let claim = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https")];
        let believed = Http { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..http() };
        let origin = from(&believed, &claim);
        assert_eq!((origin.client.to_string().as_str(), origin.secure), ("203.0.113.9", true));
        assert!(!needs_no_token(&believed, origin));
        let origin = from(&http(), &claim);
        assert_eq!((origin.client.to_string().as_str(), origin.secure), ("127.0.0.1", false));
        assert!(!needs_no_token(&http(), origin), "somebody forwarded it for a stranger");
        assert!(needs_no_token(&http(), from(&http(), &[])));
    }

    #[test]
    fn what_a_client_writes_into_the_chain_itself_is_hearsay() {
        let believed = Http { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..http() };
        let origin = from(&believed, &[("x-forwarded-for", "127.0.0.1, 203.0.113.9")]);
        assert_eq!(origin.client.to_string(), "203.0.113.9");
    }
}
