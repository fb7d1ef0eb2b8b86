//! The matrix: each function of each interface, without the grant that it needs.

use std::path::PathBuf;

use plugbay::{Compiled, Config, ErrorKind, Grants, Host, Linked, Source, TrapStyle};

use crate::caller::{self, Caller};
use crate::jail;

/// Interfaces of WASI that are here although no grant is needed: without handles from elsewhere they reach nothing.
const OPEN: [&str; 7] = [
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:cli/exit",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
];

/// Interfaces that are the plugin's to export, or that nobody offers: importing them is refused for that.
const NOT_OFFERED: [&str; 2] = ["wasi:cli/run", "wasi:http/incoming-handler"];

fn host(style: TrapStyle) -> Host {
    Host::builder().engine(Config::new().with_trap_style(style)).build().unwrap()
}

fn unversioned(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

fn is_offered(name: &str) -> bool {
    !NOT_OFFERED.contains(&name)
}

fn is_open(caller: &Caller) -> bool {
    OPEN.contains(&unversioned(&caller.interface))
}

/// A folder with the plugin and a manifest that calls what it imports optional.
fn optional(host: &Host, caller: &Caller, style: TrapStyle) -> Compiled<()> {
    let name = format!("plugbay-matrix-{}-{style:?}", std::process::id());
    let folder: PathBuf = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = format!(
        "manifest-version = 1\n[plugin]\nid = \"matrix:caller\"\nversion = \"1.0.0\"\ncomponent = \"caller.wasm\"\n\
         [[capability.optional]]\nuse = \"{}\"\nreason = \"to try\"\n",
        caller.interface.split_once('/').unwrap().0
    );
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    std::fs::write(folder.join("caller.wasm"), &caller.component).unwrap();
    let compiled = host.open(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    compiled
}

#[test]
fn e10_whoever_needs_an_interface_is_not_linked_without_its_grant() {
    let Some(callers) = caller::all() else { return };
    let host = host(TrapStyle::Signals);
    let mut denied = 0;
    for caller in &callers {
        let compiled = host.compile(Source::bytes("caller", caller.component.clone())).unwrap();
        let linked = compiled.link(&Grants::none());
        let name = unversioned(&caller.interface);
        match linked.map(drop).map_err(|error| error.to_string()) {
            Ok(()) => assert!(OPEN.contains(&name), "{name} is not to be had without a grant"),
            Err(error) => {
                assert!(!OPEN.contains(&name), "{name}: {error}");
                assert!(error.contains(name), "{name}: {error}");
                denied += 1;
            }
        }
        let offered = host.offers(&caller.interface);
        assert_eq!(offered, is_offered(name), "{name} is part of what this host offers");
    }
    eprintln!("{} interfaces: {denied} denied when linked, {} open", callers.len(), callers.len() - denied);
}

/// Calls every function of the plugin, each in an instance of its own; says how many were denied by name. The others want
/// a handle, and there is no way to get one.
fn call_all(linked: &Linked<()>, caller: &Caller) -> usize {
    let mut denied = 0;
    for (number, function) in caller.functions.iter().enumerate() {
        let mut plugin = linked.instantiate(()).unwrap();
        let error = plugin.call::<_, ()>(&format!("call-{number}"), ()).expect_err(&function.name);
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Denied { .. } => {
                assert!(
                    text.contains(&caller.interface) && text.contains(&format!("`{}`", function.name)),
                    "{text}"
                );
                denied += 1;
            }
            _ => {
                let out_of_reach = function.wants_handle && text.contains("unknown handle index");
                assert!(out_of_reach, "{} {}: {text}", caller.interface, function.name);
            }
        }
    }
    denied
}

fn every_function_is_denied(name: &str, style: TrapStyle) {
    let Some(callers) = caller::all() else { return };
    let host = host(style);
    let linked: Vec<(&Caller, Linked<()>)> = callers
        .iter()
        .filter(|caller| !is_open(caller) && is_offered(unversioned(&caller.interface)))
        .map(|caller| (caller, optional(&host, caller, style).link(&Grants::none()).unwrap()))
        .collect();
    match jail::inside().as_deref() {
        Some("denied") => {
            // What is done once, such as getting keys for hash maps, is done before.
            let _: usize = linked.iter().map(|(caller, linked)| call_all(linked, caller)).sum();
            jail::lock();
            let denied: usize = linked.iter().map(|(caller, linked)| call_all(linked, caller)).sum();
            let functions: usize = linked.iter().map(|(caller, _)| caller.functions.len()).sum();
            eprintln!(
                "{style:?}: {} interfaces, {functions} functions: {denied} denied by name, {} out of reach, no system call",
                linked.len(),
                functions - denied
            );
            assert_eq!((denied, functions), (151, 151));
            // The end of a test writes a report, which nobody may do here.
            std::process::exit(0);
        }
        Some("granted") => {
            let random =
                callers.iter().find(|caller| caller.interface.starts_with("wasi:random/random@")).unwrap();
            let compiled = host.compile(Source::bytes("random", random.component.clone())).unwrap();
            let linked = compiled.link(&Grants::none().allow_random()).unwrap();
            let number =
                random.functions.iter().position(|function| function.name == "get-random-u64").unwrap();
            let mut plugin = linked.instantiate(()).unwrap();
            jail::lock();
            plugin.call::<_, ()>(&format!("call-{number}"), ()).unwrap();
        }
        _ => {
            assert!(jail::rerun(name, "denied").success(), "a function was reached without its grant");
            assert!(
                jail::killed(jail::rerun(name, "granted")),
                "a function that was granted is noticed: it asks the system"
            );
        }
    }
}

#[test]
fn e10_every_function_is_denied_without_a_system_call_signals() {
    every_function_is_denied(
        "matrix::e10_every_function_is_denied_without_a_system_call_signals",
        TrapStyle::Signals,
    );
}

#[test]
fn e10_every_function_is_denied_without_a_system_call_explicit() {
    every_function_is_denied(
        "matrix::e10_every_function_is_denied_without_a_system_call_explicit",
        TrapStyle::Explicit,
    );
}
