//! The machine's systemd, over D-Bus: starts and stops units, and tells how they are. The only user of zbus.
//!
//! The interface is `org.freedesktop.systemd1`, described in `org.freedesktop.systemd1(5)`. What is asked for is a job; a unit is
//! looked at until it has none, which needs no signals.

use crate::foundation::values::time;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, time::Duration};
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

/// How long systemd may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The waits between two looks at a unit with a job.
const FIRST_LOOK: Duration = Duration::from_millis(4);
const LAST_LOOK: Duration = Duration::from_millis(64);

/// Why systemd did not do something.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// It does not answer.
    #[error(
        "systemd cannot be reached over D-Bus: mount /run/dbus of the machine at /run/dbus in the supervisor's container, as \
         scripts/install --owner systemd does"
    )]
    Unreachable(#[source] zbus::Error),
    /// It refused.
    #[error("systemd does not {what}")]
    Refused {
        /// What it was asked.
        what: String,
        /// What it said.
        source: zbus::Error,
    },
    /// A unit did not get to where it should.
    #[error("the unit {unit} is {state}: see `systemctl status {unit}`")]
    Failed {
        /// Which.
        unit: String,
        /// What it is instead.
        state: String,
    },
    /// It took too long.
    #[error("the unit {unit} took longer than {} s", after.as_secs())]
    Deadline {
        /// Which.
        unit: String,
        /// The patience.
        after: Duration,
    },
}

/// What systemd tells of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// `loaded`, `not-found`, `masked`, …
    pub load: String,
    /// `active`, `inactive`, `failed`, …
    pub active: String,
    /// The same, more closely: `running`, `condition`, …
    pub sub: String,
    /// Whether it is about to be something else.
    pub has_job: bool,
    /// Whether its files are newer than what systemd has read.
    pub is_stale: bool,
    /// The files that change it.
    pub drop_ins: Vec<String>,
}

impl Unit {
    /// Whether nothing of it runs. A client may have asked for it again already: then it waits to be allowed.
    fn is_down(&self) -> bool {
        let ended = matches!(self.active.as_str(), "inactive" | "failed");
        self.sub == "condition" || (ended && !self.has_job)
    }
}

/// How a unit was disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// It is stopped, and is not started at boot.
    Entirely,
    /// It is stopped; by this state of its file, another unit may start it all the same.
    ButCanBeStarted(String),
}

/// The states of a unit's file in which nothing starts it: `UnitFileState` in `org.freedesktop.systemd1(5)`.
const OFF: [&str; 3] = ["disabled", "masked", "masked-runtime"];

/// A connection to systemd.
#[derive(Clone, Debug)]
pub struct Systemd {
    bus: Connection,
}

impl Systemd {
    /// Connects to the system's bus.
    pub async fn connect() -> Result<Self, SystemdError> {
        let builder = zbus::connection::Builder::system().map_err(SystemdError::Unreachable)?;
        let bus = builder.method_timeout(PATIENCE).build().await;
        Ok(Self { bus: bus.map_err(SystemdError::Unreachable)? })
    }

    /// Speaks over a bus that is there.
    #[cfg(test)]
    pub(super) fn over(bus: Connection) -> Self {
        Self { bus }
    }

    /// Tells how a unit is; one that nobody knows is `not-found`.
    pub async fn unit(&self, name: &str) -> Result<Unit, SystemdError> {
        let path = self.path(name).await?;
        let what = || format!("tell how {name} is");
        let all = self.call(&path, PROPERTIES, "GetAll", &UNIT);
        let mut all: HashMap<String, OwnedValue> =
            all.await.map_err(|source| SystemdError::Refused { what: what(), source })?;
        let mut text = |property: &str| {
            all.remove(property).and_then(|value| value.try_into().ok()).unwrap_or_default()
        };
        let (load, active): (String, String) = (text("LoadState"), text("ActiveState"));
        let sub = text("SubState");
        let is_stale = all.remove("NeedDaemonReload").and_then(|value| value.try_into().ok());
        let drop_ins = all.remove("DropInPaths").and_then(|value| value.try_into().ok());
        let job: Option<(u32, OwnedObjectPath)> =
            all.remove("Job").and_then(|value| value.try_into().ok());
        Ok(Unit {
            load,
            active,
            sub,
            has_job: job.is_some_and(|(number, _)| number != 0),
            is_stale: is_stale.unwrap_or(false),
            drop_ins: drop_ins.unwrap_or_default(),
        })
    }

    /// Starts a unit, and waits until it is active. One that was started too often is started all the same.
    pub async fn start(&self, name: &str, patience: Duration) -> Result<(), SystemdError> {
        // It fails for units that are not loaded, which the next call tells better.
        drop(self.call::<_, ()>(MANAGER, MANAGES, "ResetFailedUnit", &name).await);
        self.asks_for("start", "StartUnit", name).await?;
        let unit = self.until(name, patience, |unit| !unit.has_job && unit.active != "activating");
        let unit = unit.await?;
        if unit.active == "active" {
            return Ok(());
        }
        Err(SystemdError::Failed { unit: name.to_owned(), state: unit.active })
    }

    /// Stops a unit, and waits until nothing of it runs; one that nobody knows does not.
    pub async fn stop(&self, name: &str, patience: Duration) -> Result<(), SystemdError> {
        if self.unit(name).await?.load == "not-found" {
            return Ok(());
        }
        self.asks_for("stop", "StopUnit", name).await?;
        self.until(name, patience, Unit::is_down).await.map(drop)
    }

    /// Returns all names of a unit, by which it may be an alias of another; one that nobody knows is an error.
    pub async fn names(&self, name: &str) -> Result<Vec<String>, SystemdError> {
        if self.unit(name).await?.load == "not-found" {
            let state = "not known to systemd".to_owned();
            return Err(SystemdError::Failed { unit: name.to_owned(), state });
        }
        let path = self.path(name).await?;
        let told: zbus::Result<OwnedValue> =
            self.call(&path, PROPERTIES, "Get", &(UNIT, "Names")).await;
        let what = || format!("tell the names of {name}");
        let told = told.map_err(|source| SystemdError::Refused { what: what(), source })?;
        let told = Vec::<String>::try_from(told);
        told.map_err(|error| SystemdError::Refused { what: what(), source: error.into() })
    }

    /// Has a unit not start at boot, then stops it, and waits until nothing of it runs.
    pub async fn disable(&self, name: &str, patience: Duration) -> Result<Disabled, SystemdError> {
        let refused = |what: &str, source| {
            let what = format!("{what} {name}");
            SystemdError::Refused { what, source }
        };
        // In this order: where it may not be disabled, nothing was touched.
        let changed: zbus::Result<Vec<(String, String, String)>> =
            self.call(MANAGER, MANAGES, "DisableUnitFiles", &(vec![name], false)).await;
        changed.map_err(|source| refused("disable", source))?;
        let read: zbus::Result<()> = self.call(MANAGER, MANAGES, "Reload", &()).await;
        read.map_err(|source| refused("read again what it knows of", source))?;
        self.stop(name, patience).await?;
        let state: zbus::Result<String> =
            self.call(MANAGER, MANAGES, "GetUnitFileState", &name).await;
        let state = state.map_err(|source| refused("tell the state of", source))?;
        Ok(if OFF.contains(&state.as_str()) {
            Disabled::Entirely
        } else {
            Disabled::ButCanBeStarted(state)
        })
    }

    /// Asks for a job.
    async fn asks_for(&self, what: &str, method: &str, unit: &str) -> Result<(), SystemdError> {
        let job: zbus::Result<OwnedObjectPath> =
            self.call(MANAGER, MANAGES, method, &(unit, "replace")).await;
        let refused = |source| SystemdError::Refused { what: format!("{what} {unit}"), source };
        job.map(drop).map_err(refused)
    }

    /// Returns the exit code of a service's last process, or the number of the signal that ended it.
    pub async fn exit_code(&self, name: &str) -> Result<i32, SystemdError> {
        self.of_service(name, "ExecMainStatus").await
    }

    async fn of_service<T: TryFrom<OwnedValue> + Default>(
        &self,
        name: &str,
        property: &str,
    ) -> Result<T, SystemdError> {
        let path = self.path(name).await?;
        let told: Result<OwnedValue, _> =
            self.call(&path, PROPERTIES, "Get", &(SERVICE, property)).await;
        let told = told.map_err(|source| SystemdError::Refused {
            what: format!("tell {property} of {name}"),
            source,
        })?;
        Ok(told.try_into().unwrap_or_default())
    }

    async fn until(
        &self,
        name: &str,
        patience: Duration,
        is_there: impl Fn(&Unit) -> bool,
    ) -> Result<Unit, SystemdError> {
        let (began, mut wait) = (time::instant(), FIRST_LOOK);
        loop {
            let unit = self.unit(name).await?;
            if is_there(&unit) {
                return Ok(unit);
            }
            if began.elapsed() > patience {
                return Err(SystemdError::Deadline { unit: name.to_owned(), after: patience });
            }
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(LAST_LOOK);
        }
    }

    /// Returns the object that stands for a unit; it is loaded, if it was not.
    async fn path(&self, name: &str) -> Result<OwnedObjectPath, SystemdError> {
        let path = self.call(MANAGER, MANAGES, "LoadUnit", &name).await;
        path.map_err(|source| SystemdError::Refused { what: format!("know {name}"), source })
    }

    async fn call<A, R>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        arguments: &A,
    ) -> zbus::Result<R>
    where
        A: Serialize + DynamicType,
        R: DeserializeOwned + Type,
    {
        let answer =
            self.bus.call_method(Some(SYSTEMD), path, Some(interface), method, arguments).await?;
        answer.body().deserialize()
    }
}
