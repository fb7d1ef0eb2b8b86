//! The cache, with writers that are killed at any moment: what can be found in it afterwards is whole or is not there, and
//! what they leave behind goes away.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use plugbay::{Cache, CacheConfig, EntryState, Grants, Host, SealKey, Source};

/// What came of killing writers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Killed {
    /// Writers that were killed.
    pub killed: u64,
    /// Entries that were in the cache at the end, all of them sound.
    pub entries: usize,
    /// Files that were not complete when their writer was killed.
    pub partial: usize,
    /// Plugins that were loaded afterwards, and did what they should.
    pub ran: u64,
}

/// The plugin of this number, which returns the number; some are small, some large.
fn plugin(number: u64) -> Result<Vec<u8>, String> {
    let padding: String = (0..number % 40 * 5)
        .map(|index| {
            format!("(func (param i64) (result i64) (i64.rotl (i64.mul (local.get 0) (i64.const {index})) (i64.popcnt (local.get 0))))")
        })
        .collect();
    let data = "x".repeat((number % 7 * 30_000) as usize);
    let text = format!(
        r#"(component
  (core module $m (memory 4) (data (i32.const 0) "{data}") {padding}
    (func (export "number") (result i32) (i32.const {number})))
  (core instance $i (instantiate $m))
  (func (export "number") (result u32) (canon lift (core func $i "number"))))"#
    );
    wat::parse_str(text).map_err(|e| e.to_string())
}

fn config(folder: &Path) -> CacheConfig {
    CacheConfig::new().with_directory(folder.join("cache")).with_key(SealKey::new([42; 32]))
}

fn host(folder: &Path) -> Result<Host<()>, String> {
    Host::builder().cache(config(folder)).build().map_err(|e| e.to_string())
}

/// Where the file of a plugin lies, which is made if it is not there.
fn source(folder: &Path, number: u64) -> Result<PathBuf, String> {
    let path = folder.join(format!("{number}.wasm"));
    if !path.exists() {
        let partial = folder.join(format!("partial-{}", std::process::id()));
        fs::write(&partial, plugin(number)?).map_err(|e| e.to_string())?;
        fs::rename(&partial, &path).map_err(|e| e.to_string())?;
    }
    Ok(path)
}

/// What a writer does until it is killed: compile one plugin after the other, through the cache.
///
/// # Errors
/// What went wrong.
pub fn write(folder: &Path, from: u64) -> Result<(), String> {
    let host = host(folder)?;
    println!("ready");
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    for number in from.. {
        host.compile(Source::file(source(folder, number)?)).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// Starts `kills` writers, one after the other, and kills each at a random moment. `program` with the arguments
/// `--writer FOLDER NUMBER` is to call [`write`].
///
/// # Errors
/// A bad entry, a wrong result, something that is left behind, or that a writer did not start.
pub fn kill(program: &Path, folder: &Path, kills: u64) -> Result<Killed, String> {
    fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut totals = Killed::default();
    let mut newest = 0_u64;
    for round in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut writer = Command::new(program)
            .arg("--writer")
            .arg(folder)
            .arg(newest.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start a writer: {e}"))?;
        let mut line = String::new();
        if let Some(out) = writer.stdout.take() {
            BufReader::new(out).read_line(&mut line).map_err(|e| e.to_string())?;
        }
        // Mostly within the first plugin, at times after some.
        std::thread::sleep(Duration::from_micros(
            (random >> 33) % if round % 4 == 0 { 40_000 } else { 8_000 },
        ));
        writer.kill().map_err(|e| e.to_string())?;
        writer.wait().map_err(|e| e.to_string())?;
        if line != "ready\n" {
            return Err(format!("a writer said {line:?}"));
        }
        totals.killed += 1;
        while folder.join(format!("{newest}.wasm")).exists() {
            newest += 1;
        }
        newest = newest.saturating_sub(1);
        if round % 100 == 99 {
            totals.ran += load(folder, newest, random)?;
        }
    }
    totals.ran += load(folder, newest, random)?;
    totals.entries = verify(folder)?;
    totals.partial = leftovers(folder)?;
    sweep(folder)?;
    Ok(totals)
}

/// Loads some plugins, from the cache or not, and calls them.
fn load(folder: &Path, newest: u64, random: u64) -> Result<u64, String> {
    let host = host(folder)?;
    let numbers = (0..20).map(|step: u64| newest.saturating_sub(step));
    let anywhere = (0..20).map(|step: u64| (random >> 20).wrapping_add(step * 7919) % newest.max(1));
    let mut ran = 0;
    for number in numbers.chain(anywhere) {
        let compiled = host.compile(Source::file(source(folder, number)?)).map_err(|e| e.to_string())?;
        let linked = compiled.link(&Grants::none()).map_err(|e| e.to_string())?;
        let mut plugin = linked.instantiate(()).map_err(|e| e.to_string())?;
        let found: u32 = plugin.call("number", ()).map_err(|e| e.to_string())?;
        if u64::from(found) != number {
            return Err(format!("plugin {number} says {found}"));
        }
        ran += 1;
    }
    Ok(ran)
}

/// Verifies all entries; how many there are.
fn verify(folder: &Path) -> Result<usize, String> {
    let cache = Cache::open(&config(folder));
    let entries = cache.verify().map_err(|e| e.to_string())?;
    match entries.iter().find(|(_, state)| *state != EntryState::Sound) {
        Some((entry, state)) => Err(format!("a bad entry: {} {state}", entry.name)),
        None => Ok(entries.len()),
    }
}

/// Files of the cache that are no entries.
fn leftovers(folder: &Path) -> Result<usize, String> {
    let names = fs::read_dir(folder.join("cache")).map_err(|e| e.to_string())?;
    Ok(names.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with('.')).count())
}

/// What writers left behind is removed when it has lain there for long.
fn sweep(folder: &Path) -> Result<(), String> {
    let long_ago = SystemTime::now() - Duration::from_secs(7200);
    for entry in fs::read_dir(folder.join("cache")).map_err(|e| e.to_string())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            let file = File::open(entry.path()).map_err(|e| e.to_string())?;
            file.set_modified(long_ago).map_err(|e| e.to_string())?;
        }
    }
    let number = 1_000_000;
    host(folder)?.compile(Source::file(source(folder, number)?)).map_err(|e| e.to_string())?;
    match leftovers(folder)? {
        0 => Ok(()),
        left => Err(format!("{left} files of writers that are gone stay in the cache")),
    }
}
