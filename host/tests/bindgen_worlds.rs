//! Worlds whose bindings have only to compile: the names and shapes that are unlikely to be right by accident. Their
//! expansions are kept beside `bindgen-macro`'s tests.
#![forbid(unsafe_code)]

pub mod functions {
    //! Functions of the world itself.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/functions.wit" });

    /// The same, able to fail.
    pub mod trappable {
        plugbay::bindgen!({
            path: "../bindgen-macro/tests/wit/functions.wit",
            name: Calculator,
            trappable: true,
        });
    }
}

pub mod types {
    //! An interface that is imported and exported.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/types.wit" });
}

pub mod resources {
    //! Resources, once as they are and once with the application's own type.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/resources.wit" });

    /// What stands behind a `file`.
    pub struct OpenFile;

    /// The same, with the application's type.
    pub mod with {
        plugbay::bindgen!({
            path: "../bindgen-macro/tests/wit/resources.wit",
            with: { "demo:res/files@0.1.0/file": super::OpenFile },
        });
    }
}

pub mod uses {
    //! Types of other interfaces and packages, interfaces written in the world.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/uses.wit", world: "main" });
}

pub mod names {
    //! Keywords, and names that the bindings use themselves.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/names.wit" });
}

#[test]
fn a_resource_in_with_is_the_applications_type() {
    use std::any::TypeId;
    assert_eq!(TypeId::of::<resources::with::demo::res::files::File>(), TypeId::of::<resources::OpenFile>());
}

#[test]
fn an_interface_imported_and_exported_has_its_types_twice() {
    use std::any::TypeId;
    assert_ne!(
        TypeId::of::<types::demo::types::shapes::Point>(),
        TypeId::of::<types::exports::demo::types::shapes::Point>()
    );
    assert_eq!(
        TypeId::of::<uses::Id>(),
        TypeId::of::<uses::exports::demo::main::run::Key>(),
        "types that are used are the same"
    );
}
