//! The canonical ABI on made-up types: a value goes into a guest, through its memory, and comes back the same, in each
//! encoding of strings; and any bytes as a guest's result are a value or a trap.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use plugbay_component::{Component, ErrorKind, Instance, Limits, Linker, Val, wave};
use plugbay_engine::{Config, Engine, StoreLimits};

use crate::Outcome;
use crate::random::Numbers;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Config::default().with_parallel_compilation(false)).expect("an engine"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    attempt(&mut Unstructured::new(bytes), &mut Numbers::of(bytes)).unwrap_or(Outcome::Refused)
}

fn attempt(input: &mut Unstructured<'_>, numbers: &mut Numbers) -> Result<Outcome> {
    let ty = Ty::any(input, 3)?;
    let encoding = *input.choose(&["utf8", "utf16", "latin1+utf16"])?;
    let text = component(&ty, encoding, numbers);
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let component = Component::new(&ENGINE, &bytes).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let pre = Linker::<()>::new().pre(&component).expect("it imports nothing");
    let instantiate =
        || pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    let mut instance = instantiate();
    let mut looked_at = 0;
    for _ in 0..3 {
        let mut fields = vec![ty.value(input)?];
        fields.extend((0..16).map(Val::U64));
        let given = Val::Tuple(fields);
        let back = call(&mut instance, "echo", std::slice::from_ref(&given)).expect("an echo");
        assert_eq!(wave::print(&back), wave::print(&given), "{encoding}\n{text}");
        looked_at += 1;
    }
    if let Some(core) = ty.core() {
        let given = ty.value(input)?;
        let back = call(&mut instance, "flat", std::slice::from_ref(&given)).expect("an echo");
        assert_eq!(wave::print(&back), wave::print(&given), "{core}\n{text}");
        looked_at += 1;
    }
    match call(&mut instance, "made-up", &[]) {
        Ok(value) => assert!(!wave::print(&value).is_empty()),
        Err(ErrorKind::Abi(_) | ErrorKind::Limit { .. }) => {}
        Err(other) => panic!("neither a value nor a trap of the ABI: {other}\n{text}"),
    }
    Ok(Outcome::Ran(looked_at + 1))
}

fn call(instance: &mut Instance<()>, name: &str, args: &[Val]) -> std::result::Result<Val, ErrorKind> {
    let func = instance.func(name).expect("an export that is there");
    let result = instance.call(func, args).map_err(|error| error.into_kind())?;
    Ok(result.expect("a result"))
}

/// A type of values.
enum Ty {
    Plain(&'static str),
    List(Box<Ty>),
    Tuple(Vec<Ty>),
    Record(Vec<Ty>),
    Variant(Vec<Option<Ty>>),
    Enum(usize),
    Flags(usize),
    Option(Box<Ty>),
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
}

const PLAIN: &[&str] =
    &["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string", "string"];

impl Ty {
    fn any(input: &mut Unstructured<'_>, depth: u32) -> Result<Self> {
        if depth == 0 || input.ratio(1, 4)? {
            return Ok(Self::Plain(input.choose(PLAIN)?));
        }
        let boxed = |input: &mut Unstructured<'_>| Self::any(input, depth - 1).map(Box::new);
        let perhaps = |input: &mut Unstructured<'_>| match input.arbitrary()? {
            true => boxed(input).map(Some),
            false => Ok(None),
        };
        let count = input.int_in_range(1..=4)?;
        Ok(match input.int_in_range(0..=7)? {
            0 => Self::List(boxed(input)?),
            1 => Self::Tuple((0..count).map(|_| Self::any(input, depth - 1)).collect::<Result<_>>()?),
            2 => Self::Record((0..count).map(|_| Self::any(input, depth - 1)).collect::<Result<_>>()?),
            3 => {
                let cases = (0..count).map(|_| Ok(perhaps(input)?.map(|ty| *ty)));
                Self::Variant(cases.collect::<Result<_>>()?)
            }
            4 => Self::Enum(if input.ratio(1, 8)? { 300 } else { count }),
            5 => Self::Flags(input.int_in_range(1..=32)?),
            6 => Self::Option(boxed(input)?),
            _ => Self::Result(perhaps(input)?, perhaps(input)?),
        })
    }

    /// The type in the text format; named types are defined in `named` first.
    fn text(&self, named: &mut Vec<String>) -> String {
        let definition = match self {
            Self::Plain(name) => return (*name).to_owned(),
            Self::List(element) => return format!("(list {})", element.text(named)),
            Self::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| ty.text(named)).collect();
                return format!("(tuple {})", types.join(" "));
            }
            Self::Option(some) => return format!("(option {})", some.text(named)),
            Self::Result(ok, err) => {
                let ok = ok.as_ref().map_or(String::new(), |ty| ty.text(named));
                let err = err.as_ref().map_or(String::new(), |ty| format!("(error {})", ty.text(named)));
                return format!("(result {ok} {err})");
            }
            Self::Record(fields) => {
                let fields = fields.iter().enumerate();
                let fields: String =
                    fields.map(|(index, ty)| format!(" (field \"n{index}\" {})", ty.text(named))).collect();
                format!("(record{fields})")
            }
            Self::Variant(cases) => {
                let payload = |ty: &Option<Self>, named: &mut Vec<String>| {
                    ty.as_ref().map_or(String::new(), |ty| ty.text(named))
                };
                let cases = cases.iter().enumerate();
                let cases: String =
                    cases.map(|(index, ty)| format!(" (case \"n{index}\" {})", payload(ty, named))).collect();
                format!("(variant{cases})")
            }
            Self::Enum(count) => format!("(enum{})", labels(*count)),
            Self::Flags(count) => format!("(flags{})", labels(*count)),
        };
        let number = named.len();
        named.push(format!(
            "(type $d{number} {definition}) (export $t{number} \"t{number}\" (type $d{number}))"
        ));
        format!("$t{number}")
    }

    /// The core type, if a value is passed as one core value.
    fn core(&self) -> Option<&'static str> {
        match self {
            Self::Plain("string") => None,
            Self::Plain("s64" | "u64") => Some("i64"),
            Self::Plain("f32") => Some("f32"),
            Self::Plain("f64") => Some("f64"),
            Self::Plain(_) | Self::Enum(_) | Self::Flags(_) => Some("i32"),
            _ => None,
        }
    }

    fn value(&self, input: &mut Unstructured<'_>) -> Result<Val> {
        let some = |ty: &Self, input: &mut Unstructured<'_>| ty.value(input).map(Box::new);
        let perhaps = |ty: &Option<Box<Self>>, input: &mut Unstructured<'_>| {
            ty.as_ref().map(|ty| some(ty, input)).transpose()
        };
        Ok(match self {
            Self::Plain(name) => plain(name, input)?,
            Self::List(element) => {
                let count = input.int_in_range(0..=5)?;
                Val::List((0..count).map(|_| element.value(input)).collect::<Result<_>>()?)
            }
            Self::Tuple(types) => Val::Tuple(types.iter().map(|ty| ty.value(input)).collect::<Result<_>>()?),
            Self::Record(fields) => {
                let fields = fields.iter().enumerate();
                let fields = fields.map(|(index, ty)| Ok((format!("n{index}"), ty.value(input)?)));
                Val::Record(fields.collect::<Result<_>>()?)
            }
            Self::Variant(cases) => {
                let index = input.choose_index(cases.len())?;
                let payload =
                    cases.get(index).and_then(Option::as_ref).map(|ty| some(ty, input)).transpose()?;
                Val::Variant(format!("n{index}"), payload)
            }
            Self::Enum(count) => Val::Enum(format!("n{}", input.choose_index(*count)?)),
            Self::Flags(count) => {
                let set: u32 = input.arbitrary()?;
                Val::Flags(
                    (0..*count).filter(|bit| set >> bit & 1 == 1).map(|bit| format!("n{bit}")).collect(),
                )
            }
            Self::Option(ty) => Val::Option(match input.arbitrary()? {
                true => Some(some(ty, input)?),
                false => None,
            }),
            Self::Result(ok, err) => Val::Result(match input.arbitrary()? {
                true => Ok(perhaps(ok, input)?),
                false => Err(perhaps(err, input)?),
            }),
        })
    }
}

fn labels(count: usize) -> String {
    (0..count).map(|index| format!(" \"n{index}\"")).collect()
}

fn plain(name: &str, input: &mut Unstructured<'_>) -> Result<Val> {
    Ok(match name {
        "bool" => Val::Bool(input.arbitrary()?),
        "s8" => Val::S8(input.arbitrary()?),
        "u8" => Val::U8(input.arbitrary()?),
        "s16" => Val::S16(input.arbitrary()?),
        "u16" => Val::U16(input.arbitrary()?),
        "s32" => Val::S32(input.arbitrary()?),
        "u32" => Val::U32(input.arbitrary()?),
        "s64" => Val::S64(input.arbitrary()?),
        "u64" => Val::U64(input.arbitrary()?),
        "f32" => Val::F32(f32::from_bits(input.arbitrary()?)),
        "f64" => Val::F64(f64::from_bits(input.arbitrary()?)),
        "char" => Val::Char(input.arbitrary()?),
        _ => Val::String(text(input)?),
    })
}

/// A text, at times of characters that fit one byte in Latin-1, at times of any.
fn text(input: &mut Unstructured<'_>) -> Result<String> {
    let count = input.int_in_range(0..=12)?;
    let narrow = input.ratio(2, 3)?;
    (0..count)
        .map(|_| match narrow || input.ratio(3, 4)? {
            true => input.arbitrary::<u8>().map(char::from),
            false => input.arbitrary(),
        })
        .collect()
}

/// A component whose functions return what they are given, or what lies in a memory of made-up words.
fn component(ty: &Ty, encoding: &str, numbers: &mut Numbers) -> String {
    let mut named = Vec::new();
    let element = ty.text(&mut named);
    let wrapped = format!("(tuple {element}{})", " u64".repeat(16));
    let word = |numbers: &mut Numbers| match numbers.below(4) {
        0 => numbers.integer() as u32,
        1 => numbers.below(65_536) as u32,
        _ => numbers.below(5) as u32,
    };
    let data: String =
        (0..96).flat_map(|_| word(numbers).to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
    let core = ty.core().unwrap_or("i32");
    let options = format!(
        "(memory (core memory $i \"mem\")) (realloc (core func $i \"realloc\")) string-encoding={encoding}"
    );
    let flat = match ty.core() {
        Some(_) => format!(
            "(func (export \"flat\") (param \"x\" {element}) (result {element}) (canon lift (core func $i \"flat\") {options}))"
        ),
        None => String::new(),
    };
    format!(
        r#"(component
  (core module $m
    (memory (export "mem") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $want i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $want)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.add (i32.shr_u (local.get $want) (i32.const 16)) (i32.const 1))))))
      (memory.copy (local.get $at) (local.get $old)
        (select (local.get $had) (local.get $want) (i32.lt_u (local.get $had) (local.get $want))))
      (local.get $at))
    (func (export "echo") (param i32) (result i32) (local.get 0))
    (func (export "flat") (param {core}) (result {core}) (local.get 0))
    (func (export "made-up") (result i32) (i32.const 256))
    (data (i32.const 256) "{data}"))
  (core instance $i (instantiate $m))
  {}
  (func (export "echo") (param "x" {wrapped}) (result {wrapped}) (canon lift (core func $i "echo") {options}))
  {flat}
  (func (export "made-up") (result {wrapped}) (canon lift (core func $i "made-up") {options})))"#,
        named.join("\n  "),
    )
}
