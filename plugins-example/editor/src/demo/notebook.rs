//! The sections about powers beside WASI: a plugin that keeps its notes from one load to the next, and floods the log.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use plugbay::powers::{KvConfig, LogConfig, LogLine};
use plugbay::{Grants, Host, Plugin, Source};

use super::{Result, section};

/// How many lines the flood has.
const FLOOD: u32 = 100_000;

/// The lines that reached the editor.
type Lines = Arc<Mutex<Vec<String>>>;

/// What the notebook answers.
type Said<R> = std::result::Result<R, String>;

/// The notebook in a host of its own, as after a restart of the editor; its store is in `data`.
fn open(folder: &Path, data: &Path, lines: &Lines) -> Result<Plugin> {
    let lines = lines.clone();
    let log = LogConfig::new().sink(move |line: &LogLine<'_>| {
        let text = format!("{} {}: {}", line.plugin, line.level, line.message);
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    });
    let host = Host::<()>::builder().kv(KvConfig::directory(data)).log(log).build()?;
    let compiled = host.compile(Source::file(folder.join("notebook/notebook.wasm")))?;
    let allowed = ["plugbay:host", "wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http"];
    Ok(compiled.link(&allowed.into_iter().fold(Grants::none(), Grants::allow))?.instantiate(())?)
}

/// Both sections.
pub(super) fn show(folder: &Path) -> Result {
    let data = std::env::temp_dir().join(format!("plugbay-editor-demo-{}", std::process::id()));
    let shown = memory(folder, &data).and_then(|()| flood(folder, &data));
    std::fs::remove_dir_all(&data).ok();
    shown
}

fn memory(folder: &Path, data: &Path) -> Result {
    section("A plugin that remembers, from one load to the next");
    for (round, note) in [(1_i64, "milk, bread"), (2, "call the plumber")] {
        let mut plugin = open(folder, data, &Lines::default())?;
        let opened: Said<i64> = plugin.call("demo:notebook/notes#opened", ())?;
        let opened = opened?;
        let title = format!("note {round}");
        let written: Said<u64> = plugin.call("demo:notebook/notes#write", (title.as_str(), note))?;
        let titles: Said<Vec<String>> = plugin.call("demo:notebook/notes#titles", ())?;
        println!("  loaded for the {opened}. time, it has {} notes: {}", written?, titles?.join(", "));
        if opened != round {
            return Err("it forgot".into());
        }
    }
    let mut plugin = open(folder, data, &Lines::default())?;
    let note: Said<Option<String>> = plugin.call("demo:notebook/notes#read", ("note 1",))?;
    println!("  loaded again, it knows of note 1: {:?}", note?.ok_or("it forgot the note")?);
    Ok(())
}

fn flood(folder: &Path, data: &Path) -> Result {
    section("A plugin that floods the log, held");
    let lines = Lines::default();
    let mut plugin = open(folder, data, &lines)?;
    plugin.call::<_, ()>("demo:notebook/notes#chatter", (FLOOD,))?;
    drop(plugin);
    let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
    println!("  it wrote {FLOOD} lines, and {} reached the editor; the last:", lines.len());
    for line in lines.iter().rev().take(2).rev() {
        println!("    {line}");
    }
    let told = lines.last().is_some_and(|line| line.contains("dropped"));
    if told && lines.len() < FLOOD as usize / 10 { Ok(()) } else { Err("nobody held it".into()) }
}
