//! Calls from component to component both ways, compiled and through `Val`s: for random types and random bytes in the
//! place of their values, memories, results and traps are the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

mod common;

use common::{component, instantiate};
use plugbay_component::{Component, Linker, Val};

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A word that is likely to mean something: a small number, a place in memory, text, or anything.
    fn word(&mut self) -> u32 {
        match self.below(16) {
            0..=5 => self.below(6) as u32,
            6..=8 => 4096 + 8 * self.below(100) as u32,
            9..=12 => u32::from_le_bytes(*b"text") + self.below(8) as u32,
            13 => [0x7fc0_0001, 0xffff_ffff, 0xd800, 0x11_0000, 0xe9c3_a9c3][self.below(5) as usize],
            14 => self.below(5000) as u32,
            _ => self.next() as u32,
        }
    }
}

/// A type to test.
#[derive(Clone, Debug)]
enum Type {
    Plain(&'static str, char),
    String,
    List(Box<Type>),
    Tuple(Vec<Type>),
    Record(Vec<Type>),
    Variant(Vec<Option<Type>>),
    Option(Box<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    Enum(usize),
    Flags(usize),
}

const PLAIN: [(&str, char); 13] = [
    ("bool", 'i'),
    ("s8", 'i'),
    ("u8", 'i'),
    ("s16", 'i'),
    ("u16", 'i'),
    ("s32", 'i'),
    ("u32", 'i'),
    ("s64", 'l'),
    ("u64", 'l'),
    ("f32", 'f'),
    ("f64", 'd'),
    ("char", 'i'),
    ("u8", 'i'),
];

impl Type {
    fn random(random: &mut Random, depth: u32) -> Self {
        let kind = if depth == 0 { random.below(8) } else { random.below(18) };
        let boxed = |random: &mut Random| Box::new(Self::random(random, depth - 1));
        match kind {
            0..=5 => {
                let (name, core) = PLAIN[random.below(13) as usize];
                Self::Plain(name, core)
            }
            6 => Self::Enum(1 + random.below(300) as usize),
            7 => Self::Flags(1 + random.below(32) as usize),
            8..=10 => Self::String,
            11 | 12 => Self::List(boxed(random)),
            13 => Self::Tuple(Self::some(random, depth)),
            14 => Self::Record(Self::some(random, depth)),
            15 => Self::Option(boxed(random)),
            16 => {
                let half = |random: &mut Random| (random.below(3) > 0).then(|| boxed(random));
                Self::Result(half(random), half(random))
            }
            _ => Self::Variant(
                Self::some(random, depth).into_iter().map(|ty| (random.below(4) > 0).then_some(ty)).collect(),
            ),
        }
    }

    fn some(random: &mut Random, depth: u32) -> Vec<Self> {
        (0..=random.below(5)).map(|_| Self::random(random, depth - 1)).collect()
    }

    /// The flat form, a letter for each slot.
    fn flat(&self) -> String {
        let join = |cases: Vec<String>| {
            let width = cases.iter().map(String::len).max().unwrap_or(0);
            let slot = |i: usize| {
                let mut letters = cases.iter().filter_map(|case| case.chars().nth(i));
                let first = letters.next().unwrap();
                letters.fold(first, |a, b| match (a, b) {
                    (a, b) if a == b => a,
                    ('i' | 'f', 'i' | 'f') => 'i',
                    _ => 'l',
                })
            };
            std::iter::once('i').chain((0..width).map(slot)).collect()
        };
        let optional = |ty: &Option<Box<Self>>| ty.as_ref().map_or(String::new(), |ty| ty.flat());
        match self {
            Self::Plain(_, core) => core.to_string(),
            Self::Enum(_) | Self::Flags(_) => "i".to_owned(),
            Self::String | Self::List(_) => "ii".to_owned(),
            Self::Tuple(types) | Self::Record(types) => types.iter().map(Self::flat).collect(),
            Self::Option(ty) => join(vec![ty.flat()]),
            Self::Result(ok, err) => join(vec![optional(ok), optional(err)]),
            Self::Variant(cases) => {
                join(cases.iter().map(|case| case.as_ref().map_or(String::new(), Self::flat)).collect())
            }
        }
    }

    /// The type in the text format; what must have a name gets one through `name`.
    fn text(&self, name: &mut dyn FnMut(String) -> String) -> String {
        let optional = |ty: &Option<Box<Self>>, name: &mut dyn FnMut(String) -> String| {
            ty.as_ref().map(|ty| ty.text(name))
        };
        match self {
            Self::Plain(text, _) => (*text).to_owned(),
            Self::String => "string".to_owned(),
            Self::List(ty) => format!("(list {})", ty.text(name)),
            Self::Option(ty) => format!("(option {})", ty.text(name)),
            Self::Tuple(types) => {
                format!("(tuple {})", types.iter().map(|ty| ty.text(name) + " ").collect::<String>())
            }
            Self::Result(ok, err) => {
                let ok = optional(ok, name).unwrap_or_default();
                let err = optional(err, name).map_or(String::new(), |err| format!("(error {err})"));
                format!("(result {ok} {err})")
            }
            Self::Record(types) => {
                let fields: Vec<_> = types.iter().map(|ty| ty.text(name)).collect();
                let fields = fields.iter().enumerate().map(|(i, ty)| format!("(field \"f{i}\" {ty})"));
                name(format!("(record {})", fields.collect::<String>()))
            }
            Self::Variant(cases) => {
                let cases: Vec<_> =
                    cases.iter().map(|ty| ty.as_ref().map(|ty| ty.text(name)).unwrap_or_default()).collect();
                let cases = cases.iter().enumerate().map(|(i, ty)| format!("(case \"c{i}\" {ty})"));
                name(format!("(variant {})", cases.collect::<String>()))
            }
            Self::Enum(count) => {
                name(format!("(enum {})", (0..*count).map(|i| format!("\"e{i}\" ")).collect::<String>()))
            }
            Self::Flags(count) => {
                name(format!("(flags {})", (0..*count).map(|i| format!("\"f{i}\" ")).collect::<String>()))
            }
        }
    }
}

/// A memory and a bump allocator, to be named `$libc`.
const LIBC: &str = r#"(core module $Libc
    (memory (export "memory") 80)
    (global $top (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $Libc))"#;

/// The first bytes of a memory as the result of a function, through address 8.
const WHOLE: &str =
    "(i32.store (i32.const 8) (i32.const 0)) (i32.store (i32.const 12) (i32.const 16384)) (i32.const 8)";

fn core(slot: char) -> &'static str {
    match slot {
        'i' => "i32",
        'l' => "i64",
        'f' => "f32",
        _ => "f64",
    }
}

/// The 64-bit parameters of a function as slots of the flat form; as an address, if it has too many.
fn narrowed(flat: &str, in_registers: bool) -> Vec<String> {
    if !in_registers {
        return vec!["(i32.wrap_i64 (local.get 0))".to_owned()];
    }
    let narrow = |(i, slot): (usize, char)| {
        let raw = format!("(local.get {i})");
        match slot {
            'i' => format!("(i32.wrap_i64 {raw})"),
            'l' => raw,
            'f' => format!("(f32.reinterpret_i32 (i32.wrap_i64 {raw}))"),
            _ => format!("(f64.reinterpret_i64 {raw})"),
        }
    };
    flat.chars().enumerate().map(narrow).collect()
}

/// The parameters of a core function that takes the flat form, and code that stores them from address 16 on.
fn saving(flat: &str, in_registers: bool) -> (String, String) {
    if !in_registers {
        return ("(param i32)".to_owned(), "(i32.store (i32.const 16) (local.get 0))".to_owned());
    }
    let store = |(i, slot): (usize, char)| {
        format!("({}.store (i32.const {}) (local.get {i}))", core(slot), 16 + 8 * i)
    };
    let params = flat.chars().map(|slot| format!("(param {}) ", core(slot))).collect();
    (params, flat.chars().enumerate().map(store).collect())
}

/// The core type of the lowered function that gives a value, of which one slot may be the result itself, and code that
/// calls it and has the value stored at address 1024.
fn giving(one: Option<&str>) -> (String, String) {
    match one {
        Some(ty) => (
            format!("(param i32 i32) (result {ty})"),
            format!("({ty}.store (i32.const 1024) (call $give (local.get 0) (local.get 1)))"),
        ),
        None => (
            "(param i32 i32 i32)".to_owned(),
            "(call $give (local.get 0) (local.get 1) (i32.const 1024))".to_owned(),
        ),
    }
}

/// A component whose exports hand raw numbers and bytes to a caller, which passes them on as a value of the type, or gets
/// one back, and give what memory looks like afterwards.
fn harness(ty: &Type, encodings: (&str, &str)) -> String {
    let flat = ty.flat();
    let in_registers = flat.len() <= 16;
    let (mut defined, mut imported, mut given) = (String::new(), String::new(), String::new());
    let mut count = 0;
    let text = ty.text(&mut |definition| {
        defined +=
            &format!("(type $d{count} {definition}) (export $t{count} \"t{count}\" (type $d{count}))\n");
        imported +=
            &format!("(type $d{count} {definition}) (import \"t{count}\" (type $t{count} (eq $d{count})))\n");
        given += &format!("(with \"t{count}\" (type $c \"t{count}\"))\n");
        count += 1;
        format!("$t{}", count - 1)
    });
    let many: String = (0..17).map(|i| format!("(param \"p{i}\" u8)")).collect();
    let types = [
        ("take", format!("(param \"x\" {text}) (result (list u8))")),
        ("take-mem", format!("(param \"x\" {text}) {many} (result (list u8))")),
        ("give", format!("(param \"raw\" (list u8)) (result {text})")),
    ];
    let options = |encoding: &str| {
        format!(
            r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding={encoding}"#
        )
    };
    let (a, b) = (options(encodings.0), options(encodings.1));
    let (params, saved) = saving(&flat, in_registers);
    let one = (flat.len() == 1).then(|| core(flat.chars().next().unwrap()));
    let give = one.map_or("(local.get 0)".to_owned(), |ty| format!("({ty}.load (local.get 0))"));
    let give_type = one.unwrap_or("i32");
    let lifts: String = types
        .iter()
        .map(|(name, ty)| {
            format!("(func (export \"{name}\") {ty} (canon lift (core func $i \"{name}\") {b}))\n")
        })
        .collect();
    let imports: String =
        types.iter().map(|(name, ty)| format!("(import \"{name}\" (func ${name} {ty}))\n(core func $l-{name} (canon lower (func ${name}) {a}))\n")).collect();
    let raw = narrowed(&flat, in_registers);
    let i64s: String = raw.iter().map(|_| "(param i64) ").collect();
    let u64s: String = raw.iter().enumerate().map(|(i, _)| format!("(param \"r{i}\" u64) ")).collect();
    let (lower_give, call_give) = giving(one);
    let raw = raw.join(" ");
    format!(
        r#"(component
  (component $callee
    {LIBC}
    {defined}
    (core module $m (import "" "memory" (memory 80))
      (func (export "take") {params} (result i32) {saved} {WHOLE})
      (func (export "take-mem") (param i32) (result i32) (i32.store (i32.const 16) (local.get 0)) {WHOLE})
      (func (export "give") (param i32 i32) (result {give_type}) {give}))
    (core instance $i (instantiate $m (with "" (instance $libc))))
    {lifts})
  (component $caller
    {LIBC}
    {imported}
    {imports}
    (core module $m (import "" "memory" (memory 80))
      (import "l" "take" (func $take {params} (param i32)))
      (import "l" "take-mem" (func $take-mem (param i32 i32)))
      (import "l" "give" (func $give {lower_give}))
      (func (export "take") {i64s} (result i32) (call $take {raw} (i32.const 32)) (i32.const 32))
      (func (export "take-mem") (param i32 i32) (result i32)
        (call $take-mem (local.get 0) (i32.const 32)) (i32.const 32))
      (func (export "give") (param i32 i32) (result i32) {call_give} {WHOLE}))
    (core instance $i (instantiate $m (with "" (instance $libc)) (with "l" (instance
      (export "take" (func $l-take)) (export "take-mem" (func $l-take-mem)) (export "give" (func $l-give))))))
    (func (export "take") {u64s} (result (list u8)) (canon lift (core func $i "take") {a}))
    (func (export "take-mem") (param "raw" (list u8)) (result (list u8)) (canon lift (core func $i "take-mem") {a}))
    (func (export "give") (param "raw" (list u8)) (result (list u8)) (canon lift (core func $i "give") {a})))
  (instance $c (instantiate $callee))
  (instance $r (instantiate $caller {given}
    (with "take" (func $c "take")) (with "take-mem" (func $c "take-mem")) (with "give" (func $c "give"))))
  (export "take" (func $r "take")) (export "take-mem" (func $r "take-mem")) (export "give" (func $r "give")))"#
    )
}

/// What a call of a fresh instance gives, traps as their text.
fn call(component: &Component, name: &str, raw: &[u64], bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut instance = instantiate(&Linker::new(), component, ());
    let func = instance.func(name).unwrap();
    if name == "take" {
        let args: Vec<Val> = raw.iter().map(|raw| Val::U64(*raw)).collect();
        let result = instance.call(func, &args).map_err(|error| error.to_string())?.unwrap();
        return Ok(result.to_typed::<Vec<u8>>().unwrap());
    }
    let typed = func.typed::<(&[u8],), Vec<u8>>(&instance).unwrap();
    typed.call(&mut instance, (bytes,)).map_err(|error| error.to_string())
}

#[test]
fn random_values_of_random_types_cross_the_same_both_ways() {
    let encodings = ["utf8", "utf16", "latin1+utf16"];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut passed, mut trapped) = (0, 0);
    for round in 0..40 {
        let ty = Type::random(&mut random, 3);
        let pair = [random.below(3), random.below(3)]
            .map(|i| encodings[if round % 2 == 0 { i as usize } else { 0 }]);
        let compiled = component(&harness(&ty, (pair[0], pair[1])));
        assert_eq!(compiled.adapters(), (3, 3), "{ty:?}");
        let through_vals = compiled.without_adapters();
        for name in ["take", "take-mem", "give"] {
            for _ in 0..10 {
                let slots = if ty.flat().len() <= 16 { ty.flat().len() } else { 1 };
                let raw: Vec<u64> = (0..slots)
                    .map(|_| {
                        u64::from(random.word()) | if random.below(4) == 0 { random.next() << 32 } else { 0 }
                    })
                    .collect();
                let bytes: Vec<u8> = (0..200).flat_map(|_| random.word().to_le_bytes()).collect();
                let [ours, theirs] =
                    [&compiled, &through_vals].map(|component| call(component, name, &raw, &bytes));
                *(if ours.is_ok() { &mut passed } else { &mut trapped }) += 1;
                // What crosses is counted by its size in memory, or by what the host needs for it, which is more.
                if theirs.as_ref().is_err_and(|error| error.contains("value_bytes")) {
                    continue;
                }
                if ours != theirs {
                    let shown = |result: &Result<Vec<u8>, String>| match result {
                        Ok(bytes) => format!("{} bytes", bytes.len()),
                        Err(error) => error.clone(),
                    };
                    let at =
                        ours.iter().zip(&theirs).find_map(|(a, b)| a.iter().zip(b).position(|(a, b)| a != b));
                    let (ours, theirs) = (shown(&ours), shown(&theirs));
                    panic!("{name} of {ty:?} ({pair:?}): {ours}, not {theirs}; at {at:?}; raw {raw:x?}");
                }
            }
        }
    }
    // The numbers are chosen so that both happen often.
    assert!(passed > 200 && trapped > 200, "{passed} passed, {trapped} trapped");
}
