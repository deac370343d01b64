//! Who owns the tree, and who may run a node.

use super::tree::Access;
use crate::foundation::{
    settings::{Environment, Paths},
    values::{ReadinessIssue, Severity},
};
use rustix::process::{getegid, geteuid};
use std::path::Path;

/// The service user's name, on the host and in the image.
const SERVICE_USER: &str = "ladylinux";

/// The service user's id in the image, and on a host that has no user of that name (LL-DEP-16).
const SERVICE_ID: u32 = 10001;

/// A user and a group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

impl Owner {
    /// Returns who is to own the tree: the service user when root provisions a host, else whoever runs this.
    pub fn expected(paths: &Paths) -> Self {
        let me = Self { uid: geteuid().as_raw(), gid: getegid().as_raw() };
        if me.uid != 0 || paths.root != Path::new("/") {
            return me;
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        service_user(&users).unwrap_or(Self { uid: SERVICE_ID, gid: SERVICE_ID })
    }
}

impl Owner {
    /// Whether root provisions a host, where directories can belong to different users.
    pub(super) fn is_of_a_host(paths: &Paths) -> bool {
        geteuid().is_root() && paths.root == Path::new("/")
    }

    /// Returns who is to own a directory, if the tree as a whole is for `self`.
    ///
    /// Configuration belongs to root where there is a choice, and to the node's group: the node cannot change what it is
    /// told. The state directory itself is root's too: the node cannot rename what lies in it.
    pub(super) fn of(self, access: Access) -> Self {
        if !geteuid().is_root() {
            return self;
        }
        match access {
            Access::Read | Access::Optional | Access::Write => self,
            Access::Configuration | Access::Requests => Self { uid: 0, ..self },
            Access::Passage | Access::Supervisor => Self { uid: 0, gid: 0 },
        }
    }
}

/// Finds the service user in the text of `/etc/passwd`.
fn service_user(users: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_service = fields.next() == Some(SERVICE_USER);
        let mut number = |skipped| fields.nth(skipped).and_then(|field| field.parse().ok());
        is_service.then(|| Some(Owner { uid: number(1)?, gid: number(0)? })).flatten()
    })
}

/// Says why a node may not run as this user, if it may not: in `prod`, nothing runs as root.
pub fn refuse_root(environment: Environment, uid: u32) -> Option<ReadinessIssue> {
    (environment == Environment::Prod && uid == 0).then(|| ReadinessIssue {
        severity: Severity::Critical,
        code: "running_as_root".to_owned(),
        message: "the node runs as root, which environment = \"prod\" refuses".to_owned(),
        path: None,
        mend: format!("run it as the service user: `User={SERVICE_USER}` in a unit, `--user {SERVICE_ID}` in a container"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // LL-DEP-16
    #[test]
    fn only_prod_refuses_root() {
        assert_eq!(refuse_root(Environment::Prod, 0).unwrap().code, "running_as_root");
        assert_eq!(refuse_root(Environment::Prod, SERVICE_ID), None);
        assert_eq!(refuse_root(Environment::Dev, 0), None);
    }

    #[test]
    fn the_service_user_is_found_by_name() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\nladylinux:x:998:997::/nonexistent:/sbin/nologin\n";
        assert_eq!(service_user(users), Some(Owner { uid: 998, gid: 997 }));
        assert_eq!(service_user("ladylinuxx:x:1:1::/:\nladylinux:x:nonsense"), None);
    }
}
