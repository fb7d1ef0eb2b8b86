//! Worlds as WIT text and as JSON Schema, and the changes between two of them.

use std::sync::Arc;

use super::{ChangeKind, Member, MemberChange, Side, Verdict, WorldType};
use crate::types::{
    ComponentItem, EnumType, FlagsType, FuncType, InstanceType, ListType, OptionType, RecordType,
    ResourceType, ResultType, TupleType, ValType, VariantType,
};

fn record(fields: &[(&str, ValType)]) -> ValType {
    ValType::Record(RecordType::new(fields.iter().map(|(name, ty)| ((*name).into(), ty.clone()))).unwrap())
}

fn cases(names: &[&str]) -> ValType {
    ValType::Enum(EnumType::new(names.iter().map(|name| Arc::from(*name))).unwrap())
}

fn option(ty: ValType) -> ValType {
    ValType::Option(OptionType::new(ty).unwrap())
}

fn func(params: &[(&str, ValType)], result: Option<ValType>) -> ComponentItem {
    ComponentItem::Func(FuncType::new(params.iter().map(|(name, ty)| ((*name).into(), ty.clone())), result))
}

fn interface(items: Vec<(&str, ComponentItem)>) -> ComponentItem {
    ComponentItem::Instance(InstanceType::new(items.into_iter().map(|(name, item)| (name.into(), item))))
}

fn world(imports: Vec<(&str, ComponentItem)>, exports: Vec<(&str, ComponentItem)>) -> WorldType {
    let shared = |items: Vec<(&str, ComponentItem)>| -> Vec<_> {
        items.into_iter().map(|(name, item)| (Arc::from(name), item)).collect()
    };
    WorldType::new(shared(imports), shared(exports))
}

/// An interface with a record, a function that takes it, and a function that gives it.
fn tools(fields: &[(&str, ValType)], kinds: &[&str]) -> ComponentItem {
    let kind = cases(kinds);
    let mut fields = fields.to_vec();
    fields.insert(0, ("kind", kind.clone()));
    let token = record(&fields);
    interface(vec![
        ("kind", ComponentItem::Type(kind)),
        ("token", ComponentItem::Type(token.clone())),
        ("show", func(&[("token", token.clone())], Some(ValType::String))),
        ("next", func(&[], Some(ValType::List(ListType::new(token))))),
    ])
}

fn changes(old: ComponentItem, new: ComponentItem) -> Vec<String> {
    let old = world(vec![], vec![("demo:a/tools@1.0.0", old)]);
    let new = world(vec![], vec![("demo:a/tools@1.1.0", new)]);
    old.changes_to(&new)
        .iter()
        .map(|change| format!("{change} [{} {}]", change.old_plugins(), change.old_hosts()))
        .collect()
}

#[test]
fn what_grew_is_told_once_where_it_is_named() {
    let old = tools(&[("text", ValType::String)], &["word", "space"]);
    assert!(changes(old.clone(), tools(&[("text", ValType::String)], &["word", "space"])).is_empty());
    let new = tools(&[("text", ValType::String), ("line", option(ValType::U32))], &["word", "space", "mark"]);
    assert_eq!(
        changes(old.clone(), new.clone()),
        [
            "export demo:a/tools@1.1.0.kind: case `mark` added [adapts breaks]",
            "export demo:a/tools@1.1.0.token: field `line` added [adapts breaks]",
        ]
    );
    assert_eq!(
        changes(new, old),
        [
            "export demo:a/tools@1.1.0.kind: case `mark` removed [breaks breaks]",
            "export demo:a/tools@1.1.0.token: field `line` removed [breaks breaks]",
        ]
    );
}

#[test]
fn other_types_are_told_where_they_are() {
    let old = tools(&[("at", ValType::U32), ("b", ValType::Bool)], &["a"]);
    let new = tools(&[("b", ValType::Bool), ("at", ValType::U64)], &["a"]);
    assert_eq!(
        changes(old, new),
        [
            "export demo:a/tools@1.1.0.token.at: was u32, is u64 [breaks breaks]",
            "export demo:a/tools@1.1.0.token: field `b` moved [adapts adapts]",
        ]
    );
    let deep = |ty| {
        interface(vec![("f", func(&[("x", option(ValType::Tuple(TupleType::new([ty]).unwrap())))], None))])
    };
    assert_eq!(
        changes(deep(ValType::S8), deep(ValType::Char)),
        ["export demo:a/tools@1.0.0#f: parameter `x`: some: element 0: was s8, is char [breaks breaks]"]
            .map(|text| text.replace("1.0.0", "1.1.0"))
    );
}

#[test]
fn functions_and_interfaces() {
    let f = || func(&[], None);
    let old = world(vec![("a:b/c@0.1.0", interface(vec![("f", f())])), ("gone", f())], vec![("run", f())]);
    let new = world(
        vec![("a:b/c@0.2.0", interface(vec![("f", f())])), ("more", f())],
        vec![("run", func(&[("x", ValType::U8)], Some(ValType::U8))), ("extra", f())],
    );
    let found = old.changes_to(&new);
    let told: Vec<_> = found.iter().map(|c| (c.to_string(), c.old_plugins(), c.old_hosts())).collect();
    let told: Vec<_> = told.iter().map(|(text, a, b)| (text.as_str(), *a, *b)).collect();
    use Verdict::{Adapts, Breaks, Fits};
    assert_eq!(
        told,
        [
            (
                "import a:b/c@0.1.0: interface removed; there is `a:b/c@0.2.0`, which is not a compatible version",
                Breaks,
                Fits
            ),
            ("import gone: function removed", Breaks, Fits),
            ("import a:b/c@0.2.0: interface added", Fits, Breaks),
            ("import more: function added", Fits, Breaks),
            ("export run: took 0 parameters, takes 1", Breaks, Breaks),
            ("export run: result: was nothing, is u8", Breaks, Breaks),
            ("export extra: function added", Adapts, Fits),
        ]
    );
}

#[test]
fn resources_are_the_same_when_their_definitions_are() {
    let with = |id| {
        let file = ResourceType::new("file", id);
        interface(vec![
            ("open", func(&[], Some(ValType::Own(file.clone())))),
            ("[method]file.size", func(&[("self", ValType::Borrow(file.clone()))], Some(ValType::U64))),
            ("file", ComponentItem::Resource(file)),
        ])
    };
    assert!(changes(with(1), with(77)).is_empty());
    let other =
        interface(vec![("file", ComponentItem::Type(ValType::U8)), ("open", func(&[], Some(ValType::U8)))]);
    assert!(
        changes(with(1), other).contains(
            &"export demo:a/tools@1.1.0.file: was a resource, is a type [breaks breaks]".to_owned()
        )
    );
}

#[test]
fn a_field_with_a_default_of_its_own_is_told_apart() {
    let old = tools(&[], &["a"]);
    let new = tools(&[("line", option(ValType::U32)), ("size", ValType::U8)], &["a"]);
    let [old, new] = [old, new].map(|item| world(vec![("a:b/c", item)], vec![]));
    let added: Vec<_> = old.changes_to(&new).into_iter().map(|change| (change.side, change.kind)).collect();
    let field = |name: &str, optional| {
        let change = MemberChange::Added { optional };
        (Side::Import, ChangeKind::Member { member: Member::Field, name: name.into(), change })
    };
    assert_eq!(added, [field("line", true), field("size", false)]);
}

#[test]
fn types_that_double_at_every_level_are_compared_quickly() {
    // Lists have the same size whatever is in them, so that the tuples do not grow too large.
    let small = |leaf: ValType| {
        let ty = (0..30).fold(leaf, |ty, _| {
            let list = ValType::List(ListType::new(ty));
            ValType::Tuple(TupleType::new([list.clone(), list]).unwrap())
        });
        world(vec![], vec![("f", func(&[("x", ty)], None))])
    };
    assert_eq!(small(ValType::U8).changes_to(&small(ValType::U8)), []);
    assert_eq!(small(ValType::U8).changes_to(&small(ValType::S8)).len(), 1);
    assert!(small(ValType::U8).to_wit().unwrap().contains("// export f"));
    #[cfg(feature = "json")]
    small(ValType::U8).params_schema("f").unwrap().unwrap_err();
}

#[test]
fn a_world_reads_as_wit() {
    let file = ResourceType::new("file", 3);
    let error = ValType::Variant(
        VariantType::new([("not-found".into(), None), ("other".into(), Some(ValType::String))]).unwrap(),
    );
    let rights = ValType::Flags(FlagsType::new(["read".into(), "write".into()]).unwrap());
    let outcome = |ok| ValType::Result(ResultType::new(Some(ok), Some(error.clone())).unwrap());
    let files = interface(vec![
        ("file", ComponentItem::Resource(file.clone())),
        ("error", ComponentItem::Type(error.clone())),
        ("rights", ComponentItem::Type(rights.clone())),
        ("[constructor]file", func(&[("name", ValType::String)], Some(ValType::Own(file.clone())))),
        (
            "[method]file.read",
            func(&[("self", ValType::Borrow(file.clone()))], Some(outcome(ValType::String))),
        ),
        ("[static]file.list", func(&[("with", rights)], None)),
    ]);
    // Equal, and not the same in memory.
    let error = ValType::Variant(
        VariantType::new([("not-found".into(), None), ("other".into(), Some(ValType::String))]).unwrap(),
    );
    let search = interface(vec![
        ("file", ComponentItem::Resource(file.clone())),
        ("error", ComponentItem::Type(error.clone())),
        ("type", ComponentItem::Type(ValType::List(ListType::new(ValType::U8)))),
        ("in-file", func(&[("f", ValType::Borrow(file.clone()))], Some(error))),
    ]);
    let world = world(
        vec![("a:fs/files@1.0.0", files), ("log", func(&[("list", ValType::String)], None))],
        vec![
            ("a:find/search", search),
            ("open", func(&[], Some(ValType::Own(file)))),
            ("m", ComponentItem::Module),
        ],
    );
    assert_eq!(world.to_wit().unwrap(), WIT);
}

const WIT: &str = "\
package root:component;

world root {
  use a:fs/files@1.0.0.{file};
  import a:fs/files@1.0.0;
  import log: func(%list: string);
  export a:find/search;
  export open: func() -> file;
  // export of a core module: m
}

package a:find {
  interface search {
    use a:fs/files@1.0.0.{file};
    use a:fs/files@1.0.0.{error};
    type %type = list<u8>;
    in-file: func(f: borrow<file>) -> error;
  }
}

package a:fs@1.0.0 {
  interface files {
    variant error {
      not-found,
      other(string),
    }
    flags rights {
      read,
      write,
    }
    resource file {
      constructor(name: string);
      read: func() -> result<string, error>;
      %list: static func(%with: rights);
    }
  }
}
";

#[cfg(feature = "json")]
#[test]
fn the_schema_of_a_function() {
    let world =
        world(vec![], vec![("demo:a/tools@1.0.0", tools(&[("line", option(ValType::U8))], &["word"]))]);
    let params = world.params_schema("demo:a/tools#show").unwrap().unwrap();
    assert_eq!(
        params,
        serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"token": {"$ref": "#/$defs/demo:a~1tools@1.0.0.token"}},
            "required": ["token"],
            "additionalProperties": false,
            "$defs": {
                "demo:a/tools@1.0.0.kind": {"enum": ["word"]},
                "demo:a/tools@1.0.0.token": {
                    "type": "object",
                    "properties": {
                        "kind": {"$ref": "#/$defs/demo:a~1tools@1.0.0.kind"},
                        "line": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 0, "maximum": 255}]},
                    },
                    "required": ["kind"],
                    "additionalProperties": false,
                },
            },
        })
    );
    let result = world.result_schema("demo:a/tools#show").unwrap().unwrap();
    assert_eq!(result["type"], "string");
    assert!(world.params_schema("demo:a/tools#gone").is_none());
}

#[test]
fn a_map_is_written_as_one_and_is_no_list() {
    let with = |list| world(vec![], vec![("f", func(&[("m", ValType::List(list))], None))]);
    let map = with(ListType::map(ValType::String, ValType::U32).unwrap());
    let pairs = TupleType::new([ValType::String, ValType::U32]).unwrap();
    let list = with(ListType::new(ValType::Tuple(pairs)));
    assert!(map.to_wit().unwrap().contains("f: func(m: map<string, u32>)"), "{}", map.to_wit().unwrap());
    assert_eq!((map.changes_to(&list).len(), map.changes_to(&map).len()), (1, 0));
}
