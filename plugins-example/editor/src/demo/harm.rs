//! The sections in which plugins go wrong, and files that are no plugins.

use std::time::Instant;

use plugbay::{ErrorKind, Host, Source};

use super::{Crew, Result, section};
use crate::bay::{Bay, DEADLINE};
use crate::bindings::exports::demo::editor::mischief::Kind;

/// Something that a plugin does, and how it has to end.
pub(super) struct Incident {
    title: &'static str,
    plugin: &'static str,
    kind: Kind,
    expected: fn(&ErrorKind) -> bool,
}

pub(super) const INCIDENTS: [Incident; 4] = [
    Incident {
        title: "An endless loop, stopped at its deadline",
        plugin: "whitespace",
        kind: Kind::LoopForever,
        expected: |kind| matches!(kind, ErrorKind::Deadline { .. }),
    },
    Incident {
        title: "A trap, contained",
        plugin: "markdown",
        kind: Kind::Trap,
        expected: |kind| matches!(kind, ErrorKind::Trap { .. }),
    },
    Incident {
        title: "Endless recursion",
        plugin: "shout",
        kind: Kind::RecurseForever,
        expected: |kind| matches!(kind, ErrorKind::Trap { .. }),
    },
    Incident {
        title: "Memory without end",
        plugin: "outline",
        kind: Kind::AllocateForever,
        expected: |kind| {
            matches!(
                kind,
                ErrorKind::Trap { .. }
                    | ErrorKind::Deadline { .. }
                    | ErrorKind::Exit(_)
                    | ErrorKind::Limit { .. }
            )
        },
    },
];

/// Lets a plugin go wrong, shows what the editor gets to know, and starts the plugin again.
pub(super) fn show(incident: &Incident, crew: &mut [Crew<'_>]) -> Result {
    section(incident.title);
    let member =
        crew.iter_mut().find(|member| member.name() == incident.plugin).ok_or("the plugin is not there")?;
    let before = Instant::now();
    let error = match member.plugin.mischief().commit(incident.kind) {
        Ok(far) => return Err(format!("{} got away with it, as far as {far}", incident.plugin).into()),
        Err(error) => error,
    };
    let took = before.elapsed();
    for line in error.to_string().lines() {
        println!("  {line}");
    }
    if !(incident.expected)(error.kind()) {
        return Err(format!("that is not how it should have ended: {:?}", error.kind()).into());
    }
    if matches!(error.kind(), ErrorKind::Deadline { .. }) {
        println!("  it was stopped {} ms after its deadline", took.saturating_sub(DEADLINE).as_millis());
    }
    let again = member.plugin.text_tools().count_words("used again").err().ok_or("a dead plugin answered")?;
    println!("  calling it again: {again}");
    *member = Crew::start(member.berth)?;
    println!("  {} was started anew", incident.plugin);
    Ok(())
}

/// Files that cannot be plugins of this editor.
pub(super) fn bad_files(bay: &Bay) -> Result {
    section("Files that are no plugins");
    let host = Host::new()?;
    let markdown = bay.find("markdown").ok_or("the markdown plugin is not there")?;
    let whole = std::fs::read(markdown.path())?;
    let half = whole.get(..whole.len() / 2).unwrap_or_default().to_vec();
    let sources = [
        Source::file("no-such-plugin.wasm"),
        Source::bytes("a text", *b"# not a plugin"),
        Source::bytes("half a plugin", half),
    ];
    for source in sources {
        match host.compile(source) {
            Ok(_) => return Err("it was taken for a plugin".into()),
            Err(error) => println!("  {error}"),
        }
    }
    Ok(())
}
