//! Expansions and error texts of `bindgen!`; what expansions do is tested in `host/tests/bindgen.rs`.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    plugbay_bindgen::expand(input, Path::new(env!("CARGO_MANIFEST_DIR")))
        .map(plugbay_bindgen::Expansion::watched)
}

/// Expands the world of a small file and compares with the golden file, all but the names of the files read.
/// `host/tests/bindgen_worlds.rs` compiles the same worlds.
fn golden(name: &str, wit: &str, options: TokenStream) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit").join(wit).with_extension("wit");
    let wit = std::fs::read_to_string(path).unwrap();
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
    golden("functions", "functions", quote!());
    golden("functions_trappable", "functions", quote!(trappable: true, name: Calculator));
}

#[test]
fn every_kind_of_type() {
    golden("types", "types", quote!());
}

#[test]
fn resources_of_the_host_and_of_the_guest() {
    golden("resources", "resources", quote!());
    golden("resources_with", "resources", quote!(with: { "demo:res/files/file": crate::OpenFile }));
}

#[test]
fn uses_across_interfaces_and_packages() {
    golden("uses", "uses", quote!(world: "main"));
}

#[test]
fn arguments_that_the_host_reads_in_the_guest() {
    golden(
        "borrowed",
        "borrowed",
        quote!(trappable: ["demo:borrowed/sink/log", "demo:borrowed/sink/file.drop"]),
    );
}

#[test]
fn two_versions_of_an_interface() {
    golden("versions", "versions", quote!(world: "demo:main/both"));
}

#[test]
fn what_is_not_stable_is_left_out_unless_it_is_asked_for() {
    golden("stability", "stability", quote!());
    golden("stability_zones", "stability", quote!(features: ["zones"]));
}

#[test]
fn types_and_interfaces_of_the_application() {
    let with = quote!(with: {
        "demo:types/shapes/point": crate::Point,
        "demo:types/shapes/style": super::Style,
    }, derives: [::serde::Serialize]);
    golden("own_types", "types", with);
    golden("own_interfaces", "resources", quote!(with: { "demo:res/files": super::other::files }));
}

#[test]
fn unusual_names() {
    golden("names", "names", quote!());
    // Too long for a golden file; `host/tests/bindgen_worlds.rs` compiles it.
    expand(quote!({ path: "tests/wit/keywords.wit" })).unwrap();
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
        "inline.wit:4:16: `r` uses `stream`, which bindgen! does not support (gate `async`)\n\
         inline.wit:5:5: `f` uses `async`, which bindgen! does not support (gate `async`)\n\
         inline.wit:6:5: `g` uses `future`, which bindgen! does not support (gate `async`)\n\
         inline.wit:6:5: `g` uses `error-context`, which bindgen! does not support (gate `error-context`)\n\
         inline.wit:8:28: `h` uses `async`, which bindgen! does not support (gate `async`)"
    );
}

#[test]
fn entries_that_name_nothing() {
    let wit = "package a:b; interface i { resource r; f: func(); } world w { import i; export i; }";
    for good in ["a:b/i", "a:b/i/f", "a:b/i/r.drop"] {
        expand(quote!({ inline: #wit, trappable: [#good] })).unwrap();
    }
    assert_eq!(
        errors(quote!({ inline: #wit, trappable: ["a:b/i/g", "a:b/i/r"] })),
        "the world imports no `a:b/i/g`: write `namespace:package/interface` or `namespace:package/interface/function`, \
         of a resource `…/interface/resource.method`\n\
         the world imports no `a:b/i/r`: write `namespace:package/interface` or `namespace:package/interface/function`, \
         of a resource `…/interface/resource.method`"
    );
    let exported = "package a:b; interface i { resource r; } world w { export i; }";
    assert_eq!(
        errors(quote!({ inline: #exported, with: { "a:b/i/r": R } })),
        "`a:b/i/r` is a resource that the plugin defines: no type of the host can stand for it"
    );
}

#[test]
fn errors_in_the_options() {
    assert_eq!(
        errors(quote!({ pth: "wit" })),
        "no option `pth`: there are `path`, `inline`, `world`, `name`, `trappable`, `features`, \
         `derives` and `with`"
    );
    assert_eq!(errors(quote!({ world: "a", world: "b" })), "`world` is given twice");
    assert_eq!(
        errors(quote!({ inline: "package a:b; world w {}", with: { "a:b/c/d": D } })),
        "the world has no type `a:b/c/d` and imports no such interface: write `namespace:package/interface` or \
         `namespace:package/interface/type`"
    );
}
