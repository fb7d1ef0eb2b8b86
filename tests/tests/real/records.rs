//! Records, tuples and flags, both ways: `records`.

use plugbay::{ComponentType, Host, Lift, Linker, Lower, PluginState, Val};

use crate::support::real;

#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
struct F1 {
    a: bool,
    b: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
struct F2 {
    c: bool,
    d: bool,
    e: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
struct R1 {
    a: u8,
    b: F1,
}

/// The host's half of `test:records/test`.
fn host(linker: &mut Linker<PluginState<()>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:records/test");
    test.func_wrap("multiple-results", |_, (): ()| Ok((4u8, 5u16)))?;
    test.func_wrap("swap-tuple", |_, ((a, b),): ((u8, u32),)| Ok((b, a)))?;
    test.func_wrap("roundtrip-flags1", |_, (a,): (F1,)| Ok(a))?;
    test.func_wrap("roundtrip-flags2", |_, (a,): (F2,)| Ok(a))?;
    // 8, 16 and 32 flags, by their names.
    test.func_dynamic("roundtrip-flags3", |_, _, flags| Ok(Some(Val::Tuple(flags.to_vec()))))?;
    test.func_wrap("roundtrip-record1", |_, (a,): (R1,)| Ok(a))?;
    test.func_wrap("tuple1", |_, (a,): ((u8,),)| Ok(a))?;
    Ok(())
}

/// Every `step`th of `count` flags.
fn every(step: usize, count: usize) -> Val {
    Val::Flags((0..count).step_by(step).map(|bit| format!("b{bit}")).collect())
}

#[test]
fn records_and_flags_come_back_as_they_went() {
    let name = "test:records/test";
    let path = "jco-components/runtime/records.component.wasm";
    let Some(mut real) = real(path, Host::builder().provide(name, host), &[name], ()) else { return };
    real.call::<_, ()>("test-imports", ());
    let test = |function: &str| format!("{name}#{function}");
    assert_eq!(real.call::<_, (u8, u16)>(&test("multiple-results"), ()), (100, 200));
    assert_eq!(real.call::<_, (u32, u8)>(&test("swap-tuple"), ((1u8, 2u32),)), (2, 1));
    assert_eq!(real.call::<_, (u32, u8)>(&test("swap-tuple"), ((u8::MAX, u32::MAX),)), (u32::MAX, u8::MAX));
    for bits in 0..4 {
        let flags = F1 { a: bits & 1 != 0, b: bits & 2 != 0 };
        assert_eq!(real.call::<_, F1>(&test("roundtrip-flags1"), (flags,)), flags);
        let record = R1 { a: 255 - bits, b: flags };
        assert_eq!(real.call::<_, R1>(&test("roundtrip-record1"), (record,)), record);
    }
    for bits in 0..8 {
        let flags = F2 { c: bits & 1 != 0, d: bits & 2 != 0, e: bits & 4 != 0 };
        assert_eq!(real.call::<_, F2>(&test("roundtrip-flags2"), (flags,)), flags);
    }
    for steps in [[1, 1, 1], [2, 3, 5], [8, 15, 31], [7, 1, 30]] {
        let flags = [every(steps[0], 8), every(steps[1], 16), every(steps[2], 32)];
        let back = real.call_dynamic(&test("roundtrip-flags3"), &flags);
        assert_eq!(back, Some(Val::Tuple(flags.to_vec())));
    }
    assert_eq!(real.call::<_, (u8,)>(&test("tuple1"), ((9u8,),)), (9,));
    real.finish();
}
