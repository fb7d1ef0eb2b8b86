/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<T: 'static, U: self::demo::types::shapes::Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::types::shapes::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<T: 'static, U: self::demo::types::shapes::Host + 'static>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:types/shapes@1.2.0",
            move |linker| self::demo::types::shapes::provide(linker, get),
        )
}
/// A plugin of the world `drawing`.
pub struct Drawing<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    shapes: self::exports::demo::types::shapes::Functions,
}
impl<T: 'static> Drawing<T> {
    /// `demo:types/shapes@1.2.0`.
    pub fn shapes(&mut self) -> self::exports::demo::types::shapes::Guest<'_, T> {
        self::exports::demo::types::shapes::Guest {
            plugin: &mut self.plugin,
            functions: &self.shapes,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Drawing<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Drawing<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let shapes = self::exports::demo::types::shapes::Functions::find(&mut finder);
        match (shapes,) {
            (::plugbay::macro_support::Option::Some(shapes),) => {
                ::plugbay::macro_support::Result::Ok(Self { plugin, shapes })
            }
            _ => ::plugbay::macro_support::Result::Err(finder.into_error()),
        }
    }
    fn plugin(&mut self) -> &mut ::plugbay::macro_support::Plugin<T> {
        &mut self.plugin
    }
}
#[allow(
    deprecated,
    missing_docs,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the WIT decides what there is, what is documented, and how"
)]
pub mod demo {
    pub mod types {
        /// `demo:types/shapes@1.2.0`.
        pub mod shapes {
            /// A point.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::Copy,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(record)]
            pub struct Point {
                /// `x`.
                pub x: i32,
                /// `y`.
                pub y: i32,
            }
            /// `named`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(record)]
            pub struct Named {
                /// `name`.
                pub name: ::plugbay::macro_support::String,
                /// `at`.
                pub at: ::plugbay::macro_support::Option<Point>,
                /// `weight`.
                pub weight: f64,
            }
            /// `shape`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(variant)]
            pub enum Shape {
                /// `dot`.
                Dot(Point),
                /// `line`.
                Line((Point, Point)),
                /// `path`.
                Path(::plugbay::macro_support::Vec<Point>),
                /// `nothing`.
                Nothing,
            }
            /// `colour`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::Copy,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::PartialOrd,
                ::plugbay::macro_support::Ord,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(enum)]
            pub enum Colour {
                /// `red`.
                Red,
                /// `green`.
                Green,
                /// `dark-blue`.
                DarkBlue,
            }
            /// `style`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::Copy,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::Default,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(flags)]
            pub struct Style {
                /// `bold`.
                pub bold: bool,
                /// `under-line`.
                pub under_line: bool,
            }
            /// `points`.
            pub type Points = ::plugbay::macro_support::Vec<Point>;
            /// `location`.
            pub type Location = Point;
            /// `problem`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(variant)]
            pub enum Problem {
                /// `too-many`.
                TooMany(u32),
                /// `other`.
                Other(::plugbay::macro_support::String),
            }
            impl ::plugbay::macro_support::Display for Problem {
                fn fmt(
                    &self,
                    f: &mut ::plugbay::macro_support::Formatter<'_>,
                ) -> ::plugbay::macro_support::Result<
                    (),
                    ::plugbay::macro_support::FmtError,
                > {
                    ::plugbay::macro_support::Debug::fmt(self, f)
                }
            }
            impl ::plugbay::macro_support::StdError for Problem {}
            /// What the application implements so that a plugin can use `demo:types/shapes@1.2.0`.
            pub trait Host {
                /// `draw`.
                fn draw(
                    &mut self,
                    shape: Shape,
                    colour: Colour,
                    style: Style,
                    via: Points,
                ) -> ::plugbay::macro_support::Result<Named, Problem>;
                /// `check`.
                fn check(
                    &mut self,
                    named: Named,
                    at: Location,
                ) -> ::plugbay::macro_support::Result<(), Problem>;
                /// `nothing`.
                fn nothing(&mut self) -> ::plugbay::macro_support::Result<(), ()>;
                /// `nested`.
                fn nested(
                    &mut self,
                    a: ::plugbay::macro_support::Option<
                        ::plugbay::macro_support::Option<&str>,
                    >,
                    b: (u8, &str),
                    c: ::plugbay::macro_support::Result<&str, u8>,
                    d: ::plugbay::macro_support::Vec<::plugbay::macro_support::Vec<u8>>,
                );
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:types/shapes@1.2.0`. `get` finds it in the state of a plugin.
            ///
            /// # Errors
            /// When the linker has other functions of these names.
            pub fn provide<T: 'static, U: Host + 'static>(
                linker: &mut ::plugbay::macro_support::Linker<T>,
                get: fn(&mut T) -> &mut U,
            ) -> ::plugbay::macro_support::Result<
                (),
                ::plugbay::macro_support::ComponentError,
            > {
                let mut instance = linker.instance("demo:types/shapes@1.2.0");
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::Owned<Shape>,
                            ::plugbay::macro_support::Owned<Colour>,
                            ::plugbay::macro_support::Owned<Style>,
                            ::plugbay::macro_support::Owned<Points>,
                        ),
                        ::plugbay::macro_support::Result<Named, Problem>,
                        _,
                    >(
                        "draw",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::draw(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                                params.2,
                                params.3,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::Owned<Named>,
                            ::plugbay::macro_support::Owned<Location>,
                        ),
                        ::plugbay::macro_support::Result<(), Problem>,
                        _,
                    >(
                        "check",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::check(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        ::plugbay::macro_support::Result<(), ()>,
                        _,
                    >(
                        "nothing",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::nothing(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::Option<
                                ::plugbay::macro_support::Option<&'static str>,
                            >,
                            (u8, &'static str),
                            ::plugbay::macro_support::Result<&'static str, u8>,
                            ::plugbay::macro_support::Owned<
                                ::plugbay::macro_support::Vec<
                                    ::plugbay::macro_support::Vec<u8>,
                                >,
                            >,
                        ),
                        (),
                        _,
                    >(
                        "nested",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::nested(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                                params.2,
                                params.3,
                            ),
                        ),
                    )?;
                ::plugbay::macro_support::Result::Ok(())
            }
        }
    }
}
#[allow(
    deprecated,
    missing_docs,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the WIT decides what there is, what is documented, and how"
)]
pub mod exports {
    pub mod demo {
        pub mod types {
            /// `demo:types/shapes@1.2.0`.
            pub mod shapes {
                /// A point.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::Copy,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(record)]
                pub struct Point {
                    /// `x`.
                    pub x: i32,
                    /// `y`.
                    pub y: i32,
                }
                /// `named`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(record)]
                pub struct Named {
                    /// `name`.
                    pub name: ::plugbay::macro_support::String,
                    /// `at`.
                    pub at: ::plugbay::macro_support::Option<Point>,
                    /// `weight`.
                    pub weight: f64,
                }
                /// `shape`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(variant)]
                pub enum Shape {
                    /// `dot`.
                    Dot(Point),
                    /// `line`.
                    Line((Point, Point)),
                    /// `path`.
                    Path(::plugbay::macro_support::Vec<Point>),
                    /// `nothing`.
                    Nothing,
                }
                /// `colour`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::Copy,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::PartialOrd,
                    ::plugbay::macro_support::Ord,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(enum)]
                pub enum Colour {
                    /// `red`.
                    Red,
                    /// `green`.
                    Green,
                    /// `dark-blue`.
                    DarkBlue,
                }
                /// `style`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::Copy,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::Default,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(flags)]
                pub struct Style {
                    /// `bold`.
                    pub bold: bool,
                    /// `under-line`.
                    pub under_line: bool,
                }
                /// `points`.
                pub type Points = ::plugbay::macro_support::Vec<Point>;
                /// `location`.
                pub type Location = Point;
                /// `problem`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(variant)]
                pub enum Problem {
                    /// `too-many`.
                    TooMany(u32),
                    /// `other`.
                    Other(::plugbay::macro_support::String),
                }
                impl ::plugbay::macro_support::Display for Problem {
                    fn fmt(
                        &self,
                        f: &mut ::plugbay::macro_support::Formatter<'_>,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::FmtError,
                    > {
                        ::plugbay::macro_support::Debug::fmt(self, f)
                    }
                }
                impl ::plugbay::macro_support::StdError for Problem {}
                /// The functions of `demo:types/shapes@1.2.0`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    draw: ::plugbay::macro_support::TypedFunc<
                        (&'static Shape, Colour, Style, &'static [Point]),
                        ::plugbay::macro_support::Result<Named, Problem>,
                    >,
                    check: ::plugbay::macro_support::TypedFunc<
                        (&'static Named, Location),
                        ::plugbay::macro_support::Result<(), Problem>,
                    >,
                    nothing: ::plugbay::macro_support::TypedFunc<
                        (),
                        ::plugbay::macro_support::Result<(), ()>,
                    >,
                    nested: ::plugbay::macro_support::TypedFunc<
                        (
                            ::plugbay::macro_support::Option<
                                ::plugbay::macro_support::Option<&'static str>,
                            >,
                            (u8, &'static str),
                            ::plugbay::macro_support::Result<&'static str, u8>,
                            &'static [::plugbay::macro_support::Vec<u8>],
                        ),
                        (),
                    >,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let draw = finder.typed("demo:types/shapes@1.2.0#draw");
                        let check = finder.typed("demo:types/shapes@1.2.0#check");
                        let nothing = finder.typed("demo:types/shapes@1.2.0#nothing");
                        let nested = finder.typed("demo:types/shapes@1.2.0#nested");
                        ::plugbay::macro_support::Option::Some(Functions {
                            draw: draw?,
                            check: check?,
                            nothing: nothing?,
                            nested: nested?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:types/shapes@1.2.0`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `draw`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn draw(
                        &mut self,
                        shape: &Shape,
                        colour: Colour,
                        style: Style,
                        via: &[Point],
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Result<Named, Problem>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:types/shapes@1.2.0#draw",
                            &self.functions.draw,
                            (shape, colour, style, via),
                        )
                    }
                    /// `check`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn check(
                        &mut self,
                        named: &Named,
                        at: Location,
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Result<(), Problem>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:types/shapes@1.2.0#check",
                            &self.functions.check,
                            (named, at),
                        )
                    }
                    /// `nothing`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn nothing(
                        &mut self,
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Result<(), ()>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:types/shapes@1.2.0#nothing",
                            &self.functions.nothing,
                            (),
                        )
                    }
                    /// `nested`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn nested(
                        &mut self,
                        a: ::plugbay::macro_support::Option<
                            ::plugbay::macro_support::Option<&str>,
                        >,
                        b: (u8, &str),
                        c: ::plugbay::macro_support::Result<&str, u8>,
                        d: &[::plugbay::macro_support::Vec<u8>],
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:types/shapes@1.2.0#nested",
                            &self.functions.nested,
                            (a, b, c, d),
                        )
                    }
                }
            }
        }
    }
}
