//! `#[derive(ComponentType, Lift, Lower)]` on an application's own types: layouts and typechecks agree with the component
//! types, and values come back as they went, flat and through memory.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::any::TypeId;
use std::fmt::Debug;
use std::sync::Arc;

use plugbay::macro_support::{ComponentType, Lift, Lower};
use plugbay_component::marshal::{
    FlatReader, FlatWriter, Guest, Handles, Layout, LiftContext, LowerContext, StringEncoding,
};
use plugbay_component::types::{
    EnumType, FlagsType, RecordType, ResourceType, TupleType, ValType, VariantType,
};
use plugbay_component::{Error, ResourceAny};

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Token {
    kind: Kind,
    #[component(name = "from")]
    start: u8,
    length: u64,
    r#type: Level,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
enum Kind {
    Word,
    Mark(char),
    Wide((u8, f64)),
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(enum)]
enum Level {
    Debug,
    LastResort,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
struct Perms {
    read: bool,
    write: bool,
    may_exec: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
struct Nine {
    a: bool,
    b: bool,
    c: bool,
    d: bool,
    e: bool,
    f: bool,
    g: bool,
    h: bool,
    i: bool,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Pair<A, B> {
    first: A,
    second: B,
}

/// A name without a type of its own.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Name(String);

#[derive(ComponentType, Lower)]
struct View<'a> {
    text: &'a str,
    parts: &'a [u16],
}

/// A guest that is nothing but memory; `realloc` takes the next free bytes.
struct Memory {
    bytes: Vec<u8>,
    free: u32,
}

impl Guest for Memory {
    fn encoding(&self) -> StringEncoding {
        StringEncoding::Utf8
    }

    fn memory(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn realloc(&mut self, _: u32, _: u32, align: u32, size: u32) -> Result<u32, Error> {
        let ptr = self.free.next_multiple_of(align);
        self.free = ptr + size;
        Ok(ptr)
    }

    fn lower_own(&mut self, _: Option<&ResourceType>, _: ResourceAny) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lower_borrow(&mut self, _: Option<&ResourceType>, _: ResourceAny) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lower_host_own(&mut self, _: TypeId, _: u32) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lower_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }
}

struct NoHandles;

impl Handles for NoHandles {
    fn lift_own(&mut self, _: Option<&ResourceType>, _: u32) -> Result<ResourceAny, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lift_borrow(&mut self, _: Option<&ResourceType>, _: u32) -> Result<ResourceAny, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lift_host_own(&mut self, _: TypeId, _: u32) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }

    fn lift_host_borrow(&mut self, _: TypeId, _: u32) -> Result<u32, Error> {
        Err(Error::misuse("no resources here"))
    }
}

fn memory() -> Memory {
    // What is not written must not be zero, so that a read of padding would show.
    Memory { bytes: vec![0xaa; 1024], free: 512 }
}

fn flat<T: Lower>(value: &T, memory: &mut Memory) -> Vec<u64> {
    let mut slots = vec![u64::MAX; T::LAYOUT.flat.len()];
    let mut writer = FlatWriter::new(&mut slots);
    value.lower(&mut LowerContext::new(memory), &mut writer).unwrap();
    assert_eq!(writer.position(), T::LAYOUT.flat.len(), "every slot is written");
    slots
}

fn stored<T: Lower>(value: &T) -> Memory {
    let mut memory = memory();
    value.store(&mut LowerContext::new(&mut memory), 64).unwrap();
    memory
}

fn lift<T: Lift>(slots: &[u64], memory: &Memory) -> Result<T, Error> {
    let mut handles = NoHandles;
    let mut cx = LiftContext::new(&memory.bytes, StringEncoding::Utf8, &mut handles, 1 << 20);
    T::lift(&mut cx, &mut FlatReader::new(slots))
}

fn load<T: Lift>(memory: &Memory) -> Result<T, Error> {
    let mut handles = NoHandles;
    T::load(&mut LiftContext::new(&memory.bytes, StringEncoding::Utf8, &mut handles, 1 << 20), 64)
}

fn round_trip<T: Lower + Lift + PartialEq + Debug>(value: &T) {
    let mut memory = memory();
    let slots = flat(value, &mut memory);
    assert_eq!(lift::<T>(&slots, &memory).unwrap(), *value, "flat");
    assert_eq!(load::<T>(&stored(value)).unwrap(), *value, "memory");
}

fn record(fields: &[(&str, ValType)]) -> ValType {
    ValType::Record(RecordType::new(fields.iter().map(|(name, ty)| (Arc::from(*name), ty.clone()))).unwrap())
}

fn names(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

fn kind_type() -> ValType {
    let wide = ValType::Tuple(TupleType::new([ValType::U8, ValType::F64]).unwrap());
    ValType::Variant(
        VariantType::new([
            (Arc::from("word"), None),
            (Arc::from("mark"), Some(ValType::Char)),
            (Arc::from("wide"), Some(wide)),
            (Arc::from("other"), Some(ValType::String)),
        ])
        .unwrap(),
    )
}

fn level_type() -> ValType {
    ValType::Enum(EnumType::new(names(&["debug", "last-resort"])).unwrap())
}

fn token_type() -> ValType {
    record(&[("kind", kind_type()), ("from", ValType::U8), ("length", ValType::U64), ("type", level_type())])
}

fn agrees<T: ComponentType>(ty: &ValType) {
    T::typecheck(ty).unwrap();
    assert_eq!(T::LAYOUT, *ty.layout());
}

#[test]
fn layouts_and_names_agree_with_the_component_types() {
    agrees::<Kind>(&kind_type());
    agrees::<Level>(&level_type());
    agrees::<Token>(&token_type());
    agrees::<Perms>(&ValType::Flags(FlagsType::new(names(&["read", "write", "may-exec"])).unwrap()));
    agrees::<Nine>(&ValType::Flags(
        FlagsType::new(names(&["a", "b", "c", "d", "e", "f", "g", "h", "i"])).unwrap(),
    ));
    agrees::<Pair<u8, Pair<u64, u8>>>(&record(&[
        ("first", ValType::U8),
        ("second", record(&[("first", ValType::U64), ("second", ValType::U8)])),
    ]));
    agrees::<Name>(&ValType::String);
}

#[test]
fn values_come_back_as_they_went() {
    for kind in [Kind::Word, Kind::Mark('é'), Kind::Wide((7, 2.5)), Kind::Other("größer".into())] {
        round_trip(&kind);
        for r#type in [Level::Debug, Level::LastResort] {
            round_trip(&Token { kind: kind.clone(), start: 3, length: u64::MAX, r#type });
        }
    }
    round_trip(&Perms { read: true, write: false, may_exec: true });
    round_trip(&Nine { a: true, i: true, ..Nine::default() });
    round_trip(&Pair {
        first: Name("n".into()),
        second: Pair { first: vec![1u16, 2], second: Some(Level::Debug) },
    });
    round_trip(&vec![Pair { first: 1u8, second: 2u64 }, Pair { first: 3, second: 4 }]);
}

#[test]
fn memory_is_written_where_the_canonical_abi_says() {
    let memory = stored(&Token { kind: Kind::Mark('A'), start: 9, length: 5, r#type: Level::LastResort });
    let at = |offset: usize, len: usize| memory.bytes[64 + offset..64 + offset + len].to_vec();
    assert_eq!(Token::LAYOUT.size, 48);
    assert_eq!(at(0, 1), [1], "the case");
    assert_eq!(at(8, 4), [65, 0, 0, 0], "the payload, aligned for the widest case");
    assert_eq!(at(24, 1), [9]);
    assert_eq!(at(32, 8), 5u64.to_le_bytes());
    assert_eq!(at(40, 1), [1]);
    let memory = stored(&Nine { b: true, i: true, ..Nine::default() });
    assert_eq!(memory.bytes[64..67], [2, 1, 0xaa]);
}

#[test]
fn types_that_only_borrow_can_be_lowered() {
    let view = View { text: "abc", parts: &[1, 2] };
    agrees::<View<'_>>(&record(&[
        ("text", ValType::String),
        ("parts", ValType::List(plugbay_component::types::ListType::new(ValType::U16))),
    ]));
    let owned: Pair<String, Vec<u16>> = load(&stored(&view)).unwrap();
    assert_eq!(owned, Pair { first: "abc".into(), second: vec![1, 2] });
}

#[test]
fn a_case_that_does_not_exist_is_refused() {
    let error = lift::<Level>(&[2], &memory()).unwrap_err();
    assert_eq!(error.to_string(), "invalid variant discriminant");
    let error = load::<Kind>(&memory()).unwrap_err();
    assert_eq!(error.to_string(), "invalid variant discriminant");
}

#[test]
fn bits_beyond_the_last_flag_are_ignored() {
    assert_eq!(lift::<Perms>(&[0xfff2], &memory()).unwrap(), Perms { write: true, ..Perms::default() });
}

#[test]
fn a_type_that_differs_is_refused_with_the_place() {
    let message = |ty: &ValType| Token::typecheck(ty).unwrap_err().to_string();
    let renamed = record(&[
        ("kind", kind_type()),
        ("start", ValType::U8),
        ("length", ValType::U64),
        ("type", level_type()),
    ]);
    assert!(message(&renamed).contains("field number 2"), "{}", message(&renamed));
    let retyped = record(&[
        ("kind", kind_type()),
        ("from", ValType::U16),
        ("length", ValType::U64),
        ("type", level_type()),
    ]);
    assert!(message(&retyped).contains("field `from`"), "{}", message(&retyped));
    let shorter = record(&[("kind", kind_type()), ("from", ValType::U8), ("length", ValType::U64)]);
    assert!(message(&shorter).contains("4 fields"), "{}", message(&shorter));
    assert!(Perms::typecheck(&ValType::U8).unwrap_err().to_string().contains("flags"));
    let bare = ValType::Variant(
        VariantType::new(["word", "mark", "wide", "other"].map(|name| (Arc::from(name), None))).unwrap(),
    );
    assert!(Kind::typecheck(&bare).unwrap_err().to_string().contains("case `mark`"));
}

#[test]
fn the_unit_layout_is_that_of_no_payload() {
    assert_eq!(<() as ComponentType>::LAYOUT, Layout::UNIT);
}
