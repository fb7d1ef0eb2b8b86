//! Attempts of a plugin to leave the directory that it was granted, each in a file of its own, in both trap styles and with both
//! ways to resolve paths.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod absolute;
mod dangling;
mod dot_dot;
mod hard_link;
mod hidden;
mod link_chain;
mod magic_link;
mod no_openat2;
mod overlap;
mod rename;
mod swap_race;
mod trailing_slash;
