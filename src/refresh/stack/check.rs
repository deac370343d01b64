//! What a stack must not say: contradictions that no refresh could obey, and exposures that nobody should want.

use super::{Network, Stack};

/// Returns what makes a stack impossible: names that nobody declares, orders that never end.
pub(super) fn contradictions(stack: &Stack) -> Vec<String> {
    let mut found = Vec::new();
    for (name, container) in stack.containers.iter().chain(&stack.one_shots) {
        for mount in &container.mounts {
            if !mount.source.starts_with('/') && !stack.volumes.contains_key(&mount.source) {
                found.push(format!(
                    "{name} mounts the volume {}, which is not declared",
                    mount.source
                ));
            }
        }
        for earlier in &container.after {
            if !stack.containers.contains_key(earlier) {
                found.push(format!("{name} runs after {earlier}, which is not declared"));
            }
        }
    }
    let published =
        stack.containers.values().filter(|one| one.network == Network::Published).count();
    if published != 1 {
        found.push(format!("{published} containers are published: exactly one answers"));
    }
    found
}

/// Returns what is wrong with a stack that could run.
pub fn objections(stack: &Stack) -> Vec<String> {
    let publish = &stack.publish;
    let mut found = Vec::new();
    // C-39, VOX-63, VOX-64
    if !publish.address.is_loopback() && !publish.tls && !publish.proxy {
        found.push(format!(
            "publish.address is {}, which others can reach, without TLS: set publish.tls and the node's certificate, or \
             declare the proxy that terminates TLS with publish.proxy",
            publish.address
        ));
    }
    found
}
