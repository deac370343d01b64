//! Content that must never reach a log.

use serde::{Deserialize, Serialize};

/// Speech, a prompt, a document or a secret: `Debug` prints its length, and there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "node", derive(utoipa::ToSchema))]
#[serde(transparent)]
#[cfg_attr(feature = "node", schema(value_type = String))]
pub struct Redacted<T>(pub T);

impl<T: AsRef<str>> Redacted<T> {
    /// Hands out the content, to be used and not to be logged.
    pub fn expose(&self) -> &str {
        self.0.as_ref()
    }
}

impl<T: AsRef<str>> std::fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} bytes redacted>", self.0.as_ref().len())
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(content: T) -> Self {
        Self(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_a_length_and_nothing_else() {
        assert_eq!(format!("{:?}", Redacted("my secret")), "<9 bytes redacted>");
    }
}
