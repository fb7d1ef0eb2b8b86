//! F: what belongs to one store, engine or instance, used with another: refused, and nothing is hurt.

use plugbay_component::{Borrow, Component, ErrorKind, Limits, Linker, Resource, ResourceAny, Val as Value};
use plugbay_engine::{
    Config, Engine, Error, ErrorKind as CoreKind, Extern, Func, FuncType, Instance, Module, Store,
    StoreLimits, TrapStyle, Val, ValType,
};

use crate::guests::{alone, call, call_u32, linked, misuse};
use crate::support::{Guest, STYLES, engine};

const EVERYTHING: &str = r#"(module (memory (export "memory") 1) (table (export "table") 10 funcref)
    (global (export "global") (mut i32) (i32.const 5)) (tag (export "tag") (param i32))
    (func (export "func") (param i32) (result i32) (local.get 0)))"#;

fn is_misuse<R: std::fmt::Debug>(result: Result<R, Error>) {
    let error = result.expect_err("misuse");
    assert!(matches!(error.kind(), CoreKind::Misuse(_)), "{error:?}");
}

#[test]
fn f01_handles_of_another_store() {
    // Stores of one engine, of two, and of two trap styles.
    let shared = engine(TrapStyle::Signals);
    let engines = [
        (shared.clone(), shared),
        (engine(TrapStyle::Explicit), engine(TrapStyle::Explicit)),
        (engine(TrapStyle::Signals), engine(TrapStyle::Explicit)),
    ];
    for (first, second) in engines {
        let module = Module::new(&first, &wat::parse_str(EVERYTHING).unwrap()).unwrap();
        let (mut here, mut there) = (
            Store::new(&first, (), StoreLimits::default()).unwrap(),
            Store::new(&second, (), StoreLimits::default()).unwrap(),
        );
        let instance = Instance::new(&mut here.context(), &module, &[]).unwrap();
        let exports = instance.exports(&here.context());
        assert_eq!(exports.len(), 5);
        let mut cx = there.context();
        assert!(instance.exports(&cx).is_empty() && instance.export(&cx, "func").is_none());
        for (name, export) in &exports {
            let importing = match export {
                Extern::Func(func) => {
                    is_misuse(func.call(&mut cx, &[Val::I32(1)]));
                    is_misuse(func.call_raw(&mut cx, &mut [1]));
                    is_misuse(func.typed::<(i32,), i32, _>(&cx).map(drop));
                    "(func (param i32) (result i32))"
                }
                Extern::Memory(memory) => {
                    assert!(memory.data(&cx).is_empty() && memory.data_mut(&mut cx).is_empty());
                    assert_eq!(memory.pages(&cx), 0);
                    is_misuse(memory.grow(&mut cx, 1));
                    "(memory 1)"
                }
                Extern::Table(table) => {
                    assert_eq!(table.size(&cx), 0);
                    is_misuse(table.get(&cx, 0));
                    is_misuse(table.set(&mut cx, 0, Val::FuncRef(None)));
                    is_misuse(table.grow(&mut cx, 1, Val::FuncRef(None)));
                    "(table 10 funcref)"
                }
                Extern::Global(global) => {
                    assert_eq!(global.get(&cx), Val::I32(0));
                    is_misuse(global.set(&mut cx, Val::I32(1)));
                    "(global (mut i32))"
                }
                Extern::Tag(tag) => {
                    let error = tag.exception(&mut cx, &[Val::I32(1)]);
                    assert!(matches!(error.kind(), CoreKind::Misuse(_)), "{error:?}");
                    "(tag (param i32))"
                }
                other => panic!("{other:?}"),
            };
            let text = format!(r#"(module (import "" "{name}" {importing}))"#);
            let importer = Module::new(&second, &wat::parse_str(text).unwrap()).unwrap();
            is_misuse(Instance::new(&mut cx, &importer, &[*export]).map(drop));
        }
        // Each still works where it belongs.
        let mut cx = here.context();
        let func = instance.export(&cx, "func").and_then(Extern::into_func).unwrap();
        assert_eq!(func.call(&mut cx, &[Val::I32(7)]).unwrap(), [Val::I32(7)]);
        assert_eq!(
            instance.export(&cx, "global").and_then(Extern::into_global).unwrap().get(&cx),
            Val::I32(5)
        );
    }
}

#[test]
fn f01_a_function_reference_of_another_store_as_an_argument() {
    for style in STYLES {
        let text = r#"(module (table (export "t") 1 funcref) (func $f (export "f")) (elem declare func $f)
          (func (export "take") (param funcref) (table.set 0 (i32.const 0) (local.get 0)))
          (func (export "give") (result funcref) (ref.func $f)))"#;
        let (mut here, mut there) = (Guest::new(style, text), Guest::new(style, text));
        let reference = here.get("give", &[]);
        is_misuse(there.call("take", &[reference]));
        let table = there.table("t");
        is_misuse(table.set(&mut there.store.context(), 0, reference));
        here.call("take", &[reference]).unwrap();
        // Nor as the result of a host function.
        let ty = FuncType::new([], [ValType::FUNCREF]);
        let func = Func::new(&mut there.store.context(), ty, move |_, _, results| {
            results[0] = reference;
            Ok(())
        });
        assert!(func.call(&mut there.store.context(), &[]).is_err());
    }
}

#[test]
fn f01_modules_of_another_engine() {
    let text = "(module (func (export \"f\")))";
    for (first, second) in
        [(TrapStyle::Signals, TrapStyle::Signals), (TrapStyle::Signals, TrapStyle::Explicit)]
    {
        let module = Module::new(&engine(first), &wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine(second), (), StoreLimits::default()).unwrap();
        is_misuse(Instance::new(&mut store.context(), &module, &[]).map(drop));
    }
}

struct Thing;
struct Other;

/// Takes an own and a borrow of a host resource.
const TAKER: &str = r#"(component (import "test:x/api" (instance $api (export "thing" (type $t (sub resource)))))
  (alias export $api "thing" (type $t)) (core func $drop (canon resource.drop $t))
  (core module $m (import "" "drop" (func $drop (param i32)))
    (func (export "take") (param i32) (call $drop (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
  (func (export "take") (param "t" (own $t)) (canon lift (core func $i "take")))
  (func (export "look") (param "t" (borrow $t)) (canon lift (core func $i "take"))))"#;

#[test]
fn f01_functions_and_resources_of_another_instance() {
    let mut linker = Linker::<u32>::new();
    let define = |cx: &mut plugbay_component::HostContext<'_, u32>, _| {
        *cx.data_mut() += 1;
        Ok(())
    };
    linker.instance("test:x/api").resource::<Thing>("thing", define).unwrap();
    let (mut here, mut there) = (linked(&linker, TAKER, 0), linked(&linker, TAKER, 0));
    let func = here.func("take").unwrap();
    let take = func.typed::<(Resource<Thing>,), ()>(&here).unwrap();
    let result = take.call(&mut there, (Resource::own(1),));
    misuse(&there, result);
    let result = there.call(func, &[]);
    misuse(&there, result);
    assert!(func.typed::<(Resource<Thing>,), ()>(&there).is_err() && there.func_type(func).is_err());
    // Handles of the host, made for one instance.
    let ty = match &here.func_type(func).unwrap().params()[0].1 {
        plugbay_component::types::ValType::Own(ty) => ty.clone(),
        ty => panic!("{ty}"),
    };
    let resource = here.resource_new(&ty, 9).unwrap();
    for name in ["take", "look"] {
        let result = call(&mut there, name, &[Value::Resource(resource)]);
        misuse(&there, result);
    }
    let result = there.resource_rep(resource);
    misuse(&there, result);
    let result = there.resource_take(resource);
    misuse(&there, result);
    let result = there.drop_resource(resource);
    misuse(&there, result);
    assert_eq!(here.resource_rep(resource).unwrap(), 9);
    call(&mut here, "take", &[Value::Resource(resource)]).unwrap();
    assert_eq!((*here.data(), *there.data()), (1, 0));
    // A Rust type that the linker did not define as this resource.
    let take = here.func("take").unwrap().typed::<(Resource<Other>,), ()>(&here);
    let look = here.func("look").unwrap().typed::<(Borrow<Other>,), ()>(&here);
    if let Ok(take) = take {
        let result = take.call(&mut here, (Resource::own(1),));
        misuse(&here, result);
    }
    if let Ok(look) = look {
        let result = look.call(&mut here, (Borrow::new(1),));
        misuse(&here, result);
    }
    take_guest_resources_for_the_hosts();
}

/// A resource of the guest is no resource of the host, by whatever handle.
fn take_guest_resources_for_the_hosts() {
    let text = r#"(component (type $r' (resource (rep i32))) (export $r "r" (type $r')) (core func $new (canon resource.new $r'))
      (core func $rep (canon resource.rep $r'))
      (func (export "make") (param "n" u32) (result (own $r)) (canon lift (core func $new)))
      (func (export "take") (param "r" (own $r)) (result u32) (canon lift (core func $rep))))"#;
    let mut instance = alone(text);
    let made = match call_u32(&mut instance, "make", &[3]).unwrap() {
        Some(Value::Resource(resource)) => resource,
        other => panic!("{other:?}"),
    };
    let result = instance.resource_rep(made);
    misuse(&instance, result);
    let result = instance.resource_take(made);
    misuse(&instance, result);
    if let Ok(take) = instance.func("take").unwrap().typed::<(Resource<Thing>,), u32>(&instance) {
        let result = take.call(&mut instance, (Resource::own(1),));
        misuse(&instance, result);
    }
    let take = instance.func("take").unwrap().typed::<(ResourceAny,), u32>(&instance).unwrap();
    assert_eq!(take.call(&mut instance, (made,)).unwrap(), 3);
}

#[test]
fn f01_components_and_linkers_go_with_every_engine() {
    // A linker belongs to no engine, so that one serves all; a component belongs to the engine that compiled it.
    let mut linker = Linker::<()>::new();
    linker.root().func_wrap("n", |_, (): ()| Ok(5u32)).unwrap();
    let text = r#"(component (import "n" (func $n (result u32))) (core func $n (canon lower (func $n)))
      (core module $m (import "" "n" (func $n (result i32))) (func (export "f") (result i32) (call $n)))
      (core instance $i (instantiate $m (with "" (instance (export "n" (func $n))))))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))"#;
    let bytes = wat::parse_str(text).unwrap();
    for style in STYLES {
        let engine = Engine::new(&Config::new().with_trap_style(style)).unwrap();
        let component = Component::new(&engine, &bytes).unwrap();
        drop(engine);
        let pre = linker.pre(&component).unwrap();
        drop(component);
        let mut instance = pre.instantiate((), StoreLimits::default(), Limits::default()).unwrap();
        drop(pre);
        assert_eq!(call(&mut instance, "f", &[]).unwrap(), Some(Value::U32(5)));
        let error = instance.call(instance.func("f").unwrap(), &[Value::U8(1)]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Misuse(_)));
    }
}
