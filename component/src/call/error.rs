//! Errors across the engine: what a host function of ours returns travels through guest frames as an engine error and is
//! unpacked again on the other side, so that the caller gets it unchanged.

use plugbay_engine as engine;

use crate::error::{Error, ErrorKind};

/// Packs an error for the way through the engine.
pub(crate) fn through_engine(error: Error) -> engine::Error {
    engine::Error::host(error)
}

/// Unpacks what came out of the engine.
pub(crate) fn recover(error: engine::Error) -> Error {
    if error.downcast_host::<Error>().is_none() {
        return Error::from(error);
    }
    match error.into_kind() {
        engine::ErrorKind::Host(source) => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::new(ErrorKind::Host(other)),
        },
        kind => Error::from(engine::Error::new(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AbiTrap;

    #[test]
    fn an_error_comes_out_as_it_went_in() {
        let out = recover(through_engine(AbiTrap::CannotLeave.into()));
        assert!(matches!(out.kind(), ErrorKind::Abi(AbiTrap::CannotLeave)), "{out:?}");
        let out = recover(engine::Error::from(engine::TrapKind::Unreachable));
        assert_eq!(out.to_string(), "unreachable");
    }
}
