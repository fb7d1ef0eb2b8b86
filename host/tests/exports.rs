//! `#[derive(Exports)]`: fields are found, called, absent, or told all at once.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use plugbay::{ComponentType, ErrorKind, Exports, Func, Host, Lift, ListView, Lower, Plugin, Source, View};

/// Exports `add` and, in an interface, `length`, `grow` and `lines`.
const COMPONENT: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 128))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "length") (param i32 i32) (result i32) (local.get 1))
    (func (export "grow") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (i32.add (local.get 0) (i32.const 1)))
      (i32.store (i32.const 20) (i32.add (local.get 1) (i32.const 1)))
      (i32.const 16))
    (data (i32.const 32) "onethree"
      "\20\00\00\00\03\00\00\00\01\00\00\00\00\00\00\00" "\23\00\00\00\05\00\00\00\02\00\00\00\01\00\00\00"
      "\28\00\00\00\02\00\00\00")
    (func (export "lines") (result i32) (i32.const 72)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (type $point (record (field "x" u32) (field "y" u32)))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (func $length (param "text" string) (result u32)
    (canon lift (core func $i "length") (memory $memory) (realloc $realloc)))
  (type $line (record (field "text" string) (field "mark" u32) (field "seen" bool)))
  (component $tools
    (type $point (record (field "x" u32) (field "y" u32)))
    (import "import-point" (type $p (eq $point)))
    (type $line (record (field "text" string) (field "mark" u32) (field "seen" bool)))
    (import "import-line" (type $l (eq $line)))
    (import "import-lines" (func $lines (result (list $l))))
    (import "import-length" (func $length (param "text" string) (result u32)))
    (import "import-grow" (func $grow (param "at" $p) (result $p)))
    (export $q "point" (type $p))
    (export $r "line" (type $l))
    (export "lines" (func $lines) (func (result (list $r))))
    (export "length" (func $length))
    (export "grow" (func $grow) (func (param "at" $q) (result $q))))
  (func $grow (param "at" $point) (result $point)
    (canon lift (core func $i "grow") (memory $memory)))
  (func $lines (result (list $line)) (canon lift (core func $i "lines") (memory $memory)))
  (instance $tools (instantiate $tools
    (with "import-line" (type $line)) (with "import-lines" (func $lines))
    (with "import-point" (type $point)) (with "import-length" (func $length)) (with "import-grow" (func $grow))))
  (export "demo:text/tools@1.2.0" (instance $tools)))"#;

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Point {
    x: u32,
    y: u32,
}

fn plugin() -> Plugin {
    let host = Host::new().unwrap();
    let compiled = host.compile(Source::bytes("tools", wat::parse_str(COMPONENT).unwrap())).unwrap();
    compiled.link(&plugbay::Grants::none()).unwrap().instantiate(()).unwrap()
}

#[derive(Debug, Exports)]
struct World {
    add: Func<(u32, u32), u32>,
    subtract: Option<Func<(u32, u32), u32>>,
    /// Named as no field of the expansion may be.
    path: Tools,
    finder: Option<Other>,
}

#[derive(Clone, Debug, Exports)]
#[exports(interface = "demo:text/tools")]
struct Tools {
    #[exports(name = "length")]
    size: Func<(&'static str,), u32>,
    grow: Option<Func<(Point,), Point>>,
}

#[derive(Debug, Exports)]
#[exports(interface = "demo:text/other")]
struct Other {
    length: Func<(&'static str,), u32>,
}

#[test]
fn functions_are_found_and_called() {
    let mut plugin = plugin();
    let world = World::bind(&plugin).unwrap();
    assert_eq!(world.add.call(&mut plugin, (3, 4)).unwrap(), 7);
    assert!(world.subtract.is_none() && world.finder.is_none());
    // A borrow that does not last.
    let text = String::from("four");
    assert_eq!(world.path.size.call(&mut plugin, (&text,)).unwrap(), 4);
    drop(text);
    let grow = world.path.clone().grow.unwrap();
    assert_eq!(grow.call(&mut plugin, (Point { x: 1, y: 2 },)).unwrap(), Point { x: 2, y: 3 });
    assert_eq!(grow.path(), "demo:text/tools#grow");
}

#[derive(Debug, PartialEq, ComponentType, View)]
struct Line<'a> {
    text: &'a str,
    mark: u32,
    seen: bool,
}

#[test]
fn results_may_be_looked_at_where_they_lie() {
    #[derive(Exports)]
    #[exports(interface = "demo:text/tools")]
    struct Lines {
        lines: Func<(), ListView<'static, Line<'static>>>,
    }

    let mut plugin = plugin();
    let found = Lines::bind(&plugin).unwrap();
    let second = found.lines.call_with(&mut plugin, (), |(), lines| {
        assert_eq!(lines.get(0), Some(Line { text: "one", mark: 1, seen: false }));
        lines.iter().map(|line| line.text.len()).collect::<Vec<_>>()
    });
    assert_eq!(second.unwrap(), [3, 5]);
}

#[test]
fn a_struct_may_have_a_lifetime() {
    #[derive(Exports)]
    #[exports(interface = "demo:text/tools@1.2.0")]
    struct Borrowing<'a> {
        length: Func<(&'a str,), u32>,
    }

    fn measure<'a>(tools: &Borrowing<'a>, plugin: &mut Plugin, text: &'a str) -> u32 {
        tools.length.call(plugin, (text,)).unwrap()
    }

    let mut plugin = plugin();
    let tools = Borrowing::bind(&plugin).unwrap();
    assert_eq!(measure(&tools, &mut plugin, &String::from("ab")), 2);
}

#[test]
fn a_field_may_name_another_interface() {
    #[derive(Exports)]
    #[exports(interface = "demo:text/nowhere")]
    struct Elsewhere<T: Lift> {
        #[exports(interface = "demo:text/tools")]
        length: Func<(&'static str,), T>,
        #[exports(interface = "demo:text/tools")]
        other: Other,
    }

    let mut plugin = plugin();
    let found = Elsewhere::<u32>::bind(&plugin).unwrap();
    assert_eq!(found.length.call(&mut plugin, ("abc",)).unwrap(), 3);
    assert_eq!(found.other.length.call(&mut plugin, ("abcd",)).unwrap(), 4);
}

#[test]
fn plugins_are_made_with_their_exports() {
    let host = Host::new().unwrap();
    let compiled = host.compile(Source::bytes("tools", wat::parse_str(COMPONENT).unwrap())).unwrap();
    let linked = compiled.link(&plugbay::Grants::none()).unwrap();
    let (mut plugin, tools) = linked.instantiate_as::<(Plugin, Tools)>(()).unwrap();
    assert_eq!(tools.size.call(&mut plugin, ("",)).unwrap(), 0);
}

#[test]
fn all_that_differs_is_told_at_once() {
    #[derive(Debug, Exports)]
    #[expect(dead_code, reason = "is never made")]
    struct Wrong {
        add: Func<(u32, u64), u32>,
        subtract: Func<(u32, u32), u32>,
        length: Func<(&'static str,), u32>,
        tools: WrongTools,
    }

    #[derive(Debug, Exports)]
    #[exports(interface = "demo:text/tools")]
    #[expect(dead_code, reason = "is never made")]
    struct WrongTools {
        length: Option<Func<(u8,), u32>>,
        shrink: Option<Func<(Point,), Point>>,
        grow: Func<(Point,), ()>,
    }

    let plugin = plugin();
    let error = Wrong::bind(&plugin).unwrap_err();
    assert_eq!(error.plugin(), Some("tools"));
    let ErrorKind::WorldMismatch { differences } = error.kind() else { panic!("{error}") };
    let expected = [
        "function `add`: parameter `b`: the Rust type is u64, the component has u32",
        "`subtract` is not exported",
        "`length` is not exported; `demo:text/tools@1.2.0#length` is",
        "`demo:text/tools#length`: function `length`: parameter `text`: the Rust type is u8, the \
         component has string",
        "`demo:text/tools#grow`: function `grow`: the result: the Rust type is () (nothing), the \
         component has record { x: u32, y: u32 }",
    ];
    assert_eq!(differences, &expected);
}

#[test]
fn a_function_belongs_to_the_plugin_it_was_found_in() {
    let (first, mut second) = (plugin(), plugin());
    let add = Func::<(u32, u32), u32>::find(&first, "add").unwrap();
    let error = add.call(&mut second, (1, 2)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error}");
}
