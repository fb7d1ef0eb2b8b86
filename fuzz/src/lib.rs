//! Fuzz targets: each feeds one door of plugbay with bytes that an attacker could choose. Whatever comes of it must be a
//! value; a panic, a crash, a hang or a difference between two ways of running the same code is a finding.
//!
//! The binary `fuzz` runs them with any compiler (`run.rs`); `libfuzzer/` makes them targets of `cargo fuzz`.

#![forbid(unsafe_code)]
#![expect(clippy::panic, clippy::expect_used, reason = "a finding is told by a panic, as fuzzers expect it")]

pub mod corpus;
pub mod machine;
pub mod made_up;
pub mod mutate;
pub mod random;
pub mod run;
pub mod targets;

/// What became of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was refused at the door, as it should be.
    Refused,
    /// It came in, and so many results were looked at.
    Ran(u64),
}

/// A door and what is behind it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is fed.
    pub door: &'static str,
    /// Feeds it. Panics on a finding.
    pub run: fn(&[u8]) -> Outcome,
    /// How many inputs out of ten are made from the corpus; the others are random bytes.
    pub from_corpus: usize,
    /// Longest random input in bytes.
    pub longest: usize,
}
