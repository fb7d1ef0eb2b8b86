//! `wasi:random`. All three interfaces give numbers of one generator, the system's or a seeded one; nothing is gained by worse
//! ones.

use std::fmt;

use plugbay_component::{Error, LinkerInstance, Result};

use super::{Cx, buffer};
use crate::grant::random::{Kind, Random};
use crate::state::PluginState;

/// The most random bytes that one call gives.
const MAX_BYTES: u64 = 1 << 20;

/// What a seed becomes numbers of.
const CONTEXT: &str = "plugbay 2026-11 seeded numbers of wasi:random";

/// Where an instance's numbers come from.
pub(super) enum Generator {
    System,
    Seeded(Box<blake3::OutputReader>),
}

impl Generator {
    pub(super) fn new(random: &Random) -> Self {
        match &random.0 {
            Kind::System => Self::System,
            Kind::Seeded(seed) => {
                let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
                Self::Seeded(Box::new(hasher.update(&seed.0).finalize_xof()))
            }
        }
    }

    fn bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        let allowed = usize::try_from(len).ok().filter(|_| len <= MAX_BYTES);
        let mut bytes =
            buffer(allowed.ok_or_else(|| Error::limit("random bytes of one call", len, MAX_BYTES))?);
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        match self {
            Self::System => fill_from_system(bytes),
            Self::Seeded(reader) => {
                reader.fill(bytes);
                Ok(())
            }
        }
    }
}

fn fill_from_system(bytes: &mut [u8]) -> Result<()> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(read) => filled += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::host(std::io::Error::from(error))),
        }
    }
    Ok(())
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Seeded(_) => "Seeded",
        })
    }
}

pub(super) fn define_random<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    define(instance, "get-random-bytes", "get-random-u64")
}

pub(super) fn define_insecure<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    define(instance, "get-insecure-random-bytes", "get-insecure-random-u64")
}

fn define<T: 'static>(
    instance: &mut LinkerInstance<'_, PluginState<T>>,
    bytes: &str,
    number: &str,
) -> Result<()> {
    instance.func_wrap(bytes, |cx: &mut Cx<'_, T>, (len,): (u64,)| cx.data_mut().wasi.random.bytes(len))?;
    instance.func_wrap(number, |cx: &mut Cx<'_, T>, (): ()| cx.data_mut().wasi.random.number())?;
    Ok(())
}

pub(super) fn define_insecure_seed<T: 'static>(
    instance: &mut LinkerInstance<'_, PluginState<T>>,
) -> Result<()> {
    instance.func_wrap("insecure-seed", |cx: &mut Cx<'_, T>, (): ()| {
        let random = &mut cx.data_mut().wasi.random;
        Ok((random.number()?, random.number()?))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_capped() {
        let mut system = Generator::new(&Random::system());
        assert_eq!(system.bytes(0).unwrap().len(), 0);
        assert_eq!(system.bytes(MAX_BYTES).unwrap().len() as u64, MAX_BYTES);
        assert!(system.bytes(MAX_BYTES + 1).is_err());
        assert!(system.bytes(u64::MAX).is_err());
        assert_ne!(system.bytes(32).unwrap(), system.bytes(32).unwrap());
    }

    #[test]
    fn a_seed_gives_the_same_numbers_each_time_and_another_gives_others() {
        let numbers = |random: Random| {
            let mut generator = Generator::new(&random);
            let bytes = generator.bytes(100).unwrap();
            (bytes, generator.number().unwrap(), generator.number().unwrap())
        };
        let first = numbers(Random::seeded(7));
        assert_eq!(numbers(Random::seeded(7)), first);
        assert_ne!(first.1, first.2);
        assert_ne!(numbers(Random::seeded(8)), first);
        let mut long = [0; 32];
        long[0] = 7;
        assert_ne!(numbers(Random::seeded(long)), first);
        let mut other = Generator::new(&Random::seeded(7));
        let pieces = [other.bytes(33).unwrap(), other.bytes(67).unwrap()].concat();
        assert_eq!(pieces, first.0, "the numbers follow on, however they are asked for");
    }
}
