#[automatically_derived]
impl<
    'a,
    T: ::plugbay::macro_support::ComponentType,
> ::plugbay::macro_support::ComponentType for Token<'a, T> {
    const LAYOUT: ::plugbay::macro_support::Layout = ::plugbay::macro_support::Layout::record(
        &[
            <TokenKind as ::plugbay::macro_support::ComponentType>::LAYOUT,
            <u32 as ::plugbay::macro_support::ComponentType>::LAYOUT,
            <T as ::plugbay::macro_support::ComponentType>::LAYOUT,
            <&'a str as ::plugbay::macro_support::ComponentType>::LAYOUT,
        ],
    );
    fn typecheck(
        ty: &::plugbay::macro_support::ValType,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
        ::plugbay::macro_support::check::record(
            ty,
            &[
                (
                    "kind",
                    <TokenKind as ::plugbay::macro_support::ComponentType>::typecheck,
                ),
                ("from", <u32 as ::plugbay::macro_support::ComponentType>::typecheck),
                ("payload", <T as ::plugbay::macro_support::ComponentType>::typecheck),
                ("type", <&'a str as ::plugbay::macro_support::ComponentType>::typecheck),
            ],
        )
    }
    fn val_type(
        depth: ::plugbay::macro_support::Depth,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::ValType,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::describe::record(
            depth,
            &[
                (
                    "kind",
                    <TokenKind as ::plugbay::macro_support::ComponentType>::val_type,
                ),
                ("from", <u32 as ::plugbay::macro_support::ComponentType>::val_type),
                ("payload", <T as ::plugbay::macro_support::ComponentType>::val_type),
                ("type", <&'a str as ::plugbay::macro_support::ComponentType>::val_type),
            ],
        )
    }
}
#[automatically_derived]
impl<'a, T: ::plugbay::macro_support::Lift> ::plugbay::macro_support::Lift
for Token<'a, T> {
    fn lift(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(Self {
            kind: ::plugbay::macro_support::Lift::lift(cx, src)?,
            start: ::plugbay::macro_support::Lift::lift(cx, src)?,
            payload: ::plugbay::macro_support::Lift::lift(cx, src)?,
            r#type: ::plugbay::macro_support::Lift::lift(cx, src)?,
        })
    }
    fn load(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let [offset0, offset1, offset2, offset3] = const {
            ::plugbay::macro_support::field_offsets(
                &[
                    <TokenKind as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <u32 as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <T as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <&'a str as ::plugbay::macro_support::ComponentType>::LAYOUT,
                ],
            )
        };
        ::plugbay::macro_support::Result::Ok(Self {
            kind: ::plugbay::macro_support::Lift::load(cx, ptr.wrapping_add(offset0))?,
            start: ::plugbay::macro_support::Lift::load(cx, ptr.wrapping_add(offset1))?,
            payload: ::plugbay::macro_support::Lift::load(
                cx,
                ptr.wrapping_add(offset2),
            )?,
            r#type: ::plugbay::macro_support::Lift::load(cx, ptr.wrapping_add(offset3))?,
        })
    }
}
#[automatically_derived]
impl<'a, T: ::plugbay::macro_support::Lower> ::plugbay::macro_support::Lower
for Token<'a, T> {
    fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        ::plugbay::macro_support::Lower::lower(&self.kind, cx, dst)?;
        ::plugbay::macro_support::Lower::lower(&self.start, cx, dst)?;
        ::plugbay::macro_support::Lower::lower(&self.payload, cx, dst)?;
        ::plugbay::macro_support::Lower::lower(&self.r#type, cx, dst)?;
        ::plugbay::macro_support::Result::Ok(())
    }
    fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let [offset0, offset1, offset2, offset3] = const {
            ::plugbay::macro_support::field_offsets(
                &[
                    <TokenKind as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <u32 as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <T as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <&'a str as ::plugbay::macro_support::ComponentType>::LAYOUT,
                ],
            )
        };
        ::plugbay::macro_support::Lower::store(
            &self.kind,
            cx,
            ptr.wrapping_add(offset0),
        )?;
        ::plugbay::macro_support::Lower::store(
            &self.start,
            cx,
            ptr.wrapping_add(offset1),
        )?;
        ::plugbay::macro_support::Lower::store(
            &self.payload,
            cx,
            ptr.wrapping_add(offset2),
        )?;
        ::plugbay::macro_support::Lower::store(
            &self.r#type,
            cx,
            ptr.wrapping_add(offset3),
        )?;
        ::plugbay::macro_support::Result::Ok(())
    }
}
