//! What is never disabled; and a stand-in for systemd, which notes what is done to it. No test disables a service of a real systemd.

#![expect(
    clippy::unused_self,
    clippy::needless_pass_by_value,
    reason = "interfaces are made of methods, and take what arrives"
)]

use super::*;
use std::sync::{Arc, Mutex};
use tokio::net::UnixStream;
use zbus::{
    Connection, fdo,
    zvariant::{ObjectPath, OwnedObjectPath},
};

/// A stand-in for systemd, which knows one unit, and notes what is done to it.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn has(&self, what: &str) -> bool {
        self.0.lock().unwrap().iter().any(|one| one == what)
    }
}

struct Manager {
    told: Told,
    state: &'static str,
}

type Changes = Vec<(String, String, String)>;

#[zbus::interface(name = "org.freedesktop.systemd1.Manager")]
impl Manager {
    fn load_unit(&self, name: &str) -> OwnedObjectPath {
        self.told.note(format!("load {name}"));
        ObjectPath::from_static_str_unchecked("/unit").into()
    }

    fn stop_unit(&self, name: &str, mode: &str) -> OwnedObjectPath {
        self.told.note(format!("stop {name} {mode}"));
        ObjectPath::from_static_str_unchecked("/job").into()
    }

    fn disable_unit_files(&self, names: Vec<String>, runtime: bool) -> fdo::Result<Changes> {
        if self.state == "refused" {
            return Err(fdo::Error::AccessDenied("no".to_owned()));
        }
        self.told.note(format!("disable {} {runtime}", names.join(" ")));
        Ok(Vec::new())
    }

    fn reload(&self) {
        self.told.note("reload".to_owned());
    }

    fn get_unit_file_state(&self, name: &str) -> String {
        self.told.note(format!("load {name}, its state"));
        self.state.to_owned()
    }
}

struct Unit {
    told: Told,
    load: &'static str,
    names: Vec<String>,
}

#[zbus::interface(name = "org.freedesktop.systemd1.Unit")]
impl Unit {
    #[zbus(property)]
    fn load_state(&self) -> String {
        self.load.to_owned()
    }

    #[zbus(property)]
    fn active_state(&self) -> String {
        let is_down = self.told.has("stop cups.service replace");
        if is_down { "inactive" } else { "active" }.to_owned()
    }

    #[zbus(property)]
    fn sub_state(&self) -> String {
        "dead".to_owned()
    }

    #[zbus(property)]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }
}

/// Asks a systemd whose unit is like this to disable cups.service; returns what came of it, and what was done.
async fn asked(
    load: &'static str,
    names: &[&str],
    state: &'static str,
) -> (anyhow::Result<Option<String>>, Vec<String>) {
    let told = Told::default();
    let (here, there) = UnixStream::pair().unwrap();
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let server = zbus::connection::Builder::unix_stream(there)
        .server(zbus::Guid::generate())
        .unwrap()
        .p2p()
        .serve_at("/org/freedesktop/systemd1", Manager { told: told.clone(), state })
        .unwrap()
        .serve_at("/unit", Unit { told: told.clone(), load, names })
        .unwrap()
        .build();
    let client = zbus::connection::Builder::unix_stream(here).p2p().build();
    let (server, client): (zbus::Result<Connection>, zbus::Result<Connection>) =
        tokio::join!(server, client);
    let (_server, systemd) = (server.unwrap(), Systemd::over(client.unwrap()));
    let came = disable(&systemd, "lab", "cups.service").await;
    let done = told.0.lock().unwrap().clone();
    (came, done.into_iter().filter(|one| !one.starts_with("load")).collect())
}

#[tokio::test]
async fn a_unit_is_disabled_before_it_is_stopped() {
    let (came, done) = asked("loaded", &["cups.service"], "disabled").await;
    assert_eq!(came.unwrap(), None);
    assert_eq!(done, ["disable cups.service false", "reload", "stop cups.service replace"]);
    // What has no [Install] section is stopped, and that is all that can be said.
    let (came, _) = asked("loaded", &["cups.service"], "static").await;
    assert!(came.unwrap().unwrap().contains("may start it again"));
}

#[tokio::test]
async fn a_unit_that_is_unknown_or_may_not_be_disabled_is_left_alone() {
    let (came, done) = asked("not-found", &["cups.service"], "").await;
    assert!(came.unwrap_err().to_string().contains("not known to systemd"));
    assert!(done.is_empty(), "{done:?}");
    let (came, done) = asked("loaded", &["cups.service"], "refused").await;
    assert!(format!("{:#}", came.unwrap_err()).contains("does not disable cups.service"));
    assert!(done.is_empty(), "{done:?}");
}

// C-38: another name does not open what is never touched.
#[tokio::test]
async fn an_alias_of_what_is_never_disabled_is_refused() {
    let (came, done) = asked("loaded", &["cups.service", "sshd.service"], "enabled").await;
    let refused = came.unwrap_err();
    assert!(refused.is::<Unfit>() && refused.to_string().contains("sshd.service"), "{refused}");
    assert!(done.is_empty(), "{done:?}");
}

#[test]
fn units_have_whole_names_and_odd_ones_have_none() {
    assert_eq!(unit("cups").as_deref(), Some("cups.service"));
    for name in ["cups.service", "cups.socket", "apt-daily.timer", "vboxweb@1.service"] {
        assert_eq!(unit(name).as_deref(), Some(name));
    }
    let long = "a".repeat(LONGEST + 1);
    for odd in ["", "-a", ".a", "a/b", "../a", "a..b", "a b", "a\n", "a;b", "ä", "a\\x2d", &long] {
        assert_eq!(unit(odd), None, "{odd:?}");
    }
}

// C-38
#[test]
fn what_the_machine_and_the_node_stand_on_is_never_disabled() {
    for name in [
        "lab-api.service",
        "lab.service",
        "ladylinux-supervisor.service",
        "podman.socket",
        "ssh.service",
        "SSHD.service",
        "sshd@3.service",
        "dbus.service",
        "dbus-broker.service",
        "systemd-logind.service",
        "NetworkManager.service",
        "networking.service",
        "dhcpcd.service",
        "nftables.service",
        "getty@tty1.service",
    ] {
        assert!(protected("lab", name).is_some(), "{name}");
    }
    for name in ["cups.service", "bluetooth.service", "labrador.service", "apache2.service"] {
        assert_eq!(protected("lab", name), None, "{name}");
    }
}
