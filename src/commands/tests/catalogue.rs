//! What a catalogue holds, what an owner's file may do to it, and what it may not.

use crate::commands::{Catalogue, Executor, Kind, Source};
use crate::policy::{Group, Risk, Role};

fn with(text: &str) -> Result<Catalogue, String> {
    Catalogue::with(Some(("commands.toml", text))).map_err(|error| error.to_string())
}

/// What is wrong with this file.
fn wrong(text: &str) -> String {
    with(text).expect_err(text)
}

const GREENHOUSE: &str = r#"
[commands.water_plants]
group = "home_automation"
risk = "medium"
kind = "confirm"
executor = "webhook"
wording = { en = "water the plants", de = "die Pflanzen gießen" }
"#;

// C-37; INV-CMD-1; REQUIREMENTS 2.A.5
#[test]
fn the_release_lists_these_commands_and_no_others() {
    let catalogue = Catalogue::built_in();
    let rows: Vec<_> = catalogue
        .commands()
        .map(|one| {
            let kind = if one.nature.confirm { "confirm" } else { "immediate" };
            let slots: Vec<_> = one.slots.keys().map(String::as_str).collect();
            let (group, risk) = (one.nature.group.name(), one.nature.risk.name());
            format!(
                "{} {group} {risk} {kind} {} {}",
                one.name,
                one.executor.name(),
                slots.join(",")
            )
        })
        .collect();
    assert_eq!(
        rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>(),
        [
            "close_door home_automation medium confirm mqtt door",
            "delete_all_data system high confirm built_in",
            "disable_alarm security high confirm mqtt",
            "disable_service system high confirm supervisor service",
            "mark_for_export system medium confirm built_in resource",
            "open_garage home_automation high confirm mqtt garage",
            "pause_music media low immediate mqtt",
            "refresh_node system medium confirm supervisor",
            "resume_music media low immediate mqtt",
            "rollback_node system high confirm supervisor",
            "set_volume media low immediate mqtt level",
            "start_watcher system medium confirm supervisor",
            "stop_watcher system medium confirm supervisor",
            "turn_off_light home_automation low immediate mqtt location",
            "turn_on_light home_automation low immediate mqtt location",
            "unmark_for_export system medium confirm built_in resource",
        ]
    );
    assert_eq!(catalogue.find("refresh").unwrap().name, "refresh_node");
    assert_eq!(catalogue.find("turn_on_light").unwrap().permission(), "home_automation.execute");
    assert!(catalogue.roles().of(Role::Admin).is_empty());
}

// INV-CMD-GRP-1: every command belongs to a group that exists.
#[test]
fn inv_cmd_grp_1_a_command_names_its_group() {
    assert!(Catalogue::built_in().commands().all(|one| Group::ALL.contains(&one.nature.group)));
    let unknown = wrong(&GREENHOUSE.replace("home_automation", "greenhouse"));
    assert!(
        unknown.contains(
            "commands.toml:3: there is no group \"greenhouse\": it is one of home_automation"
        ),
        "{unknown}"
    );
    let none = wrong(&GREENHOUSE.replace("group = \"home_automation\"\n", ""));
    assert!(none.contains("commands.toml:2: commands.water_plants needs group"), "{none}");
}

// INV-CMD-GRP-2: a command takes the permission of its own group, and that of another gives nothing.
#[test]
fn inv_cmd_grp_2_a_command_takes_the_permission_of_its_own_group() {
    let other = format!("{GREENHOUSE}permissions = [\"system.execute\"]");
    let message = wrong(&other);
    assert!(
        message.contains("commands.toml:8: a command takes the permission of its own group"),
        "{message}"
    );
    assert!(with(&other.replace("system.execute", "home_automation.execute")).is_ok());
}

#[expect(clippy::too_many_lines, reason = "a row for each mistake")]
#[test]
fn what_is_written_wrongly_is_told_with_its_line() {
    let immediate = GREENHOUSE.replace("\"confirm\"", "\"immediate\"");
    let low = immediate.replace("medium", "low");
    for (text, expected) in [
        (immediate.clone(), ":5: water_plants is of medium risk and immediate"),
        (low.clone(), ":5: water_plants is immediate and nothing undoes it"),
        (
            format!("{low}undo = \"dry_plants\"\n"),
            ":8: water_plants is undone by \"dry_plants\", which is not listed",
        ),
        (GREENHOUSE.replace("webhook", "shell"), ":6: there is no executor \"shell\""),
        (
            GREENHOUSE.replace("webhook", "supervisor"),
            ":6: supervisor carries out commands of this release alone",
        ),
        (
            GREENHOUSE.replace("webhook", "built_in"),
            ":6: built_in carries out commands of this release alone",
        ),
        (GREENHOUSE.replace("medium", "tiny"), ":4: there is no risk \"tiny\""),
        (GREENHOUSE.replace("\"confirm\"", "true"), ":5: kind must be a string, not boolean"),
        (format!("{GREENHOUSE}colour = 1\n"), ":8: commands.water_plants has no key \"colour\""),
        (format!("{GREENHOUSE}timeout = \"soon\"\n"), ":8: timeout must be a duration"),
        (
            GREENHOUSE.replace("the plants", "the plants {place}"),
            ":7: water_plants has no slot \"place\"",
        ),
        (GREENHOUSE.replace("the plants", "the plants {"), ":7: the braces"),
        (
            format!("{GREENHOUSE}slots.place = {{ values = \"location\" }}\n"),
            "does not say {place}",
        ),
        (
            format!("{GREENHOUSE}slots.place = {{ values = \"planets\" }}\n"),
            ":8: there is no list \"planets\"",
        ),
        (
            format!("{GREENHOUSE}slots.place = {{ kind = \"text\" }}\n"),
            ":8: water_plants.slots.place has no kind",
        ),
        (
            format!("{GREENHOUSE}slots.n = {{ kind = \"number\", from = 2, to = 1 }}\n"),
            ":8: water_plants.slots.n needs from and to",
        ),
        (
            format!("{GREENHOUSE}phrases.en = [\"water {{all}}\"]\n"),
            ":8: water_plants has no slot \"all\"",
        ),
        (
            format!("{GREENHOUSE}phrases.en = [\" \"]\n"),
            ":8: a phrase of water_plants does not begin with a word",
        ),
        (
            format!("{GREENHOUSE}aliases = [\"refresh\"]\n"),
            "is a name of refresh_node and of water_plants",
        ),
        (
            format!("{GREENHOUSE}aliases = [\"open_garage\"]\n"),
            "is a name of open_garage and of water_plants",
        ),
        (format!("{GREENHOUSE}{GREENHOUSE}"), ":9: this is not TOML: duplicate key"),
        ("[commands]\nopen_garage = 1\n".to_owned(), ":2: commands.open_garage must be a table"),
        ("[command.x]\n".to_owned(), ":1: the file has no key \"command\""),
        (
            "[commands.\"Open it\"]\ngroup = \"system\"\n".to_owned(),
            "the name \"Open it\" is not allowed",
        ),
        ("[roles.owner]\ngroups = []\n".to_owned(), ":1: an owner may command every group"),
        ("[roles.butler]\ngroups = []\n".to_owned(), ":1: there is no role \"butler\""),
        ("[roles.guest]\ngroups = [\"lights\"]\n".to_owned(), ":2: there is no group \"lights\""),
        ("[values.location]\nattic = {}\n".to_owned(), ":2: attic of location has no words"),
        (
            "[values.location]\nattic = { en = [\"Kitchen\"] }\n".to_owned(),
            "\"kitchen\" of location means attic and kitchen",
        ),
        (
            "[values.location]\nattic = { en = [\"loft\"] }\nattic = { en = [\"loft\"] }\n"
                .to_owned(),
            ":3: this is not TOML",
        ),
    ] {
        let message = wrong(&text);
        assert!(message.contains(expected), "{text}\n{message}");
        assert!(message.contains("commands.toml:"), "{message}");
    }
}

// The issue: an owner's file may restrict a command of this release, and never weaken it.
#[test]
fn a_command_of_the_release_is_never_weakened() {
    for (text, expected) in [
        (
            "[commands.open_garage]\nrisk = \"low\"\n",
            ":2: open_garage is of high risk, which cannot be lowered to low",
        ),
        (
            "[commands.open_garage]\nkind = \"immediate\"\n",
            ":2: open_garage is always confirmed, which cannot be dropped",
        ),
        ("[commands.open_garage]\ngroup = \"media\"\n", ":2: group of open_garage"),
        (
            "[commands.open_garage]\nwording = { en = \"say hello\" }\n",
            ":2: wording of open_garage",
        ),
        ("[commands.open_garage]\nundo = \"close_door\"\n", ":2: undo of open_garage"),
        ("[commands.open_garage]\naliases = [\"greet\"]\n", ":2: aliases of open_garage"),
        (
            "[commands.open_garage]\nexecutor = \"built_in\"\n",
            ":2: built_in cannot carry out open_garage",
        ),
        (
            "[commands.pause_music]\nexecutor = \"supervisor\"\n",
            ":2: supervisor cannot carry out pause_music",
        ),
        (
            "[commands.open_garage]\npermissions = [\"media.execute\"]\n",
            ":2: a command takes the permission",
        ),
        ("[commands.open_garage]\ncontainer = \"app\"\n", ":2: open_garage is about no container"),
        (
            "[commands.set_volume.slots.level]\nto = 200\n",
            ":1: set_volume.slots.level is from 0 to 100",
        ),
        (
            "[commands.set_volume.slots.level]\nrequired = false\n",
            ":2: of set_volume.slots.level only",
        ),
        (
            "[commands.open_garage.slots.garage]\nvalues = \"door\"\n",
            ":2: of open_garage.slots.garage only",
        ),
        (
            "[commands.open_garage.slots.force]\nkind = \"number\"\n",
            ":1: open_garage has no slot \"force\"",
        ),
        (
            "[commands.turn_on_light.slots.location]\nonly = [\"kitchen\", \"kitchen\"]\n",
            ":2: turn_on_light.slots.location lists \"kitchen\" twice",
        ),
        (
            "[commands.turn_on_light.slots.location]\nonly = [\"attic\"]\n",
            ":2: turn_on_light.slots.location has no value \"attic\"",
        ),
        (
            "[commands.turn_on_light.slots.location]\nonly = []\n",
            ":1: nothing can be chosen for location of turn_on_light",
        ),
        (
            "[commands.turn_on_light]\nrisk = \"medium\"\n",
            ":2: turn_on_light is of medium risk and immediate",
        ),
        ("[values.location]\nkitchen = { said = { en = \"nowhere\" } }\n", "cannot be changed"),
    ] {
        let message = wrong(text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn an_owner_restricts_commands_and_adds_to_them() {
    let catalogue = with(&format!(
        r#"{GREENHOUSE}
undo = "water_plants"
timeout = "1m"
slots.place = {{ kind = "choice", values = "bed", required = false }}
phrases = {{ en = ["water the plants {{place}}"], de = ["gieß die Pflanzen"] }}

[values.bed]
roses = {{ en = ["roses"], de = ["Rosen"] }}

[values.location]
attic = {{ en = ["attic", "loft"], de = ["Dachboden"], said = {{ en = "in the attic", de = "auf dem Dachboden" }} }}
kitchen = {{ en = ["galley"] }}
basement = {{ enabled = false }}

[commands.disable_alarm]
enabled = false

[commands.turn_on_light]
risk = "medium"
kind = "confirm"
executor = "webhook"
slots.location = {{ only = ["kitchen", "attic"] }}
phrases.en = ["let there be light {{location}}"]

[commands.set_volume.slots.level]
to = 60

[commands.stop_watcher]
container = "drop"

[roles.operator]
groups = ["media", "system"]
"#
    ))
    .unwrap();
    assert!(catalogue.find("disable_alarm").is_none());
    assert_eq!(catalogue.disabled().collect::<Vec<_>>(), ["disable_alarm"]);
    let light = catalogue.find("turn_on_light").unwrap();
    assert_eq!((light.nature.risk, light.nature.confirm), (Risk::Medium, true));
    assert_eq!((light.executor, light.source), (Executor::Webhook, Source::BuiltIn));
    let Kind::Choice { values, .. } = &light.slots["location"].kind else { unreachable!() };
    assert_eq!(values.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["attic", "kitchen"]);
    let said = |name, slots: &[(&str, &str)]| catalogue.action(name, slots.iter().copied());
    assert_eq!(
        said("turn_on_light", &[("location", "Galley")]).unwrap().slots()["location"],
        "kitchen"
    );
    assert!(said("turn_on_light", &[("location", "office")]).is_err());
    assert!(said("turn_off_light", &[("location", "office")]).is_ok());
    assert!(said("turn_off_light", &[("location", "basement")]).is_err());
    assert!(said("set_volume", &[("level", "61")]).is_err());
    let water = said("water_plants", &[("place", "rosen")]).unwrap();
    assert_eq!(water.command().source, Source::Owner);
    assert_eq!(catalogue.find("stop_watcher").unwrap().container.as_deref(), Some("drop"));
    assert!(catalogue.roles().may(Role::Operator, Group::System));
    assert!(!catalogue.roles().may(Role::Operator, Group::Security));
    assert!(!catalogue.roles().may(Role::Guest, Group::Media));
    let vocabulary = catalogue.vocabulary();
    assert_eq!(vocabulary.phrases["water_plants"].en, ["water the plants {place}"]);
    assert_eq!(vocabulary.phrases["turn_on_light"].en, ["let there be light {location}"]);
    assert_eq!(vocabulary.slots["close_door"]["door"], "door");
    assert!(vocabulary.values["location"].iter().any(|value| value.id == "attic"));
}
