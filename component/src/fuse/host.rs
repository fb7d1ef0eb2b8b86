//! What adapters call the host for: to trap, to charge too much, to look at strings that are not plain ASCII, and for
//! all that handles need.

use plugbay_engine as engine;

use super::import::{Common, Side};
use super::transcode;
use crate::abi::flat::low_half;
use crate::abi::trap::AbiTrap;
use crate::abi::view;
use crate::call::{Options, between_guests};
use crate::error::Error;
use crate::instance::StoreData;

/// The traps that adapters raise, in the words of calls between guests.
pub(super) const TRAPS: [AbiTrap; 13] = [
    AbiTrap::CannotLeave,
    AbiTrap::CannotEnter,
    AbiTrap::UnalignedPointer,
    AbiTrap::PointerOutOfBounds,
    AbiTrap::StringOutOfBounds,
    AbiTrap::StringTooLong,
    AbiTrap::ListOutOfBounds,
    AbiTrap::ListTooLong,
    AbiTrap::InvalidChar,
    AbiTrap::InvalidDiscriminant,
    AbiTrap::ReallocUnaligned,
    AbiTrap::ReallocOutOfBounds,
    AbiTrap::NoRealloc,
];

/// One of the functions that a store has once; nothing for what is no function.
pub(super) fn common<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
    which: Common,
) -> Option<engine::Func> {
    Some(match which {
        Common::Trap => engine::Func::wrap(cx, |_, (code,): (u32,)| -> engine::Result<()> {
            let trap = TRAPS.get(code as usize).copied();
            let error = trap.map_or_else(|| Error::internal("an unknown trap"), Error::from);
            Err(between_guests(error).into())
        }),
        Common::Uncaught => uncaught(cx),
        Common::Budget => return None,
        Common::Exhausted => engine::Func::wrap(cx, |cx, (asked, left): (u64, u64)| -> engine::Result<()> {
            let limit = cx.data().limits.value_bytes;
            let asked = limit.saturating_sub(left).saturating_add(asked);
            Err(Error::limit("value_bytes", asked, limit).into())
        }),
        Common::ScopeBegin => engine::Func::wrap(cx, |cx, (): ()| -> engine::Result<()> {
            cx.data_mut().state.scopes.push();
            Ok(())
        }),
        Common::ScopeEnd => engine::Func::wrap(cx, |cx, (): ()| -> engine::Result<()> {
            let state = &mut cx.data_mut().state;
            state.scopes.check_returned().map_err(Error::from)?;
            state.end_scope();
            Ok(())
        }),
        Common::Own => engine::Func::wrap(cx, |cx, (handle, resource, from, to): (u32, u32, u32, u32)| {
            let state = &mut cx.data_mut().state;
            let rep = state.guest_lift_own(from, resource, handle)?;
            Ok(state.guest_lower_own(to, resource, rep)?)
        }),
        Common::Borrow => {
            engine::Func::wrap(cx, |cx, (handle, resource, from, to): (u32, u32, u32, u32)| {
                let state = &mut cx.data_mut().state;
                let rep = state.guest_lift_borrow(from, resource, handle)?;
                // Its definer sees the representation itself.
                match state.defines(to, resource) {
                    true => Ok(rep),
                    false => Ok(state.guest_lower_borrow(to, resource, rep)?),
                }
            })
        }
    })
}

/// An exception that reaches the border of its component is not one that others can catch.
fn uncaught<T: 'static>(cx: &mut engine::Context<'_, StoreData<T>>) -> engine::Func {
    let exception = engine::RefType { nullable: true, heap: engine::HeapType::Exn };
    let ty = engine::FuncType::new([engine::ValType::Ref(exception)], []);
    engine::Func::new(cx, ty, |cx, params, _| match params {
        [engine::Val::ExnRef(Some(exception))] => {
            let exception = exception.exception(cx)?;
            Err(Error::from(engine::Error::from(exception)).into())
        }
        _ => Err(Error::internal("an exception that is none").into()),
    })
}

/// The strings of one direction of an edge.
#[derive(Clone, Copy)]
pub(super) struct Strings {
    pub(super) from: Options,
    pub(super) to: Options,
}

impl Strings {
    /// Those that come from this side.
    pub(super) fn new(from: Side, caller: Options, callee: Options) -> Self {
        match from {
            Side::Caller => Self { from: caller, to: callee },
            Side::Callee => Self { from: callee, to: caller },
        }
    }

    pub(super) fn validate<T: 'static>(self, cx: &mut engine::Context<'_, StoreData<T>>) -> engine::Func {
        engine::Func::wrap(cx, move |cx, (ptr, length): (u32, u32)| {
            let memory = self.from.memory.map_or(&[][..], |memory| memory.data(cx));
            let bytes = view::bytes(memory, ptr, length)
                .ok_or_else(|| Error::from(AbiTrap::StringContentOutOfBounds))?;
            transcode::validate(bytes)?;
            Ok(())
        })
    }

    pub(super) fn measure<T: 'static>(self, cx: &mut engine::Context<'_, StoreData<T>>) -> engine::Func {
        engine::Func::wrap(cx, move |cx, string: (u32, u32)| {
            let memory = self.from.memory.map_or(&[][..], |memory| memory.data(cx));
            let (length, bytes) = transcode::measure(memory, string, self.from.encoding, self.to.encoding)?;
            Ok(u64::from(length) | (u64::from(bytes) << 32))
        })
    }

    /// The place is `length | bytes << 32` as [`Strings::measure`] gave it.
    pub(super) fn transcode<T: 'static>(self, cx: &mut engine::Context<'_, StoreData<T>>) -> engine::Func {
        engine::Func::wrap(cx, move |cx, (ptr, length, to, measured): (u32, u32, u32, u64)| {
            let (Some(from), Some(into)) = (self.from.memory, self.to.memory) else {
                return Err(Error::internal("a string without memories").into());
            };
            let (source, memory) = from.data_beside(into, cx);
            let place = view::bytes_mut(memory, to, low_half(measured >> 32))
                .ok_or_else(|| Error::from(AbiTrap::ReallocOutOfBounds))?;
            let encodings = (self.from.encoding, self.to.encoding);
            transcode::write(source, (ptr, length), encodings.0, place, encodings.1, low_half(measured))?;
            Ok(())
        })
    }
}

/// The budget of one direction as a global.
pub(super) fn budget<T: 'static>(
    cx: &mut engine::Context<'_, StoreData<T>>,
) -> engine::Result<engine::Global> {
    let limit = cx.data().limits.value_bytes;
    let ty = engine::GlobalType { content: engine::ValType::I64, mutable: false };
    engine::Global::new(cx, ty, engine::Val::I64(limit.cast_signed()))
}
