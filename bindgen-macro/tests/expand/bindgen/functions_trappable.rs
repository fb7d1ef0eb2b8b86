/// What the application implements so that a plugin can use the world.
pub trait Host {
    /// Says something.
    fn say(
        &mut self,
        text: &str,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::HostError>;
    /// `seed`.
    fn seed(
        &mut self,
    ) -> ::plugbay::macro_support::Result<u64, ::plugbay::macro_support::HostError>;
}
/// Puts an implementation of [`Host`] into a linker, as the world. `get` finds it in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide_functions<T: 'static, U: Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    let mut instance = linker.instance("");
    instance
        .func_view::<
            (&'static str,),
            (),
            _,
        >(
            "say",
            move |cx, params| ::plugbay::macro_support::trap(
                U::say(get(::plugbay::macro_support::data(cx)), params.0),
            ),
        )?;
    instance
        .func_view::<
            (),
            u64,
            _,
        >(
            "seed",
            move |cx, _params| ::plugbay::macro_support::trap(
                U::seed(get(::plugbay::macro_support::data(cx))),
            ),
        )?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Puts everything that the world imports into a linker. `get` finds the implementation in the state of a plugin.
///
/// # Errors
/// When the linker has other functions of these names.
pub fn provide<T: 'static, U: Host + 'static>(
    linker: &mut ::plugbay::macro_support::Linker<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
    provide_functions(linker, get)?;
    ::plugbay::macro_support::Result::Ok(())
}
/// Offers everything that the world imports to the plugins of a host, each interface to those that are granted
/// it. `get` finds the implementation in the state of a plugin.
pub fn offer<T: 'static, U: Host + 'static>(
    builder: ::plugbay::macro_support::HostBuilder<T>,
    get: fn(&mut T) -> &mut U,
) -> ::plugbay::macro_support::HostBuilder<T> {
    builder
        .provide("say", move |linker| provide_functions(linker, get))
        .provide("seed", move |linker| provide_functions(linker, get))
}
/// Adds and logs.
pub struct Calculator<T: 'static> {
    plugin: ::plugbay::macro_support::Plugin<T>,
    add: ::plugbay::macro_support::TypedFunc<(i32, i32), i32>,
    words: ::plugbay::macro_support::TypedFunc<
        (
            &'static str,
            &'static [::plugbay::macro_support::String],
            ::plugbay::macro_support::Option<u32>,
        ),
        ::plugbay::macro_support::Result<
            ::plugbay::macro_support::Vec<::plugbay::macro_support::String>,
            ::plugbay::macro_support::String,
        >,
    >,
}
impl<T: 'static> Calculator<T> {
    /// The sum.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn add(
        &mut self,
        a: i32,
        b: i32,
    ) -> ::plugbay::macro_support::Result<i32, ::plugbay::macro_support::Error> {
        ::plugbay::macro_support::call(&mut self.plugin, "add", &self.add, (a, b))
    }
    /// `words`.
    ///
    /// # Errors
    /// When the plugin traps, runs over a limit, or breaks the canonical ABI.
    pub fn words(
        &mut self,
        text: &str,
        names: &[::plugbay::macro_support::String],
        limit: ::plugbay::macro_support::Option<u32>,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::Result<
            ::plugbay::macro_support::Vec<::plugbay::macro_support::String>,
            ::plugbay::macro_support::String,
        >,
        ::plugbay::macro_support::Error,
    > {
        ::plugbay::macro_support::call(
            &mut self.plugin,
            "words",
            &self.words,
            (text, names, limit),
        )
    }
}
impl<T: 'static> ::plugbay::macro_support::Debug for Calculator<T> {
    fn fmt(
        &self,
        f: &mut ::plugbay::macro_support::Formatter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::FmtError> {
        ::plugbay::macro_support::Debug::fmt(&self.plugin, f)
    }
}
impl<T: 'static> ::plugbay::macro_support::Bindings<T> for Calculator<T> {
    fn bind(
        plugin: ::plugbay::macro_support::Plugin<T>,
    ) -> ::plugbay::macro_support::Result<Self, ::plugbay::macro_support::Error> {
        let mut finder = ::plugbay::macro_support::Finder::new(&plugin);
        let add = finder.typed("add");
        let words = finder.typed("words");
        match (add, words) {
            (
                ::plugbay::macro_support::Option::Some(add),
                ::plugbay::macro_support::Option::Some(words),
            ) => ::plugbay::macro_support::Result::Ok(Self { plugin, add, words }),
            _ => ::plugbay::macro_support::Result::Err(finder.into_error()),
        }
    }
    fn plugin(&mut self) -> &mut ::plugbay::macro_support::Plugin<T> {
        &mut self.plugin
    }
}
