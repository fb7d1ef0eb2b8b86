//! Values and types as JSON on the command line: `run --json`, `inspect --schema`.

use crate::support::{File, TOOLS, plugbay};

#[test]
fn an_export_is_called_with_json() {
    let tools = File::component("call-json", TOOLS);
    for arguments in ["[3, 4]", r#"{"b": 4, "a": 3}"#] {
        let ended = plugbay("run", tools.path(), &["--invoke", "add", "--json", arguments]);
        assert_eq!((ended.out.trim(), ended.code), ("7", Some(0)), "{}", ended.err);
    }
    let wrong = plugbay("run", tools.path(), &["--invoke", "add", "--json", r#"{"a": 3, "b": "x"}"#]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("argument `b`: expected a value of type u32"), "{}", wrong.err);
    assert_eq!(plugbay("run", tools.path(), &["--invoke", "add", "--json", "[3"]).code, Some(2));
    assert_eq!(plugbay("run", tools.path(), &["--json", "[]"]).code, Some(2), "nothing to call");
}

#[test]
fn the_schema_of_an_export_is_shown() {
    let tools = File::component("schema", TOOLS);
    let ended = plugbay("inspect", tools.path(), &["--schema", "add"]);
    let schema: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(schema["params"]["required"], serde_json::json!(["a", "b"]));
    assert_eq!(schema["result"]["maximum"], u64::from(u32::MAX));
    assert_eq!(plugbay("inspect", tools.path(), &["--schema", "gone"]).code, Some(2));
}
