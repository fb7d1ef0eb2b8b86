//! What a derive input means: a Rust type as a component type. Parsing and checking happen here; emitting does not.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Data, DeriveInput, Fields, Generics, Type, spanned::Spanned as _};

use super::attrs::{self, Kind};
use crate::{diag::Diagnostics, kebab};

/// A type that derives `ComponentType`.
pub(crate) struct Model {
    pub(crate) attributes: Vec<syn::Attribute>,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
}

/// Which component type it is.
pub(crate) enum Shape {
    Record(Vec<Field>),
    Variant(Vec<Case>),
    Enum(Vec<Case>),
    Flags(Vec<Field>),
    /// A struct of one unnamed field, which it stands for.
    Transparent(Box<Type>),
}

impl Shape {
    /// In the words of a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Record(_) => "a record",
            Self::Variant(_) => "a variant",
            Self::Enum(_) => "an enum",
            Self::Flags(_) => "flags",
            Self::Transparent(_) => "a name for another type",
        }
    }
}

/// A field of a record, or one flag.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
}

/// A case of a variant or an enum.
pub(crate) struct Case {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) payload: Option<Type>,
}

/// Reads and checks a derive input. All mistakes come back in one error.
pub(crate) fn parse(input: TokenStream) -> syn::Result<Model> {
    let input: DeriveInput = syn::parse2(input)?;
    let mut diag = Diagnostics::default();
    let kind = attrs::of_type(&input.attrs, &mut diag);
    let shape = match &input.data {
        Data::Struct(data) => of_struct(&input.ident, &data.fields, kind, &mut diag),
        Data::Enum(data) => of_enum(&input.ident, data, kind, &mut diag),
        Data::Union(data) => {
            diag.error(
                data.union_token.span,
                "a union is no component type: use an enum, which becomes a `variant`",
            );
            None
        }
    };
    match diag.finish(shape)? {
        Some(shape) => {
            Ok(Model { attributes: input.attrs, ident: input.ident, generics: input.generics, shape })
        }
        None => Err(syn::Error::new(Span::call_site(), "this type is no component type")),
    }
}

fn of_struct(
    ident: &Ident,
    fields: &Fields,
    kind: Option<(Kind, Span)>,
    diag: &mut Diagnostics,
) -> Option<Shape> {
    if let Some((Kind::Variant | Kind::Enum, span)) = kind {
        diag.error(span, "a struct is a `record` or `flags`; `variant` and `enum` need an enum");
        return None;
    }
    match fields {
        Fields::Named(named) if !named.named.is_empty() => {
            let fields = named_fields(named, diag);
            check_count(fields.len(), "field", ident, diag);
            distinct(fields.iter().map(|f| (&f.name, f.ident.span())), "field", diag);
            if matches!(kind, Some((Kind::Flags, _))) {
                check_flags(&fields, diag);
                return Some(Shape::Flags(fields));
            }
            Some(Shape::Record(fields))
        }
        Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
            if let Some((_, span)) = kind {
                diag.error(span, "a struct of one unnamed field stands for that field: it takes no kind");
            }
            unnamed.unnamed.first().map(|field| {
                if let Some(name) = attrs::name_of(&field.attrs, diag) {
                    diag.error(
                        field.span(),
                        format!("`{name}` names nothing: the struct stands for its field"),
                    );
                }
                Shape::Transparent(Box::new(field.ty.clone()))
            })
        }
        Fields::Unnamed(unnamed) => {
            diag.error(
                unnamed.span(),
                "the fields of a record have names: name them, or use a plain tuple where the WIT has one",
            );
            None
        }
        Fields::Named(_) | Fields::Unit => {
            diag.error(ident.span(), "a record or flags type has one field at least");
            None
        }
    }
}

fn named_fields(named: &syn::FieldsNamed, diag: &mut Diagnostics) -> Vec<Field> {
    let mut out = Vec::new();
    for field in &named.named {
        if let Some(ident) = &field.ident {
            let name = attrs::name_of(&field.attrs, diag).unwrap_or_else(|| derived_name(ident, diag));
            out.push(Field { ident: ident.clone(), name, ty: field.ty.clone() });
        }
    }
    out
}

fn of_enum(
    ident: &Ident,
    data: &syn::DataEnum,
    kind: Option<(Kind, Span)>,
    diag: &mut Diagnostics,
) -> Option<Shape> {
    if let Some((Kind::Record | Kind::Flags, span)) = kind {
        diag.error(span, "an enum is a `variant` or an `enum`; `record` and `flags` need a struct");
        return None;
    }
    if data.variants.is_empty() {
        diag.error(ident.span(), "a variant or enum has one case at least");
        return None;
    }
    let mut cases = Vec::new();
    for variant in &data.variants {
        if let Some((_, number)) = &variant.discriminant {
            diag.error(number.span(), "cases are numbered in their order: leave the number out");
        }
        let name = attrs::name_of(&variant.attrs, diag).unwrap_or_else(|| derived_name(&variant.ident, diag));
        cases.push(Case { ident: variant.ident.clone(), name, payload: payload(variant, diag) });
    }
    check_count(cases.len(), "case", ident, diag);
    distinct(cases.iter().map(|c| (&c.name, c.ident.span())), "case", diag);
    match kind {
        Some((Kind::Variant, _)) => Some(Shape::Variant(cases)),
        Some((Kind::Enum, _)) => {
            for case in cases.iter().filter(|case| case.payload.is_some()) {
                diag.error(
                    case.ident.span(),
                    "a case of an `enum` carries no value; make the type a `variant`",
                );
            }
            Some(Shape::Enum(cases))
        }
        _ if cases.iter().all(|case| case.payload.is_none()) => Some(Shape::Enum(cases)),
        _ => Some(Shape::Variant(cases)),
    }
}

fn payload(variant: &syn::Variant, diag: &mut Diagnostics) -> Option<Type> {
    match &variant.fields {
        Fields::Unit => None,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let field = fields.unnamed.first()?;
            if attrs::name_of(&field.attrs, diag).is_some() {
                diag.error(field.span(), "a payload has no name: put the attribute on the case");
            }
            Some(field.ty.clone())
        }
        other => {
            diag.error(
                other.span(),
                "a case carries one unnamed value or none: make several a tuple, as in `Case((A, B))`, or a record",
            );
            None
        }
    }
}

/// The most labels that the canonical ABI permits.
const MAX_FLAGS: usize = 32;

/// The most fields or cases that a component may have in one type.
const MAX_MEMBERS: usize = 10_000;

fn check_count(count: usize, noun: &str, ident: &Ident, diag: &mut Diagnostics) {
    if count > MAX_MEMBERS {
        diag.error(ident.span(), format!("a type has {MAX_MEMBERS} {noun}s at most, this one has {count}"));
    }
}

fn check_flags(fields: &[Field], diag: &mut Diagnostics) {
    if let Some(field) = fields.get(MAX_FLAGS) {
        let count = fields.len();
        diag.error(field.ident.span(), format!("a flags type has 32 labels at most, this one has {count}"));
    }
    for field in fields {
        let is_bool = matches!(&field.ty, Type::Path(path) if path.path.segments.last()
            .is_some_and(|last| last.ident == "bool" && last.arguments.is_empty()));
        if !is_bool {
            diag.error(field.ty.span(), "every field of a flags type is a `bool`");
        }
    }
}

fn derived_name(ident: &Ident, diag: &mut Diagnostics) -> String {
    let name = kebab::from_rust(&ident.to_string());
    if !kebab::is_label(&name) {
        diag.error(
            ident.span(),
            format!("no WIT name can be made of `{ident}`: give one with `#[component(name = \"…\")]`"),
        );
    }
    name
}

fn distinct<'a>(names: impl Iterator<Item = (&'a String, Span)>, noun: &str, diag: &mut Diagnostics) {
    let mut seen = HashSet::new();
    for (name, span) in names {
        // WIT compares labels without regard to case.
        if !seen.insert(name.to_ascii_lowercase()) {
            diag.error(span, format!("a second {noun} is named `{name}`"));
        }
    }
}
