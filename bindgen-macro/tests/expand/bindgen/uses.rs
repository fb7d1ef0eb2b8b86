pub use self::other::types::base::Id;
/// `pair`.
pub type Pair = (Id, Id);
/// `job`.
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
pub struct Job {
    /// `pair`.
    pub pair: Pair,
}
/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<
    T: 'static,
    U: self::demo::main::store::Host + self::extra::Host + 'static,
>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::main::store::provide(linker, get)?;
    self::extra::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<T: 'static, U: self::demo::main::store::Host + self::extra::Host + 'static>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:main/store",
            move |linker| self::demo::main::store::provide(linker, get),
        )
        .provide("extra", move |linker| self::extra::provide(linker, get))
}
/// A plugin of the world `main`.
pub struct Main<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    job: ::plugbay::macro_support::TypedFunc<(Job,), Id>,
    run: self::exports::demo::main::run::Functions,
    more: self::exports::more::Functions,
}
impl<T: 'static> Main<T> {
    /// `job`.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn job(
        &mut self,
        job: Job,
    ) -> ::plugbay::macro_support::Result<Id, ::plugbay::macro_support::Error> {
        ::plugbay::macro_support::call(&mut self.plugin, "job", &self.job, (job,))
    }
    /// `demo:main/run`.
    pub fn run(&mut self) -> self::exports::demo::main::run::Guest<'_, T> {
        self::exports::demo::main::run::Guest {
            plugin: &mut self.plugin,
            functions: &self.run,
        }
    }
    /// `more`.
    pub fn more(&mut self) -> self::exports::more::Guest<'_, T> {
        self::exports::more::Guest {
            plugin: &mut self.plugin,
            functions: &self.more,
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
        let job = finder.typed("job");
        let run = self::exports::demo::main::run::Functions::find(&mut finder);
        let more = self::exports::more::Functions::find(&mut finder);
        match (job, run, more) {
            (
                ::plugbay::macro_support::Option::Some(job),
                ::plugbay::macro_support::Option::Some(run),
                ::plugbay::macro_support::Option::Some(more),
            ) => ::plugbay::macro_support::Result::Ok(Self { plugin, job, run, more }),
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
pub mod other {
    pub mod types {
        /// `other:types/base@0.2.1`.
        pub mod base {
            /// `id`.
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
            pub struct Id {
                /// `number`.
                pub number: u64,
            }
            /// `ids`.
            pub type Ids = ::plugbay::macro_support::Vec<Id>;
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
pub mod demo {
    pub mod main {
        /// `demo:main/store`.
        pub mod store {
            pub use super::super::super::other::types::base::Id;
            pub use super::super::super::other::types::base::Ids as Many;
            /// What the application implements so that a plugin can use `demo:main/store`.
            pub trait Host {
                /// `get`.
                fn get(
                    &mut self,
                    id: Id,
                ) -> ::plugbay::macro_support::Option<::plugbay::macro_support::String>;
                /// `all`.
                fn all(&mut self) -> Many;
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:main/store`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:main/store");
                instance
                    .func_view::<
                        (::plugbay::macro_support::Owned<Id>,),
                        ::plugbay::macro_support::Option<
                            ::plugbay::macro_support::String,
                        >,
                        _,
                    >(
                        "get",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::get(get(::plugbay::macro_support::data(cx)), params.0),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        Many,
                        _,
                    >(
                        "all",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::all(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                ::plugbay::macro_support::Result::Ok(())
            }
        }
    }
}
/// `extra`.
#[allow(
    deprecated,
    missing_docs,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the WIT decides what there is, what is documented, and how"
)]
pub mod extra {
    /// What the application implements so that a plugin can use `extra`.
    pub trait Host {
        /// `ping`.
        fn ping(&mut self);
    }
    /// Puts an implementation of [`Host`] into a linker, as `extra`. `get` finds it in the state of a plugin.
    ///
    /// # Errors
    /// When the linker has other functions of these names.
    pub fn provide<T: 'static, U: Host + 'static>(
        linker: &mut ::plugbay::macro_support::Linker<T>,
        get: fn(&mut T) -> &mut U,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let mut instance = linker.instance("extra");
        instance
            .func_view::<
                (),
                (),
                _,
            >(
                "ping",
                move |cx, _params| ::plugbay::macro_support::Result::Ok(
                    U::ping(get(::plugbay::macro_support::data(cx))),
                ),
            )?;
        ::plugbay::macro_support::Result::Ok(())
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
        pub mod main {
            /// `demo:main/run`.
            pub mod run {
                pub use super::super::super::super::demo::main::store::Id as Key;
                /// The functions of `demo:main/run`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    start: ::plugbay::macro_support::TypedFunc<(Key,), ()>,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let start = finder.typed("demo:main/run#start");
                        ::plugbay::macro_support::Option::Some(Functions {
                            start: start?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:main/run`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `start`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn start(
                        &mut self,
                        key: Key,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:main/run#start",
                            &self.functions.start,
                            (key,),
                        )
                    }
                }
            }
        }
    }
    /// `more`.
    pub mod more {
        /// The functions of `more`, found and checked.
        pub(in super::super) struct Functions {
            pong: ::plugbay::macro_support::TypedFunc<(), ()>,
        }
        impl Functions {
            pub(in super::super) fn find<T: 'static>(
                finder: &mut ::plugbay::macro_support::Finder<'_, T>,
            ) -> ::plugbay::macro_support::Option<Self> {
                let pong = finder.typed("more#pong");
                ::plugbay::macro_support::Option::Some(Functions { pong: pong? })
            }
        }
        /// Calls of a plugin's `more`.
        pub struct Guest<'a, T: 'static> {
            pub(in super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<T>,
            pub(in super::super) functions: &'a Functions,
        }
        impl<T: 'static> Guest<'_, T> {
            /// `pong`.
            ///
            /// # Errors
            /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
            pub fn pong(
                &mut self,
            ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::Error> {
                ::plugbay::macro_support::call(
                    self.plugin,
                    "more#pong",
                    &self.functions.pong,
                    (),
                )
            }
        }
    }
}
