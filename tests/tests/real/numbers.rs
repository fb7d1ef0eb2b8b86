//! Numbers, and functions of nothing else: `numbers`, `many-arguments`, both adders, and the composed calculator.

use plugbay::{ComponentType, Host, Lift, Linker, Lower, PluginState};

use crate::support::{Cx, real};

/// The host's half of `test:numbers/test`: what comes is what goes; the state is the scalar.
fn numbers(linker: &mut Linker<PluginState<u32>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:numbers/test");
    test.func_wrap("roundtrip-u8", |_, (a,): (u8,)| Ok(a))?;
    test.func_wrap("roundtrip-s8", |_, (a,): (i8,)| Ok(a))?;
    test.func_wrap("roundtrip-u16", |_, (a,): (u16,)| Ok(a))?;
    test.func_wrap("roundtrip-s16", |_, (a,): (i16,)| Ok(a))?;
    test.func_wrap("roundtrip-u32", |_, (a,): (u32,)| Ok(a))?;
    test.func_wrap("roundtrip-s32", |_, (a,): (i32,)| Ok(a))?;
    test.func_wrap("roundtrip-u64", |_, (a,): (u64,)| Ok(a))?;
    test.func_wrap("roundtrip-s64", |_, (a,): (i64,)| Ok(a))?;
    test.func_wrap("roundtrip-f32", |_, (a,): (f32,)| Ok(a))?;
    test.func_wrap("roundtrip-f64", |_, (a,): (f64,)| Ok(a))?;
    test.func_wrap("roundtrip-char", |_, (a,): (char,)| Ok(a))?;
    test.func_wrap("set-scalar", |cx: &mut Cx<'_, u32>, (a,): (u32,)| {
        *cx.data_mut().data_mut() = a;
        Ok(())
    })?;
    test.func_wrap("get-scalar", |cx: &mut Cx<'_, u32>, (): ()| Ok(*cx.data().data()))?;
    Ok(())
}

#[test]
fn numbers_come_back_as_they_went() {
    let name = "test:numbers/test";
    let path = "jco-components/runtime/numbers.component.wasm";
    let builder = Host::builder().provide(name, numbers);
    let Some(mut real) = real(path, builder, &[name], 0) else { return };
    real.call::<_, ()>("test-imports", ());
    macro_rules! same {
        ($name:literal, $ty:ty, $($value:expr),+) => {
            for value in [$($value),+] {
                let back: $ty = real.call(concat!("test:numbers/test#roundtrip-", $name), (value,));
                assert_eq!(back, value, $name);
            }
        };
    }
    same!("u8", u8, 0, 1, u8::MAX);
    same!("s8", i8, i8::MIN, -1, i8::MAX);
    same!("u16", u16, 1, u16::MAX);
    same!("s16", i16, i16::MIN, -1, i16::MAX);
    same!("u32", u32, 1, u32::MAX);
    same!("s32", i32, i32::MIN, -1, i32::MAX);
    same!("u64", u64, 1, u64::MAX);
    same!("s64", i64, i64::MIN, -1, i64::MAX);
    same!("f32", f32, 1.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE);
    same!("f64", f64, 1.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE);
    same!("char", char, 'a', ' ', '🚩', '\0', '\u{10ffff}');
    assert!(real.call::<_, f32>("test:numbers/test#roundtrip-f32", (f32::NAN,)).is_nan());
    assert!(real.call::<_, f64>("test:numbers/test#roundtrip-f64", (f64::NAN,)).is_nan());
    // The scalar of the export is the guest's own, that of the import the host's.
    let host = *real.plugin.data();
    for value in [2, 4, u32::MAX] {
        real.call::<_, ()>("test:numbers/test#set-scalar", (value,));
        assert_eq!(real.call::<_, u32>("test:numbers/test#get-scalar", ()), value);
    }
    assert_eq!(real.finish(), host);
    assert_eq!(host, 4, "what `test-imports` set last");
}

/// The arguments in order.
fn listed(all: Sixteen) -> [u64; 16] {
    let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = all;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

type Sixteen = (u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64);

#[test]
fn sixteen_arguments_keep_their_order() {
    let path = "jco-components/runtime/many-arguments.component.wasm";
    let builder = Host::builder().provide("imports", |linker: &mut Linker<PluginState<Vec<u64>>>| {
        let mut imports = linker.instance("imports");
        imports.func_wrap("many-arguments", |cx: &mut Cx<'_, Vec<u64>>, all: Sixteen| {
            cx.data_mut().data_mut().extend(listed(all));
            Ok(())
        })?;
        Ok(())
    });
    let Some(mut real) = real(path, builder, &["imports"], Vec::new()) else { return };
    let all = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    real.call::<_, ()>("many-arguments", all);
    assert_eq!(real.finish(), listed(all), "what the guest passes on");
}

#[test]
fn the_adders_add() {
    for path in ["jco-components/runtime/adder.component.wasm", "component-docs/example-host/add.wasm"] {
        let Some(mut real) = real(path, Host::builder(), &[], ()) else { return };
        for (x, y) in [(40, 2), (0, 0), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
            let sum: u32 = real.call("docs:adder/add@0.1.0#add", (x, y));
            assert_eq!(sum, x.wrapping_add(y), "{path}");
        }
        real.finish();
    }
}

#[derive(Clone, Copy, ComponentType, Lift, Lower)]
#[component(enum)]
enum Op {
    Add,
}

#[test]
fn the_composed_calculator_calculates() {
    let path = "component-docs/tutorial/jco/calculator.composed.wasm";
    let Some(mut real) = real(path, Host::builder(), &[], ()) else { return };
    for (x, y) in [(1, 2), (0, 0), (u32::MAX, 2)] {
        let name = "docs:calculator/calculate@0.1.0#eval-expression";
        assert_eq!(real.call::<_, u32>(name, (Op::Add, x, y)), x.wrapping_add(y));
    }
    real.finish();
}
