//! The line protocol of the peers benchmark, and the timing of repeated cases: processor time of the thread, as many
//! operations as fill the asked time.

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::clock::{Clock, now};
use crate::{Error, Result};

/// Runs a case so many times; returns the result that all contestants must agree on, 0 if there is none.
pub(crate) type Body = Box<dyn FnMut(u64) -> Result<u64>>;
/// Sets a case up from its arguments: the parts of `case:arg:arg` after the first colon.
type Setup = Box<dyn Fn(&[&str]) -> Result<Body>>;
/// A case that is run once, in a process of its own; returns named figures.
type Shot = Box<dyn Fn(&[&str]) -> Result<Figures>>;
/// Named figures.
pub(crate) type Figures = Vec<(String, f64)>;

/// A case with the contestant's and the family's name.
struct Case<Run> {
    contestant: String,
    family: &'static str,
    run: Run,
}

/// All cases of all contestants.
#[derive(Default)]
pub(crate) struct Worker {
    benches: Vec<Case<Setup>>,
    shots: Vec<Case<Shot>>,
}

/// A body that repeats one operation.
pub(crate) fn looped<T>(mut operation: impl FnMut() -> Result<T> + 'static) -> Result<Body> {
    Ok(Box::new(move |count| {
        for _ in 0..count {
            std::hint::black_box(operation()?);
        }
        Ok(0)
    }))
}

/// A body whose operation repeats itself: loops of the guest.
pub(crate) fn counted(mut operation: impl FnMut(u32) -> Result<()> + 'static) -> Result<Body> {
    Ok(Box::new(move |count| {
        let mut left = count;
        while left > 0 {
            let now = left.min(1 << 20);
            operation(u32::try_from(now)?)?;
            left -= now;
        }
        Ok(0)
    }))
}

/// A body that repeats an operation whose result counts.
pub(crate) fn checked(mut operation: impl FnMut() -> Result<u64> + 'static) -> Result<Body> {
    Ok(Box::new(move |count| {
        let mut check = 0;
        for _ in 0..count {
            check = operation()?;
        }
        Ok(check)
    }))
}

fn find<'a, R>(cases: &'a [Case<R>], contestant: &str, family: &str) -> Result<&'a R> {
    let found = cases.iter().find(|case| case.contestant == contestant && case.family == family);
    Ok(&found.ok_or_else(|| format!("{contestant} has no case {family}"))?.run)
}

/// A case's family and arguments.
fn parts(case: &str) -> (&str, Vec<&str>) {
    let mut parts = case.split(':');
    (parts.next().unwrap_or_default(), parts.collect())
}

impl Worker {
    /// Adds a case that is repeated.
    pub(crate) fn bench(
        &mut self,
        contestant: &str,
        family: &'static str,
        setup: impl Fn(&[&str]) -> Result<Body> + 'static,
    ) {
        self.benches.push(Case { contestant: contestant.to_owned(), family, run: Box::new(setup) });
    }

    /// Adds a case that is run once a process.
    pub(crate) fn shot(
        &mut self,
        contestant: &str,
        family: &'static str,
        shot: impl Fn(&[&str]) -> Result<Figures> + 'static,
    ) {
        self.shots.push(Case { contestant: contestant.to_owned(), family, run: Box::new(shot) });
    }

    /// Does what the command line says.
    pub(crate) fn main(self) -> Result<()> {
        let args: Vec<String> = std::env::args().skip(1).collect();
        match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["list"] => self.list(),
            ["once", contestant, case] => {
                let (family, args) = parts(case);
                for (name, value) in find(&self.shots, contestant, family)?(&args)? {
                    println!("{name} {value}");
                }
            }
            ["serve"] => {
                keep_freed_memory()?;
                self.serve()?;
            }
            _ => return Err("usage: list | once CONTESTANT CASE | serve".into()),
        }
        Ok(())
    }

    fn list(&self) {
        for Case { contestant, family, .. } in &self.benches {
            println!("bench {contestant} {family}");
        }
        for Case { contestant, family, .. } in &self.shots {
            println!("shot {contestant} {family}");
        }
        println!("end");
    }

    fn serve(&self) -> Result<()> {
        // A host has threads, and the allocator takes cheaper paths in a process that has none.
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
        let mut ready: HashMap<String, (Body, u64)> = HashMap::new();
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            match line.split_whitespace().collect::<Vec<_>>()[..] {
                ["list"] => self.list(),
                ["drop"] => {
                    ready.clear();
                    println!("ok");
                }
                ["run", contestant, case, milliseconds] => {
                    match self.measure(&mut ready, contestant, case, milliseconds) {
                        Ok(sample) => println!("{sample}"),
                        Err(error) => println!("err {}", error.to_string().replace('\n', " ")),
                    }
                }
                _ => println!("err what?"),
            }
            std::io::stdout().flush()?;
        }
        Ok(())
    }

    /// One sample as the protocol has it: `ok COUNT WALL CHECK CPU`. The first of a case sets it up.
    fn measure(
        &self,
        ready: &mut HashMap<String, (Body, u64)>,
        contestant: &str,
        case: &str,
        milliseconds: &str,
    ) -> Result<String> {
        let key = format!("{contestant} {case}");
        if !ready.contains_key(&key) {
            let least = Duration::from_secs_f64(milliseconds.parse::<f64>()? / 1e3);
            let (family, args) = parts(case);
            let mut body = find(&self.benches, contestant, family)?(&args)?;
            let count = count_for(&mut body, least)?;
            ready.insert(key.clone(), (body, count));
        }
        let (body, count) = ready.get_mut(&key).ok_or("a case that was just set up")?;
        let (wall, before) = (Instant::now(), now(Clock::Thread));
        let check = body(*count)?;
        let (wall, cpu) = (wall.elapsed(), now(Clock::Thread).saturating_sub(before));
        Ok(format!("ok {count} {} {check} {}", wall.as_nanos(), cpu.as_nanos()))
    }
}

/// Warms a case up and finds how often it runs in about `least`.
fn count_for(body: &mut Body, least: Duration) -> Result<u64> {
    let mut count = 1u64;
    loop {
        let before = now(Clock::Thread);
        body(count)?;
        let time = now(Clock::Thread).saturating_sub(before);
        if time >= least / 2 || count > 1 << 40 {
            let each = time.as_secs_f64() / count as f64;
            return Ok(((least.as_secs_f64() / each.max(1e-12)) as u64).max(1));
        }
        count *= if time < least / 20 { 10 } else { 2 };
    }
}

/// Has the allocator keep what is freed: whether it returns pages after an operation depends on how the heap lies by then,
/// and would be charged to whoever is unlucky. The allocator reads these settings when a process starts, so it is started
/// again with them.
fn keep_freed_memory() -> Result<()> {
    const SETTINGS: [(&str, &str); 2] =
        [("MALLOC_MMAP_THRESHOLD_", "1073741824"), ("MALLOC_TRIM_THRESHOLD_", "1073741824")];
    if SETTINGS.iter().all(|(name, value)| std::env::var_os(name).is_some_and(|set| set == *value)) {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe()?);
    Err(Error::from(again.args(std::env::args_os().skip(1)).envs(SETTINGS).exec()))
}
