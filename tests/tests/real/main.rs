//! Components that other projects made, prebuilt in the public suites, with the host's half of each custom interface
//! written out here and WASI by the grants that they need: every export is called and its result compared, and the guests'
//! own `test-imports` call the host. One file per family. Without the suites the tests say that they did not run.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod flavorful;
mod lists;
mod numbers;
mod records;
mod resources;
mod strings;
mod support;
mod variants;
