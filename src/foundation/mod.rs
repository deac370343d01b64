//! The ground that every room stands on: settings, layout, store, audit, telemetry and values.
//!
//! Nothing here knows what the product does.

#[cfg(feature = "node")]
pub mod audit;
#[cfg(feature = "node")]
pub mod layout;
#[cfg(feature = "node")]
pub mod settings;
#[cfg(feature = "node")]
pub mod store;
#[cfg(feature = "node")]
pub mod telemetry;
pub mod values;
