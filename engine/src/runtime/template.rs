//! What all instances of a module start from, worked out once, when the first one is made: images of its memories, the
//! contents of its tables, the references to its functions.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::instance::{Dropped, gone};
use crate::error::Result;
use crate::module::Module;
use crate::module::consts::ConstExpr;
use crate::module::image::Images;
use crate::module::info::{ElementItems, ElementSegment, ModuleInfo, SegmentMode};
use crate::vm::block::FuncRefs;
use crate::vm::offsets::FUNC_REF_SIZE;

/// What a prepared table may hold beyond four times the items of the module's segments.
const SLACK: usize = 1 << 16;

/// What all instances of a module start from.
#[derive(Debug)]
pub(crate) struct Template {
    /// The images of its memories.
    pub(super) images: Images,
    /// Its data segments that are dropped once their bytes are in the images: the active ones.
    pub(super) active_data: Dropped,
    /// The references to its own functions that escape.
    pub(super) func_refs: FuncRefs,
    /// The imported functions that escape: place among the escaping ones, index, type index.
    pub(super) imported: Vec<(u32, u32, u32)>,
    /// What its own tables hold, if that follows from the module alone and no active element segment can trap.
    pub(super) tables: Option<Vec<TableTemplate>>,
}

/// What a table holds at first.
#[derive(Debug, Default)]
pub(super) struct TableTemplate {
    /// The initial value of all elements.
    init: u32,
    /// The first elements, each a place among the escaping functions plus one; 0 for null.
    items: Vec<u32>,
}

impl TableTemplate {
    /// Writes the contents of a whole table. `base` is the address of the first function reference.
    pub(super) fn write(&self, elements: &[AtomicU64], base: u64) {
        let value = |place: u32| match place {
            0 => 0,
            place => base.wrapping_add(u64::from(place - 1).wrapping_mul(u64::from(FUNC_REF_SIZE))),
        };
        for (element, place) in elements.iter().zip(&self.items) {
            element.store(value(*place), Relaxed);
        }
        let rest = value(self.init);
        elements.iter().skip(self.items.len()).for_each(|element| element.store(rest, Relaxed));
    }

    /// The initial value of elements beyond the prepared ones.
    pub(super) fn is_null(&self) -> bool {
        self.init == 0 && self.items.is_empty()
    }
}

impl Template {
    pub(crate) fn new(module: &Module) -> Result<Self> {
        let info = module.info();
        let mut func_refs = FuncRefs::default();
        let mut imported = Vec::new();
        for (place, function) in (0..).zip(&info.escaping) {
            let type_index = *info.functions.get(*function as usize).ok_or_else(|| gone("a function"))?;
            match info.defined_function(*function) {
                Some(defined) => {
                    let signature = module.signatures().get(type_index).ok_or_else(|| gone("a type"))?;
                    func_refs.push(place, module.code().function(defined)?, signature.id());
                }
                None => imported.push((place, *function, type_index)),
            }
        }
        let images = module.images().cloned().unwrap_or_else(|| Images::of(info));
        let mut active_data = Dropped::new(info.data.len());
        for (segment, data) in (0..).zip(&info.data) {
            if data.mode != SegmentMode::Passive {
                active_data.insert(segment);
            }
        }
        Ok(Self { images, active_data, func_refs, imported, tables: tables(info) })
    }
}

/// The place of a reference among the escaping functions plus one; `None` if it depends on imports.
fn reference(info: &ModuleInfo, value: &ConstExpr) -> Option<u32> {
    match value {
        ConstExpr::RefNull => Some(0),
        ConstExpr::RefFunc(function) => info.func_ref(*function)?.checked_add(1),
        _ => None,
    }
}

fn tables(info: &ModuleInfo) -> Option<Vec<TableTemplate>> {
    let defined = info.tables.iter().skip(info.num_imported_tables as usize);
    let mut tables = defined
        .map(|table| {
            let init = table.init.as_ref().map_or(Some(0), |init| reference(info, init))?;
            Some(TableTemplate { init, items: Vec::new() })
        })
        .collect::<Option<Vec<_>>>()?;
    let most = info
        .elements
        .iter()
        .fold(SLACK, |sum, segment| sum.saturating_add(segment.items.len().saturating_mul(4)));
    for segment in &info.elements {
        if let SegmentMode::Active { target, offset } = &segment.mode {
            let size = info.tables.get(*target as usize)?.ty.minimum.min(most as u64);
            let table = tables.get_mut(info.defined_table(*target)? as usize)?;
            let start = match offset {
                ConstExpr::I32(offset) => u64::from(offset.cast_unsigned()),
                ConstExpr::I64(offset) => offset.cast_unsigned(),
                _ => return None,
            };
            write_segment(info, table, segment, start, size)?;
        }
    }
    Some(tables)
}

fn write_segment(
    info: &ModuleInfo,
    table: &mut TableTemplate,
    segment: &ElementSegment,
    start: u64,
    size: u64,
) -> Option<()> {
    let end = start.checked_add(segment.items.len() as u64).filter(|end| *end <= size)?;
    let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
    if table.items.len() < end {
        table.items.resize(end, table.init);
    }
    let items = table.items.get_mut(start..end)?;
    match &segment.items {
        ElementItems::Functions(functions) => {
            for (item, function) in items.iter_mut().zip(functions) {
                *item = info.func_ref(*function)?.checked_add(1)?;
            }
        }
        ElementItems::Expressions(expressions) => {
            for (item, expression) in items.iter_mut().zip(expressions) {
                *item = reference(info, expression)?;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Engine};

    fn contents(text: &str) -> Option<Vec<Vec<u32>>> {
        let engine = Engine::new(&Config::new()).unwrap();
        let module = Module::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let tables = Template::new(&module).unwrap().tables?;
        Some(tables.into_iter().map(|table| table.items).collect())
    }

    #[test]
    fn tables_that_follow_from_the_module_are_prepared() {
        let text = r#"(module (table 5 funcref) (table 3 funcref) (func $f) (func $g)
            (elem (i32.const 1) $f $g) (elem (i32.const 2) $f) (elem (table 1) (i32.const 0) funcref (ref.func $g) (ref.null func)))"#;
        assert_eq!(contents(text), Some(vec![vec![0, 1, 1], vec![2, 0]]));
        for text in [
            "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))",
            r#"(module (import "a" "t" (table 1 funcref)) (func $f) (elem (i32.const 0) $f))"#,
            r#"(module (import "a" "g" (global $g i32)) (table 9 funcref) (func $f) (elem (global.get $g) $f))"#,
            r#"(module (import "a" "g" (global $g funcref)) (table 9 funcref) (elem (i32.const 0) funcref (global.get $g)))"#,
            r#"(module (table 10000000 funcref) (func $f) (elem (i32.const 9999999) $f))"#,
        ] {
            assert_eq!(contents(text), None, "{text}");
        }
    }

    #[test]
    fn writing_fills_the_whole_table() {
        let table = TableTemplate { init: 1, items: vec![0, 3] };
        let elements: Vec<_> = (0..4).map(|_| AtomicU64::new(9)).collect();
        table.write(&elements, 1000);
        let values: Vec<_> = elements.iter().map(|element| element.load(Relaxed)).collect();
        assert_eq!(values, [0, 1048, 1000, 1000]);
    }
}
