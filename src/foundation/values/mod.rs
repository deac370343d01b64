//! Small types that several rooms share: identifiers, time, digests, redaction, readiness.
//!
//! Values only: nothing here does I/O, apart from [`time`], which reads the clock.

mod readiness;
mod redacted;
mod release;
mod request;
mod sha256;
pub mod time;

pub use readiness::{ReadinessIssue, Severity};
pub use redacted::Redacted;
pub use release::Release;
pub use request::RequestVerb;
pub use sha256::{ParseSha256Error, Sha256, Sha256Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "node", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        #[cfg_attr(feature = "node", schema(value_type = Uuid))]
        pub struct $name(pub Uuid);

        impl $name {
            /// Returns a new identifier; later ones sort after earlier ones (UUID version 7).
            #[expect(clippy::new_without_default, reason = "an identifier is never a default")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// Names one request to this node, from the socket to the last log line.
    RequestId
);
id!(
    /// Names one conversation; it lives in memory and is gone after a restart.
    ConversationId
);
id!(
    /// Names one turn of a conversation.
    TurnId
);
id!(
    /// Names one person; it stays theirs, whatever they are called.
    PersonId
);
id!(
    /// Names one command that was asked for, from its decision to its outcome.
    CommandId
);
id!(
    /// Names one change of a profile that was asked for.
    UpdateId
);
id!(
    /// Names one delegation.
    DelegationId
);
id!(
    /// Names one consent.
    ConsentId
);
