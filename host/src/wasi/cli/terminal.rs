//! The terminals of `wasi:cli`: a guest may ask whether a standard stream is one. That is all, and only for streams that
//! it was granted and that lead to this process's.

use std::io::IsTerminal as _;

use plugbay_component::{Resource, Result};

use super::{Cx, Instance, refused};
use crate::grant::{Input, Output};

/// The resource `terminal-input`.
#[derive(Debug)]
struct TerminalInput;

/// The resource `terminal-output`.
#[derive(Debug)]
struct TerminalOutput;

pub(in crate::wasi) fn define_terminal_input<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<TerminalInput>("terminal-input", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<TerminalInput>::own(rep)).map(drop).map_err(refused)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_terminal_output<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<TerminalOutput>("terminal-output", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<TerminalOutput>::own(rep)).map(drop).map_err(refused)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_terminal_stdin<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-terminal-stdin", |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let is_terminal =
            matches!(wasi.authority.stdio.stdin, Input::Inherit) && std::io::stdin().is_terminal();
        is_terminal.then(|| wasi.table.push(TerminalInput).map_err(refused)).transpose()
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_terminal_stdout<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-terminal-stdout", |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let is_terminal = matches!(wasi.authority.stdio.stdout, Output::Inherit | Output::Terminal)
            && std::io::stdout().is_terminal();
        is_terminal.then(|| wasi.table.push(TerminalOutput).map_err(refused)).transpose()
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_terminal_stderr<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-terminal-stderr", |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let is_terminal = matches!(wasi.authority.stdio.stderr, Output::Inherit | Output::Terminal)
            && std::io::stderr().is_terminal();
        is_terminal.then(|| wasi.table.push(TerminalOutput).map_err(refused)).transpose()
    })?;
    Ok(())
}
