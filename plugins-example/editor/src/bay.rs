//! The plugins of the editor: where they are, what each is granted, and how a live one is made (again).

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plugbay::audit::{Event, Sink};
use plugbay::{Compiled, Error, Grants, Host, Limits, PermissionCard, Plugin as Live, Source, Stdio};

use crate::bindings::{self, Plugin};
use crate::desk::Desk;

/// How long one call may take.
pub(crate) const DEADLINE: Duration = Duration::from_millis(500);

/// A plugin that comes with the editor, and what the editor's author decided that it may do.
struct Shipped {
    name: &'static str,
    language: &'static str,
    config: &'static [(&'static str, &'static str)],
    /// Parts of WASI that its toolchain links in, and that do no harm empty.
    wasi: &'static [&'static str],
    /// Whether it gets to see the dictionaries.
    dictionary: bool,
}

const SHIPPED: [Shipped; 4] = [
    Shipped {
        name: "markdown",
        language: "rust",
        config: &[("dash", "em")],
        wasi: &["wasi:cli", "wasi:clocks"],
        dictionary: true,
    },
    Shipped {
        name: "whitespace",
        language: "c",
        config: &[],
        wasi: &["wasi:cli", "wasi:clocks", "wasi:filesystem"],
        dictionary: false,
    },
    Shipped {
        name: "outline",
        language: "go",
        config: &[],
        wasi: &["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:random"],
        dictionary: false,
    },
    Shipped { name: "shout", language: "assemblyscript", config: &[], wasi: &[], dictionary: false },
];

/// The host and the plugins it found.
pub(crate) struct Bay {
    pub(crate) berths: Vec<Berth>,
    pub(crate) audit: Audit,
}

/// The last decisions about plugins, for the audit view.
#[derive(Clone, Default)]
pub(crate) struct Audit(Arc<Mutex<VecDeque<Event>>>);

/// How many of them are kept.
const MAX_EVENTS: usize = 1000;

impl Audit {
    /// What was decided since the last look.
    pub(crate) fn take(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

impl Sink for Audit {
    fn record(&self, event: &Event) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == MAX_EVENTS {
            events.pop_front();
        }
        events.push_back(event.clone());
    }
}

/// A compiled plugin and its grants. Live plugins are made from it, again after one went wrong.
pub(crate) struct Berth {
    pub(crate) name: String,
    path: PathBuf,
    compiled: Compiled<Desk>,
    config: &'static [(&'static str, &'static str)],
    grants: Grants,
}

impl Bay {
    /// Compiles the plugins that ship with the editor from `folder`. One that fails does not keep the others away: it
    /// is reported beside them.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Error>), Error> {
        let audit = Audit::default();
        let host = host(audit.clone())?;
        let (mut berths, mut failures) = (Vec::new(), Vec::new());
        for shipped in &SHIPPED {
            let path = folder.join(shipped.language).join(format!("{}.wasm", shipped.name));
            match host.compile(Source::file(&path)) {
                Ok(compiled) => berths.push(Berth::new(shipped, path, compiled, folder)),
                Err(error) => failures.push(error),
            }
        }
        Ok((Self { berths, audit }, failures))
    }

    /// The plugin called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<&Berth> {
        self.berths.iter().find(|berth| berth.name == name)
    }
}

impl Berth {
    fn new(shipped: &Shipped, path: PathBuf, compiled: Compiled<Desk>, folder: &Path) -> Self {
        let grants = Grants::none().allow("demo:editor").stdio(Stdio::null());
        let mut grants = shipped.wasi.iter().fold(grants, |grants, name| grants.allow(*name));
        if shipped.dictionary {
            grants = grants
                .allow_read(dictionaries(folder), "/dictionaries")
                .env("EDITOR_DICTIONARY", "/dictionaries/words.txt");
        }
        let (name, config) = (shipped.name.to_owned(), shipped.config);
        Self { name, path, compiled, config, grants }
    }

    /// The file it was compiled from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the plugin asks for.
    pub(crate) fn card(&self) -> PermissionCard {
        self.compiled.card()
    }

    /// What the editor grants it.
    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }

    /// A live plugin with the editor's grants.
    pub(crate) fn start(&self) -> Result<Plugin<Desk>, Error> {
        self.start_with(&self.grants)
    }

    /// A live plugin with other grants.
    pub(crate) fn start_with(&self, grants: &Grants) -> Result<Plugin<Desk>, Error> {
        self.compiled.link(grants)?.instantiate_as(Desk::new(self.config))
    }
}

/// A host that offers plugins the editor's three interfaces.
fn host(audit: Audit) -> Result<Host<Desk>, Error> {
    use bindings::demo::editor::{buffers, config, logging};
    Host::builder()
        .limits(Limits::default().memory(64 << 20).deadline(DEADLINE))
        .audit(audit)
        .provide("demo:editor/logging", |linker| logging::provide(linker, |desk: &mut Desk| desk))
        .provide("demo:editor/config", |linker| config::provide(linker, |desk: &mut Desk| desk))
        .provide("demo:editor/buffers", |linker| buffers::provide(linker, |desk: &mut Desk| desk))
        .build()
}

fn dictionaries(folder: &Path) -> PathBuf {
    folder.join("editor").join("dictionaries")
}

/// The live plugin's desk.
pub(crate) fn desk(plugin: &mut Plugin<Desk>) -> &mut Desk {
    let live: &mut Live<Desk> = plugbay::Bindings::plugin(plugin);
    live.data_mut()
}
