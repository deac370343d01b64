//! Who may reach the API, and as whom: decisions about settings and request heads, nothing else.
//!
//! On loopback a browser on the machine needs no account, which makes two attacks worth stopping: a foreign name that
//! resolves to this machine (the `Host` header gives it away) and a foreign page that posts to it (`Origin` and
//! `Sec-Fetch-Site` do). Whoever is reachable from outside needs tokens, and TLS by itself or by a declared proxy.

use super::error::Failure;
use crate::foundation::settings::{Exposure, Http};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use std::net::{IpAddr, SocketAddr};

/// Where a request came from, as far as it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The client, or what a trusted proxy says about it.
    pub client: IpAddr,
    /// Whether the client reached the node, or the trusted proxy, by TLS.
    pub secure: bool,
    /// Whether somebody in between forwarded the request, trusted or not.
    pub forwarded: bool,
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
        Exposure::Loopback | Exposure::Published | Exposure::Lan => None,
    }
}

/// Finds out where a request came from.
///
/// Forwarding headers count only if the connection comes from a trusted proxy; then the last address in
/// `X-Forwarded-For` that is no trusted proxy itself is the client.
pub(super) fn origin(http: &Http, peer: SocketAddr, tls: bool, headers: &HeaderMap) -> Origin {
    let peer = peer.ip().to_canonical();
    let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name));
    if !http.trusted_proxies.contains(&peer) {
        return Origin { client: peer, secure: tls, forwarded };
    }
    let chain = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut chain: Vec<_> = chain.flat_map(|value| value.split(',')).map(str::trim).collect();
    // The nearest hop is written last; whatever stands before the first foreign address is hearsay.
    let client = std::iter::from_fn(|| chain.pop())
        .map_while(|hop| hop.parse::<IpAddr>().ok())
        .find(|hop| !http.trusted_proxies.contains(hop))
        .unwrap_or(peer);
    let secure = tls || headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    Origin { client, secure, forwarded }
}

/// Returns whether a caller without a token gets the scope `chat`: somebody on this machine, on a loopback node.
pub(super) fn needs_no_token(http: &Http, origin: Origin) -> bool {
    http.exposure == Exposure::Loopback && origin.client.is_loopback() && !origin.forwarded
}

/// Refuses a request that came over the network in the clear, past the proxy that was to terminate TLS.
pub(super) fn check_transport(http: &Http, peer: SocketAddr, tls: bool) -> Result<(), Failure> {
    let peer = peer.ip().to_canonical();
    // The node's own health check asks where the node listens, and comes from there.
    let here = peer.is_loopback() || peer == http.address.ip();
    if tls || here || http.trusted_proxies.contains(&peer) || http.exposure != Exposure::Lan {
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
    if http.exposure != Exposure::Loopback {
        return Ok(());
    }
    let host = uri.authority().map(axum::http::uri::Authority::as_str);
    let host = host.or_else(|| headers.get(header::HOST)?.to_str().ok()).unwrap_or_default();
    let name = host_name(host);
    let known = http.allowed_hosts.iter().any(|allowed| {
        let allowed = allowed.trim_start_matches('[').trim_end_matches(']');
        allowed.eq_ignore_ascii_case(name)
    });
    if known || name.parse() == Ok(http.address.ip()) {
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

    fn from(http: &Http, pairs: &[(&'static str, &'static str)]) -> Origin {
        origin(http, PEER.parse().unwrap(), false, &headers(pairs))
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
        for (http, peer, tls, right) in [
            (&lan, "10.0.0.9:5000", false, false),
            (&lan, "10.0.0.9:5000", true, true),
            (&lan, "10.0.0.1:5000", false, true),
            (&lan, "[::ffff:10.0.0.1]:5000", false, true),
            (&lan, PEER, false, true),
            (&lan, "10.0.0.2:5000", false, true),
            (&http(), "10.0.0.9:5000", false, true),
        ] {
            assert_eq!(check_transport(http, peer.parse().unwrap(), tls).is_ok(), right, "{peer}");
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
