//! C: what a guest may make the host keep, or look at: strings, lists, dynamic values, borrowed arguments, lends.

use std::time::{Duration, Instant};

use plugbay_component::{Error, Limits, Linker, ListView};
use plugbay_engine::StoreLimits;

use crate::c_strings::pointed;
use crate::guests::{LIBC, OPTIONS, call_u32, component, limit, limited};

const TIGHT: fn() -> Limits = || Limits { string_bytes: 100, list_elements: 10, ..Limits::default() };

#[test]
fn c09_strings_and_lists_that_are_too_long_name_the_limit() {
    for (encoding, unit) in [("utf8", 1), ("utf16", 2), ("latin1+utf16", 1)] {
        let text = pointed("string", encoding, "");
        call_u32(&mut limited(&text, TIGHT()), "f", &[0, 100 / unit]).unwrap();
        let mut instance = limited(&text, TIGHT());
        assert_eq!(
            limit(call_u32(&mut instance, "f", &[0, 100 / unit + 1])),
            ("string_bytes", 100),
            "{encoding}"
        );
        let mut instance = limited(&text, TIGHT());
        let f = instance.func("f").unwrap().typed::<(u32, u32), String>(&instance).unwrap();
        let error = f.call(&mut instance, (4096, 200)).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{} exceeds the limit of 100 on string_bytes", 200 * unit)),
            "{error}"
        );
    }
    for ty in ["u8", "u64", "(tuple u8 u8)", "string"] {
        let text = pointed(&format!("(list {ty})"), "utf8", "");
        call_u32(&mut limited(&text, TIGHT()), "f", &[64, 10]).unwrap();
        let mut instance = limited(&text, TIGHT());
        assert_eq!(limit(call_u32(&mut instance, "f", &[64, 11])), ("list_elements", 10), "{ty}");
        assert!(instance.is_poisoned());
    }
    let mut instance = limited(&pointed("(list u8)", "utf8", ""), TIGHT());
    let f = instance.func("f").unwrap().typed::<(u32, u32), Vec<u8>>(&instance).unwrap();
    assert_eq!(limit(f.call(&mut instance, (0, 11))), ("list_elements", 10));
}

/// Calls `look` with the list at 64, as long as it is asked for: pointers to 8192 and 40960 by turns, and
/// `length`.
fn looking(ty: &str, length: u32) -> String {
    format!(
        r#"(component (import "look" (func $look (param "l" {ty}) (result u32))) {LIBC}
  (core func $look (canon lower (func $look) {OPTIONS}))
  (core module $m (import "" "look" (func $look (param i32 i32) (result i32))) (import "libc" "memory" (memory 1))
    (func (export "f") (param i32) (result i32) (local i32)
      (loop $next
        (i32.store (i32.add (i32.const 64) (i32.shl (local.get 1) (i32.const 3)))
          (select (i32.const 8192) (i32.const 40960) (i32.and (local.get 1) (i32.const 1))))
        (i32.store (i32.add (i32.const 68) (i32.shl (local.get 1) (i32.const 3))) (i32.const {length}))
        (br_if $next (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0))))
      (call $look (i32.const 64) (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "look" (func $look)))) (with "libc" (instance $libc))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))"#
    )
}

fn look(linker: &Linker<()>, text: &str, limits: Limits, n: u32) -> Result<(), Error> {
    let pre = linker.pre(&component(text)).unwrap();
    let mut instance = pre.instantiate((), StoreLimits::default(), limits).unwrap();
    call_u32(&mut instance, "f", &[n]).map(drop)
}

#[test]
fn c09_c25_what_the_host_only_looks_at_is_charged_as_well() {
    // A thousand strings of 20 kB, and a thousand lists, in memory of 64: borrowed, so that nothing of it is copied, but
    // looked at byte by byte.
    let mut strings = Linker::<()>::new();
    strings
        .root()
        .func_view::<(ListView<'static, str>,), u32, _>("look", |_, (l,)| Ok(l.len() as u32))
        .unwrap();
    let mut owned = Linker::<()>::new();
    owned.root().func_wrap("look", |_, (l,): (Vec<String>,)| Ok(l.len() as u32)).unwrap();
    let text = looking("(list string)", 20_000);
    let limits = Limits { value_bytes: 8 << 20, ..Limits::default() };
    for linker in [&strings, &owned] {
        look(linker, &text, limits, 300).unwrap();
        assert_eq!(limit(look(linker, &text, limits, 1000)), ("value_bytes", 8 << 20));
        assert_eq!(limit(look(linker, &text, TIGHT(), 3)), ("string_bytes", 100));
        assert_eq!(limit(look(linker, &looking("(list string)", 1), TIGHT(), 11)), ("list_elements", 10));
    }
    // As many as fit in memory, by the default limits: 20 MB, which take no time.
    let begin = Instant::now();
    look(&strings, &text, Limits::default(), 1000).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn c24_lends_have_a_limit_of_their_own() {
    let text = r#"(component (import "host" (instance $host (export "r" (type $r (sub resource)))
      (export "look" (func (param "l" (list (borrow $r)))))))
  (alias export $host "r" (type $r))
  (core module $Memory (memory (export "memory") 1)) (core instance $memory (instantiate $Memory))
  (core func $look (canon lower (func $host "look") (memory (core memory $memory "memory"))))
  (core func $drop (canon resource.drop $r))
  (core module $m (import "" "look" (func $look (param i32 i32))) (import "" "drop" (func $drop (param i32)))
    (import "" "memory" (memory 1))
    (func (export "f") (param i32 i32) (local i32)
      (loop $next
        (i32.store (i32.shl (local.get 2) (i32.const 2)) (local.get 0))
        (br_if $next (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (local.get 1))))
      (call $look (i32.const 0) (local.get 1)) (call $drop (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "look" (func $look)) (export "drop" (func $drop))
    (export "memory" (memory $memory "memory"))))))
  (func (export "f") (param "r" (borrow $r)) (param "n" u32) (canon lift (core func $i "f"))))"#;
    struct Thing;
    use plugbay_component::Borrow;
    let mut linker = Linker::<()>::new();
    let mut host = linker.instance("host");
    host.resource::<Thing>("r", |_, _| Ok(())).unwrap();
    host.func_wrap("look", |_, (_,): (Vec<Borrow<Thing>>,)| Ok(())).unwrap();
    let pre = linker.pre(&component(text)).unwrap();
    let limits = Limits { lends: 50, ..Limits::default() };
    let mut instance = pre.instantiate((), StoreLimits::default(), limits).unwrap();
    let f = instance.func("f").unwrap().typed::<(Borrow<Thing>, u32), ()>(&instance).unwrap();
    for _ in 0..100 {
        f.call(&mut instance, (Borrow::new(1), 50)).unwrap();
    }
    assert_eq!(limit(f.call(&mut instance, (Borrow::new(1), 51))), ("lends", 50));
}
