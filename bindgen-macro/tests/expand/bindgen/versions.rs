/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<
    T: 'static,
    U: self::demo::dep0_1_0::a::Host + self::demo::dep0_2_0::a::Host + 'static,
>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::dep0_1_0::a::provide(linker, get)?;
    self::demo::dep0_2_0::a::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<
    T: 'static,
    U: self::demo::dep0_1_0::a::Host + self::demo::dep0_2_0::a::Host + 'static,
>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:dep/a@0.1.0",
            move |linker| self::demo::dep0_1_0::a::provide(linker, get),
        )
        .provide(
            "demo:dep/a@0.2.0",
            move |linker| self::demo::dep0_2_0::a::provide(linker, get),
        )
}
/// A plugin of the world `both`.
pub struct Both<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    a: self::exports::demo::dep0_2_0::a::Functions,
}
impl<T: 'static> Both<T> {
    /// `demo:dep/a@0.2.0`.
    pub fn a(&mut self) -> self::exports::demo::dep0_2_0::a::Guest<'_, T> {
        self::exports::demo::dep0_2_0::a::Guest {
            plugin: &mut self.plugin,
            functions: &self.a,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Both<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Both<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let a = self::exports::demo::dep0_2_0::a::Functions::find(&mut finder);
        match (a,) {
            (::plugbay::macro_support::Option::Some(a),) => {
                ::plugbay::macro_support::Result::Ok(Self { plugin, a })
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
    pub mod dep0_1_0 {
        /// `demo:dep/a@0.1.0`.
        pub mod a {
            /// `r`.
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
            pub struct R {
                /// `x`.
                pub x: u8,
            }
            /// What the application implements so that a plugin can use `demo:dep/a@0.1.0`.
            pub trait Host {
                /// `old`.
                fn old(&mut self, r: R);
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:dep/a@0.1.0`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:dep/a@0.1.0");
                instance
                    .func_view::<
                        (::plugbay::macro_support::Owned<R>,),
                        (),
                        _,
                    >(
                        "old",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::old(get(::plugbay::macro_support::data(cx)), params.0),
                        ),
                    )?;
                ::plugbay::macro_support::Result::Ok(())
            }
        }
    }
    pub mod dep0_2_0 {
        /// `demo:dep/a@0.2.0`.
        pub mod a {
            /// `r`.
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
            pub struct R {
                /// `x`.
                pub x: u8,
                /// `y`.
                pub y: u8,
            }
            /// What the application implements so that a plugin can use `demo:dep/a@0.2.0`.
            pub trait Host {
                /// `new`.
                fn new(&mut self, r: R);
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:dep/a@0.2.0`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:dep/a@0.2.0");
                instance
                    .func_view::<
                        (::plugbay::macro_support::Owned<R>,),
                        (),
                        _,
                    >(
                        "new",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::new(get(::plugbay::macro_support::data(cx)), params.0),
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
        pub mod dep0_2_0 {
            /// `demo:dep/a@0.2.0`.
            pub mod a {
                /// `r`.
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
                pub struct R {
                    /// `x`.
                    pub x: u8,
                    /// `y`.
                    pub y: u8,
                }
                /// The functions of `demo:dep/a@0.2.0`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    new: ::plugbay::macro_support::TypedFunc<(R,), ()>,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let new = finder.typed("demo:dep/a@0.2.0#new");
                        ::plugbay::macro_support::Option::Some(Functions { new: new? })
                    }
                }
                /// Calls of a plugin's `demo:dep/a@0.2.0`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `new`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn new(
                        &mut self,
                        r: R,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:dep/a@0.2.0#new",
                            &self.functions.new,
                            (r,),
                        )
                    }
                }
            }
        }
    }
}
