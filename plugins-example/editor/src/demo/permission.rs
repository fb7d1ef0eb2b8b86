//! The sections about what plugins may do.

use plugbay::audit::Verdict;
use plugbay::{Bindings, ErrorKind, Grants, Stdio};

use super::{Result, section, shorten};
use crate::bay::Bay;
use crate::buffer::Buffer;

pub(super) fn cards(bay: &Bay) {
    section("Permission cards, from what the components really import");
    for berth in &bay.berths {
        let card = berth.card();
        for line in card.to_string().lines() {
            println!("  {line}");
        }
        let missing = card.ungranted(berth.grants()).count();
        println!("  the editor grants {}\n", if missing == 0 { "all of it" } else { "not all of it" });
    }
}

/// The markdown plugin reads a dictionary from the one folder that it was granted.
pub(super) fn read_granted(bay: &Bay, buffer: &Buffer) -> Result {
    section("A file, read through a granted directory");
    let berth = bay.find("markdown").ok_or("the markdown plugin is not there")?;
    let mut plugin = berth.start()?;
    let mut dictionary = plugin.dictionary();
    let path = dictionary.default_path()?.ok_or("the plugin does not see EDITOR_DICTIONARY")?;
    println!("  EDITOR_DICTIONARY is {path:?} for the plugin");
    let words =
        dictionary.load_dictionary(&path)?.map_err(|why| format!("the dictionary is not readable: {why}"))?;
    let unknown = dictionary.unknown_words(&buffer.text)?;
    let unknown: Vec<_> = unknown.iter().map(|(start, word)| format!("{word:?} at byte {start}")).collect();
    println!("  it read {words} words; unknown in the text: {}", unknown.join(", "));
    for outside in ["/dictionaries/../src/main.rs", "/etc/passwd", "../src/main.rs"] {
        match dictionary.load_dictionary(outside)? {
            Ok(_) => return Err(format!("the plugin got out of its folder to {outside}").into()),
            Err(why) => println!("  outside of the folder: {}", shorten(&why, 100)),
        }
    }
    Ok(())
}

/// The same plugin without the grant for files.
pub(super) fn deny(bay: &Bay) -> Result {
    section("The same plugin without the grants");
    let berth = bay.find("markdown").ok_or("the markdown plugin is not there")?;
    let fewer = Grants::none().allow("demo:editor").stdio(Stdio::null());
    match berth.start_with(&fewer) {
        Ok(_) => Err("the plugin was linked without its grants".into()),
        Err(error) if matches!(error.kind(), ErrorKind::Denied { .. }) => {
            for line in error.to_string().lines() {
                println!("  {line}");
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// The grant for files is taken back from a live plugin, between two uses of it.
pub(super) fn revoke(bay: &Bay) -> Result {
    section("A grant that is taken back half-way");
    let berth = bay.find("markdown").ok_or("the markdown plugin is not there")?;
    let mut plugin = berth.start()?;
    let path = plugin.dictionary().default_path()?.ok_or("the plugin does not see EDITOR_DICTIONARY")?;
    let words = plugin.dictionary().load_dictionary(&path)?;
    println!("  it read {} words", words.map_err(|why| format!("the dictionary is not readable: {why}"))?);
    plugin.plugin().revoker().revoke("wasi:filesystem")?;
    match plugin.dictionary().load_dictionary(&path) {
        Err(error) if matches!(error.kind(), ErrorKind::Denied { .. }) => {
            for line in error.to_string().lines() {
                println!("  {line}");
            }
            Ok(())
        }
        other => Err(format!("files were still there: {other:?}").into()),
    }
}

/// What was decided so far, as the host tells it.
pub(super) fn audit(bay: &Bay) -> Result {
    section("The audit of all that");
    let events = bay.audit.take();
    let (denied, allowed): (Vec<_>, Vec<_>) =
        events.iter().partition(|event| event.verdict == Verdict::Denied);
    let uses: u64 = allowed.iter().map(|event| event.count).sum();
    println!("  {uses} uses and links were allowed, in {} events; the last:", allowed.len());
    for event in allowed.iter().rev().take(3) {
        println!("    {}: {} of {}, {} times", event.plugin, event.operation, event.capability, event.count);
    }
    println!("  denied:");
    for event in &denied {
        let target = event.target.as_deref().map(|target| format!(" for {target}")).unwrap_or_default();
        println!("    {}: {} of {}{target}: {}", event.plugin, event.operation, event.capability, event.rule);
    }
    if denied.iter().any(|event| event.rule == "revoked")
        && denied.iter().any(|event| event.operation == "link")
    {
        Ok(())
    } else {
        Err("the audit does not tell what was denied".into())
    }
}
