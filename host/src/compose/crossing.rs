//! The host function that stands for a function of another plugin: it takes the other plugin, hands the arguments over,
//! calls within the caller's deadline, and brings the result back.

use std::sync::Arc;

use plugbay_component::types::{FuncType, ValType};
use plugbay_component::{Error, HostContext, Linker, Resource, Result, Val};

use super::handles::{self, Given, Passage};
use super::links::{StandIn, lock_within, within};
use crate::error::{ErrorKind, ProviderFailure};
use crate::interrupt::Stop;
use crate::plugin::Plugin;
use crate::state::PluginState;
use crate::wasi::refused;

type Cx<'a, T> = HostContext<'a, PluginState<T>>;

/// A function of an edge.
pub(super) struct Crossing {
    /// The number of the edge, and of the function in it.
    at: (usize, usize),
    provider: String,
    /// The path of the function in the provider.
    function: String,
    passages: Arc<[Passage]>,
    /// Some argument can have handles in it.
    gives: bool,
    /// So can the result.
    receives: bool,
}

impl Crossing {
    pub(super) fn new(
        at: (usize, usize),
        provider: &str,
        function: String,
        passages: &Arc<[Passage]>,
        ty: &FuncType,
    ) -> Self {
        Self {
            at,
            provider: provider.to_owned(),
            function,
            passages: Arc::clone(passages),
            gives: ty.params().iter().any(|(_, ty)| handles::carries(ty)),
            receives: ty.result().is_some_and(handles::carries),
        }
    }

    /// What the caller gets when the provider failed: its own deadline or cancellation if it was that which ended both.
    fn failed<T>(&self, cx: &Cx<'_, T>, error: crate::Error) -> Error {
        failed(cx, &self.provider, &self.function, error)
    }
}

fn failed<T>(cx: &Cx<'_, T>, provider: &str, function: &str, error: crate::Error) -> Error {
    match (error.kind(), cx.data().wasi.waiter.check()) {
        (ErrorKind::Deadline { .. }, Err(Stop::Deadline)) => Error::host(Stop::Deadline),
        (ErrorKind::Cancelled { .. }, Err(Stop::Cancelled)) => Error::host(Stop::Cancelled),
        _ => {
            let (provider, function) = (provider.to_owned(), function.to_owned());
            Error::host(ProviderFailure { provider, function, error })
        }
    }
}

/// Defines a function of `import` that calls another plugin.
pub(super) fn define<T: 'static>(
    linker: &mut Linker<PluginState<T>>,
    import: &str,
    function: &str,
    crossing: Crossing,
) -> Result<()> {
    let mut instance = if import == function { linker.root() } else { linker.instance(import) };
    instance.func_dynamic(function, move |cx: &mut Cx<'_, T>, ty, args| call(cx, &crossing, ty, args))?;
    Ok(())
}

/// Defines a resource of `import` that is another plugin's.
pub(super) fn define_resource<T: 'static>(
    linker: &mut Linker<PluginState<T>>,
    import: &str,
    resource: &str,
) -> Result<()> {
    let name = resource.to_owned();
    linker.instance(import).resource_dynamic(resource, move |cx: &mut Cx<'_, T>, rep| {
        let stand_in = cx.data_mut().table().delete(Resource::<StandIn>::own(rep)).map_err(refused)?;
        match handles::drop_at_home(cx, stand_in)? {
            Ok(()) => Ok(()),
            Err((provider, error)) => Err(failed(cx, &provider, &format!("[resource-drop]{name}"), error)),
        }
    })?;
    Ok(())
}

fn call<T: 'static>(
    cx: &mut Cx<'_, T>,
    crossing: &Crossing,
    ty: &FuncType,
    args: &[Val],
) -> Result<Option<Val>> {
    let gone = || Error::misuse("the plugin that was connected is gone");
    let state = cx.data();
    let edge = state.links.edges.get(crossing.at.0).ok_or_else(gone)?;
    let func = *edge.funcs.get(crossing.at.1).ok_or_else(gone)?;
    let (provider, interrupt) = (Arc::clone(&edge.provider), Arc::clone(&state.wasi.waiter.interrupt));
    let outer = state.wasi.waiter.deadline();
    let mut provider = lock_within(&provider, &state.wasi.waiter).map_err(Error::host)?;
    let provider: &mut Plugin<T> = &mut provider;
    let _calling = interrupt.calling(provider.canceller()).map_err(Error::host)?;

    let run = |provider: &mut Plugin<T>, args: &[Val]| {
        within(provider, outer, |provider| provider.call_func(&crossing.function, func, args))
    };
    let result = if crossing.gives {
        let types = ty.params().iter().map(|(_, ty)| ty);
        let mut args: Vec<(&ValType, Val)> = types.zip(args.iter().cloned()).collect();
        let mut given = Given::default();
        let handed = handles::give(cx, provider, &crossing.passages, &mut args, &mut given);
        if let Err(error) = handed {
            given.drop_all(provider, outer);
            return Err(error);
        }
        let args: Vec<Val> = args.into_iter().map(|(_, arg)| arg).collect();
        let result = run(provider, &args);
        match result {
            Ok(_) => given.take_back(provider),
            Err(_) => given.drop_all(provider, outer),
        }
        result
    } else {
        run(provider, args)
    };
    let mut result = result.map_err(|error| crossing.failed(cx, error))?;
    if crossing.receives
        && let (Some(result), Some(ty)) = (&mut result, ty.result())
    {
        handles::receive(cx, provider, &crossing.passages, ty, result)?;
    }
    Ok(result)
}
