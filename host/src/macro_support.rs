//! What generated code names, and the only path it names: `::plugbay::macro_support`. Mostly other crates' items under
//! one roof; the few functions here are seams between the shape of the generated code and that of the library.
//!
//! Not for use by hand: nothing in here is kept stable between versions.

pub use std::clone::Clone;
pub use std::cmp::{Eq, Ord, PartialEq, PartialOrd};
pub use std::default::Default;
pub use std::error::Error as StdError;
pub use std::fmt::{Debug, Display, Error as FmtError, Formatter};
pub use std::hash::Hash;
pub use std::include_bytes;
pub use std::marker::Copy;
pub use std::option::Option;
pub use std::result::Result;
pub use std::string::String;
pub use std::vec::Vec;

pub use plugbay_component::marshal::{
    Depth, FlatReader, FlatWriter, Guest as LowerGuest, Layout, LiftContext, LowerContext, ViewContext,
    check, describe,
};
pub use plugbay_component::types::{TypeMismatch, ValType};
pub use plugbay_component::{
    Borrow, BorrowAny, ComponentType, Error as ComponentError, Lift, ListView, Lower, Owned, Resource,
    ResourceAny, TypedFunc, View,
};
pub use plugbay_macro::{ComponentType, ComponentValue, Lift, Lower};

pub use crate::error::Error;
pub use crate::exports::{ExportItem, ExportPath, Exports, Finder};
pub use crate::host::HostBuilder;
pub use crate::plugin::{Bindings, Plugin};

use plugbay_component::marshal::Params;

use crate::state::PluginState;

/// The linker that functions of the host are put into; `T` is the application's state of a plugin.
pub type Linker<T> = plugbay_component::Linker<PluginState<T>>;
/// What a function of the host is called with.
pub type HostContext<'a, T> = plugbay_component::HostContext<'a, PluginState<T>>;
/// Why a function of the host, in a world bound with `trappable: true`, ends the plugin's call.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// Where each field of a record starts, in bytes.
#[must_use]
pub const fn field_offsets<const N: usize>(fields: &[Layout; N]) -> [u32; N] {
    let mut offsets = [0; N];
    let mut i = 0;
    while i < N {
        offsets[i] = Layout::field_offset(fields, i);
        i += 1;
    }
    offsets
}

/// Stops compiling when two layouts differ: the Rust type of a field is not the one that the WIT has there.
#[track_caller]
#[expect(clippy::panic, reason = "runs in the compiler only, where it is a compile error")]
pub const fn assert_layout(rust: Layout, wit: Layout, message: &str) {
    if !rust.is_same(&wit) {
        panic!("{}", message);
    }
}

/// Flags that are a `struct` of `bool`s.
pub mod flags {
    use plugbay_component::Error;
    use plugbay_component::marshal::{FlatReader, FlatWriter, Guest, Layout, LiftContext, LowerContext};

    /// The first label is the lowest bit.
    #[must_use]
    pub fn to_bits(flags: &[bool]) -> u32 {
        flags.iter().rev().fold(0, |bits, flag| (bits << 1) | u32::from(*flag))
    }

    /// The first `N` bits.
    #[must_use]
    pub fn from_bits<const N: usize>(bits: u32) -> [bool; N] {
        let mut rest = bits;
        [(); N].map(|()| {
            let flag = rest & 1 == 1;
            rest >>= 1;
            flag
        })
    }

    /// Writes the flat form.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn lower(bits: u32, dst: &mut FlatWriter<'_>) -> Result<(), Error> {
        dst.push(u64::from(bits))
    }

    /// Writes the memory form of a type with `labels` labels.
    ///
    /// # Errors
    /// When it does not lie in memory.
    pub fn store<G: Guest>(
        bits: u32,
        labels: usize,
        cx: &mut LowerContext<'_, G>,
        ptr: u32,
    ) -> Result<(), Error> {
        let bytes = bits.to_le_bytes();
        match Layout::flags(labels).size {
            1 => cx.store_bytes(ptr, [bytes[0]]),
            2 => cx.store_bytes(ptr, [bytes[0], bytes[1]]),
            _ => cx.store_bytes(ptr, bytes),
        }
    }

    /// Reads the flat form.
    ///
    /// # Errors
    /// When there is none.
    pub fn lift(src: &mut FlatReader<'_>) -> Result<u32, Error> {
        src.next_u32()
    }

    /// Reads the memory form of a type with `labels` labels.
    ///
    /// # Errors
    /// When it does not lie in memory.
    pub fn load(labels: usize, cx: &mut LiftContext<'_>, ptr: u32) -> Result<u32, Error> {
        Ok(match Layout::flags(labels).size {
            1 => u32::from(u8::from_le_bytes(cx.load_bytes(ptr)?)),
            2 => u32::from(u16::from_le_bytes(cx.load_bytes(ptr)?)),
            _ => cx.load_u32(ptr)?,
        })
    }
}

/// A handle type that `bindgen!` made for a resource of a plugin.
pub trait GuestResource {
    /// The handle, untyped.
    fn handle(&self) -> ResourceAny;

    /// A borrow of it, for a parameter.
    fn borrow(&self) -> BorrowAny {
        self.handle().borrow()
    }
}

/// The application's state, in a function of the host.
pub fn data<'a, T>(cx: &'a mut HostContext<'_, T>) -> &'a mut T {
    cx.data_mut().data_mut()
}

/// Makes what a function of the host failed with end the plugin's call.
///
/// # Errors
/// The same, as the caller of the plugin gets it.
pub fn trap<R>(result: Result<R, HostError>) -> Result<R, ComponentError> {
    result.map_err(ComponentError::host)
}

/// Calls an exported function.
///
/// # Errors
/// What ended the call.
pub fn call<T: 'static, P: Params + Lower, R: Lift>(
    plugin: &mut Plugin<T>,
    path: &str,
    function: &TypedFunc<P, R>,
    params: P,
) -> Result<R, Error> {
    plugin.call_typed(path, function, params)
}

/// Drops a resource that the plugin defined.
///
/// # Errors
/// When the handle is stale, or the destructor ends the call.
pub fn drop_resource<T: 'static>(plugin: &mut Plugin<T>, resource: ResourceAny) -> Result<(), Error> {
    plugin.drop_resource(resource)
}
