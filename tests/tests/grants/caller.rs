//! A plugin for each interface: it imports all of its functions, and calls each of them when it is asked to, with zeros for
//! arguments.

use std::fmt::Write as _;
use std::path::PathBuf;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, InterfaceId, PackageName, Resolve, Type, TypeDefKind, UnresolvedPackageGroup};

/// The packages that make up `wasi:cli/command` and `wasi:http/outgoing-handler`, each after those that it uses.
const PACKAGES: [&str; 7] = ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"];

/// An interface of WASI and the plugin that calls it.
pub(crate) struct Caller {
    /// As it is imported: `wasi:clocks/wall-clock@0.2.12`.
    pub(crate) interface: String,
    /// The plugin exports `call-0`, `call-1` … for these.
    pub(crate) functions: Vec<Called>,
    pub(crate) component: Vec<u8>,
}

/// A function that it calls.
pub(crate) struct Called {
    pub(crate) name: String,
    /// Whether a handle is among its parameters. The plugin has none to give.
    pub(crate) wants_handle: bool,
}

/// One plugin for each interface that has functions.
pub(crate) fn all() -> Option<Vec<Caller>> {
    let Some(proposals) = proposals() else {
        eprintln!(
            "SKIPPED: WASI's WIT is not here; set PLUGBAY_SUITES to a folder that has wasi-0.2.12-wit/"
        );
        return None;
    };
    let mut resolve = Resolve::default();
    for package in PACKAGES {
        let group = UnresolvedPackageGroup::parse_dir(proposals.join(package).join("wit")).unwrap();
        resolve.push_group(group).unwrap();
    }
    let interfaces: Vec<InterfaceId> = resolve
        .packages
        .iter()
        .flat_map(|(_, package)| package.interfaces.values().copied())
        .filter(|id| !resolve.interfaces[*id].functions.is_empty())
        .collect();
    let callers: Vec<Caller> = interfaces.into_iter().map(|id| caller(resolve.clone(), id)).collect();
    assert_eq!(callers.len(), 28, "WASI has grown or shrunk");
    Some(callers)
}

fn proposals() -> Option<PathBuf> {
    plugbay_tests::suites()
        .map(|suites| suites.join("wasi-0.2.12-wit/proposals"))
        .filter(|path| path.is_dir())
}

fn caller(mut resolve: Resolve, id: InterfaceId) -> Caller {
    let interface = resolve.id_of(id).unwrap();
    let functions: Vec<Function> = resolve.interfaces[id].functions.values().cloned().collect();
    let exports: String = (0..functions.len()).map(|n| format!("  export call-{n}: func();\n")).collect();
    let world = format!("package matrix:caller;\nworld caller {{\n  import {interface};\n{exports}}}\n");
    let package = resolve.push_str("caller.wit", &world).unwrap();
    assert_eq!(
        resolve.packages[package].name,
        PackageName { namespace: "matrix".into(), name: "caller".into(), version: None }
    );
    let world = resolve.packages[package].worlds["caller"];
    let mut module = wat::parse_str(module(&resolve, &interface, &functions)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
    let wants_handle =
        |function: &Function| function.params.iter().any(|param| is_handle(&resolve, &param.ty));
    let functions = functions
        .iter()
        .map(|function| Called { name: function.name.clone(), wants_handle: wants_handle(function) })
        .collect();
    Caller { interface, functions, component }
}

fn is_handle(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else { return false };
    match &resolve.types[*id].kind {
        TypeDefKind::Handle(_) => true,
        TypeDefKind::Type(ty) => is_handle(resolve, ty),
        _ => false,
    }
}

/// The core module, as text.
fn module(resolve: &Resolve, interface: &str, functions: &[Function]) -> String {
    let (mut imports, mut bodies) = (String::new(), String::new());
    for (number, function) in functions.iter().enumerate() {
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
        let words = |types: &[WasmType]| types.iter().map(|ty| word(*ty)).collect::<Vec<_>>();
        let (params, results) = (words(&signature.params), words(&signature.results));
        writeln!(
            imports,
            "(import {interface:?} {:?} (func $i{number} (param {}) (result {})))",
            function.name,
            params.join(" "),
            results.join(" ")
        )
        .unwrap();
        let zeros: String = params.iter().map(|ty| format!("({ty}.const 0) ")).collect();
        let drops = "drop ".repeat(results.len());
        writeln!(bodies, "(func (export \"call-{number}\") {zeros}call $i{number} {drops})").unwrap();
    }
    format!(
        "(module {imports} (memory (export \"memory\") 2)
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
           {bodies})"
    )
}

fn word(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}
