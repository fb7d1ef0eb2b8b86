//! `ClockRule`: the rules of `wasi:clocks`. What the clocks show is `clock`'s.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Power, Risk, Rule};

/// The finest steps in which a clock is seen, without rules.
const FINEST: Duration = Duration::from_nanos(1);

/// A rule of `wasi:clocks`: `{ resolution = "1ms" }`. `allow` means clocks in steps of that or coarser ones, `deny` clocks in finer
/// steps; either way a plugin sees the time in steps that all rules permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ClockRule {
    /// The steps.
    #[serde(with = "duration")]
    pub resolution: Duration,
}

impl ClockRule {
    /// Steps of `resolution`.
    #[must_use]
    pub fn new(resolution: Duration) -> Self {
        Self { resolution }
    }
}

impl Rule for ClockRule {
    /// Steps in which a plugin wants to see the time.
    type Request<'a> = Duration;

    fn matches(&self, steps: &Duration) -> bool {
        *steps >= self.resolution
    }

    fn denies(&self, steps: &Duration) -> bool {
        *steps < self.resolution
    }

    fn words(&self) -> String {
        format!("time in steps of {}", duration::text(self.resolution))
    }

    fn risk(&self) -> Risk {
        Risk::Low
    }

    fn check(&self) -> Result<(), String> {
        if self.resolution <= Duration::from_secs(3600) {
            Ok(())
        } else {
            Err("a clock in steps of more than an hour is of no use: write `resolution = \"1ms\"`, or do not allow it".into())
        }
    }
}

/// The finest steps that are permitted.
pub(super) fn finest(power: &Power<ClockRule>) -> Duration {
    let named = || power.allowed().chain(power.denied()).map(|rule| rule.resolution).chain([FINEST]);
    let permitted = |steps: &Duration| power.check(steps).is_ok();
    // The coarsest of all that are named is permitted by every rule.
    named().filter(permitted).min().or_else(|| named().max()).unwrap_or(FINEST)
}

mod duration {
    //! `"1ms"`.

    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::manifest::units;

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(*value))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        units::duration(&text).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no length of time: write one such as \"1ms\" or \"100us\""))
        })
    }

    /// In the largest unit that says it exactly. Less than a microsecond is told as one.
    pub(super) fn text(value: Duration) -> String {
        let micros = value.as_micros().max(1);
        match micros {
            _ if micros.is_multiple_of(1_000_000) => format!("{}s", micros / 1_000_000),
            _ if micros.is_multiple_of(1_000) => format!("{}ms", micros / 1_000),
            _ => format!("{micros}us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::By;
    use crate::grant::rule::Layer;

    fn rules(millis: &[u64]) -> Vec<ClockRule> {
        millis.iter().map(|millis| ClockRule::new(Duration::from_millis(*millis))).collect()
    }

    #[test]
    fn steps_are_the_finest_that_every_side_permits() {
        let finest = |grant: &[u64], manifest: &[u64], deny: &[u64]| {
            let layer = |by, millis: &[u64]| Layer {
                by,
                allow: Some(rules(millis)).filter(|rules| !rules.is_empty()),
                deny: Vec::new(),
            };
            let ceiling = Layer { by: By::Ceiling, allow: None, deny: rules(deny) };
            let sides = [ceiling, layer(By::Grant, grant), layer(By::Manifest, manifest)];
            finest(&Power::new(sides)).as_nanos()
        };
        assert_eq!(finest(&[], &[], &[]), 1);
        assert_eq!(finest(&[1, 20], &[], &[]), 1_000_000);
        assert_eq!(finest(&[1], &[5], &[]), 5_000_000);
        assert_eq!(finest(&[1], &[5], &[10]), 10_000_000);
        assert_eq!(finest(&[], &[], &[3]), 3_000_000);
    }

    #[test]
    fn it_is_written_with_a_unit() {
        let read = |text: &str| toml::from_str::<ClockRule>(text);
        let rule = read("resolution = \"250us\"").unwrap();
        assert_eq!(rule.resolution, Duration::from_micros(250));
        assert_eq!(toml::to_string(&rule).unwrap().trim(), "resolution = \"250us\"");
        assert_eq!(ClockRule::new(Duration::from_secs(2)).words(), "time in steps of 2s");
        for wrong in ["resolution = 1", "resolution = \"0ms\"", "resolution = \"1ms\"\nstep = 1", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(read("resolution = \"2h\"").unwrap().check().is_err());
    }
}
