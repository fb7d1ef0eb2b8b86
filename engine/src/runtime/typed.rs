//! Functions with Rust types: calls and host functions whose numbers travel in registers.

use std::marker::PhantomData;

use super::func::why;
use super::number::{MOST_PARAMS, Params, Returns};
use super::{Context, Func};
use crate::error::{Error, Result};
use crate::types::{ExternType, FuncType};
use crate::vm::direct::{self, Direct};

/// A function whose type was checked once, for many calls: [`Func::typed`].
pub struct TypedFunc<P, R> {
    func: Func,
    /// For functions of guests whose parameters travel in registers.
    direct: Option<Direct<P, R>>,
    marker: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> std::fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}

impl<P: Params, R: Returns> TypedFunc<P, R> {
    /// Calls the function. Nothing is looked up, allocated or locked; the arguments travel in registers (up to four
    /// integers and eight floats).
    ///
    /// # Errors
    /// As [`Func::call`].
    #[inline]
    pub fn call<T>(&self, cx: &mut Context<'_, T>, params: P) -> Result<R> {
        let Some(direct) = self.direct else { return self.call_on_slots(cx, params) };
        match direct::call(cx.store_mut(), direct, params) {
            Ok(result) => Ok(result),
            Err(stop) => Err(why(cx.inner_mut(), stop)),
        }
    }

    fn call_on_slots<T>(&self, cx: &mut Context<'_, T>, params: P) -> Result<R> {
        let mut slots = [0; MOST_PARAMS];
        params.to_slots(&mut slots);
        self.func.call_raw(cx, &mut slots)?;
        Ok(R::from_bits(slots[0]))
    }

    /// The function without its Rust types.
    pub fn func(&self) -> Func {
        self.func
    }
}

fn type_of<P: Params, R: Returns>() -> FuncType {
    FuncType::new(P::TYPES, R::TYPES)
}

/// Whether fuel is counted: then every call goes through trampolines, which see to the register that has it.
fn metered<T>(cx: &Context<'_, T>) -> bool {
    cx.engine().config().fuel()
}

impl Func {
    /// The function with Rust types: a tuple of parameters, `()` or a number as the result.
    ///
    /// ```
    /// # fn main() -> plugbay_engine::Result<()> {
    /// # use plugbay_engine::{Config, Engine, Instance, Module, Store, StoreLimits};
    /// # let engine = Engine::new(&Config::new())?;
    /// # let text = r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
    /// # let module = Module::new(&engine, &wat::parse_str(text).unwrap())?;
    /// # let mut store = Store::new(&engine, (), StoreLimits::default())?;
    /// # let mut cx = store.context();
    /// # let instance = Instance::new(&mut cx, &module, &[])?;
    /// let add = instance.export(&cx, "add").unwrap().into_func().unwrap();
    /// let add = add.typed::<(i32, i32), i32, _>(&cx)?;
    /// assert_eq!(add.call(&mut cx, (40, 2))?, 42);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Misuse` when the function is of another type, or of another store.
    pub fn typed<P: Params, R: Returns, T>(&self, cx: &Context<'_, T>) -> Result<TypedFunc<P, R>> {
        let signature = cx.inner().func_signature(*self)?;
        let asked = type_of::<P, R>();
        if *signature.ty() != asked {
            let found = ExternType::Func(signature.ty().clone());
            return Err(Error::misuse(format!(
                "the function is a {found}, not a {}",
                ExternType::Func(asked)
            )));
        }
        let entry = if P::IN_REGISTERS && !metered(cx) { self.entry(cx.inner())? } else { None };
        // What the call relies on: the type was just compared.
        let direct = entry.map(|entry| Direct::new(entry, &asked)).transpose()?;
        Ok(TypedFunc { func: *self, direct, marker: PhantomData })
    }

    /// A host function with Rust types: its parameters, a tuple of numbers, and its result travel in registers.
    ///
    /// An error that it returns, and a panic, end the guest's call as with [`Func::new`].
    pub fn wrap<T, P: Params, R: Returns>(
        cx: &mut Context<'_, T>,
        call: impl Fn(&mut Context<'_, T>, P) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let in_registers = P::IN_REGISTERS && !metered(cx);
        Self::host(cx, &type_of::<P, R>(), |vm, signature| {
            direct::host_func(vm, signature.id(), signature.slots(), in_registers, call)
        })
    }
}
