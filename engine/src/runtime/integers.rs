//! Functions of a few integers, whatever their exact type: those of which lifted and lowered functions are mostly made.
//! The type is known when the function is looked up, not when Rust is compiled; the integers travel in registers all the
//! same.

use super::func::why;
use super::{Context, Func};
use crate::error::{Error, Result};
use crate::types::FuncType;
use crate::vm::direct;
use crate::vm::enter::{self, INTEGERS, IntegerEntry, Refusal, integers_only};

/// A guest's function that takes at most four integers and gives one or nothing: [`Func::integers`].
#[derive(Debug, Clone, Copy)]
pub struct IntegerFunc {
    entry: IntegerEntry,
    store: u64,
}

impl IntegerFunc {
    /// Calls the function with as many of the integers as it takes. Of an i32 the low half counts; the result is
    /// zero-extended, and anything if the function has none. Nothing is looked up, allocated or locked.
    ///
    /// # Errors
    /// As [`Func::call_raw`].
    #[inline(always)]
    pub fn call<T>(&self, cx: &mut Context<'_, T>, params: [u64; INTEGERS]) -> Result<u64> {
        let store = cx.store_mut();
        if store.number() != self.store {
            return Err(why(store.inner_mut(), Refusal::Foreign.into()));
        }
        enter::call_few(store, self.entry, params).map_err(|stop| why(store.inner_mut(), stop))
    }
}

impl Func {
    /// The function as one of a few integers, if it is a guest's that takes at most four and gives one or nothing. Where
    /// fuel is counted no function is called this way.
    ///
    /// # Errors
    /// `Misuse` for a handle of another store.
    pub fn integers<T>(&self, cx: &Context<'_, T>) -> Result<Option<IntegerFunc>> {
        let signature = cx.inner().func_signature(*self)?;
        if !integers_only(signature.ty()) {
            return Ok(None);
        }
        let found = self.integer_entry(cx.inner())?;
        Ok(found.map(|(entry, store)| IntegerFunc { entry, store }))
    }

    /// A host function of a type with at most four integers as parameters and one, or nothing, as its result. What it gets
    /// beyond its parameters is anything, as is the upper half of an i32.
    ///
    /// # Errors
    /// `Misuse` when the type is another.
    pub fn wrap_integers<T>(
        cx: &mut Context<'_, T>,
        ty: &FuncType,
        call: impl Fn(&mut Context<'_, T>, [u64; INTEGERS]) -> Result<u64> + Send + Sync + 'static,
    ) -> Result<Self> {
        if !Self::takes_integers(ty) {
            return Err(Error::misuse("only a function of at most four integers can be defined on integers"));
        }
        let in_registers = !cx.engine().config().fuel();
        Ok(Self::host(cx, ty, |vm, signature| {
            // Parameters of four integers read the registers, or as many slots as there are, of any such type.
            let call =
                move |cx: &mut Context<'_, T>, (a, b, c, d): (u64, u64, u64, u64)| call(cx, [a, b, c, d]);
            direct::host_func(vm, signature.id(), signature.slots(), in_registers, call)
        }))
    }

    /// Whether [`Func::wrap_integers`] takes functions of this type.
    #[must_use]
    pub fn takes_integers(ty: &FuncType) -> bool {
        integers_only(ty)
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests {
    use crate::{Config, Engine, Extern, Func, FuncType, Instance, Module, Store, StoreLimits, ValType};

    #[test]
    fn integers_go_in_and_out() {
        for fuel in [false, true] {
            let config = Config::new().with_fuel(fuel);
            let engine = Engine::new(&config).unwrap();
            let limits = StoreLimits { fuel: 1_000_000, ..StoreLimits::default() };
            let mut store = Store::new(&engine, 0u64, limits).unwrap();
            let mut cx = store.context();
            let text = r#"(module
                (import "" "f" (func $f (param i32 i64 i32) (result i32)))
                (import "" "g" (func $g (param i64)))
                (func (export "run") (param i32 i64 i32) (result i32)
                  (call $g (local.get 1))
                  (call $f (local.get 0) (local.get 1) (local.get 2)))
                (func (export "many") (param i32 i32 i32 i32 i32)) (func (export "float") (param f32)))"#;
            let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
            let f = FuncType::new([ValType::I32, ValType::I64, ValType::I32], [ValType::I32]);
            let f = Func::wrap_integers(&mut cx, &f, |cx, [a, b, c, _]| {
                Ok(u64::from(a as u32) + b + u64::from(c as u32) + *cx.data() + (7 << 32))
            });
            let g = Func::wrap_integers(&mut cx, &FuncType::new([ValType::I64], []), |cx, [a, ..]| {
                *cx.data_mut() = a;
                Ok(99)
            });
            let imports = [Extern::Func(f.unwrap()), Extern::Func(g.unwrap())];
            let instance = Instance::new(&mut cx, &module, &imports).unwrap();
            let func = |name| instance.export(&cx, name).and_then(Extern::into_func).unwrap();
            let (run, many, float) = (func("run"), func("many"), func("float"));
            assert!(many.integers(&cx).unwrap().is_none() && float.integers(&cx).unwrap().is_none());
            let mut slots = [u64::from(u32::MAX), 1 << 40, 2];
            run.call_raw(&mut cx, &mut slots).unwrap();
            assert_eq!(slots[0], 1);
            match run.integers(&cx).unwrap() {
                Some(run) => assert_eq!(run.call(&mut cx, [u64::MAX, 1 << 40, 2, 5]).unwrap(), 1),
                None => assert!(fuel),
            }
            let wide = FuncType::new([ValType::F32], []);
            assert!(Func::wrap_integers(&mut cx, &wide, |_, _| Ok(0)).is_err());
        }
    }
}
