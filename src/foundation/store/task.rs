//! The open database: one thread writes, a few connections read.

use super::{StoreError, migrate, open};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::{Semaphore, oneshot};

/// What the writer's thread is asked.
enum Job {
    /// To write, and tell whoever waits for it.
    Write(Write),
    /// To work the journal in, and to say when that is done.
    Settle(oneshot::Sender<()>),
    /// To close the database, and to say when that is done.
    Close(oneshot::Sender<()>),
}

/// How many queries read at once.
const READERS: usize = 4;

/// How many writes may wait; more wait at their callers.
const WRITES_WAITING: usize = 64;

type Write = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    writes: mpsc::SyncSender<Job>,
    readers: Arc<Readers>,
}

struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the database at `path`, whose schema must be right.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        migrate::check(path)?;
        let writer = open::writable(path)?;
        // One is opened now, to find out whether it can be; the others when they are needed.
        let idle = vec![open::readable(path)?];
        let (writes, inbox) = mpsc::sync_channel::<Job>(WRITES_WAITING);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work(writer, &inbox))
            .map_err(|error| StoreError::Open {
                path: path.to_owned(),
                source: rusqlite::Error::ToSqlConversionFailure(Box::new(error)),
            })?;
        let readers = Readers {
            path: path.to_owned(),
            permits: Arc::new(Semaphore::new(READERS)),
            idle: Mutex::new(idle),
        };
        Ok(Self { writes, readers: Arc::new(readers) })
    }

    /// Runs `work` in one write transaction; it is committed if `work` returns `Ok`, and durable when this returns.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let write: Write = Box::new(move |connection| {
            // A caller that went away has no use for the answer; its write stands all the same.
            drop(answer.send(transact(connection, work)));
        });
        self.ask(Job::Write(write)).await?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Closes the database, after what is read and written already: its journal is worked in, and nothing is left beside it.
    ///
    /// Whoever asks later is told that it is closed. Another process that has it open keeps its journal.
    pub async fn close(&self) {
        let readers = Arc::clone(&self.readers);
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        if let Ok(permits) = readers.permits.acquire_many(all).await {
            readers.permits.close();
            drop(permits);
        }
        readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let (closed, waited) = oneshot::channel();
        if self.ask(Job::Close(closed)).await.is_ok() {
            // A writer that has gone already has closed it.
            drop(waited.await);
        }
    }

    /// Works the journal in, so that what was deleted is overwritten there as well, as far as nobody reads from it meanwhile.
    pub async fn settle(&self) -> Result<(), StoreError> {
        let (settled, waited) = oneshot::channel();
        self.ask(Job::Settle(settled)).await?;
        waited.await.map_err(|_| StoreError::Closed)
    }

    async fn ask(&self, job: Job) -> Result<(), StoreError> {
        let writes = self.writes.clone();
        tokio::task::spawn_blocking(move || writes.send(job))
            .await
            .map_err(|_| StoreError::Closed)
            .and_then(|sent| sent.map_err(|_| StoreError::Closed))
    }

    /// Runs `work` on a connection that cannot write.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let permits = Arc::clone(&self.readers.permits);
        let permit = permits.acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            // It goes with the query and not with the caller, who may leave while the query runs on.
            let _permit = permit;
            let connection = readers.take()?;
            let result = work(&connection);
            readers.put_back(connection);
            result
        })
        .await
        .map_err(|_| StoreError::Closed)?
    }
}

impl Readers {
    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open::readable(&self.path), Ok)
    }

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// Writes until nobody is left who could ask, or the database is to be closed.
fn work(mut connection: Connection, inbox: &mpsc::Receiver<Job>) {
    for job in inbox {
        match job {
            Job::Write(write) => write(&mut connection),
            Job::Settle(settled) => {
                work_in(&connection);
                settled.send(()).unwrap_or_default();
            }
            Job::Close(closed) => {
                // SQLite does the same by itself when the last connection closes, unless somebody else has it open.
                work_in(&connection);
                drop(connection);
                // Whoever asked may have left since.
                closed.send(()).unwrap_or_default();
                return;
            }
        }
    }
}

fn work_in(connection: &Connection) {
    let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
    if let Err(error) = connection.query_row(truncate, [], |_| Ok(())) {
        tracing::warn!(%error, "the database's journal is worked in later");
    }
}

fn transact<T, E: From<StoreError>>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    let done = work(&transaction)?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        migrate::migrate(&path).unwrap();
        (directory, Store::open(&path).unwrap())
    }

    async fn count(store: &Store) -> i64 {
        store
            .read(|connection| {
                connection
                    .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
                    .map_err(StoreError::from)
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn what_a_failing_write_did_is_undone() {
        let (_directory, store) = store();
        let failed: Result<(), StoreError> = store
            .write(|transaction| {
                transaction
                    .execute("INSERT INTO token VALUES ('a', 'a', x'00', '', 0, NULL, NULL)", [])?;
                Err(StoreError::Closed)
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(count(&store).await, 0);
    }

    #[tokio::test]
    async fn a_reader_that_leaves_keeps_its_connection_until_its_query_ends() {
        let (_directory, store) = store();
        let (release, held) = mpsc::channel::<()>();
        let (begun, mut running) = tokio::sync::mpsc::unbounded_channel();
        let query = store.clone();
        let caller = tokio::spawn(async move {
            query
                .read(move |_| {
                    begun.send(()).unwrap();
                    held.recv().unwrap_err();
                    Ok::<_, StoreError>(())
                })
                .await
        });
        running.recv().await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(store.readers.permits.available_permits(), READERS - 1);
        drop(release);
        let all = u32::try_from(READERS).unwrap();
        drop(store.readers.permits.acquire_many(all).await.unwrap());
    }

    // LL-DEP-39
    #[tokio::test]
    async fn a_store_that_is_closed_leaves_one_file_with_everything_in_it() {
        let (directory, store) = store();
        store
            .write(|transaction| {
                transaction
                    .execute("INSERT INTO token VALUES ('a', 'a', x'00', '', 0, NULL, NULL)", [])?;
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        assert!(directory.path().join("ladylinux.db-wal").exists());
        store.close().await;
        let left: Vec<_> = std::fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(left, ["ladylinux.db"]);
        let late: Result<(), StoreError> = store.read(|_| Ok(())).await;
        assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
        let late: Result<(), StoreError> = store.write(|_| Ok(())).await;
        assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
        store.close().await;
        let again = Store::open(&directory.path().join("ladylinux.db")).unwrap();
        assert_eq!(count(&again).await, 1);
    }

    #[tokio::test]
    async fn a_read_cannot_write() {
        let (_directory, store) = store();
        let refused: Result<usize, StoreError> =
            store.read(|connection| Ok(connection.execute("DELETE FROM token", [])?)).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    }
}
