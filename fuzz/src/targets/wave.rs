//! Any text as a WAVE value of a type that has every kind of type in it. What parses prints, and parses again to the same.

use std::sync::LazyLock;

use plugbay_component::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResultType, TupleType, ValType, VariantType,
};
use plugbay_component::wave;

use crate::Outcome;

static TYPE: LazyLock<ValType> = LazyLock::new(|| ty().expect("a type"));

/// Feeds one input.
pub fn run(bytes: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(bytes) else { return Outcome::Refused };
    let Ok(value) = wave::parse(&TYPE, text) else { return Outcome::Refused };
    let printed = wave::print(&value);
    let again = wave::parse(&TYPE, &printed).expect("what was printed parses");
    assert_eq!(wave::print(&again), printed);
    Outcome::Ran(1)
}

fn ty() -> Option<ValType> {
    let color = ValType::Enum(EnumType::new(["red".into(), "ok".into()]).ok()?);
    let perms = ValType::Flags(FlagsType::new(["read".into(), "write".into()]).ok()?);
    let shape = VariantType::new([("dot".into(), None), ("circle".into(), Some(ValType::F64))]).ok()?;
    let result = ResultType::new(Some(ValType::S32), Some(ValType::String)).ok()?;
    let pair = TupleType::new([ValType::Char, ValType::Option(OptionType::new(ValType::U64).ok()?)]).ok()?;
    let fields = [
        ("color".into(), color),
        ("perms".into(), perms),
        ("shape".into(), ValType::Variant(shape)),
        ("result".into(), ValType::Result(result)),
        ("pair".into(), ValType::Tuple(pair)),
        ("on".into(), ValType::Bool),
    ];
    Some(ValType::List(ListType::new(ValType::Record(RecordType::new(fields).ok()?))))
}
