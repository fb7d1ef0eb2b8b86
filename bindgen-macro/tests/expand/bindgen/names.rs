/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<
    T: 'static,
    U: self::demo::names::interface::Host + self::exports_::Host + 'static,
>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    self::demo::names::interface::provide(linker, get)?;
    self::exports_::provide(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<
    T: 'static,
    U: self::demo::names::interface::Host + self::exports_::Host + 'static,
>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide(
            "demo:names/interface",
            move |linker| self::demo::names::interface::provide(linker, get),
        )
        .provide("exports", move |linker| self::exports_::provide(linker, get))
}
/// A plugin of the world `plugin`.
pub struct Plugin<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    bind: ::plugbay::macro_support::TypedFunc<(), ()>,
    plugin_: ::plugbay::macro_support::TypedFunc<(), ()>,
    r#move: ::plugbay::macro_support::TypedFunc<(u32,), ()>,
    interface: self::exports::demo::names::interface::Functions,
    r#type: self::exports::demo::names::r#type::Functions,
}
impl<T: 'static> Plugin<T> {
    /// `bind`.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn bind(
        &mut self,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::Error> {
        ::plugbay::macro_support::call(&mut self.plugin, "bind", &self.bind, ())
    }
    /// `plugin`.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn plugin_(
        &mut self,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::Error> {
        ::plugbay::macro_support::call(&mut self.plugin, "plugin", &self.plugin_, ())
    }
    /// `move`.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn r#move(
        &mut self,
        plugin_: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::Error> {
        ::plugbay::macro_support::call(
            &mut self.plugin,
            "move",
            &self.r#move,
            (plugin_,),
        )
    }
    /// `demo:names/interface`.
    pub fn interface(&mut self) -> self::exports::demo::names::interface::Guest<'_, T> {
        self::exports::demo::names::interface::Guest {
            plugin: &mut self.plugin,
            functions: &self.interface,
        }
    }
    /// `demo:names/type`.
    pub fn r#type(&mut self) -> self::exports::demo::names::r#type::Guest<'_, T> {
        self::exports::demo::names::r#type::Guest {
            plugin: &mut self.plugin,
            functions: &self.r#type,
        }
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Plugin<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Plugin<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let bind = finder.typed("bind");
        let plugin_ = finder.typed("plugin");
        let r#move = finder.typed("move");
        let interface = self::exports::demo::names::interface::Functions::find(
            &mut finder,
        );
        let r#type = self::exports::demo::names::r#type::Functions::find(&mut finder);
        match (bind, plugin_, r#move, interface, r#type) {
            (
                ::plugbay::macro_support::Option::Some(bind),
                ::plugbay::macro_support::Option::Some(plugin_),
                ::plugbay::macro_support::Option::Some(r#move),
                ::plugbay::macro_support::Option::Some(interface),
                ::plugbay::macro_support::Option::Some(r#type),
            ) => {
                ::plugbay::macro_support::Result::Ok(Self {
                    plugin,
                    bind,
                    plugin_,
                    r#move,
                    interface,
                    r#type,
                })
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
    pub mod names {
        /// `demo:names/interface`.
        pub mod interface {
            /// `self`.
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
            pub enum Self_ {
                /// `self`.
                Self_,
                /// `type`.
                Type,
                /// `HTTP`.
                #[component(name = "HTTP")]
                Http,
            }
            /// `host`.
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
            pub struct Host_ {
                /// `crate`.
                pub crate_: u8,
                /// `fn`.
                pub r#fn: Self_,
                /// `plugin`.
                pub plugin: u8,
                /// `a-BC`.
                #[component(name = "a-BC")]
                pub a_bc: u8,
            }
            /// `guest`.
            ///
            /// A mark for handles, `Resource` and `Borrow`; the host decides what stands behind their numbers.
            pub enum Guest_ {}
            /// What the application implements so that a plugin can use `demo:names/interface`.
            pub trait Host {
                /// `[method]guest.drop`.
                fn guest_drop(
                    &mut self,
                    this: ::plugbay::macro_support::Borrow<Guest_>,
                    plugin: u8,
                    r#type: u8,
                );
                /// `[static]guest.new`.
                fn guest_new(&mut self);
                /// `[constructor]guest`.
                fn guest_new_(&mut self) -> ::plugbay::macro_support::Resource<Guest_>;
                /// `match`.
                fn r#match(&mut self, this: Host_, cx: u8, get: u8, params: u8);
                /// The plugin dropped a `guest` that it owned. Nothing is done unless this is overridden.
                fn drop_guest(
                    &mut self,
                    this: ::plugbay::macro_support::Resource<Guest_>,
                ) {
                    let _ = this;
                }
            }
            /// Puts an implementation of [`Host`] into a linker, as `demo:names/interface`. `get` finds it in the state of a plugin.
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
                let mut instance = linker.instance("demo:names/interface");
                instance
                    .func_view::<
                        (::plugbay::macro_support::Borrow<Guest_>, u8, u8),
                        (),
                        _,
                    >(
                        "[method]guest.drop",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::guest_drop(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                                params.2,
                            ),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        (),
                        _,
                    >(
                        "[static]guest.new",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::guest_new(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                instance
                    .func_view::<
                        (),
                        ::plugbay::macro_support::Resource<Guest_>,
                        _,
                    >(
                        "[constructor]guest",
                        move |cx, _params| ::plugbay::macro_support::Result::Ok(
                            U::guest_new_(get(::plugbay::macro_support::data(cx))),
                        ),
                    )?;
                instance
                    .func_view::<
                        (::plugbay::macro_support::Owned<Host_>, u8, u8, u8),
                        (),
                        _,
                    >(
                        "match",
                        move |cx, params| ::plugbay::macro_support::Result::Ok(
                            U::r#match(
                                get(::plugbay::macro_support::data(cx)),
                                params.0,
                                params.1,
                                params.2,
                                params.3,
                            ),
                        ),
                    )?;
                instance
                    .resource::<
                        Guest_,
                    >(
                        "guest",
                        move |cx, rep| ::plugbay::macro_support::Result::Ok(
                            U::drop_guest(
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
/// `exports`.
#[allow(
    deprecated,
    missing_docs,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "the WIT decides what there is, what is documented, and how"
)]
pub mod exports_ {
    /// What the application implements so that a plugin can use `exports`.
    pub trait Host {
        /// `loop`.
        fn r#loop(&mut self);
    }
    /// Puts an implementation of [`Host`] into a linker, as `exports`. `get` finds it in the state of a plugin.
    ///
    /// # Errors
    /// When the linker has other functions of these names.
    pub fn provide<T: 'static, U: Host + 'static>(
        linker: &mut ::plugbay::macro_support::Linker<T>,
        get: fn(&mut T) -> &mut U,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let mut instance = linker.instance("exports");
        instance
            .func_view::<
                (),
                (),
                _,
            >(
                "loop",
                move |cx, _params| ::plugbay::macro_support::Result::Ok(
                    U::r#loop(get(::plugbay::macro_support::data(cx))),
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
        pub mod names {
            /// `demo:names/interface`.
            pub mod interface {
                /// `self`.
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
                pub enum Self_ {
                    /// `self`.
                    Self_,
                    /// `type`.
                    Type,
                    /// `HTTP`.
                    #[component(name = "HTTP")]
                    Http,
                }
                /// `host`.
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
                pub struct Host_ {
                    /// `crate`.
                    pub crate_: u8,
                    /// `fn`.
                    pub r#fn: Self_,
                    /// `plugin`.
                    pub plugin: u8,
                    /// `a-BC`.
                    #[component(name = "a-BC")]
                    pub a_bc: u8,
                }
                /// `guest`.
                ///
                /// A handle to a resource that lives in the plugin until it is given back or dropped with the plugin.
                #[derive(
                    ::plugbay::macro_support::Debug,
                    ::plugbay::macro_support::ComponentValue,
                )]
                pub struct Guest_(::plugbay::macro_support::ResourceAny);
                /// The functions of `demo:names/interface`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    guest_drop: ::plugbay::macro_support::TypedFunc<
                        (::plugbay::macro_support::BorrowAny, u8, u8),
                        (),
                    >,
                    guest_new: ::plugbay::macro_support::TypedFunc<(), ()>,
                    guest_new_: ::plugbay::macro_support::TypedFunc<(), Guest_>,
                    r#match: ::plugbay::macro_support::TypedFunc<
                        (Host_, u8, u8, u8),
                        (),
                    >,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let guest_drop = finder
                            .typed("demo:names/interface#[method]guest.drop");
                        let guest_new = finder
                            .typed("demo:names/interface#[static]guest.new");
                        let guest_new_ = finder
                            .typed("demo:names/interface#[constructor]guest");
                        let r#match = finder.typed("demo:names/interface#match");
                        ::plugbay::macro_support::Option::Some(Functions {
                            guest_drop: guest_drop?,
                            guest_new: guest_new?,
                            guest_new_: guest_new_?,
                            r#match: r#match?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:names/interface`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `match`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn r#match(
                        &mut self,
                        self_: Host_,
                        cx: u8,
                        get: u8,
                        params: u8,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:names/interface#match",
                            &self.functions.r#match,
                            (self_, cx, get, params),
                        )
                    }
                }
                impl Guest_ {
                    /// `[method]guest.drop`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn drop<T: 'static>(
                        &self,
                        plugin: &mut super::super::super::super::Plugin<T>,
                        plugin_: u8,
                        r#type: u8,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:names/interface#[method]guest.drop",
                            &plugin.interface.guest_drop,
                            (
                                ::plugbay::macro_support::ResourceAny::borrow(self.0),
                                plugin_,
                                r#type,
                            ),
                        )
                    }
                    /// `[static]guest.new`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn new<T: 'static>(
                        plugin: &mut super::super::super::super::Plugin<T>,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:names/interface#[static]guest.new",
                            &plugin.interface.guest_new,
                            (),
                        )
                    }
                    /// `[constructor]guest`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn new_<T: 'static>(
                        plugin: &mut super::super::super::super::Plugin<T>,
                    ) -> ::plugbay::macro_support::Result<
                        Guest_,
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            &mut plugin.plugin,
                            "demo:names/interface#[constructor]guest",
                            &plugin.interface.guest_new_,
                            (),
                        )
                    }
                    /// Drops the resource: the plugin's destructor runs.
                    ///
                    /// # Errors
                    /// When the handle is of another plugin, or the destructor traps.
                    pub fn drop_<T: 'static>(
                        self,
                        plugin: &mut super::super::super::super::Plugin<T>,
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
                impl ::plugbay::macro_support::GuestResource for Guest_ {
                    fn handle(&self) -> ::plugbay::macro_support::ResourceAny {
                        self.0
                    }
                }
            }
            /// `demo:names/type`.
            pub mod r#type {
                /// The functions of `demo:names/type`, found and checked.
                pub(in super::super::super::super) struct Functions {
                    plugin: ::plugbay::macro_support::TypedFunc<(&'static str,), ()>,
                }
                impl Functions {
                    pub(in super::super::super::super) fn find<T: 'static>(
                        finder: &mut ::plugbay::macro_support::Finder<'_, T>,
                    ) -> ::plugbay::macro_support::Option<Self> {
                        let plugin = finder.typed("demo:names/type#plugin");
                        ::plugbay::macro_support::Option::Some(Functions {
                            plugin: plugin?,
                        })
                    }
                }
                /// Calls of a plugin's `demo:names/type`.
                pub struct Guest<'a, T: 'static> {
                    pub(in super::super::super::super) plugin: &'a mut ::plugbay::macro_support::Plugin<
                        T,
                    >,
                    pub(in super::super::super::super) functions: &'a Functions,
                }
                impl<T: 'static> Guest<'_, T> {
                    /// `plugin`.
                    ///
                    /// # Errors
                    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
                    pub fn plugin(
                        &mut self,
                        super_: &str,
                    ) -> ::plugbay::macro_support::Result<
                        (),
                        ::plugbay::macro_support::Error,
                    > {
                        ::plugbay::macro_support::call(
                            self.plugin,
                            "demo:names/type#plugin",
                            &self.functions.plugin,
                            (super_,),
                        )
                    }
                }
            }
        }
    }
}
