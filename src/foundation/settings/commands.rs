//! The section `[commands]`: what carries commands out, and how it is reached.

use super::validated::Check;
use std::{
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};
use url::{Host, Url};

/// What carries commands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    /// The broker at which commands are published; none if there is none.
    pub mqtt: Option<Mqtt>,
    /// The program that is told of commands by HTTP; none if there is none.
    pub webhook: Option<Webhook>,
    /// A PEM file of certificates that are believed beside the system's.
    pub ca: Option<PathBuf>,
    /// How long an executor may take, unless its command says otherwise.
    pub timeout: Duration,
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mqtt {
    /// Whether it is reached by TLS.
    pub tls: bool,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// As whom the node connects, if it says so.
    pub user: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// Whether whoever carries commands out says what came of them.
    pub answered: bool,
}

/// A program that is told of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where it listens.
    pub url: String,
    /// The file with the secret that it knows the node by.
    pub secret_file: Option<PathBuf>,
}

pub(super) fn commands(check: &mut Check<'_>) -> Commands {
    Commands {
        mqtt: mqtt(check),
        webhook: webhook(check),
        ca: check.optional_path("commands.ca_file"),
        timeout: check
            .duration("commands.timeout", Duration::from_secs(1)..=Duration::from_mins(10)),
    }
}

fn mqtt(check: &mut Check<'_>) -> Option<Mqtt> {
    let user = Some(check.text("commands.mqtt_user")).filter(|user| !user.is_empty());
    let password_file = check.optional_path("commands.mqtt_password_file");
    if password_file.is_some() && user.is_none() {
        check.refuse("commands.mqtt_password_file", "it needs commands.mqtt_user beside it");
    }
    let answered =
        check.one_of("commands.mqtt_outcome", &[("acknowledged", false), ("answered", true)]);
    let text = check.text("commands.mqtt_url");
    if text.is_empty() {
        if user.is_some() {
            check.refuse("commands.mqtt_user", "it needs commands.mqtt_url beside it");
        }
        return None;
    }
    let url = match address(&text, ["mqtt", "mqtts"]) {
        Ok(url) if matches!(url.path(), "" | "/") && url.query().is_none() => url,
        Ok(_) => {
            check.refuse(
                "commands.mqtt_url",
                "it is an address without a path, such as mqtt://127.0.0.1:1883",
            );
            return None;
        }
        Err(need) => {
            check.refuse("commands.mqtt_url", need);
            return None;
        }
    };
    let tls = url.scheme() == "mqtts";
    Some(Mqtt {
        tls,
        host: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(if tls { 8883 } else { 1883 }),
        user,
        password_file,
        answered,
    })
}

fn webhook(check: &mut Check<'_>) -> Option<Webhook> {
    let secret_file = check.optional_path("commands.webhook_secret_file");
    let text = check.text("commands.webhook_url");
    if text.is_empty() {
        if secret_file.is_some() {
            check.refuse("commands.webhook_secret_file", "it needs commands.webhook_url beside it");
        }
        return None;
    }
    match address(&text, ["http", "https"]) {
        Ok(url) => Some(Webhook { url: url.into(), secret_file }),
        Err(need) => {
            check.refuse("commands.webhook_url", need);
            None
        }
    }
}

/// Reads an address to which commands may be sent: by TLS, or to a place that is near.
fn address(text: &str, [plain, tls]: [&str; 2]) -> Result<Url, String> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| [plain, tls].contains(&url.scheme()))
        .filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    let Some(url) = url else {
        return Err(format!(
            "it must be an address such as {plain}://127.0.0.1 or {tls}://example.org"
        ));
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(
            "it names no user, password or fragment: they have settings of their own".to_owned()
        );
    }
    if url.scheme() == plain && !url.host().is_some_and(is_near) {
        return Err(format!(
            "commands go to another network by TLS alone: use {tls}://, or an address of this machine or of a private network"
        ));
    }
    Ok(url)
}

/// Whether a host is this machine or on a network that is not the internet.
fn is_near(host: Host<&str>) -> bool {
    // Hosts of schemes that the standard does not know come as names.
    let ip = match host {
        Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Host::Domain(name) => name.parse().ok(),
    };
    match (ip, host) {
        (Some(IpAddr::V4(ip)), _) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        (Some(IpAddr::V6(ip)), _) => {
            ip == Ipv6Addr::LOCALHOST || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        (None, Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let near = [".local", ".lan", ".internal", ".home.arpa", ".localhost"];
            // A name of one part is found by the network's own resolver, or not at all.
            !name.is_empty() && (!name.contains('.') || near.iter().any(|end| name.ends_with(end)))
        }
        (None, Host::Ipv4(_) | Host::Ipv6(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_house_goes_by_tls() {
        for near in [
            "mqtt://localhost",
            "mqtt://127.0.0.1:1883",
            "mqtt://192.168.1.5",
            "mqtt://[::1]",
            "mqtt://[fd00::1]:1883",
            "mqtt://broker",
            "mqtt://homeassistant.local:1883",
            "mqtts://broker.example.org",
        ] {
            assert!(address(near, ["mqtt", "mqtts"]).is_ok(), "{near}");
        }
        for far in [
            "mqtt://broker.example.org",
            "mqtt://8.8.8.8",
            "mqtt://[2001:db8::1]",
            "mqtt://",
            "broker:1883",
            "http://127.0.0.1",
            "mqtt://anna:secret@127.0.0.1",
            "mqtt://evil.local.example.org",
            "",
        ] {
            assert!(address(far, ["mqtt", "mqtts"]).is_err(), "{far}");
        }
        for (url, fine) in [
            ("http://127.0.0.1:8123/api/webhook/x", true),
            ("https://example.org/hook?x=1", true),
            ("http://example.org/hook", false),
            ("http://169.254.1.1/", true),
            ("http://127.0.0.1.example.org/", false),
            ("ftp://127.0.0.1", false),
        ] {
            assert_eq!(address(url, ["http", "https"]).is_ok(), fine, "{url}");
        }
    }
}
