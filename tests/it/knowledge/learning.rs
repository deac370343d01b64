//! What is learned, skipped, refused and forgotten, and that a killed learner loses nothing it told of.

use super::{Shelf, options};
use ladylinux::foundation::store::{self, Store};
use ladylinux::knowledge::{LearnReport, Mode, Outcome, Reader, documents, forget, learn};
use std::{
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

fn counts(report: &LearnReport) -> (u64, u64, u64, u64, usize) {
    (report.added, report.updated, report.unchanged, report.removed, report.failed.len())
}

#[tokio::test]
async fn learning_again_reads_only_what_changed_and_forgets_what_is_gone() {
    let shelf = Shelf::new();
    shelf.file("a.md", "# Apples\n\nApples are red.");
    let b = shelf.file("deep/b.txt", "Bananas are yellow.");
    assert_eq!(counts(&shelf.learn(&shelf.root()).await), (2, 0, 0, 0, 0));
    shelf.file("a.md", "# Apples\n\nApples are green.");
    assert_eq!(counts(&shelf.learn(&shelf.root()).await), (0, 1, 1, 0, 0));
    std::fs::remove_file(b).unwrap();
    assert_eq!(counts(&shelf.learn(&shelf.root()).await), (0, 0, 1, 1, 0));
    let found = shelf.search("apples bananas", &Reader::Everyone, 9).await;
    let texts: Vec<_> = found.iter().map(|passage| passage.text.as_str()).collect();
    assert_eq!(texts, ["# Apples\n\nApples are green."]);
}

#[tokio::test]
async fn hidden_files_links_and_other_kinds_are_left_alone() {
    let shelf = Shelf::new();
    shelf.file(".git/config.txt", "hidden");
    shelf.file("picture.png", [0, 1, 2]);
    let outside = tempfile::NamedTempFile::with_suffix(".txt").unwrap();
    symlink(outside.path(), shelf.root().join("link.txt")).unwrap();
    let report = shelf.learn(&shelf.root()).await;
    assert_eq!((counts(&report), report.other), ((0, 0, 0, 0, 0), 1));
}

#[tokio::test]
async fn a_file_that_cannot_be_learned_is_named_and_stops_no_other() {
    let shelf = Shelf::new();
    shelf.file("binary.txt", b"PK\0\x01");
    shelf.file("large.txt", "x".repeat(2000));
    shelf.file("good.txt", "Good words.");
    let mut options = options(None);
    options.max_file_bytes = 1000;
    let report = learn(&shelf.store, &[shelf.root()], &options, |_| {}).await.unwrap();
    assert_eq!(counts(&report), (1, 0, 0, 0, 2));
    let reasons: Vec<_> = report.failed.iter().map(|failure| failure.reason.as_str()).collect();
    assert!(reasons[0].contains("NUL"), "{reasons:?}");
    assert!(reasons[1].contains("2000 bytes"), "{reasons:?}");
}

#[tokio::test]
async fn what_merely_cannot_be_read_now_is_kept() {
    let shelf = Shelf::new();
    let file = shelf.file("locked/a.txt", "Kept words.");
    shelf.learn(&shelf.root()).await;
    let closed = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(file.parent().unwrap(), closed).unwrap();
    if file.exists() {
        return crate::node::skip(
            "unreadable directories",
            "run as root, which may read everything",
        );
    }
    let report = shelf.learn(&shelf.root()).await;
    let open = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(file.parent().unwrap(), open).unwrap();
    assert_eq!(counts(&report), (0, 0, 0, 0, 1));
    assert_eq!(documents(&shelf.store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_document_whose_content_became_unusable_is_not_cited_any_more() {
    let shelf = Shelf::new();
    shelf.file("a.txt", "Old words.");
    shelf.learn(&shelf.root()).await;
    shelf.file("a.txt", b"\0\0");
    assert_eq!(counts(&shelf.learn(&shelf.root()).await), (0, 0, 0, 0, 1));
    assert!(documents(&shelf.store).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_path_that_does_not_exist_changes_nothing() {
    let shelf = Shelf::new();
    shelf.file("a.txt", "Words.");
    shelf.learn(&shelf.root()).await;
    std::fs::rename(shelf.root(), shelf.root().with_extension("away")).unwrap();
    let refused = learn(&shelf.store, &[shelf.root()], &options(None), |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("learn --forget"));
    assert_eq!(documents(&shelf.store).await.unwrap().len(), 1);
    assert_eq!(forget(&shelf.store, &shelf.root()).await.unwrap().len(), 1);
    assert!(documents(&shelf.store).await.unwrap().is_empty());
}

/// Neither as text nor as a word of the index, neither by a command nor because the file is gone.
#[tokio::test]
async fn what_was_forgotten_is_nowhere_in_the_database_any_more() {
    let stored = |shelf: &Shelf| {
        let bytes = std::fs::read(shelf.directory.path().join("ladylinux.db")).unwrap();
        let beside = shelf.directory.path().join("ladylinux.db-wal");
        assert!(!beside.exists(), "the journal was worked in");
        ["Kept", "zyxwcanar", "/gone"]
            .map(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
    };
    for by_command in [true, false] {
        let shelf = Shelf::new();
        shelf.file("kept.txt", "Kept words.");
        let gone =
            shelf.file("gone.md", "# Zyxwcanary\n\nThe zyxwcanary sings.\n\nAnd zyxwcanaries.");
        shelf.learn(&shelf.root()).await;
        shelf.store.close().await;
        assert_eq!(stored(&shelf), [true, true, true]);
        let shelf = Shelf {
            store: Store::open(&shelf.directory.path().join("ladylinux.db")).unwrap(),
            ..shelf
        };
        if by_command {
            forget(&shelf.store, &gone.canonicalize().unwrap()).await.unwrap();
        } else {
            std::fs::remove_file(gone).unwrap();
            shelf.learn(&shelf.root()).await;
        }
        shelf.store.close().await;
        assert_eq!(stored(&shelf), [true, false, false]);
    }
}

#[tokio::test]
async fn a_dry_run_tells_and_writes_nothing() {
    let shelf = Shelf::new();
    shelf.file("a.txt", "Words.");
    let mut options = options(None);
    options.mode = Mode::DryRun;
    let mut told = Vec::new();
    let tell = |progress: ladylinux::knowledge::Progress| told.push(progress.outcome);
    learn(&shelf.store, &[shelf.root()], &options, tell).await.unwrap();
    assert_eq!(told, [Outcome::Added]);
    assert!(documents(&shelf.store).await.unwrap().is_empty());
}

/// How many files the killed learner is given; enough that it is killed in the middle.
const FILES: usize = 400;

/// How many lines it may print before it is killed.
const TOLD: usize = 60;

// SIGKILL loses nothing that was reported as learned.
#[tokio::test]
async fn a_learner_killed_in_the_middle_has_kept_all_that_it_told_of() {
    let shelf = Shelf::new();
    // With names so long that the pipe cannot hold all lines, it waits for us and cannot end before it is killed.
    let folder = "x".repeat(250);
    for number in 0..FILES {
        let words = format!("Word{number} is told here. ").repeat(40);
        shelf.file(&format!("{folder}/{number:04}.txt"), words);
    }
    let node = tempfile::tempdir().unwrap();
    let database = node.path().join("var/lib/ladylinux/data/ladylinux.db");
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    store::migrate(&database).unwrap();
    let mut learner = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
        .arg("learn")
        .arg(shelf.root())
        .arg("--root")
        .arg(node.path())
        // What the tests are told is nothing that the node would know.
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(learner.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        told.extend(line.unwrap().strip_prefix("learned ").map(str::to_owned));
        if told.len() == TOLD {
            learner.kill().unwrap();
        }
    }
    learner.wait().unwrap();
    assert!((TOLD..FILES).contains(&told.len()), "killed too late: {} told", told.len());

    let store = store::Store::open(&database).unwrap();
    let kept: Vec<_> = documents(&store).await.unwrap().into_iter().map(|kept| kept.path).collect();
    assert!(told.iter().all(|path| kept.contains(path)), "told of more than was kept");
    let verdict: String = store
        .read(|connection| {
            connection
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .map_err(store::StoreError::from)
        })
        .await
        .unwrap();
    assert_eq!(verdict, "ok");
    let report = learn(&store, &[shelf.root()], &options(None), |_| {}).await.unwrap();
    assert_eq!(report.unchanged, kept.len() as u64);
    assert_eq!(report.added + report.unchanged, FILES as u64);
}
