//! The module under construction: types, imports, functions. Imports come first, as functions are numbered after them.

use wasm_encoder::{
    CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, ImportSection, MemoryType, NameSection, TypeSection, ValType,
};

use super::super::import::{Common, Import};
use super::Features;

/// Parameters and results of a function.
type Signature = (Vec<ValType>, Vec<ValType>);

/// An adapter module, so far.
pub(super) struct Module {
    pub(super) features: Features,
    types: Vec<Signature>,
    imports: Vec<(Import, EntityType)>,
    /// The module's own functions: type and, once it is made, code.
    functions: Vec<(u32, Option<Function>)>,
    exports: Vec<(u32, u32)>,
    budgeted: bool,
}

impl Module {
    pub(super) fn new(features: Features) -> Self {
        let (types, imports, functions, exports) = Default::default();
        Self { features, types, imports, functions, exports, budgeted: false }
    }

    fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let found = self.types.iter().position(|ty| ty.0 == params && ty.1 == results);
        let index = found.unwrap_or_else(|| {
            self.types.push((params.to_vec(), results.to_vec()));
            self.types.len() - 1
        });
        count(index)
    }

    fn import(&mut self, import: Import, ty: EntityType) {
        if !self.imports.iter().any(|(known, _)| *known == import) {
            self.imports.push((import, ty));
        }
    }

    pub(super) fn import_func(&mut self, import: Import, params: &[ValType], results: &[ValType]) {
        let ty = self.ty(params, results);
        self.import(import, EntityType::Function(ty));
    }

    pub(super) fn import_memory(&mut self, import: Import) {
        let any =
            MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        self.import(import, EntityType::Memory(any));
    }

    pub(super) fn import_flags(&mut self, instance: u32) {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        self.import(Import::Flags(instance), EntityType::Global(ty));
    }

    /// The budget of a direction, and a global for what is left of it.
    pub(super) fn import_budget(&mut self) {
        let ty = GlobalType { val_type: ValType::I64, mutable: false, shared: false };
        self.import(Import::Common(Common::Budget), EntityType::Global(ty));
        self.import_func(Import::Common(Common::Exhausted), &[ValType::I64, ValType::I64], &[]);
        self.budgeted = true;
    }

    /// The number of an import among those of its kind.
    pub(super) fn imported(&self, import: Import) -> Option<u32> {
        let (_, wanted) = self.imports.iter().find(|(known, _)| *known == import)?;
        let same = |ty: &EntityType| std::mem::discriminant(ty) == std::mem::discriminant(wanted);
        let place = self.imports.iter().filter(|(_, ty)| same(ty)).position(|(known, _)| *known == import);
        place.map(count)
    }

    fn imported_count(&self, kind: fn(&EntityType) -> bool) -> u32 {
        count(self.imports.iter().filter(|(_, ty)| kind(ty)).count())
    }

    /// The global that says what is left of the budget.
    pub(super) fn left(&self) -> u32 {
        self.imported_count(|ty| matches!(ty, EntityType::Global(_)))
    }

    /// A function whose code comes later: its number, and its place for [`Module::fill`].
    pub(super) fn declare(&mut self, params: &[ValType], results: &[ValType]) -> (u32, usize) {
        let ty = self.ty(params, results);
        let place = self.functions.len();
        self.functions.push((ty, None));
        let imported = self.imported_count(|ty| matches!(ty, EntityType::Function(_)));
        (imported.saturating_add(count(place)), place)
    }

    pub(super) fn fill(&mut self, place: usize, code: Function) {
        if let Some(function) = self.functions.get_mut(place) {
            function.1 = Some(code);
        }
    }

    /// Exports a function as the adapter of an edge.
    pub(super) fn export(&mut self, edge: u32, function: u32) {
        self.exports.push((edge, function));
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let mut types = TypeSection::new();
        for (params, results) in self.types {
            types.ty().function(params, results);
        }
        let mut imports = ImportSection::new();
        for (import, ty) in &self.imports {
            let (module, name) = import.names();
            imports.import(&module, &name, *ty);
        }
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for (ty, body) in &self.functions {
            functions.function(*ty);
            // One that was never filled in would make the module invalid, and then there are no adapters.
            body.iter().for_each(|body| {
                code.function(body);
            });
        }
        let mut globals = GlobalSection::new();
        if self.budgeted {
            let left = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
            globals.global(left, &ConstExpr::i64_const(0));
        }
        let mut exports = ExportSection::new();
        for (edge, function) in &self.exports {
            exports.export(&edge.to_string(), ExportKind::Func, *function);
        }
        let mut names = NameSection::new();
        names.module("adapter");
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports).section(&functions).section(&globals);
        module.section(&exports).section(&code).section(&names);
        module.finish()
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
