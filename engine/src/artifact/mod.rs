//! Compiled code as flat bytes, in memory and on disk alike: shared bytes (`bytes`) and tables of fixed-size records that
//! are read in place (`table`).

pub(crate) mod bytes;
pub(crate) mod table;
