//! The second verb: a compiled component, what was granted and what other plugins provide become a `Linked`.

use std::collections::HashSet;
use std::sync::Arc;

use plugbay_component::types::ComponentItem;
use plugbay_component::{Linker, MissingImport};

use super::{Compiled, Linked, Opted};
use crate::audit::Verdict;
use crate::error::{Error, ErrorKind, Result, UnknownImport};
use crate::grant::authority::{self, Authority, Need};
use crate::grant::layers::{self, Layers};
use crate::grant::name::Name;
use crate::grant::watch::Watch;
use crate::grant::{Grants, MissingGrant, refused};
use crate::manifest::Manifest;
use crate::state::PluginState;
use crate::wasi;

/// What other plugins provide to one that is linked.
pub(crate) struct Neighbours<'a, T: 'static> {
    /// Connected imports, and the names of the plugins that answer them.
    pub(crate) edges: &'a [(&'a str, &'a str)],
    /// Defines the functions that call those plugins.
    pub(crate) define: &'a dyn Fn(&mut Linker<PluginState<T>>) -> plugbay_component::Result<()>,
    /// What might help when nobody provides an import.
    pub(crate) hint: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a, T: 'static> Neighbours<'a, T> {
    fn none() -> Self {
        Self { edges: &[], define: &|_| Ok(()), hint: &|_| None }
    }

    fn provider(&self, import: &str) -> Option<&'a str> {
        self.edges.iter().find(|(connected, _)| *connected == import).map(|(_, provider)| *provider)
    }
}

impl<T: 'static> Compiled<T> {
    /// The second verb: joins each import with a host function, if it was granted.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] naming every import that the host offers but `grants` do not allow,
    /// [`ErrorKind::UnknownImports`] naming those that it does not offer at all, [`ErrorKind::WorldMismatch`] when an
    /// import has another type than what the host offers, [`ErrorKind::Grant`] and [`ErrorKind::Io`] for grants that
    /// cannot be used.
    pub fn link(&self, grants: &Grants) -> Result<Linked<T>> {
        self.link_among(&self.name, grants, &Neighbours::none())
    }

    /// [`link`](Self::link), as the plugin called `name`, with what other plugins provide.
    pub(crate) fn link_among(
        &self,
        name: &Arc<str>,
        grants: &Grants,
        neighbours: &Neighbours<'_, T>,
    ) -> Result<Linked<T>> {
        let span = tracing::debug_span!("link", plugin = &**name);
        let _entered = span.enter();
        if !grants.asked.is_empty() {
            self.watch(name).asked(&grants.asked);
        }
        self.try_link(name, grants, neighbours).map_err(|error| error.with_plugin(name)).inspect_err(
            |error| {
                if let ErrorKind::Denied { missing } = error.kind() {
                    let watch = self.watch(name);
                    for missing in missing {
                        watch.linked(&missing.import, Verdict::Denied, &missing.rule());
                    }
                }
            },
        )
    }

    fn try_link(
        &self,
        name: &Arc<str>,
        grants: &Grants,
        neighbours: &Neighbours<'_, T>,
    ) -> Result<Linked<T>> {
        let connected = neighbours.edges.iter().map(|(import, _)| *import);
        authority::check_names(grants, || Box::new(self.host.offers().chain(connected.clone())))?;
        authority::check_plugins(grants, neighbours.edges)?;
        layers::check_grants(grants, |name| self.host.capability(name))?;
        self.check_known()?;
        let ceiling = self.host.ceiling.as_ref();
        let needed: HashSet<&str> = self.component.needed_imports().collect();
        self.check_offered(neighbours)?;
        let imports = self.component.imports().map(|(name, _)| name);
        // What only names types needs no grant: there is nothing to provide, and no power.
        let need = |import: &str| {
            if needed.contains(import) { self.host.offered(import) } else { Some(Need::Types) }
        };
        let provider = |import: &str| neighbours.provider(import);
        self.check_requests(|import| need(import) == Some(Need::Grant) || provider(import).is_some())?;
        let limited = ceiling.map(|ceiling| ceiling.limit(grants));
        let grants = limited.as_ref().unwrap_or(grants);
        let narrowed = self.manifest().map(|manifest| manifest.narrow(grants));
        let grants = narrowed.as_ref().unwrap_or(grants);
        let layers = Layers { ceiling, grants, manifest: self.manifest() };
        let (refused, imports): (Vec<_>, Vec<_>) = imports.partition(|import| {
            need(import) == Some(Need::Grant)
                && provider(import).is_none()
                && self.can_do_without(import, grants)
        });
        let granted = authority::check(ceiling, grants, imports, need, provider)?;
        let mut linker = self.linker(&granted, &layers)?;
        (neighbours.define)(&mut linker).map_err(Error::from_link)?;
        let watch = self.watch(name);
        self.guard(&watch, &mut linker, &granted);
        for (import, item) in self.component.imports().filter(|(import, _)| refused.contains(import)) {
            watch.linked(import, Verdict::Denied, "not granted, and optional");
            refused::define(&mut linker, import, &item).map_err(Error::from_link)?;
            let never = watch.refusal("not granted, and optional");
            match item {
                ComponentItem::Instance(_) => linker.instance(import).gate(never),
                _ => linker.root().gate_func(import, never),
            };
        }
        let (adaptations, refused) = match &self.compat {
            Some(rules) => match linker.adapt(&self.component, rules) {
                Ok(adaptations) => (adaptations, Vec::new()),
                Err(refused) => (Vec::new(), refused),
            },
            None => Default::default(),
        };
        // What differs beyond the rules is told in full, not by its first difference alone.
        let told = |missing: &MissingImport| refused.iter().any(|(path, _)| *path == missing.path());
        let missing = linker.missing(&self.component);
        let missing = missing.iter().filter(|missing| !told(missing)).map(ToString::to_string);
        let differences: Vec<_> = refused.iter().flat_map(|(_, all)| all.clone()).chain(missing).collect();
        if !differences.is_empty() {
            return Err(Error::new(ErrorKind::WorldMismatch { differences }));
        }
        let pre = linker.pre(&self.component).map_err(Error::from_link)?;
        let authority = self.authority(name, &granted, &layers)?;
        for import in granted.iter().filter(|import| need(import) == Some(Need::Grant)) {
            watch.linked(import, Verdict::Allowed, "granted");
        }
        if let Some(learner) = &self.host.ears.learner {
            learner.linked(name, grants, &authority.preopens);
        }
        for adaptation in &adaptations {
            tracing::info!(plugin = &**name, %adaptation, "bridged");
        }
        let opted =
            self.compat.clone().map(|rules| Arc::new(Opted::new(rules, &self.component, adaptations)));
        Ok(Linked::new(name.clone(), pre, authority, self.limits.clone(), watch, opted))
    }

    /// Opens what is granted.
    fn authority(&self, name: &Arc<str>, granted: &[&str], layers: &Layers<'_>) -> Result<Arc<Authority>> {
        let powers = self.host.powers.open(name, granted, layers)?;
        authority::resolve(
            layers,
            &self.host.guarded(),
            powers,
            &self.host.resolver,
            #[cfg(feature = "http")]
            &self.host.tls,
        )
    }

    /// Whether this host, or another plugin, has everything that the component cannot be without.
    fn check_offered(&self, neighbours: &Neighbours<'_, T>) -> Result<()> {
        let nobodys =
            |import: &&str| neighbours.provider(import).is_none() && self.host.offered(import).is_none();
        let imports: Vec<_> = self
            .component
            .needed_imports()
            .filter(nobodys)
            .map(|import| self.unknown(import, (neighbours.hint)(import)))
            .collect();
        if imports.is_empty() { Ok(()) } else { Err(Error::new(ErrorKind::UnknownImports { imports })) }
    }

    /// Whether everything that the manifest asks for is something that somebody gives: a card would lie otherwise.
    fn check_known(&self) -> Result<()> {
        let Some(manifest) = self.manifest() else { return Ok(()) };
        let imports = self.component.imports().map(|(name, _)| name);
        let known: Vec<&str> = self.host.offers().chain(imports).collect();
        match manifest.requests().iter().find(|request| !known.iter().any(|name| request.covers(name))) {
            None => Ok(()),
            Some(request) => Err(request.mistake(format!(
                "this host offers nothing that `{}` stands for, and the plugin does not use it: take it out, or \
                 write it as in the plugin's WIT",
                request.interface()
            ))),
        }
    }

    /// Whether everything that would need a grant is told in the manifest, if there is one.
    fn check_requests(&self, needs_grant: impl Fn(&str) -> bool) -> Result<()> {
        let Some(manifest) = self.manifest() else { return Ok(()) };
        let silent = |import: &&str| needs_grant(import) && manifest.request(import).is_none();
        let missing: Vec<_> =
            self.component.needed_imports().filter(silent).map(MissingGrant::unrequested).collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::new(ErrorKind::Denied { missing })) }
    }

    /// Whether the manifest calls `import` optional and it was not granted.
    fn can_do_without(&self, import: &str, grants: &Grants) -> bool {
        let optional =
            |manifest: &Manifest| manifest.request(import).is_some_and(|asked| !asked.is_required());
        let ceiling = self.host.ceiling.as_ref();
        self.manifest().is_some_and(optional) && !authority::permits(ceiling, grants, import)
    }

    fn linker(&self, granted: &[&str], layers: &Layers<'_>) -> Result<Linker<PluginState<T>>> {
        let mut linker = Linker::new();
        let mut defined: Vec<&str> = Vec::new();
        for import in granted {
            if let Some(provision) = self.host.provision(import) {
                if !defined.contains(&provision.name.as_str()) {
                    (provision.define)(&mut linker, layers)?;
                    defined.push(&provision.name);
                }
            } else if let Some(interface) = wasi::catalog::find(import)
                && !defined.contains(&interface.name)
            {
                wasi::define(interface, &mut linker).map_err(Error::from_link)?;
                defined.push(interface.name);
            }
        }
        Ok(linker)
    }

    fn watch(&self, name: &Arc<str>) -> Arc<Watch> {
        let version = self.manifest().map(|manifest| manifest.version().to_string().into());
        Watch::new(name.clone(), version, self.digest.clone(), self.host.ears.clone())
    }

    /// Puts gates before all that needs a grant.
    fn guard(&self, watch: &Arc<Watch>, linker: &mut Linker<PluginState<T>>, granted: &[&str]) {
        let guarded = |name: &str| self.host.offered(name) != Some(Need::Nothing);
        let names: Vec<String> =
            linker.interfaces().filter(|name| guarded(name)).map(str::to_owned).collect();
        for name in names {
            linker.instance(&name).gate(watch.gate(&name));
        }
        for name in granted.iter().filter(|name| Name::parse(name).interface.is_none() && guarded(name)) {
            linker.root().gate_func(name, watch.gate(name));
        }
    }

    fn unknown(&self, import: &str, hint: Option<String>) -> UnknownImport {
        let plain = Name::unversioned(import);
        let other = || {
            match self.host.offers().find(|offer| Name::unversioned(offer) == plain) {
            Some(offer) => {
                format!("this host offers it as `{offer}`, which is not compatible with that version")
            }
            None if cfg!(not(feature = "http")) && import.starts_with("wasi:http/") => {
                "this host was built without `wasi:http`: turn the feature `http` of the crate `plugbay` on".to_owned()
            }
            None if import.starts_with("wasi:") => "this host does not have this part of WASI".to_owned(),
            None => {
                "the application does not offer it; is the plugin made for another application, or does it use another \
                 plugin (see `Composition`)?"
                    .to_owned()
            }
        }
        };
        UnknownImport { import: import.to_owned(), hint: hint.unwrap_or_else(other) }
    }
}
