//! Any bytes as a plugin that somebody gave away: as a manifest, as one in a component, as an archive, as a packed plugin, and
//! signed packages with changes. What is taken must be the same in every form, and what is signed what was signed.

use std::sync::LazyLock;

use plugbay::package::{Form, SigningKey};
use plugbay::{Manifest, Package};

use crate::Outcome;
use crate::mutate::mutate;
use crate::random::Numbers;

const MANIFEST: &str = r#"manifest-version = 1
[plugin]
id = "acme:lint"
version = "1.0.0"
component = "out/lint.wasm"
[[capability.required]]
use = "wasi:filesystem"
reason = "To read"
allow = [{ path = "/texts", access = "read" }]
[limits]
memory = "32MiB"
deadline = "250ms"
[lifecycle]
restart = { on = "crash", max = 3, backoff = "1s" }
[activation]
on = ["startup"]
"#;

/// An empty component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

struct Signed {
    package: Package,
    files: [Vec<u8>; 2],
    archive: Vec<u8>,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("plugbay-fuzz-package-{}", std::process::id()));
    let key = SigningKey::generate().expect("a key");
    let written = std::fs::create_dir_all(folder.join("out"))
        .and_then(|()| std::fs::write(folder.join("plugin.toml"), MANIFEST))
        .and_then(|()| std::fs::write(folder.join("out/lint.wasm"), COMPONENT));
    written.expect("a folder");
    let package = Package::sign(&folder, &key).expect("a package");
    let signature = std::fs::read(folder.join("plugin.sig")).expect("a signature");
    std::fs::remove_dir_all(&folder).ok();
    let files = [Form::Plug, Form::Component].map(|form| package.to_bytes(form).expect("a form"));
    let archive = archive(&[
        ("plugin.toml", MANIFEST.as_bytes()),
        ("plugin.sig", &signature),
        ("out/lint.wasm", COMPONENT),
    ]);
    Signed { package, files, archive }
});

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let signed = &*SIGNED;
    let mut taken = 0;
    if let Ok(text) = std::str::from_utf8(bytes)
        && Manifest::parse("plugin.toml", text).is_ok()
    {
        taken += 1;
    }
    taken += open(bytes) + open(&frame(bytes)) + open(&embedded(bytes));
    let mut numbers = Numbers::of(bytes);
    let original = &signed.files[numbers.below(2)];
    taken += open(&mutate(original, bytes, &mut numbers));
    let mut archive = mutate(&signed.archive, bytes, &mut numbers);
    if numbers.one_in(2) {
        sum(&mut archive);
    }
    taken += open(&frame(&archive));
    if taken == 0 { Outcome::Refused } else { Outcome::Ran(taken) }
}

/// How many packages the bytes are: one or none.
fn open(bytes: &[u8]) -> u64 {
    let Ok(package) = Package::from_bytes("input", bytes) else { return 0 };
    let signed = &SIGNED.package;
    if package.publisher().is_some() {
        assert_eq!(package.publisher(), signed.publisher(), "somebody else signed it");
        assert_eq!(package.manifest_bytes(), signed.manifest_bytes(), "another manifest is signed");
        assert_eq!(package.component(), signed.component(), "another component is signed");
    }
    for form in [Form::Plug, Form::Component] {
        let Ok(made) = package.to_bytes(form) else {
            // The name of the component is too long for an archive.
            assert!(form == Form::Plug && package.manifest().component().len() > 90, "cannot be written");
            continue;
        };
        let again = Package::from_bytes("again", &made).expect("what was written opens");
        assert_eq!(again.form(), form);
        assert_eq!(again.digest(), package.digest());
        assert_eq!(again.manifest_bytes(), package.manifest_bytes());
        assert_eq!(again.publisher(), package.publisher());
        assert_eq!(again.to_bytes(form).expect("as before"), made, "packed twice, and not the same");
    }
    1
}

/// A frame of zstd whose blocks are the bytes themselves, with a window of 128 KiB.
fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    for chunk in bytes.chunks(128 << 10) {
        frame.extend(&((chunk.len() as u32) << 3).to_le_bytes()[..3]);
        frame.extend(chunk);
    }
    frame.extend([1, 0, 0]);
    frame
}

/// The empty component with the bytes in its section for manifests.
fn embedded(bytes: &[u8]) -> Vec<u8> {
    let name = b"plugbay:manifest";
    let mut section = vec![0];
    let mut size = bytes.len() + 1 + name.len();
    while size >= 0x80 {
        section.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    section.extend([size as u8, name.len() as u8]);
    [COMPONENT, &section, name, bytes].concat()
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in files {
        let mut head = [0_u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..108].copy_from_slice(b"0000644\0");
        head[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        head[156] = b'0';
        head[257..265].copy_from_slice(b"ustar\x0000");
        archive.extend(head);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    sum(&mut archive);
    archive
}

/// Makes the checksums of all heads right again.
fn sum(archive: &mut [u8]) {
    for head in archive.chunks_exact_mut(512).filter(|head| head[257..].starts_with(b"ustar")) {
        head[148..156].copy_from_slice(b"        ");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
