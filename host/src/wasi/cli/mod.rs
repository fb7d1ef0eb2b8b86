//! `wasi:cli`: environment, exit, standard streams and terminals. (`run`, which a command exports, is called by
//! `Plugin::run_command`.)

mod plain;
mod rate;
mod standard;
mod terminal;

use plugbay_component::{LinkerInstance, Result};

use super::Cx;
use crate::error::Exit;
use crate::state::PluginState;

pub(super) use standard::{Outputs, ProcessInput, Which};
pub(super) use terminal::{
    define_terminal_input, define_terminal_output, define_terminal_stderr, define_terminal_stdin,
    define_terminal_stdout,
};

use super::refused;

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;

pub(super) fn define_environment<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-environment", |cx: &mut Cx<'_, T>, (): ()| {
        Ok(cx.data_mut().wasi.authority.env.clone())
    })?;
    instance.func_wrap("get-arguments", |cx: &mut Cx<'_, T>, (): ()| {
        Ok(cx.data_mut().wasi.authority.args.clone())
    })?;
    // A guest has no working directory of its own: paths are relative to a preopened directory.
    instance.func_wrap("initial-cwd", |_: &mut Cx<'_, T>, (): ()| Ok(None::<String>))?;
    Ok(())
}

pub(super) fn define_exit<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("exit", |_: &mut Cx<'_, T>, (status,): (std::result::Result<(), ()>,)| {
        Err::<(), _>(plugbay_component::Error::host(Exit(u8::from(status.is_err()))))
    })?;
    instance.func_wrap("exit-with-code", |_: &mut Cx<'_, T>, (code,): (u8,)| {
        Err::<(), _>(plugbay_component::Error::host(Exit(code)))
    })?;
    Ok(())
}

pub(super) fn define_stdin<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-stdin", |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let stream = wasi.input();
        wasi.table.push(stream).map_err(refused)
    })?;
    Ok(())
}

/// `get-stdout` or `get-stderr`.
pub(super) fn define_output<T: 'static>(
    instance: &mut Instance<'_, T>,
    name: &'static str,
    which: Which,
) -> Result<()> {
    instance.func_wrap(name, move |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let stream = wasi.outputs.stream(which);
        wasi.table.push(stream).map_err(refused)
    })?;
    Ok(())
}
