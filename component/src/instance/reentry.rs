//! Entering and leaving component instances ("Component Instances" of the Canonical ABI): an instance that is running
//! cannot be entered again, except by a child that it contains; and it cannot call out while `realloc` or `post-return`
//! run. After a trap nothing can be entered any more.

use crate::abi::trap::AbiTrap;
use crate::error::{Error, ErrorKind, Result};
use crate::resource::ComponentState;

/// In an instance's word of [`ComponentState::flags`]: a call is inside it.
pub(crate) const ENTERED: u32 = 1;
/// In an instance's word: it may not call out, as `realloc` or `post-return` runs.
pub(crate) const HELD: u32 = 2;

impl ComponentState {
    /// A call into `callee`, from component instance `caller` or from the host, with a borrow scope of its own.
    pub(crate) fn enter(&mut self, callee: u32, caller: Option<u32>) -> Result<()> {
        if self.poisoned {
            return Err(Error::new(ErrorKind::Poisoned));
        }
        if self.entering(callee, caller).any(|instance| !instance.1) {
            return Err(AbiTrap::CannotEnter.into());
        }
        self.set_may_enter(callee, caller, false);
        self.scopes.push();
        Ok(())
    }

    /// The end of the call that [`ComponentState::enter`] began.
    pub(crate) fn leave(&mut self, callee: u32, caller: Option<u32>) {
        self.end_scope();
        self.set_may_enter(callee, caller, true);
    }

    /// A call into `callee` from the host. It has a borrow scope only if it is `scoped`: if there are resources in its
    /// type, and so handles that it could lend.
    #[inline]
    pub(crate) fn begin_call(&mut self, callee: u32, scoped: bool) -> Result<()> {
        if self.is_alone(callee) && !scoped {
            let flags = self.flags.get(callee);
            if self.poisoned || flags & ENTERED != 0 {
                return Err(self.no_entry());
            }
            self.flags.set(callee, flags | ENTERED);
            return Ok(());
        }
        self.enter(callee, None)?;
        if !scoped {
            self.scopes.pop();
        }
        Ok(())
    }

    /// The end of the call that [`ComponentState::begin_call`] began.
    #[inline]
    pub(crate) fn end_call(&mut self, callee: u32, scoped: bool) {
        if self.is_alone(callee) {
            self.flag(callee, ENTERED, false);
        } else {
            self.set_may_enter(callee, None, true);
        }
        if scoped {
            self.end_scope();
        }
    }

    /// Whether no other instance contains this one.
    #[inline]
    fn is_alone(&self, instance: u32) -> bool {
        self.instances.get(instance as usize).is_some_and(|state| state.parent.is_none())
    }

    #[cold]
    fn no_entry(&self) -> Error {
        if self.poisoned { Error::new(ErrorKind::Poisoned) } else { AbiTrap::CannotEnter.into() }
    }

    /// A call from component instance `caller` to the host, with a borrow scope of its own if it is `scoped`.
    #[inline]
    pub(crate) fn leave_to_host(&mut self, caller: u32, scoped: bool) -> Result<()> {
        self.check_may_leave(caller)?;
        if scoped {
            self.scopes.push();
        }
        Ok(())
    }

    /// The end of the call that [`ComponentState::leave_to_host`] began.
    #[inline]
    pub(crate) fn back_from_host(&mut self, scoped: bool) {
        if scoped {
            self.end_scope();
        }
    }

    #[inline]
    pub(crate) fn check_may_leave(&self, instance: u32) -> Result<()> {
        if self.flags.get(instance) & HELD == 0 { Ok(()) } else { Err(AbiTrap::CannotLeave.into()) }
    }

    /// Allows or forbids calls out of an instance.
    #[inline]
    pub(crate) fn set_may_leave(&mut self, instance: u32, allowed: bool) {
        self.flag(instance, HELD, !allowed);
    }

    fn set_may_enter(&mut self, callee: u32, caller: Option<u32>, value: bool) {
        let mut next = self.first_entered(callee, caller);
        while let Some(index) = next {
            self.flag(index, ENTERED, !value);
            next = self.next_entered(index, caller);
        }
    }

    #[inline]
    fn flag(&mut self, instance: u32, flag: u32, on: bool) {
        let flags = self.flags.get(instance);
        self.flags.set(instance, if on { flags | flag } else { flags & !flag });
    }

    /// The instances that such a call enters, with whether each may be entered.
    fn entering(&self, callee: u32, caller: Option<u32>) -> impl Iterator<Item = (u32, bool)> {
        std::iter::successors(self.first_entered(callee, caller), move |&index| {
            self.next_entered(index, caller)
        })
        .map(|index| (index, self.flags.get(index) & ENTERED == 0))
    }

    fn first_entered(&self, callee: u32, caller: Option<u32>) -> Option<u32> {
        (!self.contains(callee, caller)).then_some(callee)
    }

    fn next_entered(&self, index: u32, caller: Option<u32>) -> Option<u32> {
        let parent = self.instances.get(index as usize)?.parent?;
        self.first_entered(parent, caller)
    }

    /// Whether `outer` is `inner` or an instance that contains it.
    fn contains(&self, outer: u32, inner: Option<u32>) -> bool {
        let mut next = inner;
        while let Some(index) = next {
            if index == outer {
                return true;
            }
            next = self.instances.get(index as usize).and_then(|state| state.parent);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parent with two children, as in the specification's picture.
    fn family() -> ComponentState {
        let mut state = ComponentState::new(10, 20);
        state.set_instances([None, Some(0), Some(0)].into_iter());
        state
    }

    #[test]
    fn a_child_may_call_back_into_its_parent() {
        let mut state = family();
        state.enter(0, None).unwrap();
        state.enter(1, Some(0)).unwrap();
        state.enter(2, Some(1)).unwrap();
        state.enter(0, Some(2)).unwrap();
        assert_eq!(state.enter(1, Some(0)).unwrap_err().to_string(), "cannot enter component instance");
    }

    #[test]
    fn the_host_cannot_enter_a_running_family() {
        let mut state = family();
        state.enter(1, None).unwrap();
        assert!(state.enter(2, None).is_err(), "the parent is entered with the child");
        state.leave(1, None);
        state.enter(2, None).unwrap();
    }
}
