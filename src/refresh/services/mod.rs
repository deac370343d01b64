//! Services of the machine that may be disabled by request: what a unit is called, and which are never touched.

use super::{
    journal::Journal, record::Record, rest::Unfit, supervisor::Supervisor, systemd::Disabled,
    systemd::Systemd,
};
use anyhow::Context;
use std::time::Duration;

/// The longest name of a unit that is taken.
const LONGEST: usize = 128;

/// What can be disabled: a service, and what starts one.
const KINDS: [&str; 4] = [".service", ".socket", ".timer", ".path"];

/// What a service may take to end: systemd's own patience is 90 seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// How names begin that are never disabled, whoever lists them, in small letters: a wish that was misunderstood must not lock
/// people out of the machine, nor take away what the node stands on.
const NEVER: [(&str, &str); 42] = [
    ("ladylinux", "it is the node's own"),
    ("podman", "the node runs on it"),
    ("docker", "the node may run on it"),
    ("containerd", "the node may run on it"),
    ("crio", "the node may run on it"),
    ("netavark", "the node's network runs on it"),
    ("aardvark", "the node's network runs on it"),
    ("systemd-", "the machine runs on it"),
    ("init", "the machine runs on it"),
    ("dbus", "the machine runs on it"),
    ("polkit", "the machine runs on it"),
    ("user@", "people are logged in by it"),
    ("user-", "people are logged in by it"),
    ("getty", "people log in by it"),
    ("serial-getty", "people log in by it"),
    ("console-getty", "people log in by it"),
    ("container-getty", "people log in by it"),
    ("autovt", "people log in by it"),
    ("emergency", "the machine is mended by it"),
    ("rescue", "the machine is mended by it"),
    ("ssh", "people reach the machine by it"),
    ("dropbear", "people reach the machine by it"),
    ("network", "the machine is reached by it"),
    ("wpa_supplicant", "the machine is reached by it"),
    ("iwd", "the machine is reached by it"),
    ("connman", "the machine is reached by it"),
    ("dhc", "the machine is reached by it"),
    ("ifup", "the machine is reached by it"),
    ("netplan", "the machine is reached by it"),
    ("netctl", "the machine is reached by it"),
    ("wicked", "the machine is reached by it"),
    ("resolvconf", "the machine is reached by it"),
    ("wg-quick", "the machine is reached by it"),
    ("openvpn", "the machine is reached by it"),
    ("tailscale", "the machine is reached by it"),
    ("nftables", "it protects the machine"),
    ("iptables", "it protects the machine"),
    ("ip6tables", "it protects the machine"),
    ("netfilter", "it protects the machine"),
    ("ufw", "it protects the machine"),
    ("firewall", "it protects the machine"),
    ("apparmor", "it protects the machine"),
];

/// Returns a unit's whole name, for `cups` as for `cups.service`; none for what no unit is called.
pub fn unit(name: &str) -> Option<String> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "-_.@:".contains(letter);
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if !begins || name.len() > LONGEST || !name.chars().all(known) || name.contains("..") {
        return None;
    }
    let has_kind = KINDS.iter().any(|kind| name.ends_with(kind));
    Some(if has_kind { name.to_owned() } else { format!("{name}.service") })
}

/// Why a unit is never disabled, by the stack's name and its own; none if it may be.
pub fn protected(stack: &str, unit: &str) -> Option<&'static str> {
    let unit = unit.to_ascii_lowercase();
    let own = unit.strip_prefix(stack).is_some_and(|rest| rest.starts_with(['-', '.', '@']));
    if own {
        return Some("it is the node's own");
    }
    NEVER.iter().find(|(begins, _)| unit.starts_with(begins)).map(|(_, why)| *why)
}

impl Supervisor {
    /// Stops a unit of the machine, and has it not start at boot; returns what there is to say of it.
    pub(super) async fn disable_service(
        &self,
        journal: &mut Journal,
        unit: &str,
        actor: &str,
    ) -> anyhow::Result<Option<String>> {
        let said = disable(self.units.systemd().await?, &self.stack.name, unit).await?;
        let record = Record::ServiceDisabled { unit: unit.to_owned(), actor: actor.to_owned() };
        journal.append(record).context("it was disabled, and there is no receipt of it")?;
        Ok(said)
    }
}

async fn disable(systemd: &Systemd, stack: &str, unit: &str) -> anyhow::Result<Option<String>> {
    // A unit has other names, by which it may be one that is never touched.
    for name in systemd.names(unit).await? {
        if let Some(why) = protected(stack, &name) {
            let why = format!("{unit} is {name}, which is never disabled by request: {why}");
            return Err(Unfit(why).into());
        }
    }
    Ok(match systemd.disable(unit, PATIENCE).await? {
        Disabled::Entirely => None,
        Disabled::ButCanBeStarted(state) => Some(format!(
            "{unit} is stopped; it is {state}, so that another unit may start it again"
        )),
    })
}

#[cfg(test)]
mod tests;
