//! `wasi:random`. All three interfaces give numbers of the system's generator; nothing is gained by worse ones.

use plugbay_component::{Error, LinkerInstance, Result};

use super::{Cx, mistake};
use crate::state::PluginState;

/// The most random bytes that one call gives.
const MAX_BYTES: u64 = 1 << 20;

fn bytes(len: u64) -> Result<Vec<u8>> {
    let len = usize::try_from(len).ok().filter(|_| len <= MAX_BYTES);
    let len =
        len.ok_or_else(|| mistake(format!("it asked for more than {MAX_BYTES} random bytes at once")))?;
    let mut bytes = vec![0; len];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn number() -> Result<u64> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<()> {
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

pub(super) fn define_random<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("get-random-bytes", |_: &mut Cx<'_, T>, (len,): (u64,)| bytes(len))?;
    instance.func_wrap("get-random-u64", |_: &mut Cx<'_, T>, (): ()| number())?;
    Ok(())
}

pub(super) fn define_insecure<T: 'static>(instance: &mut LinkerInstance<'_, PluginState<T>>) -> Result<()> {
    instance.func_wrap("get-insecure-random-bytes", |_: &mut Cx<'_, T>, (len,): (u64,)| bytes(len))?;
    instance.func_wrap("get-insecure-random-u64", |_: &mut Cx<'_, T>, (): ()| number())?;
    Ok(())
}

pub(super) fn define_insecure_seed<T: 'static>(
    instance: &mut LinkerInstance<'_, PluginState<T>>,
) -> Result<()> {
    instance.func_wrap("insecure-seed", |_: &mut Cx<'_, T>, (): ()| Ok((number()?, number()?)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_capped() {
        assert_eq!(bytes(0).unwrap().len(), 0);
        assert_eq!(bytes(MAX_BYTES).unwrap().len() as u64, MAX_BYTES);
        assert!(bytes(MAX_BYTES + 1).is_err());
        assert!(bytes(u64::MAX).is_err());
        assert_ne!(bytes(32).unwrap(), bytes(32).unwrap());
    }
}
