//! A plugin of an older world in a host of a newer one: what is bridged, what is told, what is refused.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::path::Path;

use bindings::Plugin as Face;
use bindings::demo::evolve::judge;
use bindings::demo::evolve::types as imported;
use bindings::exports::demo::evolve::tools::{Edit, Kind, Token};
use plugbay::{Bindings, Compat, Error, ErrorKind, Grants, Host, Linked, Source, Val};

mod bindings {
    plugbay::bindgen!({ path: "tests/wit/evolve/v1.1.wit" });
}

/// A world that differs in ways that nothing bridges.
mod broken {
    plugbay::bindgen!({ path: "tests/wit/evolve/v1.2.wit" });
}

#[derive(Default)]
struct State {
    rated: Vec<imported::Token>,
    answer: Option<imported::Kind>,
}

impl judge::Host for State {
    fn rate(&mut self, token: imported::Token) -> imported::Kind {
        self.rated.push(token);
        self.answer.unwrap_or(imported::Kind::Space)
    }

    fn explain(&mut self) -> String {
        String::new()
    }
}

#[derive(Default)]
struct Broken;

impl broken::demo::evolve::judge::Host for Broken {
    fn rate(&mut self, _: broken::demo::evolve::types::Token) -> broken::demo::evolve::types::Kind {
        broken::demo::evolve::types::Kind::Word
    }
}

/// The plugin of the first version, as toolchains make it.
fn component() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit/evolve");
    let mut module = wat::parse_file(folder.join("v1.0.wat")).unwrap();
    let mut resolve = wit_parser::Resolve::new();
    let package = resolve.push_file(folder.join("v1.0.wit")).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn link(compat: Option<Compat>) -> Result<Linked<State>, Error> {
    let host: Host<State> = bindings::offer(Host::builder(), |state: &mut State| state).build().unwrap();
    let compiled = host.compile(Source::bytes("old", component())).unwrap();
    compiled.with_compat(compat).link(&Grants::none().allow("demo:evolve"))
}

fn compat() -> Compat {
    Compat::additive().field("demo:evolve/types.token.column", Val::U32(1)).field("token.column", Val::U32(9))
}

fn differences(error: &Error) -> &[String] {
    match error.kind() {
        ErrorKind::WorldMismatch { differences } => differences,
        other => panic!("{other:?}"),
    }
}

fn plugin() -> Face<State> {
    link(Some(compat())).unwrap().instantiate_as::<Face<State>>(State::default()).unwrap()
}

fn token(kind: Kind, start: u32) -> Token {
    Token { kind, start, line: Some(3), column: 4 }
}

#[test]
fn without_the_opt_in_it_is_refused() {
    let error = link(None).unwrap_err();
    assert!(differences(&error)[0].contains("demo:evolve/judge@1.0.0#rate"), "{error}");
}

#[test]
fn results_are_completed_and_arguments_cut() {
    let mut plugin = plugin();
    let first = plugin.tools().first().unwrap();
    assert_eq!((first.kind, first.start, first.line, first.column), (Kind::Space, 7, None, 1));
    assert_eq!(plugin.tools().describe(token(Kind::Space, 5)).unwrap(), 105);
    match plugin.tools().undo().unwrap() {
        Ok(Some(Edit::Insert(token))) => {
            assert_eq!((token.kind, token.start, token.column), (Kind::Word, 9, 1))
        }
        other => panic!("{other:?}"),
    }
    // What is the same on both sides takes the ordinary way.
    assert_eq!(plugin.tools().add(2, 3).unwrap(), 5);
}

#[test]
fn host_functions_are_bridged_both_ways() {
    let mut plugin = plugin();
    assert_eq!(plugin.tools().relay(token(Kind::Word, 6)).unwrap(), Kind::Space);
    let rated = plugin.plugin().data().rated.last().unwrap();
    assert_eq!((rated.kind, rated.start, rated.line, rated.column), (imported::Kind::Word, 6, None, 1));
    // The host answers with a case that the plugin does not know: the call is over.
    plugin.plugin().data_mut().answer = Some(imported::Kind::Mark);
    let error = plugin.tools().relay(token(Kind::Word, 6)).unwrap_err();
    assert!(error.to_string().contains("`mark`"), "{error}");
}

#[test]
fn a_case_that_is_newer_is_an_error_of_that_call() {
    let mut plugin = plugin();
    let error = plugin.tools().describe(token(Kind::Mark, 5)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error:?}");
    assert!(error.to_string().contains("parameter `token`: field `kind`: "), "{error}");
    assert!(error.to_string().contains("`mark`"), "{error}");
    assert_eq!(plugin.tools().describe(token(Kind::Word, 5)).unwrap(), 5);
}

#[test]
fn a_function_that_is_newer_is_an_error_of_that_call() {
    let mut plugin = plugin();
    let error = plugin.tools().extra(1).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NoExport { export, .. } if export.ends_with("#extra")),
        "{error:?}"
    );
    assert_eq!(plugin.tools().add(2, 3).unwrap(), 5);
}

#[test]
fn what_was_adapted_is_told() {
    let linked = link(Some(compat())).unwrap();
    let told: Vec<_> = linked.adaptations().iter().map(ToString::to_string).collect();
    let token = "import demo:evolve/types@1.0.0.token: field";
    assert_eq!(
        told,
        [
            "import demo:evolve/types@1.0.0.kind: case `mark` added; giving it to the plugin is an error of that call",
            &format!("{token} `line` added; the plugin's are completed with none"),
            &format!("{token} `column` added; the plugin's are completed with 1"),
        ]
    );
    let mut plugin = linked.instantiate_as::<Face<State>>(State::default()).unwrap();
    let told: Vec<_> = plugin.plugin().adaptations().iter().map(ToString::to_string).collect();
    let expected = [
        "export demo:evolve/tools@1.1.0#extra: function added; calling it is an error of that call",
        "case `swap` added; giving it",
        "export demo:evolve/types@1.0.0.token: field `line` added; the plugin's are completed with none",
        "export demo:evolve/types@1.0.0.token: field `column` added; the plugin's are completed with 1",
        "export demo:evolve/types@1.0.0.token: field `line` added; the plugin gets records without it",
    ];
    for part in expected {
        assert!(told.iter().any(|one| one.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn a_field_without_a_default_is_refused() {
    let error = link(Some(Compat::additive())).unwrap_err();
    assert_eq!(
        differences(&error),
        [
            "import demo:evolve/judge@1.0.0#rate: the plugin's `demo:evolve/types@1.0.0.token` has no field `column`, and no \
         default for it was set with `Compat::field`"
        ]
    );
    let wrong = Compat::additive().field("token.column", Val::Bool(true));
    assert!(
        differences(&link(Some(wrong)).unwrap_err())[0].contains("expected a value of type u32, got a bool")
    );
}

#[test]
fn other_changes_are_refused_with_the_list() {
    let host: Host<Broken> = broken::offer(Host::builder(), |state: &mut Broken| state).build().unwrap();
    let compiled = host.compile(Source::bytes("old", component())).unwrap().with_compat(compat());
    let error = compiled.link(&Grants::none().allow("demo:evolve")).unwrap_err();
    assert_eq!(
        differences(&error),
        [
            "import demo:evolve/types@1.0.0.kind: the component has a case `space`, the world does not",
            "import demo:evolve/types@1.0.0.token.start: the component has u32, the world u64",
        ]
    );
}

#[test]
fn exports_that_differ_beyond_the_rules_are_refused() {
    let linked = link(Some(compat())).unwrap();
    let plugin = linked.instantiate(State::default()).unwrap();
    let error = plugin.typed::<(u32,), u32>("demo:evolve/tools#add").unwrap_err();
    assert!(differences(&error)[0].contains("the component has 2 parameters, the world 1"), "{error}");
    let error = plugin.typed::<(u32, u64), u32>("demo:evolve/tools#add").unwrap_err();
    assert!(differences(&error)[0].contains("the component has u32, the world u64"), "{error}");
}
