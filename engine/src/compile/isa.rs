//! The machine that code is made for: this one, with Cranelift settings pinned so that generated code and runtime agree.

use std::sync::OnceLock;

use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};
use cranelift_codegen::{CodegenError, CodegenResult};

use crate::config::{Config, OptLevel};
use crate::error::{Error, Result};

/// Instruction set extensions without which Cranelift would call functions outside the text (rounding, blending).
const REQUIRED_X86_64: &[&str] = &["has_sse3", "has_ssse3", "has_sse41"];

/// The target of a configuration.
pub(crate) fn isa(config: &Config) -> Result<OwnedTargetIsa> {
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

/// Blocks and instructions up to which a function is compiled well. Some of Cranelift's passes take time that grows with
/// the square of the size of a function; what is larger goes through the pipeline that does not.
const MAX_OPTIMISED: (usize, usize) = (10_000, 150_000);

/// Values that can live at the same time in a function that is compiled well: allocating registers takes time that grows
/// with the square of how many do.
const MAX_LIVE: usize = 5_000;

/// The two ways of compiling a function for the same machine; what they make can call each other.
pub(super) struct Targets<'a> {
    usual: &'a dyn TargetIsa,
    plain: OnceLock<OwnedTargetIsa>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(usual: &'a dyn TargetIsa) -> Self {
        Self { usual, plain: OnceLock::new() }
    }

    /// The way for this function, in which so many values can live at the same time.
    pub(super) fn target(&self, func: &Function, live: usize) -> Result<&dyn TargetIsa> {
        let (blocks, instructions) = MAX_OPTIMISED;
        if has_blocks(func, blocks) && func.dfg.num_insts() <= instructions && live <= MAX_LIVE {
            return Ok(self.usual);
        }
        if let Some(made) = self.plain.get() {
            return Ok(&**made);
        }
        let made = plain(self.usual).map_err(|error| Error::internal(error.to_string()))?;
        Ok(&**self.plain.get_or_init(|| made))
    }
}

/// Whether a function has no more than so many blocks; those that raise traps out of line, in explicit style, and what goes
/// on beside each of them make no difference to its shape and count less.
fn has_blocks(func: &Function, most: usize) -> bool {
    // The way from a call to each of its handlers becomes a block of its own.
    let handlers = func.dfg.exception_tables.values().map(|table| table.all_branches().len());
    let all = func.dfg.num_blocks().saturating_add(handlers.sum());
    if all <= most || all > most.saturating_mul(4) {
        return all <= most;
    }
    let cold = func.layout.blocks().filter(|block| func.layout.is_cold(*block)).count();
    all.saturating_sub(cold.saturating_mul(2)) <= most
}

/// The same target with neither optimisation nor thorough register allocation.
fn plain(usual: &dyn TargetIsa) -> CodegenResult<OwnedTargetIsa> {
    let mut flags = settings::builder();
    let set = |flags: &mut settings::Builder, name: &str, value: &str| {
        flags.set(name, value).map_err(|error| CodegenError::Unsupported(error.to_string()))
    };
    for flag in usual.flags().iter() {
        set(&mut flags, flag.name, &flag.value_string())?;
    }
    set(&mut flags, "opt_level", "none")?;
    set(&mut flags, "regalloc_algorithm", "single_pass")?;
    let builder = cranelift_native::builder().map_err(|why| CodegenError::Unsupported(why.to_owned()))?;
    builder.finish(settings::Flags::new(flags))
}

fn flags(config: &Config) -> Result<settings::Builder, SetError> {
    let mut flags = settings::builder();
    let opt_level = match config.opt_level() {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
    };
    flags.set("opt_level", opt_level)?;
    if config.opt_level() == OptLevel::None {
        // As for functions that are too large for the thorough way.
        flags.set("regalloc_algorithm", "single_pass")?;
    }
    flags.set("enable_verifier", if config.ir_verifier() { "true" } else { "false" })?;
    // The runtime walks frames by their pointers and finds traps by program counter: no unwind tables.
    flags.set("preserve_frame_pointers", "true")?;
    flags.set("unwind_info", "false")?;
    // The stack is checked against a limit at function entry, not by touching pages.
    flags.set("enable_probestack", "false")?;
    // Functions with more results than registers return the rest through memory.
    flags.set("enable_multi_ret_implicit_sret", "true")?;
    // In code that counts it, a register of its own holds the fuel: calls, jumps and traps pass it on for nothing.
    flags.set("enable_pinned_reg", if config.fuel() { "true" } else { "false" })?;
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
    fn the_plain_way_differs_in_effort_only() {
        let usual = isa(&Config::new()).unwrap();
        let plain = plain(&*usual).unwrap();
        let effort = ["opt_level", "regalloc_algorithm"];
        for (usual, plain) in usual.flags().iter().zip(plain.flags().iter()) {
            let same = usual.value_string() == plain.value_string();
            assert_eq!(same, !effort.contains(&usual.name), "{}", usual.name);
        }
        let isa_flags =
            |isa: &dyn TargetIsa| isa.isa_flags().iter().map(|flag| flag.value_string()).collect::<Vec<_>>();
        assert_eq!(isa_flags(&*usual), isa_flags(&*plain));
    }
}
