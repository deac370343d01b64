//! The lists of packages that apt has fetched, below `/var/lib/apt/lists`; compressed or not.

use super::super::{HostError, Machine};
use super::stanzas;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// Where apt keeps them.
pub(super) const PLACE: &str = "/var/lib/apt/lists";

/// No archive has lists of so many bytes; what would be read after them is left out and told.
const MOST_BYTES: u64 = 1 << 30;

/// No machine has so many lists.
const MOST_LISTS: usize = 4096;

/// One list of packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) path: PathBuf,
    pub(super) archive: Archive,
}

/// What an archive says of itself in its Release file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Archive {
    /// Its label and suite, for people.
    pub(super) name: String,
    /// Whether it brings mends of security.
    pub(super) is_security: bool,
    /// Whether apt takes packages from it only if it is asked to (`NotAutomatic`).
    pub(super) on_request: bool,
    /// Whether apt then keeps them up to date (`ButAutomaticUpgrades`).
    pub(super) kept_current: bool,
}

/// Returns the lists of a machine in the order of their names; none if apt has fetched none.
pub(super) fn find(machine: &Machine) -> Result<Vec<List>, HostError> {
    let place = machine.path(PLACE);
    let unreadable = |source| HostError::Read { path: place.clone(), source };
    let entries = match fs::read_dir(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut names: Vec<String> = entries
        .take(MOST_LISTS)
        .filter_map(Result::ok)
        // What is no file might never begin or end.
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let archives: BTreeMap<&str, Archive> = names
        .iter()
        .filter_map(|name| {
            let stem = name.strip_suffix("_InRelease").or_else(|| name.strip_suffix("_Release"))?;
            Some((stem, archive(&place.join(name)).ok()?))
        })
        .collect();
    let lists = names.iter().filter(|name| is_list(name)).map(|name| {
        // The longest that fits: one archive may lie below another.
        let fits = archives
            .iter()
            .rev()
            .find(|(stem, _)| name.strip_prefix(**stem).is_some_and(|rest| rest.starts_with('_')));
        List {
            path: place.join(name),
            archive: fits.map_or_else(Archive::default, |(_, archive)| archive.clone()),
        }
    });
    Ok(lists.collect())
}

fn is_list(name: &str) -> bool {
    let end = name.rsplit_once("_Packages").map(|(_, end)| end);
    matches!(end, Some("" | ".lz4" | ".gz" | ".zst" | ".xz" | ".bz2" | ".lzma"))
}

fn archive(path: &Path) -> io::Result<Archive> {
    let mut found = Archive::default();
    let fields = ["Label", "Suite", "Codename", "NotAutomatic", "ButAutomaticUpgrades"];
    // A signed file begins with lines of its signature; the fields follow as one stanza.
    let file = BufReader::new(File::open(path)?.take(MOST_BYTES));
    stanzas::each(file, fields, |[label, suite, codename, on_request, kept_current]| {
        if label.is_empty() && suite.is_empty() && codename.is_empty() {
            return;
        }
        let named = [label, suite, codename];
        let short =
            if suite.contains("security") || codename.is_empty() { suite } else { codename };
        found = Archive {
            name: format!("{label} {short}").trim().chars().take(80).collect(),
            is_security: named.iter().any(|name| name.to_ascii_lowercase().ends_with("-security")),
            on_request: on_request == "yes",
            kept_current: kept_current == "yes",
        };
    })?;
    Ok(found)
}

impl List {
    /// Calls `visit` with package, architecture and version of everything in it.
    pub(super) fn each(&self, visit: impl FnMut(&stanzas::Values<3>)) -> io::Result<u64> {
        stanzas::each(self.open()?, ["Package", "Architecture", "Version"], visit)
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        let file = BufReader::with_capacity(64 << 10, File::open(&self.path)?);
        let form = self.path.extension().and_then(|form| form.to_str()).unwrap_or_default();
        let plain: Box<dyn Read> = match form {
            "lz4" => Box::new(lz4_flex::frame::FrameDecoder::new(file)),
            "gz" => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
            "zst" => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(file);
                Box::new(decoder.map_err(|error| io::Error::other(error.to_string()))?)
            }
            "xz" | "bz2" | "lzma" => {
                let what = format!("files packed as .{form} are not read");
                return Err(io::Error::new(io::ErrorKind::Unsupported, what));
            }
            _ => Box::new(file),
        };
        let limited = Limited { inner: plain, left: MOST_BYTES };
        Ok(Box::new(BufReader::with_capacity(64 << 10, limited)))
    }
}

/// Ends with an error where a list is longer than any that is honest.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.checked_sub(u64::try_from(read).unwrap_or(u64::MAX));
        let too_long = || io::Error::new(io::ErrorKind::InvalidData, "it is longer than 1 GiB");
        self.left = left.ok_or_else(too_long)?;
        Ok(read)
    }
}
