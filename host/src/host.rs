//! `Host`: one engine, default limits, and the interfaces that the application offers to plugins.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use plugbay_component::engine::{Config, Engine};
use plugbay_component::{Compat, Linker};

use crate::audit::{Ears, Sink};
use crate::cache::{Cache, CacheConfig};
use crate::error::{Error, Result};
use crate::grant::authority::{self, Need};
use crate::grant::capability::{self, Capability, Form};
use crate::grant::layers::{self, Layers};
use crate::grant::learn::{Both, Learner};
use crate::grant::name::Name;
use crate::grant::net::{Resolve, Resolver};
use crate::grant::{Grants, Power, Risk, Rule};
use crate::limits::Limits;
use crate::package::{Admission, Package, TrustRoots};
use crate::plugin::{Compiled, Plugin};
use crate::powers::Setup;
use crate::source::Source;
use crate::state::PluginState;
use crate::usage::SoftLimit;
#[cfg(feature = "http")]
use crate::wasi::http::{Tls, TlsRoots};

type Define<T> = dyn Fn(&mut Linker<PluginState<T>>, &Layers<'_>) -> Result<()> + Send + Sync;

/// An interface that the application offers.
pub(crate) struct Provision<T: 'static> {
    pub(crate) name: String,
    pub(crate) need: Need,
    pub(crate) define: Box<Define<T>>,
    /// What it is to people, and its parameters, if it has any.
    parameters: Option<(String, Form)>,
}

pub(crate) struct HostInner<T: 'static> {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) provisions: Vec<Provision<T>>,
    pub(crate) compat: Option<Compat>,
    pub(crate) ceiling: Option<Grants>,
    pub(crate) ears: Ears,
    pub(crate) powers: Setup,
    admission: Admission,
    #[cfg(feature = "http")]
    pub(crate) tls: Tls,
    pub(crate) resolver: Resolver,
    cache_config: CacheConfig,
    cache: OnceLock<Cache>,
}

/// Compiles plugins and knows what they may be offered. `T` is the application's state in each live plugin.
///
/// Cheap to clone; clones share everything.
pub struct Host<T: 'static = ()> {
    pub(crate) inner: Arc<HostInner<T>>,
}

/// Makes a [`Host`]; from [`Host::builder`].
#[must_use]
pub struct HostBuilder<T: 'static> {
    config: Config,
    limits: Limits,
    provisions: Vec<Provision<T>>,
    compat: Option<Compat>,
    cache: CacheConfig,
    ceiling: Option<Grants>,
    ears: Ears,
    pub(crate) powers: Setup,
    admission: Admission,
    #[cfg(feature = "http")]
    tls: Tls,
    resolver: Resolver,
}

impl Host<()> {
    /// A host that offers WASI to those who are granted it, and nothing else.
    ///
    /// # Errors
    /// When the machine cannot run the engine.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }
}

impl<T: 'static> Host<T> {
    /// Starts a host with settings and interfaces of its own.
    pub fn builder() -> HostBuilder<T> {
        let cache = CacheConfig::new();
        HostBuilder {
            config: Config::default(),
            limits: Limits::default(),
            provisions: Vec::new(),
            compat: None,
            cache,
            ceiling: None,
            ears: Ears::default(),
            powers: Setup::default(),
            admission: Admission::default(),
            #[cfg(feature = "http")]
            tls: Tls::default(),
            resolver: Resolver::default(),
        }
    }

    /// The first verb: reads, checks and compiles a component. Nothing of it runs. A core module for WASI preview 1, or with
    /// types from wit-bindgen, is made into a component first (feature `preview1`, see [`componentize`](crate::componentize)).
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, [`ErrorKind::Load`](crate::ErrorKind::Load)
    /// when it is no component or one that cannot be run, [`ErrorKind::Limit`](crate::ErrorKind::Limit) when it is too
    /// large.
    pub fn compile(&self, source: Source) -> Result<Compiled<T>> {
        self.inner.admission.admits_bare()?;
        Compiled::new(self, source)
    }

    /// [`compile`](Self::compile) for a [`Package`]: a folder with a `plugin.toml` ([`Manifest`](crate::Manifest)) and the
    /// component that it names, a component with a manifest in it, or a `.plug`. The plugin is called by its id. Linking then gives it only what was granted *and* the
    /// manifest asks for; what the manifest calls optional may be left out, and is refused when it is used. The limits
    /// are the host's, or lower ones that the manifest asks for.
    ///
    /// # Errors
    /// What [`Package::open`] and [`compile_package`](Self::compile_package) return.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Compiled<T>> {
        self.compile_package(&Package::open(path.as_ref())?)
    }

    /// [`open`](Self::open), for a package that was opened already.
    ///
    /// # Errors
    /// What [`compile`](Self::compile) returns; [`ErrorKind::Signature`](crate::ErrorKind::Signature) and
    /// [`ErrorKind::WorldMismatch`](crate::ErrorKind::WorldMismatch) when it is not what
    /// [`trust`](HostBuilder::trust) and [`world`](HostBuilder::world) ask for.
    pub fn compile_package(&self, package: &Package) -> Result<Compiled<T>> {
        self.inner.admission.admits(package)?;
        Compiled::of_package(self, package)
    }

    /// Compiles a component into a sealed artifact: bytes that [`compile`](Self::compile) takes as a source as well, and
    /// is quick with, on machines of the same kind, with the same build of plugbay, settings and key.
    ///
    /// # Errors
    /// What [`compile`](Self::compile) returns; [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) without a key.
    #[cfg(feature = "compile")]
    pub fn artifact(&self, source: &Source) -> Result<Vec<u8>> {
        crate::artifact::make(self.inner.cache(), &self.inner.engine, source)
    }

    /// Compiles a component into a native shared library (ELF), for systems that forbid a process to make code. It is
    /// loaded by `Artifact::from_dylib` and becomes a source by [`Source::artifact`]; nothing in it proves who made it.
    ///
    /// # Errors
    /// What [`compile`](Self::compile) returns.
    #[cfg(all(feature = "compile", feature = "dylib"))]
    pub fn dylib(&self, source: &Source) -> Result<Vec<u8>> {
        crate::artifact::make_dylib(&self.inner.engine, source)
    }

    /// The on-disk cache of compiled plugins. It is opened when it is first needed, or asked for.
    pub fn cache(&self) -> &Cache {
        self.inner.cache()
    }

    /// All verbs in one, for the impatient: a live plugin without any grant.
    ///
    /// # Errors
    /// What [`compile`](Self::compile), [`link`](Compiled::link) and
    /// [`instantiate`](crate::Linked::instantiate) return.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Plugin<T>>
    where
        T: Default,
    {
        self.compile(Source::file(path.as_ref()))?.link(&Grants::none())?.instantiate(T::default())
    }

    /// Whether this host offers an interface (or a function of the world) under the name by which a plugin imports it; with
    /// a grant or without one.
    pub fn offers(&self, import: &str) -> bool {
        self.inner.offered(import).is_some()
    }

    /// The limits that plugins get when nobody says otherwise.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The engine that runs the plugins.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }
}

impl<T: 'static> HostBuilder<T> {
    /// Settings of the engine. What modules may ask for, and whether fuel is counted, is taken from
    /// [`limits`](Self::limits).
    pub fn engine(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Where compiled plugins are kept, and sealed with which key. Default: [`CacheConfig::new`]. Only what comes from a
    /// file ([`Source::file`]) is kept.
    pub fn cache(mut self, cache: CacheConfig) -> Self {
        self.cache = cache;
        self
    }

    /// Where every decision about plugins is told: what was granted and denied when they are linked, what they used and
    /// what was refused when they are called. Uses that were allowed are told together when the call has ended. The log
    /// ([`tracing`]) is told too, under the target `plugbay::audit`.
    pub fn audit(mut self, sink: impl Sink + 'static) -> Self {
        self.ears.sink = Some(Arc::new(sink));
        self
    }

    /// Lets `learner` watch all plugins, to tell the smallest grants that would have sufficed. It changes nothing about what
    /// they may do.
    pub fn learn(mut self, learner: &Learner) -> Self {
        self.ears.learner = Some(learner.clone());
        self
    }

    /// Calls `listener` when there is little left of a plugin's limit: more than
    /// [`Limits::soft_percent`] of it is used. Once, until it is well below. The audit and the log are told as well. It is called
    /// where it happens: what takes long holds the plugin up.
    ///
    /// ```
    /// # fn main() -> plugbay::Result<()> {
    /// use plugbay::{Host, SoftLimit};
    /// let host = Host::<()>::builder()
    ///     .on_soft_limit(|soft: &SoftLimit<'_>| {
    ///         eprintln!("{} uses {} of {} {}", soft.plugin, soft.used, soft.limit, soft.knob);
    ///     })
    ///     .build()?;
    /// # let _ = host; Ok(())
    /// # }
    /// ```
    pub fn on_soft_limit(mut self, listener: impl Fn(&SoftLimit<'_>) + Send + Sync + 'static) -> Self {
        self.ears.soft = Some(Arc::new(listener));
        self
    }

    /// Whether calls into plugins, and the host functions that they use their grants by, are timed, for
    /// [`Plugin::usage`] and for [`Event::duration`](crate::audit::Event::duration). It costs two readings of the clock each, some
    /// 50 ns. Default: no.
    pub fn measure(mut self, yes: bool) -> Self {
        self.ears.measure = yes;
        self
    }

    /// From now on plugins must be packages that are signed by a publisher who is trusted for them. Others are not compiled,
    /// neither what is not a package: a component by itself is signed by nobody. Told twice, both are trusted.
    pub fn trust(mut self, roots: TrustRoots) -> Self {
        self.admission.trust(roots);
        self
    }

    /// A world that the application has, such as `demo:editor/plugin`, and its version. Of a plugin whose manifest has a
    /// `[world]`, one of them must be the `target`, in a `version` that it accepts. Without any, only types are compared,
    /// when linking and binding.
    pub fn world(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.admission.world(name.into(), version.into());
        self
    }

    /// The limits of every plugin that is not given others.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets all plugins be of an older version of the application's world, as
    /// [`Compiled::with_compat`](crate::Compiled::with_compat) does for one. Default: they have to fit exactly.
    pub fn compat(mut self, compat: Compat) -> Self {
        self.compat = Some(compat);
        self
    }

    /// Offers an interface (or a function of the world) to plugins that are granted it with
    /// [`Grants::allow`]. `define` adds the functions of exactly this interface; it runs once for each plugin that is
    /// linked with the grant. An interface of WASI that is offered so replaces the built-in one.
    pub fn provide<F>(self, name: impl Into<String>, define: F) -> Self
    where
        F: Fn(&mut Linker<PluginState<T>>) -> plugbay_component::Result<()> + Send + Sync + 'static,
    {
        self.offer(name.into(), Need::Grant, None, plain(define))
    }

    /// Offers an interface with parameters: which buffers, which hosts, which tables. `R` says what a parameter is; `words`
    /// continue "the plugin …" on the [card](crate::PermissionCard). `define` gets what one plugin may do with it, which is
    /// what the [ceiling](Self::ceiling), the grant ([`Grants::allow_with`]) and the manifest (`allow`, `deny`) together
    /// permit, and asks it before each use: [`PluginState::permit`] or [`PluginState::may`].
    ///
    /// As [`provide`](Self::provide) otherwise.
    pub fn capability<R, F>(self, name: impl Into<String>, words: impl Into<String>, define: F) -> Self
    where
        R: Rule,
        F: Fn(&mut Linker<PluginState<T>>, Power<R>) -> plugbay_component::Result<()> + Send + Sync + 'static,
    {
        let name = name.into();
        let capability = Name::unversioned(&name).to_owned();
        let define = move |linker: &mut Linker<PluginState<T>>, layers: &Layers<'_>| {
            define(linker, layers.power(&capability)?).map_err(Error::from_link)
        };
        self.offer(name, Need::Grant, Some((words.into(), Form::of::<R>())), Box::new(define))
    }

    /// What plugins may be granted at most: an import that this does not allow is denied to every plugin, whatever a user
    /// decided, and so is what its denials name. Directories and variables that are granted must lie within those that it
    /// names, if it names any, and uses of a capability with parameters within its rules, if it has any for that.
    ///
    /// What needs no grant is not concerned, but for denials; nor is what plugins give each other
    /// ([`Grants::allow_from`]). Default: no ceiling.
    pub fn ceiling(mut self, ceiling: Grants) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// Whom plugins trust that send requests over TLS (`wasi:http`). Default [`TlsRoots::mozilla`].
    #[cfg(feature = "http")]
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.tls = Tls::new(roots);
        self
    }

    /// Finds the addresses of names for `wasi:sockets` and `wasi:http`, in place of the system. What it answers is checked
    /// against the rules like what the system answers.
    pub fn resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolver = Resolver::new(resolver);
        self
    }

    /// Offers an interface to every plugin, without a grant. For what can do no harm in anyone's hands.
    pub fn provide_open<F>(self, name: impl Into<String>, define: F) -> Self
    where
        F: Fn(&mut Linker<PluginState<T>>) -> plugbay_component::Result<()> + Send + Sync + 'static,
    {
        self.offer(name.into(), Need::Nothing, None, plain(define))
    }

    /// Makes the host.
    ///
    /// # Errors
    /// When the machine cannot run the engine, an interface is offered twice or under a name that is none, the ceiling
    /// names what is not offered, or a world is none.
    pub fn build(self) -> Result<Host<T>> {
        self.admission.check()?;
        for (index, provision) in self.provisions.iter().enumerate() {
            if !crate::grant::name::Pattern::new(provision.name.as_str()).is_well_formed() {
                return Err(Error::misuse(format!("`{}` is not the name of an interface", provision.name)));
            }
            if self.provisions.iter().skip(index + 1).any(|other| other.name == provision.name) {
                return Err(Error::misuse(format!("the interface `{}` is offered twice", provision.name)));
            }
        }
        let limits = &self.limits;
        let count_fuel = self.config.fuel() || limits.fuel.is_some() || limits.fuel_per_call.is_some();
        let config = self.config.with_module_limits(self.limits.module).with_fuel(count_fuel);
        let engine = Engine::new(&config).map_err(Error::from_engine)?;
        self.powers.check()?;
        #[cfg(feature = "http")]
        let tls = self.tls;
        let Self {
            limits,
            provisions,
            compat,
            cache: cache_config,
            ears,
            ceiling,
            powers,
            resolver,
            admission,
            ..
        } = self;
        let mut ears = ears;
        if let Some(learner) = &ears.learner {
            ears.sink = Some(Arc::new(Both(learner.clone(), ears.sink)));
        }
        let cache = OnceLock::new();
        let inner = HostInner {
            engine,
            limits,
            provisions,
            compat,
            ears,
            ceiling,
            powers,
            admission,
            #[cfg(feature = "http")]
            tls,
            resolver,
            cache_config,
            cache,
        };
        if let Some(ceiling) = &inner.ceiling {
            authority::check_names(ceiling, || Box::new(inner.offers()))?;
            layers::check_grants(ceiling, |name| inner.capability(name))?;
        }
        Ok(Host { inner: Arc::new(inner) })
    }

    fn offer(
        mut self,
        name: String,
        need: Need,
        parameters: Option<(String, Form)>,
        define: Box<Define<T>>,
    ) -> Self {
        self.provisions.push(Provision { name, need, define, parameters });
        self
    }
}

/// The definition of an interface without parameters.
fn plain<T: 'static, F>(define: F) -> Box<Define<T>>
where
    F: Fn(&mut Linker<PluginState<T>>) -> plugbay_component::Result<()> + Send + Sync + 'static,
{
    Box::new(move |linker, _| define(linker).map_err(Error::from_link))
}

impl<T: 'static> HostInner<T> {
    /// The cache, opened when it is first needed.
    pub(crate) fn cache(&self) -> &Cache {
        self.cache.get_or_init(|| Cache::open(&self.cache_config))
    }

    /// The directories that no plugin may write to.
    pub(crate) fn guarded(&self) -> Vec<std::path::PathBuf> {
        Cache::guarded(&self.cache_config).into_iter().chain(self.powers.guarded()).collect()
    }

    /// The application's own interface for an import.
    pub(crate) fn provision(&self, import: &str) -> Option<&Provision<T>> {
        self.provisions
            .iter()
            .find(|provision| crate::grant::name::Pattern::new(provision.name.as_str()).matches(import))
    }

    /// The capability that `name` (an import, a package) is of.
    pub(crate) fn capability(&self, name: &str) -> Option<Capability<'_>> {
        let own = self.provisions.iter().find(|provision| capability::names(name, &provision.name));
        let Some(own) = own else { return capability::built_in(name).copied() };
        let plain = Name::unversioned(&own.name);
        let (words, form) = own.parameters.as_ref()?;
        Some(Capability { form: Some(*form), ..Capability::new(plain, plain, Risk::Medium, words) })
    }

    /// Whether and how this host offers what is imported as `import`.
    pub(crate) fn offered(&self, import: &str) -> Option<Need> {
        match self.provision(import) {
            Some(provision) => Some(provision.need),
            None => crate::wasi::catalog::need(import),
        }
    }

    /// The names of all that is offered.
    pub(crate) fn offers(&self) -> impl Iterator<Item = &str> {
        let wasi: fn(&'static str) -> &str = |name| name;
        let own = self.provisions.iter().map(|provision| provision.name.as_str());
        own.chain(crate::wasi::catalog::names().map(wasi))
    }
}

impl<T: 'static> Clone for Host<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<T: 'static> fmt::Debug for Host<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offers: Vec<_> = self.inner.provisions.iter().map(|provision| provision.name.as_str()).collect();
        f.debug_struct("Host")
            .field("limits", &self.inner.limits)
            .field("offers", &offers)
            .finish_non_exhaustive()
    }
}

impl<T: 'static> fmt::Debug for HostBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder").field("limits", &self.limits).finish_non_exhaustive()
    }
}
