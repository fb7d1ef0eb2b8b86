//! Macro calls that are wrong, each with what its error has to say.

use super::check::Call;

/// The calls: what stands in the braces, and a part of the error.
const REFUSALS: &[(&str, &str)] = &[
    ("pth: \"wit\"", "no option `pth`"),
    ("world: \"a\", world: \"b\"", "`world` is given twice"),
    ("path: \"no-such-folder\"", "there is no `no-such-folder`"),
    ("inline: \"package a:b; world w { import f func(); }\"", "inline.wit:1:"),
    ("inline: \"package a:b; world w { import f: func(x: nosuch); }\"", "inline.wit:1:"),
    ("inline: \"package a:b;\"", "the WIT defines none"),
    ("inline: \"package a:b; world one {} world two {}\"", "the WIT has `one`, `two`"),
    ("inline: \"package a:b; world one {}\", world: \"two\"", "there is no world `two`"),
    ("inline: \"package a:b; world w { import f: async func(); }\"", "(gate `async`)"),
    ("inline: \"package a:b; world w { import f: func(x: stream<u8>); }\"", "(gate `async`)"),
    ("inline: \"package a:b; world w { import f: func() -> future; }\"", "(gate `async`)"),
    ("inline: \"package a:b; world w { import f: func(x: error-context); }\"", "(gate `error-context`)"),
    ("inline: \"package a:b; world w { import f: func(x: list<u8, 4>); }\"", "(gate `fixed-length-lists`)"),
    (
        "inline: \"package a:b; world w { type t = tuple<u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8>; }\"",
        "inline.wit:1:",
    ),
    (
        "inline: \"package a:b; world w { export f: func(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, \
         j: u8, k: u8, l: u8, m: u8, n: u8, o: u8, p: u8, q: u8); }\"",
        "more than 16 parameters",
    ),
    ("inline: \"package a:b; world w {}\", with: { \"a:b/c/d\": D }", "the world has no type `a:b/c/d`"),
    (
        "inline: \"package a:b; interface i { resource r; } world w { export i; }\", with: { \"a:b/i/r\": R }",
        "is a resource that the plugin defines",
    ),
    ("inline: \"package a:b; world w {}\", trappable: [\"a:b/c\"]", "the world imports no `a:b/c`"),
];

/// The calls.
pub(super) fn calls() -> Vec<Call> {
    REFUSALS
        .iter()
        .map(|(arguments, expected)| Call {
            name: (*arguments).to_owned(),
            arguments: (*arguments).to_owned(),
            expected: Some(expected),
        })
        .collect()
}
