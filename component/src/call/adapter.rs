//! Component to component through `Val`s: the core function that a guest calls to reach another guest's lifted function
//! where no adapter was compiled (`fuse/`). It gives all pairs of string encodings and all checks on both sides, and is what
//! adapters are compared with.

use std::sync::Arc;

use plugbay_engine as engine;

use super::dynamic::call_from;
use super::host_func::{LowerSite, lowered_dynamic};
use crate::abi::trap::AbiTrap;
use crate::error::{Error, ErrorKind};
use crate::instance::{Lifted, StoreData};
use crate::value::Val;

/// Makes the core function for one place where a lifted function is lowered.
pub(crate) fn lower_component_func<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    site: LowerSite,
    callee: Arc<Lifted>,
) -> Result<engine::Func, engine::Error> {
    let param_slots = site.param_slots();
    engine::Func::raw(cx, site.core_type(), move |cx, slots| {
        cx.data_mut().state.leave_to_host(site.instance, true)?;
        let call = |cx: &mut engine::Context<'_, StoreData<T>>, args: &[Val]| {
            call_from(cx, &callee, site.instance, args)
        };
        lowered_dynamic(cx, &site, param_slots, slots, call).map_err(between_guests)?;
        cx.data_mut().state.end_scope();
        Ok(())
    })
}

/// The same trap in the words that the specification's tests use between guests, where neither side is the host.
pub(crate) fn between_guests(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Abi(AbiTrap::StringOutOfBounds) => AbiTrap::StringContentOutOfBounds.into(),
        ErrorKind::Abi(AbiTrap::ListOutOfBounds | AbiTrap::ReallocOutOfBounds) => {
            AbiTrap::ListContentOutOfBounds.into()
        }
        ErrorKind::Abi(AbiTrap::ReallocUnaligned) => AbiTrap::UnalignedPointer.into(),
        _ => error,
    }
}
