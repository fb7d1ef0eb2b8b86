//! Files through plugbay and through wasmtime-wasi: the same plugin (`tests/fixtures/files.wat`), the same folder, the same run.
//! Opens a file, and reads one of a mebibyte by `descriptor.read` and by streams, in pieces of several sizes. Each figure is the
//! fastest of several samples taken in turn; the ratio is what counts.
//!
//! `wasi-peer` prints the table. `wasi-peer plugbay|wasmtime open|read|stream CHUNK TIMES` does one thing, for a profiler or a
//! counter of system calls.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugbay::{Grants, Host, Source};
use wasmtime::component::{Component, Linker, ResourceTable, TypedFunc};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

const GUEST: &str = include_str!("../../../tests/fixtures/files.wat");
/// What is read.
const SIZE: usize = 1 << 20;
/// Samples of each figure, and how long one takes about.
const SAMPLES: u32 = 15;
const SAMPLE: Duration = Duration::from_millis(20);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One who runs the plugin.
trait Peer {
    fn open(&mut self, times: u32) -> Result<()>;
    fn read(&mut self, chunk: u64, times: u32) -> Result<()>;
    fn stream(&mut self, chunk: u64, times: u32) -> Result<()>;
}

struct Plugbay {
    plugin: plugbay::Plugin<()>,
    root: u32,
    file: u32,
}

impl Plugbay {
    fn new(folder: &Path, hidden: Option<&str>) -> Result<Self> {
        let grants = Grants::none().allow_write(folder, "/").allow("wasi:clocks");
        let grants = hidden.into_iter().fold(grants, |grants, pattern| grants.deny_path(pattern));
        let compiled = Host::new()?.compile(Source::bytes("files", wat::parse_str(GUEST)?))?;
        let mut plugin = compiled.link(&grants)?.instantiate(())?;
        plugin.set_deadline(Some(Duration::from_secs(3600)));
        let roots: Vec<(u32, String)> = plugin.call("get-directories", ())?;
        let root = roots.first().ok_or("no directory")?.0;
        let file: std::result::Result<u32, u8> =
            plugin.call("open-at", (root, 1_u32, "file", 0_u32, 1_u32))?;
        Ok(Self { plugin, root, file: file.map_err(|code| format!("error {code}"))? })
    }
}

impl Peer for Plugbay {
    fn open(&mut self, times: u32) -> Result<()> {
        let done: u32 = self.plugin.call("open-loop", (self.root, "file", times))?;
        all(done, times)
    }

    fn read(&mut self, chunk: u64, times: u32) -> Result<()> {
        let read: u64 = self.plugin.call("read-loop", (self.file, chunk, times))?;
        all(read, u64::from(times) * SIZE as u64)
    }

    fn stream(&mut self, chunk: u64, times: u32) -> Result<()> {
        let read: u64 = self.plugin.call("stream-loop", (self.file, chunk, times))?;
        all(read, u64::from(times) * SIZE as u64)
    }
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

type Loop = TypedFunc<(u32, u64, u32), (u64,)>;

struct Wasmtime {
    store: Store<State>,
    opens: TypedFunc<(u32, String, u32), (u32,)>,
    reads: Loop,
    streams: Loop,
    root: u32,
    file: u32,
}

impl Wasmtime {
    /// As `wasmtime run` does it: file operations on the calling thread.
    fn new(folder: &Path) -> Result<Self> {
        let engine = Engine::default();
        let component = Component::new(&engine, wat::parse_str(GUEST)?)?;
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker)?;
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_blocking_current_thread(true).preopened_dir(folder, "/", FsPerms::ReadWrite)?;
        let mut store = Store::new(&engine, State { wasi: wasi.build(), table: ResourceTable::new() });
        let instance = linker.instantiate(&mut store, &component)?;
        let roots = instance.get_typed_func::<(), (Vec<(u32, String)>,)>(&mut store, "get-directories")?;
        let (roots,) = roots.call(&mut store, ())?;
        let root = roots.first().ok_or("no directory")?.0;
        type Open = (std::result::Result<u32, u8>,);
        let open = instance.get_typed_func::<(u32, u32, String, u32, u32), Open>(&mut store, "open-at")?;
        let (file,) = open.call(&mut store, (root, 1, "file".to_owned(), 0, 1))?;
        let file = file.map_err(|code| format!("error {code}"))?;
        let opens = instance.get_typed_func(&mut store, "open-loop")?;
        let reads = instance.get_typed_func(&mut store, "read-loop")?;
        let streams = instance.get_typed_func(&mut store, "stream-loop")?;
        Ok(Self { store, opens, reads, streams, root, file })
    }
}

impl Peer for Wasmtime {
    fn open(&mut self, times: u32) -> Result<()> {
        let (done,) = self.opens.call(&mut self.store, (self.root, "file".to_owned(), times))?;
        all(done, times)
    }

    fn read(&mut self, chunk: u64, times: u32) -> Result<()> {
        let (read,) = self.reads.call(&mut self.store, (self.file, chunk, times))?;
        all(read, u64::from(times) * SIZE as u64)
    }

    fn stream(&mut self, chunk: u64, times: u32) -> Result<()> {
        let (read,) = self.streams.call(&mut self.store, (self.file, chunk, times))?;
        all(read, u64::from(times) * SIZE as u64)
    }
}

fn all<T: PartialEq + std::fmt::Display>(done: T, wanted: T) -> Result<()> {
    if done == wanted { Ok(()) } else { Err(format!("{done} instead of {wanted}").into()) }
}

/// What is measured.
#[derive(Clone, Copy)]
enum Work {
    Open,
    Read(u64),
    Stream(u64),
}

impl Work {
    fn of(name: &str, chunk: u64) -> Result<Self> {
        Ok(match name {
            "open" => Self::Open,
            "read" => Self::Read(chunk),
            "stream" => Self::Stream(chunk),
            other => return Err(format!("no work is called {other}").into()),
        })
    }

    fn run(self, peer: &mut dyn Peer, times: u32) -> Result<()> {
        match self {
            Self::Open => peer.open(times),
            Self::Read(chunk) => peer.read(chunk, times),
            Self::Stream(chunk) => peer.stream(chunk, times),
        }
    }

    fn title(self) -> String {
        match self {
            Self::Open => "open a file and drop it".to_owned(),
            Self::Read(chunk) => format!("read 1 MiB, {} KiB at a time", chunk >> 10),
            Self::Stream(chunk) => format!("read 1 MiB by a stream, {} KiB at a time", chunk >> 10),
        }
    }

    /// How long one takes.
    fn sample(self, peer: &mut dyn Peer, times: u32) -> Result<Duration> {
        let begin = Instant::now();
        self.run(peer, times)?;
        Ok(begin.elapsed() / times)
    }
}

fn table(folder: &Path) -> Result<()> {
    let mut ours = Plugbay::new(folder, None)?;
    let mut hiding = Plugbay::new(folder, Some("**/.env"))?;
    let mut theirs = Wasmtime::new(folder)?;
    println!("{:44} {:>10} {:>10} {:>10}  ratio", "", "plugbay", "hiding", "wasmtime");
    let chunks = [4 << 10, 64 << 10, 1 << 20];
    let reads = chunks.map(Work::Read).into_iter();
    for work in std::iter::once(Work::Open).chain(reads).chain(chunks.map(Work::Stream)) {
        let once = work.sample(&mut theirs, 20)?.max(Duration::from_nanos(1));
        let times = u32::try_from(SAMPLE.as_nanos() / once.as_nanos())?.clamp(1, 1_000_000);
        let mut best = [Duration::MAX; 3];
        for _ in 0..SAMPLES {
            let peers: [&mut dyn Peer; 3] = [&mut ours, &mut hiding, &mut theirs];
            for (best, peer) in best.iter_mut().zip(peers) {
                *best = (*best).min(work.sample(peer, times)?);
            }
        }
        let [plugbay, hiding, wasmtime] = best.map(|best| best.as_nanos() as f64 / 1e3);
        let ratio = plugbay / wasmtime;
        println!("{:44} {plugbay:7.2} µs {hiding:7.2} µs {wasmtime:7.2} µs  {ratio:.2}", work.title());
    }
    Ok(())
}

/// A folder with a file of [`SIZE`] bytes; removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("plugbay-wasi-peer-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        std::fs::write(path.join("file"), vec![7; SIZE])?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn main() -> Result<()> {
    let folder = Folder::new()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => table(&folder.0),
        [peer, work, chunk, times] => {
            let mut peer: Box<dyn Peer> = match peer {
                "plugbay" => Box::new(Plugbay::new(&folder.0, None)?),
                "hiding" => Box::new(Plugbay::new(&folder.0, Some("**/.env"))?),
                _ => Box::new(Wasmtime::new(&folder.0)?),
            };
            Work::of(work, chunk.parse()?)?.run(&mut *peer, times.parse()?)
        }
        _ => Err("wasi-peer [plugbay|hiding|wasmtime open|read|stream CHUNK TIMES]".into()),
    }
}
