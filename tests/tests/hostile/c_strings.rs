//! C: strings that are not where, or what, the guest says.

use plugbay_component::{AbiTrap, Error, Val};

use crate::guests::{LIBC, OPTIONS, alone, call, call_u32, trap};

/// `f` gives a value of a type that is a pointer and a length: those that it is given.
pub(crate) fn pointed(ty: &str, encoding: &str, data: &str) -> String {
    format!(
        r#"(component
  (core module $m (memory (export "memory") 1) (data (i32.const 1024) "{data}")
    (func (export "f") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "f") (param "p" u32) (param "n" u32) (result {ty})
    (canon lift (core func $i "f") string-encoding={encoding} (memory (core memory $i "memory")))))"#
    )
}

/// What the host makes of such a string, with dynamic and with typed values, which must agree.
fn lifted(encoding: &str, data: &str, ptr: u32, length: u32) -> Result<String, Error> {
    let text = pointed("string", encoding, data);
    let dynamic = call_u32(&mut alone(&text), "f", &[ptr, length]);
    let mut instance = alone(&text);
    let f = instance.func("f").unwrap().typed::<(u32, u32), String>(&instance).unwrap();
    let typed = f.call(&mut instance, (ptr, length));
    match (dynamic, typed) {
        (Ok(dynamic), Ok(typed)) => {
            assert_eq!(dynamic, Some(Val::String(typed.clone())));
            Ok(typed)
        }
        (Err(dynamic), Err(typed)) => {
            assert_eq!(dynamic.to_string(), typed.to_string());
            assert!(instance.is_poisoned());
            Err(typed)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn c01_strings_past_the_end_of_memory() {
    let utf8 = |ptr, length| lifted("utf8", "", ptr, length);
    for (ptr, length) in [(65_535, 1), (65_536, 0), (0, 0)] {
        assert_eq!(utf8(ptr, length).unwrap().len(), length as usize);
    }
    for (ptr, length) in [
        (65_535, 2),
        (65_536, 1),
        (65_537, 0),
        (0, (1 << 28) - 1),
        (u32::MAX, 0),
        (u32::MAX, 1),
        (1 << 31, 1),
    ] {
        assert_eq!(trap(utf8(ptr, length)), AbiTrap::StringOutOfBounds, "{ptr} {length}");
    }
    for length in [1 << 28, 1 << 31, u32::MAX] {
        assert_eq!(trap(utf8(0, length)), AbiTrap::StringTooLong, "{length}");
        assert_eq!(trap(utf8(u32::MAX, length)), AbiTrap::StringTooLong, "{length}");
    }
}

#[test]
fn c02_utf16_that_is_odd_or_too_long() {
    let utf16 = |ptr, units| lifted("utf16", "", ptr, units);
    assert_eq!(utf16(65_536 - 16, 8).unwrap(), "\0".repeat(8));
    assert_eq!(trap(utf16(65_536 - 16, 10)), AbiTrap::StringOutOfBounds);
    assert_eq!(trap(utf16(65_536 - 16, 9)), AbiTrap::StringOutOfBounds);
    for ptr in [1, 65_535, u32::MAX] {
        assert_eq!(trap(utf16(ptr, 1)), AbiTrap::UnalignedPointer, "{ptr}");
    }
    // Twice the length is more than 32 bits hold, or than a string may have.
    for units in [1 << 27, (1 << 31) - 1, 1 << 31, (1 << 31) + 4, u32::MAX] {
        assert_eq!(trap(utf16(0, units)), AbiTrap::StringTooLong, "{units}");
    }
    assert_eq!(trap(utf16(0, (1 << 27) - 1)), AbiTrap::StringOutOfBounds);
}

#[test]
fn c03_the_tag_of_latin1_or_utf16() {
    const TAG: u32 = 1 << 31;
    let lift = |ptr, length| lifted("latin1+utf16", "", ptr, length);
    assert_eq!(lift(65_536, 0).unwrap(), "");
    assert_eq!(lift(65_536, TAG).unwrap(), "");
    assert_eq!(lift(65_536 - 8, TAG | 4).unwrap().len(), 4);
    assert_eq!(lift(65_536 - 8, 8).unwrap().len(), 8);
    assert_eq!(trap(lift(65_536 - 8, TAG | 5)), AbiTrap::StringOutOfBounds);
    assert_eq!(trap(lift(65_536 - 8, 9)), AbiTrap::StringOutOfBounds);
    for length in [1, TAG | 1] {
        assert_eq!(trap(lift(65_535, length)), AbiTrap::UnalignedPointer, "{length:#x}");
    }
    for length in [1 << 28, TAG | 1 << 27, u32::MAX] {
        assert_eq!(trap(lift(0, length)), AbiTrap::StringTooLong, "{length:#x}");
    }
}

/// `give` of one component passes a string at the very end of its memory to `take` of another, whose `realloc` places it
/// `slack` bytes before the end of its own; `get` gives it back.
fn at_the_ends((from, data, length): (&str, &str, u32), to: &str, slack: i32) -> String {
    let bytes = data.matches('\\').count();
    format!(
        r#"(component
  (component $taker
    (core module $m (memory (export "memory") 1) (global $p (mut i32) (i32.const 0)) (global $n (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.and (i32.sub (i32.const {end}) (local.get 3)) (i32.sub (i32.const 0) (local.get 2))))
        (if (local.get 1) (then (memory.copy (local.get $at) (local.get 0)
          (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))))
        (local.get $at))
      (func (export "take") (param i32 i32) (global.set $p (local.get 0)) (global.set $n (local.get 1)))
      (func (export "get") (result i32)
        (i32.store (i32.const 8) (global.get $p)) (i32.store (i32.const 12) (global.get $n)) (i32.const 8)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "s" string) (canon lift (core func $i "take") string-encoding={to}
      (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (func (export "get") (result string) (canon lift (core func $i "get") string-encoding={to}
      (memory (core memory $i "memory")))))
  (instance $t (instantiate $taker))
  (core module $Memory (memory (export "memory") 1) (data (i32.const {start}) "{data}"))
  (core instance $memory (instantiate $Memory))
  (core func $take (canon lower (func $t "take") string-encoding={from} (memory (core memory $memory "memory"))))
  (core module $m (import "" "take" (func $take (param i32 i32)))
    (func (export "give") (call $take (i32.const {start}) (i32.const {length}))))
  (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
  (func (export "give") (canon lift (core func $i "give")))
  (export "get" (func $t "get")))"#,
        end = 65_536 - slack,
        start = 65_536 - bytes,
    )
}

#[test]
fn c03_all_pairs_of_encodings_at_the_end_of_both_memories() {
    // What the strings are, in each encoding, and the longest that they become in another.
    let sources = [
        (
            "a\u{e9}",
            [("utf8", "\\61\\c3\\a9", 3), ("utf16", "\\61\\00\\e9\\00", 2), ("latin1+utf16", "\\61\\e9", 2)],
        ),
        (
            "\u{20ac}a",
            [
                ("utf8", "\\e2\\82\\ac\\61", 4),
                ("utf16", "\\ac\\20\\61\\00", 2),
                ("latin1+utf16", "\\ac\\20\\61\\00", (1 << 31) | 2),
            ],
        ),
    ];
    for (text, encodings) in sources {
        for from in encodings {
            for to in ["utf8", "utf16", "latin1+utf16"] {
                let mut instance = alone(&at_the_ends(from, to, 0));
                call(&mut instance, "give", &[]).unwrap_or_else(|error| panic!("{from:?} to {to}: {error}"));
                assert_eq!(call(&mut instance, "get", &[]).unwrap(), Some(text.into()), "{from:?} to {to}");
                // A place that reaches past the end.
                let error = call(&mut alone(&at_the_ends(from, to, -8)), "give", &[]).unwrap_err();
                assert!(
                    matches!(error.kind(), plugbay_component::ErrorKind::Abi(_)),
                    "{from:?} to {to}: {error}"
                );
                // A source that does: one code unit more than there is.
                let longer = (from.0, from.1, from.2 + 1);
                let error = call(&mut alone(&at_the_ends(longer, to, 0)), "give", &[]).unwrap_err();
                assert_eq!(error.to_string(), "string content out-of-bounds", "{from:?} to {to}");
            }
        }
    }
}

#[test]
fn c05_text_that_is_none() {
    for bytes in ["\\ff", "\\c0\\80", "\\ed\\a0\\80", "\\f4\\90\\80\\80", "\\e2\\28\\a1", "\\80"] {
        let length = bytes.matches('\\').count() as u32;
        assert_eq!(trap(lifted("utf8", bytes, 1024, length)), AbiTrap::InvalidUtf8, "{bytes}");
    }
    for bytes in ["\\e2\\82", "\\61\\f0\\9f\\a6"] {
        let length = bytes.matches('\\').count() as u32;
        assert_eq!(trap(lifted("utf8", bytes, 1024, length)), AbiTrap::IncompleteUtf8, "{bytes}");
    }
    for units in ["\\00\\d8", "\\00\\dc", "\\00\\d8\\41\\00", "\\00\\dc\\00\\d8", "\\41\\00\\ff\\db"] {
        let length = units.matches('\\').count() as u32 / 2;
        assert_eq!(trap(lifted("utf16", units, 1024, length)), AbiTrap::UnpairedSurrogate, "{units}");
        let tagged = length | 1 << 31;
        assert_eq!(trap(lifted("latin1+utf16", units, 1024, tagged)), AbiTrap::UnpairedSurrogate, "{units}");
    }
    // Every byte is a character in Latin-1.
    assert_eq!(lifted("latin1+utf16", "\\00\\7f\\80\\ff", 1024, 4).unwrap(), "\0\u{7f}\u{80}\u{ff}");
}

#[test]
fn c05_numbers_that_are_no_character() {
    let flat = r#"(component (core module $m (func (export "f") (param i32) (result i32) (local.get 0)))
      (core instance $i (instantiate $m))
      (func (export "f") (param "c" u32) (result char) (canon lift (core func $i "f"))))"#;
    let memory = format!(
        r#"(component {LIBC} (core module $m (import "" "memory" (memory 1))
        (func (export "f") (param i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (i32.const 8)))
      (core instance $i (instantiate $m (with "" (instance $libc))))
      (func (export "f") (param "c" u32) (result (tuple char u8)) (canon lift (core func $i "f") {OPTIONS})))"#
    );
    for text in [flat, &memory] {
        for code in [0, 0xd7ff, 0xe000, 0x10_ffff] {
            call_u32(&mut alone(text), "f", &[code]).unwrap();
        }
        for code in [0xd800, 0xdfff, 0x11_0000, 1 << 31, u32::MAX] {
            assert_eq!(trap(call_u32(&mut alone(text), "f", &[code])), AbiTrap::InvalidChar, "{code:#x}");
        }
    }
}
