//! Models on disk: the manifest that describes them, which are installed, and whether their files are what they should be.
//!
//! The manifest is descriptive only: nothing here opens a network connection (LL-DEP-47).
