//! The sections about what plugins may do.

use plugbay::{ErrorKind, Grants, Stdio};

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
