//! Whole parameter lists and results of typed calls: `lift_flat_values` and `lower_flat_values` of the specification,
//! where the choice between registers and memory is made when the call is compiled.

use super::context::Bytes;
use super::{
    FlatReader, FlatWriter, Guest, Lift, LiftContext, Lower, LowerContext, NoHandles, View, ViewContext,
};
use crate::abi::layout::{Layout, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::abi::options::StringEncoding;
use crate::abi::view;
use crate::error::Result;

/// Lowers the parameters of a call into a guest: into `slots`, or into memory that the guest allocates.
///
/// # Errors
/// When `realloc` fails or misbehaves, or a handle is refused.
#[inline]
pub(crate) fn lower_params<P: Lower, G: Guest>(
    cx: &mut LowerContext<'_, G>,
    params: &P,
    slots: &mut [u64],
) -> Result<()> {
    let mut dst = FlatWriter::new(slots);
    if const { P::LAYOUT.flat.fits(MAX_FLAT_PARAMS) } {
        return params.lower(cx, &mut dst);
    }
    let ptr = cx.allocate(P::LAYOUT.align, P::LAYOUT.size)?;
    params.store(cx, ptr)?;
    dst.push(u64::from(ptr))
}

/// Lowers values that are nothing but themselves (`LAYOUT.plain`) and fit into slots: no guest is needed.
///
/// # Errors
/// When they are not, or do not.
#[inline]
pub(crate) fn lower_plain<P: Lower>(params: &P, slots: &mut [u64]) -> Result<()> {
    params.lower(&mut LowerContext::new(&mut Bytes::nothing()), &mut FlatWriter::new(slots))
}

/// Lifts values that are nothing but themselves out of slots.
///
/// # Errors
/// When they break the canonical ABI.
#[inline]
pub(crate) fn lift_plain<R: Lift>(slots: &[u64]) -> Result<R> {
    let mut handles = NoHandles;
    let mut cx = LiftContext::new(&[], StringEncoding::Utf8, &mut handles, 0);
    R::lift(&mut cx, &mut FlatReader::new(slots))
}

/// Lifts the parameters of a call out of a guest.
///
/// # Errors
/// When the guest's values break the canonical ABI.
#[inline]
pub(crate) fn lift_params<P: Lift>(cx: &mut LiftContext<'_>, slots: &[u64]) -> Result<P> {
    lift_values(cx, slots, MAX_FLAT_PARAMS)
}

/// Lifts the result of a call into a guest: from its one slot, or from memory that the slot points to.
///
/// # Errors
/// When the guest's values break the canonical ABI.
#[inline]
pub(crate) fn lift_result<R: Lift>(cx: &mut LiftContext<'_>, slots: &[u64]) -> Result<R> {
    lift_values(cx, slots, MAX_FLAT_RESULTS)
}

fn lift_values<T: Lift>(cx: &mut LiftContext<'_>, slots: &[u64], max_flat: usize) -> Result<T> {
    let mut src = FlatReader::new(slots);
    if T::LAYOUT.flat.fits(max_flat) {
        return T::lift(cx, &mut src);
    }
    let ptr = src.next_u32()?;
    view::check(cx.memory().len(), ptr, T::LAYOUT.align, T::LAYOUT.size)?;
    T::load(cx, ptr)
}

/// Views the parameters of a call of a guest, or, with at most [`MAX_FLAT_RESULTS`] in slots, its result.
///
/// # Errors
/// When the guest's values break the canonical ABI.
#[inline]
pub(crate) fn view_values<'m, T: View>(
    cx: &mut ViewContext<'_, 'm>,
    slots: &[u64],
    max_flat: usize,
) -> Result<T::Of<'m>> {
    let mut src = FlatReader::new(slots);
    if T::LAYOUT.flat.fits(max_flat) {
        return T::lift_view(cx, &mut src);
    }
    let ptr = src.next_u32()?;
    view::check(cx.memory().len(), ptr, T::LAYOUT.align, T::LAYOUT.size)?;
    T::load_view(cx, ptr)
}

/// Lowers the result of a call out of a guest: into its one slot, or into memory at `out`, the last core parameter.
///
/// # Errors
/// When `out` is unfit, `realloc` fails or misbehaves, or a handle is refused.
#[inline]
pub(crate) fn lower_result<R: Lower, G: Guest>(
    cx: &mut LowerContext<'_, G>,
    result: &R,
    out: u32,
    slots: &mut [u64],
) -> Result<()> {
    if const { R::LAYOUT.flat.fits(MAX_FLAT_RESULTS) } {
        return result.lower(cx, &mut FlatWriter::new(slots));
    }
    view::check(cx.guest().memory().len(), out, R::LAYOUT.align, R::LAYOUT.size)?;
    result.store(cx, out)
}

/// Which of the core parameters of a function that the guest calls points to the place for the result, if one does.
#[inline]
pub(crate) const fn result_pointer(params: &Layout, result: &Layout) -> Option<usize> {
    if result.flat.fits(MAX_FLAT_RESULTS) {
        None
    } else if params.flat.fits(MAX_FLAT_PARAMS) {
        Some(params.flat.len())
    } else {
        Some(1)
    }
}
