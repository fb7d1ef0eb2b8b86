//! Fields that are no exports.

use plugbay::{Exports, Func};

#[derive(Exports)]
pub struct Wanted {
    pub count: u32,
}

#[derive(Exports)]
pub struct Types {
    pub lines: Func<(std::path::PathBuf,), u32>,
}

#[derive(Exports)]
#[exports(interface = "demo:text/tools#count")]
pub enum Functions {
    Count(Func<(), u32>),
}
