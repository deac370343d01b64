//! What is changed of people, taken out, and taken away.

use super::{Desk, said_so};
use crate::cli::{
    exit::{self, Exit, Outcome},
    out,
};
use crate::people::{Circumstances, Erased, Person};
use crate::policy::Role;
use anyhow::Context;
use clap::Args;
use std::{
    fs::OpenOptions,
    io::{IsTerminal, Write, stdin},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Somebody to be erased.
#[derive(Debug, Args)]
pub(super) struct Erase {
    /// Their short name
    name: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Do not ask, and leave the household without an owner if need be
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn role(desk: &Desk, person: &Person, (role, force): (Role, bool)) -> Outcome {
    let how = Circumstances::operator(desk.now);
    let changed = desk.people.set_role(person.id, role, (how, force)).await;
    let changed = changed.map_err(said_so)?;
    out::line(format!("{} is {} now", changed.name, changed.role.name()));
    if role != Role::Owner && desk.owners().is_ok_and(|owners| owners.name(&changed.name)) {
        out::note(format!(
            "owners.toml names {}, who is an owner again at the next start: take them out",
            changed.name
        ));
    }
    Ok(Exit::Done)
}

pub(super) async fn voiceprint(desk: &Desk, person: &Person, id: &str) -> Outcome {
    let how = Circumstances::operator(desk.now);
    desk.people.delete_voiceprint(person.id, id, how).await.map_err(said_so)?;
    out::line(format!("voiceprint {id} of {} is deleted", person.name));
    Ok(Exit::Done)
}

pub(super) async fn export(desk: &Desk, person: &Person, file: Option<&Path>) -> Outcome {
    let export = desk.people.export(person.id, Circumstances::operator(desk.now));
    let Some(path) = file else {
        out::json(&export.await.map_err(said_so)?)?;
        return Ok(Exit::Done);
    };
    let mut options = OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.map_err(|error| {
        exit::refused(format!(
            "{} cannot be written ({error}): name a file that is not there yet",
            path.display()
        ))
    })?;
    let written = async {
        let mut text = serde_json::to_vec_pretty(&export.await.map_err(said_so)?)?;
        text.push(b'\n');
        file.write_all(&text)?;
        Ok(file.sync_all()?)
    };
    if let Err(error) = written.await {
        // Half an export is none.
        drop(std::fs::remove_file(path));
        let error: anyhow::Error = error;
        return Err(error.context(format!("{} was not written", path.display())));
    }
    out::line(format!(
        "what is kept of {} is in {}, readable for you alone",
        person.name,
        path.display()
    ));
    Ok(Exit::Done)
}

impl Erase {
    pub(super) async fn run(&self, desk: &Desk) -> Outcome {
        let person = desk.named(&self.name).await?;
        let name = &person.name;
        if desk.owners()?.name(name) {
            return Err(exit::refused(format!(
                "owners.toml names {name}, who would come back as somebody new at the next start: take them out first"
            )));
        }
        if !(self.yes || self.force) {
            if !stdin().is_terminal() {
                return Err(exit::refused(format!(
                    "{name} and everything that is kept of them would be deleted for good: say so with --yes"
                )));
            }
            out::note(format!(
                "This deletes {name} and everything that is kept of them, for good. `ladylinux person export {name}` keeps a copy.\nType {name} to go on:"
            ));
            let mut answer = String::new();
            stdin().read_line(&mut answer).context("cannot read the answer")?;
            if answer.trim() != name.as_str() {
                return Err(exit::refused("nothing was deleted"));
            }
        }
        let how = (Circumstances::operator(desk.now), self.force);
        let erased = desk.people.erase(person.id, how).await.map_err(said_so)?;
        if self.json {
            out::json(&erased)?;
        } else {
            tell(&person, &erased);
        }
        Ok(Exit::Done)
    }
}

fn tell(person: &Person, erased: &Erased) {
    let Erased { fields, claims, voiceprints, tokens, documents } = erased;
    let name = &person.name;
    out::line(format!(
        "{name} is erased, with {fields} parts of a profile, {claims} statements and {voiceprints} voiceprints"
    ));
    if !tokens.is_empty() {
        out::note(format!(
            "these tokens still open the node, and belong to nobody in particular now: {}",
            tokens.join(", ")
        ));
    }
    if !documents.is_empty() {
        out::note(format!(
            "these documents still name {name} as their reader, and whoever is entered by that name reads them; `ladylinux learn forget` takes them out: {}",
            documents.join(", ")
        ));
    }
    out::note(
        "Backups from before still hold them; a restore does not bring them back. The audit stays: it holds ids and codes only.",
    );
}
