#[automatically_derived]
impl ::plugbay::macro_support::ComponentType for Session {
    const LAYOUT: ::plugbay::macro_support::Layout = <ResourceAny as ::plugbay::macro_support::ComponentType>::LAYOUT;
    fn typecheck(
        ty: &::plugbay::macro_support::ValType,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
        <ResourceAny as ::plugbay::macro_support::ComponentType>::typecheck(ty)
    }
    fn val_type(
        depth: ::plugbay::macro_support::Depth,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::ValType,
        ::plugbay::macro_support::ComponentError,
    > {
        <ResourceAny as ::plugbay::macro_support::ComponentType>::val_type(depth)
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lift for Session {
    fn lift(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(
            Self(::plugbay::macro_support::Lift::lift(cx, src)?),
        )
    }
    fn load(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(
            Self(::plugbay::macro_support::Lift::load(cx, ptr)?),
        )
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lower for Session {
    fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        ::plugbay::macro_support::Lower::lower(&self.0, cx, dst)
    }
    fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        ::plugbay::macro_support::Lower::store(&self.0, cx, ptr)
    }
}
