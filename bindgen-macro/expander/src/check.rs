//! Walks a world for what bindings cannot be made of yet, before anything is emitted. Every finding names its place in
//! the `.wit`.

use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem};

use crate::diag::Diagnostics;
use crate::options::Options;

/// Notes every part of the world that is not supported.
pub(crate) fn world(resolve: &Resolve, world: WorldId, options: &Options, diag: &mut Diagnostics) {
    let mut check = Check { resolve, options, diag };
    let world = &resolve.worlds[world];
    for item in world.imports.values().chain(world.exports.values()) {
        match item {
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                interface.types.values().for_each(|ty| check.definition(*ty));
                interface.functions.values().for_each(|function| check.function(function));
            }
            WorldItem::Function(function) => check.function(function),
            WorldItem::Type { id, .. } => check.definition(*id),
        }
    }
}

struct Check<'a> {
    resolve: &'a Resolve,
    options: &'a Options,
    diag: &'a mut Diagnostics,
}

/// Where a type stands, for a message.
#[derive(Clone, Copy)]
struct Place<'a> {
    span: wit_parser::Span,
    name: &'a str,
}

/// The gate behind which the Component Model keeps what is asynchronous.
const ASYNC: &str = "async";

impl<'a> Check<'a> {
    fn refuse(&mut self, place: Place<'_>, why: &str) {
        let at = self.resolve.render_location(place.span);
        self.diag.error(self.options.wit_span(), format!("{at}: `{}` {why}", place.name));
    }

    fn gated(&mut self, place: Place<'_>, what: &str, gate: &str) {
        self.refuse(place, &format!("uses {what}, which bindgen! does not support (gate `{gate}`)"));
    }

    fn function(&mut self, function: &'a Function) {
        let place = Place { span: function.span, name: &function.name };
        if function.kind.is_async() {
            self.gated(place, "`async`", ASYNC);
        }
        if function.kind.accessor().is_some() {
            self.gated(place, "a getter or setter", "accessors");
        }
        if function.params.len() > MAX_TUPLE {
            self.refuse(
                place,
                "has more than 16 parameters, which bindgen! does not support: put some into a record",
            );
        }
        for param in &function.params {
            self.ty(place, &param.ty);
        }
        if let Some(result) = &function.result {
            self.ty(place, result);
        }
    }

    fn definition(&mut self, id: TypeId) {
        let def = &self.resolve.types[id];
        let place = Place { span: def.span, name: def.name.as_deref().unwrap_or("type") };
        match &def.kind {
            TypeDefKind::Record(record) => {
                record
                    .fields
                    .iter()
                    .for_each(|field| self.ty(Place { span: field.span, ..place }, &field.ty));
            }
            TypeDefKind::Variant(variant) => {
                for case in &variant.cases {
                    self.optional(Place { span: case.span, ..place }, case.ty.as_ref());
                }
            }
            TypeDefKind::Flags(flags) if flags.flags.len() > MAX_FLAGS => {
                self.refuse(place, "has more than 32 flags, which is all that the Component Model allows");
            }
            _ => self.structure(place, &def.kind),
        }
    }

    fn optional(&mut self, place: Place<'_>, ty: Option<&Type>) {
        if let Some(ty) = ty {
            self.ty(place, ty);
        }
    }

    fn ty(&mut self, place: Place<'_>, ty: &Type) {
        match ty {
            Type::ErrorContext => self.gated(place, "`error-context`", "error-context"),
            // Named types are checked where they are defined.
            Type::Id(id) if self.resolve.types[*id].name.is_none() => {
                self.structure(place, &self.resolve.types[*id].kind);
            }
            _ => {}
        }
    }

    fn structure(&mut self, place: Place<'_>, kind: &TypeDefKind) {
        match kind {
            TypeDefKind::Option(ty) | TypeDefKind::List(ty) | TypeDefKind::Type(ty) => self.ty(place, ty),
            TypeDefKind::Map(key, value) => {
                self.ty(place, key);
                self.ty(place, value);
            }
            TypeDefKind::Tuple(tuple) => {
                if tuple.types.len() > MAX_TUPLE {
                    self.refuse(
                        place,
                        "uses a tuple of more than 16 types, which bindgen! does not support: use a record",
                    );
                }
                tuple.types.iter().for_each(|ty| self.ty(place, ty));
            }
            TypeDefKind::Result(result) => {
                self.optional(place, result.ok.as_ref());
                self.optional(place, result.err.as_ref());
            }
            TypeDefKind::Stream(_) => self.gated(place, "`stream`", ASYNC),
            TypeDefKind::Future(_) => self.gated(place, "`future`", ASYNC),
            TypeDefKind::FixedLengthList(..) => {
                self.gated(place, "a list of fixed length", "fixed-length-lists");
            }
            _ => {}
        }
    }
}

/// The longest tuple that has implementations of the component traits.
const MAX_TUPLE: usize = 16;
/// The most labels that flags have.
const MAX_FLAGS: usize = 32;
