//! What a plugin sees of the editor: the functions that its imports reach. Each live plugin has a desk of its own, so one
//! plugin sees neither another's log nor another's handles.

use std::collections::BTreeMap;

use plugbay::{Borrow, Resource, ResourceTable, ResourceTableError};

use crate::bindings::demo::editor::{buffers, config, logging};
use crate::buffer::Buffer;

/// The longest log message that is kept, in bytes.
const MAX_MESSAGE: usize = 500;
/// How many log messages are kept between two looks.
const MAX_MESSAGES: usize = 100;

/// The editor's side of one live plugin.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The plugin's section of the configuration.
    pub(crate) config: BTreeMap<String, String>,
    /// The text in front of the user, as it was when the plugin was called.
    pub(crate) open: Option<Buffer>,
    /// What the plugin said since the editor last looked.
    pub(crate) log: Vec<String>,
    /// The texts that the plugin holds handles to.
    handles: ResourceTable,
}

impl Desk {
    pub(crate) fn new(config: &[(&str, &str)]) -> Self {
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { config, ..Self::default() }
    }

    /// Puts `buffer` in front of the plugin and lends it to one call. [`Desk::clear`] takes it away again.
    pub(crate) fn lend(&mut self, buffer: &Buffer) -> Result<Resource<buffers::Buffer>, ResourceTableError> {
        self.open = Some(buffer.clone());
        self.hand_out(buffer.clone())
    }

    /// Takes back what [`Desk::lend`] lent.
    pub(crate) fn clear(&mut self, lent: Resource<buffers::Buffer>) {
        buffers::Host::drop_buffer(self, lent);
    }

    /// What the plugin said since the last time.
    pub(crate) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    fn hand_out(&mut self, buffer: Buffer) -> Result<Resource<buffers::Buffer>, ResourceTableError> {
        Ok(Resource::own(self.handles.push(buffer)?.rep()))
    }

    /// The text behind a handle. The runtime vouches that the handle is one that was handed out.
    fn behind(&self, this: &Borrow<buffers::Buffer>) -> Option<&Buffer> {
        self.handles.get(&Resource::<Buffer>::own(this.rep())).ok()
    }
}

impl logging::Host for Desk {
    fn log(&mut self, level: logging::Level, message: &str) {
        if self.log.len() < MAX_MESSAGES {
            let message = &message[..message.floor_char_boundary(MAX_MESSAGE)];
            let level = format!("{level:?}").to_lowercase();
            // A plugin's words go to the terminal: without control characters.
            self.log.push(format!("{level}: {}", message.escape_debug()));
        }
    }
}

impl config::Host for Desk {
    fn get(&mut self, key: &str) -> Option<String> {
        self.config.get(key).cloned()
    }

    fn entries(&mut self) -> Vec<(String, String)> {
        self.config.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl buffers::Host for Desk {
    fn open_buffer(&mut self) -> Option<Resource<buffers::Buffer>> {
        let open = self.open.clone()?;
        self.hand_out(open).ok()
    }

    fn buffer_name(&mut self, this: Borrow<buffers::Buffer>) -> String {
        self.behind(&this).map(|buffer| buffer.name.clone()).unwrap_or_default()
    }

    fn buffer_text(&mut self, this: Borrow<buffers::Buffer>) -> String {
        self.behind(&this).map(|buffer| buffer.text.clone()).unwrap_or_default()
    }

    fn buffer_length(&mut self, this: Borrow<buffers::Buffer>) -> u32 {
        self.behind(&this).and_then(|buffer| u32::try_from(buffer.text.len()).ok()).unwrap_or_default()
    }

    fn buffer_line_count(&mut self, this: Borrow<buffers::Buffer>) -> u32 {
        self.behind(&this).map(Buffer::line_count).unwrap_or_default()
    }

    fn buffer_line(&mut self, this: Borrow<buffers::Buffer>, number: u32) -> Option<String> {
        self.behind(&this)?.line(number).map(str::to_owned)
    }

    fn drop_buffer(&mut self, this: Resource<buffers::Buffer>) {
        // A handle that is not there any more has nothing to drop.
        drop(self.handles.delete(Resource::<Buffer>::own(this.rep())));
    }
}
