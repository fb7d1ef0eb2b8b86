//! A component on bindings that `bindgen!` made: every type there and back, resources of either side, errors of the host.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use bindings::Echo;
use bindings::demo::echo::{counters, values};
use bindings::exports::demo::echo::bags::Bag;
use bindings::exports::demo::echo::values as guest;
use plugbay::macro_support::HostError;
use plugbay::{Bindings, Borrow, Grants, Host, Linked, Resource, ResourceTable, Source};

mod bindings {
    plugbay::bindgen!({
        path: "tests/wit/echo.wit",
        trappable: true,
        with: { "demo:echo/counters/counter": super::Counter },
    });
}

/// Worlds that are not quite that of the component.
mod wrong {
    pub(crate) mod parameter {
        plugbay::bindgen!({ inline: "
            package demo:echo@0.1.0;
            world other { export count: func(start: u32, n: string) -> u32; }" });
    }

    pub(crate) mod field {
        plugbay::bindgen!({ inline: "
            package demo:echo@0.1.0;
            interface values {
                record point { x: s32, z: s32 }
                echo-point: func(point: point) -> point;
            }
            world other { export values; }" });
    }
}

/// The same world, with a type of the application's in the place of one of the WIT's.
mod own {
    use plugbay::{ComponentType, Lift, Lower};

    plugbay::bindgen!({
        path: "tests/wit/echo.wit",
        trappable: ["demo:echo/values", "demo:echo/counters", "warn"],
        with: {
            "demo:echo/values": crate::bindings::demo::echo::values,
            "demo:echo/counters": crate::bindings::demo::echo::counters,
            "demo:echo/values/point": Position,
        },
    });

    #[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
    #[component(record)]
    pub(crate) struct Position {
        pub(crate) x: i32,
        pub(crate) y: i32,
    }
}

/// What stands behind a `counter`.
pub struct Counter(u32);

#[derive(Default)]
struct State {
    counters: ResourceTable,
    dropped: u32,
    warnings: Vec<String>,
    seen: Vec<String>,
}

impl values::Host for State {
    fn echo_all(&mut self, all: values::All) -> Result<values::All, HostError> {
        self.seen.push(format!("{all:?}"));
        Ok(all)
    }

    fn echo_point(&mut self, point: values::Point) -> Result<values::Point, HostError> {
        Ok(values::Point { x: point.y, y: point.x })
    }

    fn echo_text(&mut self, text: &str) -> Result<String, HostError> {
        Ok(text.to_uppercase())
    }

    fn echo_shape(&mut self, shape: values::Shape) -> Result<values::Shape, HostError> {
        Ok(shape)
    }

    fn echo_style(
        &mut self,
        style: values::Style,
        colour: values::Colour,
    ) -> Result<values::Style, HostError> {
        Ok(values::Style { struck: colour == values::Colour::DarkBlue, ..style })
    }

    fn outcome(&mut self, number: u32) -> Result<Result<u32, values::Shape>, HostError> {
        match number {
            0 => Ok(Err(values::Shape::Name("none".to_owned()))),
            13 => Err("thirteen is not for plugins".into()),
            other => Ok(Ok(other)),
        }
    }
}

impl counters::Host for State {
    fn counter_new(&mut self, start: u32) -> Result<Resource<Counter>, HostError> {
        Ok(self.counters.push(Counter(start))?)
    }

    fn counter_add(&mut self, this: Borrow<Counter>, n: u32) -> Result<u32, HostError> {
        let counter = self.counters.get_mut(&this)?;
        counter.0 += n;
        Ok(counter.0)
    }

    fn drop_counter(&mut self, this: Resource<Counter>) -> Result<(), HostError> {
        self.counters.delete(this)?;
        self.dropped += 1;
        Ok(())
    }
}

impl bindings::Host for State {
    fn warn(&mut self, text: &str) -> Result<(), HostError> {
        self.warnings.push(text.to_owned());
        Ok(())
    }
}

/// The component: the core module beside the WIT, wrapped as toolchains do.
fn component() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit");
    let mut module = wat::parse_file(folder.join("echo.wat")).unwrap();
    let mut resolve = wit_parser::Resolve::new();
    let package = resolve.push_file(folder.join("echo.wit")).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn linked() -> Linked<State> {
    let host: Host<State> = bindings::offer(Host::builder(), |state: &mut State| state).build().unwrap();
    let compiled = host.compile(Source::bytes("echo", component())).unwrap();
    compiled.link(&Grants::none().allow("demo:echo").allow("warn")).unwrap()
}

fn plugin() -> Echo<State> {
    linked().instantiate_as(State::default()).unwrap()
}

fn all() -> guest::All {
    guest::All {
        a: true,
        b: 255,
        c: -2,
        d: u32::MAX,
        e: i64::MIN,
        f: 1.5,
        g: -0.25,
        h: 'ß',
        i: "größer".to_owned(),
        j: vec![1, 2, 65535],
        k: Some("some".to_owned()),
        l: Err("no".to_owned()),
        m: (7, u64::MAX),
        n: guest::Colour::Green,
        o: guest::Style { under_line: true, ..guest::Style::default() },
        p: guest::Shape::Dot(guest::Point { x: 1, y: -1 }),
        q: vec![guest::Point { x: 3, y: 4 }, guest::Point { x: 5, y: 6 }],
        r: vec!["a".to_owned(), String::new()],
    }
}

#[test]
fn every_type_goes_there_and_back() {
    let mut plugin = plugin();
    assert_eq!(plugin.values().echo_all(&all()).unwrap(), all());
    let other =
        guest::All { k: None, l: Ok(9), p: guest::Shape::Nothing, q: Vec::new(), r: Vec::new(), ..all() };
    assert_eq!(plugin.values().echo_all(&other).unwrap(), other);
    assert_eq!(plugin.plugin().data().seen.len(), 2);
}

#[test]
fn values_in_registers() {
    let mut plugin = plugin();
    let point = plugin.values().echo_point(guest::Point { x: 1, y: -2 }).unwrap();
    assert_eq!(point, guest::Point { x: -2, y: 1 });
    assert_eq!(plugin.values().echo_text("straße").unwrap(), "STRASSE");
    for shape in [
        guest::Shape::Dot(guest::Point { x: i32::MIN, y: i32::MAX }),
        guest::Shape::Ratio(0.1),
        guest::Shape::Name("n".to_owned()),
        guest::Shape::Nothing,
    ] {
        assert_eq!(plugin.values().echo_shape(&shape).unwrap(), shape);
    }
    let bold = guest::Style { bold: true, ..guest::Style::default() };
    let style = plugin.values().echo_style(bold, guest::Colour::DarkBlue).unwrap();
    assert_eq!(style, guest::Style { bold: true, under_line: false, struck: true });
}

#[test]
fn errors_of_the_wit_are_values_and_errors_of_the_host_end_the_call() {
    let mut plugin = plugin();
    assert_eq!(plugin.values().outcome(5).unwrap(), Ok(5));
    assert_eq!(plugin.values().outcome(0).unwrap(), Err(guest::Shape::Name("none".to_owned())));
    let error = plugin.values().outcome(13).unwrap_err();
    assert!(error.to_string().contains("thirteen is not for plugins"), "{error}");
}

#[test]
fn resources_of_the_host() {
    let mut plugin = plugin();
    assert_eq!(plugin.count(40, 2).unwrap(), 42);
    let state = plugin.plugin().data();
    assert_eq!((state.dropped, state.counters.is_empty()), (1, true));
}

#[test]
fn resources_of_the_guest() {
    let mut plugin = plugin();
    let bag = Bag::new(&mut plugin, 5).unwrap();
    let other = Bag::new(&mut plugin, 7).unwrap();
    assert_eq!(bag.rep(&mut plugin, 1).unwrap(), 6);
    let both = plugin.bags().swap(bag, &other).unwrap();
    assert_eq!(both.rep(&mut plugin, 0).unwrap(), 12);
    assert_eq!(plugin.bags().destroyed().unwrap(), 1);
    both.drop(&mut plugin).unwrap();
    other.drop(&mut plugin).unwrap();
    assert_eq!(plugin.bags().destroyed().unwrap(), 3);
}

#[test]
fn functions_of_the_world() {
    let mut plugin = plugin();
    plugin.warn_twice("careful").unwrap();
    assert_eq!(plugin.plugin().data().warnings, ["careful", "careful"]);
}

#[test]
fn types_of_the_application_stand_for_those_of_the_wit() {
    let mut plugin: own::Echo<State> = linked().instantiate_as(State::default()).unwrap();
    let point = plugin.values().echo_point(&own::Position { x: 1, y: -2 }).unwrap();
    assert_eq!(point, own::Position { x: -2, y: 1 });
}

#[test]
fn everything_that_differs_is_told_at_once() {
    let host: Host<State> = bindings::offer(Host::builder(), |state: &mut State| state).build().unwrap();
    let bytes = wat::parse_str("(component)").unwrap();
    let linked = host.compile(Source::bytes("empty", bytes)).unwrap().link(&Grants::none()).unwrap();
    let error = linked.instantiate_as::<Echo<State>>(State::default()).unwrap_err();
    let plugbay::ErrorKind::WorldMismatch { differences } = error.kind() else { panic!("{error}") };
    assert!(differences.contains(&"`count` is not exported".to_owned()), "{differences:?}");
    let one = "`demo:echo/bags@0.1.0#[method]bag.rep` is not exported".to_owned();
    assert!(differences.contains(&one), "{differences:?}");
    assert!(differences.len() > 10, "{differences:?}");
}

#[test]
fn a_plugin_of_another_world_is_refused_when_it_is_bound() {
    let host: Host<State> = bindings::offer(Host::builder(), |state: &mut State| state).build().unwrap();
    let bytes = wat::parse_str("(component)").unwrap();
    let linked = host.compile(Source::bytes("empty", bytes)).unwrap().link(&Grants::none()).unwrap();
    let error = linked.instantiate_as::<Echo<State>>(State::default()).unwrap_err();
    assert!(error.to_string().contains("count"), "{error}");
}

#[test]
fn a_function_of_another_type_is_refused_when_it_is_bound() {
    let linked = linked();
    let error =
        linked.instantiate_as::<wrong::parameter::Other<State>>(State::default()).unwrap_err().to_string();
    assert!(error.contains("`count`") && error.contains("`n`") && error.contains("u32"), "{error}");
    let error =
        linked.instantiate_as::<wrong::field::Other<State>>(State::default()).unwrap_err().to_string();
    assert!(error.contains("demo:echo/values@0.1.0#echo-point") && error.contains("`z`"), "{error}");
}
