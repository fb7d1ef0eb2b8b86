//! What all contestants share: the guests by name, what is called first in them, and the values that go to and fro.

use std::path::PathBuf;

use crate::Result;

/// The file of a guest; the environment says in which folder they lie.
pub(crate) fn guest_path(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("BENCH_GUESTS").unwrap_or_else(|| "guests".into())).join(name)
}

/// The bytes of a guest.
pub(crate) fn guest(name: &str) -> Result<Vec<u8>> {
    let path = guest_path(name);
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// What is called first in a module of the starts.
pub(crate) enum First {
    /// `add(1, 2)`.
    Add,
    /// A function without parameters, whose result all contestants agree on.
    Nullary(&'static str),
    /// `cabi_realloc(0, 0, 8, 16)`.
    Realloc,
}

pub(crate) fn first_call(module: &str) -> First {
    match module {
        "lua" | "sqlite" => First::Nullary("first"),
        "spidermonkey" => First::Realloc,
        "esbuild" => First::Nullary("getsp"),
        _ => First::Add,
    }
}

/// The argument at this place, a number.
pub(crate) fn number<T: std::str::FromStr>(args: &[&str], at: usize) -> Result<T> {
    let argument = args.get(at).ok_or("an argument is missing")?;
    argument.parse().map_err(|_| format!("`{argument}` is no number").into())
}

/// ASCII text of so many bytes.
pub(crate) fn text(len: usize) -> String {
    "the quick brown fox jumps over a dog. ".chars().cycle().take(len).collect()
}

pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7) as u8).collect()
}

pub(crate) fn words(len: usize) -> Vec<u32> {
    (0..len).map(|at| (at as u32).wrapping_mul(2_654_435_761)).collect()
}

/// Records: a name of 16 letters and two numbers.
pub(crate) fn rows(len: usize) -> impl Iterator<Item = (String, u32, u32)> {
    let name = |at: usize| (0..16).map(|letter| char::from(b'a' + ((at + letter) % 26) as u8)).collect();
    (0..len).map(move |at| (name(at), at as u32, at as u32 * 2))
}
