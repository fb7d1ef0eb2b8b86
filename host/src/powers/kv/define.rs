//! The functions of `plugbay:host/kv`.

use plugbay_component::{LinkerInstance, Result};
use plugbay_macro::{ComponentType, Lift, Lower};

use super::{Cabinet, Failure, Outcome, Step};
use crate::powers::Cx;
use crate::state::PluginState;

/// The record `usage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
struct Usage {
    keys: u64,
    max_keys: u64,
    bytes: u64,
    max_bytes: u64,
}

/// The record `page`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
struct Page {
    keys: Vec<String>,
    next: Option<String>,
}

/// The variant `step`.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift)]
#[component(variant)]
enum OwnedStep {
    Check((String, Option<Vec<u8>>)),
    Set((String, Vec<u8>)),
    Delete(String),
}

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;
type Bytes = Option<&'static [u8]>;

/// The plugin's store. It was opened when the plugin was linked.
fn cabinet<'a, T>(cx: &'a Cx<'_, T>) -> Outcome<&'a Cabinet> {
    cx.data().powers().kv.as_ref().ok_or(Failure::Unavailable)
}

pub(crate) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    define_reading(instance)?;
    instance.func_view::<(&'static str, &'static [u8]), Outcome<()>, _>(
        "set",
        |cx: &mut Cx<'_, T>, (key, value)| Ok(cabinet(cx).and_then(|kv| kv.set(key, value))),
    )?;
    instance.func_view::<(&'static str,), Outcome<bool>, _>("delete", |cx: &mut Cx<'_, T>, (key,)| {
        Ok(cabinet(cx).and_then(|kv| kv.delete(key)))
    })?;
    instance.func_view::<(&'static str, Bytes, Bytes), Outcome<bool>, _>(
        "compare-and-swap",
        |cx: &mut Cx<'_, T>, (key, expected, new)| Ok(cabinet(cx).and_then(|kv| kv.swap(key, expected, new))),
    )?;
    instance.func_view::<(&'static str, i64), Outcome<i64>, _>(
        "increment",
        |cx: &mut Cx<'_, T>, (key, by)| Ok(cabinet(cx).and_then(|kv| kv.increment(key, by))),
    )?;
    instance.func_wrap("transact", |cx: &mut Cx<'_, T>, (steps,): (Vec<OwnedStep>,)| {
        let steps: Vec<_> = steps.iter().map(OwnedStep::borrowed).collect();
        Ok(cabinet(cx).and_then(|kv| kv.transact(&steps)))
    })?;
    Ok(())
}

fn define_reading<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_view::<(&'static str,), Outcome<Option<Vec<u8>>>, _>(
        "get",
        |cx: &mut Cx<'_, T>, (key,)| Ok(cabinet(cx).and_then(|kv| kv.get(key))),
    )?;
    instance.func_view::<(&'static str,), Outcome<bool>, _>("exists", |cx: &mut Cx<'_, T>, (key,)| {
        Ok(cabinet(cx).and_then(|kv| kv.exists(key)))
    })?;
    instance.func_view::<(&'static str, Option<&'static str>), Outcome<Page>, _>(
        "list-keys",
        |cx: &mut Cx<'_, T>, (prefix, after)| {
            Ok(cabinet(cx).and_then(|kv| kv.keys(prefix, after)).map(|(keys, more)| {
                let next = if more { keys.last().cloned() } else { None };
                Page { keys, next }
            }))
        },
    )?;
    instance.func_wrap("usage", |cx: &mut Cx<'_, T>, (): ()| {
        Ok(cabinet(cx).map(|kv| {
            let (held, quota) = (kv.store.held(), kv.quota);
            Usage { keys: held.keys, max_keys: quota.keys, bytes: held.bytes, max_bytes: quota.bytes }
        }))
    })?;
    Ok(())
}

impl OwnedStep {
    fn borrowed(&self) -> Step<'_> {
        match self {
            Self::Check((key, expected)) => Step::Check(key, expected.as_deref()),
            Self::Set((key, value)) => Step::Set(key, value),
            Self::Delete(key) => Step::Delete(key),
        }
    }
}
