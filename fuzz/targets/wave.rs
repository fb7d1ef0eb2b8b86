//! Any text as a WAVE value of a type that has every kind of type in it. What parses prints, and parses again to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plugbay_component::types::{
    EnumType, FlagsType, ListType, OptionType, RecordType, ResultType, TupleType, ValType, VariantType,
};
use plugbay_component::wave;

fuzz_target!(|text: &str| {
    let Some(ty) = ty() else { return };
    if let Ok(value) = wave::parse(&ty, text) {
        let printed = wave::print(&value);
        let again = wave::parse(&ty, &printed).expect("what was printed parses");
        assert_eq!(wave::print(&again), printed);
    }
});

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
