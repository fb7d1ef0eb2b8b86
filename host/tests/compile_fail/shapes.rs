//! Rust types that are no component types.

use plugbay::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
pub struct Pair(u8, u8);

#[derive(ComponentType, Lift, Lower)]
pub enum Edit {
    Insert { at: u32 },
    Undo = 3,
}

#[derive(ComponentType, Lift, Lower)]
pub union Bits {
    a: u8,
}

#[derive(ComponentType)]
pub struct Cells {
    pub cells: std::cell::Cell<u8>,
}
