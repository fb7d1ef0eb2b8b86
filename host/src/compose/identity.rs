//! Which plugin defines a resource type. Each component counts its resource types for itself; two plugins mean the same
//! one when following imports along edges leads to the same definition.

use plugbay_component::types::{ComponentItem, ResourceType};

use super::composition::Member;

/// The definition of a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// A plugin, by its number, defines it; the number is the type's there.
    Plugin(usize, u64),
    /// It comes to the plugin called so by an import that no edge answers.
    Elsewhere { plugin: String, import: String },
}

/// Follows a resource type of plugin `member` to its definition.
pub(super) fn home<T: 'static>(members: &[Member<T>], member: usize, ty: &ResourceType) -> Home {
    let (mut number, mut ty) = (member, ty.clone());
    // Edges form no circle: no more steps than plugins.
    for _ in members {
        let Some(member) = members.get(number) else { break };
        let imports = member.compiled.component().imports();
        let found =
            imports.filter_map(|(import, item)| name_in(&item, &ty).map(|name| (import, name))).next();
        let Some((import, name)) = found else { break };
        let edge = member.edges.iter().find(|edge| &*edge.import == import);
        let next = edge.and_then(|edge| {
            let (_, _, there) = edge.fit.resources.iter().find(|(known, ..)| **known == *name)?;
            Some((edge.provider, there.clone()))
        });
        match next {
            Some(next) => (number, ty) = next,
            None => return Home::Elsewhere { plugin: member.name.to_string(), import: import.to_owned() },
        }
    }
    Home::Plugin(number, ty.id())
}

/// The name that `ty` has in an imported item, if it is in there.
fn name_in(item: &ComponentItem, ty: &ResourceType) -> Option<String> {
    let ComponentItem::Instance(instance) = item else { return None };
    let is = |item: &ComponentItem| matches!(item, ComponentItem::Resource(found) if found == ty);
    instance.exports().iter().find(|(_, item)| is(item)).map(|(name, _)| name.to_string())
}
