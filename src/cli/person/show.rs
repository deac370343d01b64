//! What is told of people.

use super::{Desk, said_so};
use crate::cli::{
    exit::{Exit, Outcome},
    out,
};
use crate::people::{Claim, Person, ProfileField};
use crate::policy::{Level, Provenance, Standing, Visibility, age::Age};
use serde_json::{Value, json};

pub(super) async fn list(desk: &Desk, json: bool) -> Outcome {
    let everybody = desk.people.list().await?;
    let mut told = Vec::new();
    for person in &everybody {
        told.push((person, desk.people.standing(person.id, desk.today).await?));
    }
    if json {
        let all: Vec<_> = told.iter().map(|(person, standing)| brief(person, *standing)).collect();
        out::json(&all)?;
        return Ok(Exit::Done);
    }
    if everybody.is_empty() {
        out::note("there is nobody yet: ladylinux person add NAME, and owners.toml for the owners");
    }
    for (person, standing) in told {
        out::line(format!("{:<12}  {:<8}  {}", person.name, person.role.name(), age(standing)));
    }
    Ok(Exit::Done)
}

pub(super) async fn added(desk: &Desk, person: &Person, json: bool) -> Outcome {
    let standing = desk.people.standing(person.id, desk.today).await?;
    let documents = desk.people.documents_of(&person.name).await?;
    if json {
        let mut value = brief(person, standing);
        value["documents"] = json!(documents);
        out::json(&value)?;
    } else {
        out::line(format!("{} is entered as {}", person.name, person.role.name()));
    }
    if !documents.is_empty() {
        out::note(format!(
            "{} documents name {} as their reader already, and are theirs to read now: {}",
            documents.len(),
            person.name,
            documents.join(", ")
        ));
    }
    if standing.is_some_and(|standing| standing.age == Age::Unknown) {
        out::note(format!(
            "{} is not known to be of age, and counts as a child where it matters: --birthdate or --adult says otherwise",
            person.name
        ));
    }
    Ok(Exit::Done)
}

pub(super) async fn person(desk: &Desk, person: &Person, json: bool) -> Outcome {
    let standing = desk.people.standing(person.id, desk.today).await?;
    let fields = desk.people.profile(person.id).await?;
    let claims = desk.people.claims_about(person.id).await?;
    let voiceprints = desk.people.voiceprints(person.id).await?;
    if json {
        let mut value = brief(person, standing);
        value["profile"] = fields.iter().map(field).collect();
        value["claims"] = json!(claims.len());
        value["voiceprints"] = json!(voiceprints.len());
        out::json(&value)?;
        return Ok(Exit::Done);
    }
    out::line(format!("{}  {}  {}", person.name, person.role.name(), age(standing)));
    out::line(format!("entered {}  id {}", person.created_at.rfc3339(), person.id));
    if let Some(attested) = &person.attested_adult {
        out::line(format!("attested to be of age by {} {}", attested.by, attested.at.rfc3339()));
    }
    for one in &fields {
        let (name, value) = (one.field.name(), one.value.expose().replace('\n', " / "));
        let (who, source) = (visibility(one.visibility), source(one.source));
        out::line(format!("{name:<15}  {value}  ({who}, from {source})"));
    }
    if !claims.is_empty() {
        out::note(format!(
            "{} statements of others: ladylinux person claims {}",
            claims.len(),
            person.name
        ));
    }
    if !voiceprints.is_empty() {
        out::note(format!(
            "{} voiceprints: ladylinux person voiceprints {}",
            voiceprints.len(),
            person.name
        ));
    }
    Ok(Exit::Done)
}

pub(super) async fn claims(desk: &Desk, person: &Person, json: bool) -> Outcome {
    let claims = desk.people.claims_about(person.id).await?;
    let mut all = Vec::new();
    for Claim { field, value, supplied_by, confidence, at, .. } in &claims {
        let by = desk.people.get(*supplied_by).await.map_err(said_so)?.name;
        all.push(json!({
            "field": field.name(), "value": value.expose(), "supplied_by": by, "confidence": level(*confidence), "at": at.rfc3339(),
        }));
    }
    if json {
        out::json(&all)?;
        return Ok(Exit::Done);
    }
    if all.is_empty() {
        out::note(format!("nobody said anything of {}", person.name));
    }
    for claim in all {
        let text = |key: &str| claim[key].as_str().unwrap_or_default().replace('\n', " / ");
        out::line(format!(
            "{}  {} said {} {}  ({} confidence)",
            text("at"),
            text("supplied_by"),
            text("field"),
            text("value"),
            text("confidence")
        ));
    }
    Ok(Exit::Done)
}

pub(super) async fn voiceprints(desk: &Desk, person: &Person, json: bool) -> Outcome {
    let voiceprints = desk.people.voiceprints(person.id).await?;
    if json {
        out::json(&voiceprints)?;
        return Ok(Exit::Done);
    }
    if voiceprints.is_empty() {
        out::note(format!("{} has no voiceprint", person.name));
    }
    for one in voiceprints {
        out::line(format!("{}  {}  {}", one.id, one.created_at.rfc3339(), one.model));
    }
    Ok(Exit::Done)
}

fn brief(person: &Person, standing: Option<Standing>) -> Value {
    json!({
        "id": person.id,
        "name": person.name,
        "role": person.role.name(),
        "age": age(standing),
        "created_at": person.created_at.rfc3339(),
        "attested_adult": person.attested_adult.as_ref().map(|attested| attested.at.rfc3339()),
    })
}

fn age(standing: Option<Standing>) -> &'static str {
    standing.map_or("unknown", |standing| standing.age.name())
}

fn field(one: &ProfileField) -> Value {
    json!({
        "field": one.field.name(),
        "value": one.value.expose(),
        "visibility": visibility(one.visibility),
        "confidence": level(one.confidence),
        "source": source(one.source),
        "updated_at": one.updated_at.rfc3339(),
    })
}

fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Private => "private",
        Visibility::Shared => "shared",
        Visibility::Public => "public",
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

fn source(source: Provenance) -> &'static str {
    match source {
        Provenance::Owner => "themself",
        Provenance::Operator => "the operator",
        Provenance::ThirdParty(_) => "somebody else",
    }
}
