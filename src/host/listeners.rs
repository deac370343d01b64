//! Which network ports are open, from `/proc/net`, with the programs behind them where this user may see those.

use super::machine::{Found, Text};
use super::{HostError, Language, Machine, users};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The sockets that wait for somebody to connect or to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Listeners {
    /// Sorted by port.
    pub listeners: Vec<Listener>,
}

/// One socket that waits.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// The protocol.
    pub protocol: Protocol,
    /// The address it is bound to; `0.0.0.0` and `::` are all addresses.
    #[schema(value_type = String)]
    pub address: IpAddr,
    /// The user id that owns it.
    pub uid: u32,
    /// That user's name, if `/etc/passwd` has one.
    pub user: Option<String>,
    /// The program's name, if this user may see it.
    pub process: Option<String>,
}

/// A transport protocol.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// The files, and whether the machine must have them (IPv6 can be switched off).
const TABLES: [(&str, Protocol); 4] = [
    ("tcp", Protocol::Tcp),
    ("tcp6", Protocol::Tcp),
    ("udp", Protocol::Udp),
    ("udp6", Protocol::Udp),
];

/// How many ports a sentence names; the others are counted.
const NAMED: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Socket {
    protocol: Protocol,
    address: IpAddr,
    port: u16,
    uid: u32,
    inode: u64,
}

/// What a socket does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It waits for somebody to connect or to send.
    Waiting,
    /// It is connected, or was.
    Other,
}

pub(super) fn read(machine: &Machine) -> Result<Found<Listeners>, HostError> {
    let mut notes = Vec::new();
    let table = |name: &str| {
        // `/proc/net` is that of whoever asks, and a container has a network of its own.
        if machine.is_elsewhere() {
            machine.of_process(&format!("net/{name}"))
        } else {
            format!("/proc/net/{name}")
        }
    };
    let mut sockets = parse(&machine.text(&table(TABLES[0].0))?, TABLES[0].1, &mut notes);
    for (name, protocol) in &TABLES[1..] {
        if let Some(text) = machine.text_if_any(&table(name))? {
            sockets.extend(parse(&text, *protocol, &mut notes));
        }
    }
    let names: BTreeMap<u32, String> = match machine.text_if_any("/etc/passwd")? {
        Some(text) => {
            let (accounts, _) = users::parse(&text);
            accounts.into_iter().map(|account| (account.uid, account.name)).collect()
        }
        None => BTreeMap::new(),
    };
    let wanted: BTreeSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
    let processes = processes(machine, &wanted);
    if sockets.iter().any(|socket| !processes.contains_key(&socket.inode)) {
        notes.push("programs that this user may not see are left out".to_owned());
    }
    let mut listeners: Vec<Listener> = sockets
        .into_iter()
        .map(|socket| Listener {
            user: names.get(&socket.uid).cloned(),
            process: processes.get(&socket.inode).cloned(),
            port: socket.port,
            protocol: socket.protocol,
            address: socket.address,
            uid: socket.uid,
        })
        .collect();
    listeners.sort();
    listeners.dedup();
    Ok(Found { data: Listeners { listeners }, notes })
}

/// Reads the waiting sockets of one table; its first line is a heading.
fn parse(text: &Text, protocol: Protocol, notes: &mut Vec<String>) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for (number, line) in text.lines().skip(1) {
        match socket(line, protocol) {
            Some((socket, State::Waiting)) => sockets.push(socket),
            Some((_, State::Other)) => {}
            None => notes.push(text.skipped(number, "a socket as the kernel writes it")),
        }
    }
    sockets
}

/// Reads one line.
fn socket(line: &str, protocol: Protocol) -> Option<(Socket, State)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, local, remote, state, _, _, _, uid, _, inode, ..] = fields[..] else { return None };
    let (address, port) = endpoint(local)?;
    let (_, remote_port) = endpoint(remote)?;
    // `TCP_LISTEN`, and an unconnected datagram socket, which is in state `TCP_CLOSE`.
    let waits = match protocol {
        Protocol::Tcp => state == "0A",
        Protocol::Udp => state == "07" && remote_port == 0,
    };
    let socket =
        Socket { protocol, address, port, uid: uid.parse().ok()?, inode: inode.parse().ok()? };
    Some((socket, if waits { State::Waiting } else { State::Other }))
}

/// Reads `0100007F:1F90`: words of the address in the machine's byte order, then the port.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let digits = address.get(at..at + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let mut bytes = [0; 16];
            for (slot, byte) in bytes.iter_mut().zip(words.iter().flatten()) {
                *slot = *byte;
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some((address.to_canonical(), port))
}

/// Finds the programs that hold these sockets; those of other users stay unknown.
fn processes(machine: &Machine, wanted: &BTreeSet<u64>) -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(machine.path("/proc")) else { return found };
    for entry in entries.flatten() {
        let is_process =
            entry.file_name().to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
        if !is_process {
            continue;
        }
        let Ok(descriptors) = fs::read_dir(entry.path().join("fd")) else { continue };
        let mut inodes = descriptors
            .flatten()
            .filter_map(|descriptor| inode(&fs::read_link(descriptor.path())))
            .filter(|inode| wanted.contains(inode))
            .peekable();
        if inodes.peek().is_none() {
            continue;
        }
        let Ok(name) = fs::read_to_string(entry.path().join("comm")) else { continue };
        let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
        found.extend(inodes.map(|inode| (inode, name.clone())));
    }
    found
}

fn inode(link: &io::Result<std::path::PathBuf>) -> Option<u64> {
    let link = link.as_ref().ok()?.to_str()?;
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

impl Listeners {
    pub(super) fn sentence(&self, language: Language) -> String {
        let (here, anywhere): (Vec<&Listener>, Vec<&Listener>) =
            self.listeners.iter().partition(|listener| listener.address.is_loopback());
        let outside = match (language, named(&anywhere, language)) {
            (Language::English, None) => "No port is open to other machines.".to_owned(),
            (Language::English, Some(ports)) => format!("Open to other machines: {ports}."),
            (Language::German, None) => "Für andere Rechner ist kein Port offen.".to_owned(),
            (Language::German, Some(ports)) => format!("Für andere Rechner offen: {ports}."),
        };
        match named(&here, language) {
            None => outside,
            Some(ports) => {
                let only =
                    language.choose("Open to this machine only", "Nur für diesen Rechner offen");
                format!("{outside} {only}: {ports}.")
            }
        }
    }
}

/// Names ports once each, whatever addresses they are bound to.
fn named(listeners: &[&Listener], language: Language) -> Option<String> {
    let mut ports: Vec<String> = Vec::new();
    for listener in listeners {
        let protocol = match listener.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        let owner = listener.process.as_ref().or(listener.user.as_ref());
        let port = match owner {
            Some(owner) => format!("{}/{protocol} ({owner})", listener.port),
            None => format!("{}/{protocol}", listener.port),
        };
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    if ports.is_empty() {
        return None;
    }
    if ports.len() > NAMED {
        let more = ports.len() - NAMED;
        ports.truncate(NAMED);
        ports.push(format!("{more} {}", language.choose("more", "weitere")));
    }
    Some(language.list(&ports))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Space;
    use proptest::prelude::*;
    use std::path::Path;

    const HEADING: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const TCP: &str = "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 619 1\n   \
        1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 700 1\n   \
        2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 701 1\nbroken\n";
    const TCP6: &str = "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 620 1\n";

    fn never(_: &Path) -> io::Result<Space> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn tree() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("proc/net")).unwrap();
        fs::create_dir_all(root.join("proc/812/fd")).unwrap();
        fs::write(root.join("proc/net/tcp"), format!("{HEADING}{TCP}")).unwrap();
        fs::write(root.join("proc/net/tcp6"), format!("{HEADING}{TCP6}")).unwrap();
        fs::write(root.join("proc/812/comm"), "sshd\n").unwrap();
        std::os::unix::fs::symlink("socket:[619]", root.join("proc/812/fd/3")).unwrap();
        std::os::unix::fs::symlink("socket:[620]", root.join("proc/812/fd/4")).unwrap();
        fs::create_dir(root.join("etc")).unwrap();
        fs::write(root.join("etc/passwd"), "ana:x:1000:1000::/home/ana:/bin/sh\n").unwrap();
        directory
    }

    #[test]
    fn open_ports_are_told_by_who_can_reach_them() {
        let directory = tree();
        let found = read(&Machine::at(directory.path(), never)).unwrap();
        assert_eq!(found.data.listeners.len(), 3);
        assert_eq!(
            found.data.sentence(Language::English),
            "Open to other machines: 22/tcp (sshd). Open to this machine only: 8080/tcp (ana)."
        );
        assert!(found.notes[0].contains("line 5 of"), "{:?}", found.notes);
        assert!(found.notes[1].contains("may not see"), "{:?}", found.notes);
    }

    #[test]
    fn a_real_socket_of_this_process_is_found_with_its_name() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let found = read(&Machine::this()).unwrap();
        let listener = found.data.listeners.iter().find(|one| one.port == port).unwrap();
        assert_eq!(listener.address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(listener.process.is_some());
    }

    #[test]
    fn addresses_are_read_in_the_byte_order_of_the_machine() {
        let loopback = format!("{:08X}:0035", u32::from_ne_bytes([127, 0, 0, 1]));
        assert_eq!(endpoint(&loopback), Some((IpAddr::V4(Ipv4Addr::LOCALHOST), 53)));
        assert_eq!(endpoint("0100007F"), None);
        assert_eq!(endpoint("é100007:0035"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_understood_or_noted(content in "(([0-9A-F:]{0,40} ){0,13}\n?)*|\\PC*") {
            let mut notes = Vec::new();
            drop(parse(&Text::of("/proc/net/udp", &content), Protocol::Udp, &mut notes));
        }
    }
}
