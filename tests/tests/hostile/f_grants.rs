//! F: grants and limits that are changed when a plugin runs: what was decided when it was linked stays decided.

use plugbay::{ErrorKind, Grants, Host, Limits, Linker, Plugin, PluginState, Source};

const READER: &str = r#"(component
  (import "test:x/clock@1.0.0" (instance $clock (export "now" (func (result u32)))))
  (core func $now (canon lower (func $clock "now")))
  (core module $m (import "" "now" (func $now (result i32))) (func (export "f") (result i32) (call $now))
    (func (export "spin") (loop (br 0))))
  (core instance $i (instantiate $m (with "" (instance (export "now" (func $now))))))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
  (func (export "spin") (canon lift (core func $i "spin"))))"#;

fn host() -> Host<u32> {
    let define = |linker: &mut Linker<PluginState<u32>>| {
        let mut clock = linker.instance("test:x/clock@1.0.0");
        clock.func_wrap("now", |cx: &mut plugbay::HostContext<'_, PluginState<u32>>, (): ()| {
            *cx.data_mut().data_mut() += 1;
            Ok(*cx.data().data())
        })?;
        Ok(())
    };
    Host::builder().provide("test:x/clock", define).build().unwrap()
}

fn now(plugin: &mut Plugin<u32>) -> u32 {
    plugin.call("f", ()).unwrap()
}

#[test]
fn f12_grants_that_change_when_the_plugin_runs() {
    let host = host();
    let compiled = host.compile(Source::bytes("reader", wat::parse_str(READER).unwrap())).unwrap();
    let mut grants = Grants::none().allow("test:x/clock");
    let linked = compiled.link(&grants).unwrap();
    let mut plugin = linked.instantiate(0).unwrap();
    assert_eq!(now(&mut plugin), 1);
    // Denied now: what is linked goes on, for it was decided; what is linked from here on is refused.
    grants = grants.deny("test:x");
    assert_eq!(now(&mut plugin), 2);
    assert_eq!(now(&mut linked.instantiate(10).unwrap()), 11);
    let error = compiled.link(&grants).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Denied { .. }), "{error}");
    drop((grants, linked, compiled, host));
    assert_eq!(now(&mut plugin), 3);
    assert_eq!(plugin.into_data(), 3);
}

#[test]
fn f12_limits_that_change_when_the_plugin_runs() {
    let host = host();
    let compiled = host.compile(Source::bytes("reader", wat::parse_str(READER).unwrap())).unwrap();
    let grants = Grants::none().allow("test:x/clock");
    let tight = Limits::default().deadline(std::time::Duration::from_millis(50));
    let mut plugin = compiled.clone().with_limits(tight).link(&grants).unwrap().instantiate(0).unwrap();
    let mut other = compiled.link(&grants).unwrap().instantiate(0).unwrap();
    let error = plugin.call::<_, ()>("spin", ()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
    assert_eq!(
        other.limits().deadline,
        Limits::default().deadline,
        "the limits of one are not those of another"
    );
    other.set_deadline(Some(std::time::Duration::from_millis(50)));
    assert_eq!(now(&mut other), 1);
    assert!(matches!(other.call::<_, ()>("spin", ()).unwrap_err().kind(), ErrorKind::Deadline { .. }));
}
