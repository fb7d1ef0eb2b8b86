//! "Flattening" of function types: the core signature behind a lifted or lowered function.

use super::layout::{CoreType, FlatTypes, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::types::FuncType;

/// On which side of a call a core function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `canon lift`: the guest's own function; results that do not fit come back behind a pointer.
    Lift,
    /// `canon lower`: the function that the guest calls; results that do not fit go where the last parameter points.
    Lower,
}

/// A core signature, in slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlatFunc {
    /// The core parameters; at most 17 (16, and a pointer to the results).
    pub(crate) params: [Option<CoreType>; MAX_FLAT_PARAMS + 1],
    /// The core result.
    pub(crate) result: Option<CoreType>,
    /// Whether the parameters travel in memory.
    pub(crate) params_spill: bool,
    /// Whether the result travels in memory.
    pub(crate) result_spills: bool,
}

impl FlatFunc {
    /// `flatten_functype`, without async.
    pub(crate) fn new(ty: &FuncType, side: Side) -> Self {
        let params =
            ty.params().iter().fold(FlatTypes::EMPTY, |flat, (_, ty)| flat.concat(&ty.layout().flat));
        let result = ty.result().map_or(FlatTypes::EMPTY, |ty| ty.layout().flat);
        let params_spill = !params.fits(MAX_FLAT_PARAMS);
        let result_spills = !result.fits(MAX_FLAT_RESULTS);
        let mut out = Self {
            params: [None; MAX_FLAT_PARAMS + 1],
            result: result.as_slice().and_then(|types| types.first().copied()),
            params_spill,
            result_spills,
        };
        let pointer = FlatTypes::one(CoreType::I32);
        let params = if params_spill { pointer } else { params };
        let results = (result_spills && side == Side::Lower).then_some(CoreType::I32);
        let types = params.as_slice().unwrap_or_default().iter().copied().chain(results);
        for (place, ty) in out.params.iter_mut().zip(types) {
            *place = Some(ty);
        }
        if result_spills {
            out.result = (side == Side::Lift).then_some(CoreType::I32);
        }
        out
    }

    /// The types of the core parameters.
    pub(crate) fn params(&self) -> impl Iterator<Item = CoreType> {
        self.params.iter().map_while(|ty| *ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{TupleType, ValType};

    fn func(params: usize, result: Option<ValType>) -> FuncType {
        FuncType::new((0..params).map(|i| (format!("p{i}").into(), ValType::F32)), result)
    }

    #[test]
    fn results_that_do_not_fit_travel_behind_a_pointer() {
        let ty = func(2, Some(ValType::String));
        let lift = FlatFunc::new(&ty, Side::Lift);
        assert_eq!(lift.params().collect::<Vec<_>>(), [CoreType::F32; 2]);
        assert_eq!((lift.result, lift.result_spills), (Some(CoreType::I32), true));
        let lower = FlatFunc::new(&ty, Side::Lower);
        assert_eq!(lower.params().collect::<Vec<_>>(), [CoreType::F32, CoreType::F32, CoreType::I32]);
        assert_eq!((lower.result, lower.result_spills), (None, true));
    }

    #[test]
    fn parameters_that_do_not_fit_travel_behind_a_pointer() {
        let sixteen = FlatFunc::new(&func(16, None), Side::Lift);
        assert_eq!((sixteen.params().count(), sixteen.params_spill), (16, false));
        let seventeen = FlatFunc::new(&func(17, None), Side::Lift);
        assert_eq!(seventeen.params().collect::<Vec<_>>(), [CoreType::I32]);
        assert!(seventeen.params_spill);
        let pair = TupleType::new([ValType::U8, ValType::U8]).unwrap();
        let full = FlatFunc::new(&func(16, Some(ValType::Tuple(pair))), Side::Lower);
        assert_eq!(full.params().count(), 17);
    }

    #[test]
    fn a_scalar_result_stays_in_a_register() {
        let flat = FlatFunc::new(&func(0, Some(ValType::F64)), Side::Lower);
        assert_eq!((flat.params().count(), flat.result), (0, Some(CoreType::F64)));
    }
}
