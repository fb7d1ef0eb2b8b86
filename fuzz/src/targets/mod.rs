//! The targets, one file each.

pub mod abi;
pub mod artifact;
pub mod component;
pub mod differential;
pub mod module;
pub mod package;
pub mod relay;
pub mod wave;

use crate::Target;

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "module",
        door: "bytes as a core module: decoded, validated, compiled, run",
        run: module::run,
        from_corpus: 10,
        longest: 0,
    },
    Target {
        name: "differential",
        door: "a made-up valid module: run in every way there is, beside an independent interpreter",
        run: differential::run,
        from_corpus: 0,
        longest: 6 << 10,
    },
    Target {
        name: "component",
        door: "bytes as a component: decoded, planned, compiled, instantiated on stubs, its functions called",
        run: component::run,
        from_corpus: 10,
        longest: 0,
    },
    Target {
        name: "abi",
        door: "values of made-up types: into a guest and back by the canonical ABI; any bytes as a guest's result",
        run: abi::run,
        from_corpus: 0,
        longest: 1 << 10,
    },
    Target {
        name: "relay",
        door: "values of made-up types and handles: from the host through guests to the host, and back",
        run: relay::run,
        from_corpus: 0,
        longest: 2 << 10,
    },
    Target {
        name: "artifact",
        door: "a sealed artifact that was changed: refused, whatever was changed",
        run: artifact::run,
        from_corpus: 0,
        longest: 16,
    },
    Target {
        name: "package",
        door: "bytes as a plugin's manifest, archive and package; signed packages that were changed",
        run: package::run,
        from_corpus: 8,
        longest: 2 << 10,
    },
    Target {
        name: "wave",
        door: "text as a value: what parses prints, and parses again to the same",
        run: wave::run,
        from_corpus: 9,
        longest: 64,
    },
];
