//! Expansions and error texts of `bindgen!`; what expansions do is tested in `host/tests/bindgen.rs`.
