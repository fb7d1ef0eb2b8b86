//! The plain commands: open a file, list the plugins, apply one.

use std::error::Error;
use std::path::Path;

use crate::bay::{Bay, Berth, desk};
use crate::buffer::Buffer;
use crate::edit;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Opens a file and prints what each plugin makes of it. A plugin that fails does not keep the others from working.
pub(crate) fn open(folder: &Path, file: &Path) -> Result {
    let buffer = read(file)?;
    let bay = bay(folder)?;
    println!("{}: {} bytes, {} lines", buffer.name, buffer.text.len(), buffer.line_count());
    for berth in &bay.berths {
        match look(berth, &buffer) {
            Ok(line) => println!("{:<12} {line}", berth.name),
            Err(error) => println!("{:<12} failed: {error}", berth.name),
        }
    }
    Ok(())
}

fn look(berth: &Berth, buffer: &Buffer) -> std::result::Result<String, plugbay::Error> {
    let mut plugin = berth.start()?;
    desk(&mut plugin).open = Some(buffer.clone());
    let tokens = plugin.text_tools().tokenize(&buffer.text)?;
    let count = plugin.text_tools().count_words(&buffer.text)?;
    Ok(format!("{} words in {} lines, {} tokens", count.words, count.lines, tokens.len()))
}

/// Prints the permission cards.
pub(crate) fn plugins(folder: &Path) -> Result {
    for berth in &bay(folder)?.berths {
        println!("{}", berth.card());
    }
    Ok(())
}

/// Lets a plugin edit a file.
pub(crate) fn apply(folder: &Path, name: &str, file: &Path, write: bool) -> Result {
    let mut buffer = read(file)?;
    let bay = bay(folder)?;
    let berth = bay.find(name).ok_or_else(|| {
        let names: Vec<_> = bay.berths.iter().map(|berth| berth.name.as_str()).collect();
        format!("there is no plugin `{}`; there are {}", name.escape_debug(), names.join(", "))
    })?;
    let mut plugin = berth.start()?;
    let changes = edit::apply(&mut plugin, &mut buffer).map_err(|failure| failure.to_string())?;
    for line in desk(&mut plugin).take_log() {
        eprintln!("{name}: {line}");
    }
    if write {
        std::fs::write(file, &buffer.text)
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        println!("{changes} edits made to {}", file.display());
    } else {
        print!("{}", buffer.text);
    }
    Ok(())
}

/// The bay, after telling of plugins that could not be loaded.
fn bay(folder: &Path) -> Result<Bay> {
    let (bay, failures) = Bay::open(folder)?;
    for failure in &failures {
        eprintln!("not loaded: {failure}");
    }
    if bay.berths.is_empty() {
        return Err(format!("no plugin could be loaded from {}", folder.display()).into());
    }
    Ok(bay)
}

fn read(file: &Path) -> Result<Buffer> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(Buffer::new(name, text))
}
