//! Resources that cross an edge. A resource lives where it was made; everywhere else a host resource stands for it, whose
//! data (`StandIn`) says which plugin's it is and which handle there. Passing a handle on moves the stand-in, and only its
//! own plugin ever gets the real handle.

use std::time::Instant;

use plugbay_component::types::{ResourceType, ValType};
use plugbay_component::{Borrow, Error, HostContext, Resource, ResourceAny, Result, Val};

use super::links::{StandIn, lock_within, within};
use crate::plugin::Plugin;
use crate::state::PluginState;
use crate::wasi::refused;

type Cx<'a, T> = HostContext<'a, PluginState<T>>;

/// A resource type that crosses an edge.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    /// As the importer counts it.
    pub(super) here: ResourceType,
    /// As the provider counts it.
    pub(super) there: ResourceType,
    /// The number of the plugin that defines it.
    pub(super) home: usize,
    /// The provider defines it.
    pub(super) at_home: bool,
}

/// A handle in a value, to be replaced.
struct Found<'a> {
    handle: &'a mut ResourceAny,
    own: bool,
    passage: &'a Passage,
}

/// What was given to the provider for one call.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Its own again.
    owned: Vec<ResourceAny>,
    /// Stand-ins that end with the call.
    lent: Vec<ResourceAny>,
}

/// Replaces the importer's handles in arguments by the provider's.
pub(super) fn give<T: 'static>(
    cx: &mut Cx<'_, T>,
    provider: &mut Plugin<T>,
    passages: &[Passage],
    args: &mut [(&ValType, Val)],
    given: &mut Given,
) -> Result<()> {
    let mut found = Vec::new();
    for (ty, arg) in args {
        find(arg, ty, passages, &mut found)?;
    }
    for Found { handle, own, passage } in found {
        let stand_in = if own {
            let rep = cx.resource_take(*handle)?;
            cx.data_mut().table().delete(Resource::<StandIn>::own(rep)).map_err(refused)?
        } else {
            let rep = cx.resource_rep(*handle)?;
            *cx.data_mut().table().get(Borrow::<StandIn>::new(rep)).map_err(refused)?
        };
        if passage.at_home {
            *handle = stand_in.real;
        } else {
            let put = put(provider, passage, stand_in);
            if put.is_err() && own {
                let _ = drop_at_home(cx, stand_in);
            }
            *handle = put?;
        }
        match (own, passage.at_home) {
            (true, _) => given.owned.push(*handle),
            (false, true) => {}
            (false, false) => given.lent.push(*handle),
        }
    }
    Ok(())
}

/// A stand-in in the provider, for a resource that is a third plugin's.
fn put<T: 'static>(provider: &mut Plugin<T>, passage: &Passage, stand_in: StandIn) -> Result<ResourceAny> {
    let rep = provider.state_mut().table().push(stand_in).map_err(refused)?.rep();
    provider.resource_new(&passage.there, rep).map_err(|error| {
        let _ = provider.state_mut().table().delete(Resource::<StandIn>::own(rep));
        Error::host(error)
    })
}

impl Given {
    /// After the call: what was only lent is void.
    pub(super) fn take_back<T: 'static>(self, provider: &mut Plugin<T>) {
        for handle in self.lent {
            if let Ok(rep) = provider.resource_take(handle) {
                let _ = provider.state_mut().table().delete(Resource::<StandIn>::own(rep));
            }
        }
    }

    /// The call was refused before the provider could take anything: nobody has these resources any more.
    pub(super) fn drop_all<T: 'static>(self, provider: &mut Plugin<T>, outer: Option<Instant>) {
        if provider.is_poisoned() {
            return;
        }
        for handle in &self.owned {
            // Stale by now, if the provider did get it.
            let _ = within(provider, outer, |provider| provider.drop_resource(*handle));
        }
        self.take_back(provider);
    }
}

/// Replaces the provider's handles in a result by the importer's. If that fails, what is left of them is dropped.
pub(super) fn receive<T: 'static>(
    cx: &mut Cx<'_, T>,
    provider: &mut Plugin<T>,
    passages: &[Passage],
    ty: &ValType,
    result: &mut Val,
) -> Result<()> {
    let mut found = Vec::new();
    find(result, ty, passages, &mut found)?;
    let mut outcome = Ok(());
    for Found { handle, passage, .. } in found {
        let stand_in = match passage.at_home {
            true => StandIn { home: passage.home, real: *handle },
            false => {
                let rep = provider.resource_take(*handle).map_err(Error::host)?;
                let table = provider.state_mut().table();
                table.delete(Resource::<StandIn>::own(rep)).map_err(refused)?
            }
        };
        if outcome.is_ok() {
            match hold(cx, passage, stand_in) {
                Ok(held) => {
                    *handle = held;
                    continue;
                }
                Err(error) => outcome = Err(error),
            }
        }
        if passage.at_home {
            let _ = within(provider, cx.deadline(), |provider| provider.drop_resource(stand_in.real));
        } else {
            let _ = drop_at_home(cx, stand_in);
        }
    }
    outcome
}

/// A stand-in in the importer.
fn hold<T: 'static>(cx: &mut Cx<'_, T>, passage: &Passage, stand_in: StandIn) -> Result<ResourceAny> {
    let rep = cx.data_mut().table().push(stand_in).map_err(refused)?.rep();
    cx.resource_new(&passage.here, rep).inspect_err(|_| {
        let _ = cx.data_mut().table().delete(Resource::<StandIn>::own(rep));
    })
}

/// Runs the destructor of a resource in the plugin that defines it. Returns what failed there.
pub(super) fn drop_at_home<T: 'static>(
    cx: &mut Cx<'_, T>,
    stand_in: StandIn,
) -> Result<Result<(), (String, crate::Error)>> {
    let state = cx.data();
    let home = state.links.homes.get(&stand_in.home).cloned();
    let home = home.ok_or_else(|| Error::misuse("the plugin that defines the resource is gone"))?;
    let waiter = &state.wasi.waiter;
    let mut home = lock_within(&home, waiter).map_err(Error::host)?;
    let _calling = waiter.interrupt.calling(home.canceller()).map_err(Error::host)?;
    let dropped = within(&mut home, waiter.deadline(), |home| home.drop_resource(stand_in.real));
    Ok(dropped.map_err(|error| (home.name().to_owned(), error)))
}

/// All handles in a value. Types were compared within bounds when the edge was drawn, which bounds this walk's depth.
fn find<'a>(
    value: &'a mut Val,
    ty: &ValType,
    passages: &'a [Passage],
    found: &mut Vec<Found<'a>>,
) -> Result<()> {
    match (value, ty) {
        (Val::Resource(handle), ValType::Own(resource) | ValType::Borrow(resource)) => {
            let passage = passages.iter().find(|passage| passage.here == *resource);
            let passage = passage.ok_or_else(|| Error::misuse("a resource that does not cross this edge"))?;
            found.push(Found { handle, own: matches!(ty, ValType::Own(_)), passage });
        }
        (Val::List(values), ValType::List(ty)) if carries(ty.element()) => {
            values.iter_mut().try_for_each(|value| find(value, ty.element(), passages, found))?;
        }
        (Val::Record(fields), ValType::Record(ty)) => {
            for ((_, value), (_, ty)) in fields.iter_mut().zip(ty.fields()) {
                find(value, ty, passages, found)?;
            }
        }
        (Val::Tuple(values), ValType::Tuple(ty)) => {
            for (value, ty) in values.iter_mut().zip(ty.types()) {
                find(value, ty, passages, found)?;
            }
        }
        (Val::Variant(case, Some(value)), ValType::Variant(ty)) => {
            let case = ty.index_of(case).and_then(|index| ty.cases().get(index));
            if let Some((_, Some(ty))) = case {
                find(value, ty, passages, found)?;
            }
        }
        (Val::Option(Some(value)), ValType::Option(ty)) => find(value, ty.some(), passages, found)?,
        (Val::Result(Ok(Some(value))), ValType::Result(ty)) => {
            ty.ok().map_or(Ok(()), |ty| find(value, ty, passages, found))?;
        }
        (Val::Result(Err(Some(value))), ValType::Result(ty)) => {
            ty.err().map_or(Ok(()), |ty| find(value, ty, passages, found))?;
        }
        _ => {}
    }
    Ok(())
}

/// Whether values of this type can have handles in them.
pub(super) fn carries(ty: &ValType) -> bool {
    match ty {
        ValType::Own(_) | ValType::Borrow(_) => true,
        ValType::List(ty) => carries(ty.element()),
        ValType::Record(ty) => ty.fields().iter().any(|(_, ty)| carries(ty)),
        ValType::Tuple(ty) => ty.types().iter().any(carries),
        ValType::Variant(ty) => ty.cases().iter().filter_map(|(_, ty)| ty.as_ref()).any(carries),
        ValType::Option(ty) => carries(ty.some()),
        ValType::Result(ty) => ty.ok().into_iter().chain(ty.err()).any(carries),
        _ => false,
    }
}
