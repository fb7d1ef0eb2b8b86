#[automatically_derived]
impl<'a, T: ::plugbay::macro_support::Lift + 'static> ::plugbay::macro_support::View
for Line<'a, T> {
    type Of<'plugbay> = Line<'plugbay, T>;
    fn lift_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(Line {
            text: <&'a str as ::plugbay::macro_support::View>::lift_view(cx, src)?,
            number: ::plugbay::macro_support::Lift::lift(cx.owned(), src)?,
            rest: <Option<
                ListView<'a, str>,
            > as ::plugbay::macro_support::View>::lift_view(cx, src)?,
            more: ::plugbay::macro_support::Lift::lift(cx.owned(), src)?,
        })
    }
    fn load_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        let [offset0, offset1, offset2, offset3] = const {
            ::plugbay::macro_support::field_offsets(
                &[
                    <&'a str as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <u32 as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <Option<
                        ListView<'a, str>,
                    > as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <T as ::plugbay::macro_support::ComponentType>::LAYOUT,
                ],
            )
        };
        ::plugbay::macro_support::Result::Ok(Line {
            text: <&'a str as ::plugbay::macro_support::View>::load_view(
                cx,
                ptr.wrapping_add(offset0),
            )?,
            number: ::plugbay::macro_support::Lift::load(
                cx.owned(),
                ptr.wrapping_add(offset1),
            )?,
            rest: <Option<
                ListView<'a, str>,
            > as ::plugbay::macro_support::View>::load_view(
                cx,
                ptr.wrapping_add(offset2),
            )?,
            more: ::plugbay::macro_support::Lift::load(
                cx.owned(),
                ptr.wrapping_add(offset3),
            )?,
        })
    }
}
#[automatically_derived]
impl<'a> ::plugbay::macro_support::View for Change<'a> {
    type Of<'plugbay> = Change<'plugbay>;
    fn lift_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        let (case, end) = src
            .variant(3u32, &<Self as ::plugbay::macro_support::ComponentType>::LAYOUT)?;
        let value = match case {
            0u32 => {
                Change::Insert(
                    <(
                        u32,
                        &'a [u8],
                    ) as ::plugbay::macro_support::View>::lift_view(cx, src)?,
                )
            }
            1u32 => {
                Change::Delete(::plugbay::macro_support::Lift::lift(cx.owned(), src)?)
            }
            _ => Change::Undo,
        };
        src.skip_to(end);
        ::plugbay::macro_support::Result::Ok(value)
    }
    fn load_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        let case = cx.owned().load_discriminant(ptr, 3usize)?;
        let payload = const {
            ::plugbay::macro_support::Layout::payload_offset(
                &[
                    <(u32, &'a [u8]) as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    <Span as ::plugbay::macro_support::ComponentType>::LAYOUT,
                    ::plugbay::macro_support::Layout::UNIT,
                ],
            )
        };
        ::plugbay::macro_support::Result::Ok(
            match case {
                0u32 => {
                    Change::Insert(
                        <(
                            u32,
                            &'a [u8],
                        ) as ::plugbay::macro_support::View>::load_view(
                            cx,
                            ptr.wrapping_add(payload),
                        )?,
                    )
                }
                1u32 => {
                    Change::Delete(
                        ::plugbay::macro_support::Lift::load(
                            cx.owned(),
                            ptr.wrapping_add(payload),
                        )?,
                    )
                }
                _ => Change::Undo,
            },
        )
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::View for Style {
    type Of<'plugbay> = Style;
    fn lift_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        let bits = ::plugbay::macro_support::flags::lift(src)?;
        let [bold] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(Style { bold })
    }
    fn load_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        let bits = ::plugbay::macro_support::flags::load(1usize, cx.owned(), ptr)?;
        let [bold] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(Style { bold })
    }
}
#[automatically_derived]
impl<'a> ::plugbay::macro_support::View for Text<'a> {
    type Of<'plugbay> = Text<'plugbay>;
    fn lift_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(
            Text(<&'a str as ::plugbay::macro_support::View>::lift_view(cx, src)?),
        )
    }
    fn load_view<'plugbay>(
        cx: &mut ::plugbay::macro_support::ViewContext<'_, 'plugbay>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self::Of<'plugbay>,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::Result::Ok(
            Text(<&'a str as ::plugbay::macro_support::View>::load_view(cx, ptr)?),
        )
    }
}
