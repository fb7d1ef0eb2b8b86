#[automatically_derived]
impl ::plugbay::macro_support::ComponentType for Perms {
    const LAYOUT: ::plugbay::macro_support::Layout = ::plugbay::macro_support::Layout::flags(
        2usize,
    );
    fn typecheck(
        ty: &::plugbay::macro_support::ValType,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::TypeMismatch> {
        ::plugbay::macro_support::check::flags(ty, &["read", "write"])
    }
    fn val_type(
        depth: ::plugbay::macro_support::Depth,
    ) -> ::plugbay::macro_support::Result<
        ::plugbay::macro_support::ValType,
        ::plugbay::macro_support::ComponentError,
    > {
        ::plugbay::macro_support::describe::flags(depth, &["read", "write"])
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lift for Perms {
    fn lift(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        src: &mut ::plugbay::macro_support::FlatReader<'_>,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let bits = ::plugbay::macro_support::flags::lift(src)?;
        let [read, write] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(Self { read, write })
    }
    fn load(
        cx: &mut ::plugbay::macro_support::LiftContext<'_>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<
        Self,
        ::plugbay::macro_support::ComponentError,
    > {
        let bits = ::plugbay::macro_support::flags::load(2usize, cx, ptr)?;
        let [read, write] = ::plugbay::macro_support::flags::from_bits(bits);
        ::plugbay::macro_support::Result::Ok(Self { read, write })
    }
}
#[automatically_derived]
impl ::plugbay::macro_support::Lower for Perms {
    fn lower<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        dst: &mut ::plugbay::macro_support::FlatWriter<'_>,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let bits = ::plugbay::macro_support::flags::to_bits(&[self.read, self.write]);
        ::plugbay::macro_support::flags::lower(bits, dst)
    }
    fn store<PlugbayGuest: ::plugbay::macro_support::LowerGuest>(
        &self,
        cx: &mut ::plugbay::macro_support::LowerContext<'_, PlugbayGuest>,
        ptr: u32,
    ) -> ::plugbay::macro_support::Result<(), ::plugbay::macro_support::ComponentError> {
        let bits = ::plugbay::macro_support::flags::to_bits(&[self.read, self.write]);
        ::plugbay::macro_support::flags::store(bits, 2usize, cx, ptr)
    }
}
