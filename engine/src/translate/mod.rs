//! From WebAssembly operators to Cranelift's intermediate form, one file per family of operators.
