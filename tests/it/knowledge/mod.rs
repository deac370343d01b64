//! Learning, searching and answering from documents: on a real database, with real processes and real documents.

mod answers;
mod learning;
mod manuscripts;
mod meaning;
mod readers;
mod reranking;

use crate::workers::vacant;
use ladylinux::foundation::settings::{self, Settings};
use ladylinux::foundation::store::{self, Store};
use ladylinux::inference::{
    models::{Installed, Task},
    workers::{Extractor, Post, Spawn, Workers},
};
use ladylinux::knowledge::{
    Halves, LearnOptions, LearnReport, Mode, Passage, Reader, Searcher, keep_vectors, learn,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

    /// Searches by words.
    async fn search(&self, question: &str, reader: &Reader, limit: usize) -> Vec<Passage> {
        let searcher = Searcher::new(self.store.clone(), None);
        searcher.search(question, reader, limit).await.unwrap().passages
    }

    /// Starts an embedding worker, and gives every passage its vector.
    fn with_meaning(&self, model: &Path) -> Librarian {
        let mut settings = Settings::for_tests(self.directory.path());
        settings.paths.onnxruntime = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
        let graph = model.join("onnx/model.onnx");
        let (id, directory) = ("tiny".to_owned(), model.to_owned());
        let installed = Installed { id, directory, graph, task: Task::Embed, embedding: None };
        let program = env!("CARGO_BIN_EXE_ladylinux").into();
        let spawn = Ok(Spawn::embed(&settings, program, &installed));
        let workers = Workers::with(&settings, vacant(), Post { spawn, model: None }, vacant());
        let (embedder, llm) = (workers.embedder.clone(), workers.llm.clone());
        let keeper = tokio::spawn(keep_vectors(self.store.clone(), embedder.clone(), llm));
        let searcher = Searcher::new(self.store.clone(), Some(embedder));
        Librarian { searcher, workers, keeper }
    }

    async fn learn_for(&self, path: &Path, reader: Reader) -> LearnReport {
        learn(&self.store, &[path.to_owned()], &options(Some(reader)), |_| {}).await.unwrap()
    }
}

/// Finds by meaning as well.
struct Librarian {
    searcher: Searcher,
    workers: Workers,
    keeper: tokio::task::JoinHandle<()>,
}

impl Librarian {
    /// Waits until something is as it should be.
    async fn until<F: Future<Output = bool>>(&self, fact: impl Fn() -> F) {
        let waiting = async {
            while !fact().await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(10), waiting).await.expect("it never came");
    }

    /// Waits until every passage has its vector.
    async fn complete(&self) {
        self.until(async || {
            let found = self.searcher.search("anything", &Reader::Everyone, 1).await.unwrap();
            found.by == Halves::WordsAndMeaning
        })
        .await;
    }

    async fn stop(self) {
        self.keeper.abort();
        self.workers.stop().await;
    }
}

fn options(reader: Option<Reader>) -> LearnOptions {
    LearnOptions {
        reader,
        passage_chars: 900,
        max_file_bytes: 16 << 20,
        extractor: extractor(|_| ()),
        mode: Mode::Write,
    }
}

/// Starts the real worker, with other limits if a test wants them.
pub(crate) fn extractor(change: impl FnOnce(&mut settings::Extract)) -> Extractor {
    let mut settings = Settings::for_tests(Path::new("/nowhere"));
    change(&mut settings.extract);
    Extractor::with(&settings, env!("CARGO_BIN_EXE_ladylinux").into())
}
