//! What the derives and `bindgen!` expand to needs no prelude, no name of the application's, and no unsafe code.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

/// Names that would be taken for others if the expansion named them bare.
pub mod traps {
    /// Not the `Option` that is meant.
    pub struct Option;
    /// Not the `Result` that is meant.
    pub struct Result;
    /// Not the `String` that is meant.
    pub struct String;
}

/// Everything that a world can have.
pub mod bindings {
    ::plugbay::bindgen!({
        inline: "
            package demo:hygiene@0.1.0;
            interface shapes {
                record point { x: s32, y: s32 }
                record named { name: string, at: option<point>, weight: f64 }
                variant shape { dot(point), line(tuple<point, point>), path(list<point>), nothing }
                enum colour { red, green }
                flags style { bold, under-line }
                type points = list<point>;
                variant problem { too-many(u32), other(string) }
                resource brush { constructor(width: u8); paint: func(at: point); copy: static func(of: borrow<brush>) -> brush; }
                draw: func(shape: shape, colour: colour, style: style, via: points) -> result<named, problem>;
            }
            world drawing {
                import shapes;
                import log: func(%option: string, ok: u8, some: u8, vec: u8);
                export shapes;
                export start: func(name: string) -> result<_, string>;
            }",
    });
}

mod own {
    #[allow(unused_imports, reason = "they are there to be mistaken for others")]
    use crate::traps::{Option, Result, String};
    use ::plugbay::{ComponentType, Exports, Func, Lift, Lower, View};

    #[derive(ComponentType, Lift, Lower)]
    pub(crate) struct Record<T> {
        pub(crate) cx: u8,
        pub(crate) ptr: T,
        pub(crate) src: u64,
        pub(crate) dst: bool,
    }

    #[derive(ComponentType, Lift, Lower)]
    pub(crate) enum Variant {
        Ok(u8),
        None,
        Err(f32),
    }

    #[derive(ComponentType, Lift, Lower)]
    #[component(flags)]
    pub(crate) struct Flags {
        pub(crate) bits: bool,
        pub(crate) cx: bool,
    }

    #[expect(dead_code, reason = "has only to compile")]
    #[derive(ComponentType, View)]
    pub(crate) struct Look<'cx> {
        pub(crate) cx: &'cx str,
        pub(crate) offset1: u8,
    }

    #[expect(dead_code, reason = "has only to compile")]
    #[derive(ComponentType, View)]
    #[wit(
        "shapes.named",
        inline = "package a:b; interface shapes { variant named { value(string), %end(u8) } }"
    )]
    pub(crate) enum Named<'a> {
        Value(&'a str),
        End(u8),
    }

    #[expect(dead_code, reason = "has only to compile")]
    #[derive(Exports)]
    #[exports(interface = "a:b/c")]
    pub(crate) struct Wanted<'finder> {
        pub(crate) path: ::core::option::Option<Func<(&'finder str,), ()>>,
        pub(crate) finder: Func<(), u8>,
    }
}

#[test]
fn it_compiles() {
    use ::plugbay::macro_support::ComponentType;
    ::core::assert_eq!(<own::Record<u8> as ComponentType>::LAYOUT.size, 24);
    ::core::assert_eq!(<own::Variant as ComponentType>::LAYOUT.size, 8);
    ::core::assert_eq!(<own::Flags as ComponentType>::LAYOUT.size, 1);
}
