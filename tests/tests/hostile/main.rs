//! Input made to hurt, by the numbers of `tests/hostile.txt`: each test's name begins with those of the entries that it
//! covers, and `cargo xtask hostile` counts them. Groups: `a_…` bytes and compiling, `b_…` running, `c_…` the canonical ABI and
//! resources, `d_…` exhaustion, `e_…` WASI, grants and manifests, `f_…` misuse by the application, `g_…` artifacts and the
//! cache, `h_…` signals and threads.
//!
//! What is hostile ends in a typed error, a trap or a limit, in reasonable time, whatever the trap style; nothing panics.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod a_bytes;
mod a_components;
mod a_debug_info;
mod a_names;
mod a_plugins;
mod a_sizes;
mod b_calls;
mod b_memory;
mod b_numbers;
mod b_segments;
mod b_stack;
mod b_stop;
mod b_tables;
mod c_limits;
mod c_linking;
mod c_realloc;
mod c_reentry;
mod c_resources;
mod c_strings;
mod c_values;
mod d10_log;
mod d_output;
mod d_streams;
mod d_usage;
mod e_archives;
mod e_files;
mod e_manifests;
mod e_networks;
mod e_paths;
mod e_preview1;
mod f_grants;
mod f_hosts;
mod f_stores;
mod g_artifacts;
mod g_cache;
mod guests;
mod h_limits;
mod h_threads;
mod net_guest;
mod support;
mod system_guest;
