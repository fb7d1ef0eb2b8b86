//! The functions of `plugbay:host/log`.

use plugbay_component::marshal::Owned;
use plugbay_component::{LinkerInstance, ListView, Result};

use super::LogLevel;
use crate::powers::Cx;
use crate::state::PluginState;

type Fields = ListView<'static, (&'static str, &'static str)>;

pub(crate) fn define<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_view::<(Owned<LogLevel>, &'static str), (), _>(
        "log",
        |cx: &mut Cx<'_, T>, (level, message)| {
            cx.data().powers().log.line(level, message, std::iter::empty());
            Ok(())
        },
    )?;
    instance.func_view::<(Owned<LogLevel>, &'static str, Fields), (), _>(
        "log-with",
        |cx: &mut Cx<'_, T>, (level, message, fields)| {
            cx.data().powers().log.line(level, message, fields.iter());
            Ok(())
        },
    )?;
    instance.func_wrap("enabled", |cx: &mut Cx<'_, T>, (level,): (LogLevel,)| {
        Ok(cx.data().powers().log.wants(level))
    })?;
    Ok(())
}
