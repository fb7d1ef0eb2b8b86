/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<T: 'static, U: self::demo::res::files::Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::res::files::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<T: 'static, U: self::demo::res::files::Host + 'static>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:res/files@0.1.0",
            move |linker| self::demo::res::files::provide(linker, get),
        )
}
/// A plugin of the world `editor`.
pub struct Editor<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    sessions: self::exports::demo::res::sessions::Functions,
}
impl<T: 'static> Editor<T> {
    /// `demo:res/sessions@0.1.0`.
    pub fn sessions(&mut self) -> self::exports::demo::res::sessions::Guest<'_, T> {
        self::exports::demo::res::sessions::Guest {
            plugin: &mut self.plugin,
            functions: &self.sessions,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Editor<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Editor<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let sessions = self::exports::demo::res::sessions::Functions::find(&mut finder);
        match (sessions,) {
            (::plugbay::macro_support::Option::Some(sessions),) => {
                ::plugbay::macro_support::Result::Ok(Self { plugin, sessions })
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
    pub mod res {
        /// `demo:res/files@0.1.0`.
        pub mod files {
            /// An open file.
            ///
            /// A mark for handles, `Resource` and `Borrow`; the host decides what stands behind their numbers.
            pub enum File {}
            /// What the application implements so that a plugin can use `demo:res/files@0.1.0`.
            pub trait Host {
                /// `[constructor]file`.
                fn file_new(
                    &mut self,
                    name: &str,
                ) -> ::plugbay::macro_support::Resource<File>;
                /// `[method]file.read`.
                fn file_read(
                    &mut self,
                    this: ::plugbay::macro_support::Borrow<File>,
                    count: u32,
                ) -> ::plugbay::macro_support::Vec<u8>;
                /// `[static]file.open`.
                fn file_open(
                    &mut self,
                    name: &str,
                ) -> ::plugbay::macro_support::Result<
                    ::plugbay::macro_support::Resource<File>,
                    ::plugbay::macro_support::String,
                >;
                /// `best`.
                fn best(
                    &mut self,
                    a: ::plugbay::macro_support::Borrow<File>,
                    b: ::plugbay::macro_support::Resource<File>,
                ) -> ::plugbay::macro_support::Resource<File>;
                /// The plugin dropped a `file` that it owned. Nothing is done unless this is overridden.
                fn drop_file(&mut self, this: ::plugbay::macro_support::Resource<File>) {
                    let _ = this;
                }
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:res/files@0.1.0`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:res/files@0.1.0");
                instance
                    .func_view::<
                        (&'static str,),
                        ::plugbay::macro_support::Resource<File>,
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
                        (::plugbay::macro_support::Borrow<File>, u32),
                        ::plugbay::macro_support::Vec<u8>,
                        _,
                    >(
                        "[method]file.read",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::file_read(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (&'static str,),
                        ::plugbay::macro_support::Result<
                            ::plugbay::macro_support::Resource<File>,
                            ::plugbay::macro_support::String,
                        >,
                        _,
                    >(
                        "[static]file.open",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::file_open(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (
                            ::plugbay::macro_support::Borrow<File>,
                            ::plugbay::macro_support::Resource<File>,
                        ),
                        ::plugbay::macro_support::Resource<File>,
                        _,
                    >(
                        "best",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::best(
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
                        move |cx, rep| ::plugbay::macro_support::Result::Ok(
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
        pub mod res {
            /// `demo:res/sessions@0.1.0`.
            pub mod sessions {
                pub use super::super::super::super::demo::res::files::File;
                /// `session`.
                ///
                /// A handle to a resource that lives in the plugin until it is given back or dropped with the plugin.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::ComponentValue,
                )]
                pub struct Session(::plugbay::macro_support::ResourceAny);
                /// `both`.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::ComponentValue,
                )]
                #[component(record)]
                pub struct Both {
                    /// `one`.
                    pub one: Session,
                    /// `two`.
                    pub two: Session,
                }
                /// The functions of `demo:res/sessions@0.1.0`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    session_new: ::plugbay::macro_support::TypedFunc<
                        (
                            ::plugbay::macro_support::Borrow<
                                super::super::super::super::demo::res::files::File,
                            >,
                        ),
                        Session,
                    >,
                    session_add: ::plugbay::macro_support::TypedFunc<
                        (
                            ::plugbay::macro_support::BorrowAny,
                            &'static str,
                            ::plugbay::macro_support::BorrowAny,
                        ),
                        u32,
                    >,
                    session_merge: ::plugbay::macro_support::TypedFunc<
                        (Session, Session),
                        Session,
                    >,
                    swap: ::plugbay::macro_support::TypedFunc<
                        (Both, ::plugbay::macro_support::BorrowAny),
                        Both,
                    >,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let session_new = finder
                            .typed("demo:res/sessions@0.1.0#[constructor]session");
                        let session_add = finder
                            .typed("demo:res/sessions@0.1.0#[method]session.add");
                        let session_merge = finder
                            .typed("demo:res/sessions@0.1.0#[static]session.merge");
                        let swap = finder.typed("demo:res/sessions@0.1.0#swap");
                        ::plugbay::macro_support::Option::Some(Functions {
                            session_new: session_new?,
                            session_add: session_add?,
                            session_merge: session_merge?,
                            swap: swap?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:res/sessions@0.1.0`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `swap`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn swap(
                        &mut self,
                        both: Both,
                        seen: &Session,
                    ) -> ::plugbay::macro_support::Result<
                        Both,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:res/sessions@0.1.0#swap",
                            &self.functions.swap,
                            (both, ::plugbay::macro_support::GuestResource::borrow(seen)),
                        )
                    }
                }
                impl Session {
                    /// `[constructor]session`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn new<T: 'static>(
                        plugin: &mut super::super::super::super::Editor<T>,
                        file: ::plugbay::macro_support::Borrow<
                            super::super::super::super::demo::res::files::File,
                        >,
                    ) -> ::plugbay::macro_support::Result<
                        Session,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:res/sessions@0.1.0#[constructor]session",
                            &plugin.sessions.session_new,
                            (file,),
                        )
                    }
                    /// `[method]session.add`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn add<T: 'static>(
                        &self,
                        plugin: &mut super::super::super::super::Editor<T>,
                        text: &str,
                        like: &Session,
                    ) -> ::plugbay::macro_support::Result<
                        u32,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:res/sessions@0.1.0#[method]session.add",
                            &plugin.sessions.session_add,
                            (
                                ::plugbay::macro_support::ResourceAny::borrow(self.0),
                                text,
                                ::plugbay::macro_support::GuestResource::borrow(like),
                            ),
                        )
                    }
                    /// `[static]session.merge`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn merge<T: 'static>(
                        plugin: &mut super::super::super::super::Editor<T>,
                        a: Session,
                        b: Session,
                    ) -> ::plugbay::macro_support::Result<
                        Session,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:res/sessions@0.1.0#[static]session.merge",
                            &plugin.sessions.session_merge,
                            (a, b),
                        )
                    }
                    /// Drops the resource: the plugin's destructor runs.
                    ///
                    /// # Errors
                    /// When the handle is of another plugin, or the destructor traps.
                    pub fn drop<T: 'static>(
                        self,
                        plugin: &mut super::super::super::super::Editor<T>,
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
                impl ::plugbay::macro_support::GuestResource for Session {
                    fn handle(&self) -> ::plugbay::macro_support::ResourceAny {
                        self.0
                    }
                }
            }
        }
    }
}
