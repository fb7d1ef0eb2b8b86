#[automatically_derived]
impl<'a> ::plugbay::macro_support::ExportItem for Tools<'a> {
    fn find<PlugbayState: 'static>(
        finder: &mut ::plugbay::macro_support::Finder<'_, PlugbayState>,
        path: ::plugbay::macro_support::ExportPath,
    ) -> ::plugbay::macro_support::Option<Self> {
        let field0 = <Func<
            (&'a str,),
            Vec<Token>,
        > as ::plugbay::macro_support::ExportItem>::find(
            finder,
            path
                .part(
                    ::plugbay::macro_support::Option::Some(
                        "demo:editor/text-tools@0.1.0",
                    ),
                    ::plugbay::macro_support::Option::None,
                    "tokenize",
                ),
        );
        let field1 = <Option<
            Func<(BorrowAny, &'a str), String>,
        > as ::plugbay::macro_support::ExportItem>::find(
            finder,
            path
                .part(
                    ::plugbay::macro_support::Option::Some(
                        "demo:editor/text-tools@0.1.0",
                    ),
                    ::plugbay::macro_support::Option::None,
                    "[method]session.eval",
                ),
        );
        let field2 = <Func<
            (),
            (),
        > as ::plugbay::macro_support::ExportItem>::find(
            finder,
            path
                .part(
                    ::plugbay::macro_support::Option::Some(
                        "demo:editor/text-tools@0.1.0",
                    ),
                    ::plugbay::macro_support::Option::Some("demo:editor/other"),
                    "type",
                ),
        );
        let field3 = <Option<
            Sessions,
        > as ::plugbay::macro_support::ExportItem>::find(
            finder,
            path
                .part(
                    ::plugbay::macro_support::Option::Some(
                        "demo:editor/text-tools@0.1.0",
                    ),
                    ::plugbay::macro_support::Option::None,
                    "path",
                ),
        );
        ::plugbay::macro_support::Option::Some(Self {
            tokenize: field0?,
            eval: field1?,
            r#type: field2?,
            path: field3?,
        })
    }
    fn is_there<PlugbayState: 'static>(
        finder: &::plugbay::macro_support::Finder<'_, PlugbayState>,
        path: ::plugbay::macro_support::ExportPath,
    ) -> bool {
        <Func<
            (&'a str,),
            Vec<Token>,
        > as ::plugbay::macro_support::ExportItem>::is_there(
            finder,
            path
                .part(
                    ::plugbay::macro_support::Option::Some(
                        "demo:editor/text-tools@0.1.0",
                    ),
                    ::plugbay::macro_support::Option::None,
                    "tokenize",
                ),
        )
            || <Option<
                Func<(BorrowAny, &'a str), String>,
            > as ::plugbay::macro_support::ExportItem>::is_there(
                finder,
                path
                    .part(
                        ::plugbay::macro_support::Option::Some(
                            "demo:editor/text-tools@0.1.0",
                        ),
                        ::plugbay::macro_support::Option::None,
                        "[method]session.eval",
                    ),
            )
            || <Func<
                (),
                (),
            > as ::plugbay::macro_support::ExportItem>::is_there(
                finder,
                path
                    .part(
                        ::plugbay::macro_support::Option::Some(
                            "demo:editor/text-tools@0.1.0",
                        ),
                        ::plugbay::macro_support::Option::Some("demo:editor/other"),
                        "type",
                    ),
            )
            || <Option<
                Sessions,
            > as ::plugbay::macro_support::ExportItem>::is_there(
                finder,
                path
                    .part(
                        ::plugbay::macro_support::Option::Some(
                            "demo:editor/text-tools@0.1.0",
                        ),
                        ::plugbay::macro_support::Option::None,
                        "path",
                    ),
            )
    }
}
#[automatically_derived]
impl<'a> ::plugbay::macro_support::Exports for Tools<'a> {}
