//! The `#[component(…)]` attributes: what may stand in them, on a type and on a field or case.

use proc_macro2::Span;
use syn::{Attribute, LitStr, spanned::Spanned as _};

use crate::{diag::Diagnostics, kebab};

/// The kind of component type that an attribute asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Record,
    Variant,
    Enum,
    Flags,
}

impl Kind {
    const ALL: [(&'static str, Kind); 4] =
        [("record", Kind::Record), ("variant", Kind::Variant), ("enum", Kind::Enum), ("flags", Kind::Flags)];
}

/// The kind asked for on the type itself, and where.
pub(crate) fn of_type(attributes: &[Attribute], diag: &mut Diagnostics) -> Option<(Kind, Span)> {
    let mut found: Option<(Kind, Span)> = None;
    each_meta(attributes, diag, |meta, diag| {
        if let Some((_, kind)) = Kind::ALL.iter().find(|(word, _)| meta.path.is_ident(word)) {
            if found.is_some_and(|(before, _)| before != *kind) {
                diag.error(meta.path.span(), "one kind only: `record`, `variant`, `enum` or `flags`");
            }
            found = Some((*kind, meta.path.span()));
            return Ok(());
        }
        if meta.path.is_ident("name") {
            let _: LitStr = meta.value()?.parse()?;
            return Err(meta.error(
                "component types are compared by structure, so a type has no name of its own; fields and cases have",
            ));
        }
        Err(meta.error("expected `record`, `variant`, `enum` or `flags`"))
    });
    found
}

/// The kebab name given to a field or case, already checked.
pub(crate) fn name_of(attributes: &[Attribute], diag: &mut Diagnostics) -> Option<String> {
    let mut found: Option<String> = None;
    each_meta(attributes, diag, |meta, diag| {
        if !meta.path.is_ident("name") {
            return Err(meta.error("expected `name = \"kebab-name\"`"));
        }
        let name: LitStr = meta.value()?.parse()?;
        if !kebab::is_label(&name.value()) {
            diag.error(
                name.span(),
                format!(
                    "`{}` is not a WIT name: write words of letters and digits joined by single hyphens, such as \
                     `word-count`",
                    name.value()
                ),
            );
        }
        if found.is_some() {
            diag.error(name.span(), "the name is given twice");
        }
        found = Some(name.value());
        Ok(())
    });
    found
}

fn each_meta(
    attributes: &[Attribute],
    diag: &mut Diagnostics,
    mut take: impl FnMut(&syn::meta::ParseNestedMeta<'_>, &mut Diagnostics) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident("component")) {
        let parsed = attribute.parse_nested_meta(|meta| take(&meta, diag));
        if let Err(error) = parsed {
            diag.push(error);
        }
    }
}
