//! The machine's systemd, asked over D-Bus how its units are: two calls that read, and none that changes.
//!
//! The interface is `org.freedesktop.systemd1`, described in `org.freedesktop.systemd1(5)`.

use super::ServiceUnit;
use crate::foundation::values::time::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use std::{io, path::Path, time::Duration};
use zbus::{
    Connection,
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type},
};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "/org/freedesktop/systemd1";
const MANAGES: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const SERVICE: &str = "org.freedesktop.systemd1.Service";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How many failed units are asked for their end.
const ASKED: usize = 32;

/// systemd's names are no longer (`systemd.unit(5)`), nor are honest descriptions.
const LONGEST_TEXT: usize = 255;

/// Why systemd did not say how its units are.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The bus does not let us in, or goes away.
    #[error("the bus of the system does not let this user in")]
    Unreachable(#[source] Box<zbus::Error>),
    /// Its socket cannot be opened.
    #[error("the bus of the system cannot be reached")]
    Closed(#[source] io::Error),
    /// It refused, or answered what nobody asked.
    #[error("systemd does not tell how its units are")]
    Refused(#[source] Box<zbus::Error>),
    /// It took too long.
    #[error("systemd did not answer within {} s: see `systemctl status`", after.as_secs())]
    Deadline {
        /// The patience.
        after: Duration,
    },
    /// The asking panicked; the panic hook has logged where.
    #[error("asking systemd failed inside LadyLinux")]
    Failed,
}

/// What `ListUnits` returns of one: name, description, load, active and sub state, whom it follows, its object, and its job.
type Listed =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Asks for all units that are loaded, and how the failed ones ended.
///
/// A thread of its own has the connection, so that whoever asks may be a task or not; nothing of it stays.
pub(super) fn units(socket: &Path, patience: Duration) -> Result<Vec<ServiceUnit>, BusError> {
    let asking = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(BusError::Closed)?.block_on(async {
            let asked = tokio::time::timeout(patience, ask(socket));
            asked.await.map_err(|_| BusError::Deadline { after: patience })?
        })
    };
    std::thread::scope(|scope| scope.spawn(asking).join()).map_err(|_| BusError::Failed)?
}

async fn ask(socket: &Path) -> Result<Vec<ServiceUnit>, BusError> {
    let stream = tokio::net::UnixStream::connect(socket).await.map_err(BusError::Closed)?;
    let bus = zbus::connection::Builder::unix_stream(stream)
        .build()
        .await
        .map_err(|error| BusError::Unreachable(Box::new(error)))?;
    let listed: zbus::Result<Vec<Listed>> = call(&bus, MANAGER, MANAGES, "ListUnits", &()).await;
    let listed = listed.map_err(|error| BusError::Refused(Box::new(error)))?;
    let mut units = Vec::new();
    let mut asked = 0;
    for (name, description, _, active, sub, _, path, ..) in listed {
        let failed = active == "failed";
        let mut unit = ServiceUnit {
            name: plain(&name),
            description: plain(&description),
            active: plain(&active),
            sub: plain(&sub),
            ..ServiceUnit::default()
        };
        if failed && asked < ASKED {
            asked += 1;
            // What it does not say is left open: that it has failed is what counts.
            let since: Option<u64> = property(&bus, &path, UNIT, "StateChangeTimestamp").await;
            unit.since = since.and_then(|micros| i64::try_from(micros / 1000).ok()).map(Timestamp);
            if name.ends_with(".service") {
                let result: Option<String> = property(&bus, &path, SERVICE, "Result").await;
                unit.result = result.map(|result| plain(&result));
                unit.exit_code = property(&bus, &path, SERVICE, "ExecMainStatus").await;
            }
        }
        units.push(unit);
    }
    Ok(units)
}

async fn property<T: TryFrom<OwnedValue>>(
    bus: &Connection,
    path: &str,
    interface: &str,
    name: &str,
) -> Option<T> {
    let value: OwnedValue = call(bus, path, PROPERTIES, "Get", &(interface, name)).await.ok()?;
    value.try_into().ok()
}

async fn call<A, R>(
    bus: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    arguments: &A,
) -> zbus::Result<R>
where
    A: Serialize + DynamicType,
    R: DeserializeOwned + Type,
{
    let answer = bus.call_method(Some(SYSTEMD), path, Some(interface), method, arguments).await?;
    answer.body().deserialize()
}

fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(LONGEST_TEXT).collect()
}
