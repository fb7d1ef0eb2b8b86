//! Borrow scopes: one per call that crosses a component's boundary. A scope counts the borrow handles that the callee
//! was given and must drop, and remembers which handles the caller lent so that they are released when the call ends.

use crate::abi::trap::AbiTrap;

/// A handle that was lent: where it lives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lender {
    /// In the table of a component instance.
    Guest { instance: u32, handle: u32 },
    /// In the host's table.
    Host { index: u32, generation: u32 },
    /// Not a lender, but a borrow made for the host that ends with the scope.
    HostBorrow { index: u32, generation: u32 },
}

#[derive(Debug)]
struct Scope {
    /// Borrow handles that the callee has yet to drop.
    borrows: u32,
    /// Where this scope's lenders begin in the shared list.
    lenders: usize,
}

/// The stack of calls under way.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    stack: Vec<Scope>,
    lenders: Vec<Lender>,
}

impl Scopes {
    pub(crate) fn push(&mut self) {
        self.stack.push(Scope { borrows: 0, lenders: self.lenders.len() });
    }

    /// The scope that lifting and lowering now belong to.
    pub(crate) fn current(&self) -> u32 {
        u32::try_from(self.stack.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    pub(crate) fn lend(&mut self, lender: Lender) {
        self.lenders.push(lender);
    }

    /// How many entries the calls under way have made with [`Scopes::lend`].
    pub(crate) fn lent(&self) -> usize {
        self.lenders.len()
    }

    pub(crate) fn borrowed(&mut self) {
        if let Some(scope) = self.stack.last_mut() {
            scope.borrows = scope.borrows.saturating_add(1);
        }
    }

    /// A borrow of scope `index` was dropped.
    pub(crate) fn returned(&mut self, index: u32) {
        if let Some(scope) = usize::try_from(index).ok().and_then(|i| self.stack.get_mut(i)) {
            scope.borrows = scope.borrows.saturating_sub(1);
        }
    }

    /// The callee has finished: refuses when it kept a borrow.
    pub(crate) fn check_returned(&self) -> Result<(), AbiTrap> {
        match self.stack.last() {
            Some(scope) if scope.borrows > 0 => Err(AbiTrap::BorrowsRemain),
            _ => Ok(()),
        }
    }

    /// One lender of the innermost scope after another, until none is left; then [`Scopes::pop`].
    pub(crate) fn next_lender(&mut self) -> Option<Lender> {
        let start = self.stack.last()?.lenders;
        if self.lenders.len() > start { self.lenders.pop() } else { None }
    }

    pub(crate) fn pop(&mut self) {
        if let Some(scope) = self.stack.pop() {
            self.lenders.truncate(scope.lenders);
        }
    }
}
