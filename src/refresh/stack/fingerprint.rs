//! The fingerprint of a declaration: a container whose label says another one was made from something else.

use super::{Network, Stack};
use crate::foundation::values::Sha256;
use serde_json::{Map, Value, json};

/// Returns the fingerprint of what a container or one-shot of this name is created from: its declaration, its network,
/// and, if the port leads there, where the node is published.
///
/// It depends on neither the order of keys nor on what is not said, so that a release which learns a new optional key
/// keeps the fingerprints of the stacks that do not use it. A name that nobody declares has the fingerprint of nothing.
pub fn fingerprint(stack: &Stack, name: &str) -> Sha256 {
    let declared = stack.containers.get(name).or_else(|| stack.one_shots.get(name));
    let network = declared.map_or(Network::None, |container| container.network);
    let published = network == Network::Published;
    let facts = json!({
        "stack": stack.name,
        "name": name,
        "container": declared,
        "network": (network != Network::None).then_some(&stack.network),
        "publish": published.then_some(&stack.publish),
    });
    Sha256::of(canonical(facts).to_string())
}

/// Sorts the keys, and drops what says nothing.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut kept: Vec<_> = map
                .into_iter()
                .map(|(key, value)| (key, canonical(value)))
                .filter(|(_, value)| !says_nothing(value))
                .collect();
            kept.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(Map::from_iter(kept))
        }
        Value::Array(values) => Value::Array(values.into_iter().map(canonical).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::stack::load;

    #[test]
    fn every_change_of_a_declaration_changes_its_fingerprint_and_nobody_elses() {
        let stack = load(None, None).unwrap();
        let of = |change: &dyn Fn(&mut Stack)| {
            let mut changed = stack.clone();
            change(&mut changed);
            (fingerprint(&changed, "api"), fingerprint(&changed, "prepare"))
        };
        let (api, prepare) = of(&|_| ());
        let changes: [&dyn Fn(&mut Stack); 8] = [
            &|stack| api_of(stack).pids = 77,
            &|stack| api_of(stack).command.push("--verbose".into()),
            &|stack| api_of(stack).mounts[0].read_only = false,
            &|stack| api_of(stack).mounts.swap(0, 1),
            &|stack| drop(api_of(stack).environment.insert("LADYLINUX_ENV".into(), String::new())),
            &|stack| api_of(stack).health = None,
            &|stack| stack.publish.port = 9000,
            &|stack| stack.network = "other".into(),
        ];
        for (number, change) in changes.iter().enumerate() {
            let (changed, untouched) = of(change);
            assert_ne!(changed, api, "change {number}");
            assert_eq!(untouched, prepare, "change {number}");
        }
        // How a refresh goes, and where releases come from, is no part of a container.
        assert_eq!(of(&|stack| stack.image.channel = "develop".into()), (api, prepare));
        assert_eq!(of(&|stack| stack.refresh.ready_answers = 9), (api, prepare));
        assert_ne!(api, fingerprint(&stack, "nobody"));
    }

    fn api_of(stack: &mut Stack) -> &mut crate::refresh::stack::Container {
        stack.containers.get_mut("api").unwrap()
    }

    // LL-REF-28: what a newer supervisor would compute otherwise would recreate every container for nothing.
    #[test]
    fn the_fingerprint_of_a_declaration_is_the_same_in_every_release() {
        let mut stack = load(None, None).unwrap();
        (stack.name, stack.network) = ("node".into(), "net".into());
        let declared = json!({
            "command": ["serve"], "user": "1:1", "environment": {"A": "b"}, "network": "stack",
            "mounts": [{"source": "v", "target": "/v", "read_only": true}, {"source": "w", "target": "/w"}],
            "memory": "1536 MiB", "cpus": 1.5, "pids": 9, "timeout": "1m 30s",
            "health": {"command": ["ok"], "interval": "30s", "timeout": "5s", "retries": 3, "start_period": "1s"},
        });
        *api_of(&mut stack) = serde_json::from_value(declared).unwrap();
        let expected = "1dfff67a505abfab8c8bc891468d61ce607b6e2212b294d4042f994a92438ade";
        assert_eq!(fingerprint(&stack, "api").to_string(), expected);
    }

    #[test]
    fn what_says_nothing_is_no_part_of_it() {
        let (one, other) = (json!({"b": 1, "a": {}}), json!({"c": null, "b": 1, "d": false}));
        assert_eq!(canonical(one).to_string(), canonical(other).to_string());
    }
}
