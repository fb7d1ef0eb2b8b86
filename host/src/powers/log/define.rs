//! The functions of `plugbay:host/log`.

use plugbay_component::marshal::Owned;
use plugbay_component::{LinkerInstance, ListView, Result};

use super::{LogLevel, Logger};
use crate::powers::Cx;
use crate::state::PluginState;
use crate::usage::{Kind, Meter};

type Fields = ListView<'static, (&'static str, &'static str)>;

/// The plugin's log, and the meter of what it writes.
fn log<'a, T>(cx: &'a Cx<'_, T>) -> Option<(&'a Logger, &'a Meter)> {
    let state = cx.data();
    state.powers().log.as_ref().map(|log| (log, &state.wasi.meter))
}

/// Writes a line, if the plugin may still write so much in this call.
fn line<'m, T>(
    cx: &Cx<'_, T>,
    level: LogLevel,
    message: &str,
    fields: impl Iterator<Item = (&'m str, &'m str)>,
) -> Result<()> {
    if let Some((log, meter)) = log(cx) {
        log.line(level, message, fields, |bytes| meter.spend(Kind::LogBytes, bytes).is_ok());
    }
    Ok(())
}

pub(crate) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_view::<(Owned<LogLevel>, &'static str), (), _>(
        "log",
        |cx: &mut Cx<'_, T>, (level, message)| line(cx, level, message, std::iter::empty()),
    )?;
    instance.func_view::<(Owned<LogLevel>, &'static str, Fields), (), _>(
        "log-with",
        |cx: &mut Cx<'_, T>, (level, message, fields)| line(cx, level, message, fields.iter()),
    )?;
    instance.func_wrap("enabled", |cx: &mut Cx<'_, T>, (level,): (LogLevel,)| {
        Ok(log(cx).is_some_and(|(log, _)| log.wants(level)))
    })?;
    Ok(())
}
