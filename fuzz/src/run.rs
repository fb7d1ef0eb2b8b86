//! The harness: inputs that follow from a seed and a number, until the time is up. An input that was interesting once is
//! made again from its seed and number alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::mutate::mutate;
use crate::random::Numbers;
use crate::{Outcome, Target, corpus};

/// What came of many inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Inputs fed.
    pub executions: u64,
    /// Inputs that were let in.
    pub accepted: u64,
    /// Results that were looked at or compared.
    pub looked_at: u64,
    /// The numbers of inputs that were findings.
    pub findings: Vec<u64>,
}

/// The inputs of a target under a seed.
pub struct Inputs {
    target: Target,
    seed: u64,
    corpus: Vec<Vec<u8>>,
}

impl Inputs {
    /// Reads the target's corpus.
    ///
    /// # Errors
    /// What is wrong with the corpus.
    pub fn new(target: Target, seed: u64) -> Result<Self, String> {
        let mut corpus = corpus::load(target.name)?;
        corpus.extend(corpus::elsewhere(target.name));
        Ok(Self { target, seed, corpus })
    }

    /// The input with this number: first the corpus as it is, then what is made from it, and random bytes.
    pub fn get(&self, number: u64) -> Vec<u8> {
        if let Some(input) = usize::try_from(number).ok().and_then(|number| self.corpus.get(number)) {
            return input.clone();
        }
        let mut numbers = Numbers::new(self.seed.rotate_left(32) ^ number);
        // One number is too close to the next.
        let mut numbers = Numbers::new(numbers.any());
        if !self.corpus.is_empty() && numbers.below(10) < self.target.from_corpus {
            let input = &self.corpus[numbers.below(self.corpus.len())];
            let other = &self.corpus[numbers.below(self.corpus.len())];
            return mutate(input, other, &mut numbers);
        }
        let longest = 1 + numbers.below(self.target.longest.max(64));
        let length = 1 + numbers.below(longest);
        numbers.bytes(length)
    }
}

/// Feeds inputs from number `from` on for some time; `started` hears of each number before its input is fed.
pub fn run(inputs: &Inputs, from: u64, time: Duration, mut started: impl FnMut(u64)) -> Totals {
    let end = Instant::now() + time;
    let mut totals = Totals::default();
    for number in from.. {
        if Instant::now() >= end || totals.findings.len() >= 20 {
            break;
        }
        started(number);
        let input = inputs.get(number);
        totals.executions += 1;
        match catch_unwind(AssertUnwindSafe(|| (inputs.target.run)(&input))) {
            Ok(Outcome::Refused) => {}
            Ok(Outcome::Ran(looked_at)) => {
                totals.accepted += 1;
                totals.looked_at += looked_at;
            }
            Err(_) => totals.findings.push(number),
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::TARGETS;

    /// Feeds the corpus and some inputs more to every target: that the targets work is a test, to search is not.
    #[test]
    fn the_corpus_and_some_more_inputs_find_nothing() {
        for target in TARGETS {
            let corpus = corpus::load(target.name).unwrap();
            let inputs = Inputs { target: *target, seed: 1, corpus };
            let mut accepted = 0;
            for number in 0..(inputs.corpus.len() as u64 + 20) {
                let outcome = (target.run)(&inputs.get(number));
                accepted += u64::from(outcome != Outcome::Refused);
            }
            assert!(accepted > 0, "{}: all inputs were refused", target.name);
        }
    }

    #[test]
    fn the_inputs_of_the_corpus_that_are_texts_are_accepted() {
        for target in TARGETS {
            for (index, input) in corpus::load(target.name).unwrap().iter().enumerate() {
                if input.starts_with(b"\0asm") {
                    assert_ne!((target.run)(input), Outcome::Refused, "{} {index}", target.name);
                }
            }
        }
    }

    #[test]
    fn a_panic_is_a_finding_and_the_next_input_is_fed() {
        let target = Target { run: |_| panic!("a finding"), ..TARGETS[0] };
        let inputs = Inputs { target, seed: 0, corpus: Vec::new() };
        let totals = run(&inputs, 0, Duration::from_secs(600), |_| {});
        assert_eq!((totals.executions, totals.findings.len()), (20, 20));
    }
}
