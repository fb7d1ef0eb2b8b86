//! Which resources of the host a function mentions, while the Rust types of the function are checked.
//!
//! A component type says which resource a handle is to, by number; a Rust type (`Resource<File>`) says it by the type of
//! the host's data. Which number is which type is known where a component is linked, or to its instance, and not to
//! [`typecheck`](super::ComponentType::typecheck), which applications and derives implement for types of their own and
//! pass on to those of the fields. So it is laid ready beside them, for as long as the check takes.

use std::any::{TypeId, type_name};
use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::types::{ResourceType, TypeMismatch};

/// A resource of the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownResource {
    /// The Rust type of its data, if it has one.
    pub(crate) host_type: Option<TypeId>,
    /// That type in words.
    pub(crate) described: &'static str,
    /// Equal for two imports that mean one resource.
    pub(crate) identity: usize,
}

/// The resources of one function; nothing for those of a guest.
pub(crate) struct Known(BTreeMap<u64, Option<KnownResource>>);

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Takes away what was laid ready, also when a check panics.
struct Restore(Option<Known>);

impl Drop for Restore {
    fn drop(&mut self) {
        KNOWN.set(self.0.take());
    }
}

impl Known {
    /// Those that a function mentions, by their number.
    pub(crate) fn among(mentioned: &[u32], resource: impl Fn(u32) -> Option<KnownResource>) -> Self {
        Self(mentioned.iter().map(|&ty| (u64::from(ty), resource(ty))).collect())
    }

    /// Runs `check` with this knowledge.
    pub(crate) fn during<R>(self, check: impl FnOnce() -> R) -> R {
        let _before = Restore(KNOWN.replace(Some(self)));
        check()
    }

    /// Whether a handle to data of type `R` can be one to `ty`.
    fn allows<R: 'static>(&self, ty: &ResourceType) -> Result<(), TypeMismatch> {
        let wanted = TypeId::of::<R>();
        let mismatch = |found: String| {
            let expected = format!("a handle to `{}`", type_name::<R>());
            Err(TypeMismatch::new(expected, format!("one to `{ty}`, which {found}")))
        };
        match self.0.get(&ty.id()) {
            // No resource of this function: nothing is known.
            None => return Ok(()),
            Some(None) => return mismatch("the guest defines: its Rust type is `ResourceAny`".to_owned()),
            Some(Some(known)) if known.host_type != Some(wanted) => {
                return mismatch(format!("the host defines as {}", known.described));
            }
            Some(Some(_)) => {}
        }
        // Calls look for the resource by its Rust type.
        let mut same = self.0.values().flatten().filter(|known| known.host_type == Some(wanted));
        let first = same.next().map(|known| known.identity);
        if same.any(|known| Some(known.identity) != first) {
            return mismatch("is not the only one with this Rust type: give each its own".to_owned());
        }
        Ok(())
    }
}

/// Whether a handle without a Rust type of its own can be one to `ty`. Calls check such a handle against all resources that
/// the function mentions. So if there are several, a guest could pass one for the other, and the host would take what lies
/// behind it for something else; unless the guest defines the resource, and the host cannot look behind it.
pub(super) fn check_any(ty: &ResourceType) -> Result<(), TypeMismatch> {
    KNOWN.with_borrow(|known| {
        let Some(Known(known)) = known else { return Ok(()) };
        let Some(Some(this)) = known.get(&ty.id()) else { return Ok(()) };
        if known.values().all(|other| other.is_some_and(|other| other.identity == this.identity)) {
            return Ok(());
        }
        let expected = "a handle to any resource";
        let found = format!("one to `{ty}`, among several: use `Resource` and `Borrow`, or dynamic values");
        Err(TypeMismatch::new(expected, found))
    })
}

/// Whether a handle to data of type `R` can be one to `ty`, as far as that is known.
pub(super) fn check<R: 'static>(ty: &ResourceType) -> Result<(), TypeMismatch> {
    KNOWN.with_borrow(|known| known.as_ref().map_or(Ok(()), |known| known.allows::<R>(ty)))
}
