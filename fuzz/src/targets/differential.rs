//! A valid module, made up from the input by wasm-smith, run in every way that plugbay has and, when it keeps to what
//! wasmi knows, on wasmi too. After each call results, traps, calls of host functions and all exported memories, globals
//! and tables are the same everywhere.

use std::fmt::Debug;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use plugbay_engine::{
    ArtifactWriter, CompileStrategy, Config, Engine, ErrorKind, Module, OptLevel, SealKey, SourceHash,
    TrapStyle,
};

use crate::Outcome;
use crate::machine::oracle::{self, Oracle};
use crate::machine::ours::Ours;
use crate::machine::{Cell, Machine, Stop, Trace, Value, argument};
use crate::random::Numbers;

/// How often a module may enter a function or start a round of a loop, all calls together.
const STEPS: u32 = 3_000;

/// A way to run a module on plugbay.
struct Way {
    name: &'static str,
    engine: Engine,
    /// Whether the compiled module is sealed and loaded by another engine.
    sealed: Option<Engine>,
}

/// Every way, the first being what the others are compared with.
static WAYS: LazyLock<Vec<Way>> = LazyLock::new(|| {
    let base = || Config::default().with_parallel_compilation(false);
    let explicit = || base().with_trap_style(TrapStyle::Explicit);
    let way = |name, config: Config| Way { name, engine: engine(&config), sealed: None };
    vec![
        way("signals", base()),
        way("explicit", explicit().with_memory_reservation(0)),
        way("lazy", base().with_compile_strategy(CompileStrategy::Lazy)),
        way("metered, not optimised", explicit().with_fuel(true).with_opt_level(OptLevel::None)),
        Way { name: "artifact", engine: engine(&base()), sealed: Some(engine(&base())) },
    ]
});

fn engine(config: &Config) -> Engine {
    Engine::new(config).expect("an engine")
}

impl Way {
    fn compile(&self, bytes: &[u8]) -> plugbay_engine::Result<Module> {
        let module = Module::new(&self.engine, bytes)?;
        let Some(other) = &self.sealed else { return Ok(module) };
        let key = SealKey::new([7; 32]);
        let mut writer = ArtifactWriter::new(&self.engine, SourceHash::of(bytes));
        writer.add_module(&module)?;
        Module::from_artifact_bytes(other, writer.seal(&key)?, &key)
    }

    /// The engine that runs what was compiled.
    fn runner(&self) -> &Engine {
        self.sealed.as_ref().unwrap_or(&self.engine)
    }
}

static ORACLE: LazyLock<wasmi::Engine> = LazyLock::new(oracle::engine);

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let Some((module, independent)) = module(bytes) else { return Outcome::Refused };
    let mut machines: Vec<(&str, Result<Box<dyn Machine>, Stop>)> = Vec::new();
    for way in WAYS.iter() {
        match way.compile(&module) {
            Ok(compiled) => machines.push((way.name, Ours::new(way.runner(), &compiled).map(boxed))),
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported { .. } | ErrorKind::Limit { .. }) => {
                return Outcome::Refused;
            }
            Err(error) => panic!("a valid module is refused by {}: {error}", way.name),
        }
    }
    if independent && let Some(oracle) = Oracle::new(&ORACLE, &module) {
        machines.push(("wasmi", oracle.map(boxed)));
    }
    let mut numbers = Numbers::of(bytes);
    compare(machines, &mut numbers)
}

fn boxed<M: Machine + 'static>(machine: M) -> Box<dyn Machine> {
    Box::new(machine)
}

/// The module that follows from the input, and whether it keeps to what wasmi knows.
pub fn module(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let mut input = Unstructured::new(bytes);
    let independent = !input.ratio(1, 4).ok()?;
    let mut config: wasm_smith::Config = input.arbitrary().ok()?;
    config.disallow_traps = input.ratio(1, 2).ok()?;
    config.max_instructions = 200;
    config.max_funcs = 12;
    config.max_imports = 8;
    config.max_exports = 1000;
    config.min_funcs = 3;
    config.export_everything = true;
    config.canonicalize_nans = true;
    config.max_memories = 3;
    config.max_tables = 3;
    config.memory_max_size_required = true;
    config.max_memory32_bytes = 10 << 16;
    config.max_memory64_bytes = 10 << 16;
    config.table_max_size_required = true;
    config.max_table_elements = 200;
    config.threads_enabled = false;
    config.gc_enabled = false;
    config.compact_imports_enabled = false;
    config.exceptions_enabled = !independent;
    config.wide_arithmetic_enabled = !independent;
    // The results of relaxed instructions are the engine's choice: plugbay's ways must agree, others need not.
    config.relaxed_simd_enabled = !independent;
    let mut module = wasm_smith::Module::new(config, &mut input).ok()?;
    module.ensure_termination(STEPS).ok()?;
    Some((module.to_bytes(), independent))
}

/// Calls every function on all machines and compares.
fn compare(machines: Vec<(&str, Result<Box<dyn Machine>, Stop>)>, numbers: &mut Numbers) -> Outcome {
    let mut running = Vec::new();
    let mut stopped = Vec::new();
    for (name, machine) in machines {
        match machine {
            Ok(machine) => running.push((name, machine)),
            Err(Stop::Bounds(_)) => return Outcome::Ran(0),
            Err(stop) => stopped.push((name, blurred(stop))),
        }
    }
    if running.is_empty() {
        all_same("stop of the instantiation", &stopped);
        return Outcome::Ran(1);
    }
    assert!(stopped.is_empty(), "instantiation stopped: {stopped:?}; went well: {:?}", names(&running));
    all_same("state at first", &each(&mut running, |machine| state(machine)));
    let functions = running[0].1.functions();
    let mut compared = 1;
    for (name, params) in functions.iter().chain(&functions) {
        let args: Vec<Value> = params.iter().map(|kind| argument(*kind, numbers)).collect();
        let ends = each(&mut running, |machine| machine.call(name, &args));
        if ends.iter().any(|(_, end)| matches!(end, Err(Stop::Bounds(_)))) {
            break;
        }
        let ends: Vec<_> = ends.into_iter().map(|(name, end)| (name, end.map_err(blurred))).collect();
        all_same(&format!("end of {name}{args:?}"), &ends);
        all_same(&format!("state after {name}{args:?}"), &each(&mut running, |machine| state(machine)));
        compared += 1;
    }
    Outcome::Ran(compared)
}

/// wasmi makes no difference between the ways to miss a table.
fn blurred(stop: Stop) -> Stop {
    match stop {
        Stop::Trap("undefined element") => Stop::Trap("out of bounds table access"),
        stop => stop,
    }
}

fn state(machine: &mut dyn Machine) -> (Trace, Vec<(String, Cell)>) {
    (machine.trace(), machine.cells())
}

fn each<'a, R>(
    machines: &mut [(&'a str, Box<dyn Machine>)],
    mut ask: impl FnMut(&mut dyn Machine) -> R,
) -> Vec<(&'a str, R)> {
    machines.iter_mut().map(|(name, machine)| (*name, ask(machine.as_mut()))).collect()
}

fn names<'a>(machines: &[(&'a str, Box<dyn Machine>)]) -> Vec<&'a str> {
    machines.iter().map(|(name, _)| *name).collect()
}

fn all_same<R: PartialEq + Debug>(what: &str, found: &[(&str, R)]) {
    let Some(((first, expected), others)) = found.split_first() else { return };
    for (other, found) in others {
        assert!(found == expected, "{what} differs:\n{first}: {expected:?}\n{other}: {found:?}");
    }
}
