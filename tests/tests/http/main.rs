//! `wasi:http` against servers on this machine, through a real guest: messages, encryption, what may be reached, time, and input
//! made to hurt (`d9_…`, `e12_…` of `tests/hostile.txt`).

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod guest;
mod hostile;
mod messages;
mod policy;
mod server;
mod time;
mod tls;
