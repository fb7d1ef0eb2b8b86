//! `[lifecycle]` and `[activation]`: what a plugin wishes of the application that runs it. They give no power, and the host does
//! not act on them: like `[contributes]` they are the application's to honour, but in words that are the same for all.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::check::{self, Result, wrong};

/// How a plugin wishes to be run; `[lifecycle]`. What it does not say is as in [`Lifecycle::default`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifecycle {
    /// How many instances of it there may be.
    pub concurrency: Concurrency,
    /// Whether it is to be made anew after it ended.
    pub restart: Option<Restart>,
    /// What of it outlives an instance.
    pub state: StateKeeping,
}

/// How many instances of a plugin there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Concurrency {
    /// One, which is called by one at a time.
    #[default]
    Exclusive,
    /// As many as the application wants; each call may go to another one.
    Pooled,
}

/// When and how often a plugin is to be made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restart {
    /// After what.
    pub on: RestartOn,
    /// How often before it is given up, at most 1000.
    pub max: u32,
    /// How long to wait before the first time; at most an hour.
    pub backoff: Duration,
}

/// After what a plugin is to be made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RestartOn {
    /// After a trap, a deadline or a limit.
    Crash,
    /// After it ended, however it did.
    Exit,
}

/// What of a plugin outlives an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StateKeeping {
    /// Nothing.
    #[default]
    None,
    /// What it puts into a store by itself.
    Kv,
    /// What it gives away when asked to save, and gets back: exports of the application's world.
    SaveRestore,
}

/// The longest list of events that a manifest may have.
pub(super) const MAX_EVENTS: usize = 256;
/// The longest event, in bytes.
pub(super) const MAX_EVENT: usize = 256;
/// The highest `max` of `restart`.
pub(super) const MAX_RESTARTS: u32 = 1000;
/// The longest `backoff`.
pub(super) const MAX_BACKOFF: Duration = Duration::from_secs(3600);

/// `[lifecycle]` as serde reads it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawLifecycle {
    #[serde(default)]
    concurrency: Concurrency,
    restart: Option<RawRestart>,
    #[serde(default)]
    state: StateKeeping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRestart {
    on: RestartOn,
    max: Spanned<i64>,
    backoff: Spanned<String>,
}

/// `[activation]` as serde reads it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawActivation {
    on: Spanned<Vec<Spanned<String>>>,
}

pub(super) fn lifecycle(raw: RawLifecycle) -> Result<Lifecycle> {
    let restart = raw.restart.map(restart).transpose()?;
    Ok(Lifecycle { concurrency: raw.concurrency, restart, state: raw.state })
}

fn restart(raw: RawRestart) -> Result<Restart> {
    let max = u32::try_from(*raw.max.get_ref()).ok().filter(|max| (1..=MAX_RESTARTS).contains(max));
    let Some(max) = max else {
        return wrong(&raw.max, format!("write how often, from 1 to {MAX_RESTARTS}, such as `3`"));
    };
    let backoff = check::duration(&raw.backoff)?;
    if backoff > MAX_BACKOFF {
        return wrong(&raw.backoff, "nobody waits so long: write at most `\"1h\"`");
    }
    Ok(Restart { on: raw.on, max, backoff })
}

pub(super) fn activation(raw: RawActivation) -> Result<Vec<String>> {
    if raw.on.get_ref().len() > MAX_EVENTS {
        return wrong(&raw.on, format!("at most {MAX_EVENTS} events are read"));
    }
    let mut events: Vec<String> = Vec::new();
    for event in raw.on.into_inner() {
        if !is_event(event.get_ref()) {
            let problem = format!(
                "{:?} is no event: write its kind, or kind and detail, such as `startup` or `language:markdown`; \
                 there is no `*`",
                event.get_ref()
            );
            return wrong(&event, problem);
        }
        if events.contains(event.get_ref()) {
            return wrong(&event, format!("`{}` is there twice: keep one", event.get_ref()));
        }
        events.push(event.into_inner());
    }
    Ok(events)
}

/// Whether a text names an event: `kind`, or `kind:detail`.
pub(super) fn is_event(text: &str) -> bool {
    let (kind, detail) = text.split_once(':').map_or((text, None), |(kind, detail)| (kind, Some(detail)));
    text.len() <= MAX_EVENT
        && kind.starts_with(|first: char| first.is_ascii_lowercase())
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && detail.is_none_or(|detail| {
            !detail.is_empty()
                && detail != "*"
                && detail.chars().all(|char| !char.is_control() && !char.is_whitespace())
        })
}
