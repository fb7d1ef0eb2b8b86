//! What the families share: a plugin of the public suites that remembers which of its exports were called.

use std::collections::BTreeSet;
use std::time::Duration;

use plugbay::types::ComponentItem;
use plugbay::{
    ErrorKind, Grants, Host, HostBuilder, HostContext, Lift, Limits, Linked, Lower, Plugin, PluginState,
    ResourceAny, Source, Stdio, Val,
};
use plugbay_component::marshal::Params;

/// What host functions get.
pub(crate) type Cx<'a, T> = HostContext<'a, PluginState<T>>;

/// A live component of the suites.
pub(crate) struct Real<T: 'static> {
    pub(crate) plugin: Plugin<T>,
    linked: Linked<T>,
    /// Exports that were not called yet.
    left: BTreeSet<String>,
}

/// Loads a component; says so loudly when the suites are not there.
pub(crate) fn real<T: 'static>(
    path: &str,
    builder: HostBuilder<T>,
    allow: &[&str],
    state: T,
) -> Option<Real<T>> {
    let Some(suites) = plugbay_tests::suites() else {
        eprintln!("*** {path} NOT TESTED: no suites found in $PLUGBAY_SUITES or ../shared/suites");
        return None;
    };
    let limits = Limits::default().deadline(Duration::from_secs(60));
    let host: Host<T> = builder.limits(limits).build().unwrap();
    let compiled = host.compile(Source::file(suites.join(path))).unwrap_or_else(|error| panic!("{error}"));
    // What a language's library links in leads nowhere.
    let grants = Grants::none().allow("wasi:cli").allow("wasi:filesystem").stdio(Stdio::capture());
    let grants = allow.iter().fold(grants, |grants, name| grants.allow(*name));
    let left = exports(compiled.component());
    let linked = compiled.link(&grants).unwrap_or_else(|error| panic!("{error}"));
    let plugin = linked.instantiate(state).unwrap_or_else(|error| panic!("{error}"));
    Some(Real { plugin, linked, left })
}

/// The paths of all exported functions.
fn exports(component: &plugbay::Component) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (name, item) in component.exports() {
        match item {
            ComponentItem::Func(_) => drop(paths.insert(name.to_owned())),
            ComponentItem::Instance(ty) => paths.extend(
                ty.exports()
                    .iter()
                    .filter(|(_, item)| matches!(item, ComponentItem::Func(_)))
                    .map(|(function, _)| format!("{name}#{function}")),
            ),
            _ => {}
        }
    }
    paths
}

impl<T: 'static> Real<T> {
    /// Calls an export by its path.
    pub(crate) fn call<P: Params + Lower, R: Lift>(&mut self, path: &str, params: P) -> R {
        self.left.remove(path);
        let result = self.plugin.call::<P, R>(path, params);
        result.unwrap_or_else(|error| panic!("{path}: {error}\n{}", self.stderr()))
    }

    /// The same with dynamic values.
    pub(crate) fn call_dynamic(&mut self, path: &str, args: &[Val]) -> Option<Val> {
        self.left.remove(path);
        let result = self.plugin.call_dynamic(path, args);
        result.unwrap_or_else(|error| panic!("{path}: {error}\n{}", self.stderr()))
    }

    /// Calls an export that its authors left unwritten, of another instance: an assertion fails, and tells where.
    pub(crate) fn unwritten<P: Params + Lower, R: Lift + std::fmt::Debug>(&mut self, path: &str, params: P)
    where
        T: Default,
    {
        self.left.remove(path);
        let mut other = self.linked.instantiate(T::default()).unwrap();
        let error = other.call::<P, R>(path, params).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Trap { .. }), "{error}");
        let said = String::from_utf8(other.take_stderr()).unwrap();
        let function = path.split_once('#').map_or(path, |(_, function)| function).replace('-', "_");
        assert!(said.contains("Assertion failed: 0") && said.contains(&function), "{said}");
        assert!(other.is_poisoned() && !self.plugin.is_poisoned());
    }

    /// Gives a resource of the guest back.
    pub(crate) fn drop_resource(&mut self, resource: ResourceAny) {
        self.plugin.drop_resource(resource).unwrap();
    }

    fn stderr(&mut self) -> String {
        String::from_utf8_lossy(&self.plugin.take_stderr()).into_owned()
    }

    /// The end of the test: every export was called, and the guest complained of nothing.
    pub(crate) fn finish(mut self) -> T {
        assert!(self.left.is_empty(), "exports that were not called: {:?}", self.left);
        assert_eq!(self.stderr(), "");
        self.plugin.into_data()
    }
}
