//! Made-up types of the Component Model and values of them, for the targets that send values through guests.

use arbitrary::{Result, Unstructured};
use plugbay_component::Val;
use plugbay_component::types::{ResourceType, ValType};

/// A type of values.
#[derive(Debug)]
pub enum Ty {
    /// One without parts.
    Plain(&'static str),
    /// An own of the resource `$r`.
    Own,
    /// `list`
    List(Box<Ty>),
    /// `tuple`
    Tuple(Vec<Ty>),
    /// `record`, with fields `n0`, `n1`, …
    Record(Vec<Ty>),
    /// `variant`, with cases `n0`, `n1`, …
    Variant(Vec<Option<Ty>>),
    /// `enum` of so many cases
    Enum(usize),
    /// `flags` of so many labels
    Flags(usize),
    /// `option`
    Option(Box<Ty>),
    /// `result`
    Result(Option<Box<Ty>>, Option<Box<Ty>>),
}

const PLAIN: &[&str] =
    &["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string", "string"];

impl Ty {
    /// A type of at most this depth, with handles or without.
    ///
    /// # Errors
    /// The input is used up.
    pub fn any(input: &mut Unstructured<'_>, depth: u32, handles: bool) -> Result<Self> {
        if handles && input.ratio(1, 10)? {
            return Ok(Self::Own);
        }
        if depth == 0 || input.ratio(1, 4)? {
            return Ok(Self::Plain(input.choose(PLAIN)?));
        }
        let boxed = |input: &mut Unstructured<'_>| Self::any(input, depth - 1, handles).map(Box::new);
        let perhaps = |input: &mut Unstructured<'_>| match input.arbitrary()? {
            true => boxed(input).map(Some),
            false => Ok(None),
        };
        let count = input.int_in_range(1..=4)?;
        let some = |input: &mut Unstructured<'_>| {
            (0..count).map(|_| Self::any(input, depth - 1, handles)).collect::<Result<_>>()
        };
        Ok(match input.int_in_range(0..=7)? {
            0 => Self::List(boxed(input)?),
            1 => Self::Tuple(some(input)?),
            2 => Self::Record(some(input)?),
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

    /// The type in the text format, in which the types that need a name are `$t0`, `$t1`, …: what these are is appended
    /// to `named`.
    pub fn text(&self, named: &mut Vec<String>) -> String {
        let definition = match self {
            Self::Plain(name) => return (*name).to_owned(),
            Self::Own => return "(own $r)".to_owned(),
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
        named.push(definition);
        format!("$t{}", named.len() - 1)
    }

    /// The core types that a value is passed as ("Flattening" of the Canonical ABI), written down here once more so that
    /// plugbay's own is compared with something.
    pub fn flat(&self) -> Vec<&'static str> {
        let case = |ty: Option<&Self>| ty.map_or(Vec::new(), Self::flat);
        match self {
            Self::Plain("s64" | "u64") => vec!["i64"],
            Self::Plain("f32") => vec!["f32"],
            Self::Plain("f64") => vec!["f64"],
            Self::Plain("string") | Self::List(_) => vec!["i32", "i32"],
            Self::Plain(_) | Self::Own | Self::Enum(_) | Self::Flags(_) => vec!["i32"],
            Self::Tuple(types) | Self::Record(types) => types.iter().flat_map(Self::flat).collect(),
            Self::Variant(cases) => variant(cases.iter().map(|ty| case(ty.as_ref()))),
            Self::Option(some) => variant([some.flat()].into_iter()),
            Self::Result(ok, err) => variant([case(ok.as_deref()), case(err.as_deref())].into_iter()),
        }
    }
}

/// A discriminant, and places that every case's payload fits in.
fn variant(cases: impl Iterator<Item = Vec<&'static str>>) -> Vec<&'static str> {
    let mut joined: Vec<&'static str> = Vec::new();
    for case in cases {
        for (index, ty) in case.into_iter().enumerate() {
            match joined.get(index).copied() {
                None => joined.push(ty),
                Some(other) if other == ty => {}
                Some(other) => {
                    joined[index] =
                        if [other, ty].iter().all(|ty| ty.ends_with("32")) { "i32" } else { "i64" }
                }
            }
        }
    }
    [vec!["i32"], joined].concat()
}

fn labels(count: usize) -> String {
    (0..count).map(|index| format!(" \"n{index}\"")).collect()
}

/// A value of type `ty`; the handles are what `handle` makes of the number of one.
///
/// # Errors
/// The input is used up.
pub fn value(
    ty: &ValType,
    input: &mut Unstructured<'_>,
    handle: &mut dyn FnMut(&ResourceType, u32) -> Option<Val>,
) -> Result<Val> {
    let some = |ty: &ValType,
                input: &mut Unstructured<'_>,
                handle: &mut dyn FnMut(&ResourceType, u32) -> Option<Val>| {
        value(ty, input, handle).map(Box::new)
    };
    Ok(match ty {
        ValType::Bool => Val::Bool(input.arbitrary()?),
        ValType::S8 => Val::S8(input.arbitrary()?),
        ValType::U8 => Val::U8(input.arbitrary()?),
        ValType::S16 => Val::S16(input.arbitrary()?),
        ValType::U16 => Val::U16(input.arbitrary()?),
        ValType::S32 => Val::S32(input.arbitrary()?),
        ValType::U32 => Val::U32(input.arbitrary()?),
        ValType::S64 => Val::S64(input.arbitrary()?),
        ValType::U64 => Val::U64(input.arbitrary()?),
        ValType::F32 => Val::F32(f32::from_bits(input.arbitrary()?)),
        ValType::F64 => Val::F64(f64::from_bits(input.arbitrary()?)),
        ValType::Char => Val::Char(input.arbitrary()?),
        ValType::String => Val::String(text(input)?),
        ValType::List(ty) => {
            let count = input.int_in_range(0..=5)?;
            Val::List((0..count).map(|_| value(ty.element(), input, handle)).collect::<Result<_>>()?)
        }
        ValType::Tuple(ty) => {
            Val::Tuple(ty.types().iter().map(|ty| value(ty, input, handle)).collect::<Result<_>>()?)
        }
        ValType::Record(ty) => {
            let fields = ty.fields().iter();
            let fields = fields.map(|(name, ty)| Ok((name.to_string(), value(ty, input, handle)?)));
            Val::Record(fields.collect::<Result<_>>()?)
        }
        ValType::Variant(ty) => {
            let (name, payload) = &ty.cases()[input.choose_index(ty.cases().len())?];
            let payload = payload.as_ref().map(|ty| some(ty, input, handle)).transpose()?;
            Val::Variant(name.to_string(), payload)
        }
        ValType::Enum(ty) => Val::Enum(ty.names()[input.choose_index(ty.names().len())?].to_string()),
        ValType::Flags(ty) => {
            let set: u32 = input.arbitrary()?;
            let names = ty.names().iter().enumerate();
            let set = names.filter(|(bit, _)| set.checked_shr(*bit as u32).is_some_and(|set| set & 1 == 1));
            Val::Flags(set.map(|(_, name)| name.to_string()).collect())
        }
        ValType::Option(ty) => Val::Option(match input.arbitrary()? {
            true => Some(some(ty.some(), input, handle)?),
            false => None,
        }),
        ValType::Result(ty) => Val::Result(match input.arbitrary()? {
            true => Ok(ty.ok().map(|ty| some(ty, input, handle)).transpose()?),
            false => Err(ty.err().map(|ty| some(ty, input, handle)).transpose()?),
        }),
        ValType::Own(ty) | ValType::Borrow(ty) => {
            handle(ty, input.arbitrary()?).ok_or(arbitrary::Error::IncorrectFormat)?
        }
        _ => return Err(arbitrary::Error::IncorrectFormat),
    })
}

/// The same value with other handles.
pub fn with_handles(ty: &ValType, given: &Val, handle: &mut dyn FnMut(&ResourceType, &Val) -> Val) -> Val {
    let boxed = |ty: Option<&ValType>,
                 given: &Option<Box<Val>>,
                 handle: &mut dyn FnMut(&ResourceType, &Val) -> Val| {
        match (ty, given) {
            (Some(ty), Some(given)) => Some(Box::new(with_handles(ty, given, handle))),
            _ => None,
        }
    };
    match (ty, given) {
        (ValType::Own(ty) | ValType::Borrow(ty), given) => handle(ty, given),
        (ValType::List(ty), Val::List(list)) => {
            Val::List(list.iter().map(|given| with_handles(ty.element(), given, handle)).collect())
        }
        (ValType::Tuple(ty), Val::Tuple(values)) => {
            let values = ty.types().iter().zip(values);
            Val::Tuple(values.map(|(ty, given)| with_handles(ty, given, handle)).collect())
        }
        (ValType::Record(ty), Val::Record(fields)) => {
            let fields = ty.fields().iter().zip(fields.iter());
            Val::Record(
                fields
                    .map(|((_, ty), (name, given))| (name.to_owned(), with_handles(ty, given, handle)))
                    .collect(),
            )
        }
        (ValType::Variant(ty), Val::Variant(name, payload)) => {
            let case = ty.cases().iter().find(|(case, _)| **case == **name).and_then(|(_, ty)| ty.as_ref());
            Val::Variant(name.clone(), boxed(case, payload, handle))
        }
        (ValType::Option(ty), Val::Option(payload)) => Val::Option(boxed(Some(ty.some()), payload, handle)),
        (ValType::Result(ty), Val::Result(result)) => Val::Result(match result {
            Ok(payload) => Ok(boxed(ty.ok(), payload, handle)),
            Err(payload) => Err(boxed(ty.err(), payload, handle)),
        }),
        _ => given.clone(),
    }
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
