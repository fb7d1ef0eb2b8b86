//! The sections in which plugins do what they are for.

use super::{Crew, Result, section, shorten};
use crate::bay::desk;
use crate::bindings::demo::editor::types::{Token, TokenKind};
use crate::bindings::exports::demo::editor::sessions::Session;
use crate::buffer::Buffer;
use crate::edit;

/// How many tokens are printed for each plugin.
const TOKENS_SHOWN: usize = 6;

pub(super) fn introduce(crew: &mut [Crew<'_>]) -> Result {
    section("The plugins introduce themselves");
    for member in crew {
        let info = member.plugin.describe()?;
        let (major, minor, patch) = info.version;
        println!(
            "  {} {major}.{minor}.{patch}, written in {}: {:?}{}",
            info.name,
            info.language,
            info.capabilities,
            info.homepage.map(|page| format!(", {page}")).unwrap_or_default(),
        );
    }
    Ok(())
}

pub(super) fn tokenize(crew: &mut [Crew<'_>], buffer: &Buffer) -> Result {
    section("Tokens");
    for member in crew {
        let tokens = member.plugin.text_tools().tokenize(&buffer.text)?;
        let first: Vec<_> = tokens.iter().take(TOKENS_SHOWN).map(|token| show(token, &buffer.text)).collect();
        println!("  {}: {} tokens: {} …", member.name(), tokens.len(), first.join(" "));
        member.print_log();
    }
    Ok(())
}

fn show(token: &Token, text: &str) -> String {
    let kind = match &token.kind {
        TokenKind::Word => "word".to_owned(),
        TokenKind::Number => "number".to_owned(),
        TokenKind::Whitespace => "space".to_owned(),
        TokenKind::Punctuation(mark) => format!("mark {mark:?}"),
        TokenKind::Heading(level) => format!("heading {level}"),
        TokenKind::Other(name) => shorten(name, 12),
    };
    let end = token.start.saturating_add(token.length) as usize;
    let piece = text.get(token.start as usize..end).unwrap_or("(not in the text)");
    format!("[{kind} {}]", shorten(piece, 16))
}

pub(super) fn count(crew: &mut [Crew<'_>], buffer: &Buffer) -> Result {
    section("Word counts");
    for member in crew {
        let count = member.plugin.text_tools().count_words(&buffer.text)?;
        println!(
            "  {}: {} lines, {} words, {} characters, {} bytes",
            member.name(),
            count.lines,
            count.words,
            count.characters,
            count.bytes
        );
    }
    Ok(())
}

pub(super) fn edit(crew: &mut [Crew<'_>], buffer: &Buffer) -> Result {
    section("Edits");
    for member in crew {
        let mut edited = buffer.clone();
        match edit::apply(&mut member.plugin, &mut edited) {
            Ok(changes) => {
                println!("  {}: {changes} edits", member.name());
                print_difference(buffer, &edited);
            }
            Err(edit::Failure::Declined(why)) => println!("  {}: no edits: {why}", member.name()),
            Err(failure) => return Err(failure.to_string().into()),
        }
        member.print_log();
    }
    Ok(())
}

/// Prints the first lines that changed.
fn print_difference(before: &Buffer, after: &Buffer) {
    let pairs = before.text.lines().zip(after.text.lines());
    for (old, new) in pairs.filter(|(old, new)| old != new).take(2) {
        println!("    - {}\n    + {}", shorten(old, 90), shorten(new, 90));
    }
}

pub(super) fn sessions(crew: &mut [Crew<'_>], buffer: &Buffer) -> Result {
    section("A session kept across calls");
    for member in crew {
        desk(&mut member.plugin).open = Some(buffer.clone());
        let plugin = &mut member.plugin;
        let first = Session::new(plugin, "")?;
        let second = Session::new(plugin, "notes")?;
        let mut words = Vec::new();
        for line in buffer.text.lines().filter(|line| !line.is_empty()).take(3) {
            words.push(first.append(plugin, line)?.to_string());
        }
        second.append(plugin, "one more incomprehensibility")?;
        let merged = Session::merge(plugin, first, second)?;
        let summary = merged.summary(plugin)?;
        merged.drop(plugin)?;
        println!(
            "  {}: words so far {}; merged: {:?} saw {} texts, {} words of {:.1} bytes, the longest {:?}",
            member.name(),
            words.join(", "),
            summary.name,
            summary.appended,
            summary.words,
            summary.average_length,
            summary.longest.unwrap_or_default(),
        );
        member.print_log();
    }
    Ok(())
}
