//! The derives by their error texts and their expansions; what expansions do is tested in `host/tests/derive.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{lift, lower};

fn component_type(input: TokenStream) -> TokenStream {
    super::component_type(input, None)
}

#[test]
fn views() {
    crate::golden::check(
        "derive",
        "view",
        [
            super::view(quote! {
                struct Line<'a, T> { text: &'a str, number: u32, rest: Option<ListView<'a, str>>, more: T }
            }),
            super::view(quote! {
                enum Change<'a> { Insert((u32, &'a [u8])), Delete(Span), Undo }
            }),
            super::view(quote! {
                #[component(flags)]
                struct Style { bold: bool }
            }),
            super::view(quote!(
                struct Text<'a>(&'a str);
            )),
        ],
    );
    let twice = super::view(quote!(
        struct Two<'a, 'b> {
            a: &'a str,
            b: &'b str,
        }
    ))
    .to_string();
    assert!(twice.contains("it has one lifetime at most"), "{twice}");
}

fn error(input: TokenStream) -> String {
    match super::model::parse(input) {
        Ok(_) => panic!("no error"),
        Err(error) => error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn expansions() {
    crate::golden::check(
        "derive",
        "record",
        [component_type, lift, lower].map(|derive| {
            derive(quote! {
                struct Token<'a, T> { kind: TokenKind, #[component(name = "from")] start: u32, payload: T, r#type: &'a str }
            })
        }),
    );
    crate::golden::check(
        "derive",
        "variant",
        [component_type, lift, lower].map(|derive| {
            derive(quote!(
                enum Edit {
                    Insert(Insertion),
                    Undo,
                    DeleteAll((u32, u32)),
                }
            ))
        }),
    );
    crate::golden::check(
        "derive",
        "enum",
        [component_type, lift, lower].map(|derive| {
            derive(quote!(
                #[component(enum)]
                enum Level {
                    Debug,
                    LastResort,
                }
            ))
        }),
    );
    crate::golden::check(
        "derive",
        "flags",
        [component_type, lift, lower].map(|derive| {
            derive(quote!(
                #[component(flags)]
                struct Perms {
                    read: bool,
                    write: bool,
                }
            ))
        }),
    );
    crate::golden::check(
        "derive",
        "transparent",
        [component_type, lift, lower].map(|derive| {
            derive(quote!(
                struct Session(ResourceAny);
            ))
        }),
    );
}

#[test]
fn every_mistake_is_reported() {
    let text = error(quote! {
        #[component(flags, colour)]
        struct Perms { read: bool, #[component(name = "Write!")] write: u8, #[component(name = "READ")] again: bool }
    });
    assert_eq!(
        text,
        "expected `record`, `variant`, `enum` or `flags`\n\
         `Write!` is not a WIT name: write words of letters and digits joined by single hyphens, such as `word-count`\n\
         a second field is named `READ`\n\
         every field of a flags type is a `bool`"
    );
}

fn mistakes(cases: &[(TokenStream, &str)]) {
    for (input, expected) in cases {
        let text = error(input.clone());
        assert!(text.contains(expected), "{input}: {text}");
    }
}

#[test]
fn structs_that_are_no_component_types() {
    mistakes(&[
        (
            quote!(
                struct A;
            ),
            "a record or flags type has one field at least",
        ),
        (
            quote!(
                struct A {}
            ),
            "a record or flags type has one field at least",
        ),
        (
            quote!(
                struct A(u8, u8);
            ),
            "the fields of a record have names",
        ),
        (
            quote!(
                struct A {
                    _1: u8,
                }
            ),
            "no WIT name can be made of `_1`",
        ),
        (quote!(union A { b: u8 }), "a union is no component type"),
    ]);
}

#[test]
fn enums_that_are_no_component_types() {
    mistakes(&[
        (
            quote!(
                enum A {}
            ),
            "a variant or enum has one case at least",
        ),
        (
            quote!(
                enum A {
                    B(u8, u8),
                }
            ),
            "a case carries one unnamed value or none",
        ),
        (
            quote!(
                enum A {
                    B { c: u8 },
                }
            ),
            "a case carries one unnamed value or none",
        ),
        (
            quote!(
                enum A {
                    B = 3,
                }
            ),
            "cases are numbered in their order",
        ),
    ]);
}

#[test]
fn attributes_that_do_not_fit() {
    mistakes(&[
        (
            quote!(
                #[component(enum)]
                struct A {
                    b: u8,
                }
            ),
            "a struct is a `record` or `flags`",
        ),
        (
            quote!(
                #[component(record)]
                enum A {
                    B,
                }
            ),
            "an enum is a `variant` or an `enum`",
        ),
        (
            quote!(
                #[component(enum)]
                enum A {
                    B(u8),
                }
            ),
            "a case of an `enum` carries no value",
        ),
        (
            quote!(
                #[component(record, flags)]
                struct A {
                    b: bool,
                }
            ),
            "one kind only",
        ),
        (
            quote!(
                #[component(name = "a")]
                struct A {
                    b: bool,
                }
            ),
            "a type has no name of its own",
        ),
        (
            quote!(
                #[component(record)]
                struct A(u8);
            ),
            "takes no kind",
        ),
    ]);
}

#[test]
fn flags_have_32_labels_at_most() {
    let fields = (0..33).map(|i| quote::format_ident!("f{i}"));
    let text = error(quote!(#[component(flags)] struct A { #(#fields: bool),* }));
    assert_eq!(text, "a flags type has 32 labels at most, this one has 33");
}
