//! Writing a faster graph, and putting it in its place or taking it back.

use super::{
    Answers, Changes, File, HeadForm, OptimizeError, Optimized, Piece, Plan, SPARE, Speed, Watch,
    forget, head::Head, record,
};
use crate::foundation::values::{Sha256, Sha256Hasher};
use std::{
    fs,
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// The files of a faster graph that nobody uses yet; they go when this goes, unless it is kept.
#[derive(Debug)]
pub struct Draft {
    original: PathBuf,
    graph: PathBuf,
    changes: Changes,
    source: Option<File>,
    made: Option<File>,
    data: Option<File>,
    kept: bool,
    /// Held as long as this is there, so that two commands do not write the same.
    _lock: fs::File,
}

impl Plan {
    /// Writes the new files, and syncs them; the original is only read.
    pub fn write(self, watch: Watch<'_>) -> Result<Draft, OptimizeError> {
        let folder = self.graph.parent().unwrap_or(Path::new("")).to_owned();
        if let Ok(about) = rustix::fs::statvfs(&folder) {
            let (needed, free) =
                (self.bytes() + SPARE, about.f_bavail.saturating_mul(about.f_frsize));
            if needed > free {
                return Err(OptimizeError::NoRoom { path: folder, needed, free });
            }
        }
        let partial = record::beside(&self.graph, "onnx.partial");
        let unwritable =
            |source: io::Error| OptimizeError::Unwritable { path: folder.clone(), source };
        // Not truncated before it is known that nobody else is at it.
        let target = fs::File::options().create(true).truncate(false).write(true).open(&partial);
        let target = target.map_err(unwritable)?;
        target.try_lock().map_err(|_| OptimizeError::Busy(self.graph.clone()))?;
        target.set_len(0).map_err(OptimizeError::writing)?;
        let lock = target.try_clone().map_err(OptimizeError::writing)?;
        let mut draft = Draft {
            original: self.graph.clone(),
            graph: partial,
            changes: self.changes.clone(),
            source: None,
            made: None,
            data: None,
            kept: false,
            _lock: lock,
        };
        draft.source = Some(File::of(&self.graph, watch)?);
        draft.made = Some(self.write_graph(target, watch)?);
        if let Some((head, form)) = &self.head {
            draft.data = Some(self.write_data(head, *form, watch)?);
        }
        Ok(draft)
    }

    fn write_graph(&self, target: fs::File, watch: Watch<'_>) -> Result<File, OptimizeError> {
        let unreadable = |source| OptimizeError::Unreadable { path: self.graph.clone(), source };
        let mut source = fs::File::open(&self.graph).map_err(unreadable)?;
        let mut target = Hashed::new(target);
        let mut block = vec![0; 1 << 20];
        for piece in &self.pieces {
            match piece {
                Piece::Made(bytes) => target.write_all(bytes).map_err(OptimizeError::writing)?,
                Piece::Copied { from, to } => {
                    source.seek(SeekFrom::Start(*from)).map_err(unreadable)?;
                    let mut left = to - from;
                    while left > 0 {
                        let length = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
                        source.read_exact(&mut block[..length]).map_err(unreadable)?;
                        target.write_all(&block[..length]).map_err(OptimizeError::writing)?;
                        left -= length as u64;
                        watch(length as u64)?;
                    }
                }
            }
        }
        target.finish(&record::beside(&self.graph, "onnx"))
    }

    fn write_data(
        &self,
        head: &Head,
        form: HeadForm,
        watch: Watch<'_>,
    ) -> Result<File, OptimizeError> {
        // Its name stands in the graph; without the record nobody looks at either.
        let path = record::beside(&self.graph, "onnx_data");
        let mut target = Hashed::new(fs::File::create(&path).map_err(OptimizeError::writing)?);
        head.write(form, &mut target, watch)?;
        target.finish(&path)
    }
}

impl Draft {
    /// Returns the new graph, to be tried; its external data lies in its place already.
    pub fn graph(&self) -> &Path {
        &self.graph
    }

    /// Puts the new graph in its place, and says so in the record, with what was measured; from then on it is used.
    pub fn keep(mut self, speed: Speed, answers: Answers) -> Result<Optimized, OptimizeError> {
        let (Some(source), Some(graph)) = (self.source.clone(), self.made.clone()) else {
            return Err(OptimizeError::Stopped);
        };
        let record = Optimized {
            version: record::VERSION,
            source,
            graph,
            data: self.data.clone(),
            changes: self.changes.clone(),
            speed,
            answers,
        };
        fs::rename(&self.graph, record::beside(&self.original, "onnx"))
            .map_err(OptimizeError::writing)?;
        record.save(&self.original).map_err(OptimizeError::writing)?;
        self.kept = true;
        Ok(record)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            drop(fs::remove_file(&self.graph));
            drop(forget(&self.original));
        }
    }
}

/// A file that is hashed while it is written.
struct Hashed {
    target: BufWriter<fs::File>,
    hasher: Sha256Hasher,
    bytes: u64,
}

impl Hashed {
    fn new(target: fs::File) -> Self {
        Self {
            target: BufWriter::with_capacity(1 << 20, target),
            hasher: Sha256Hasher::new(),
            bytes: 0,
        }
    }

    fn finish(self, path: &Path) -> Result<File, OptimizeError> {
        let target =
            self.target.into_inner().map_err(|error| OptimizeError::Write(error.into_error()))?;
        target.sync_all().map_err(OptimizeError::writing)?;
        Ok(File { file: record::name(path), bytes: self.bytes, sha256: self.hasher.finish() })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

impl File {
    fn of(path: &Path, watch: Watch<'_>) -> Result<Self, OptimizeError> {
        let unreadable = |source| OptimizeError::Unreadable { path: path.to_owned(), source };
        let (mut bytes, mut stopped) = (0, Ok(()));
        let sha256 = Sha256::of_reader(fs::File::open(path).map_err(unreadable)?, |block| {
            bytes += block;
            if stopped.is_ok() {
                stopped = watch(block);
            }
        });
        stopped?;
        Ok(Self { file: record::name(path), bytes, sha256: sha256.map_err(unreadable)? })
    }
}
