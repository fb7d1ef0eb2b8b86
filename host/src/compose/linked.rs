//! `LinkedComposition`: every plugin linked, every edge granted, every resource traced to the plugin that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use super::composition::{Composition, Edge, Member};
use super::crossing::{self, Crossing};
use super::handles::Passage;
use super::identity::{self, Home};
use super::links::{Links, LiveEdge, Shared, lock};
use super::plugins::Plugins;
use crate::error::Result;
use crate::grant::name::Name;
use crate::plugin::{Linked, Neighbours};

/// Plugins that may be instantiated together, any number of times: what [`Composition::link`] makes.
pub struct LinkedComposition<T: 'static = ()> {
    /// In the order in which they are made: each after those that it uses.
    members: Vec<LinkedMember<T>>,
}

struct LinkedMember<T: 'static> {
    number: usize,
    linked: Linked<T>,
    edges: Vec<LinkedEdge>,
    /// The numbers of all plugins that it reaches along edges.
    reached: BTreeSet<usize>,
}

struct LinkedEdge {
    provider: usize,
    /// The paths of the provider's functions.
    functions: Vec<String>,
}

impl<T: 'static> LinkedComposition<T> {
    pub(super) fn new(composition: &Composition<T>) -> Result<Self> {
        let mut members: Vec<LinkedMember<T>> = Vec::new();
        for number in composition.order() {
            let Some(member) = composition.members.get(number) else { continue };
            let edges = member.edges.iter().map(|edge| LinkedEdge {
                provider: edge.provider,
                functions: edge.fit.functions.iter().map(|function| edge.path(&function.name)).collect(),
            });
            let mut reached = BTreeSet::new();
            for edge in &member.edges {
                reached.insert(edge.provider);
                let below = members.iter().find(|below| below.number == edge.provider);
                reached.extend(below.iter().flat_map(|below| &below.reached));
            }
            let linked = link(composition, number, member)?;
            members.push(LinkedMember { number, linked, edges: edges.collect(), reached });
        }
        Ok(Self { members })
    }

    /// Makes every plugin live, those that are used before those that use them. `state` makes the application's state of
    /// the plugin with the given name.
    ///
    /// # Errors
    /// What [`Linked::instantiate`](crate::Linked::instantiate) returns, for the first plugin that fails.
    pub fn instantiate(&self, mut state: impl FnMut(&str) -> T) -> Result<Plugins<T>> {
        let mut live: BTreeMap<usize, Arc<Shared<T>>> = BTreeMap::new();
        let mut plugins = Vec::new();
        for member in &self.members {
            let mut links = Links::default();
            for edge in &member.edges {
                let Some(provider) = live.get(&edge.provider) else { continue };
                let funcs = {
                    let plugin = lock(provider);
                    edge.functions.iter().map(|path| plugin.func(path)).collect::<Result<Vec<_>>>()?
                };
                links.edges.push(LiveEdge { provider: Arc::clone(provider), funcs });
            }
            let homes = member.reached.iter().filter_map(|home| Some((*home, live.get(home)?.clone())));
            links.homes.extend(homes);
            let name: Arc<str> = member.linked.name().into();
            let plugin = member.linked.instantiate_among(state(&name), links)?;
            let plugin = Arc::new(Mutex::new(plugin));
            live.insert(member.number, Arc::clone(&plugin));
            plugins.push((name, plugin));
        }
        Ok(Plugins::new(plugins))
    }
}

impl Edge {
    fn path(&self, function: &str) -> String {
        // A function of the world is its own import.
        if *self.import == *function {
            self.export.to_string()
        } else {
            format!("{}#{function}", self.export)
        }
    }
}

fn link<T: 'static>(composition: &Composition<T>, number: usize, member: &Member<T>) -> Result<Linked<T>> {
    let edges = composition.edges(member);
    let hint = |import: &str| {
        let provider = composition.could_provide(number, import)?;
        let (importer, interface) = (&member.name, Name::unversioned(import));
        Some(format!("plugin `{provider}` exports it: `connect({importer:?}, {interface:?}, {provider:?})`"))
    };
    let passages = member.edges.iter().map(|edge| passages(composition, number, edge));
    let passages = passages.collect::<Result<Vec<_>>>()?;
    let define = |linker: &mut _| {
        for (at, (edge, passages)) in member.edges.iter().zip(&passages).enumerate() {
            for (index, function) in edge.fit.functions.iter().enumerate() {
                let crossing = Crossing::new(
                    (at, index),
                    composition.name(edge.provider),
                    edge.path(&function.name),
                    passages,
                    &function.ty,
                );
                crossing::define(linker, &edge.import, &function.name, crossing)?;
            }
            for (resource, ..) in &edge.fit.resources {
                crossing::define_resource(linker, &edge.import, resource)?;
            }
        }
        Ok(())
    };
    member.compiled.link_among(
        &member.name,
        &member.grants,
        &Neighbours { edges: &edges, define: &define, hint: &hint },
    )
}

/// The resources that cross an edge, each with the plugin that defines it.
fn passages<T: 'static>(composition: &Composition<T>, from: usize, edge: &Edge) -> Result<Arc<[Passage]>> {
    let (mut passages, mut problems) = (Vec::new(), Vec::new());
    for (here, there) in &edge.fit.pairs {
        let homes = [(from, here), (edge.provider, there)]
            .map(|(number, ty)| identity::home(&composition.members, number, ty));
        match homes {
            [Home::Plugin(home, id), other] if other == Home::Plugin(home, id) => passages.push(Passage {
                here: here.clone(),
                there: there.clone(),
                home,
                at_home: home == edge.provider,
            }),
            homes => problems.push(foreign(here.name(), &homes)),
        }
    }
    if problems.is_empty() {
        return Ok(passages.into());
    }
    Err(composition.refused(from, &edge.import, edge.provider, problems))
}

fn foreign(resource: &str, homes: &[Home; 2]) -> String {
    let elsewhere = homes.iter().find_map(|home| match home {
        Home::Elsewhere { plugin, import } => Some((plugin, import)),
        Home::Plugin(..) => None,
    });
    match elsewhere {
        Some((plugin, import)) => format!(
            "resource `{resource}`: `{plugin}` gets it through `{import}`, which is not connected to the plugin that \
             defines it (resources of the host stay with the plugin that was given them)"
        ),
        None => format!("resource `{resource}`: the two plugins get it from different plugins"),
    }
}

impl<T: 'static> fmt::Debug for LinkedComposition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.members.iter().map(|member| member.linked.name())).finish()
    }
}
