//! One test for each `trap_if` of the synchronous canonical ABI that needs running components, named after the line of
//! CanonicalABI.md (`trap_if.txt` has them all); and that the list is whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{alone, call_u32};
use plugbay_component::{AbiTrap, Error, ErrorKind};

/// Every line: function, condition, what covers it.
const TABLE: &str = include_str!("trap_if.txt");
/// Where the tests are.
const TESTS: [&str; 3] = [
    include_str!("traps.rs"),
    include_str!("../src/abi/trap_tests.rs"),
    include_str!("../src/resource/handle.rs"),
];

fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let parts: Vec<&str> = line.split(" | ").collect();
        parts.try_into().unwrap_or_else(|_| panic!("{line}"))
    })
}

#[test]
fn every_trap_if_is_covered() {
    let mut named = BTreeSet::new();
    for [function, condition, covered] in rows() {
        if ["🔀", "🧵", "🧵②", "📝"].contains(&covered) || covered.starts_with("never: ") {
            continue;
        }
        let test = format!("#[test]\nfn {covered}() {{");
        let inner = format!("#[test]\n    fn {covered}() {{");
        let found = TESTS.iter().any(|tests| tests.contains(&test) || tests.contains(&inner));
        assert!(found, "{function}: trap_if({condition}) has no test `{covered}`");
        assert!(named.insert(covered), "{covered} is named twice");
    }
    assert_eq!((rows().count(), named.len()), (148, 53));
}

/// Compares the list with the text of the specification, where `PLUGBAY_SPEC` says which folder has it.
#[test]
fn the_list_has_every_trap_if_of_the_specification() {
    let Some(folder) = std::env::var_os("PLUGBAY_SPEC") else { return };
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join("CanonicalABI.md")).unwrap();
    let (mut found, mut code) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            code = !code && line.starts_with("```python");
        } else if code && let Some((_, condition)) = line.split_once(" trap_if(") {
            found.push(condition.rsplit_once(')').unwrap().0);
        } else if code && line.contains(" trap()") {
            found.push("always");
        }
    }
    assert_eq!(found, rows().map(|[_, condition, _]| condition).collect::<Vec<_>>());
}

fn trap(error: &Error) -> AbiTrap {
    match error.kind() {
        ErrorKind::Abi(trap) => *trap,
        _ => panic!("{error:?}"),
    }
}

// ----- handles -----

/// Defines two resources, and functions that take and lend one of them.
const OWNER: &str = r#"(component $owner
    (type $a (resource (rep i32))) (type $b (resource (rep i32)))
    (export $a' "a" (type $a)) (export $b' "b" (type $b))
    (core func $new-a (canon resource.new $a)) (core func $new-b (canon resource.new $b))
    (core func $rep-a (canon resource.rep $a)) (core func $rep-b (canon resource.rep $b))
    (core module $m
      (import "" "rep-a" (func $rep-a (param i32) (result i32)))
      (import "" "new-b" (func $new-b (param i32) (result i32)))
      (func (export "take") (param i32))
      (func (export "look") (param i32))
      (func (export "both") (param i32 i32))
      (func (export "mixed") (drop (call $rep-a (call $new-b (i32.const 1)))))
      (func (export "unknown") (param i32) (drop (call $rep-a (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "rep-a" (func $rep-a)) (export "new-b" (func $new-b))))))
    (func (export "make-a") (param "n" u32) (result (own $a')) (canon lift (core func $new-a)))
    (func (export "make-b") (param "n" u32) (result (own $b')) (canon lift (core func $new-b)))
    (func (export "take") (param "r" (own $a')) (canon lift (core func $i "take")))
    (func (export "look") (param "r" (borrow $a')) (canon lift (core func $i "look")))
    (func (export "both") (param "x" (borrow $a')) (param "y" (own $a')) (canon lift (core func $i "both")))
    (func (export "mixed") (canon lift (core func $i "mixed")))
    (func (export "unknown") (param "n" u32) (canon lift (core func $i "unknown"))))"#;

/// A family of three: `owner` defines two resources; `user` borrows one; the outermost component plays `script`, the body
/// of a function whose local `$h` holds an own of resource `a`. `user` does what it is told with the borrow it is given:
/// 0 drops it, 1 gives it away as an own, 2 keeps it, 3 calls back into `back` and drops it.
fn family(script: &str, back: &str) -> String {
    format!(
        r#"(component
  {OWNER}
  (instance $owner (instantiate $owner))
  (alias export $owner "a" (type $a)) (alias export $owner "b" (type $b))

  (core module $table (table (export "t") 1 funcref) (func (export "back") (call_indirect (i32.const 0))))
  (core instance $table (instantiate $table))
  (func $back (canon lift (core func $table "back")))

  (component $user
    (import "a" (type $a (sub resource)))
    (import "take" (func $take (param "r" (own $a))))
    (import "back" (func $back))
    (core func $take (canon lower (func $take))) (core func $back (canon lower (func $back)))
    (core func $drop (canon resource.drop $a))
    (core module $m
      (import "" "take" (func $take (param i32)))
      (import "" "back" (func $back))
      (import "" "drop" (func $drop (param i32)))
      (func (export "use") (param $how i32) (param $h i32)
        (if (i32.eq (local.get $how) (i32.const 1)) (then (call $take (local.get $h))))
        (if (i32.eq (local.get $how) (i32.const 2)) (then (return)))
        (if (i32.eq (local.get $how) (i32.const 3)) (then (call $back)))
        (call $drop (local.get $h))))
    (core instance $i (instantiate $m (with "" (instance
      (export "take" (func $take)) (export "back" (func $back)) (export "drop" (func $drop))))))
    (func (export "use") (param "how" u32) (param "r" (borrow $a)) (canon lift (core func $i "use"))))
  (instance $user (instantiate $user
    (with "a" (type $a)) (with "take" (func $owner "take")) (with "back" (func $back))))

  (core func $make-a (canon lower (func $owner "make-a"))) (core func $make-b (canon lower (func $owner "make-b")))
  (core func $take (canon lower (func $owner "take"))) (core func $look (canon lower (func $owner "look")))
  (core func $both (canon lower (func $owner "both"))) (core func $mixed (canon lower (func $owner "mixed")))
  (core func $unknown (canon lower (func $owner "unknown"))) (core func $use (canon lower (func $user "use")))
  (core func $drop-a (canon resource.drop $a)) (core func $drop-b (canon resource.drop $b))
  (core module $m
    (import "" "make-a" (func $make-a (param i32) (result i32)))
    (import "" "make-b" (func $make-b (param i32) (result i32)))
    (import "" "take" (func $take (param i32)))
    (import "" "look" (func $look (param i32)))
    (import "" "both" (func $both (param i32 i32)))
    (import "" "mixed" (func $mixed))
    (import "" "unknown" (func $unknown (param i32)))
    (import "" "use" (func $use (param i32 i32)))
    (import "" "drop-a" (func $drop-a (param i32)))
    (import "" "drop-b" (func $drop-b (param i32)))
    (import "" "t" (table 1 funcref))
    (global $kept (mut i32) (i32.const 0))
    (func $back {back})
    (elem (i32.const 0) func $back)
    (func (export "run") (result i32) (local $h i32)
      (local.set $h (call $make-a (i32.const 7)))
      (global.set $kept (local.get $h))
      {script}
      (local.get $h)))
  (core instance $i (instantiate $m (with "" (instance
    (export "make-a" (func $make-a)) (export "make-b" (func $make-b)) (export "take" (func $take))
    (export "look" (func $look)) (export "both" (func $both)) (export "mixed" (func $mixed))
    (export "unknown" (func $unknown)) (export "use" (func $use)) (export "drop-a" (func $drop-a))
    (export "drop-b" (func $drop-b)) (export "t" (table $table "t"))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))"#
    )
}

/// Plays `script`, which goes well.
fn plays(script: &str, back: &str) {
    let mut instance = alone(&family(script, back));
    call_u32(&mut instance, "run").unwrap_or_else(|error| panic!("{script}: {error}"));
}

/// Plays `script`, which traps and so ends the instance.
fn traps(script: &str, back: &str) -> AbiTrap {
    let mut instance = alone(&family(script, back));
    let error = call_u32(&mut instance, "run").unwrap_err();
    assert!(instance.is_poisoned());
    trap(&error)
}

#[test]
fn task_return_num_borrows_gt_0() {
    plays("(call $use (i32.const 0) (local.get $h))", "");
    assert_eq!(traps("(call $use (i32.const 2) (local.get $h))", ""), AbiTrap::BorrowsRemain);
}

#[test]
fn store_lift_not_may_enter_from_caller() {
    // From `user` back into the component around it: that is staying inside, not entering.
    plays("(call $use (i32.const 3) (local.get $h))", "");
    // And from there into `user` again, which is running.
    let back = "(call $use (i32.const 0) (global.get $kept))";
    assert_eq!(traps("(call $use (i32.const 3) (local.get $h))", back), AbiTrap::CannotEnter);
}

#[test]
fn table_get_i_ge_len_array() {
    for handle in ["1", "8", "0x0fffffff", "0x10000000", "-1"] {
        let unknown = traps(&format!("(call $unknown (i32.const {handle}))"), "");
        assert!(matches!(unknown, AbiTrap::UnknownHandle(_)), "{handle}: {unknown}");
    }
    assert_eq!(traps("(call $look (i32.const 2))", ""), AbiTrap::UnknownHandle(2));
}

#[test]
fn table_get_array_i_is_none() {
    assert_eq!(traps("(call $unknown (i32.const 0))", ""), AbiTrap::UnknownHandle(0));
    let twice = "(call $drop-a (local.get $h)) (call $drop-a (local.get $h))";
    assert_eq!(traps(twice, ""), AbiTrap::UnknownHandle(1));
    let given = "(call $take (local.get $h)) (call $look (local.get $h))";
    assert_eq!(traps(given, ""), AbiTrap::UnknownHandle(1));
}

#[test]
fn lift_own_rt_is_not_rt() {
    assert_eq!(traps("(call $take (call $make-b (i32.const 1)))", ""), AbiTrap::WrongResource(2));
}

#[test]
fn lift_own_num_lends_ne_0() {
    plays("(call $both (local.get $h) (call $make-a (i32.const 1)))", "");
    assert_eq!(traps("(call $both (local.get $h) (local.get $h))", ""), AbiTrap::Lent(1));
}

#[test]
fn lift_own_not_own() {
    assert_eq!(traps("(call $use (i32.const 1) (local.get $h))", ""), AbiTrap::NotOwned(1));
}

#[test]
fn lift_borrow_rt_is_not_rt() {
    assert_eq!(traps("(call $look (call $make-b (i32.const 1)))", ""), AbiTrap::WrongResource(2));
}

#[test]
fn canon_resource_drop_rt_is_not_rt() {
    plays("(call $drop-b (call $make-b (i32.const 1)))", "");
    assert_eq!(traps("(call $drop-b (local.get $h))", ""), AbiTrap::WrongResource(1));
}

#[test]
fn canon_resource_drop_num_lends_ne_0() {
    // Dropped by its owner while `user` has it.
    let back = "(call $drop-a (global.get $kept))";
    assert_eq!(traps("(call $use (i32.const 3) (local.get $h))", back), AbiTrap::Lent(1));
}

#[test]
fn canon_resource_rep_rt_is_not_rt() {
    assert_eq!(traps("(call $mixed)", ""), AbiTrap::WrongResource(1));
}

// ----- leaving -----

/// A component whose function `f` takes a string: `realloc` and `post-return` make these calls.
fn leaving(realloc: &str, post_return: &str) -> Result<(), Error> {
    let mut instance = alone(&format!(
        r#"(component
  (component $other (core module $m (func (export "f"))) (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (instance $other (instantiate $other))
  (type $r (resource (rep i32)))
  (core func $out (canon lower (func $other "f")))
  (core func $new (canon resource.new $r)) (core func $rep (canon resource.rep $r))
  (core func $drop (canon resource.drop $r))
  (core module $m
    (import "" "out" (func $out))
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (global $h (mut i32) (i32.const 0))
    (func (export "start") (global.set $h (call $new (i32.const 7))))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) {realloc} (i32.const 64))
    (func (export "f") (param i32 i32) (result i32) (local.get 1))
    (func (export "post-return") (param i32) {post_return}))
  (core instance $i (instantiate $m (with "" (instance
    (export "out" (func $out)) (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (func (export "start") (canon lift (core func $i "start")))
  (func (export "f") (param "s" string) (result u32) (canon lift (core func $i "f")
    (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
    (post-return (core func $i "post-return")))))"#
    ));
    let start = instance.func("start").unwrap().typed::<(), ()>(&instance).unwrap();
    start.call(&mut instance, ()).unwrap();
    let f = instance.func("f").unwrap().typed::<(&str,), u32>(&instance).unwrap();
    let result = f.call(&mut instance, ("text",)).map(|length| assert_eq!(length, 4));
    assert_eq!(instance.is_poisoned(), result.is_err());
    result
}

fn may_not_leave(call: &str) {
    assert_eq!(trap(&leaving(call, "").unwrap_err()), AbiTrap::CannotLeave, "realloc: {call}");
    assert_eq!(trap(&leaving("", call).unwrap_err()), AbiTrap::CannotLeave, "post-return: {call}");
}

#[test]
fn canon_lower_not_may_leave() {
    may_not_leave("(call $out)");
}

#[test]
fn canon_resource_new_not_may_leave() {
    may_not_leave("(drop (call $new (i32.const 8)))");
}

#[test]
fn canon_resource_drop_not_may_leave() {
    may_not_leave("(call $drop (global.get $h))");
}

#[test]
fn resource_rep_does_not_leave() {
    leaving("(drop (call $rep (global.get $h)))", "(drop (call $rep (global.get $h)))").unwrap();
}

#[test]
fn call_and_trap_on_throw() {
    let mut instance = alone(
        r#"(component
  (component $inner
    (core module $m (tag $t) (func (export "f") (throw $t)))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (instance $inner (instantiate $inner))
  (core func $f (canon lower (func $inner "f")))
  (core module $m
    (import "" "f" (func $f))
    (func (export "run") (result i32) (block (try_table (catch_all 0) (call $f))) (i32.const 1)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))"#,
    );
    call_u32(&mut instance, "run").unwrap_err();
    assert!(instance.is_poisoned());
}

// ----- strings from one guest to another -----

/// A string in the memory of the guest that gives it.
#[derive(Clone, Copy)]
enum Source {
    Utf8,
    Utf16,
    /// `latin1+utf16`, as Latin-1.
    Latin1,
    /// `latin1+utf16`, as UTF-16.
    Tagged,
}

impl Source {
    fn encoding(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Utf16 => "utf16",
            Self::Latin1 | Self::Tagged => "latin1+utf16",
        }
    }

    /// The bytes of `text`, and its length as the canonical ABI writes it.
    fn bytes(self, text: &str) -> (Vec<u8>, u32) {
        let units = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let bytes = match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 | Self::Tagged => units(),
            Self::Latin1 => text.chars().map(|char| u8::try_from(char).unwrap()).collect(),
        };
        let length = u32::try_from(bytes.len()).unwrap();
        let length = match self {
            Self::Utf8 | Self::Latin1 => length,
            Self::Utf16 => length / 2,
            Self::Tagged => (length / 2) | (1 << 31),
        };
        (bytes, length)
    }
}

/// An odd place that lies in memory, and an aligned one that does not.
const UNALIGNED: u32 = 65;
const OUTSIDE: u32 = 65_536;

/// Passes `text` to a guest with encoding `to` whose `realloc` answers `answer` when it is asked for the `nth` time.
/// Gives how often it was asked in all.
fn pass(from: Source, to: &str, text: &str, nth: u32, answer: u32) -> Result<u32, AbiTrap> {
    let (bytes, length) = from.bytes(text);
    let data: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let mut instance = alone(&format!(
        r#"(component
  (component $child
    (core module $m
      (memory (export "memory") 1)
      (global $asked (mut i32) (i32.const 0))
      (global $next (mut i32) (i32.const 64))
      (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
        (if (i32.eq (global.get $asked) (i32.const {nth})) (then (return (i32.const {answer}))))
        (local.set $at (global.get $next))
        (global.set $next (i32.add (global.get $next) (i32.const 256)))
        (memory.copy (local.get $at) (local.get $old) (select (local.get $old-size) (local.get $size)
          (i32.lt_u (local.get $old-size) (local.get $size))))
        (local.get $at))
      (func (export "take") (param i32 i32))
      (func (export "asked") (result i32) (global.get $asked)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "s" string) (canon lift (core func $i "take") string-encoding={to}
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (func (export "asked") (result u32) (canon lift (core func $i "asked"))))
  (instance $child (instantiate $child))
  (core module $libc (memory (export "memory") 1) (data (i32.const 16) "{data}"))
  (core instance $libc (instantiate $libc))
  (core func $take (canon lower (func $child "take") string-encoding={encoding}
    (memory (core memory $libc "memory"))))
  (core func $asked (canon lower (func $child "asked")))
  (core module $m
    (import "" "take" (func $take (param i32 i32)))
    (import "" "asked" (func $asked (result i32)))
    (func (export "run") (result i32) (call $take (i32.const 16) (i32.const {length})) (call $asked)))
  (core instance $i (instantiate $m (with "" (instance
    (export "take" (func $take)) (export "asked" (func $asked))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))"#,
        encoding = from.encoding(),
    ));
    call_u32(&mut instance, "run").map_err(|error| trap(&error))
}

/// What the first answer of `realloc` is checked for.
fn first(from: Source, to: &str, text: &str, answer: u32) {
    let asked = pass(from, to, text, 0, 0).unwrap();
    assert!(asked >= 1);
    refused(pass(from, to, text, 1, answer), answer);
}

/// What a later answer is checked for. One who knows the size of a string before it is written asks only once, which is
/// what a guest sees of a host that has the string in every encoding.
fn later(from: Source, to: &str, text: &str, nth: u32, answer: u32) {
    match pass(from, to, text, nth, answer) {
        Ok(asked) => assert!(asked < nth, "asked {asked} times, and took the answer {nth}"),
        trap => refused(trap, answer),
    }
}

fn refused(outcome: Result<u32, AbiTrap>, answer: u32) {
    let trap = outcome.unwrap_err();
    let fits = match answer {
        UNALIGNED => matches!(trap, AbiTrap::UnalignedPointer | AbiTrap::ReallocUnaligned),
        _ => matches!(
            trap,
            AbiTrap::ReallocOutOfBounds | AbiTrap::StringContentOutOfBounds | AbiTrap::ListContentOutOfBounds
        ),
    };
    assert!(fits, "{trap}");
}

#[test]
fn store_string_copy_ptr_not_aligned() {
    first(Source::Utf16, "utf16", "text", UNALIGNED);
    first(Source::Latin1, "utf16", "text", UNALIGNED);
    first(Source::Latin1, "latin1+utf16", "text", UNALIGNED);
    assert_eq!(pass(Source::Utf8, "utf8", "text", 1, UNALIGNED), Ok(1), "UTF-8 may lie anywhere");
}

#[test]
fn store_string_copy_ptr_plus_dst_byte_length_gt_len_memory() {
    first(Source::Utf8, "utf8", "text", OUTSIDE);
    first(Source::Utf16, "utf16", "text", OUTSIDE);
    first(Source::Latin1, "utf16", "text", OUTSIDE);
    first(Source::Latin1, "latin1+utf16", "text", OUTSIDE);
    first(Source::Utf8, "utf8", "text", u32::MAX);
    first(Source::Utf8, "utf8", "text", OUTSIDE - 3);
    assert_eq!(pass(Source::Utf8, "utf8", "text", 1, OUTSIDE - 4), Ok(1), "it just fits");
}

#[test]
fn store_string_to_utf8_ptr_plus_src_code_units_gt_len_memory() {
    first(Source::Utf16, "utf8", "text", OUTSIDE);
    first(Source::Latin1, "utf8", "text", OUTSIDE);
    first(Source::Tagged, "utf8", "text", OUTSIDE);
}

#[test]
fn store_string_to_utf8_ptr_plus_worst_case_size_gt_len_memory() {
    later(Source::Utf16, "utf8", "grün", 2, OUTSIDE);
    later(Source::Latin1, "utf8", "grün", 2, OUTSIDE);
}

#[test]
fn store_string_to_utf8_ptr_plus_len_encoded_gt_len_memory() {
    later(Source::Utf16, "utf8", "grün", 3, OUTSIDE);
    later(Source::Latin1, "utf8", "grün", 3, OUTSIDE);
}

#[test]
fn store_utf8_to_utf16_ptr_not_aligned() {
    first(Source::Utf8, "utf16", "text", UNALIGNED);
}

#[test]
fn store_utf8_to_utf16_ptr_plus_worst_case_size_gt_len_memory() {
    first(Source::Utf8, "utf16", "text", OUTSIDE);
}

#[test]
fn store_utf8_to_utf16_shrunk_ptr_not_aligned() {
    later(Source::Utf8, "utf16", "grün", 2, UNALIGNED);
}

#[test]
fn store_utf8_to_utf16_ptr_plus_len_encoded_gt_len_memory() {
    later(Source::Utf8, "utf16", "grün", 2, OUTSIDE);
}

#[test]
fn store_string_to_latin1_or_utf16_ptr_not_aligned() {
    first(Source::Utf8, "latin1+utf16", "text", UNALIGNED);
    first(Source::Utf16, "latin1+utf16", "text", UNALIGNED);
}

#[test]
fn store_string_to_latin1_or_utf16_ptr_plus_src_code_units_gt_len_memory() {
    first(Source::Utf8, "latin1+utf16", "text", OUTSIDE);
    first(Source::Utf16, "latin1+utf16", "text", OUTSIDE);
}

#[test]
fn store_string_to_latin1_or_utf16_grown_ptr_not_aligned() {
    later(Source::Utf8, "latin1+utf16", "snow ☃", 2, UNALIGNED);
    later(Source::Utf16, "latin1+utf16", "snow ☃", 2, UNALIGNED);
}

#[test]
fn store_string_to_latin1_or_utf16_ptr_plus_worst_case_size_gt_len_memory() {
    later(Source::Utf8, "latin1+utf16", "snow ☃", 2, OUTSIDE);
    later(Source::Utf16, "latin1+utf16", "snow ☃", 2, OUTSIDE);
}

#[test]
fn store_string_to_latin1_or_utf16_shrunk_utf16_ptr_not_aligned() {
    later(Source::Utf8, "latin1+utf16", "snow ☃", 3, UNALIGNED);
}

#[test]
fn store_string_to_latin1_or_utf16_ptr_plus_len_encoded_gt_len_memory() {
    later(Source::Utf8, "latin1+utf16", "snow ☃", 3, OUTSIDE);
}

#[test]
fn store_string_to_latin1_or_utf16_shrunk_latin1_ptr_not_aligned() {
    later(Source::Utf8, "latin1+utf16", "grün", 2, UNALIGNED);
}

#[test]
fn store_string_to_latin1_or_utf16_ptr_plus_dst_byte_length_gt_len_memory() {
    later(Source::Utf8, "latin1+utf16", "grün", 2, OUTSIDE);
}

#[test]
fn store_probably_utf16_to_latin1_or_utf16_ptr_not_aligned() {
    first(Source::Tagged, "latin1+utf16", "snow ☃", UNALIGNED);
    first(Source::Tagged, "latin1+utf16", "text", UNALIGNED);
}

#[test]
fn store_probably_utf16_to_latin1_or_utf16_ptr_plus_src_byte_length_gt_len_memory() {
    first(Source::Tagged, "latin1+utf16", "snow ☃", OUTSIDE);
    first(Source::Tagged, "latin1+utf16", "text", OUTSIDE);
}

#[test]
fn store_probably_utf16_to_latin1_or_utf16_ptr_plus_latin1_size_gt_len_memory() {
    later(Source::Tagged, "latin1+utf16", "text", 2, OUTSIDE);
}
