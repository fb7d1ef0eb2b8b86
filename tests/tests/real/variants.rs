//! Variants, options, results and enums, with payloads that share their flat places, both ways: `variants`.

use plugbay::{ComponentType, Host, Lift, Linker, Lower, PluginState};

use crate::support::real;

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(enum)]
enum E1 {
    A,
    B,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(enum)]
enum MyErrno {
    Success,
    A,
    B,
}

/// A variant of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Either<X, Y> {
    A(X),
    B(Y),
}

/// A variant of one number and nothing.
#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Zero<X> {
    A(X),
    B,
}

use Either::{A, B};

type Casts = (
    Either<i32, i64>,
    Either<i32, f32>,
    Either<i32, f64>,
    Either<i64, f32>,
    Either<i64, f64>,
    Either<f32, f64>,
);
type Zeros = (Zero<i32>, Zero<i64>, Zero<f32>, Zero<f64>);

/// The host's half of `test:variants/test`.
fn host(linker: &mut Linker<PluginState<()>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:variants/test");
    test.func_wrap("roundtrip-option", |_, (a,): (Option<f32>,)| Ok(a.map(|a| a as u8)))?;
    test.func_wrap("roundtrip-result", |_, (a,): (Result<u32, f32>,)| {
        Ok(a.map(f64::from).map_err(|error| error as u8))
    })?;
    test.func_wrap("roundtrip-enum", |_, (a,): (E1,)| Ok(a))?;
    test.func_wrap("invert-bool", |_, (a,): (bool,)| Ok(!a))?;
    test.func_wrap("variant-casts", |_, (a,): (Casts,)| Ok(a))?;
    test.func_wrap("variant-zeros", |_, (a,): (Zeros,)| Ok(a))?;
    test.func_wrap("variant-typedefs", |_, (_, _, _): (Option<u32>, bool, Result<u32, ()>)| Ok(()))?;
    test.func_wrap("variant-enums", |_, (a, b, c): (bool, Result<(), ()>, MyErrno)| {
        assert_eq!((a, b, c), (true, Ok(()), MyErrno::Success));
        Ok((false, Err::<(), ()>(()), MyErrno::A))
    })?;
    Ok(())
}

#[test]
fn variants_come_back_as_they_went() {
    let name = "test:variants/test";
    let path = "jco-components/runtime/variants.component.wasm";
    let Some(mut real) = real(path, Host::builder().provide(name, host), &[name], ()) else { return };
    real.call::<_, ()>("test-imports", ());
    let test = |function: &str| format!("{name}#{function}");
    for (given, expected) in [(Some(1.0f32), Some(1u8)), (None, None), (Some(2.9), Some(2))] {
        assert_eq!(real.call::<_, Option<u8>>(&test("roundtrip-option"), (given,)), expected);
    }
    let results = [(Ok(2u32), Ok(2.0f64)), (Ok(u32::MAX), Ok(4_294_967_295.0)), (Err(5.2f32), Err(5u8))];
    for (given, expected) in results {
        assert_eq!(real.call::<_, Result<f64, u8>>(&test("roundtrip-result"), (given,)), expected);
    }
    for value in [E1::A, E1::B] {
        assert_eq!(real.call::<_, E1>(&test("roundtrip-enum"), (value,)), value);
    }
    for value in [true, false] {
        assert_eq!(real.call::<_, bool>(&test("invert-bool"), (value,)), !value);
    }
    let casts: [Casts; 3] = [
        (A(1), A(2), A(3), A(4), A(5), A(6.0)),
        (B(1), B(2.0), B(3.0), B(4.0), B(5.0), B(6.0)),
        (A(i32::MIN), B(-0.5), A(-1), A(i64::MIN), B(f64::MAX), A(f32::MIN)),
    ];
    for value in casts {
        assert_eq!(real.call::<_, Casts>(&test("variant-casts"), (value,)), value);
    }
    let zeros: [Zeros; 2] =
        [(Zero::A(1), Zero::A(2), Zero::A(3.0), Zero::A(4.0)), (Zero::B, Zero::B, Zero::B, Zero::B)];
    for value in zeros {
        assert_eq!(real.call::<_, Zeros>(&test("variant-zeros"), (value,)), value);
    }
    real.call::<(Option<u32>, bool, Result<u32, ()>), ()>(&test("variant-typedefs"), (None, false, Err(())));
    let given = (true, Ok::<(), ()>(()), MyErrno::Success);
    real.unwritten::<_, (bool, Result<(), ()>, MyErrno)>(&test("variant-enums"), given);
    real.finish();
}
