#[automatically_derived]
impl ::plugbay::macro_support::ComponentType for Edit {
    const LAYOUT: ::plugbay::macro_support::Layout = ::plugbay::macro_support::Layout::variant(
        &[
            <Insertion as ::plugbay::macro_support::ComponentType>::LAYOUT,
            ::plugbay::macro_support::Layout::UNIT,
            <(u32, u32) as ::plugbay::macro_support::ComponentType>::LAYOUT,
        ],
    );
    fn typecheck(
        ty: &::plugbay::macro_support::ValType,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
        ::plugbay::macro_support::check::variant(
            ty,
            &[
                (
                    "insert",
                    <Insertion as ::plugbay::macro_support::ComponentType>::typecheck_optional,
                ),
                (
                    "undo",
                    <() as ::plugbay::macro_support::ComponentType>::typecheck_optional,
                ),
                (
                    "delete-all",
                    <(
                        u32,
                        u32,
                    ) as ::plugbay::macro_support::ComponentType>::typecheck_optional,
                ),
            ],
        )
    }
    fn val_type(
        depth: ::plugbay::macro_support::Depth,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::ValType,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::describe::variant(
            depth,
            &[
                (
                    "insert",
                    <Insertion as ::plugbay::macro_support::ComponentType>::val_type_optional,
                ),
                (
                    "undo",
                    <() as ::plugbay::macro_support::ComponentType>::val_type_optional,
                ),
                (
                    "delete-all",
                    <(
                        u32,
                        u32,
                    ) as ::plugbay::macro_support::ComponentType>::val_type_optional,
                ),
            ],
        )
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lift for Edit {
    fn lift(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let (case, end) = src
            .variant(3u32, &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT)?;
        let value = match case {
            0u32 => Self::Insert(::plugbay::macro_support::Lift::lift(cx, src)?),
            1u32 => Self::Undo,
            _ => Self::DeleteAll(::plugbay::macro_support::Lift::lift(cx, src)?),
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
        let case = cx.load_discriminant(ptr, 3usize)?;
        let payload = const {
            ::plugbay::macro_support::Layout::payload_offset(
                &[
                    <Insertion as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    ::plugbay::macro_support::Layout::UNIT,
                    <(u32, u32) as ::plugbay::macro_support::ComponentType>::LAYOUT,
                ],
            )
        };
        ::plugbay::macro_support::Result::Ok(
            match case {
                0u32 => {
                    Self::Insert(
                        ::plugbay::macro_support::Lift::load(
                            cx,
                            ptr.wrapping_add(payload),
                        )?,
                    )
                }
                1u32 => Self::Undo,
                _ => {
                    Self::DeleteAll(
                        ::plugbay::macro_support::Lift::load(
                            cx,
                            ptr.wrapping_add(payload),
                        )?,
                    )
                }
            },
        )
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lower for Edit {
    fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        match self {
            Self::Insert(value) => {
                let end = dst
                    .variant(
                        0u32,
                        &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    )?;
                ::plugbay::macro_support::Lower::lower(value, cx, dst)?;
                dst.pad(end)
            }
            Self::Undo => {
                let end = dst
                    .variant(
                        1u32,
                        &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    )?;
                dst.pad(end)
            }
            Self::DeleteAll(value) => {
                let end = dst
                    .variant(
                        2u32,
                        &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    )?;
                ::plugbay::macro_support::Lower::lower(value, cx, dst)?;
                dst.pad(end)
            }
        }
    }
    fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let payload = const {
            ::plugbay::macro_support::Layout::payload_offset(
                &[
                    <Insertion as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    ::plugbay::macro_support::Layout::UNIT,
                    <(u32, u32) as ::plugbay::macro_support::ComponentType>::LAYOUT,
                ],
            )
        };
        match self {
            Self::Insert(value) => {
                cx.store_discriminant(ptr, 0u32, 3usize)?;
                ::plugbay::macro_support::Lower::store(
                    value,
                    cx,
                    ptr.wrapping_add(payload),
                )
            }
            Self::Undo => cx.store_discriminant(ptr, 1u32, 3usize),
            Self::DeleteAll(value) => {
                cx.store_discriminant(ptr, 2u32, 3usize)?;
                ::plugbay::macro_support::Lower::store(
                    value,
                    cx,
                    ptr.wrapping_add(payload),
                )
            }
        }
    }
}
