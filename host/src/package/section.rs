//! A package that is a component: manifest and signature are custom sections of it, cut out and put in. The rest of the bytes
//! is the component, and is not looked into.

use std::ops::Range;
use std::sync::Arc;

use super::{MANIFEST_SECTION, Parts, SIGNATURE_SECTION, signature};
use crate::manifest::MAX_MANIFEST;

/// A mistake, and the byte where it is.
type Mistake = (u64, String);

/// Where a file's own sections are.
#[derive(Default)]
struct Found {
    manifest: Option<Range<usize>>,
    signature: Option<Range<usize>>,
    /// Both with their heads, in the order of the file.
    whole: Vec<Range<usize>>,
}

/// The parts of a component with a manifest; nothing when the bytes are none.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Parts>, Mistake> {
    let found = find(bytes)?;
    let get = |range: &Option<Range<usize>>| range.clone().and_then(|range| bytes.get(range)).map(Arc::from);
    let Some(manifest) = get(&found.manifest) else {
        return match found.signature {
            Some(range) => {
                Err((at(range.start), format!("it has a section `{SIGNATURE_SECTION}` and no manifest")))
            }
            None => Ok(None),
        };
    };
    let component = without(bytes, &found.whole).into();
    Ok(Some(Parts { manifest, component, signature: get(&found.signature) }))
}

/// The component with manifest and signature in it. `component` has neither.
#[cfg(feature = "package")]
pub(super) fn write(parts: &Parts) -> Vec<u8> {
    let mut bytes = parts.component.to_vec();
    let sections = [(MANIFEST_SECTION, Some(&parts.manifest)), (SIGNATURE_SECTION, parts.signature.as_ref())];
    for (name, contents) in sections {
        let Some(contents) = contents else { continue };
        let mut body = leb128(name.len());
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(contents);
        bytes.push(0);
        bytes.extend(leb128(body.len()));
        bytes.extend(body);
    }
    bytes
}

fn find(bytes: &[u8]) -> Result<Found, Mistake> {
    let mut found = Found::default();
    let is_wasm = bytes.starts_with(b"\0asm") && bytes.len() >= 8;
    let mut position = 8;
    while is_wasm && position < bytes.len() {
        let start = position;
        let Some((id, body)) = head(bytes, &mut position) else {
            // No sections: what is wrong is said when it is compiled, unless half of a package was seen.
            if found.whole.is_empty() {
                break;
            }
            return Err((at(start), "here is no section, or one that reaches beyond the end".to_owned()));
        };
        if id != 0 {
            continue;
        }
        let mut inside = body.start;
        let Some(name) = name(bytes, &mut inside, body.end) else { continue };
        let (slot, most) = match name {
            name if name == MANIFEST_SECTION.as_bytes() => (&mut found.manifest, MAX_MANIFEST),
            name if name == SIGNATURE_SECTION.as_bytes() => (&mut found.signature, signature::MAX),
            _ => continue,
        };
        let name = String::from_utf8_lossy(name);
        if slot.is_some() {
            return Err((at(start), format!("the section `{name}` is there twice: keep one")));
        }
        if body.end - inside > most {
            return Err((at(start), format!("the section `{name}` has more than {most} bytes")));
        }
        *slot = Some(inside..body.end);
        found.whole.push(start..body.end);
    }
    Ok(found)
}

/// The number of the section that begins at `position`, and where its contents are; `position` moves behind it.
fn head(bytes: &[u8], position: &mut usize) -> Option<(u8, Range<usize>)> {
    let id = *bytes.get(*position)?;
    *position += 1;
    let size = number(bytes, position)?;
    let end = position.checked_add(size).filter(|end| *end <= bytes.len())?;
    let body = *position..end;
    *position = end;
    Some((id, body))
}

fn name<'a>(bytes: &'a [u8], position: &mut usize, end: usize) -> Option<&'a [u8]> {
    let length = number(bytes.get(..end)?, position)?;
    let name = *position..position.checked_add(length)?;
    *position = name.end;
    bytes.get(..end)?.get(name)
}

/// An unsigned LEB128 number of 32 bits.
fn number(bytes: &[u8], position: &mut usize) -> Option<usize> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *bytes.get(*position)?;
        *position += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok()?.try_into().ok();
        }
    }
    None
}

#[cfg(feature = "package")]
fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

fn without(bytes: &[u8], cut: &[Range<usize>]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for range in cut {
        kept.extend_from_slice(bytes.get(from..range.start).unwrap_or_default());
        from = range.end;
    }
    kept.extend_from_slice(bytes.get(from..).unwrap_or_default());
    kept
}

fn at(position: usize) -> u64 {
    position as u64
}

#[cfg(all(test, feature = "package"))]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn parts(signature: Option<&[u8]>) -> Parts {
        Parts {
            manifest: Arc::from([7; 300]),
            component: Arc::from(EMPTY),
            signature: signature.map(Arc::from),
        }
    }

    #[test]
    fn what_was_put_in_is_cut_out() {
        for signature in [None, Some(&b"sig"[..])] {
            let read = read(&write(&parts(signature))).unwrap().unwrap();
            assert_eq!(&*read.component, EMPTY);
            assert_eq!(&*read.manifest, [7; 300]);
            assert_eq!(read.signature.as_deref(), signature);
        }
    }

    #[test]
    fn sections_that_are_broken_or_doubled_make_no_package() {
        let wrong = |bytes: &[u8]| read(bytes).err().map(|(_, problem)| problem).unwrap_or_default();
        let whole = write(&parts(Some(b"sig")));
        assert!(read(EMPTY).unwrap().is_none());
        assert!(read(b"").unwrap().is_none() && read(b"\0asm").unwrap().is_none());
        let twice = [&whole, whole.get(8..).unwrap()].concat();
        assert!(wrong(&twice).contains("twice"));
        assert!(wrong(&whole[..whole.len() - 1]).contains("beyond the end"));
        let mut endless = whole.clone();
        endless.extend([0, 0xff, 0xff, 0xff, 0xff, 0x1f]);
        assert!(wrong(&endless).contains("no section"));
        let large = Parts { manifest: vec![b'#'; MAX_MANIFEST + 1].into(), ..parts(None) };
        assert!(wrong(&write(&large)).contains("more than"));
        let alone = write(&Parts { manifest: Arc::from([]), ..parts(Some(b"sig")) });
        let alone = [EMPTY, &alone[8 + 3 + MANIFEST_SECTION.len()..]].concat();
        assert!(wrong(&alone).contains("no manifest"));
    }
}
