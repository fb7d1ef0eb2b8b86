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

pub mod own_types {
    //! Types of the application in the place of those of the WIT.
    use plugbay::{ComponentType, Lift, Lower};

    /// A point that was there before.
    #[derive(Clone, Debug, ComponentType, Lift, Lower)]
    #[component(record)]
    pub struct Position {
        /// To the right.
        pub x: i32,
        /// Down.
        pub y: i32,
    }

    plugbay::bindgen!({
        path: "../bindgen-macro/tests/wit/types.wit",
        with: { "demo:types/shapes/point": Position },
    });
}

pub mod own_interfaces {
    //! An interface that another call made.
    plugbay::bindgen!({
        path: "../bindgen-macro/tests/wit/resources.wit",
        with: { "demo:res/files": crate::resources::with::demo::res::files },
    });
}

pub mod borrowed {
    //! Arguments that the host reads where they lie.
    plugbay::bindgen!({
        path: "../bindgen-macro/tests/wit/borrowed.wit",
        trappable: ["demo:borrowed/sink/log", "demo:borrowed/sink/file.drop"],
    });
}

pub mod versions {
    //! Two versions of an interface.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/versions.wit", world: "demo:main/both" });
}

pub mod stability {
    //! With a feature and without.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/stability.wit" });

    /// With it.
    pub mod zones {
        plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/stability.wit", features: ["zones"] });
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

pub mod keywords {
    //! Every keyword, and every name that the expansion uses, wherever WIT has a name.
    plugbay::bindgen!({ path: "../bindgen-macro/tests/wit/keywords.wit" });
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

#[test]
fn types_of_the_application_stand_in_every_interface() {
    use own_types::Position;
    use std::any::TypeId;
    assert_eq!(TypeId::of::<own_types::demo::types::shapes::Point>(), TypeId::of::<Position>());
    assert_eq!(TypeId::of::<own_types::exports::demo::types::shapes::Point>(), TypeId::of::<Position>());
    let shape = own_types::demo::types::shapes::Shape::Dot(Position { x: 1, y: 2 });
    assert!(format!("{:?}", shape.clone()).contains("Position"));
}

#[test]
fn an_interface_of_another_world_is_the_same() {
    use plugbay::{Borrow, Resource};

    struct Files;
    impl own_interfaces_files::Host for Files {
        fn file_new(&mut self, _: &str) -> Resource<resources::OpenFile> {
            Resource::own(1)
        }
        fn file_read(&mut self, _: Borrow<resources::OpenFile>, _: u32) -> Vec<u8> {
            Vec::new()
        }
        fn file_open(&mut self, name: &str) -> Result<Resource<resources::OpenFile>, String> {
            Err(name.to_owned())
        }
        fn best(
            &mut self,
            _: Borrow<resources::OpenFile>,
            b: Resource<resources::OpenFile>,
        ) -> Resource<resources::OpenFile> {
            b
        }
    }
    // One implementation serves both worlds.
    use resources::with::demo::res::files as own_interfaces_files;
    let one = resources::with::offer(plugbay::Host::builder(), |files: &mut Files| files).build();
    let other = own_interfaces::offer(plugbay::Host::builder(), |files: &mut Files| files).build();
    assert!(one.is_ok() && other.is_ok());
}

#[test]
fn arguments_are_borrowed() {
    use borrowed::demo::borrowed::sink::{File, Host, Level, Row};
    use plugbay::macro_support::{HostError, ListView};
    use plugbay::{Borrow, Resource};

    #[derive(Default)]
    struct Sink(Vec<String>);
    impl Host for Sink {
        fn file_new(&mut self, name: &str) -> Result<Resource<File>, String> {
            Err(name.to_owned())
        }
        fn file_write(&mut self, _: Borrow<File>, bytes: &[u8]) -> Result<u32, ()> {
            u32::try_from(bytes.len()).map_err(|_| ())
        }
        fn log(&mut self, level: Level, msg: &str) -> Result<(), HostError> {
            self.0.push(format!("{level:?} {msg}"));
            Ok(())
        }
        fn sum(
            &mut self,
            weights: ListView<'_, f64>,
            names: ListView<'_, str>,
            _: ListView<'_, bool>,
            rows: Vec<Row>,
        ) {
            self.0.push(format!("{} {} {}", weights.len(), names.len(), rows.len()));
        }
        fn maybe(
            &mut self,
            note: Option<&str>,
            both: (&str, u32),
            _: Result<ListView<'_, char>, Level>,
            _: Option<Row>,
        ) {
            self.0.push(format!("{note:?} {both:?}"));
        }
        fn table(&mut self, counts: Vec<(String, u32)>) -> Vec<(u32, Row)> {
            let row = |(name, count)| (count, Row { name, sums: vec![count] });
            counts.into_iter().map(row).collect()
        }
        fn r#move(&mut self, _: Borrow<File>, _: Resource<File>) {}
        fn drop_file(&mut self, this: Resource<File>) -> Result<(), HostError> {
            Err(format!("{} is not for dropping", this.rep()).into())
        }
    }
    assert!(borrowed::offer(plugbay::Host::builder(), |sink: &mut Sink| sink).build().is_ok());
}
