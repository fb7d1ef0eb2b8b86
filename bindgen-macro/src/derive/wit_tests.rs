//! `#[wit(…)]` by its error texts, over WIT given as text. That the compiler shows them at the right fields is tested by
//! their spans; what the compiler itself compares is in `host/tests/compile_fail.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{model, wit};

const WIT: &str = "package demo:editor@0.1.0;
interface types {
  record token {
    kind: token-kind,
    start: u32,
    length: u64,
    text: option<string>,
  }
  enum token-kind { word, number, white-space }
  variant edit { insert(token), remove(tuple<u32, u32>), undo }
  flags perms { read, write }
  type id = u64;
  type ids = list<id>;
  resource buffer;
}
world plugin { record settings { width: u8 } }
";

/// All messages about a type, a line each.
fn messages(name: &str, input: &TokenStream) -> Vec<String> {
    let model = model::parse(quote!(#[wit(#name, inline = #WIT)] #input)).unwrap();
    match wit::check(&model, Some(std::path::Path::new("/nowhere"))) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

fn message(name: &str, input: &TokenStream) -> String {
    messages(name, input).join("\n")
}

fn token(fields: &TokenStream) -> String {
    message("demo:editor/types.token", &quote!(struct Token { #fields }))
}

#[test]
fn types_that_fit() {
    let fitting = [
        (
            "types.token",
            quote!(
                struct T<'a> {
                    kind: Kind,
                    start: u32,
                    length: u64,
                    text: Option<&'a str>,
                }
            ),
        ),
        (
            "demo:editor/types@0.1.0.token",
            quote!(
                struct T {
                    kind: Kind,
                    start: u32,
                    length: u64,
                    text: Option<Box<str>>,
                }
            ),
        ),
        (
            "demo:editor/types@0.1.0#token-kind",
            quote!(
                enum K {
                    Word,
                    Number,
                    WhiteSpace,
                }
            ),
        ),
        (
            "demo:editor/types.edit",
            quote!(
                enum Edit {
                    Insert(Box<Token>),
                    Remove((u32, u32)),
                    Undo,
                }
            ),
        ),
        (
            "types.perms",
            quote!(
                #[component(flags)]
                struct Perms {
                    read: bool,
                    write: bool,
                }
            ),
        ),
        (
            "types.id",
            quote!(
                struct Id(u64);
            ),
        ),
        (
            "types.ids",
            quote!(
                struct Ids(Vec<Id>);
            ),
        ),
        (
            "plugin.settings",
            quote!(
                struct Settings {
                    width: u8,
                }
            ),
        ),
    ];
    for (name, input) in fitting {
        assert_eq!(messages(name, &input), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn types_of_fields() {
    assert_eq!(
        token(&quote!(kind: Kind, start: u64, length: u64, text: Option<Vec<u8>>)),
        "`start` is `u32` in the WIT (inline.wit:5:5), not `u64`: write `u32`\n\
         `text` is `option<string>` in the WIT (inline.wit:7:5), not `Option<Vec<u8>>`: write `Option<String>`"
    );
}

#[test]
fn names_of_fields() {
    assert_eq!(
        token(&quote!(kind: Kind, begin: u32, length: u64, text: Option<String>)),
        "field number 2 of `token` is `start` in the WIT (inline.wit:5:5), not `begin`: call it `start`, or write \
         `#[component(name = \"start\")]` before it"
    );
    assert_eq!(
        token(
            &quote!(kind: Kind, #[component(name = "start")] begin: u32, length: u64, text: Option<String>)
        ),
        ""
    );
}

#[test]
fn fields_missing_and_too_many() {
    assert_eq!(
        token(&quote!(kind: Kind, start: u32, text: Option<String>)),
        "the field `length` of `token` in the WIT (inline.wit:6:5) is missing: write `length: u64,` after `start`"
    );
    assert_eq!(
        token(&quote!(kind: Kind, start: u32, length: u64, colour: u8, text: Option<String>)),
        "`token` has no field `colour` in the WIT (inline.wit:3:10): remove it; there are `kind`, `start`, `length`, \
         `text`"
    );
}

#[test]
fn order_of_fields() {
    assert_eq!(
        token(&quote!(start: u32, kind: Kind, length: u64, text: Option<String>)),
        "`start` is field number 2 of `token` in the WIT (inline.wit:5:5), and the order counts: `kind`, `start`, \
         `length`, `text`"
    );
}

#[test]
fn cases_and_their_payloads() {
    let edit = |cases: TokenStream| message("types.edit", &quote!(enum Edit { #cases }));
    assert_eq!(
        edit(quote!(Insert, Remove((u32, u64)), Undo(u8))),
        "the case `insert` carries `token` in the WIT (inline.wit:10:18): write `Insert(Token)`\n\
         `remove` is `tuple<u32, u32>` in the WIT (inline.wit:10:33), not `(u32, u64)`: write `(u32, u32)`\n\
         the case `undo` carries nothing in the WIT (inline.wit:10:58): write `Undo`"
    );
    assert_eq!(
        edit(quote!(Insert(Token), Undo)),
        "the case `remove` of `edit` in the WIT (inline.wit:10:33) is missing: write `Remove((u32, u32)),` after \
         `insert`"
    );
    assert_eq!(
        message(
            "types.token-kind",
            &quote!(
                enum K {
                    Word,
                    Number,
                }
            )
        ),
        "the case `white-space` of `token-kind` in the WIT (inline.wit:9:35) is missing: write `WhiteSpace,` after \
         `number`"
    );
    assert_eq!(
        message(
            "types.perms",
            &quote!(
                #[component(flags)]
                struct P {
                    read: bool,
                }
            )
        ),
        "the flag `write` of `perms` in the WIT (inline.wit:11:23) is missing: write `write: bool,` after `read`"
    );
}

fn kinds_of(cases: &[(&str, TokenStream, &str)]) {
    for (name, input, expected) in cases {
        let text = message(name, input);
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn structs_of_another_kind() {
    let of_bools = quote!(
        struct P {
            read: bool,
            write: bool,
        }
    );
    let of_a_byte = quote!(
        struct E {
            a: u8,
        }
    );
    kinds_of(&[
        (
            "types.perms",
            of_bools,
            "is flags in the WIT (inline.wit:11:9), not a record: make every field a `bool` and write \
             `#[component(flags)]`",
        ),
        (
            "types.edit",
            of_a_byte.clone(),
            "is a variant in the WIT (inline.wit:10:11), not a record: write an enum",
        ),
        ("types.buffer", of_a_byte.clone(), "is a resource in the WIT"),
        ("types.ids", of_a_byte, "is `list<id>` in the WIT"),
        (
            "types.id",
            quote!(
                struct Id(u32);
            ),
            "`id` of `demo:editor/types@0.1.0` is `u64` in the WIT (inline.wit:12:8), not `u32`: use `u64`, or write \
             `struct Id(u64);`",
        ),
    ]);
}

#[test]
fn enums_of_another_kind() {
    let without_payloads = quote!(
        enum E {
            A,
            B,
        }
    );
    let with_a_payload = quote!(
        enum K {
            A(u8),
        }
    );
    kinds_of(&[
        ("types.edit", without_payloads, "write `#[component(variant)]`, or give the cases their payloads"),
        ("types.token-kind", with_a_payload.clone(), "is an enum in the WIT (inline.wit:9:8), not a variant"),
        ("types.token", with_a_payload, "write a struct with named fields"),
    ]);
}

#[test]
fn names_of_types() {
    let cases = [
        ("token", "names no type: write interface and type, as in `demo:editor/types.token`"),
        (
            "demo:editor/kinds.token",
            "there is no interface `demo:editor/kinds`: those with types are \
          `demo:editor/types@0.1.0`, `demo:editor/plugin@0.1.0`",
        ),
        ("demo:editor/types@0.2.0.token", "there is no interface `demo:editor/types@0.2.0`"),
        (
            "types.word",
            "there is no type `word` in `demo:editor/types@0.1.0`: it has `token-kind`, `token`, `edit`",
        ),
    ];
    for (name, expected) in cases {
        let text = message(
            name,
            &quote!(
                struct T {
                    a: u8,
                }
            ),
        );
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[test]
fn the_attribute_itself() {
    let error = |attribute: TokenStream| {
        let model = model::parse(quote!(#attribute struct T { a: u8 })).unwrap();
        wit::check(&model, Some(std::path::Path::new("/nowhere"))).unwrap_err().to_string()
    };
    assert!(error(quote!(#[wit])).contains("expected"));
    assert!(error(quote!(#[wit(token)])).starts_with("expected the name of a WIT type, as in `#[wit("));
    assert_eq!(error(quote!(#[wit("a.b", folder = "x")])), "expected `path = \"…\"` or `inline = \"…\"`");
    assert_eq!(error(quote!(#[wit("a.b", path = "x", inline = "y")])), "give `path` or `inline`, not both");
    assert_eq!(
        error(quote!(#[wit("a.b", path = "x")])),
        "there is no `x`: `path` names a .wit file or a folder of them, from the folder of Cargo.toml"
    );
    assert!(error(quote!(#[wit("a.b", inline = "package a:b; interface")])).contains("inline.wit:1:"));
}

#[test]
fn types_that_double_at_every_level_are_not_written_out() {
    let mut wit = String::from("package a:b; interface c { record r0 { a: u8 }");
    for level in 1..40 {
        let inner = level - 1;
        wit.push_str(&format!(
            " record r{level} {{ a: r{inner}, b: list<r{inner}>, c: tuple<r{inner}, r{inner}> }}"
        ));
    }
    wit.push('}');
    let input = quote!(
        #[wit("c.r39", inline = #wit)]
        struct R {
            a: Inner,
            b: Vec<Inner>,
            c: (Inner, Inner),
        }
    );
    let checks = wit::check(&model::parse(input).unwrap(), Some(std::path::Path::new("/nowhere"))).unwrap();
    let text = checks.to_string();
    assert!(text.contains("POINTER_LENGTH") && text.len() < 1000, "{text}");
}
