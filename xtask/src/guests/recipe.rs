//! How each language makes a component of its plugin.

use super::command::{self, cargo, command, copy, entries, fresh_folder};
use super::toolchain::Toolchain;
use std::path::{Path, PathBuf};

const WORLD: &str = "plugin";

/// An example plugin, by its language; `Notebook` and `Prowler` are in Rust too, of worlds of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guest {
    Rust,
    C,
    Go,
    AssemblyScript,
    Notebook,
    Prowler,
}

/// How a core module tells `wit-tool` what its strings look like.
enum Strings {
    Utf8,
    Utf16,
    /// The generator of its bindings put the world, and with it the encoding, into the module.
    Embedded,
}

impl Guest {
    /// All of them, quick builds first.
    pub(crate) const ALL: [Self; 6] =
        [Self::C, Self::AssemblyScript, Self::Go, Self::Rust, Self::Notebook, Self::Prowler];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guest| guest.language() == name)
    }

    /// The name of the language, which is that of the folder.
    pub(crate) fn language(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Go => "go",
            Self::AssemblyScript => "assemblyscript",
            Self::Notebook => "notebook",
            Self::Prowler => "prowler",
        }
    }

    /// Where the component is checked in, from `plugins-example` on.
    pub(crate) fn component(self) -> &'static str {
        match self {
            Self::Rust => "rust/markdown.wasm",
            Self::C => "c/whitespace.wasm",
            Self::Go => "go/outline.wasm",
            Self::AssemblyScript => "assemblyscript/shout.wasm",
            Self::Notebook => "notebook/notebook.wasm",
            Self::Prowler => "prowler/prowler.wasm",
        }
    }

    /// Builds the plugin and returns the path of its component, which is below `target/guests`.
    ///
    /// # Errors
    /// What could not be installed, or the command that failed with all it wrote.
    pub(crate) fn build(self, toolchain: &Toolchain) -> Result<PathBuf, String> {
        let source = toolchain.plugins().join(self.language());
        let work = toolchain.folder(self.language());
        let (core, strings) = match self {
            Self::Rust => (rust(toolchain, &source, &work, "markdown")?, Strings::Embedded),
            Self::Notebook => (rust(toolchain, &source, &work, "notebook")?, Strings::Embedded),
            Self::Prowler => (rust(toolchain, &source, &work, "prowler")?, Strings::Embedded),
            Self::C => (c(toolchain, &source, &work)?, Strings::Embedded),
            Self::Go => (go(toolchain, &source, &work)?, Strings::Utf8),
            Self::AssemblyScript => (assemblyscript(toolchain, &source, &work)?, Strings::Utf16),
        };
        let component = toolchain.folder("components").join(self.component());
        if let Some(folder) = component.parent() {
            fresh_folder(folder)?;
        }
        let strings = match strings {
            Strings::Utf8 => "utf8",
            Strings::Utf16 => "utf16",
            Strings::Embedded => "embedded",
        };
        let mut componentize = command(toolchain.wit_tool()?, &["componentize", strings]);
        componentize.arg(core).arg(toolchain.wit()).arg(WORLD).arg(&component);
        command::run(&mut componentize)?;
        Ok(component)
    }
}

/// Writes the bindings of the world into `folder`.
fn bindings(toolchain: &Toolchain, language: &str, folder: &Path) -> Result<(), String> {
    let mut bindings = command(toolchain.wit_tool()?, &["bindings", language]);
    command::run(bindings.arg(toolchain.wit()).arg(WORLD).arg(folder))
}

/// Plain cargo with a compiler that has `std` for WASI. The paths of this machine stay out of the panic messages, and so
/// the bytes do not depend on where the repository lies.
fn rust(toolchain: &Toolchain, source: &Path, work: &Path, name: &str) -> Result<PathBuf, String> {
    let rustc = toolchain.rustc_for_wasi()?;
    let home = toolchain.cargo_home()?;
    let mut flags = vec![
        format!("--remap-path-prefix={}=cargo", home.display()),
        format!("--remap-path-prefix={}=rust", source.display()),
    ];
    for registry in entries(&home.join("registry/src"))? {
        flags.push(format!("--remap-path-prefix={}=crates", registry.display()));
    }
    let mut build = cargo(&["build", "--release", "--locked", "--target", "wasm32-wasip1"]);
    build.arg("--manifest-path").arg(source.join("Cargo.toml"));
    build
        .env("RUSTC", rustc)
        .env("CARGO_TARGET_DIR", work)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    build.env("CARGO_TARGET_WASM32_WASIP1_LINKER", toolchain.wasm_ld()?);
    command::run(&mut build)?;
    Ok(work.join(format!("wasm32-wasip1/release/{name}.wasm")))
}

/// clang and Debian's libc, of which only what needs no WASI is linked in. The stack comes first in memory, so that its
/// overflow is a trap and overwrites nothing.
fn c(toolchain: &Toolchain, source: &Path, work: &Path) -> Result<PathBuf, String> {
    let clang = toolchain.clang()?;
    fresh_folder(work)?;
    bindings(toolchain, "c", work)?;
    let files = entries(&source.join("src"))?;
    let files = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "c"));
    let core = work.join("core.wasm");
    let mut compile = command(clang, &["--target=wasm32-wasi", "-mexec-model=reactor", "-std=c23", "-O2"]);
    compile.args(["-Wall", "-Wextra", "-Wl,--strip-all,--stack-first"]);
    compile.arg(format!("-fuse-ld={}", toolchain.wasm_ld()?.display())).arg("-I").arg(work).args(files);
    compile.args([work.join("plugin.c"), work.join("plugin_component_type.o")]).arg("-o").arg(&core);
    command::run(&mut compile)?;
    Ok(core)
}

/// The standard compiler. The support package of the bindings comes from the crate of their generator, so that no module
/// is fetched.
fn go(toolchain: &Toolchain, source: &Path, work: &Path) -> Result<PathBuf, String> {
    let go = toolchain.go()?;
    let support = toolchain.go_support()?;
    fresh_folder(work)?;
    bindings(toolchain, "go", work)?;
    for package in entries(source)?.iter().filter(|path| path.is_dir()) {
        copy(package, &work.join(package.file_name().unwrap_or_default()))?;
    }
    fresh_folder(&work.join("support"))?;
    for part in ["go.mod", "wit"] {
        copy(&support.join(part), &work.join("support").join(part))?;
    }
    let run = |args: &[&str]| {
        let mut command = command(&go, args);
        command
            .current_dir(work)
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GOTOOLCHAIN", "local");
        command::run(command.env("GOOS", "wasip1").env("GOARCH", "wasm"))
    };
    run(&["mod", "edit", "-replace", "go.bytecodealliance.org/pkg=./support"])?;
    let flags = "-ldflags=-checklinkname=0 -s -w"; // the support package links to a private function of the runtime
    run(&["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", flags, "-o", "core.wasm", "."])?;
    Ok(work.join("core.wasm"))
}

/// The compiler from npm, with our transform.
fn assemblyscript(toolchain: &Toolchain, source: &Path, work: &Path) -> Result<PathBuf, String> {
    fresh_folder(&work.join("assembly"))?;
    for part in ["package.json", "rename-exports.mjs", "assembly"] {
        copy(&source.join(part), &work.join(part))?;
    }
    toolchain.npm_install(work)?;
    let mut compile = command(work.join("node_modules/.bin/asc"), &["assembly/index.ts", "-o", "core.wasm"]);
    compile.args(["--runtime", "incremental", "-O2", "--noAssert"]);
    compile.args(["--use", "abort=assembly/index/onAbort", "--transform", "./rename-exports.mjs"]);
    command::run(compile.current_dir(work))?;
    Ok(work.join("core.wasm"))
}
