/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<T: 'static, U: self::demo::borrowed::sink::Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::borrowed::sink::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<T: 'static, U: self::demo::borrowed::sink::Host + 'static>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:borrowed/sink",
            move |linker| self::demo::borrowed::sink::provide(linker, get),
        )
}
/// A plugin of the world `main`.
pub struct Main<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    sink: self::exports::demo::borrowed::sink::Functions,
}
impl<T: 'static> Main<T> {
    /// `demo:borrowed/sink`.
    pub fn sink(&mut self) -> self::exports::demo::borrowed::sink::Guest<'_, T> {
        self::exports::demo::borrowed::sink::Guest {
            plugin: &mut self.plugin,
            functions: &self.sink,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Main<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Main<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let sink = self::exports::demo::borrowed::sink::Functions::find(&mut finder);
        match (sink,) {
            (::plugbay::macro_support::Option::Some(sink),) => {
                ::plugbay::macro_support::Result::Ok(Self { plugin, sink })
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
    pub mod borrowed {
        /// `demo:borrowed/sink`.
        pub mod sink {
            /// `text`.
            pub type Text = ::plugbay::macro_support::String;
            /// `bytes`.
            pub type Bytes = ::plugbay::macro_support::Vec<u8>;
            /// `row`.
            #[derive(
                ::plugbay::macro_support::Debug,
                ::plugbay::macro_support::Clone,
                ::plugbay::macro_support::PartialEq,
                ::plugbay::macro_support::Eq,
                ::plugbay::macro_support::Hash,
                ::plugbay::macro_support::ComponentValue,
            )]
            #[component(record)]
            pub struct Row {
                /// `name`.
                pub name: ::plugbay::macro_support::String,
                /// `sums`.
                pub sums: ::plugbay::macro_support::Vec<u32>,
            }
            /// `level`.
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
            pub enum Level {
                /// `info`.
                Info,
                /// `warn`.
                Warn,
            }
            /// `file`.
            ///
            /// A mark for handles, `Resource` and `Borrow`; the host decides what stands behind their numbers.
            pub enum File {}
            /// What the application implements so that a plugin can use `demo:borrowed/sink`.
            pub trait Host {
                /// Fails when there is no such file.
                fn file_new(
                    &mut self,
                    name: &str,
                ) -> ::plugbay::macro_support::Result<
                    ::plugbay::macro_support::Resource<File>,
                    Text,
                >;
                /// `[method]file.write`.
                fn file_write(
                    &mut self,
                    this: ::plugbay::macro_support::Borrow<File>,
                    bytes: &[u8],
                ) -> ::plugbay::macro_support::Result<u32, ()>;
                /// `log`.
                fn log(
                    &mut self,
                    level: Level,
                    msg: &str,
                ) -> ::plugbay::macro_support::Result<
                    (),
                    ::plugbay::macro_support::HostError,
                >;
                /// `sum`.
                fn sum(
                    &mut self,
                    weights: ::plugbay::macro_support::ListView<'_, f64>,
                    names: ::plugbay::macro_support::ListView<'_, str>,
                    marks: ::plugbay::macro_support::ListView<'_, bool>,
                    rows: ::plugbay::macro_support::Vec<Row>,
                );
                /// `maybe`.
                fn maybe(
                    &mut self,
                    note: ::plugbay::macro_support::Option<&str>,
                    both: (&str, u32),
                    outcome: ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::ListView<'_, char>,
                        Level,
                    >,
                    row: ::plugbay::macro_support::Option<Row>,
                );
                /// `table`.
                fn table(
                    &mut self,
                    counts: ::plugbay::macro_support::Vec<
                        (::plugbay::macro_support::String, u32),
                    >,
                ) -> ::plugbay::macro_support::Vec<(u32, Row)>;
                /// `move`.
                fn r#move(
                    &mut self,
                    a: ::plugbay::macro_support::Borrow<File>,
                    to: ::plugbay::macro_support::Resource<File>,
                );
                /// The plugin dropped a `file` that it owned. Nothing is done unless this is overridden.
                fn drop_file(
                    &mut self,
                    this: ::plugbay::macro_support::Resource<File>,
                ) -> ::plugbay::macro_support::Result<
                    (),
                    ::plugbay::macro_support::HostError,
                > {
                    let _ = this;
                    ::plugbay::macro_support::Result::Ok(())
                }
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:borrowed/sink`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:borrowed/sink");
                instance
                    .func_view::<
                        (&'static str,),
                        ::plugbay::macro_support::Result<
                            ::plugbay::macro_support::Resource<File>,
                            Text,
                        >,
                        _,
                    >(
                        "[constructor]file",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::file_new(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (::plugbay::macro_support::Borrow<File>, &'static [u8]),
                        ::plugbay::macro_support::Result<u32, ()>,
                        _,
                    >(
                        "[method]file.write",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::file_write(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (::plugbay::macro_support::Owned<Level>, &'static str),
                        (),
                        _,
                    >(
                        "log",
                        move |cx, params| ::plugbay::macro_support::trap(
                            U::log(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::ListView<'static, f64>,
                            ::plugbay::macro_support::ListView<'static, str>,
                            ::plugbay::macro_support::ListView<'static, bool>,
                            ::plugbay::macro_support::Owned<
                                ::plugbay::macro_support::Vec<Row>,
                            >,
                        ),
                        (),
                        _,
                    >(
                        "sum",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::sum(
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
                            ::plugbay::macro_support::Option<&'static str>,
                            (&'static str, u32),
                            ::plugbay::macro_support::Result<
                                ::plugbay::macro_support::ListView<'static, char>,
                                ::plugbay::macro_support::Owned<Level>,
                            >,
                            ::plugbay::macro_support::Owned<
                                ::plugbay::macro_support::Option<Row>,
                            >,
                        ),
                        (),
                        _,
                    >(
                        "maybe",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::maybe(
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
                            ::plugbay::macro_support::Owned<
                                ::plugbay::macro_support::Vec<
                                    (::plugbay::macro_support::String, u32),
                                >,
                            >,
                        ),
                        ::plugbay::macro_support::Vec<(u32, Row)>,
                        _,
                    >(
                        "table",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::table(get(::plugbay::macro_support::data(cx)), params.0),
                        ),
                    )?;
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::Borrow<File>,
                            ::plugbay::macro_support::Resource<File>,
                        ),
                        (),
                        _,
                    >(
                        "move",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::r#move(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                            ),
                        ),
                    )?;
                instance
                    .resource::<
                        File,
                    >(
                        "file",
                        move |cx, rep| ::plugbay::macro_support::trap(
                            U::drop_file(
                                get(::plugbay::macro_support::data(cx)),
                                ::plugbay::macro_support::Resource::own(rep),
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
        pub mod borrowed {
            /// `demo:borrowed/sink`.
            pub mod sink {
                /// `text`.
                pub type Text = ::plugbay::macro_support::String;
                /// `bytes`.
                pub type Bytes = ::plugbay::macro_support::Vec<u8>;
                /// `row`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::Clone,
                    ::plugbay::macro_support::PartialEq,
                    ::plugbay::macro_support::Eq,
                    ::plugbay::macro_support::Hash,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(record)]
                pub struct Row {
                    /// `name`.
                    pub name: ::plugbay::macro_support::String,
                    /// `sums`.
                    pub sums: ::plugbay::macro_support::Vec<u32>,
                }
                /// `level`.
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
                pub enum Level {
                    /// `info`.
                    Info,
                    /// `warn`.
                    Warn,
                }
                /// `file`.
                ///
                /// A handle to a resource that lives in the plugin until it is given back or dropped with the plugin.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::ComponentValue,
                )]
                pub struct File(::plugbay::macro_support::ResourceAny);
                /// The functions of `demo:borrowed/sink`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    file_new: ::plugbay::macro_support::TypedFunc<
                        (&'static str,),
                        ::plugbay::macro_support::Result<File, Text>,
                    >,
                    file_write: ::plugbay::macro_support::TypedFunc<
                        (::plugbay::macro_support::BorrowAny, &'static [u8]),
                        ::plugbay::macro_support::Result<u32, ()>,
                    >,
                    log: ::plugbay::macro_support::TypedFunc<(Level, &'static str), ()>,
                    sum: ::plugbay::macro_support::TypedFunc<
                        (
                            &'static [f64],
                            &'static [::plugbay::macro_support::String],
                            &'static [bool],
                            &'static [Row],
                        ),
                        (),
                    >,
                    maybe: ::plugbay::macro_support::TypedFunc<
                        (
                            ::plugbay::macro_support::Option<&'static str>,
                            (&'static str, u32),
                            ::plugbay::macro_support::Result<&'static [char], Level>,
                            ::plugbay::macro_support::Option<&'static Row>,
                        ),
                        (),
                    >,
                    table: ::plugbay::macro_support::TypedFunc<
                        (&'static [(::plugbay::macro_support::String, u32)],),
                        ::plugbay::macro_support::Vec<(u32, Row)>,
                    >,
                    r#move: ::plugbay::macro_support::TypedFunc<
                        (::plugbay::macro_support::BorrowAny, File),
                        (),
                    >,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let file_new = finder
                            .typed("demo:borrowed/sink#[constructor]file");
                        let file_write = finder
                            .typed("demo:borrowed/sink#[method]file.write");
                        let log = finder.typed("demo:borrowed/sink#log");
                        let sum = finder.typed("demo:borrowed/sink#sum");
                        let maybe = finder.typed("demo:borrowed/sink#maybe");
                        let table = finder.typed("demo:borrowed/sink#table");
                        let r#move = finder.typed("demo:borrowed/sink#move");
                        ::plugbay::macro_support::Option::Some(Functions {
                            file_new: file_new?,
                            file_write: file_write?,
                            log: log?,
                            sum: sum?,
                            maybe: maybe?,
                            table: table?,
                            r#move: r#move?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:borrowed/sink`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `log`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn log(
                        &mut self,
                        level: Level,
                        msg: &str,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:borrowed/sink#log",
                            &self.functions.log,
                            (level, msg),
                        )
                    }
                    /// `sum`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn sum(
                        &mut self,
                        weights: &[f64],
                        names: &[::plugbay::macro_support::String],
                        marks: &[bool],
                        rows: &[Row],
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:borrowed/sink#sum",
                            &self.functions.sum,
                            (weights, names, marks, rows),
                        )
                    }
                    /// `maybe`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn maybe(
                        &mut self,
                        note: ::plugbay::macro_support::Option<&str>,
                        both: (&str, u32),
                        outcome: ::plugbay::macro_support::Result<&[char], Level>,
                        row: ::plugbay::macro_support::Option<&Row>,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:borrowed/sink#maybe",
                            &self.functions.maybe,
                            (note, both, outcome, row),
                        )
                    }
                    /// `table`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn table(
                        &mut self,
                        counts: &[(::plugbay::macro_support::String, u32)],
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Vec<(u32, Row)>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:borrowed/sink#table",
                            &self.functions.table,
                            (counts,),
                        )
                    }
                    /// `move`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn r#move(
                        &mut self,
                        a: &File,
                        to: File,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:borrowed/sink#move",
                            &self.functions.r#move,
                            (::plugbay::macro_support::GuestResource::borrow(a), to),
                        )
                    }
                }
                impl File {
                    /// Fails when there is no such file.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn new<T: 'static>(
                        plugin: &mut super::super::super::super::Main<T>,
                        name: &str,
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Result<File, Text>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:borrowed/sink#[constructor]file",
                            &plugin.sink.file_new,
                            (name,),
                        )
                    }
                    /// `[method]file.write`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn write<T: 'static>(
                        &self,
                        plugin: &mut super::super::super::super::Main<T>,
                        bytes: &[u8],
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::Result<u32, ()>,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:borrowed/sink#[method]file.write",
                            &plugin.sink.file_write,
                            (
                                ::plugbay::macro_support::ResourceAny::borrow(self.0),
                                bytes,
                            ),
                        )
                    }
                    /// Drops the resource: the plugin's destructor runs.
                    ///
                    /// # Errors
                    /// When the handle is of another plugin, or the destructor traps.
                    pub fn drop<T: 'static>(
                        self,
                        plugin: &mut super::super::super::super::Main<T>,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::drop_resource(
                            &mut plugin.plugin,
                            self.0,
                        )
                    }
                }
                impl ::plugbay::macro_support::GuestResource for File {
                    fn handle(&self) -> ::plugbay::macro_support::ResourceAny {
                        self.0
                    }
                }
            }
        }
    }
}
