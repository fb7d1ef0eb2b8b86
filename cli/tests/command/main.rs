//! The `plugbay` command from outside: what it prints and how it exits. One file per verb.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod bindgen;
mod book;
mod cache;
mod compile;
mod inspect;
mod json;
mod packages;
mod permissions;
mod powers;
mod run;
mod support;
mod wast;
mod worlds;
