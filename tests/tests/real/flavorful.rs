//! Lists within records and variants, errors, and lists of variants, both ways: `flavorful`.

use plugbay::{ComponentType, Host, Lift, Linker, Lower, PluginState};

use crate::support::{Cx, real};

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Named {
    a: String,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(enum)]
enum MyErrno {
    Success,
    A,
    B,
}

type Unit = Result<(), ()>;

fn named(a: &str) -> Named {
    Named { a: a.to_owned() }
}

/// The host's half of `test:flavorful/test`; the state counts the calls of `errno-result`.
fn host(linker: &mut Linker<PluginState<u32>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:flavorful/test");
    test.func_wrap("f-list-in-record1", |_, (a,): (Named,)| {
        assert_eq!(a, named("list_in_record1"));
        Ok(())
    })?;
    test.func_wrap("f-list-in-record2", |_, (): ()| Ok(named("list_in_record2")))?;
    test.func_wrap("f-list-in-record3", |_, (a,): (Named,)| {
        assert_eq!(a, named("list_in_record3 input"));
        Ok(named("list_in_record3 output"))
    })?;
    test.func_wrap("f-list-in-record4", |_, (a,): (Named,)| {
        assert_eq!(a, named("input4"));
        Ok(named("result4"))
    })?;
    test.func_wrap("f-list-in-variant1", |_, (a, b): (Option<String>, Result<(), String>)| {
        assert_eq!((a.as_deref(), b), (Some("foo"), Err("bar".to_owned())));
        Ok(())
    })?;
    test.func_wrap("f-list-in-variant2", |_, (): ()| Ok(Some("list_in_variant2".to_owned())))?;
    test.func_wrap("f-list-in-variant3", |_, (a,): (Option<String>,)| {
        assert_eq!(a.as_deref(), Some("input3"));
        Ok(Some("output3".to_owned()))
    })?;
    test.func_wrap("errno-result", |cx: &mut Cx<'_, u32>, (): ()| {
        let calls = cx.data_mut().data_mut();
        *calls += 1;
        Ok(if *calls == 1 { Err(MyErrno::B) } else { Ok(()) })
    })?;
    test.func_wrap("list-typedefs", |_, (a, c): (String, Vec<String>)| {
        assert_eq!((a.as_str(), c), ("typedef1", vec!["typedef2".to_owned()]));
        Ok((b"typedef3".to_vec(), vec!["typedef4".to_owned()]))
    })?;
    test.func_wrap("list-of-variants", |_, (a, b, c): (Vec<bool>, Vec<Unit>, Vec<MyErrno>)| {
        assert_eq!((a, b), (vec![true, false], vec![Ok(()), Err(())]));
        assert_eq!(c, [MyErrno::Success, MyErrno::A]);
        Ok((vec![false, true], vec![Unit::Err(()), Ok(())], vec![MyErrno::A, MyErrno::B]))
    })?;
    Ok(())
}

#[test]
fn compound_values_come_back_as_agreed() {
    let name = "test:flavorful/test";
    let path = "jco-components/runtime/flavorful.component.wasm";
    let Some(mut real) = real(path, Host::builder().provide(name, host), &[name], 0) else { return };
    real.call::<_, ()>("test-imports", ());
    let test = |function: &str| format!("{name}#{function}");
    real.call::<_, ()>(&test("f-list-in-record1"), (named("list_in_record1"),));
    assert_eq!(real.call::<_, Named>(&test("f-list-in-record2"), ()), named("list_in_record2"));
    let given = (named("list_in_record3 input"),);
    assert_eq!(real.call::<_, Named>(&test("f-list-in-record3"), given), named("list_in_record3 output"));
    assert_eq!(real.call::<_, Named>(&test("f-list-in-record4"), (named("input4"),)), named("result4"));
    let given: (Option<&str>, Result<(), &str>) = (Some("foo"), Err("bar"));
    real.call::<_, ()>(&test("f-list-in-variant1"), given);
    let back: Option<String> = real.call(&test("f-list-in-variant2"), ());
    assert_eq!(back.as_deref(), Some("list_in_variant2"));
    let back: Option<String> = real.call(&test("f-list-in-variant3"), (Some("input3"),));
    assert_eq!(back.as_deref(), Some("output3"));
    let back: Result<(), MyErrno> = real.call(&test("errno-result"), ());
    assert_eq!(back, Err(MyErrno::B));
    let given: (&str, &[&str]) = ("typedef1", &["typedef2"]);
    let (bytes, texts): (Vec<u8>, Vec<String>) = real.call(&test("list-typedefs"), given);
    assert_eq!((bytes.as_slice(), texts), (&b"typedef3"[..], vec!["typedef4".to_owned()]));
    let given: (&[bool], &[Unit], &[MyErrno]) =
        (&[true, false], &[Ok(()), Err(())], &[MyErrno::Success, MyErrno::A]);
    real.unwritten::<_, (Vec<bool>, Vec<Unit>, Vec<MyErrno>)>(&test("list-of-variants"), given);
    assert!(real.finish() > 0, "`test-imports` asks for the error");
}
