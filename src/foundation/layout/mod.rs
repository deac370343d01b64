//! The directory contract: what `ladylinux provision` creates and everything else only checks.
