#[automatically_derived]
impl ::plugbay::macro_support::ComponentType for Level {
    const LAYOUT: ::plugbay::macro_support::Layout = ::plugbay::macro_support::Layout::enumeration(
        2usize,
    );
    fn typecheck(
        ty: &::plugbay::macro_support::ValType,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
        ::plugbay::macro_support::check::enumeration(ty, &["debug", "last-resort"])
    }
    fn val_type(
        depth: ::plugbay::macro_support::Depth,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::ValType,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::describe::enumeration(depth, &["debug", "last-resort"])
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lift for Level {
    fn lift(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let (case, end) = src
            .variant(2u32, &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT)?;
        let value = match case {
            0u32 => Self::Debug,
            _ => Self::LastResort,
        };
        src.skip_to(end);
        ::plugbay::macro_support::Result::Ok(value)
    }
    fn load(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let case = cx.load_discriminant(ptr, 2usize)?;
        ::plugbay::macro_support::Result::Ok(
            match case {
                0u32 => Self::Debug,
                _ => Self::LastResort,
            },
        )
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lower for Level {
    fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let case = match self {
            Self::Debug => 0u32,
            Self::LastResort => 1u32,
        };
        let end = dst
            .variant(case, &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT)?;
        dst.pad(end)
    }
    fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let case = match self {
            Self::Debug => 0u32,
            Self::LastResort => 1u32,
        };
        cx.store_discriminant(ptr, case, 2usize)
    }
}
