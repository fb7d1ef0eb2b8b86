//! Expansions and error texts of `bindgen!`; what expansions do is tested in `host/tests/bindgen.rs`.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    super::expand(input, Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// Expands a small world and compares with the golden file.
fn golden(name: &str, wit: &str, options: TokenStream) {
    let expansion = expand(quote!({ inline: #wit, #options }));
    crate::golden::check("bindgen", name, [expansion.unwrap_or_else(|error| panic!("{name}: {error}"))]);
}

/// All errors of an expansion, one a line.
fn errors(input: TokenStream) -> String {
    match expand(input) {
        Ok(_) => panic!("no error"),
        Err(error) => error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_world_of_functions() {
    let wit = "
        package demo:calc;
        /// Adds and logs.
        world calc {
            /// Says something.
            import say: func(text: string);
            import seed: func() -> u64;
            /// The sum.
            export add: func(a: s32, b: s32) -> s32;
            export words: func(text: string, names: list<string>, limit: option<u32>) -> result<list<string>, string>;
        }";
    golden("functions", wit, quote!());
    golden("functions_trappable", wit, quote!(trappable: true, name: Calculator));
}

#[test]
fn every_kind_of_type() {
    golden(
        "types",
        "
        package demo:types@1.2.0;
        interface shapes {
            /// A point.
            record point { x: s32, y: s32 }
            record named { name: string, at: option<point>, weight: f64 }
            variant shape { dot(point), line(tuple<point, point>), path(list<point>), nothing }
            enum colour { red, green, dark-blue }
            flags style { bold, under-line }
            type points = list<point>;
            type location = point;
            draw: func(shape: shape, colour: colour, style: style, via: points) -> result<named, problem>;
            variant problem { too-many(u32), other(string) }
            check: func(named: named, at: location) -> result<_, problem>;
            nothing: func() -> result;
            nested: func(a: option<option<string>>, b: tuple<u8, string>, c: result<string, u8>, d: list<list<u8>>);
        }
        world drawing { import shapes; export shapes; }",
        quote!(),
    );
}

#[test]
fn resources_of_the_host_and_of_the_guest() {
    let wit = "
        package demo:res@0.1.0;
        interface files {
            /// An open file.
            resource file {
                constructor(name: string);
                read: func(count: u32) -> list<u8>;
                open: static func(name: string) -> result<file, string>;
            }
            best: func(a: borrow<file>, b: own<file>) -> file;
        }
        interface sessions {
            use files.{file};
            resource session {
                constructor(file: borrow<file>);
                add: func(text: string, like: borrow<session>) -> u32;
                merge: static func(a: session, b: session) -> session;
            }
            record both { one: session, two: session }
            swap: func(both: both, seen: borrow<session>) -> both;
        }
        world editor { import files; export sessions; }";
    golden("resources", wit, quote!());
    golden("resources_with", wit, quote!(with: { "demo:res/files/file": crate::OpenFile }));
}

#[test]
fn uses_across_interfaces_and_packages() {
    golden(
        "uses",
        "
        package demo:main;
        package other:types@0.2.1 {
            interface base { record id { number: u64 } type ids = list<id>; }
        }
        interface store {
            use other:types/base@0.2.1.{id, ids as many};
            get: func(id: id) -> option<string>;
            all: func() -> many;
        }
        interface run {
            use store.{id as key};
            start: func(key: key);
        }
        world main {
            use other:types/base@0.2.1.{id};
            import store;
            import extra: interface { ping: func(); }
            type pair = tuple<id, id>;
            record job { pair: pair }
            export run;
            export job: func(job: job) -> id;
            export more: interface { pong: func(); }
        }",
        quote!(world: "main"),
    );
}

#[test]
fn unusual_names() {
    golden(
        "names",
        "
        package demo:names;
        interface %interface {
            enum %self { %self, %type, HTTP }
            record host { %crate: u8, %fn: %self, plugin: u8, a-BC: u8 }
            resource guest { drop: func(plugin: u8, %type: u8); new: static func(); constructor(); }
            %match: func(%self: host, cx: u8, get: u8, params: u8);
        }
        interface %type { %plugin: func(%super: string); }
        world %plugin {
            import %interface;
            export %interface;
            export %type;
            import %exports: interface { %loop: func(); }
            export bind: func();
            export %plugin: func();
            export %move: func(%plugin: u32);
        }",
        quote!(),
    );
}

#[test]
fn the_example_editor() {
    let expansion =
        expand(quote!({ path: "../plugins-example/wit", world: "plugin", name: EditorPlugin })).unwrap();
    let text = expansion.to_string();
    assert!(text.contains("include_bytes ! (\""), "{text}");
    assert!(text.contains("editor.wit\""), "{text}");
    syn::parse2::<syn::File>(expansion).unwrap();
}

#[test]
fn errors_point_into_the_wit() {
    assert_eq!(
        errors(quote!({ inline: "package a:b;\nworld w {\n    import f: func(x: nosuch);\n}" })),
        "name `nosuch` does not exist\n     --> inline.wit:3:23\n      |\n    3 |     import f: func(x: nosuch);\n      |                       ^-----"
    );
    let text = errors(quote!({ inline: "package a:b;\nworld w { import f func(); }" }));
    assert!(text.contains("inline.wit:2:20"), "{text}");
    let text = errors(quote!({ path: "tests/wit/broken" }));
    assert!(text.contains(" tests/wit/broken/b.wit:4:16"), "{text}");
}

#[test]
fn errors_about_worlds() {
    let two = "package a:b;\nworld one {}\nworld two {}";
    assert_eq!(errors(quote!({ inline: #two })), "which world is meant?: the WIT has `one`, `two`");
    assert_eq!(
        errors(quote!({ inline: #two, world: "three" })),
        "there is no world `three`: the WIT has `one`, `two`"
    );
    assert_eq!(errors(quote!({ inline: "package a:b;" })), "which world is meant?: the WIT defines none");
    assert_eq!(
        errors(quote!({ path: "nowhere" })),
        "there is no `nowhere`: `path` names a .wit file or a folder of them, from the folder of Cargo.toml"
    );
}

#[test]
fn what_is_not_supported_is_named() {
    let text = errors(quote!({ inline: "
package a:b;
interface i {
    record r { a: stream<u8> }
    f: async func();
    g: func(x: future<u8>) -> tuple<u8, error-context>;
}
world w { import i; export h: async func(); }" }));
    assert_eq!(
        text,
        "inline.wit:4:16: `r` uses `stream`, which bindgen! does not support\n\
         inline.wit:5:5: `f` uses `async`, which bindgen! does not support\n\
         inline.wit:6:5: `g` uses `future`, which bindgen! does not support\n\
         inline.wit:6:5: `g` uses `error-context`, which bindgen! does not support\n\
         inline.wit:8:28: `h` uses `async`, which bindgen! does not support"
    );
}

#[test]
fn errors_in_the_options() {
    assert_eq!(
        errors(quote!({ pth: "wit" })),
        "no option `pth`: there are `path`, `inline`, `world`, `name`, `trappable` and `with`"
    );
    assert_eq!(errors(quote!({ world: "a", world: "b" })), "`world` is given twice");
    assert_eq!(
        errors(quote!({ inline: "package a:b; world w {}", with: { "a:b/c/d": D } })),
        "the world imports no resource `a:b/c/d`: write it as in `namespace:package/interface/resource`"
    );
}
