//! B: what does not belong to a store is not given to it.

use plugbay_engine::{ErrorKind, Extern, Func, FuncType, Global, Val};

use crate::support::{Guest, STYLES};

#[test]
fn b20_what_was_not_given_is_not_there() {
    let owner = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref)
        (global (export "g") (mut i32) (i32.const 5)) (func (export "f")))"#;
    let taker = r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref))
        (import "a" "g" (global $g (mut i32))) (import "a" "f" (func)) (global.set $g (i32.const 1)))"#;
    let taker = taker
        .replace("(global.set $g (i32.const 1))", "(func (export \"set\") (global.set $g (i32.const 1)))");
    for style in STYLES {
        let mut owner = Guest::new(style, owner);
        let mut other = Guest::new(style, "(module)");
        let all = ["m", "t", "g", "f"].map(|name| owner.export(name));
        // Nothing, too little, too much, in another order.
        let (less, more) = (&all[..3], [&all[..], &all[..1]].concat());
        let swapped = [all[1], all[0], all[2], all[3]];
        for given in [&[][..], less, &more, &swapped] {
            let error = owner.add(&taker, given).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Misuse(_) | ErrorKind::Link { .. }), "{error}");
        }
        // All of another store, each of it alone among our own.
        let error = other.add(&taker, &all).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
        owner.add(&taker, &all).unwrap();
        let Extern::Global(global) = all[2] else { panic!() };
        assert!(global.set(&mut other.store.context(), Val::I32(9)).is_err());
        assert_eq!(global.get(&owner.store.context()), Val::I32(5));
        let Extern::Func(func) = all[3] else { panic!() };
        let error = func.call(&mut other.store.context(), &[]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
    }
}

#[test]
fn b20_an_immutable_global_is_no_mutable_one() {
    for style in STYLES {
        let mut guest = Guest::new(style, "(module)");
        let mut cx = guest.store.context();
        let ty = plugbay_engine::GlobalType { content: plugbay_engine::ValType::I32, mutable: false };
        let global = Global::new(&mut cx, ty, Val::I32(1)).unwrap();
        assert!(global.set(&mut cx, Val::I32(2)).is_err());
        let error = guest
            .add(r#"(module (import "" "" (global (mut i32))))"#, &[Extern::Global(global)])
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link { .. }), "{error}");
        let func = Func::new(&mut guest.store.context(), FuncType::new([], []), |_, _, _| Ok(()));
        let error =
            guest.add(r#"(module (import "" "" (func (param i32))))"#, &[Extern::Func(func)]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link { .. }), "{error}");
    }
}
