//! A stand-in for systemd and its bus at once, which answers what the real ones answer; the real ones are asked in
//! `scripts/test-minipc`.

#![expect(clippy::unused_self, reason = "interfaces are made of methods")]

use super::*;
use crate::host::Space;
use std::{io, path::Path};
use tokio::net::UnixListener;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

/// What a bus says to a client that is new.
struct Bus;

#[zbus::interface(name = "org.freedesktop.DBus")]
impl Bus {
    fn hello(&self) -> String {
        ":1.7".to_owned()
    }
}

type Listed =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

struct Manager(Vec<Listed>);

#[zbus::interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    fn list_units(&self) -> Vec<Listed> {
        self.0.clone()
    }
}

struct Failed;

#[zbus::interface(name = "org.freedesktop.systemd1.Unit")]
impl Failed {
    #[zbus(property)]
    fn state_change_timestamp(&self) -> u64 {
        1_795_000_000_000_000
    }
}

struct FailedService;

#[zbus::interface(name = "org.freedesktop.systemd1.Service")]
impl FailedService {
    #[zbus(property)]
    fn result(&self) -> String {
        "exit-code".to_owned()
    }

    #[zbus(property)]
    fn exec_main_status(&self) -> i32 {
        203
    }
}

const NGINX: &str = "/org/freedesktop/systemd1/unit/nginx_2eservice";

fn listed(name: &str, active: &str, sub: &str) -> Listed {
    let path: OwnedObjectPath = ObjectPath::try_from(NGINX).unwrap().into();
    let text = str::to_owned;
    (
        text(name),
        format!("What {name} is"),
        text("loaded"),
        text(active),
        text(sub),
        String::new(),
        path.clone(),
        0,
        String::new(),
        path,
    )
}

fn tree(started_by: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(directory.path().join("proc/1")).unwrap();
    std::fs::create_dir_all(directory.path().join("run/dbus")).unwrap();
    std::fs::write(directory.path().join("proc/1/comm"), format!("{started_by}\n")).unwrap();
    directory
}

fn never(_: &Path) -> io::Result<Space> {
    Err(io::ErrorKind::Unsupported.into())
}

async fn asked(root: &Path) -> Result<Found<Services>, HostError> {
    let machine = Machine::at(root, never);
    tokio::task::spawn_blocking(move || read(&machine)).await.unwrap()
}

fn listen(root: &Path) -> UnixListener {
    UnixListener::bind(root.join("run/dbus/system_bus_socket")).unwrap()
}

/// Answers one client with these units.
async fn serve(listener: UnixListener, units: Vec<Listed>) -> zbus::Result<zbus::Connection> {
    let (stream, _) = listener.accept().await.unwrap();
    zbus::connection::Builder::unix_stream(stream)
        .server(zbus::Guid::generate())?
        .p2p()
        .serve_at("/org/freedesktop/DBus", Bus)?
        .serve_at("/org/freedesktop/systemd1", Manager(units))?
        .serve_at(NGINX, Failed)?
        .serve_at(NGINX, FailedService)?
        .build()
        .await
}

#[tokio::test]
async fn services_are_told_and_what_has_failed_first_of_all() {
    let root = tree("systemd");
    let mut command = listed("run-u7.service", "active", "running");
    command.1 = "[systemd-run] /bin/mail -p hunter2 ana".to_owned();
    let units = vec![
        command,
        listed("nginx.service", "failed", "failed"),
        listed("home.mount", "active", "mounted"),
        listed("data.mount", "failed", "failed"),
        listed("old.service", "inactive", "dead"),
        listed("cups.service", "activating", "auto-restart"),
        listed("fstrim.service", "activating", "start"),
    ];
    let listener = listen(root.path());
    let (bus, found) = tokio::join!(serve(listener, units), asked(root.path()));
    let found = found.unwrap();
    assert!(bus.is_ok());
    assert_eq!(
        found.data.sentence(Language::English),
        "2 units have failed: data.mount and nginx.service (exit-code 203). Ends and is started again: cups.service. 1 service runs."
    );
    let units = found.data.units.unwrap();
    let names: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(
        names,
        ["cups.service", "data.mount", "fstrim.service", "nginx.service", "run-u7.service"]
    );
    assert_eq!(units[3].since, Some(Timestamp(1_795_000_000_000)));
    assert_eq!(units[1].exit_code, None);
    // The description of a command that somebody ran is the command, with what it was given.
    let described = |unit: &ServiceUnit| unit.description.clone();
    assert_eq!(
        units.iter().map(described).collect::<Vec<_>>(),
        [
            "What cups.service is",
            "What data.mount is",
            "What fstrim.service is",
            "What nginx.service is",
            ""
        ]
    );
}

#[tokio::test]
async fn a_machine_without_systemd_or_without_a_bus_says_so() {
    let runit = tree("runit");
    let told = asked(runit.path()).await.unwrap().data.sentence(Language::English);
    assert!(told.contains("started by runit, not by systemd"), "{told}");
    let hidden = asked(tree("systemd").path()).await.unwrap();
    assert_eq!(hidden.data.units, None);
    assert!(hidden.notes[0].contains("run/dbus/system_bus_socket"), "{:?}", hidden.notes);
}

#[tokio::test]
async fn a_bus_that_lies_is_an_error_of_this_topic() {
    use tokio::io::AsyncWriteExt as _;
    for lie in [&b""[..], b"REJECTED\r\n", b"OK nonsense\r\n", &[0xff; 300], &[b'x'; 7000]] {
        let root = tree("systemd");
        let listener = listen(root.path());
        let liar = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            drop(stream.write_all(lie).await);
            drop(stream.shutdown().await);
        };
        let ((), found) = tokio::join!(liar, asked(root.path()));
        assert!(matches!(found, Err(HostError::Bus(_))), "{lie:?}");
    }
    // A reply of another kind than asked for.
    let root = tree("systemd");
    let listener = listen(root.path());
    let other = async {
        let (stream, _) = listener.accept().await.unwrap();
        let builder = zbus::connection::Builder::unix_stream(stream);
        let builder = builder.server(zbus::Guid::generate()).unwrap().p2p();
        builder.serve_at("/org/freedesktop/DBus", Bus).unwrap().build().await
    };
    let (bus, found) = tokio::join!(other, asked(root.path()));
    assert!(bus.is_ok() && matches!(found, Err(HostError::Bus(BusError::Refused(_)))));
}

#[tokio::test]
async fn a_bus_that_hangs_is_given_up() {
    let root = tree("systemd");
    let _silent = listen(root.path());
    let socket = root.path().join("run/dbus/system_bus_socket");
    let found = dbus::units(&socket, Duration::from_millis(20));
    assert!(matches!(found, Err(BusError::Deadline { .. })));
}

#[test]
fn of_too_many_units_the_failed_ones_are_kept() {
    let unit = |at: usize| ServiceUnit {
        name: format!("{at:05}.service"),
        active: if at == 2999 { "failed" } else { "active" }.to_owned(),
        ..ServiceUnit::default()
    };
    let mut notes = Vec::new();
    let kept = keep((0..3000).map(unit).collect(), &mut notes);
    assert_eq!((kept.len(), notes.len()), (MOST_UNITS, 1));
    assert!(kept.iter().any(|unit| unit.active == "failed"));
}
