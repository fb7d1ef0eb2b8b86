//! The functions of `plugbay:host/kv`: who asks is asked first whether it may.

use plugbay_component::{LinkerInstance, Result};
use plugbay_macro::{ComponentType, Lift, Lower};

use super::{Cabinet, Failure, KvAccess, KvRequest, Outcome, Step};
use crate::powers::Cx;
use crate::state::PluginState;

/// The record `space`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
struct Space {
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

/// Does something with the plugin's store, if the plugin may use all these keys so.
fn with<T: 'static, R>(
    cx: &mut Cx<'_, T>,
    operation: &str,
    uses: &[(&str, KvAccess)],
    act: impl FnOnce(&Cabinet) -> Outcome<R>,
) -> Result<Outcome<R>> {
    let powers = cx.data().powers().clone();
    let Some(kv) = &powers.kv else { return Ok(Err(Failure::Unavailable)) };
    for (key, access) in uses {
        if let Err(failure) = kv.check_key(key) {
            return Ok(Err(failure));
        }
        let request = KvRequest { key, prefix: false, access: *access, bytes: None };
        if !cx.data_mut().may(&kv.power, operation, key, &request) {
            return Ok(Err(Failure::Denied));
        }
    }
    Ok(act(kv))
}

pub(crate) fn define<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    define_reading(instance)?;
    instance.func_view::<(&'static str, &'static [u8]), Outcome<()>, _>(
        "set",
        |cx: &mut Cx<'_, T>, (key, value)| {
            with(cx, "set", &[(key, KvAccess::Write)], |kv| kv.set(key, value))
        },
    )?;
    instance.func_view::<(&'static str,), Outcome<bool>, _>("delete", |cx: &mut Cx<'_, T>, (key,)| {
        with(cx, "delete", &[(key, KvAccess::Write)], |kv| kv.delete(key))
    })?;
    instance.func_view::<(&'static str, Bytes, Bytes), Outcome<bool>, _>(
        "compare-and-swap",
        |cx: &mut Cx<'_, T>, (key, expected, new)| {
            let uses = [(key, KvAccess::Read), (key, KvAccess::Write)];
            with(cx, "compare-and-swap", &uses, |kv| kv.swap(key, expected, new))
        },
    )?;
    instance.func_view::<(&'static str, i64), Outcome<i64>, _>(
        "increment",
        |cx: &mut Cx<'_, T>, (key, by)| {
            let uses = [(key, KvAccess::Read), (key, KvAccess::Write)];
            with(cx, "increment", &uses, |kv| kv.increment(key, by))
        },
    )?;
    instance.func_wrap("transact", |cx: &mut Cx<'_, T>, (steps,): (Vec<OwnedStep>,)| {
        let steps: Vec<_> = steps.iter().map(OwnedStep::borrowed).collect();
        let uses: Vec<_> = steps
            .iter()
            .map(|step| match step {
                Step::Check(key, _) => (*key, KvAccess::Read),
                Step::Set(key, _) | Step::Delete(key) => (*key, KvAccess::Write),
            })
            .collect();
        with(cx, "transact", &uses, |kv| kv.transact(&steps))
    })?;
    Ok(())
}

fn define_reading<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance
        .func_view::<(&'static str,), Outcome<Option<Vec<u8>>>, _>("get", |cx: &mut Cx<'_, T>, (key,)| {
            with(cx, "get", &[(key, KvAccess::Read)], |kv| kv.get(key))
        })?;
    instance.func_view::<(&'static str,), Outcome<bool>, _>("exists", |cx: &mut Cx<'_, T>, (key,)| {
        with(cx, "exists", &[(key, KvAccess::Read)], |kv| kv.exists(key))
    })?;
    instance.func_view::<(&'static str, Option<&'static str>), Outcome<Page>, _>(
        "list-keys",
        |cx: &mut Cx<'_, T>, (prefix, after)| {
            let powers = cx.data().powers().clone();
            let Some(kv) = &powers.kv else { return Ok(Err(Failure::Unavailable)) };
            let request = KvRequest { key: prefix, prefix: true, access: KvAccess::Read, bytes: None };
            if !cx.data_mut().may(&kv.power, "list-keys", prefix, &request) {
                return Ok(Err(Failure::Denied));
            }
            Ok(kv.keys(prefix, after).map(|(keys, more)| {
                let next = if more { keys.last().cloned() } else { None };
                Page { keys, next }
            }))
        },
    )?;
    instance.func_wrap("usage", |cx: &mut Cx<'_, T>, (): ()| {
        with(cx, "usage", &[], |kv| {
            let (held, quota) = (kv.store.held(), kv.quota);
            Ok(Space { keys: held.keys, max_keys: quota.keys, bytes: held.bytes, max_bytes: quota.bytes })
        })
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
