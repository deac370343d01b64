//! The open database: one thread writes, a few connections read.

use super::{StoreError, migrate, open};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::{Semaphore, oneshot};

/// How many queries read at once.
const READERS: usize = 4;

/// How many writes may wait; more wait at their callers.
const WRITES_WAITING: usize = 64;

type Write = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the open database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    writes: mpsc::SyncSender<Write>,
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
        let mut writer = open::writable(path)?;
        // One is opened now, to find out whether it can be; the others when they are needed.
        let idle = vec![open::readable(path)?];
        let (writes, inbox) = mpsc::sync_channel::<Write>(WRITES_WAITING);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || inbox.into_iter().for_each(|write| write(&mut writer)))
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
        let job: Write = Box::new(move |connection| {
            // A caller that went away has no use for the answer; its write stands all the same.
            drop(answer.send(transact(connection, work)));
        });
        let writes = self.writes.clone();
        tokio::task::spawn_blocking(move || writes.send(job))
            .await
            .map_err(|_| StoreError::Closed)
            .and_then(|sent| sent.map_err(|_| StoreError::Closed))?;
        answered.await.map_err(|_| StoreError::Closed)?
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
                    .execute("INSERT INTO token VALUES ('a', 'a', x'00', '', 0, NULL)", [])?;
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

    #[tokio::test]
    async fn a_read_cannot_write() {
        let (_directory, store) = store();
        let refused: Result<usize, StoreError> =
            store.read(|connection| Ok(connection.execute("DELETE FROM token", [])?)).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    }
}
