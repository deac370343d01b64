//! Learning, searching and answering from documents: on a real database, with real processes and real documents.

mod answers;
mod learning;
mod readers;

use ladylinux::foundation::store::{self, Store};
use ladylinux::knowledge::{LearnOptions, LearnReport, Mode, Reader, learn};
use std::path::{Path, PathBuf};

/// A migrated database of its own.
struct Shelf {
    directory: tempfile::TempDir,
    store: Store,
}

impl Shelf {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        store::migrate(&path).unwrap();
        let store = Store::open(&path).unwrap();
        Self { directory, store }
    }

    /// Writes a file to learn and returns its path.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The directory of files to learn.
    fn root(&self) -> PathBuf {
        self.directory.path().join("files")
    }

    async fn learn(&self, path: &Path) -> LearnReport {
        learn(&self.store, &[path.to_owned()], &options(None), |_| {}).await.unwrap()
    }

    async fn learn_for(&self, path: &Path, reader: Reader) -> LearnReport {
        learn(&self.store, &[path.to_owned()], &options(Some(reader)), |_| {}).await.unwrap()
    }
}

fn options(reader: Option<Reader>) -> LearnOptions {
    LearnOptions { reader, passage_chars: 900, max_file_bytes: 16 << 20, mode: Mode::Write }
}
