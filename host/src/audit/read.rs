//! `EventLog`: events read back from the files of `JsonLines`, the oldest first, across files that were rotated away, and on as the
//! file grows.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::Event;
use super::lines::numbered;
use crate::error::{Error, ErrorKind, Result};

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 1 << 20;
/// How many rotated files are looked for.
const MAX_FILES: u32 = 10_000;

/// Events in a file that [`JsonLines`](super::JsonLines) wrote, with those in the rotated files beside it; the oldest first.
///
/// An iterator that goes on: it gives `None` at the end, and what was written since when it is asked again. So `plugbay audit
/// --follow` reads.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    /// Files that come after the one that is read, in order.
    next: VecDeque<PathBuf>,
    current: Option<Current>,
}

/// A file that is read.
#[derive(Debug)]
struct Current {
    path: PathBuf,
    file: BufReader<File>,
    identity: Option<(u64, u64)>,
    /// The line that is read, from 1.
    line: u64,
    /// As much as there is of it.
    partial: Vec<u8>,
}

impl EventLog {
    /// Opens the log at `path`: the file that is written to now.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        std::fs::metadata(&path).map_err(|source| failed(&path, source))?;
        let mut next: VecDeque<_> = rotated(&path).into_iter().rev().collect();
        next.push_back(path.clone());
        Ok(Self { path, next, current: None })
    }

    fn step(&mut self) -> Result<Step> {
        let Some(current) = &mut self.current else {
            let Some(path) = self.next.pop_front() else { return Ok(Step::End) };
            self.current = Current::open(path)?;
            return Ok(Step::Again);
        };
        if let Some(line) = current.read_line()? {
            let place = (current.path.clone(), current.line);
            return parse(&line, place).map(|event| Step::Event(Box::new(event)));
        }
        if self.next.is_empty() {
            self.next = newer(&self.path, current.identity);
            // What was written before the file was rotated away, after it was read to its end just now, comes first.
            return Ok(if self.next.is_empty() { Step::End } else { Step::Again });
        }
        let cut = !current.partial.is_empty();
        let place = (current.path.clone(), current.line.saturating_add(1));
        self.current = None;
        if cut { Err(wrong(place, "the line has no end")) } else { Ok(Step::Again) }
    }
}

enum Step {
    Event(Box<Event>),
    Again,
    End,
}

impl Iterator for EventLog {
    type Item = Result<Event>;

    /// The next event. An error is about one line or one file; what comes after can still be read.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step() {
                Ok(Step::Event(event)) => return Some(Ok(*event)),
                Ok(Step::Again) => {}
                Ok(Step::End) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Current {
    /// Nothing when there is no such file (any more).
    fn open(path: PathBuf) -> Result<Option<Self>> {
        match File::open(&path) {
            Ok(file) => {
                let identity = file.metadata().ok().and_then(|metadata| identity(&metadata));
                let file = BufReader::new(file);
                Ok(Some(Self { path, file, identity, line: 0, partial: Vec::new() }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// The next whole line; nothing when there is none yet.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            let room = MAX_LINE.saturating_sub(self.partial.len() as u64);
            if room == 0 {
                self.skip_line().map_err(|source| failed(&self.path, source))?;
                return Err(wrong((self.path.clone(), self.line), "the line is longer than any event"));
            }
            let read = self.file.by_ref().take(room).read_until(b'\n', &mut self.partial);
            let read = read.map_err(|source| failed(&self.path, source))?;
            if self.partial.last() == Some(&b'\n') {
                self.line = self.line.saturating_add(1);
                return Ok(Some(std::mem::take(&mut self.partial)));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        self.partial = Vec::new();
        self.line = self.line.saturating_add(1);
        loop {
            let buffer = self.file.fill_buf()?;
            let (length, end) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(place) => (place.saturating_add(1), true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.file.consume(length);
            if end {
                return Ok(());
            }
        }
    }
}

fn parse(line: &[u8], place: (PathBuf, u64)) -> Result<Event> {
    serde_json::from_slice(line).map_err(|error| wrong(place, &error.to_string()))
}

/// The rotated files of `path`, the newest first.
fn rotated(path: &Path) -> Vec<PathBuf> {
    (1..=MAX_FILES).map(|number| numbered(path, number)).take_while(|file| file.exists()).collect()
}

/// The files that came after the one with this identity, the oldest first; none when it is still the one that is written to.
fn newer(path: &Path, identity: Option<(u64, u64)>) -> VecDeque<PathBuf> {
    let of = |path: &Path| std::fs::metadata(path).ok().as_ref().and_then(self::identity);
    let now = of(path);
    if identity.is_none() || now.is_none() || now == identity {
        return VecDeque::new();
    }
    let since = rotated(path).into_iter().take_while(|file| of(file) != identity);
    let mut files: VecDeque<_> = since.collect();
    files.make_contiguous().reverse();
    files.push_back(path.to_owned());
    files
}

#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::new(ErrorKind::Io { what: "cannot read the audit file", path: path.to_owned(), source })
}

fn wrong((path, line): (PathBuf, u64), problem: &str) -> Error {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, format!("line {line}: {problem}"));
    failed(&path, source)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::audit::{JsonLines, Sink as _, Verdict};

    fn event(call: u64) -> Event {
        Event {
            time: SystemTime::UNIX_EPOCH,
            plugin: "p".into(),
            version: Some("1.0.0".into()),
            digest: None,
            call,
            capability: "wasi:filesystem/types@0.2.12".into(),
            operation: "open-at".into(),
            target: Some("/a\\u{1b}".into()),
            verdict: Verdict::AskDenied,
            rule: "r".into(),
            count: 1,
            duration: Some(std::time::Duration::from_micros(7)),
        }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("plugbay-audit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_was_written_is_read_across_rotations_and_followed() {
        let folder = folder("read");
        let path = folder.join("a.jsonl");
        let lines = JsonLines::open(&path, 1000, 100).unwrap();
        (0..10).for_each(|call| lines.record(&event(call)));
        let mut log = EventLog::open(&path).unwrap();
        let read = |log: &mut EventLog| log.map(|event| event.unwrap().call).collect::<Vec<_>>();
        let first = log.next().unwrap().unwrap();
        assert_eq!(first, event(0));
        assert_eq!(read(&mut log), (1..10).collect::<Vec<_>>());
        assert!(read(&mut log).is_empty());
        // Rotated several times between two looks.
        (10..40).for_each(|call| lines.record(&event(call)));
        assert_eq!(read(&mut log), (10..40).collect::<Vec<_>>());
        assert!(folder.join("a.jsonl.3").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_line_that_is_no_event_is_told_with_its_place_and_passed_by() {
        let folder = folder("wrong");
        let path = folder.join("a.jsonl");
        let good = serde_json::to_string(&event(3)).unwrap();
        let long = "x".repeat((2 << 20) + 5);
        std::fs::write(&path, format!("nonsense\n{good}\n{long}\n{good}\n{{\"half")).unwrap();
        let read: Vec<_> = EventLog::open(&path).unwrap().collect();
        assert_eq!(read.len(), 4, "{read:?}");
        let text = |place: usize| read[place].as_ref().unwrap_err().to_string();
        assert!(text(0).contains("line 1:"), "{}", text(0));
        assert!(text(2).contains("line 3:") && text(2).contains("longer"), "{}", text(2));
        assert_eq!(read[3].as_ref().unwrap().call, 3);
        assert!(EventLog::open(folder.join("none")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
