//! Plugins whose functions are known only when they run: calls with text, worlds as types.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{MISCHIEF, compile, live};
use plugbay::{ErrorKind, Grants, Host};
use serde_json::{Value, json};

#[test]
fn functions_are_called_with_json_and_wave() {
    let mut plugin = live(MISCHIEF, &Grants::none());
    assert_eq!(plugin.call_json("grow", &json!([0])).unwrap(), json!(1));
    assert_eq!(plugin.call_json("fine", &Value::Null).unwrap(), json!(7));
    assert_eq!(plugin.call_wave("grow", "0").unwrap(), "1");
    let error = plugin.call_json("grow", &json!(["x"])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Misuse(_)), "{error:?}");
    assert!(error.to_string().contains("argument"), "{error}");
    assert!(plugin.call_wave("grow", "true").is_err());
    assert!(matches!(plugin.call_json("gone", &json!([])).unwrap_err().kind(), ErrorKind::NoExport { .. }));
    assert!(!plugin.is_poisoned());
    plugin.call_json("trap", &Value::Null).unwrap_err();
    assert!(plugin.is_poisoned());
}

#[test]
fn a_plugin_has_a_world() {
    let world = compile(&Host::new().unwrap(), "guest", MISCHIEF).world_type();
    assert!(world.to_wit().unwrap().contains("export fine: func() -> "));
    assert_eq!(world.params_schema("grow").unwrap().unwrap()["required"].as_array().unwrap().len(), 1);
    assert!(world.changes_to(&world).is_empty());
}
