//! The editor's world in Rust, made from `wit/editor.wit`. Nothing is written here by hand.

plugbay::bindgen!({ path: "../wit", world: "plugin" });
