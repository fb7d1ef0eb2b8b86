//! `JsonLines`: events in a file, one JSON object on each line; older ones in `FILE.1`, `FILE.2` …

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::read::identity;
use super::{Event, Sink};
use crate::error::{Error, ErrorKind, Result};

/// A sink that appends events to a file, and begins a new one when that is full.
///
/// An event that cannot be written is told to the log and lost: a full disk does not stop the application.
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    max_bytes: u64,
    keep: u32,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl JsonLines {
    /// Appends to `path`. A file that would grow beyond `max_bytes` is renamed to `path.1` (and that to `path.2`, up to
    /// `keep` of them; the oldest is removed).
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the file cannot be opened.
    pub fn open(path: impl Into<PathBuf>, max_bytes: u64, keep: u32) -> Result<Self> {
        let path = path.into();
        let io = |source| {
            Error::new(ErrorKind::Io { what: "cannot open the audit file", path: path.clone(), source })
        };
        let file = append(&path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        Ok(Self { path, max_bytes, keep, open: Mutex::new(Open { file, bytes }) })
    }

    fn write(&self, event: &Event) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = open.bytes.saturating_add(line.len() as u64);
        if grown > self.max_bytes && open.bytes > 0 {
            // Another process may have begun a new file in the meantime.
            if is_current(&self.path, &open.file) {
                rotate(&self.path, self.keep)?;
            }
            let file = append(&self.path)?;
            *open = Open { bytes: file.metadata()?.len(), file };
        }
        // One write for each line: several processes may append to one file.
        open.file.write_all(&line)?;
        open.bytes = open.bytes.saturating_add(line.len() as u64);
        Ok(())
    }
}

impl Sink for JsonLines {
    fn record(&self, event: &Event) {
        if let Err(error) = self.write(event) {
            tracing::error!(file = %self.path.display(), %error, "an audit event was lost");
        }
    }
}

/// What plugins touch is the user's business: a new file is for its owner alone.
fn append(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether `file` is the one at `path`.
fn is_current(path: &Path, file: &File) -> bool {
    let there = std::fs::metadata(path).ok().and_then(|metadata| identity(&metadata));
    there == file.metadata().ok().and_then(|metadata| identity(&metadata))
}

/// The file that is rotated away `number` times.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

fn rotate(path: &Path, keep: u32) -> std::io::Result<()> {
    let numbered = |number: u32| numbered(path, number);
    if keep == 0 {
        return std::fs::remove_file(path);
    }
    for number in (1..keep).rev() {
        let from = numbered(number);
        if from.exists() {
            std::fs::rename(from, numbered(number + 1))?;
        }
    }
    std::fs::rename(path, numbered(1))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::audit::Verdict;

    #[test]
    fn a_full_file_makes_room_and_the_oldest_goes() {
        let folder = std::env::temp_dir().join(format!("plugbay-audit-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("audit.jsonl");
        let event = |call| Event {
            time: SystemTime::UNIX_EPOCH,
            plugin: "p\u{1b}[2J\n".into(),
            version: None,
            digest: None,
            call,
            capability: "wasi:clocks/wall-clock@0.2.12".into(),
            operation: "now".into(),
            target: None,
            verdict: Verdict::Allowed,
            rule: "granted".into(),
            count: 3,
            duration: None,
        };
        let lines = JsonLines::open(&path, 400, 2).unwrap();
        (0..9).for_each(|call| lines.record(&event(call)));
        drop(lines);
        JsonLines::open(&path, 400, 2).unwrap().record(&event(9));
        let calls = |name: &str| -> Vec<u64> {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(text.len() <= 400, "{name}: {}", text.len());
            text.lines()
                .map(|line| {
                    serde_json::from_str::<serde_json::Value>(line).unwrap()["call"].as_u64().unwrap()
                })
                .collect()
        };
        let kept = [calls("audit.jsonl.2"), calls("audit.jsonl.1"), calls("audit.jsonl")].concat();
        assert!(kept.len() >= 3 && kept.len() < 10, "{kept:?}");
        assert_eq!(kept.last(), Some(&9));
        assert!(kept.windows(2).all(|pair| pair[1] == pair[0] + 1), "{kept:?}");
        assert!(!folder.join("audit.jsonl.3").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
