//! Reads `compose.yaml`, with every variable at its default.

use super::{Declared, Denied, Health, bytes, millis, read as read_file};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Compose {
    pub(super) services: BTreeMap<String, Service>,
    /// From its key to its name.
    pub(super) volumes: BTreeMap<String, String>,
    pub(super) network_name: String,
    pub(super) subnet: String,
}

pub(super) struct Service {
    pub(super) declared: Declared,
    pub(super) denied: Denied,
    pub(super) image: String,
    pub(super) build: Option<String>,
    pub(super) container_name: Option<String>,
    pub(super) entrypoint: Vec<String>,
    pub(super) profiles: Vec<String>,
    pub(super) restart: Option<String>,
    pub(super) stop_grace_period: Option<String>,
    /// What it waits for, and until when.
    pub(super) after: BTreeSet<(String, String)>,
    pub(super) address: Option<String>,
}

/// Reads the project's compose file.
pub(super) fn read() -> Compose {
    let text = defaults(&read_file("compose.yaml"));
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    let network = &file["networks"]["ladylinux"];
    let volumes = file["volumes"].as_object().unwrap();
    Compose {
        services: file["services"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, service)| (name.clone(), of(service)))
            .collect(),
        volumes: volumes
            .iter()
            .map(|(key, volume)| (key.clone(), text_of(&volume["name"])))
            .collect(),
        network_name: text_of(&network["name"]),
        subnet: text_of(&network["ipam"]["config"][0]["subnet"]),
    }
}

/// Puts its default in the place of every `${NAME:-default}`.
fn defaults(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let end = start + rest[start..].find('}').unwrap();
        let (name, default) = rest[start + 2..end].split_once(":-").unwrap();
        assert!(name.starts_with("LADYLINUX_"), "{name}");
        out.push_str(&rest[..start]);
        out.push_str(default);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

fn of(service: &Value) -> Service {
    let known = [
        "build",
        "cap_drop",
        "command",
        "container_name",
        "cpus",
        "depends_on",
        "entrypoint",
        "environment",
        "group_add",
        "healthcheck",
        "image",
        "mem_limit",
        "network_mode",
        "networks",
        "pids_limit",
        "ports",
        "profiles",
        "read_only",
        "restart",
        "security_opt",
        "stop_grace_period",
        "tmpfs",
        "user",
        "volumes",
    ];
    for key in service.as_object().unwrap().keys() {
        assert!(known.contains(&key.as_str()), "this test does not compare {key}: teach it");
    }
    let security = list(&service["security_opt"]);
    let dropped: Vec<String> = list(&service["cap_drop"]);
    let depends = service["depends_on"].as_object();
    let optional = |key: &str| service.get(key).map(text_of);
    Service {
        declared: declared(service),
        denied: Denied {
            read_only: service["read_only"] == true,
            dropped: dropped.iter().map(|name| name.to_lowercase()).collect(),
            no_new_privileges: security.contains(&"no-new-privileges".to_owned()),
            tmpfs: list(&service["tmpfs"]),
        },
        image: text_of(&service["image"]),
        build: service.get("build").map(|build| text_of(&build["dockerfile"])),
        container_name: optional("container_name"),
        entrypoint: list(&service["entrypoint"]),
        profiles: list(&service["profiles"]),
        restart: optional("restart"),
        stop_grace_period: optional("stop_grace_period"),
        after: depends
            .into_iter()
            .flatten()
            .map(|(name, until)| (name.clone(), text_of(&until["condition"])))
            .collect(),
        address: service["networks"]["ladylinux"].get("ipv4_address").map(text_of),
    }
}

fn declared(service: &Value) -> Declared {
    let networks = match &service["networks"] {
        Value::Array(_) => list(&service["networks"]),
        Value::Object(networks) => networks.keys().cloned().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let mode = service.get("network_mode").map(text_of).filter(|mode| mode != "none");
    let ports = list(&service["ports"]);
    let environment = service["environment"].as_object();
    Declared {
        command: list(&service["command"]),
        user: text_of(&service["user"]),
        mounts: list(&service["volumes"]).iter().map(|volume| mount(volume)).collect(),
        network: mode.or_else(|| networks.first().cloned()),
        published: ports.first().map(|port| published(port)),
        environment: environment
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), text_of(value)))
            // What is empty is unset (REQUIREMENTS C-9).
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        memory: bytes(&text_of(&service["mem_limit"])),
        cpus: service["cpus"].as_f64().unwrap(),
        pids: service["pids_limit"].as_u64().unwrap().try_into().unwrap(),
        health: match &service["healthcheck"] {
            // Our image has one, which asks the node: whoever is not the node must say so.
            check if check.is_null() => {
                assert!(service.get("build").is_none(), "{service} would be asked as a node");
                None
            }
            check => (check["disable"] != true).then(|| health(check)),
        },
    }
}

fn health(check: &Value) -> Health {
    let test = list(&check["test"]);
    // Without a shell, which the image lacks.
    assert_eq!(test[0], "CMD");
    Health {
        command: test[1..].to_vec(),
        interval: millis(&text_of(&check["interval"])),
        timeout: millis(&text_of(&check["timeout"])),
        retries: check["retries"].as_u64().unwrap().try_into().unwrap(),
        start_period: millis(&text_of(&check["start_period"])),
    }
}

/// Reads `source:target` or `source:target:ro`.
fn mount(volume: &str) -> (String, (String, bool)) {
    let parts: Vec<&str> = volume.split(':').collect();
    match parts[..] {
        [source, target] => (target.to_owned(), (source.to_owned(), false)),
        [source, target, "ro"] => (target.to_owned(), (source.to_owned(), true)),
        _ => panic!("{volume}"),
    }
}

fn published(port: &str) -> (String, u16, u16) {
    let parts: Vec<&str> = port.split(':').collect();
    let [address, outside, inside] = parts[..] else { panic!("{port} names no address") };
    (address.to_owned(), outside.parse().unwrap(), inside.parse().unwrap())
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text_of).collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
