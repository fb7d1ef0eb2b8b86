//! Components that real toolchains made: the example plugins, and the prebuilt ones of the public suites when they are
//! there. Whatever they import is stubbed; what needs no host is called.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::engine;
use plugbay_component::types::{ComponentItem, InstanceType, ValType};
use plugbay_component::{Component, Error, Limits, Linker, LinkerInstance, Val};
use plugbay_engine::StoreLimits;

struct Stub;

/// Defines everything that `component` imports: functions that fail when called, resources without data.
fn stubs(component: &Component) -> Linker<()> {
    let mut linker = Linker::new();
    for (name, item) in component.imports() {
        match item {
            ComponentItem::Instance(ty) => define_all(&mut linker.instance(name), &ty),
            item => define(&mut linker.root(), name, &item),
        }
    }
    linker
}

fn define_all(instance: &mut LinkerInstance<'_, ()>, ty: &InstanceType) {
    for (name, item) in ty.exports() {
        define(instance, name, item);
    }
}

fn define(instance: &mut LinkerInstance<'_, ()>, name: &str, item: &ComponentItem) {
    let message = format!("`{name}` is a stub");
    match item {
        ComponentItem::Func(ty) => {
            let zero = ty.result().map(zero);
            instance
                .func_dynamic(name, move |_, _, _| match &zero {
                    Some(None) => Err(Error::misuse(message.clone())),
                    Some(Some(zero)) => Ok(Some(zero.clone())),
                    None => Ok(None),
                })
                .unwrap();
        }
        ComponentItem::Resource(_) => {
            instance.resource::<Stub>(name, |_, _| Ok(())).unwrap();
        }
        _ => {}
    }
}

/// The plainest value of a type that needs no handle.
fn zero(ty: &ValType) -> Option<Val> {
    Some(match ty {
        ValType::Bool => Val::Bool(false),
        ValType::U8 => Val::U8(0),
        ValType::U32 => Val::U32(0),
        ValType::S64 => Val::S64(0),
        ValType::U64 => Val::U64(0),
        ValType::String => Val::String(String::new()),
        ValType::List(_) => Val::List(Vec::new()),
        ValType::Option(_) => Val::Option(None),
        ValType::Record(ty) => {
            let field = |(name, ty): &(Arc<str>, ValType)| Some((String::from(&**name), zero(ty)?));
            Val::Record(ty.fields().iter().map(field).collect::<Option<_>>()?)
        }
        ValType::Tuple(ty) => Val::Tuple(ty.types().iter().map(zero).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn wasm_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn suite(name: &str) -> Option<PathBuf> {
    let suites =
        std::env::var_os("PLUGBAY_SUITES").map_or_else(|| root().join("../shared/suites"), PathBuf::from);
    let folder = suites.join(name);
    if !folder.is_dir() {
        eprintln!("*** {name} NOT TESTED: no suites found in $PLUGBAY_SUITES or ../shared/suites");
    }
    folder.is_dir().then_some(folder)
}

fn instantiate_all(files: &[PathBuf]) {
    for path in files {
        let bytes = std::fs::read(path).unwrap();
        let component =
            Component::new(&engine(), &bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let linker = stubs(&component);
        assert_eq!(linker.missing(&component), [], "{}", path.display());
        let pre = linker.pre(&component).unwrap();
        let instance = pre.instantiate((), StoreLimits::default(), Limits::default());
        instance.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let imports = component.imports().len();
        assert_eq!(Linker::<()>::new().missing(&component).is_empty(), imports == 0, "{}", path.display());
    }
}

#[test]
fn the_example_plugins_instantiate() {
    // Go's takes long to compile in a debug build, and its start needs handles: it runs in the tests of the whole host.
    let files: Vec<PathBuf> = ["rust", "c", "assemblyscript"]
        .iter()
        .flat_map(|language| wasm_files(&root().join("plugins-example").join(language)))
        .collect();
    assert!(!files.is_empty());
    instantiate_all(&files);
    for path in wasm_files(&root().join("plugins-example/go")) {
        Component::check(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn prebuilt_components_instantiate() {
    let Some(folder) = suite("jco-components/runtime") else { return };
    let files = wasm_files(&folder);
    assert_eq!(files.len(), 12);
    instantiate_all(&files);
}

#[test]
fn the_adder_adds() {
    let Some(folder) = suite("jco-components/runtime") else { return };
    let bytes = std::fs::read(folder.join("adder.component.wasm")).unwrap();
    let component = Component::new(&engine(), &bytes).unwrap();
    let mut instance = common::instantiate(&stubs(&component), &component, ());
    let (name, _) = component.exports().next().unwrap();
    let add = instance.func(&format!("{name}#add")).unwrap();
    let add = add.typed::<(u32, u32), u32>(&instance).unwrap();
    assert_eq!(add.call(&mut instance, (40, 2)).unwrap(), 42);
}

#[test]
fn cut_off_components_are_errors() {
    let Some(folder) = suite("jco-components/runtime") else { return };
    for path in wasm_files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let sections = wasmparser::Parser::new(0).parse_all(&bytes).filter_map(|payload| {
            payload.ok().and_then(|payload| payload.as_section().map(|(_, range)| range.start as usize))
        });
        // Every 97 bytes of the small ones, every 971 of the others: it is a debug build that validates.
        let stride = if bytes.len() < 20_000 { 97 } else { 971 };
        let ends = sections.flat_map(|at| [at, at + 1]).chain((0..bytes.len()).step_by(stride));
        for end in ends.collect::<Vec<usize>>() {
            // Cut between sections, what is left may be a component of its own.
            if let Err(error) = Component::check(&bytes[..end.min(bytes.len())]) {
                assert_eq!(
                    error.fault(),
                    plugbay_component::Fault::Plugin,
                    "{} cut at {end}: {error}",
                    path.display()
                );
            }
        }
    }
}
