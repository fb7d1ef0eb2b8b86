//! The adapter of one edge: may the caller leave and the callee be entered, the arguments, the call, the result, and
//! everything undone. A trap on the way leaves flags as they are: nothing of the store runs any more.

use std::rc::Rc;

use wasm_encoder::{BlockType, Catch, ValType as Core};

use super::super::edge::Edge;
use super::super::import::{Common, Import, Part, Side};
use super::body::Body;
use super::copy::{Copier, new_slots};
use super::crossing::Crossing;
use super::module::Module;
use super::place::{Place, Slot, core};
use super::string;
use super::survey::EdgeNeeds;
use crate::abi::flatten::{self, FlatFunc};
use crate::abi::layout::{CoreType, align_to};
use crate::abi::lift::sequence;
use crate::abi::options::StringEncoding;
use crate::abi::trap::AbiTrap;
use crate::instance::{ENTERED, HELD};
use crate::types::ValType;

/// Imports what the adapter of an edge needs.
pub(super) fn import(module: &mut Module, number: u32, edge: &Edge<'_>, needs: &EdgeNeeds) {
    let (i32x2, i32x4) = ([Core::I32; 2], [Core::I32; 4]);
    let common = Import::Common;
    let part = |part| Import::Edge(number, part);
    module.import_func(common(Common::Trap), &[Core::I32], &[]);
    if module.features.exceptions {
        module.import_func(common(Common::Uncaught), &[Core::EXNREF], &[]);
    }
    let lift = signature(&FlatFunc::new(edge.ty, flatten::Side::Lift));
    module.import_func(part(Part::Callee), &lift.0, &lift.1);
    if edge.callee.options.post_return.is_some() {
        module.import_func(part(Part::PostReturn), &lift.1, &[]);
    }
    module.import_flags(edge.caller.instance);
    module.import_flags(edge.callee.instance);
    edge.entered.iter().for_each(|instance| module.import_flags(*instance));
    if needs.params.memory() || needs.result.memory() {
        module.import_memory(part(Part::Memory(Side::Caller)));
        module.import_memory(part(Part::Memory(Side::Callee)));
    }
    if needs.params.memory() {
        module.import_func(part(Part::Realloc(Side::Callee)), &i32x4, &[Core::I32]);
    }
    if needs.result.contents() {
        module.import_func(part(Part::Realloc(Side::Caller)), &i32x4, &[Core::I32]);
    }
    if needs.params.contents() || needs.result.contents() {
        module.import_budget();
    }
    for (from, needs) in [(Side::Caller, needs.params), (Side::Callee, needs.result)] {
        let encodings = [edge.caller, edge.callee].map(|half| half.options.encoding);
        if needs.strings && encodings == [StringEncoding::Utf8; 2] {
            module.import_func(part(Part::Validate(from)), &i32x2, &[]);
        } else if needs.strings {
            module.import_func(part(Part::Measure(from)), &i32x2, &[Core::I64]);
            let params = [Core::I32, Core::I32, Core::I32, Core::I64];
            module.import_func(part(Part::Transcode(from)), &params, &[]);
        }
    }
    if needs.params.owns || needs.result.owns {
        module.import_func(common(Common::Own), &i32x4, &[Core::I32]);
    }
    if needs.params.borrows {
        module.import_func(common(Common::Borrow), &i32x4, &[Core::I32]);
        module.import_func(common(Common::ScopeBegin), &[], &[]);
        module.import_func(common(Common::ScopeEnd), &[], &[]);
    }
}

fn signature(flat: &FlatFunc) -> (Vec<Core>, Vec<Core>) {
    (flat.params().map(core).collect(), flat.result.map(core).into_iter().collect())
}

/// Makes and exports the adapter of an edge whose imports are known.
pub(super) fn define(module: &mut Module, number: u32, edge: &Edge<'_>, needs: &EdgeNeeds) -> Option<()> {
    let mut crossings = [
        Crossing::new(module, number, edge, needs, Side::Caller)?,
        Crossing::new(module, number, edge, needs, Side::Callee)?,
    ];
    for (crossing, needs) in crossings.iter_mut().zip([needs.params, needs.result]) {
        if needs.strings {
            string::define(module, crossing)?;
        }
    }
    let [arguments, result] = &crossings;
    let flat = FlatFunc::new(edge.ty, flatten::Side::Lower);
    let (params, results) = signature(&flat);
    let (function, place) = module.declare(&params, &results);
    let mut body = Body::new(params.len(), arguments.trap);
    let block = results.first().map_or(BlockType::Empty, |ty| BlockType::Result(*ty));
    let uncaught = module.imported(Import::Common(Common::Uncaught));
    if uncaught.is_some() {
        body.ops().block(BlockType::Result(Core::EXNREF));
        body.ops().try_table(block, [Catch::AllRef { label: 0 }]);
    }
    let mut adapter = Adapter { module, number, edge, needs, flat, body: &mut body };
    adapter.enter()?;
    adapter.arguments(arguments)?;
    let out = adapter.call_and_result(result)?;
    adapter.leave()?;
    if let Some(out) = out {
        body.ops().local_get(out);
    }
    if let Some(uncaught) = uncaught {
        body.ops().end().return_().end().call(uncaught).unreachable();
    }
    module.fill(place, body.finish());
    module.export(number, function);
    Some(())
}

struct Adapter<'a, 'p> {
    module: &'a mut Module,
    number: u32,
    edge: &'a Edge<'p>,
    needs: &'a EdgeNeeds,
    /// The caller's half.
    flat: FlatFunc,
    body: &'a mut Body,
}

impl Adapter<'_, '_> {
    fn part(&self, part: Part) -> Option<u32> {
        self.module.imported(Import::Edge(self.number, part))
    }

    fn flags(&self, instance: u32) -> Option<u32> {
        self.module.imported(Import::Flags(instance))
    }

    fn call_common(&mut self, common: Common) -> Option<()> {
        let function = self.module.imported(Import::Common(common))?;
        self.body.ops().call(function);
        Some(())
    }

    /// Whether the caller may leave and the callee may be entered; then it is.
    fn enter(&mut self) -> Option<()> {
        let caller = self.flags(self.edge.caller.instance)?;
        self.body.ops().global_get(caller).i32_const(HELD.cast_signed()).i32_and();
        self.body.trap_if(AbiTrap::CannotLeave);
        for instance in &self.edge.entered {
            let flags = self.flags(*instance)?;
            self.body.ops().global_get(flags).i32_const(ENTERED.cast_signed()).i32_and();
            self.body.trap_if(AbiTrap::CannotEnter);
        }
        // An instance that is not entered is not held either: only what is entered runs `realloc` or `post-return`.
        for instance in &self.edge.entered {
            let flags = self.flags(*instance)?;
            self.body.ops().i32_const(ENTERED.cast_signed()).global_set(flags);
        }
        if self.needs.params.borrows {
            self.call_common(Common::ScopeBegin)?;
        }
        Some(())
    }

    fn leave(&mut self) -> Option<()> {
        for instance in &self.edge.entered {
            let flags = self.flags(*instance)?;
            self.body.ops().i32_const(0).global_set(flags);
        }
        Some(())
    }

    /// Leaves the callee's core arguments on the stack.
    fn arguments(&mut self, crossing: &Crossing) -> Option<()> {
        crossing.begin(self.body)?;
        let types = self.edge.ty.params().iter().map(|(_, ty)| ty);
        if self.needs.params.spill {
            let layout = sequence(types.clone());
            let size = i64::from(layout.size);
            self.body.check_aligned(0, layout.align, AbiTrap::UnalignedPointer);
            self.body.ops().i64_const(size);
            self.body.check_inside(0, crossing.memory_from?, AbiTrap::PointerOutOfBounds);
            let bytes = self.body.local(Core::I32);
            self.body.ops().i32_const(layout.size.cast_signed()).local_set(bytes);
            let room = crossing.allocate(self.body, layout.align, bytes)?;
            let src = Place::Memory { memory: crossing.memory_from?, base: 0, offset: 0 };
            let dst = Place::Memory { memory: crossing.memory_to?, base: room, offset: 0 };
            self.copy_all(crossing, types, &src, &dst)?;
            self.body.ops().local_get(room);
            return Some(());
        }
        let callee = FlatFunc::new(self.edge.ty, flatten::Side::Lift);
        let slots: Vec<CoreType> = callee.params().collect();
        let given: Rc<[Slot]> = (0_u32..).zip(&slots).map(|(local, ty)| Slot { local, ty: *ty }).collect();
        let taken = new_slots(self.body, &slots);
        let src = Place::Flat { slots: given, first: 0 };
        let dst = Place::Flat { slots: Rc::clone(&taken), first: 0 };
        self.copy_all(crossing, types, &src, &dst)?;
        for slot in taken.iter() {
            self.body.ops().local_get(slot.local);
        }
        Some(())
    }

    fn copy_all<'t>(
        &mut self,
        crossing: &Crossing,
        types: impl Iterator<Item = &'t ValType>,
        src: &Place,
        dst: &Place,
    ) -> Option<()> {
        let (mut offset, mut slots) = (0_u32, 0_usize);
        for ty in types {
            let layout = ty.layout();
            offset = align_to(offset, layout.align);
            let mut copier = Copier { module: self.module, crossing, body: self.body };
            copier.value(ty, &src.part(offset, slots), &dst.part(offset, slots))?;
            offset = offset.saturating_add(layout.size);
            slots = slots.saturating_add(layout.flat.len());
        }
        Some(())
    }

    /// Calls the callee with what is on the stack, copies its result and lets it clean up; the core result, if there is
    /// one for the caller, is left in a local.
    fn call_and_result(&mut self, crossing: &Crossing) -> Option<Option<u32>> {
        let callee = self.part(Part::Callee)?;
        self.body.ops().call(callee);
        let returned = FlatFunc::new(self.edge.ty, flatten::Side::Lift).result;
        let returned = returned.map(|ty| Slot { local: self.body.local(core(ty)), ty });
        if let Some(returned) = returned {
            self.body.ops().local_set(returned.local);
        }
        crossing.begin(self.body)?;
        let out = match (self.edge.ty.result(), returned) {
            (Some(ty), Some(returned)) => self.result(crossing, ty, returned)?,
            _ => None,
        };
        if self.needs.params.borrows {
            self.call_common(Common::ScopeEnd)?;
        }
        if let Some(post_return) = self.part(Part::PostReturn) {
            let flags = self.flags(self.edge.callee.instance)?;
            let before = self.body.local(Core::I32);
            let mut ops = self.body.ops();
            ops.global_get(flags).local_tee(before).i32_const(HELD.cast_signed()).i32_or().global_set(flags);
            if let Some(returned) = returned {
                ops.local_get(returned.local);
            }
            ops.call(post_return).local_get(before).global_set(flags);
        }
        Some(out)
    }

    fn result(&mut self, crossing: &Crossing, ty: &ValType, returned: Slot) -> Option<Option<u32>> {
        let (src, dst, out) = if self.needs.result.spill {
            // The last parameter says where the caller wants it.
            let place = u32::try_from(self.flat.params().count()).ok()?.checked_sub(1)?;
            let layout = ty.layout();
            let (from, to) = (crossing.memory_from?, crossing.memory_to?);
            for (ptr, memory) in [(returned.local, from), (place, to)] {
                self.body.check_aligned(ptr, layout.align, AbiTrap::UnalignedPointer);
                self.body.ops().i64_const(i64::from(layout.size));
                self.body.check_inside(ptr, memory, AbiTrap::PointerOutOfBounds);
            }
            let src = Place::Memory { memory: from, base: returned.local, offset: 0 };
            (src, Place::Memory { memory: to, base: place, offset: 0 }, None)
        } else {
            let slots = new_slots(self.body, &[returned.ty]);
            let out = slots.first().map(|slot| slot.local);
            let src = Place::Flat { slots: Rc::from([returned]), first: 0 };
            (src, Place::Flat { slots, first: 0 }, out)
        };
        Copier { module: self.module, crossing, body: self.body }.value(ty, &src, &dst)?;
        Some(out)
    }
}
