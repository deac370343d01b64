//! Logs and metrics; neither ever carries speech, prompts, documents or secrets.
