/// What the application implements so that a plugin can use the world.
pub trait Host {
    /// `tick`.
    ///
    /// Since 1.0.0.
    #[deprecated(note = "since 1.2.0 of the WIT")]
    fn tick(&mut self);
}
/// Puts an implementation of [`Host`] into a linker, as the world. `get` finds it in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
#[allow(deprecated, reason = "a plugin may call what is deprecated")]
pub fn provide_functions<T: 'static, U: Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    let mut instance = linker.instance("");
    instance
        .func_view::<
            (),
            (),
            _,
        >(
            "tick",
            move |cx, _params| ::plugbay::macro_support::Result::Ok(
                U::tick(get(::plugbay::macro_support::data(cx))),
            ),
        )?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<
    T: 'static,
    U: Host + self::demo::stable::clock::Host + self::demo::stable::zones::Host + 'static,
>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    provide_functions(linker, get)?;
    self::demo::stable::clock::provide(linker, get)?;
    self::demo::stable::zones::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<
    T: 'static,
    U: Host + self::demo::stable::clock::Host + self::demo::stable::zones::Host + 'static,
>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide("tick", move |linker| provide_functions(linker, get))
        .provide(
            "demo:stable/clock@1.2.0",
            move |linker| self::demo::stable::clock::provide(linker, get),
        )
        .provide(
            "demo:stable/zones@1.2.0",
            move |linker| self::demo::stable::zones::provide(linker, get),
        )
}
/// A plugin of the world `ticker`.
pub struct Ticker<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    clock: self::exports::demo::stable::clock::Functions,
}
impl<T: 'static> Ticker<T> {
    /// Says when.
    pub fn clock(&mut self) -> self::exports::demo::stable::clock::Guest<'_, T> {
        self::exports::demo::stable::clock::Guest {
            plugin: &mut self.plugin,
            functions: &self.clock,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Ticker<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Ticker<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let clock = self::exports::demo::stable::clock::Functions::find(&mut finder);
        match (clock,) {
            (::plugbay::macro_support::Option::Some(clock),) => {
                ::plugbay::macro_support::Result::Ok(Self { plugin, clock })
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
    pub mod stable {
        /// Says when.
        ///
        /// Since 1.0.0.
        pub mod clock {
            /// `time`.
            ///
            /// Since 1.1.0.
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
            pub struct Time {
                /// `seconds`.
                pub seconds: u64,
            }
            /// What the application implements so that a plugin can use `demo:stable/clock@1.2.0`.
            pub trait Host {
                /// The time.
                ///
                /// Since 1.0.0.
                #[deprecated(note = "since 1.1.0 of the WIT")]
                fn now(&mut self) -> u64;
                /// `at`.
                ///
                /// Since 1.1.0.
                fn at(&mut self) -> Time;
                /// `zone`.
                ///
                /// Unstable: part of the feature `zones`.
                fn zone(&mut self) -> ::plugbay::macro_support::String;
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:stable/clock@1.2.0`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:stable/clock@1.2.0");
                instance
                    .func_view::<
                        (),
                        u64,
                        _,
                    >(
                        "now",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::now(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        Time,
                        _,
                    >(
                        "at",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::at(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        ::plugbay::macro_support::String,
                        _,
                    >(
                        "zone",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::zone(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                ::plugbay::macro_support::Result::Ok(())
            }
        }
        /// `demo:stable/zones@1.2.0`.
        ///
        /// Unstable: part of the feature `zones`.
        pub mod zones {
            /// What the application implements so that a plugin can use `demo:stable/zones@1.2.0`.
            pub trait Host {
                /// `all`.
                fn all(
                    &mut self,
                ) -> ::plugbay::macro_support::Vec<::plugbay::macro_support::String>;
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:stable/zones@1.2.0`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:stable/zones@1.2.0");
                instance
                    .func_view::<
                        (),
                        ::plugbay::macro_support::Vec<::plugbay::macro_support::String>,
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
#[allow(
    deprecated,
    missing_docs,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the WIT decides what there is, what is documented, and how"
)]
pub mod exports {
    pub mod demo {
        pub mod stable {
            /// Says when.
            ///
            /// Since 1.0.0.
            pub mod clock {
                /// `time`.
                ///
                /// Since 1.1.0.
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
                pub struct Time {
                    /// `seconds`.
                    pub seconds: u64,
                }
                /// The functions of `demo:stable/clock@1.2.0`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    now: ::plugbay::macro_support::TypedFunc<(), u64>,
                    at: ::plugbay::macro_support::TypedFunc<(), Time>,
                    zone: ::plugbay::macro_support::TypedFunc<
                        (),
                        ::plugbay::macro_support::String,
                    >,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let now = finder.typed("demo:stable/clock@1.2.0#now");
                        let at = finder.typed("demo:stable/clock@1.2.0#at");
                        let zone = finder.typed("demo:stable/clock@1.2.0#zone");
                        ::plugbay::macro_support::Option::Some(Functions {
                            now: now?,
                            at: at?,
                            zone: zone?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:stable/clock@1.2.0`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// The time.
                    ///
                    /// Since 1.0.0.
                    #[deprecated(note = "since 1.1.0 of the WIT")]
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn now(
                        &mut self,
                    ) -> ::plugbay::macro_support::Result<
                        u64,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:stable/clock@1.2.0#now",
                            &self.functions.now,
                            (),
                        )
                    }
                    /// `at`.
                    ///
                    /// Since 1.1.0.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn at(
                        &mut self,
                    ) -> ::plugbay::macro_support::Result<
                        Time,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:stable/clock@1.2.0#at",
                            &self.functions.at,
                            (),
                        )
                    }
                    /// `zone`.
                    ///
                    /// Unstable: part of the feature `zones`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn zone(
                        &mut self,
                    ) -> ::plugbay::macro_support::Result<
                        ::plugbay::macro_support::String,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:stable/clock@1.2.0#zone",
                            &self.functions.zone,
                            (),
                        )
                    }
                }
            }
        }
    }
}
