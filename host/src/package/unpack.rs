//! A package that is one compressed archive, `.plug`: read without writing a file, within bounds that hold before memory is
//! taken. It is a tar archive of plain files in one zstd frame: the manifest, the component that it names, and perhaps the
//! signature. Whatever else is in it is refused: nobody signed it.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use tar::{Archive, EntryType};

use super::{Form, MANIFEST, Parts, SIGNATURE, manifest_name, package_error, parse_manifest, signature};
use crate::error::Result;
use crate::manifest::{MAX_MANIFEST, Manifest};
use crate::source::MAX_FILE;

/// The largest window of zstd, in bytes: what RFC 8878 asks every reader to have, and all that is kept of what was unpacked.
const MAX_WINDOW: u64 = 8 << 20;
/// How many times as many bytes may come out as go in …
const MAX_RATIO: u64 = 100;
/// … beyond these.
const FREE: u64 = 1 << 20;
/// What a tar archive of three files has around them, and some.
const FRAME: u64 = 64 << 10;

/// A mistake, and the byte of the archive where it is.
type Mistake = (Option<u64>, String);

struct Entry {
    name: Vec<u8>,
    bytes: Arc<[u8]>,
    at: u64,
}

pub(super) fn read(path: &Path, packed: &[u8]) -> Result<(Manifest, Parts)> {
    let wrong = |(offset, problem): Mistake| package_error(path, offset, problem);
    let mut archive = Archive::new(Bounded::new(packed).map_err(wrong)?);
    let mut entries = archive.entries().map_err(unreadable).map_err(wrong)?.raw(true);

    let first = next(&mut entries, MAX_MANIFEST as u64).map_err(wrong)?;
    let first = first.filter(|entry| entry.name == MANIFEST.as_bytes());
    let text = first.ok_or_else(|| wrong((Some(0), format!("its first file is not `{MANIFEST}`"))))?.bytes;
    let manifest = parse_manifest(&manifest_name(path, Form::Plug), &text)?;

    let (mut component, mut signed) = (None, None);
    while let Some(entry) = next(&mut entries, MAX_FILE).map_err(wrong)? {
        let (slot, most) = match &entry.name {
            name if name == manifest.component().as_bytes() => (&mut component, MAX_FILE),
            name if name == SIGNATURE.as_bytes() => (&mut signed, signature::MAX as u64),
            _ => return Err(wrong(stranger(&entry, &manifest))),
        };
        if slot.is_some() {
            return Err(wrong((Some(entry.at), format!("{} is in it twice", shown(&entry.name)))));
        }
        if entry.bytes.len() as u64 > most {
            return Err(wrong((
                Some(entry.at),
                format!("{} has more than {most} bytes", shown(&entry.name)),
            )));
        }
        *slot = Some(entry.bytes);
    }
    archive.into_inner().finish().map_err(wrong)?;
    let component = component
        .ok_or_else(|| wrong((None, format!("the component `{}` is not in it", manifest.component()))))?;
    Ok((manifest, Parts { manifest: text, component, signature: signed }))
}

/// The next file, of at most `most` bytes; links, devices, folders and extensions are none.
fn next(
    entries: &mut tar::Entries<'_, Bounded<'_>>,
    most: u64,
) -> std::result::Result<Option<Entry>, Mistake> {
    let Some(entry) = entries.next() else { return Ok(None) };
    let mut entry = entry.map_err(unreadable)?;
    let at = entry.raw_header_position();
    let name = entry.header().path_bytes().into_owned();
    let problem = |problem: String| (Some(at), format!("{} {problem}", shown(&name)));
    if !matches!(entry.header().entry_type(), EntryType::Regular) {
        return Err(problem(
            "is no plain file: links, devices, folders and extensions of tar are refused".to_owned(),
        ));
    }
    let size = entry.header().entry_size().map_err(unreadable)?;
    if size > most {
        return Err(problem(format!("has {size} bytes; at most {most} are read")));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 != size {
        return Err(problem("ends before its end".to_owned()));
    }
    Ok(Some(Entry { name, bytes: bytes.into(), at }))
}

fn stranger(entry: &Entry, manifest: &Manifest) -> Mistake {
    let problem = format!(
        "{} does not belong in it: there are `{MANIFEST}`, the component `{}`, and `{SIGNATURE}`",
        shown(&entry.name),
        manifest.component()
    );
    (Some(entry.at), problem)
}

/// A name out of an archive, which drives no terminal.
fn shown(name: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(name))
}

fn unreadable(error: io::Error) -> Mistake {
    (None, format!("it cannot be unpacked: {error}"))
}

/// What comes out of one zstd frame, up to a bound.
struct Bounded<'a> {
    decoder: StreamingDecoder<&'a [u8], FrameDecoder>,
    left: u64,
    packed: u64,
}

impl<'a> Bounded<'a> {
    fn new(packed: &'a [u8]) -> std::result::Result<Self, Mistake> {
        let decoder = StreamingDecoder::new_with_max_window_size(packed, MAX_WINDOW)
            .map_err(|error| (None, format!("it is not what zstd packs: {error}")))?;
        let size = packed.len() as u64;
        let most = MAX_FILE + MAX_MANIFEST as u64 + signature::MAX as u64 + FRAME;
        let left = size.saturating_mul(MAX_RATIO).saturating_add(FREE).min(most);
        Ok(Self { decoder, left, packed: size })
    }

    /// After the archive only zeros may come, the checksum must be right, and the file must end.
    fn finish(mut self) -> std::result::Result<(), Mistake> {
        let mut rest = [0; 4096];
        loop {
            let read = self.read(&mut rest).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            if rest.iter().take(read).any(|byte| *byte != 0) {
                return Err((None, "something is behind the end of the archive".to_owned()));
            }
        }
        let (source, decoder) = self.decoder.into_parts();
        if !source.is_empty() {
            return Err((None, format!("{} bytes are behind what zstd packed", source.len())));
        }
        let noted = decoder.get_checksum_from_data();
        if noted.is_some() && noted != decoder.get_calculated_checksum() {
            return Err((None, "its checksum is wrong: it was damaged on the way".to_owned()));
        }
        Ok(())
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!("more comes out of its {} bytes than any plugin has", self.packed))
        })?;
        Ok(read)
    }
}
