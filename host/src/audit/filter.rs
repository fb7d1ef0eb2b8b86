//! `EventFilter`: which events are meant.

use std::time::SystemTime;

use super::Event;
use crate::grant::name::Pattern;

/// Which events are meant; one that says nothing means all.
///
/// ```
/// use plugbay::audit::EventFilter;
/// let filter = EventFilter::new().plugin("acme:md-lint").capability("wasi:filesystem").denied();
/// # let _ = filter;
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    plugin: Option<String>,
    capability: Option<Pattern>,
    denied: bool,
    since: Option<SystemTime>,
    call: Option<u64>,
}

impl EventFilter {
    /// All events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this plugin.
    #[must_use]
    pub fn plugin(mut self, name: impl Into<String>) -> Self {
        self.plugin = Some(name.into());
        self
    }

    /// Of a capability: a package (`wasi:clocks`), an interface, a function of the world, or `limits`.
    #[must_use]
    pub fn capability(mut self, name: impl Into<String>) -> Self {
        self.capability = Some(Pattern::new(name));
        self
    }

    /// Where something was denied, by a rule or by a person.
    #[must_use]
    pub fn denied(mut self) -> Self {
        self.denied = true;
        self
    }

    /// Not before this.
    #[must_use]
    pub fn since(mut self, time: SystemTime) -> Self {
        self.since = Some(time);
        self
    }

    /// Of one call into the plugin, by its number.
    #[must_use]
    pub fn call(mut self, number: u64) -> Self {
        self.call = Some(number);
        self
    }

    /// Whether `event` is meant.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        let Self { plugin, capability, denied, since, call } = self;
        let named =
            |pattern: &Pattern| pattern.matches(&event.capability) || pattern.as_str() == event.capability;
        plugin.as_ref().is_none_or(|plugin| *plugin == event.plugin)
            && capability.as_ref().is_none_or(named)
            && (!denied || event.verdict.is_denial())
            && since.is_none_or(|since| event.time >= since)
            && call.is_none_or(|call| event.call == call)
    }
}
