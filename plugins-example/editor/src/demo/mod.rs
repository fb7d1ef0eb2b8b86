//! `--demo`: everything the editor does with plugins, one section per step, without a terminal. A section that does not go
//! as it should ends the demo with an error.

mod harm;
mod notebook;
mod permission;
mod stranger;
mod text;

use std::error::Error;
use std::path::Path;

use crate::bay::{Bay, Berth, desk};
use crate::bindings::Plugin;
use crate::buffer::Buffer;
use crate::desk::Desk;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The text that everything is shown on.
const SAMPLE: &str = include_str!("sample.md");

/// One live plugin and where it came from.
struct Crew<'a> {
    berth: &'a Berth,
    plugin: Plugin<Desk>,
}

/// Runs all sections.
pub(crate) fn run(folder: &Path) -> Result {
    let (bay, failures) = Bay::open(folder)?;
    if let Some(failure) = failures.into_iter().next() {
        return Err(failure.into());
    }
    let buffer = Buffer::new("sample.md", SAMPLE);

    permission::cards(&bay);
    let mut crew = bay.berths.iter().map(Crew::start).collect::<Result<Vec<_>>>()?;
    text::introduce(&mut crew)?;
    text::tokenize(&mut crew, &buffer)?;
    text::count(&mut crew, &buffer)?;
    text::edit(&mut crew, &buffer)?;
    text::sessions(&mut crew, &buffer)?;
    permission::read_granted(&bay, &buffer)?;
    permission::deny(&bay)?;
    permission::revoke(&bay)?;
    stranger::visit(&bay, folder)?;
    permission::audit(&bay)?;
    still_working(&mut crew, &buffer)?;
    for incident in &harm::INCIDENTS {
        harm::show(incident, &mut crew)?;
        still_working(&mut crew, &buffer)?;
    }
    notebook::show(folder)?;
    harm::bad_files(&bay)?;
    still_working(&mut crew, &buffer)?;
    section("The end");
    println!(
        "All plugins were used, one was denied, {} went wrong, and the editor never did.",
        harm::INCIDENTS.len()
    );
    Ok(())
}

impl<'a> Crew<'a> {
    fn start(berth: &'a Berth) -> Result<Self> {
        Ok(Self { berth, plugin: berth.start()? })
    }

    fn name(&self) -> &'a str {
        &self.berth.name
    }

    /// Prints what the plugin said.
    fn print_log(&mut self) {
        for line in desk(&mut self.plugin).take_log() {
            println!("  {} says: {line}", self.berth.name);
        }
    }
}

fn section(title: &str) {
    println!("\n== {title}");
}

/// Shows that every plugin answers, whatever happened before.
fn still_working(crew: &mut [Crew<'_>], buffer: &Buffer) -> Result {
    let mut answers = Vec::new();
    for member in crew {
        let count = member.plugin.text_tools().count_words(&buffer.text)?;
        answers.push(format!("{} {}", member.name(), count.words));
    }
    println!("  still working, counting words: {}", answers.join(", "));
    Ok(())
}

/// The text as one printable line of at most `most` characters.
fn shorten(text: &str, most: usize) -> String {
    let line: String = text.chars().take(most).collect::<String>().escape_debug().collect();
    if text.chars().count() > most { format!("{line}…") } else { line }
}
