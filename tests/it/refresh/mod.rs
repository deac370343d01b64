//! The refresh against real things: the supervisor's binary, a private container engine, a registry, images, SIGKILL.
//!
//! A test has a node of its own ([`lab::Lab`]). What is inside a release is not tested here, so that a stand-in of a few
//! hundred kilobytes plays it (`tests/refresh/release.c`); only [`real`] takes the real image.

mod engine;
mod lab;
mod registry;
mod release;
mod socket;
mod wire;

mod archives;
mod bad_releases;
mod daemon;
mod fetching;
mod handover;
mod kills;
mod machine;
mod owners;
mod real;
mod requests;
mod signatures;
mod state;
mod steps;
