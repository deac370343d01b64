//! Who creates, starts and stops the containers of a node: the supervisor itself, or systemd by a unit that it points at a
//! release. Exactly one of them, as the stack declares.
//!
//! A unit of systemd is pointed at a release by a file, without which it does not start. Whether it may start, and whether it
//! waits meanwhile, is told by three files, which the unit itself looks at (`stack::quadlet`), whoever starts it:
//!
//! | file                       | says                          | written                  | taken away                   |
//! |----------------------------|-------------------------------|--------------------------|------------------------------|
//! | `serving.env`              | the release that is to run    | in step 5, and by `start`| in step 1, and for a rest    |
//! | `hold.json`                | the node must not start …     | before step 1            | in step 6                    |
//! | `/run/ladylinux/under-way` | … but by a run that goes on   | before step 1            | in step 6, and by any reboot |
//!
//! The socket stays open through a run: whoever connects meanwhile waits, and is answered by the new release.

use super::{
    engine::{Found, State},
    hold,
    plan::Refusal,
    release::Release,
    stack::{Network, Owner, quadlet},
    supervisor::Supervisor,
    systemd::{Systemd, SystemdError},
};
use anyhow::Context;
use std::{fs, path::PathBuf, time::Duration};
use tokio::sync::OnceCell;

/// How long a unit may take to start: the image is here, and the release is asked separately whether it is ready.
const START: Duration = Duration::from_mins(2);

/// How much longer than its container a unit may take to end.
const MARGIN: Duration = Duration::from_secs(45);

/// What a process that was killed ends with: as an exit code, and as the number of the signal.
const KILLED: [i32; 2] = [137, 9];

/// The units of a stack that systemd owns.
#[derive(Debug)]
pub struct Units {
    systemd: OnceCell<Systemd>,
    /// Where Quadlet reads units from.
    quadlets: PathBuf,
    /// Where systemd does.
    sockets: PathBuf,
    /// What is gone after a reboot.
    run: PathBuf,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            systemd: OnceCell::new(),
            quadlets: "/etc/containers/systemd".into(),
            sockets: "/etc/systemd/system".into(),
            run: quadlet::RUN.into(),
        }
    }
}

impl Units {
    pub(super) async fn systemd(&self) -> Result<&Systemd, SystemdError> {
        self.systemd.get_or_try_init(Systemd::connect).await
    }

    fn under_way(&self) -> PathBuf {
        self.run.join(quadlet::UNDER_WAY)
    }
}

impl Supervisor {
    /// Whether systemd owns the containers.
    fn is_systemds(&self) -> bool {
        self.stack.owner == Owner::Systemd
    }

    /// Returns the unit of a service.
    fn unit(&self, service: &str) -> String {
        format!("{}.service", self.container_name(service))
    }

    /// Returns the socket units, which only systemd has.
    fn sockets(&self) -> Vec<String> {
        let published = |service: &&String| {
            self.is_systemds() && self.stack.containers[*service].network == Network::Published
        };
        let services = self.stack.containers.keys().filter(published);
        services.map(|service| format!("{}.socket", self.container_name(service))).collect()
    }

    /// Whether somebody owns this container whom the stack does not declare, and who.
    pub(super) fn foreign_owner(&self, found: &Found) -> Option<String> {
        let own = found.service.as_deref().filter(|_| self.is_systemds()).map(|one| self.unit(one));
        found.owner.as_ref().filter(|_| found.unit.is_none() || found.unit != own).cloned()
    }

    /// Whether this container was made by whom the stack declares.
    pub(super) fn is_made_as_declared(&self, found: &Found) -> bool {
        found.unit.is_some() == self.is_systemds()
    }

    /// Stops a container, and returns whether it had to be killed.
    pub(super) async fn stop_one(&self, one: &Found, patience: Duration) -> anyhow::Result<bool> {
        let Some(unit) = one.unit.as_ref().filter(|_| self.is_systemds()) else {
            return Ok(self.engine.stop(one, patience).await?.killed);
        };
        let systemd = self.units.systemd().await?;
        if one.state == State::Paused {
            self.engine.unpause(&one.id).await?;
        }
        systemd.stop(unit, patience + MARGIN).await?;
        Ok(KILLED.contains(&systemd.exit_code(unit).await.unwrap_or_default()))
    }

    /// Has nothing of the node start again before somebody wants it to, whoever asks: neither at boot, nor by the socket, nor
    /// because it ended.
    pub(super) async fn rest(&self) -> anyhow::Result<()> {
        if !self.is_systemds() {
            return Ok(());
        }
        self.end_wait()?;
        self.point_nowhere()?;
        let systemd = self.units.systemd().await?;
        for socket in self.sockets() {
            systemd.stop(&socket, START).await?;
        }
        // What is about to be started again has no container.
        for service in self.start_order().iter().rev() {
            let patience = self.stack.containers[service].timeout.0 + MARGIN;
            systemd.stop(&self.unit(service), patience).await?;
        }
        Ok(())
    }

    /// Makes a container for a release, unless its unit does; returns the engine's name for it.
    pub(super) async fn make(&self, service: &str, release: &Release) -> anyhow::Result<String> {
        if self.is_systemds() {
            return Ok(self.container_name(service));
        }
        let create = self.declared(service, release);
        let made = self.engine.create(&self.stack, &create).await;
        made.with_context(|| format!("the container of {service} could not be created"))
    }

    /// Starts what was made, or has its unit run the release.
    pub(super) async fn start_made(
        &self,
        service: &str,
        id: &str,
        release: &Release,
    ) -> anyhow::Result<()> {
        let start = async {
            if !self.is_systemds() {
                return Ok(self.engine.start(id).await?);
            }
            let serving = quadlet::serving(&release.image_id, &release.digest.to_string());
            hold::write_whole(&self.directory, quadlet::SERVING, 0o600, serving.as_bytes())
                .context("cannot point the unit at the release")?;
            let systemd = self.units.systemd().await?;
            for socket in self.sockets() {
                systemd.start(&socket, START).await?;
            }
            systemd.start(&self.unit(service), START).await?;
            self.engine.flush();
            anyhow::Ok(())
        };
        start.await.with_context(|| format!("the container of {service} could not be started"))
    }

    /// Has whoever connects wait for the release of a run that begins, until [`Self::end_wait`] or a reboot.
    pub(super) fn begin_wait(&self) -> anyhow::Result<()> {
        if !self.is_systemds() {
            return Ok(());
        }
        let file = self.units.under_way();
        fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))?;
        self.point_nowhere()
    }

    /// Has nobody wait any longer.
    pub(super) fn end_wait(&self) -> anyhow::Result<()> {
        if !self.is_systemds() {
            return Ok(());
        }
        let run = &self.units.run;
        // Where there is no such directory, nobody waits.
        if !run.exists() {
            return Ok(());
        }
        hold::remove(run, quadlet::UNDER_WAY)
            .with_context(|| format!("cannot end the wait in {}", run.display()))
    }

    fn point_nowhere(&self) -> anyhow::Result<()> {
        hold::remove(&self.directory, quadlet::SERVING)
            .with_context(|| format!("cannot remove {}", quadlet::SERVING))
    }

    /// Returns where the last words of a service are, once systemd has removed its container.
    pub(super) fn last_words(&self, service: &str) -> Option<String> {
        self.is_systemds().then(|| format!("journalctl --unit {}", self.unit(service)))
    }

    /// What is wrong with the units: a unit that is not what the stack declares would run something else.
    pub(super) async fn unit_refusals(&self) -> Vec<Refusal> {
        if !self.is_systemds() {
            return Vec::new();
        }
        let refuse = |code, message| {
            Refusal {
            code,
            message,
            next: "write what you want into the stack file, and run `scripts/install` again, which writes the units"
                .to_owned(),
        }
        };
        let mut refusals = Vec::new();
        for (name, declared) in quadlet::units(&self.stack) {
            let socket = name.ends_with(".socket");
            let path = if socket { &self.units.sockets } else { &self.units.quadlets }.join(&name);
            let overriding = path.with_file_name(format!("{name}.d"));
            let message = match fs::read_to_string(&path) {
                Ok(found) if found != declared => "is not what the stack declares",
                Ok(_) if overriding.exists() => "is changed by drop-ins",
                Ok(_) => continue,
                Err(_) => "cannot be read",
            };
            refusals.push(refuse("unit_edited", format!("the unit {} {message}", path.display())));
        }
        let units = self.stack.containers.keys().map(|service| self.unit(service));
        for unit in units.chain(self.sockets()) {
            match self.loaded(&unit).await {
                Ok(None) => {}
                Ok(Some(message)) => refusals.push(refuse("unit_edited", message)),
                Err(error) => {
                    let message = format!("{:#}", anyhow::Error::from(error));
                    refusals.push(Refusal {
                        next: "check that dbus runs and that the supervisor's unit is as `scripts/install` wrote it".to_owned(),
                        ..refuse("systemd_unreachable", message)
                    });
                    break;
                }
            }
        }
        refusals
    }

    /// Returns what is wrong with a unit as systemd has loaded it.
    async fn loaded(&self, unit: &str) -> Result<Option<String>, SystemdError> {
        let found = self.units.systemd().await?.unit(unit).await?;
        let own = format!("/{unit}.d/");
        let drop_in = found.drop_ins.iter().find(|path| path.contains(&own));
        Ok(match drop_in {
            _ if found.load != "loaded" => {
                Some(format!("systemd has no unit {unit}: it is {}", found.load))
            }
            _ if found.is_stale => Some(format!(
                "the files of {unit} are newer than what systemd has read: run `systemctl daemon-reload`"
            )),
            Some(path) => Some(format!("the unit {unit} is changed by {path}")),
            None => None,
        })
    }
}
