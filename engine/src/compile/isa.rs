//! The machine that code is made for: this one, with Cranelift settings pinned so that generated code and runtime agree.

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, SetError};

use crate::config::{Config, OptLevel, TrapStyle};
use crate::error::{Error, Result};

/// Instruction set extensions without which Cranelift would call functions outside the text (rounding, blending).
const REQUIRED_X86_64: &[&str] = &["has_sse3", "has_ssse3", "has_sse41"];

/// The target of a configuration.
pub(crate) fn isa(config: &Config) -> Result<OwnedTargetIsa> {
    if config.trap_style() != TrapStyle::Signals {
        return Err(Error::misuse("only TrapStyle::Signals is available in this version of plugbay"));
    }
    let flags = settings::Flags::new(flags(config).map_err(|error| Error::internal(error.to_string()))?);
    let builder = cranelift_native::builder()
        .map_err(|why| Error::internal(format!("this processor is not supported: {why}")))?;
    let isa = builder.finish(flags).map_err(|error| Error::internal(error.to_string()))?;
    if isa.triple().architecture.to_string() == "x86_64" {
        for required in REQUIRED_X86_64 {
            let has =
                isa.isa_flags().iter().any(|flag| flag.name == *required && flag.as_bool() == Some(true));
            if !has {
                let extension = required.trim_start_matches("has_");
                return Err(Error::internal(format!("this processor lacks {extension}, which is required")));
            }
        }
    }
    Ok(isa)
}

fn flags(config: &Config) -> Result<settings::Builder, SetError> {
    let mut flags = settings::builder();
    let opt_level = match config.opt_level() {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
    };
    flags.set("opt_level", opt_level)?;
    flags.set("enable_verifier", if config.ir_verifier() { "true" } else { "false" })?;
    // The runtime walks frames by their pointers and finds traps by program counter: no unwind tables.
    flags.set("preserve_frame_pointers", "true")?;
    flags.set("unwind_info", "false")?;
    // The stack is checked against a limit at function entry, not by touching pages.
    flags.set("enable_probestack", "false")?;
    // Functions with more results than registers return the rest through memory.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    flags.set("enable_nan_canonicalization", "false")?;
    flags.set("enable_heap_access_spectre_mitigation", "true")?;
    flags.set("enable_table_access_spectre_mitigation", "true")?;
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_supported() {
        let isa = isa(&Config::new()).unwrap();
        assert!(isa.flags().preserve_frame_pointers());
        assert_eq!(isa.pointer_bytes(), 8);
    }

    #[test]
    fn a_trap_style_that_does_not_exist_yet_is_refused() {
        assert!(isa(&Config::new().with_trap_style(TrapStyle::Explicit)).is_err());
    }
}
