//! Lists and strings of every kind, both ways: `lists`.

use plugbay::{Host, Linker, PluginState};

use crate::support::real;

type Words = Vec<String>;

fn words(words: &[&str]) -> Words {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The host's half of `test:lists/test`.
fn host(linker: &mut Linker<PluginState<()>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:lists/test");
    test.func_wrap("empty-list-param", |_, (a,): (Vec<u8>,)| {
        assert_eq!(a, [0; 0]);
        Ok(())
    })?;
    test.func_wrap("empty-string-param", |_, (a,): (String,)| {
        assert_eq!(a, "");
        Ok(())
    })?;
    test.func_wrap("empty-list-result", |_, (): ()| Ok(Vec::<u8>::new()))?;
    test.func_wrap("empty-string-result", |_, (): ()| Ok(String::new()))?;
    test.func_wrap("list-param", |_, (a,): (Vec<u8>,)| {
        assert_eq!(a, [1, 2, 3, 4]);
        Ok(())
    })?;
    test.func_wrap("list-param2", |_, (a,): (String,)| {
        assert_eq!(a, "foo");
        Ok(())
    })?;
    test.func_wrap("list-param3", |_, (a,): (Words,)| {
        assert_eq!(a, ["foo", "bar", "baz"]);
        Ok(())
    })?;
    test.func_wrap("list-param4", |_, (a,): (Vec<Words>,)| {
        assert_eq!(a, [words(&["foo", "bar"]), words(&["baz"])]);
        Ok(())
    })?;
    test.func_wrap("list-param5", |_, (a,): (Vec<(u8, u32, u8)>,)| {
        assert_eq!(a, [(1, 2, 3), (4, 5, 6)]);
        Ok(())
    })?;
    test.func_wrap("list-param-large", |_, (a,): (Words,)| {
        assert_eq!(a.len(), 1000);
        Ok(())
    })?;
    test.func_wrap("list-result", |_, (): ()| Ok(vec![1u8, 2, 3, 4, 5]))?;
    test.func_wrap("list-result2", |_, (): ()| Ok("hello!".to_owned()))?;
    test.func_wrap("list-result3", |_, (): ()| Ok(words(&["hello,", "world!"])))?;
    test.func_wrap("list-roundtrip", |_, (a,): (Vec<u8>,)| Ok(a))?;
    test.func_wrap("string-roundtrip", |_, (a,): (String,)| Ok(a))?;
    extremes(linker)
}

/// The functions that get the least and the greatest numbers of each type.
fn extremes(linker: &mut Linker<PluginState<()>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:lists/test");
    macro_rules! pair {
        ($name:literal, $unsigned:ty, $signed:ty) => {
            test.func_wrap($name, |_, (u, s): (Vec<$unsigned>, Vec<$signed>)| {
                assert_eq!(
                    (u.as_slice(), s.as_slice()),
                    (&[<$unsigned>::MIN, <$unsigned>::MAX][..], &[<$signed>::MIN, <$signed>::MAX][..])
                );
                Ok((u, s))
            })?;
        };
    }
    pair!("list-minmax8", u8, i8);
    pair!("list-minmax16", u16, i16);
    pair!("list-minmax32", u32, i32);
    pair!("list-minmax64", u64, i64);
    test.func_wrap("list-minmax-float", |_, (f, d): (Vec<f32>, Vec<f64>)| {
        assert_eq!(f, FLOATS);
        assert_eq!(d, DOUBLES);
        Ok((f, d))
    })?;
    Ok(())
}

const FLOATS: [f32; 4] = [f32::MIN, f32::MAX, f32::NEG_INFINITY, f32::INFINITY];
const DOUBLES: [f64; 4] = [f64::MIN, f64::MAX, f64::NEG_INFINITY, f64::INFINITY];

#[test]
fn lists_go_in_and_come_out_and_nothing_is_left_allocated() {
    let name = "test:lists/test";
    let path = "jco-components/runtime/lists.component.wasm";
    let Some(mut real) = real(path, Host::builder().provide(name, host), &[name], ()) else { return };
    let allocated: u32 = real.call("allocated-bytes", ());
    real.call::<_, ()>("test-imports", ());
    let test = |function: &str| format!("{name}#{function}");

    real.call::<(&[u8],), ()>(&test("empty-list-param"), (&[],));
    real.call::<_, ()>(&test("empty-string-param"), ("",));
    assert!(real.call::<_, Vec<u8>>(&test("empty-list-result"), ()).is_empty());
    assert_eq!(real.call::<_, String>(&test("empty-string-result"), ()), "");
    real.call::<(&[u8],), ()>(&test("list-param"), (&[1, 2, 3, 4],));
    real.call::<_, ()>(&test("list-param2"), ("foo",));
    real.call::<(&[&str],), ()>(&test("list-param3"), (&["foo", "bar", "baz"],));
    let nested: [&[&str]; 2] = [&["foo", "bar"], &["baz"]];
    real.call::<(&[&[&str]],), ()>(&test("list-param4"), (&nested,));
    real.call::<(&[(u8, u32, u8)],), ()>(&test("list-param5"), (&[(1, 2, 3), (4, 5, 6)],));
    real.call::<(&[&str],), ()>(&test("list-param-large"), (&["string"; 1000],));
    assert_eq!(real.call::<_, Vec<u8>>(&test("list-result"), ()), [1, 2, 3, 4, 5]);
    assert_eq!(real.call::<_, String>(&test("list-result2"), ()), "hello!");
    assert_eq!(real.call::<_, Words>(&test("list-result3"), ()), ["hello,", "world!"]);
    macro_rules! pair {
        ($name:literal, $unsigned:ty, $signed:ty) => {
            let given: (&[$unsigned], &[$signed]) =
                (&[<$unsigned>::MIN, <$unsigned>::MAX], &[<$signed>::MIN, <$signed>::MAX]);
            real.unwritten::<_, (Vec<$unsigned>, Vec<$signed>)>(&test($name), given);
        };
    }
    pair!("list-minmax8", u8, i8);
    pair!("list-minmax16", u16, i16);
    pair!("list-minmax32", u32, i32);
    pair!("list-minmax64", u64, i64);
    let given: (&[f32], &[f64]) = (&FLOATS, &DOUBLES);
    real.unwritten::<_, (Vec<f32>, Vec<f64>)>(&test("list-minmax-float"), given);
    for bytes in [&[][..], &[1, 2, 3, 4], &[7; 100_000]] {
        assert_eq!(real.call::<_, Vec<u8>>(&test("list-roundtrip"), (bytes,)), bytes);
    }
    for text in ["", "x", "hello ⚑ world", &"grün ".repeat(10_000)] {
        assert_eq!(real.call::<_, String>(&test("string-roundtrip"), (text,)), text);
    }
    assert_eq!(real.call::<_, u32>("allocated-bytes", ()), allocated, "`post-return` frees all results");
    real.finish();
}
