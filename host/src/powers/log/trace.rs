//! Lines of plugins as events of `tracing`, under the target `plugin::<id>`.
//!
//! The macros of `tracing` want targets that are known when compiling. What they would make for each target is made here,
//! once for each plugin, and kept for ever: plugins beyond [`MOST`] share the target `plugin`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::callsite::{Callsite, Identifier};
use tracing::field::{FieldSet, Value, display};
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, dispatcher};

use super::{LogLevel, LogLine};

/// How many plugins get a target of their own in one process.
const MOST: usize = 1024;

const FIELDS: &[&str] = &["message", "level", "fields"];

/// The events of one plugin, by level.
pub(super) type Sites = [&'static Site; 5];

/// One place that events come from.
pub(super) struct Site(OnceLock<Metadata<'static>>);

/// For [`Callsite::metadata`] of what is not made yet, which nobody asks for.
static NOWHERE: Site = Site(OnceLock::new());
static NAMELESS: Metadata<'static> = Metadata::new(
    "log",
    "plugin",
    Level::ERROR,
    None,
    None,
    None,
    FieldSet::new(FIELDS, Identifier(&NOWHERE)),
    Kind::EVENT,
);

impl Callsite for Site {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().unwrap_or(&NAMELESS)
    }
}

/// The events of the plugin called `id`.
pub(super) fn sites(id: &str) -> Sites {
    static KNOWN: OnceLock<Mutex<HashMap<String, Sites>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let id = if known.len() < MOST { id } else { "" };
    if let Some(sites) = known.get(id) {
        return *sites;
    }
    let target: &'static str = match id {
        "" => "plugin",
        id => Box::leak(format!("plugin::{}", super::escape::plain(id, 256)).into_boxed_str()),
    };
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    let sites = levels.map(|level| site(target, level));
    known.insert(id.to_owned(), sites);
    sites
}

fn site(target: &'static str, level: Level) -> &'static Site {
    let site: &'static Site = Box::leak(Box::new(Site(OnceLock::new())));
    let fields = FieldSet::new(FIELDS, Identifier(site));
    let metadata = Metadata::new("log", target, level, None, None, None, fields, Kind::EVENT);
    site.0.get_or_init(|| metadata);
    site
}

/// Tells `tracing` about a line.
pub(super) fn tell(sites: &Sites, line: &LogLine<'_>) {
    let [trace, debug, info, warn, error] = sites;
    let site = match line.level {
        LogLevel::Trace => trace,
        LogLevel::Debug => debug,
        LogLevel::Info => info,
        LogLevel::Warn => warn,
        LogLevel::Error | LogLevel::Critical => error,
    };
    let metadata = site.metadata();
    dispatcher::get_default(|dispatch| {
        if !dispatch.enabled(metadata) {
            return;
        }
        let critical = (line.level == LogLevel::Critical).then_some("critical");
        let fields = Shown(line.fields);
        let (message, fields) = (display(line.message), display(&fields));
        let values: [Option<&dyn Value>; 3] = [
            Some(&message),
            critical.as_ref().map(|level| level as &dyn Value),
            (!line.fields.is_empty()).then_some(&fields as &dyn Value),
        ];
        dispatch.event(&Event::new(metadata, &metadata.fields().value_set_all(&values)));
    });
}

/// `a=1 b="two"`.
struct Shown<'a>(&'a [(String, String)]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name}={value:?}")?;
        }
        Ok(())
    }
}
