//! plugbay lets an application load sandboxed plugins: WebAssembly components that start with no power at all and get only
//! what they were granted.
//!
//! # Four verbs
//!
//! ```no_run
//! # fn main() -> plugbay::Result<()> {
//! use plugbay::{Grants, Host, Source};
//!
//! let host = Host::new()?;
//! let compiled = host.compile(Source::file("word-count.wasm"))?; // bytes → checked → machine code
//! println!("{}", compiled.card());                               // what it asks for, in words
//! let grants = Grants::none().allow_read("texts", "/texts");
//! let linked = compiled.link(&grants)?;                          // two keys: asked for and granted
//! let mut plugin = linked.instantiate(())?;                      // memory of its own; limits armed
//! let words: u32 = plugin.call("count-words", ("some text",))?;
//! # let _ = words; Ok(())
//! # }
//! ```
//!
//! and for the impatient
//!
//! ```
//! # fn main() -> plugbay::Result<()> {
//! # let path = std::env::temp_dir().join(format!("plugbay-doc-{}.wat", std::process::id()));
//! # std::fs::write(&path, wat::parse_str(r#"(component
//! #   (core module $m (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
//! #   (core instance $i (instantiate $m))
//! #   (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "f"))))"#).unwrap()).unwrap();
//! let mut plugin = plugbay::Host::new()?.load(&path)?;
//! let sum: u32 = plugin.call("add", (3u32, 4u32))?;
//! assert_eq!(sum, 7);
//! # std::fs::remove_file(&path).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! Each state is a type made from the one before it: [`Host`] → [`Compiled`] → [`Linked`] → [`Plugin`]. Everything after
//! `instantiate` takes `&mut self` on one plugin: there is no store, no linker and no lifetime in handles.
//!
//! # What a plugin may do
//!
//! [`Grants`] is authority as a value. It starts empty; what a component imports and was not granted is reported by
//! [`Compiled::link`] in one error that names every import and the grant that would allow it. A denial wins over every
//! grant. [`PermissionCard`] says beforehand what a component asks for.
//!
//! # What a plugin may use
//!
//! [`Limits`] are on by default: memory, a deadline for each call, stack, handles, open files. A plugin that traps, loops
//! for ever or exits is poisoned; the application and the other plugins go on.
//!
//! # What the application offers
//!
//! [`bindgen!`] reads the application's WIT and makes a trait for each interface that plugins import, and a type for the
//! world that they export. By hand, it is [`HostBuilder::provide`]:
//!
//! ```
//! # fn main() -> plugbay::Result<()> {
//! use plugbay::{Host, HostContext, PluginState};
//!
//! #[derive(Default)]
//! struct App { log: Vec<String> }
//!
//! let host = Host::<App>::builder()
//!     .provide("demo:editor/logging", |linker| {
//!         let mut logging = linker.instance("demo:editor/logging@0.1.0");
//!         logging.func_wrap("log", |cx: &mut HostContext<'_, PluginState<App>>, (line,): (String,)| {
//!             cx.data_mut().data_mut().log.push(line);
//!             Ok(())
//!         })?;
//!         Ok(())
//!     })
//!     .build()?;
//! # let _ = host; Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Every failure is an [`Error`]: what went wrong ([`ErrorKind`]), with which plugin, whose fault it is ([`Fault`]), and in
//! its text what to do. No bytes of a plugin make this crate panic.

#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "compile"), allow(dead_code, reason = "much is there for the compiler alone"))]

// The derives name `::plugbay::macro_support`, inside this crate too.
extern crate self as plugbay;

mod artifact;
pub mod audit;
#[cfg(doctest)]
mod book;
mod cache;
mod compose;
mod error;
mod exports;
mod grant;
pub mod grants {
    //! What a user decided about plugins, kept in a file: `grants.toml`.
    pub use crate::grant::learn::{Learned, Learner, Missed, Needed};
    pub use crate::grant::net::{
        Class, Direction, Host, HostName, HostPattern, NetRequest, NetRule, Ports, Protocol, Resolve,
        ResolveError, SystemResolver,
    };
    pub use crate::grant::store::{
        Answer, Ask, Asked, Decision, Difference, Entry, GrantStore, Mode, Point, Standing, Trust, Why,
        ask_at_terminal,
    };
    pub use crate::grant::{By, Denial, FileRule, FileUse, Power, Rule, RuleTable};
    #[cfg(feature = "http")]
    pub use crate::wasi::http::{HttpRequest, HttpRule};
}
mod host;
mod interrupt;
mod limits;
#[doc(hidden)]
pub mod macro_support;
mod manifest;
pub mod package;
mod plugin;
pub mod powers;
mod preview1;
mod reflect;
mod source;
mod state;
mod usage;
mod wasi;
#[cfg(feature = "wit")]
pub mod wit;

pub use cache::{Cache, CacheConfig, CacheEntry, EntryState};
pub use compose::{Composition, LinkedComposition, PluginRef, Plugins};
pub use error::{ArtifactError, Error, ErrorKind, Fault, Frame, Location, Result, TrapKind, UnknownImport};
pub use exports::{ExportItem, Exports, Func};
pub use grant::{
    Access, CardEntry, CardRule, Clock, ClockRule, Grants, Input, MissingGrant, Output, PathResolver,
    PermissionCard, Random, Risk, Seed, Stdio,
};
pub use host::{Host, HostBuilder};
pub use limits::Limits;
pub use manifest::{
    Concurrency, FileAccess, Lifecycle, LimitRequest, Manifest, ManifestError, Request, Restart, RestartOn,
    StateKeeping,
};
pub use package::{Package, PublisherKey, TrustRoots};
#[cfg(feature = "dylib")]
pub use plugbay_component::engine::Artifact;
pub use plugin::{Bindings, Canceller, Compiled, Linked, Plugin, Revoker};
pub use preview1::componentize;
pub use reflect::{Item, ItemKind, Param, Signature, World};
pub use source::Source;
pub use state::PluginState;
pub use usage::{Amount, SoftLimit, Usage};
#[cfg(feature = "http")]
pub use wasi::http::{HttpLimits, TlsRoots};

pub use plugbay_component::engine::{CompileStrategy, Config, ModuleLimits, OptLevel, SealKey, TrapStyle};
#[cfg(feature = "json")]
pub use plugbay_component::json;
pub use plugbay_component::reflect::{
    Change, ChangeKind, Member, MemberChange, Side, TypeNames, Verdict, WorldType, function_changes,
};
pub use plugbay_component::{
    Adaptation, Borrow, BorrowAny, Compat, Component, ComponentType, Error as ComponentError,
    Func as UntypedFunc, HostContext, Lift, Linker, LinkerInstance, ListView, Lower, Owned, Resource,
    ResourceAny, ResourceTable, ResourceTableError, TypedFunc, Val, View, types, wave,
};
pub use plugbay_macro::{ComponentType, Exports, Lift, Lower, View, bindgen};
