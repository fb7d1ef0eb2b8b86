//! Strings both ways, and output: `strings` and `smoke`.

use plugbay::{Host, Linker, PluginState};

use crate::support::{Cx, real};

#[test]
fn strings_come_back_as_they_went() {
    let name = "test:strings/imports";
    let path = "jco-components/runtime/strings.component.wasm";
    let builder = Host::builder().provide(name, |linker: &mut Linker<PluginState<String>>| {
        let mut imports = linker.instance("test:strings/imports");
        imports.func_wrap("take-basic", |cx: &mut Cx<'_, String>, (s,): (String,)| {
            cx.data_mut().data_mut().push_str(&s);
            Ok(())
        })?;
        imports.func_wrap("return-unicode", |_, (): ()| Ok("🚀🚀🚀 𠈄𓀀"))?;
        Ok(())
    });
    let Some(mut real) = real(path, builder, &[name], String::new()) else { return };
    real.call::<_, ()>("test-imports", ());
    assert_eq!(real.call::<_, String>("return-empty", ()), "");
    for text in ["str", "🚀🚀🚀 𠈄𓀀", "grün\0null", "\u{10ffff}"] {
        assert_eq!(real.call::<_, String>("roundtrip", (text,)), text);
    }
    assert_eq!(real.finish(), "latin utf16", "what `test-imports` gave the host");
}

#[test]
fn the_thunk_calls_the_hosts_thunk() {
    let name = "test:smoke/imports";
    let path = "jco-components/runtime/smoke.component.wasm";
    let builder = Host::builder().provide(name, |linker: &mut Linker<PluginState<u32>>| {
        linker.instance("test:smoke/imports").func_wrap("thunk", |cx: &mut Cx<'_, u32>, (): ()| {
            *cx.data_mut().data_mut() += 1;
            Ok(())
        })?;
        Ok(())
    });
    let Some(mut real) = real(path, builder, &[name], 0) else { return };
    real.call::<_, ()>("thunk", ());
    assert_eq!(String::from_utf8(real.plugin.take_stdout()).unwrap(), "howdy\n");
    // The guest's C library keeps what comes after the first line until its buffer is full: this is no terminal.
    real.call::<_, ()>("thunk", ());
    assert!(real.plugin.take_stdout().is_empty());
    assert_eq!(real.finish(), 2);
}
