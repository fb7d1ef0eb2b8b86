//! What stands between the braces of an interface: `use`s, types, resources with their methods, functions.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::scope::{Result, Scope};
use super::text::{id, is_label};
use crate::reflect::names::needs_name;
use crate::types::display::Name as Shown;
use crate::types::{ComponentItem, FuncType, ValType};

type Items = [(Arc<str>, ComponentItem)];

/// The lines for these items; what WIT has no words for becomes a comment.
pub(super) fn items_of(scope: &mut Scope<'_>, items: &Items) -> String {
    for (name, _) in items {
        scope.take(name);
    }
    let mut types = String::new();
    for (name, item) in items {
        match item {
            ComponentItem::Resource(ty) => {
                if let Some(known) = scope.resource_name(ty).map(str::to_owned) {
                    // Writing to a string does not fail.
                    let _ = writeln!(types, "type {} = {};", id(name), id(&known));
                } else if !scope.use_resource(ty, name) {
                    scope.name_resource(ty, name);
                }
            }
            ComponentItem::Type(ty) => {
                let text = named_type(scope, name, ty)
                    .unwrap_or_else(|_| format!("// type {}: {ty}\n", Shown(name)));
                types.push_str(&text);
            }
            _ => {}
        }
    }
    let members = members(items);
    let mut rest = String::new();
    for (name, item) in items {
        match item {
            ComponentItem::Resource(ty) if scope.resource_name(ty) == Some(&**name) && !scope.is_used(ty) => {
                let members = members.get(&**name).map_or(&[][..], Vec::as_slice);
                resource(scope, name, members, &mut rest);
            }
            ComponentItem::Func(ty) if is_label(name) => match scope.func(ty) {
                Ok(text) => {
                    let _ = writeln!(rest, "{}: {text};", id(name));
                }
                Err(_) => {
                    let _ = writeln!(rest, "// {}: {ty}", Shown(name));
                }
            },
            ComponentItem::Instance(_) | ComponentItem::Component | ComponentItem::Module => {
                let _ = writeln!(rest, "// a {}: {}", item.kind(), Shown(name));
            }
            _ => {}
        }
    }
    let (uses, definitions) = (scope.take_uses(), scope.take_definitions());
    format!("{uses}{definitions}{types}{rest}")
}

/// A type that has a name in the component.
fn named_type(scope: &mut Scope<'_>, name: &str, ty: &ValType) -> Result<String> {
    if let ValType::Own(resource) = ty
        && let Some(known) = scope.resource_name(resource)
    {
        return Ok(format!("type {} = {};\n", id(name), id(known)));
    }
    let text = if needs_name(ty) {
        if scope.use_type(ty, name) {
            return Ok(String::new());
        }
        match scope.equal(ty).map(str::to_owned) {
            Some(known) => format!("type {} = {};\n", id(name), id(&known)),
            None => definition(scope, name, ty)?,
        }
    } else {
        let mut text = format!("type {} = ", id(name));
        scope.anonymous(ty, &mut text)?;
        text.push_str(";\n");
        text
    };
    scope.name(ty, name);
    Ok(text)
}

/// The definition of a type that only a name can stand for.
pub(super) fn definition(scope: &mut Scope<'_>, name: &str, ty: &ValType) -> Result<String> {
    let mut lines = String::new();
    let keyword = match ty {
        ValType::Record(ty) => {
            for (name, ty) in ty.fields() {
                let _ = write!(lines, "  {}: ", id(name));
                scope.ty(ty, &mut lines)?;
                lines.push_str(",\n");
            }
            "record"
        }
        ValType::Variant(ty) => {
            for (name, payload) in ty.cases() {
                let _ = write!(lines, "  {}", id(name));
                if let Some(ty) = payload {
                    lines.push('(');
                    scope.ty(ty, &mut lines)?;
                    lines.push(')');
                }
                lines.push_str(",\n");
            }
            "variant"
        }
        ValType::Enum(ty) => {
            labels(ty.names(), &mut lines);
            "enum"
        }
        ValType::Flags(ty) => {
            labels(ty.names(), &mut lines);
            "flags"
        }
        _ => return Err(super::scope::Inexpressible),
    };
    Ok(format!("{keyword} {} {{\n{lines}}}\n", id(name)))
}

fn labels(names: &[Arc<str>], lines: &mut String) {
    for name in names {
        let _ = writeln!(lines, "  {},", id(name));
    }
}

/// A function of a resource: what kind, its name, the whole name, its type.
type Method<'a> = (&'a str, &'a str, &'a str, &'a FuncType);

/// The functions that belong to resources, by the resources' names: those with names such as `[method]r.f`.
fn members(items: &Items) -> HashMap<&str, Vec<Method<'_>>> {
    let mut members: HashMap<_, Vec<_>> = HashMap::new();
    for (key, item) in items {
        let ComponentItem::Func(ty) = item else { continue };
        let Some((kind, rest)) = key.strip_prefix('[').and_then(|key| key.split_once(']')) else { continue };
        let (of, member) = rest.split_once('.').unwrap_or((rest, ""));
        members.entry(of).or_default().push((kind, member, &**key, ty));
    }
    members
}

/// A resource with its constructor, methods and static functions.
fn resource(scope: &mut Scope<'_>, name: &str, members: &[Method<'_>], out: &mut String) {
    let mut lines = String::new();
    for (kind, member, key, ty) in members.iter().copied() {
        let text = match kind {
            "constructor" => constructor(scope, ty),
            "static" => scope.func(ty).map(|text| format!("{}: static {text}", id(member))),
            "method" => {
                let params = ty.params().get(1..).unwrap_or_default();
                let text = scope.signature(params, ty.result());
                text.map(|text| format!("{}: func{text}", id(member)))
            }
            _ => Err(super::scope::Inexpressible),
        };
        match text {
            Ok(text) => {
                let _ = writeln!(lines, "  {text};");
            }
            Err(_) => {
                let _ = writeln!(lines, "  // {}: {ty}", Shown(key));
            }
        }
    }
    if lines.is_empty() {
        let _ = writeln!(out, "resource {};", id(name));
    } else {
        let _ = write!(out, "resource {} {{\n{lines}}}\n", id(name));
    }
}

/// A constructor's result is the resource itself, which is not written, or a `result` of it, which is.
fn constructor(scope: &mut Scope<'_>, ty: &FuncType) -> Result<String> {
    let result = ty.result().filter(|ty| !matches!(ty, ValType::Own(_)));
    Ok(format!("constructor{}", scope.signature(ty.params(), result)?))
}

/// Every line two spaces further in.
pub(super) fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
