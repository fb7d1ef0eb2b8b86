//! E: packed plugins that somebody made to be unpacked into something else: archives with links, devices and paths outside,
//! bombs, and bytes that two readers would read differently.

use std::time::{Duration, Instant};

use plugbay::package::Form;
use plugbay::{Error, ErrorKind, Package};

use super::e_manifests::{Folder, HEAD, component, plugin};
use super::support::custom;

/// One entry of a tar archive.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    kind: u8,
    link: &'static str,
    /// What the head says, if it is not what is there.
    size: Option<[u8; 12]>,
    bytes: Vec<u8>,
}

fn entry(name: &str, bytes: &[u8]) -> Entry {
    Entry { name: name.into(), kind: b'0', link: "", size: None, bytes: bytes.to_vec() }
}

fn good() -> [Entry; 2] {
    [entry("plugin.toml", HEAD.as_bytes()), entry("c.wasm", &component())]
}

/// A tar archive of these entries, by hand: writers refuse to make most of them.
fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut archive = Vec::new();
    for entry in entries {
        let mut head = [0_u8; 512];
        let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &entry.name[..entry.name.len().min(100)]);
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, &entry.size.unwrap_or_else(|| octal(entry.bytes.len())));
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[entry.kind]);
        put(157, entry.link.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(head);
        archive.extend(&entry.bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn octal(size: usize) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..11].copy_from_slice(format!("{size:011o}").as_bytes());
    bytes
}

/// A head of a zstd frame without checksum, with a window of 128 KiB.
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];

fn block(last: bool, kind: u32, size: usize, bytes: &[u8]) -> Vec<u8> {
    let head = u32::from(last) | kind << 1 | u32::try_from(size).unwrap() << 3;
    [&head.to_le_bytes()[..3], bytes].concat()
}

/// A frame whose blocks are the bytes themselves.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frame = FRAME.to_vec();
    for chunk in bytes.chunks(128 << 10) {
        frame.extend(block(false, 0, chunk.len(), chunk));
    }
    frame.extend(block(true, 0, 0, &[]));
    frame
}

/// Blocks that say: the same byte, 128 KiB times.
fn repeated(byte: u8, blocks: usize) -> Vec<u8> {
    block(false, 1, 128 << 10, &[byte]).repeat(blocks)
}

fn open(packed: &[u8]) -> Result<Package, Error> {
    Package::from_bytes("lint.plug", packed)
}

fn refused(packed: &[u8]) -> String {
    let error = open(packed).expect_err("taken");
    assert!(matches!(error.kind(), ErrorKind::Package(_) | ErrorKind::Manifest(_)), "{error:?}");
    error.to_string()
}

#[test]
fn e13_archives_with_more_than_files() {
    open(&zstd(&tar(&good()))).expect("what is made by hand is a package");
    let with = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = good().to_vec();
        change(&mut entries);
        refused(&zstd(&tar(&entries)))
    };
    // Hard and symbolic links, devices, folders, a pipe, contiguous and sparse files, long names, extensions of two kinds, and
    // kinds that nobody knows.
    for kind in *b"12345678SLKxgDMNVX\xff" {
        for place in [0, 1] {
            let problem = with(&|entries| {
                entries[place].kind = kind;
                entries[place].link = "/etc/passwd";
            });
            assert!(problem.contains("no plain file"), "{kind}: {problem}");
        }
        let problem = with(&|entries| {
            entries.push(Entry { kind, link: "../../outside", ..entry("plugin.sig", b"") });
        });
        assert!(problem.contains("no plain file"), "{kind}: {problem}");
    }
    for name in [
        "../c.wasm",
        "/etc/passwd",
        "./c.wasm",
        "a/../c.wasm",
        "README",
        "C.WASM",
        "c.wasm/",
        "plugin.toml/x",
        "",
        "c.wasm\u{1b}[2J",
        "\u{202e}",
        "plugin.toml ",
    ] {
        let problem = with(&|entries| entries.push(entry(name, b"x")));
        assert!(problem.contains("does not belong"), "{name:?}: {problem}");
        assert!(!problem.contains('\u{1b}'), "{problem:?}");
    }
    let problem = with(&|entries| entries[1].name = vec![0xff, 0xfe]);
    assert!(problem.contains("does not belong"), "{problem}");
}

#[test]
fn e13_archives_that_can_be_read_in_two_ways() {
    let [manifest, wasm] = good();
    let other = entry("c.wasm", &wat::parse_str("(component (core module))").unwrap());
    let signature = entry("plugin.sig", b"signature-version = 1");
    for (entries, part) in [
        (vec![manifest.clone(), wasm.clone(), other.clone()], "twice"),
        (vec![manifest.clone(), manifest.clone(), wasm.clone()], "does not belong"),
        (vec![manifest.clone(), signature.clone(), signature, wasm.clone()], "twice"),
        (vec![wasm.clone(), manifest.clone()], "first file"),
        (vec![manifest.clone()], "not in it"),
        (vec![], "first file"),
        (vec![manifest.clone(), entry("plugin.sig", &[b'#'; 5000]), wasm.clone()], "more than 4096"),
        (vec![entry("plugin.toml", &[b'#'; (256 << 10) + 1]), wasm.clone()], "at most"),
    ] {
        let problem = refused(&zstd(&tar(&entries)));
        assert!(problem.contains(part), "{part}: {problem}");
    }
    let archive = tar(&good());
    // Behind the end of the archive, of the frame, and another frame.
    let hidden = [&archive, &tar(&[other])[..]].concat();
    assert!(refused(&zstd(&hidden)).contains("behind the end"));
    let frame = zstd(&archive);
    assert!(refused(&[&frame, &b"x"[..]].concat()).contains("behind"));
    assert!(refused(&[&frame, &frame[..]].concat()).contains("behind"));
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4], &frame[..]].concat();
    assert!(open(&skippable).is_err());
    // Sizes that are not there, negative, or beyond all numbers.
    for size in
        [*b"77777777777\0", *b"-0000000001\0", *b"            ", [0xff; 12], octal(5000), octal(1 << 29)]
    {
        let entries = [manifest.clone(), Entry { size: Some(size), ..wasm.clone() }];
        refused(&zstd(&tar(&entries)));
    }
    let mut broken = archive.clone();
    broken[600] ^= 1;
    let _ = refused_or_same(&zstd(&broken));
    broken = archive;
    broken[150] ^= 1;
    assert!(refused(&zstd(&broken)).contains("checksum"));
}

/// What was changed is refused, or is still a package.
fn refused_or_same(packed: &[u8]) -> Option<Package> {
    match open(packed) {
        Ok(package) => Some(package),
        Err(error) => {
            let typed = matches!(
                error.kind(),
                ErrorKind::Package(_)
                    | ErrorKind::Manifest(_)
                    | ErrorKind::Signature(_)
                    | ErrorKind::Limit { .. }
            );
            assert!(typed, "{error:?}");
            None
        }
    }
}

#[test]
fn e13_bombs_stop_before_they_are_large() {
    let head = tar(&good()[..1]);
    let head = &head[..head.len() - 1024];
    let mut wasm = tar(&[Entry { size: Some(octal(200 << 20)), ..entry("c.wasm", &[]) }]);
    wasm.truncate(512);
    let begin = [head, &wasm].concat();
    let bomb = |blocks: usize| {
        let mut bytes = FRAME.to_vec();
        bytes.extend(block(false, 0, begin.len(), &begin));
        bytes.extend(repeated(0, blocks));
        bytes.extend(block(true, 0, 0, &[]));
        bytes
    };
    let began = Instant::now();
    // 200 MiB in 7 KB; and 4 GiB in 130 KB, whose ratio stays the same.
    for blocks in [1_600, 32_768] {
        let packed = bomb(blocks);
        let problem = refused(&packed);
        assert!(problem.contains("more comes out"), "{problem}");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    // An archive of nothing but zeros behind its end.
    let mut zeros = zstd(&tar(&good()));
    zeros.truncate(zeros.len() - 3);
    zeros.extend(repeated(0, 10_000));
    zeros.extend(block(true, 0, 0, &[]));
    assert!(refused(&zeros).contains("more comes out"));
    // Windows that memory would be taken for: 3.75 TiB, 2 GiB, 16 MiB; and a single segment of 2⁶³ bytes.
    for window in [0xff, 21 << 3, 14 << 3] {
        let frame = [&FRAME[..5], &[window], &zstd(&tar(&good()))[6..]].concat();
        assert!(refused(&frame).contains("not what zstd packs"));
    }
    let single = [&FRAME[..4], &[0xe0], &(1_u64 << 63).to_le_bytes(), &zstd(&tar(&good()))[6..]].concat();
    assert!(refused(&single).contains("not what zstd packs"));
    // A dictionary that nobody has.
    let dictionary = [&FRAME[..4], &[0x01, 7 << 3, 9], &zstd(&tar(&good()))[6..]].concat();
    refused(&dictionary);
}

#[test]
fn e13_packages_cut_short_and_changed() {
    let folder = Folder::new("e13-changed");
    let path = plugin(&folder, "plugin", HEAD);
    let key = plugbay::package::SigningKey::generate().unwrap();
    let package = Package::sign(&path, &key).unwrap();
    for form in [Form::Plug, Form::Component] {
        let whole = package.to_bytes(form).unwrap();
        for end in 0..whole.len() {
            if let Some(cut) = refused_or_same(&whole[..end]) {
                // The signature was its last section.
                assert!(form == Form::Component && cut.publisher().is_none(), "{form:?} cut at {end}");
            }
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[at] ^= 1 << bit;
                let Some(taken) = refused_or_same(&changed) else { continue };
                // What is signed is what was signed, or nobody says that it is.
                assert!(
                    taken.publisher().is_none()
                        || (taken.component() == package.component()
                            && taken.manifest_bytes() == package.manifest_bytes()),
                    "{form:?}, bit {bit} of byte {at}"
                );
            }
        }
    }
}

#[test]
fn e13_a_component_with_broken_sections_of_ours() {
    let (manifest, wasm) = (custom("plugbay:manifest", HEAD.as_bytes()), component());
    Package::from_bytes("x", &[&wasm, &manifest[..]].concat()).unwrap();
    for (bytes, part) in [
        ([&wasm, &manifest[..], &manifest].concat(), "twice"),
        ([&wasm, &custom("plugbay:manifest", &vec![b'#'; 300 << 10])[..]].concat(), "more than"),
        ([&wasm, &manifest[..], &custom("plugbay:signature", &[b'#'; 5000])].concat(), "more than"),
        ([&wasm, &custom("plugbay:signature", b"")[..]].concat(), "no manifest"),
        ([&wasm, &custom("plugbay:manifest", b"\xff")[..]].concat(), "UTF-8"),
        ([&wasm, &custom("plugbay:manifest", b"")[..]].concat(), "missing field"),
        ([&wasm, &manifest[..], &[0, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat(), "beyond the end"),
        ([&wasm, &manifest[..], &[0]].concat(), "beyond the end"),
    ] {
        let error = Package::from_bytes("x", &bytes).unwrap_err();
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    // One inside of a component inside is not ours.
    let inner = [&wasm, &manifest[..]].concat();
    let outer = [&wasm, &super::support::section(4, &inner)[..]].concat();
    let error = Package::from_bytes("x", &outer).unwrap_err();
    assert!(error.to_string().contains("no package"), "{error}");
}
