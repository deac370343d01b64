//! The ground that every room stands on: settings, layout, store, telemetry and values.
//!
//! Nothing here knows what the product does.

pub mod layout;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod values;
