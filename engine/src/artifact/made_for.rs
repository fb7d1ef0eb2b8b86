//! What an artifact is bound to besides its contents: the build of plugbay, the settings, the processor.

use super::error::ArtifactError;
use crate::config::Config;
use crate::sys::mapping::page_size;

/// The version of the layout of artifacts.
const FORMAT: u32 = 1;

/// What code was made for, or what this engine needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MadeFor {
    /// A hash of the engine's sources and the layout's version.
    pub(super) build: [u8; 16],
    /// A hash of the settings.
    pub(super) config: [u8; 16],
    /// The architecture.
    pub(super) architecture: u32,
    /// The system's page size in bytes.
    pub(super) page_size: u32,
    /// The processor's extensions, as places in [`EXTENSIONS`].
    pub(super) extensions: u64,
}

/// The number of the architecture at hand.
const ARCHITECTURE: u32 = if cfg!(target_arch = "x86_64") {
    1
} else if cfg!(target_arch = "aarch64") {
    2
} else {
    0
};

/// An extension that code may use: Cranelift's name for it, ours, and whether the processor at hand has it.
type Extension = (&'static str, &'static str, fn() -> bool);

macro_rules! extensions {
    ($detected:path, $($flag:literal: $name:tt,)*) => {
        &[$(($flag, $name, || { use $detected as detected; detected!($name) }),)*]
    };
}

/// New ones go to the end.
#[cfg(target_arch = "x86_64")]
const EXTENSIONS: &[Extension] = extensions! { std::is_x86_feature_detected,
    "has_sse3": "sse3",
    "has_ssse3": "ssse3",
    "has_sse41": "sse4.1",
    "has_sse42": "sse4.2",
    "has_popcnt": "popcnt",
    "has_cmpxchg16b": "cmpxchg16b",
    "has_avx": "avx",
    "has_avx2": "avx2",
    "has_fma": "fma",
    "has_bmi1": "bmi1",
    "has_bmi2": "bmi2",
    "has_lzcnt": "lzcnt",
    "has_avx_vnni": "avxvnni",
    "has_avx512f": "avx512f",
    "has_avx512dq": "avx512dq",
    "has_avx512vl": "avx512vl",
    "has_avx512bitalg": "avx512bitalg",
    "has_avx512vbmi": "avx512vbmi",
    "has_avx512vnni": "avx512vnni",
};

/// New ones go to the end.
#[cfg(target_arch = "aarch64")]
const EXTENSIONS: &[Extension] = extensions! { std::arch::is_aarch64_feature_detected,
    "has_lse": "lse",
    "has_pauth": "paca",
    "has_fp16": "fp16",
    "has_dotprod": "dotprod",
    "has_i8mm": "i8mm",
};

impl MadeFor {
    /// What code that is made now, for this configuration, is for.
    pub(super) fn here(config: &Config) -> Self {
        let mut build = blake3::Hasher::new();
        build.update(env!("PLUGBAY_ENGINE_BUILD").as_bytes());
        build.update(env!("CARGO_PKG_VERSION").as_bytes());
        build.update(&FORMAT.to_le_bytes());
        let mut settings = blake3::Hasher::new();
        for (name, value) in config.fingerprint() {
            settings.update(name.as_bytes()).update(&value.to_le_bytes());
        }
        Self {
            build: short(&build),
            config: short(&settings),
            architecture: ARCHITECTURE,
            page_size: u32::try_from(page_size()).unwrap_or(0),
            extensions: detected(),
        }
    }

    /// Whether code made for `self` runs here.
    pub(super) fn check(&self, here: &Self) -> Result<(), ArtifactError> {
        if self.build != here.build {
            return Err(ArtifactError::StaleVersion);
        }
        if self.architecture != here.architecture {
            return Err(ArtifactError::StaleProcessor { lacks: "its architecture".to_owned() });
        }
        if self.page_size != here.page_size {
            return Err(ArtifactError::StaleProcessor {
                lacks: format!("pages of {} bytes", self.page_size),
            });
        }
        let lacking = self.extensions & !here.extensions;
        if lacking != 0 {
            let names = (0..).zip(EXTENSIONS).filter(|(bit, _)| lacking >> bit & 1 == 1);
            let mut names: Vec<_> = names.map(|(_, (_, name, _))| *name).collect();
            if lacking >> EXTENSIONS.len() != 0 {
                names.push("an extension that this version does not know");
            }
            return Err(ArtifactError::StaleProcessor { lacks: names.join(", ") });
        }
        if self.config != here.config {
            return Err(ArtifactError::StaleConfig);
        }
        Ok(())
    }

    /// A number for all of it: code made for equal numbers is interchangeable.
    pub(super) fn number(&self) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.build).update(&self.config);
        hasher.update(&self.architecture.to_le_bytes()).update(&self.page_size.to_le_bytes());
        hasher.update(&self.extensions.to_le_bytes());
        short(&hasher)
    }
}

/// The extensions of the processor at hand, which generated code may use all of.
fn detected() -> u64 {
    (0..).zip(EXTENSIONS).filter(|(_, (_, _, has))| has()).fold(0, |bits, (bit, _)| bits | 1 << bit)
}

fn short(hasher: &blake3::Hasher) -> [u8; 16] {
    let mut out = [0; 16];
    hasher.finalize_xof().fill(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OptLevel;

    #[test]
    fn what_does_not_fit_is_named() {
        let here = MadeFor::here(&Config::new());
        here.check(&here).unwrap();
        let other = MadeFor::here(&Config::new().with_opt_level(OptLevel::None));
        assert_eq!(other.check(&here), Err(ArtifactError::StaleConfig));
        let threads = MadeFor::here(&Config::new().with_parallel_compilation(false));
        assert_eq!(threads.check(&here), Ok(()));
        let build = MadeFor { build: [0; 16], ..here.clone() };
        assert_eq!(build.check(&here), Err(ArtifactError::StaleVersion));
        let poor = MadeFor { extensions: 0, ..here.clone() };
        poor.check(&here).unwrap();
        let Err(ArtifactError::StaleProcessor { lacks }) = here.check(&poor) else { panic!("it fits") };
        assert!(lacks.contains(if cfg!(target_arch = "x86_64") { "sse4.1" } else { "lse" }), "{lacks}");
        let unknown = MadeFor { extensions: 1 << 63, ..here.clone() };
        assert!(matches!(unknown.check(&here), Err(ArtifactError::StaleProcessor { .. })));
    }

    #[test]
    #[cfg(feature = "compile")]
    fn every_extension_that_the_compiler_uses_is_recorded() {
        let isa = crate::compile::isa(&Config::new()).unwrap();
        for flag in isa.isa_flags() {
            if flag.name.starts_with("has_") && flag.as_bool() == Some(true) {
                let known = EXTENSIONS.iter().find(|(name, ..)| *name == flag.name);
                assert!(known.is_some_and(|(_, _, has)| has()), "{}", flag.name);
            }
        }
    }
}
