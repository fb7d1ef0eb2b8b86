//! Rust types as they are written, beside WIT types: whether one can stand for the other, and what to write for a WIT
//! type. Of the application's own types only the name is seen here; their layout is compared by the compiler.

use plugbay_bindgen::kebab;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, PathArguments, Type as RustType};
use wit_parser::{Handle, Resolve, Type, TypeDefKind, TypeId};

/// What is known when two types were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Same,
    Differ,
    /// The Rust type is the application's own, or an alias: the names do not say.
    Unknown,
}

impl Verdict {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Differ, _) | (_, Self::Differ) => Self::Differ,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Same,
        }
    }
}

/// Compares a Rust type, as written, with a WIT type.
pub(super) fn compare(resolve: &Resolve, rust: &RustType, wit: &Type) -> Verdict {
    match rust {
        RustType::Reference(reference) => compare(resolve, &reference.elem, wit),
        RustType::Paren(inner) => compare(resolve, &inner.elem, wit),
        RustType::Group(inner) => compare(resolve, &inner.elem, wit),
        RustType::Slice(slice) => compare_list(resolve, &slice.elem, wit),
        RustType::Tuple(tuple) => match behind_names(resolve, wit) {
            Ok(TypeDefKind::Tuple(types)) if types.types.len() == tuple.elems.len() => tuple
                .elems
                .iter()
                .zip(&types.types)
                .fold(Verdict::Same, |all, (rust, wit)| all.and(compare(resolve, rust, wit))),
            _ => Verdict::Differ,
        },
        RustType::Path(path) => match path.path.segments.last() {
            Some(last) => compare_named(resolve, last, wit),
            None => Verdict::Unknown,
        },
        _ => Verdict::Unknown,
    }
}

fn compare_named(resolve: &Resolve, rust: &syn::PathSegment, wit: &Type) -> Verdict {
    let name = rust.ident.to_string();
    let arguments = type_arguments(rust);
    let wit_kind = behind_names(resolve, wit);
    if arguments.is_empty()
        && let Some(primitive) = primitive(&name)
    {
        return same(matches!(wit_kind, Err(wit) if wit == primitive));
    }
    match (name.as_str(), arguments.as_slice()) {
        ("Box" | "Arc" | "Cow", [inner]) => compare(resolve, inner, wit),
        ("Vec", [element]) => compare_list(resolve, element, wit),
        ("Option", [some]) => match wit_kind {
            Ok(TypeDefKind::Option(wit)) => compare(resolve, some, wit),
            _ => Verdict::Differ,
        },
        ("Result", [ok, err]) => match wit_kind {
            Ok(TypeDefKind::Result(wit)) => {
                let part = |rust, wit: Option<&Type>| compare_optional(resolve, rust, wit);
                part(ok, wit.ok.as_ref()).and(part(err, wit.err.as_ref()))
            }
            _ => Verdict::Differ,
        },
        ("Resource", [_]) | ("ResourceAny", []) => {
            same(matches!(wit_kind, Ok(TypeDefKind::Handle(Handle::Own(_)) | TypeDefKind::Resource)))
        }
        ("Borrow", [_]) | ("BorrowAny", []) => {
            same(matches!(wit_kind, Ok(TypeDefKind::Handle(Handle::Borrow(_)))))
        }
        _ => Verdict::Unknown,
    }
}

/// As [`compare`], where `()` stands for nothing.
pub(super) fn compare_optional(resolve: &Resolve, rust: &RustType, wit: Option<&Type>) -> Verdict {
    let nothing = matches!(rust, RustType::Tuple(tuple) if tuple.elems.is_empty());
    match wit {
        None => same(nothing),
        Some(_) if nothing => Verdict::Differ,
        Some(wit) => compare(resolve, rust, wit),
    }
}

fn compare_list(resolve: &Resolve, element: &RustType, wit: &Type) -> Verdict {
    match behind_names(resolve, wit) {
        Ok(TypeDefKind::List(wit)) => compare(resolve, element, wit),
        _ => Verdict::Differ,
    }
}

fn same(same: bool) -> Verdict {
    if same { Verdict::Same } else { Verdict::Differ }
}

/// The types in the angle brackets; lifetimes are not among them.
fn type_arguments(segment: &syn::PathSegment) -> Vec<&RustType> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The definition that a chain of names stands for, or the primitive type.
pub(super) fn behind_names<'a>(resolve: &'a Resolve, ty: &Type) -> Result<&'a TypeDefKind, Type> {
    let mut ty = *ty;
    loop {
        let Type::Id(id) = ty else { return Err(ty) };
        match &resolve.types[id].kind {
            TypeDefKind::Type(next) => ty = *next,
            kind => return Ok(kind),
        }
    }
}

fn primitive(rust: &str) -> Option<Type> {
    Some(match rust {
        "bool" => Type::Bool,
        "u8" => Type::U8,
        "u16" => Type::U16,
        "u32" => Type::U32,
        "u64" => Type::U64,
        "i8" => Type::S8,
        "i16" => Type::S16,
        "i32" => Type::S32,
        "i64" => Type::S64,
        "f32" => Type::F32,
        "f64" => Type::F64,
        "char" => Type::Char,
        "String" | "str" => Type::String,
        _ => return None,
    })
}

/// The Rust to write for a WIT type.
pub(super) fn rust_text(resolve: &Resolve, ty: &Type) -> String {
    let id = match ty {
        Type::Bool => return "bool".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::S8 => return "i8".to_owned(),
        Type::S16 => return "i16".to_owned(),
        Type::S32 => return "i32".to_owned(),
        Type::S64 => return "i64".to_owned(),
        Type::F32 => return "f32".to_owned(),
        Type::F64 => return "f64".to_owned(),
        Type::Char => return "char".to_owned(),
        Type::String | Type::ErrorContext => return "String".to_owned(),
        Type::Id(id) => *id,
    };
    let part = |ty: &Type| rust_text(resolve, ty);
    let optional = |ty: Option<&Type>| ty.map_or_else(|| "()".to_owned(), part);
    match &resolve.types[id].kind {
        TypeDefKind::Type(aliased) => part(aliased),
        TypeDefKind::List(element) => format!("Vec<{}>", part(element)),
        TypeDefKind::Option(some) => format!("Option<{}>", part(some)),
        TypeDefKind::Result(result) => {
            format!("Result<{}, {}>", optional(result.ok.as_ref()), optional(result.err.as_ref()))
        }
        TypeDefKind::Tuple(tuple) => match tuple.types.as_slice() {
            [one] => format!("({},)", part(one)),
            types => format!("({})", types.iter().map(part).collect::<Vec<_>>().join(", ")),
        },
        TypeDefKind::Handle(Handle::Own(resource)) => format!("Resource<{}>", named(resolve, *resource)),
        TypeDefKind::Handle(Handle::Borrow(resource)) => format!("Borrow<{}>", named(resolve, *resource)),
        _ => named(resolve, id),
    }
}

fn named(resolve: &Resolve, id: TypeId) -> String {
    resolve.types[id].name.as_deref().map_or_else(|| "…".to_owned(), kebab::upper_camel)
}

/// A WIT type in WIT's words: `option<u32>`, `token`.
pub(super) fn wit_text(resolve: &Resolve, ty: &Type) -> String {
    let id = match ty {
        Type::S8 => return "s8".to_owned(),
        Type::S16 => return "s16".to_owned(),
        Type::S32 => return "s32".to_owned(),
        Type::S64 => return "s64".to_owned(),
        Type::String => return "string".to_owned(),
        Type::ErrorContext => return "error-context".to_owned(),
        Type::Id(id) => *id,
        same_in_rust => return rust_text(resolve, same_in_rust),
    };
    match &resolve.types[id].name {
        Some(name) => name.clone(),
        None => structure_text(resolve, id),
    }
}

fn structure_text(resolve: &Resolve, id: TypeId) -> String {
    let part = |ty: &Type| wit_text(resolve, ty);
    let optional = |ty: Option<&Type>| ty.map_or_else(|| "_".to_owned(), part);
    match &resolve.types[id].kind {
        TypeDefKind::Type(aliased) => part(aliased),
        TypeDefKind::List(element) => format!("list<{}>", part(element)),
        TypeDefKind::Option(some) => format!("option<{}>", part(some)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".to_owned(),
            (ok, None) => format!("result<{}>", optional(ok.as_ref())),
            (ok, err) => format!("result<{}, {}>", optional(ok.as_ref()), optional(err.as_ref())),
        },
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(part).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Handle(Handle::Own(resource)) => part(&Type::Id(*resource)),
        TypeDefKind::Handle(Handle::Borrow(resource)) => format!("borrow<{}>", part(&Type::Id(*resource))),
        kind => kind.as_str().to_owned(),
    }
}

/// [`wit_text`] of what a name stands for.
pub(super) fn wit_text_behind(resolve: &Resolve, ty: &Type) -> String {
    let mut ty = *ty;
    while let Type::Id(id) = ty {
        match &resolve.types[id].kind {
            TypeDefKind::Type(next) => ty = *next,
            _ => break,
        }
    }
    match ty {
        Type::Id(id) => structure_text(resolve, id),
        primitive => wit_text(resolve, &primitive),
    }
}

/// The most parts that a layout is written out for: a few types that contain each other twice make very many.
const MAX_PARTS: u32 = 1000;

/// The layout of a WIT type as an expression, for the compiler to compare; `None` for what has none yet, or too many parts.
pub(super) fn layout(resolve: &Resolve, ty: &Type) -> Option<TokenStream> {
    layout_within(resolve, ty, &std::cell::Cell::new(MAX_PARTS))
}

fn layout_within(resolve: &Resolve, ty: &Type, parts_left: &std::cell::Cell<u32>) -> Option<TokenStream> {
    parts_left.set(parts_left.get().checked_sub(1)?);
    let kind = match behind_names(resolve, ty) {
        Ok(kind) => kind,
        Err(Type::ErrorContext) => return None,
        Err(Type::String) => return Some(quote!(::plugbay::macro_support::Layout::POINTER_LENGTH)),
        Err(primitive) => {
            let rust: RustType = syn::parse_str(&rust_text(resolve, &primitive)).ok()?;
            return Some(quote!(<#rust as ::plugbay::macro_support::ComponentType>::LAYOUT));
        }
    };
    let part = |ty: &Type| layout_within(resolve, ty, parts_left);
    let optional = |ty: Option<&Type>| match ty {
        Some(ty) => part(ty),
        None => Some(quote!(::plugbay::macro_support::Layout::UNIT)),
    };
    let all = |parts: Vec<Option<TokenStream>>| parts.into_iter().collect::<Option<Vec<_>>>();
    Some(match kind {
        TypeDefKind::List(_) => quote!(::plugbay::macro_support::Layout::POINTER_LENGTH),
        TypeDefKind::Handle(_) => quote!(::plugbay::macro_support::Layout::HANDLE),
        TypeDefKind::Record(record) => {
            let fields = all(record.fields.iter().map(|field| part(&field.ty)).collect())?;
            quote!(::plugbay::macro_support::Layout::record(&[#(#fields),*]))
        }
        TypeDefKind::Tuple(tuple) => {
            let fields = all(tuple.types.iter().map(part).collect())?;
            quote!(::plugbay::macro_support::Layout::record(&[#(#fields),*]))
        }
        TypeDefKind::Variant(variant) => {
            let cases = all(variant.cases.iter().map(|case| optional(case.ty.as_ref())).collect())?;
            quote!(::plugbay::macro_support::Layout::variant(&[#(#cases),*]))
        }
        TypeDefKind::Option(some) => {
            let some = part(some)?;
            quote!(::plugbay::macro_support::Layout::variant(&[::plugbay::macro_support::Layout::UNIT, #some]))
        }
        TypeDefKind::Result(result) => {
            let (ok, err) = (optional(result.ok.as_ref())?, optional(result.err.as_ref())?);
            quote!(::plugbay::macro_support::Layout::variant(&[#ok, #err]))
        }
        TypeDefKind::Enum(cases) => {
            let count = cases.cases.len();
            quote!(::plugbay::macro_support::Layout::enumeration(#count))
        }
        TypeDefKind::Flags(flags) => {
            let count = flags.flags.len();
            quote!(::plugbay::macro_support::Layout::flags(#count))
        }
        _ => return None,
    })
}
