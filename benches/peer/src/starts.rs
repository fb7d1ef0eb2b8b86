//! Starts: from the bytes of a module to its first result, or from an artifact.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plugbay::{Grants, Host, Source};
use plugbay_engine::{ArtifactWriter, Engine, Module, SealKey, SourceHash};

use crate::clock::Stages;
use crate::core::{Core, engine};
use crate::data::guest;
use crate::worker::{Worker, checked};
use crate::{Result, variant};

fn parallel(args: &[&str]) -> bool {
    args.get(1) == Some(&"parallel")
}

fn module<'a>(args: &[&'a str]) -> Result<&'a str> {
    Ok(*args.first().ok_or("no module")?)
}

/// Starts of core modules.
pub(crate) fn core(worker: &mut Worker, contestant: &'static str) {
    worker.shot(contestant, "cold", move |args| {
        let name = module(args)?;
        let wasm = guest(&format!("{name}.wasm"))?;
        let mut stages = Stages::new();
        let engine = engine(contestant, parallel(args))?;
        stages.mark("engine");
        let module = Module::new(&engine, &wasm)?;
        stages.mark("compile");
        let mut core = Core::new(&engine, &module, false)?;
        stages.mark("instantiate");
        core.first(name)?;
        stages.mark("call");
        Ok(stages.done())
    });
}

/// The key that artifacts are sealed with.
fn key() -> SealKey {
    SealKey::new(*b"the key of the peers benchmark..")
}

/// Starts of core modules from artifacts, in a fresh process and in a running host.
pub(crate) fn warm(worker: &mut Worker, contestant: &'static str) {
    worker.shot(contestant, "prepare", move |args| {
        let (name, engine) = (module(args)?, engine(contestant, true)?);
        let wasm = guest(&format!("{name}.wasm"))?;
        let mut artifact = ArtifactWriter::new(&engine, SourceHash::of(&wasm));
        artifact.add_module(&Module::new(&engine, &wasm)?)?;
        let artifact = artifact.seal(&key())?;
        write(&place(contestant, name)?, &artifact)?;
        Ok(vec![("artifact_bytes".to_owned(), artifact.len() as f64)])
    });
    worker.shot(contestant, "warm", move |args| {
        let name = module(args)?;
        let path = prepared(contestant, name)?;
        let mut stages = Stages::new();
        stages.note("artifact_bytes", std::fs::metadata(&path)?.len() as f64);
        let engine = engine(contestant, false)?;
        stages.mark("engine");
        let module = load(&engine, &path)?;
        stages.mark("load");
        let mut core = Core::new(&engine, &module, false)?;
        stages.mark("instantiate");
        core.first(name)?;
        stages.mark("call");
        Ok(stages.done())
    });
    worker.bench(contestant, "warm", move |args| {
        let name = module(args)?.to_owned();
        let (path, engine) = (prepared(contestant, &name)?, engine(contestant, false)?);
        checked(move || Core::new(&engine, &load(&engine, &path)?, false)?.first(&name))
    });
}

fn load(engine: &Engine, path: &Path) -> Result<Module> {
    Ok(Module::from_artifact_file(engine, &File::open(path)?, &key())?)
}

/// Where the artifact of a module is.
fn place(contestant: &str, module: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join("plugbay-peer-artifacts");
    std::fs::create_dir_all(&folder)?;
    // Artifacts of other builds would be refused.
    let built = std::fs::metadata(std::env::current_exe()?)?.modified()?;
    let built = built.duration_since(std::time::UNIX_EPOCH)?.as_nanos();
    Ok(folder.join(format!("{contestant}-{module}-{built:x}.artifact")))
}

/// Writes a file in one step.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension(std::process::id().to_string());
    std::fs::write(&part, bytes)?;
    Ok(std::fs::rename(part, path)?)
}

/// The artifact of a module, made by another process if there is none: one that measures starts has compiled nothing.
fn prepared(contestant: &str, module: &str) -> Result<PathBuf> {
    let path = place(contestant, module)?;
    if !path.exists() {
        let mut other = Command::new(std::env::current_exe()?);
        other.args(["once", contestant, &format!("prepare:{module}")]).stdout(Stdio::null());
        if !other.status()?.success() {
            return Err(format!("no artifact of {module}").into());
        }
    }
    Ok(path)
}

/// Starts of components.
pub(crate) fn component(worker: &mut Worker, contestant: &'static str) {
    worker.shot(contestant, "cold", move |args| {
        let name = format!("{}.component.wasm", module(args)?);
        let wasm = guest(&name)?;
        let mut stages = Stages::new();
        let config = variant::config(contestant).ok_or("a contestant that this build does not have")?;
        let config = config.with_parallel_compilation(parallel(args));
        let host: Host = Host::builder().engine(config).build()?;
        stages.mark("engine");
        let compiled = host.compile(Source::bytes(&*name, wasm))?;
        stages.mark("compile");
        let mut plugin = compiled.link(&Grants::none())?.instantiate(())?;
        stages.mark("instantiate");
        let sum: u32 = plugin.call("add", (1u32, 2u32))?;
        stages.mark("call");
        match sum {
            3 => Ok(stages.done()),
            _ => Err(format!("1 + 2 = {sum}").into()),
        }
    });
}
