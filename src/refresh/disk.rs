//! The disk that images are stored on: how much is free, and making sure that it has what was written.

use std::{fs::File, io, path::Path};

/// Returns the bytes that are free for everybody.
pub fn free(path: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(path)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// Writes everything out that the file system still has in memory.
///
/// containers/storage does not do so itself: a power cut after a pull has left a store behind that no container started from.
pub fn sync(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(path)?)?)
}
