//! `#[derive(Exports)]` by its expansion and its error texts; what it does is tested in `host/tests/exports.rs`.

use proc_macro2::TokenStream;
use quote::quote;

use super::exports::{expand, exports};

#[test]
fn expansion() {
    crate::golden::check(
        "derive",
        "exports",
        [exports(quote! {
            #[exports(interface = "demo:editor/text-tools@0.1.0")]
            struct Tools<'a> {
                tokenize: Func<(&'a str,), Vec<Token>>,
                #[exports(name = "[method]session.eval")]
                eval: Option<Func<(BorrowAny, &'a str), String>>,
                #[exports(interface = "demo:editor/other")]
                r#type: Func<(), ()>,
                path: Option<Sessions>,
            }
        })],
    );
}

#[test]
fn mistakes() {
    let cases: [(TokenStream, &str); 9] = [
        (
            quote!(
                enum A {
                    B,
                }
            ),
            "what a plugin exports is a struct, a field for each function",
        ),
        (
            quote!(
                struct A;
            ),
            "write a field for each function",
        ),
        (
            quote!(
                struct A {}
            ),
            "write a field for each function",
        ),
        (
            quote!(
                struct A(Func<(), ()>);
            ),
            "fields are named as the functions that they are",
        ),
        (
            quote!(
                struct A {
                    _1: Func<(), ()>,
                }
            ),
            "no WIT name can be made of `_1`",
        ),
        (
            quote!(
                struct A {
                    #[exports(name = "Word_count")]
                    a: F,
                }
            ),
            "`Word_count` is no name of a function",
        ),
        (
            quote!(
                #[exports(interface = "demo:editor/a#b")]
                struct A {
                    a: F,
                }
            ),
            "an interface has no `#`",
        ),
        (
            quote!(
                #[exports(interface = "demo editor")]
                struct A {
                    a: F,
                }
            ),
            "`demo editor` names no interface",
        ),
        (
            quote!(
                #[exports(name = "a", colour = "b")]
                struct A {
                    a: F,
                }
            ),
            "a struct has no name",
        ),
    ];
    for (input, expected) in cases {
        let errors = expand(input.clone()).map(|_| String::new()).unwrap_or_else(|errors| {
            errors.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
        });
        assert!(errors.contains(expected), "{input}: {errors}");
    }
}
