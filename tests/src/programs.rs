//! Whole programs of the public benchmark suites: run, and their output compared with what the suite says it is.
//!
//! They are core modules for WASI 0.1 that mark what is to be measured by calling `bench`. Both are put around them here, as
//! a tool chain does: the adapter of WASI, and an adapter whose functions do nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use plugbay::{Access, Grants, Host, Source, Stdio};
use plugbay_engine::{Engine, Extern, Func, Instance, Module, Store, StoreLimits, Val};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

/// Programs that are not run, and why.
pub const NOT_RUN: &[(&str, &str)] = &[(
    "wasmi-benchmarks/erc20",
    "a contract: its host functions (`seal0`, `__unstable__`) are those of a blockchain, and the suite has no input for it",
)];

/// Programs that do not run, and why: not the engine's fault, they fail under any host.
pub const KNOWN: &[(&str, &str)] =
    &[("wasmi-benchmarks/bz2", OLD_LIBC), ("wasmi-benchmarks/pulldown-cmark", OLD_LIBC)];

const OLD_LIBC: &str = "built with a C library from before there were adapters: it takes all memory there is for its heap, \
    and with it what the adapter of WASI keeps there; sightglass has a newer build of the same program";

/// A program and its golden output.
#[derive(Debug, Clone)]
pub struct Program {
    /// The suite and the program, such as `sightglass/bz2`.
    pub name: String,
    /// The module.
    pub module: PathBuf,
    /// The folder that it reads its inputs from.
    pub folder: PathBuf,
    stdout: Option<Vec<u8>>,
    stderr: Option<Vec<u8>>,
}

/// How a program that ended well did so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its output is what the suite has.
    Golden,
    /// It ended without an error; the suite has no output to compare with.
    Ended,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Golden => "ok, output as in the suite",
            Self::Ended => "ok, the suite has no output",
        })
    }
}

/// All programs of the suites, by name.
pub fn all(suites: &Path) -> Vec<Program> {
    let mut modules = Vec::new();
    for suite in ["sightglass", "wasmi-benchmarks"] {
        collect(&suites.join(suite), suite, &mut modules);
    }
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    modules
}

fn collect(folder: &Path, name: &str, found: &mut Vec<Program>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{name}/{stem}"), found);
        } else if path.extension().is_some_and(|extension| extension == "wasm") {
            let golden = |what| std::fs::read(folder.join(format!("{stem}.{what}.expected"))).ok();
            let name = if stem == "benchmark" { name.to_owned() } else { format!("{name}/{stem}") };
            let (stdout, stderr) = (golden("stdout"), golden("stderr"));
            // The same program as sightglass's of that name, which has its input.
            let folder = match name.strip_prefix("wasmi-benchmarks/") {
                Some(same) => folder.with_file_name("sightglass").join(same),
                None => folder.to_owned(),
            };
            found.push(Program { name, module: path, folder, stdout, stderr });
        }
    }
}

/// Runs a program.
///
/// # Errors
/// What went wrong, or in what its output differs from the suite's.
pub fn run(host: &Host<()>, program: &Program) -> Result<Verdict, String> {
    let bytes = std::fs::read(&program.module).map_err(|e| e.to_string())?;
    if program.name.ends_with("/coremark") {
        return coremark(host.engine(), &bytes);
    }
    let component = componentize(&bytes)?;
    let grants = Grants::none()
        .allow("wasi:cli")
        .allow("wasi:filesystem")
        .allow_clocks()
        .allow_random()
        .stdio(Stdio::capture())
        .args(["program", "default.input"])
        .directory(&program.folder, "/", Access::ReadOnly);
    let told = |error: plugbay::Error| error.to_string();
    let compiled = host.compile(Source::bytes(program.name.as_str(), component)).map_err(told)?;
    let mut plugin = compiled.link(&grants).map_err(told)?.instantiate(()).map_err(told)?;
    let code = plugin.run_command();
    let (stdout, stderr) = (plugin.take_stdout(), plugin.take_stderr());
    let said = || String::from_utf8_lossy(&stderr).trim().to_owned();
    match code {
        Ok(0) => {}
        Ok(code) => return Err(format!("exit code {code}\n{}", said())),
        Err(error) => return Err(format!("{error}\n{}", said())),
    }
    same("stdout", &stdout, program.stdout.as_deref())?;
    same("stderr", &stderr, program.stderr.as_deref())?;
    Ok(match program.stdout {
        Some(_) => Verdict::Golden,
        None => Verdict::Ended,
    })
}

fn same(what: &str, found: &[u8], expected: Option<&[u8]>) -> Result<(), String> {
    match expected {
        Some(expected) if expected != found => {
            let text = String::from_utf8_lossy;
            Err(format!("{what} is {:?} instead of {:?}", text(found), text(expected)))
        }
        _ => Ok(()),
    }
}

/// Makes a component that is a command of WASI 0.2 of a module for WASI 0.1.
fn componentize(module: &[u8]) -> Result<Vec<u8>, String> {
    let bench = wat::parse_str(r#"(module (func (export "start")) (func (export "end")))"#)
        .map_err(|e| e.to_string())?;
    let encode = || -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut encoder = ComponentEncoder::default();
        encoder.module(module)?.validate(false);
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?;
        encoder.adapter("bench", &bench)?;
        Ok(encoder.encode()?)
    };
    encode().map_err(|error| format!("{error:#}"))
}

/// Runs CoreMark, which asks for the time only; here it passes in leaps. A score is given when its checksums are right.
fn coremark(engine: &Engine, bytes: &[u8]) -> Result<Verdict, String> {
    let told = |error: plugbay_engine::Error| error.to_string();
    let module = Module::new(engine, bytes).map_err(told)?;
    let mut store = Store::new(engine, 0_u32, StoreLimits::default()).map_err(told)?;
    let mut cx = store.context();
    let mut imports = Vec::new();
    let types: Vec<_> = module.imports().map(|(_, name, ty)| (name.to_owned(), ty)).collect();
    for (name, ty) in types {
        let plugbay_engine::ExternType::Func(ty) = ty else { return Err(format!("imports {name}")) };
        let clock = Func::new(&mut cx, ty, |cx, _, results| {
            *cx.data_mut() += 1;
            let now = *cx.data() * 12_000;
            if let Some(result) = results.first_mut() {
                *result = match result {
                    Val::I64(_) => Val::I64(i64::from(now)),
                    _ => Val::I32(now.cast_signed()),
                };
            }
            Ok(())
        });
        imports.push(Extern::Func(clock));
    }
    let instance = Instance::new(&mut cx, &module, &imports).map_err(told)?;
    let run = instance.export(&cx, "run").and_then(Extern::into_func).ok_or("it has no `run`")?;
    match run.call(&mut cx, &[]).map_err(told)?.as_slice() {
        [Val::F32(score)] if f32::from_bits(*score) > 0.0 => Ok(Verdict::Ended),
        other => Err(format!("the score is {other:?}")),
    }
}
