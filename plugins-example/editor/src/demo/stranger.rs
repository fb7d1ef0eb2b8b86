//! The sections about a plugin that did not come with the editor, and that means no good: it is asked about, gets what was
//! answered, and tries for more.

use std::fs;
use std::path::{Path, PathBuf};

use plugbay::grants::{Answer, Ask, GrantStore, Mode};
use plugbay::{Host, Limits, Package, Plugin, Stdio};

use super::{Result, section, shorten};
use crate::bay::{Bay, DEADLINE};

/// How many lines it writes to the log.
const FLOOD: u32 = 100_000;

/// The address at which clouds tell a machine its secrets, and others that mean the same or this machine.
const ADDRESSES: [&str; 5] =
    ["169.254.169.254", "[::ffff:169.254.169.254]", "0xa9fea9fe", "127.0.0.1:631", "localhost"];

pub(super) fn visit(bay: &Bay, plugins: &Path) -> Result {
    let package = Package::open(plugins.join("prowler"))?;
    let host = Host::builder()
        .limits(Limits::default().memory(64 << 20).deadline(DEADLINE * 10))
        .audit(bay.audit.clone())
        .build()?;
    let compiled = host.compile_package(&package)?;

    section("A stranger, and what it asks for");
    for line in compiled.card().to_string().lines() {
        println!("  {line}");
    }

    section("Its user is asked");
    let mut store = GrantStore::new().with_mode(Mode::Ask);
    let grants = store.grants(&package, answer)?;
    println!("  what is kept of that, for `grants.toml`:");
    store
        .to_toml()?
        .lines()
        .filter(|line| line.starts_with("capability") || line.starts_with("decision"))
        .for_each(|line| println!("    {line}"));

    let texts = Texts::make()?;
    let grants = grants.allow_read(texts.shown(), "/texts").stdio(Stdio::null());
    let mut plugin = compiled.link(&grants)?.instantiate(())?;
    leave(&mut plugin)?;
    ask(&mut plugin)?;
    flood(&mut plugin)
}

/// Stands for a person at the terminal: everything but the clock.
fn answer(ask: &Ask<'_>) -> Answer {
    for line in ask.to_string().lines() {
        println!("  {line}");
    }
    let answer = if ask.request.interface() == "wasi:clocks" { Answer::Deny } else { Answer::Allow };
    println!("    answered: {answer:?}");
    answer
}

fn leave(plugin: &mut Plugin<()>) -> Result {
    section("It tries to leave its folder");
    let attempts: Vec<String> = plugin.call("demo:prowler/prowl#leave-folder", ())?;
    for attempt in &attempts {
        println!("  {}", shorten(attempt, 100));
        if attempt.contains("got") {
            return Err("it got out of its folder".into());
        }
    }
    Ok(())
}

fn ask(plugin: &mut Plugin<()>) -> Result {
    section("It tries the address where clouds keep their keys");
    for address in ADDRESSES {
        match plugin.call::<_, std::result::Result<u16, String>>("demo:prowler/prowl#ask", (address,))? {
            Ok(status) => return Err(format!("{address} answered {status}").into()),
            Err(why) => println!("  {address}: {}", shorten(&why, 100)),
        }
    }
    Ok(())
}

fn flood(plugin: &mut Plugin<()>) -> Result {
    section("It floods the log");
    plugin.call::<_, ()>("demo:prowler/prowl#flood", (FLOOD,))?;
    let usage = plugin.usage();
    println!("  {FLOOD} lines later it still answers; the log took {} bytes of them", usage.log_bytes.now);
    println!("  what it holds and used:");
    for line in usage.to_string().lines() {
        println!("  {line}");
    }
    Ok(())
}

/// A folder that the plugin is shown, with ways out of it, and a secret beside it.
struct Texts(PathBuf);

impl Texts {
    fn make() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("plugbay-demo-{}", std::process::id()));
        let texts = folder.join("texts");
        fs::create_dir_all(texts.join("sub"))?;
        fs::write(texts.join("poem.txt"), "A host had a plugin at bay")?;
        fs::write(folder.join("secret.txt"), "not for plugins")?;
        #[cfg(unix)]
        for (target, link) in [("..", "way-out"), ("/etc/passwd", "absolute")] {
            fs::remove_file(texts.join(link)).ok();
            std::os::unix::fs::symlink(target, texts.join(link))?;
        }
        Ok(Self(folder))
    }

    fn shown(&self) -> PathBuf {
        self.0.join("texts")
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
