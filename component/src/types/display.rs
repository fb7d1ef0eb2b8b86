//! Types as text, in WIT's notation, for messages and inspection. A type can be a very large tree, with very long names,
//! on purpose, so the text stops at a depth, a width and a length of names, and says `…`.

use std::fmt::{self, Display, Formatter};

use super::{FuncType, ResourceType, ValType};

/// Nesting that is still written out.
const DEPTH: usize = 4;
/// Members that are still written out.
const WIDTH: usize = 8;
/// Bytes of a name that are still written out.
const NAME: usize = 64;

/// A name that a component gave, cut where it would only be there to fill the screen.
pub(crate) struct Name<'a>(pub(crate) &'a str);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().find(|(at, char)| at + char.len_utf8() > NAME) {
            None => f.write_str(self.0),
            Some((end, _)) => write!(f, "{}…", self.0.get(..end).unwrap_or_default()),
        }
    }
}

/// Names in a message: the first of them, each in backquotes.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names = names.into_iter().take(2 * WIDTH).map(|name| format!("`{}`", Name(name)));
    names.collect::<Vec<_>>().join(", ")
}

impl Display for ValType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_type(f, self, DEPTH)
    }
}

impl Display for ResourceType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Name(self.name()).fmt(f)
    }
}

impl Display for FuncType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("func(")?;
        members(f, self.params(), |f, (name, ty)| write!(f, "{}: {ty}", Name(name)))?;
        f.write_str(")")?;
        self.result().map_or(Ok(()), |ty| write!(f, " -> {ty}"))
    }
}

fn write_type(f: &mut Formatter<'_>, ty: &ValType, depth: usize) -> fmt::Result {
    let Some(depth) = depth.checked_sub(1) else {
        return f.write_str("…");
    };
    match ty {
        ValType::List(ty) => match ty.entry() {
            Some((key, value)) => generic(f, "map", &[key, value], depth),
            None => generic(f, "list", &[ty.element()], depth),
        },
        ValType::Option(ty) => generic(f, "option", &[ty.some()], depth),
        ValType::Tuple(ty) => {
            f.write_str("tuple<")?;
            members(f, ty.types(), |f, ty| write_type(f, ty, depth))?;
            f.write_str(">")
        }
        ValType::Result(ty) => match (ty.ok(), ty.err()) {
            (None, None) => f.write_str("result"),
            (Some(ok), None) => generic(f, "result", &[ok], depth),
            (Some(ok), Some(err)) => generic(f, "result", &[ok, err], depth),
            (None, Some(err)) => {
                f.write_str("result<_, ")?;
                write_type(f, err, depth)?;
                f.write_str(">")
            }
        },
        ValType::Record(ty) => braces(f, "record", ty.fields(), |f, (name, ty)| {
            write!(f, "{}: ", Name(name))?;
            write_type(f, ty, depth)
        }),
        ValType::Variant(ty) => braces(f, "variant", ty.cases(), |f, (name, payload)| {
            Name(name).fmt(f)?;
            let Some(payload) = payload else {
                return Ok(());
            };
            f.write_str("(")?;
            write_type(f, payload, depth)?;
            f.write_str(")")
        }),
        ValType::Enum(ty) => braces(f, "enum", ty.names(), |f, name| Name(name).fmt(f)),
        ValType::Flags(ty) => braces(f, "flags", ty.names(), |f, name| Name(name).fmt(f)),
        ValType::Own(ty) => write!(f, "own<{ty}>"),
        ValType::Borrow(ty) => write!(f, "borrow<{ty}>"),
        primitive => f.write_str(primitive_name(primitive)),
    }
}

fn primitive_name(ty: &ValType) -> &'static str {
    match ty {
        ValType::Bool => "bool",
        ValType::S8 => "s8",
        ValType::U8 => "u8",
        ValType::S16 => "s16",
        ValType::U16 => "u16",
        ValType::S32 => "s32",
        ValType::U32 => "u32",
        ValType::S64 => "s64",
        ValType::U64 => "u64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::Char => "char",
        ValType::String => "string",
        _ => "…",
    }
}

fn generic(f: &mut Formatter<'_>, name: &str, types: &[&ValType], depth: usize) -> fmt::Result {
    write!(f, "{name}<")?;
    members(f, types, |f, ty| write_type(f, ty, depth))?;
    f.write_str(">")
}

fn braces<T>(
    f: &mut Formatter<'_>,
    name: &str,
    items: &[T],
    each: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{name} {{ ")?;
    members(f, items, each)?;
    f.write_str(" }")
}

fn members<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    each: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        if i == WIDTH {
            return f.write_str("…");
        }
        each(f, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{EnumType, FuncType, OptionType, RecordType, ResultType, TupleType, ValType};

    #[test]
    fn types_read_like_wit() {
        let point = RecordType::new([("x".into(), ValType::S32), ("y".into(), ValType::S32)]).unwrap();
        let result = ResultType::new(None, Some(ValType::String)).unwrap();
        let func = FuncType::new([("at".into(), ValType::Record(point))], Some(ValType::Result(result)));
        assert_eq!(func.to_string(), "func(at: record { x: s32, y: s32 }) -> result<_, string>");
    }

    #[test]
    fn names_made_to_fill_the_screen_are_cut() {
        let ty = ValType::Enum(EnumType::new(["é".repeat(1000).into(), "b".into()]).unwrap());
        assert_eq!(ty.to_string(), format!("enum {{ {}…, b }}", "é".repeat(32)));
        assert!(super::names((0..100).map(|_| "name")).len() < 200);
    }

    #[test]
    fn a_tree_that_doubles_at_every_level_stays_short() {
        let mut ty = ValType::Bool;
        for _ in 0..20 {
            ty = ValType::Tuple(TupleType::new([ty.clone(), ty]).unwrap());
        }
        assert!(ValType::Option(OptionType::new(ty).unwrap()).to_string().len() < 200);
    }
}
