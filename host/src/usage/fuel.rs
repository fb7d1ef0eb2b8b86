//! `Fuel`: what a plugin may use up in all, and in one call. The engine counts down one number; here is what that was last set to,
//! and what is held back for later calls.

/// The fuel of one live plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fuel {
    /// The most that one call gets.
    per_call: Option<u64>,
    /// What there was in all when that was last said, and what had been used before.
    total: u64,
    before: u64,
    /// What the engine was last given.
    given: u64,
    /// What later calls can get besides what the engine has left.
    reserve: u64,
    used: u64,
    /// The most that one call used.
    most: u64,
}

impl Fuel {
    /// So much in all, and so much in one call.
    pub(crate) fn new(total: u64, per_call: Option<u64>) -> Self {
        let given = per_call.map_or(total, |per_call| per_call.min(total));
        Self { per_call, total, before: 0, given, reserve: total - given, used: 0, most: 0 }
    }

    /// What the engine gets at first.
    pub(crate) fn given(&self) -> u64 {
        self.given
    }

    /// Whether a call has to be given its own.
    pub(crate) fn is_per_call(&self) -> bool {
        self.per_call.is_some()
    }

    /// The engine has so much left.
    pub(crate) fn settle(&mut self, left: u64) {
        let used = self.given.saturating_sub(left);
        self.used = self.used.saturating_add(used);
        self.most = self.most.max(used);
        self.given = left;
    }

    /// What the engine gets for the next call; it has `left` now.
    pub(crate) fn begin(&mut self, left: u64) -> u64 {
        self.settle(left);
        let total = left.saturating_add(self.reserve);
        self.given = self.per_call.map_or(total, |per_call| per_call.min(total));
        self.reserve = total - self.given;
        self.given
    }

    /// From now on there is so much in all; returns what the engine gets. It has `left` now.
    pub(crate) fn set(&mut self, total: u64, left: u64) -> u64 {
        self.settle(left);
        let Self { used, most, .. } = *self;
        *self = Self { before: used, used, most, ..Self::new(total, self.per_call) };
        self.given
    }

    /// What is left in all, when the engine has `left`.
    pub(crate) fn left(&self, left: u64) -> u64 {
        left.saturating_add(self.reserve)
    }

    /// What was used in all, and the most in one call, when the engine has `left`.
    pub(crate) fn used(&self, left: u64) -> (u64, u64) {
        let more = self.given.saturating_sub(left);
        (self.used.saturating_add(more), self.most.max(more))
    }

    /// How much could be used since the plugin was instantiated.
    pub(crate) fn limit(&self) -> u64 {
        self.before.saturating_add(self.total)
    }

    /// What ran out when the engine has none left, and how much that was: the limit of calls, or all there was.
    pub(crate) fn exhausted(&self) -> (&'static str, u64) {
        match self.per_call {
            Some(per_call) if self.reserve > 0 => ("fuel_per_call", per_call),
            _ => ("fuel", self.total),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_gets_its_part_until_all_is_used_up() {
        let mut fuel = Fuel::new(250, Some(100));
        assert_eq!(fuel.given(), 100);
        assert_eq!(fuel.begin(90), 100);
        assert_eq!((fuel.used(100), fuel.left(100)), ((10, 10), 240));
        assert_eq!(fuel.begin(0), 100);
        assert_eq!(fuel.exhausted(), ("fuel_per_call", 100));
        assert_eq!(fuel.begin(0), 40);
        assert_eq!(fuel.exhausted(), ("fuel", 250));
        assert_eq!(fuel.begin(0), 0);
        assert_eq!((fuel.used(0), fuel.left(0)), ((250, 100), 0));
    }

    #[test]
    fn what_the_application_sets_does_not_change_what_was_used() {
        let mut fuel = Fuel::new(u64::MAX, None);
        assert_eq!(fuel.given(), u64::MAX);
        assert_eq!(fuel.set(50, u64::MAX - 7), 50);
        assert_eq!((fuel.used(20), fuel.limit(), fuel.exhausted()), ((37, 30), 57, ("fuel", 50)));
        let mut fuel = Fuel::new(10, Some(4));
        assert_eq!(fuel.set(9, 1), 4);
        assert_eq!((fuel.left(4), fuel.used(4)), (9, (3, 3)));
    }
}
