//! Going wrong on request. `black_box` keeps the compiler from seeing through it.

use crate::exports::demo::editor::mischief::Kind;
use std::hint::black_box;

/// Does not return, except when `black_box` is not as opaque as it is meant to be.
pub fn commit(kind: Kind) -> u64 {
    match kind {
        Kind::LoopForever => spin(),
        Kind::Trap => panic!("asked to panic"),
        Kind::RecurseForever => recurse(black_box(1)),
        Kind::AllocateForever => allocate(),
    }
}

fn spin() -> u64 {
    let mut rounds = 0_u64;
    while black_box(true) {
        rounds = rounds.wrapping_add(1);
    }
    rounds
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 8]);
    if depth == 0 {
        return 0;
    }
    recurse(black_box(depth + 1)) + frame[7]
}

fn allocate() -> u64 {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    while black_box(true) {
        blocks.push(vec![1; 1 << 20]);
    }
    blocks.len() as u64
}
