//! Any bytes as a component: decoded, planned, compiled, linked with stubs for what it imports, instantiated, and every
//! function that it exports called with made-up arguments. Whatever happens is an error value.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use plugbay_component::types::{ComponentItem, InstanceType, ValType};
use plugbay_component::{Component, Error, ErrorKind, Instance, Limits, Linker, LinkerInstance, Val};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::Outcome;
use crate::made_up::value;
use crate::random::Numbers;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let component = match Component::new(&ENGINE, bytes) {
        Ok(component) => component,
        Err(error) => {
            told(&error);
            return Outcome::Refused;
        }
    };
    let mut looked_at = 1;
    for (name, item) in component.imports().chain(component.exports()) {
        assert!(!format!("{name} {item:?}").is_empty());
        looked_at += 1;
    }
    let mut numbers = Numbers::of(bytes);
    let linker = stubs(&component, numbers.any());
    let pre = match linker.pre(&component) {
        Ok(pre) => pre,
        Err(error) => {
            told(&error);
            return Outcome::Ran(looked_at);
        }
    };
    let limits = StoreLimits { memory_bytes: 16 << 20, ..StoreLimits::default() };
    let deadline = Some(Instant::now() + Duration::from_millis(20));
    let own = Limits { deadline, value_bytes: 1 << 20, handles: 1000, ..Limits::default() };
    let mut instance = match pre.instantiate((), limits, own) {
        Ok(instance) => instance,
        Err(error) => {
            told(&error);
            return Outcome::Ran(looked_at);
        }
    };
    for path in functions(&component) {
        looked_at += u64::from(called(&mut instance, &path, &mut numbers));
    }
    Outcome::Ran(looked_at)
}

/// An error says something, and none is a defect of plugbay.
fn told(error: &Error) {
    let text = error.to_string();
    assert!(
        !text.is_empty() && !text.contains(char::is_control),
        "an error without a text, or a wild one: {error:?}"
    );
    assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "a defect: {text}");
}

/// The paths of the exported functions; some are enough.
fn functions(component: &Component) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, item) in component.exports() {
        match item {
            ComponentItem::Func(_) => paths.push(name.to_owned()),
            ComponentItem::Instance(ty) => {
                let functions =
                    ty.exports().iter().filter(|(_, item)| matches!(item, ComponentItem::Func(_)));
                paths.extend(functions.map(|(function, _)| format!("{name}#{function}")));
            }
            _ => {}
        }
    }
    paths.truncate(20);
    paths
}

/// Calls a function with made-up arguments; a trap is as good as a result.
fn called(instance: &mut Instance<()>, path: &str, numbers: &mut Numbers) -> bool {
    let Some(func) = instance.func(path) else { return false };
    let Ok(ty) = instance.func_type(func) else { return false };
    let bytes = numbers.bytes(200);
    let mut input = Unstructured::new(&bytes);
    let handle = &mut |ty: &_, number| instance.resource_new(ty, number).ok().map(Val::Resource);
    let args = ty.params().iter().map(|(_, ty)| value(ty, &mut input, handle)).collect::<Result<Vec<_>, _>>();
    let Ok(args) = args else { return false };
    instance.set_deadline(Some(Instant::now() + Duration::from_millis(20)));
    if let Err(error) = instance.call(func, &args) {
        let text = error.to_string();
        assert!(!text.is_empty(), "an error without a text: {error:?}");
        assert!(!matches!(error.kind(), ErrorKind::Internal(_)), "a defect: {text}");
    }
    true
}

/// Something for everything that the component imports.
fn stubs(component: &Component, seed: u64) -> Linker<()> {
    let mut linker = Linker::new();
    for (name, item) in component.imports() {
        match item {
            ComponentItem::Instance(ty) => define_all(&mut linker.instance(name), &ty, seed),
            item => define(&mut linker.root(), name, &item, seed),
        }
    }
    linker
}

fn define_all(instance: &mut LinkerInstance<'_, ()>, ty: &InstanceType, seed: u64) {
    for (name, item) in ty.exports() {
        define(instance, name, item, seed);
    }
}

fn define(instance: &mut LinkerInstance<'_, ()>, name: &str, item: &ComponentItem, seed: u64) {
    match item {
        ComponentItem::Func(_) => {
            let stub = instance.func_dynamic(name, move |cx, ty, _| {
                let bytes = Numbers::new(seed).bytes(200);
                let mut input = Unstructured::new(&bytes);
                let handle = &mut |ty: &_, number| cx.resource_new(ty, number).ok().map(Val::Resource);
                let made = |ty: &ValType| value(ty, &mut input, handle);
                ty.result().map(made).transpose().map_err(Error::host)
            });
            stub.map(drop).expect("a stub");
        }
        ComponentItem::Resource(_) => {
            instance.resource_dynamic(name, |_, _| Ok(())).map(drop).expect("a stub");
        }
        _ => {}
    }
}
