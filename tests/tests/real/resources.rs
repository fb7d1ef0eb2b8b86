//! Resources of the host and of the guest, made, lent, given and dropped: `resources`, `resource-import-and-export` and
//! `resource-borrow-simple`.

use plugbay::{
    Borrow, BorrowAny, ComponentError, Host, Linker, PluginState, Resource, ResourceAny, ResourceTableError,
};

use crate::support::{Cx, real};

fn refused(error: ResourceTableError) -> ComponentError {
    ComponentError::host(error)
}

/// A number of the host.
struct Number(u32);

/// The number behind a handle.
fn number<'a>(cx: &'a mut Cx<'_, u32>, number: &Borrow<Number>) -> Result<&'a mut u32, ComponentError> {
    cx.data_mut().table().get_mut(number).map(|number| &mut number.0).map_err(refused)
}

fn made(cx: &mut Cx<'_, u32>, number: u32) -> Result<Resource<Number>, ComponentError> {
    cx.data_mut().table().push(Number(number)).map_err(refused)
}

fn taken(cx: &mut Cx<'_, u32>, number: Resource<Number>) -> Result<u32, ComponentError> {
    cx.data_mut().table().delete(number).map(|number| number.0).map_err(refused)
}

/// The destructor: the state counts.
fn dropped(cx: &mut Cx<'_, u32>, rep: u32) -> Result<(), ComponentError> {
    taken(cx, Resource::own(rep))?;
    *cx.data_mut().data_mut() += 1;
    Ok(())
}

/// The host's half of `resources`: the resource `y`, a signed number.
fn imports(linker: &mut Linker<PluginState<u32>>) -> plugbay_component::Result<()> {
    let mut imports = linker.instance("imports");
    imports.resource::<Number>("y", dropped)?;
    imports.func_wrap("[constructor]y", |cx, (a,): (i32,)| made(cx, a.cast_unsigned()))?;
    imports.func_wrap("[method]y.get-a", |cx, (y,): (Borrow<Number>,)| Ok(number(cx, &y)?.cast_signed()))?;
    imports.func_wrap("[method]y.set-a", |cx, (y, a): (Borrow<Number>, i32)| {
        *number(cx, &y)? = a.cast_unsigned();
        Ok(())
    })?;
    imports.func_wrap("[static]y.add", |cx, (y, a): (Resource<Number>, i32)| {
        let sum = taken(cx, y)?.wrapping_add_signed(a);
        made(cx, sum)
    })?;
    Ok(())
}

#[test]
fn the_guest_defines_resources_and_uses_the_hosts() {
    let path = "jco-components/runtime/resources.component.wasm";
    let Some(mut real) = real(path, Host::builder().provide("imports", imports), &["imports"], 0) else {
        return;
    };
    assert_eq!(real.call::<_, Result<(), String>>("exports#test-imports", ()), Ok(()));
    assert_eq!(real.plugin.usage().host_resources.now, 0, "the guest dropped all that it made");

    let x: ResourceAny = real.call("exports#[constructor]x", (5i32,));
    let get = "exports#[method]x.get-a";
    assert_eq!(real.call::<_, i32>(get, (x.borrow(),)), 5);
    real.call::<_, ()>("exports#[method]x.set-a", (x.borrow(), -10i32));
    assert_eq!(real.call::<_, i32>(get, (x.borrow(),)), -10);
    let sum: ResourceAny = real.call("exports#[static]x.add", (x, 5i32));
    assert_eq!(real.call::<_, i32>(get, (sum.borrow(),)), -5);
    assert!(real.plugin.call::<_, i32>(get, (x.borrow(),)).is_err(), "it was given away");
    real.call::<_, ()>("exports#consume", (sum,));
    assert!(real.plugin.call::<_, i32>(get, (sum.borrow(),)).is_err(), "it was consumed");

    let count = "exports#[static]z.num-dropped";
    let before: u32 = real.call(count, ());
    let [a, b] = [10i32, 20].map(|a| real.call::<_, ResourceAny>("exports#[constructor]z", (a,)));
    let both: ResourceAny = real.call::<(BorrowAny, BorrowAny), _>("exports#add", (a.borrow(), b.borrow()));
    assert_eq!(real.call::<_, i32>("exports#[method]z.get-a", (both.borrow(),)), 30);
    assert_eq!(real.call::<_, i32>("exports#[method]z.get-a", (a.borrow(),)), 10);
    for (z, dropped) in [(a, 1), (b, 2), (both, 3)] {
        real.drop_resource(z);
        assert_eq!(real.call::<_, u32>(count, ()), before + dropped);
    }

    let kebab: ResourceAny = real.call("exports#[constructor]kebab-case", (30u32,));
    assert_eq!(real.call::<_, u32>("exports#[method]kebab-case.get-a", (kebab.borrow(),)), 30);
    assert_eq!(real.call::<_, u32>("exports#[static]kebab-case.take-owned", (kebab,)), 30);
    assert!(real.plugin.drop_resource(kebab).is_err());
    real.finish();
}

/// The host's half of `resource-import-and-export`: each function leaves a trace of its own in the number.
fn things(linker: &mut Linker<PluginState<u32>>) -> plugbay_component::Result<()> {
    let mut test = linker.instance("test:resource-import-and-export/test");
    test.resource::<Number>("thing", dropped)?;
    test.func_wrap("[constructor]thing", |cx, (v,): (u32,)| made(cx, v + 100))?;
    test.func_wrap("[method]thing.foo", |cx, (thing,): (Borrow<Number>,)| Ok(*number(cx, &thing)? + 1000))?;
    test.func_wrap("[method]thing.bar", |cx, (thing, v): (Borrow<Number>, u32)| {
        *number(cx, &thing)? = v + 10_000;
        Ok(())
    })?;
    test.func_wrap("[static]thing.baz", |cx, (a, b): (Resource<Number>, Resource<Number>)| {
        let sum = taken(cx, a)? + taken(cx, b)? + 100_000;
        made(cx, sum)
    })?;
    Ok(())
}

#[test]
fn a_resource_of_the_host_lies_behind_one_of_the_guest() {
    let name = "test:resource-import-and-export/test";
    let path = "jco-components/runtime/resource-import-and-export.component.wasm";
    let builder = Host::builder().provide(name, things);
    let builder = builder.provide("toplevel-import", |linker: &mut Linker<PluginState<u32>>| {
        linker.root().func_wrap(
            "toplevel-import",
            |cx: &mut Cx<'_, u32>, (thing,): (Resource<Number>,)| {
                *number(cx, &thing.borrow())? += 7;
                Ok(thing)
            },
        )?;
        Ok(())
    });
    let Some(mut real) = real(path, builder, &[name, "toplevel-import"], 0) else { return };
    let test = |function: &str| format!("{name}#{function}");
    // The guest adds 1 in its constructor, 2 in `foo`, 3 in `bar` and 4 in `baz`; the host what is above.
    let thing = |real: &mut crate::support::Real<u32>, v: u32| -> ResourceAny {
        real.call(&test("[constructor]thing"), (v,))
    };
    let foo = |real: &mut crate::support::Real<u32>, thing: ResourceAny| -> u32 {
        real.call(&test("[method]thing.foo"), (thing.borrow(),))
    };
    let a = thing(&mut real, 42);
    assert_eq!(foo(&mut real, a), (42 + 1 + 100) + 1000 + 2);
    real.call::<_, ()>(&test("[method]thing.bar"), (a.borrow(), 33u32));
    assert_eq!(foo(&mut real, a), (33 + 3 + 10_000) + 1000 + 2);
    let b = thing(&mut real, 81);
    let both: ResourceAny = real.call(&test("[static]thing.baz"), (a, b));
    // `baz` of the guest makes a new thing of what `foo` says of the host's.
    let sum = (33 + 3 + 10_000) + (81 + 1 + 100) + 100_000;
    assert_eq!(foo(&mut real, both), ((sum + 1000 + 4) + 1 + 100) + 1000 + 2);
    assert_eq!(real.plugin.usage().host_resources.now, 1, "only what lies behind `both`");
    real.drop_resource(both);
    // The guest's destructor frees its memory and keeps its handle: what the host has behind it lives as long as the guest.
    assert_eq!(real.plugin.usage().host_resources.now, 1);

    let own = real.plugin.state_mut().table().push(Number(1)).unwrap();
    let back: Resource<Number> = real.call("toplevel-export", (own,));
    assert_eq!(real.plugin.state_mut().table().get(&back).unwrap().0, 8);
    real.plugin.state_mut().table().delete(back).unwrap();
    assert_eq!(real.finish(), 1, "the guest's `baz` drops what the host's made");
}

#[test]
fn a_resource_of_the_world_is_made_and_lent() {
    let path = "jco-components/runtime/resource-borrow-simple.component.wasm";
    let builder = Host::builder().provide("r", |linker: &mut Linker<PluginState<u32>>| {
        let mut root = linker.root();
        root.resource::<Number>("r", dropped)?;
        root.func_wrap("[constructor]r", |cx, (): ()| made(cx, 9))?;
        Ok(())
    });
    let builder = builder.provide("test", |linker: &mut Linker<PluginState<u32>>| {
        linker.root().func_wrap("test", |cx: &mut Cx<'_, u32>, (r,): (Borrow<Number>,)| {
            assert_eq!(*number(cx, &r)?, 9);
            *cx.data_mut().data_mut() += 100;
            Ok(())
        })?;
        Ok(())
    });
    let Some(mut real) = real(path, builder, &["r", "test"], 0) else { return };
    real.call::<_, ()>("test-imports", ());
    assert_eq!(real.plugin.usage().host_resources.now, 0);
    assert_eq!(real.finish(), 101, "lent once, then dropped");
}
