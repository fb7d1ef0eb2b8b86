//! What each directive means: runs the commands of a script in order and says of each whether it did what it should.
//! Core and component scripts read the same here; the two halves do the work.

use super::compare;
use super::component::{Components, Index};
use super::core::Core;
use super::mode::Mode;
use super::outcome::{Missing, Refusal, Results};
use super::report::Outcome;
use super::script::Script;
use super::via::Via;
use json_from_wast::{Action, Command, WasmFile, WasmFileType};
use plugbay_component::Component;
use plugbay_engine as core;
use std::collections::HashMap;

/// A compiled module or component.
#[derive(Clone)]
enum Compiled {
    Core(core::Module),
    Component(Component),
}

/// A live instance.
#[derive(Clone, Copy)]
enum Live {
    Core(core::Instance),
    Component(Index),
}

/// Things by name, and the last one made.
struct Names<T> {
    named: HashMap<String, Result<T, Missing>>,
    last: Option<Result<T, Missing>>,
}

impl<T: Clone> Names<T> {
    fn new() -> Self {
        Self { named: HashMap::new(), last: None }
    }

    fn put(&mut self, name: Option<&str>, thing: Result<T, Missing>) {
        if let Some(name) = name {
            self.named.insert(name.to_owned(), thing.clone());
        }
        self.last = Some(thing);
    }

    fn get(&self, name: Option<&str>) -> Result<T, Refusal> {
        let found = match name {
            Some(name) => self.named.get(name),
            None => self.last.as_ref(),
        };
        match found {
            Some(Ok(thing)) => Ok(thing.clone()),
            Some(Err(missing)) => Err(Refusal::Missing(missing.clone())),
            None => Err(Refusal::Other(format!("nothing is named `{}`", name.unwrap_or("(current)")))),
        }
    }
}

/// The state of one script.
pub(crate) struct Judge<'a> {
    script: &'a Script<'a>,
    core: Core,
    components: Components,
    definitions: Names<Compiled>,
    instances: Names<Live>,
}

impl<'a> Judge<'a> {
    /// Ready for the first command.
    pub(crate) fn new(
        engine: &core::Engine,
        mode: &Mode,
        via: &Via,
        script: &'a Script<'a>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            script,
            core: Core::new(engine, mode, via)?,
            components: Components::new(engine, mode),
            definitions: Names::new(),
            instances: Names::new(),
        })
    }

    /// Executes one command.
    pub(crate) fn execute(&mut self, command: &Command<'_>) -> Outcome {
        use Command as C;
        let outcome = match command {
            C::Module { line, name, file } => self.module(*line, name.as_deref(), file),
            C::ModuleDefinition { line, name, file } => self.definition(*line, name.as_deref(), file),
            C::ModuleInstance { line, instance, module } => {
                self.instance(*line, instance.as_deref(), module.as_deref())
            }
            C::Register { name, as_, .. } => self.register(name.as_deref(), as_),
            C::Action { action, .. } => self.act(action).map(|_| ()),
            C::AssertReturn { action, expected, .. } => {
                self.act(action).and_then(|found| compare::results(&found, expected).map_err(Refusal::Other))
            }
            C::AssertTrap { action, text, .. } | C::AssertExhaustion { action, text, .. } => {
                expect_trap(self.act(action).map(|results| format!("{results:?}")), text)
            }
            C::AssertUninstantiable { file, text, .. } => {
                let made = self.compile(file).and_then(|compiled| self.instantiate(&compiled));
                expect_trap(made.map(|_| "an instance".to_owned()), text)
            }
            C::AssertUnlinkable { file, text, .. } => self.unlinkable(file, text),
            C::AssertInvalid { file, text, .. } => self.invalid(file, text),
            C::AssertMalformed { file, text, .. } => self.malformed(file, text),
            C::AssertException { action, .. } => match self.act(action) {
                Ok(found) => Err(Refusal::Other(format!("expected an exception, got {found:?}"))),
                Err(Refusal::Exception(_)) => Ok(()),
                Err(refusal) => Err(refusal),
            },
            C::AssertSuspension { .. } => Err(Refusal::unsupported("stack switching")),
            C::Thread { .. } | C::Wait { .. } => Err(Refusal::unsupported("threads")),
            C::AssertMalformedCustom { .. } | C::AssertInvalidCustom { .. } => {
                Err(Refusal::unsupported("annotations of custom sections"))
            }
        };
        match outcome {
            Ok(()) => Outcome::Passed,
            Err(refusal) => match refusal.skipped() {
                Some(needs) => Outcome::Skipped { needs: needs.to_owned(), reason: refusal.describe() },
                None => Outcome::Failed(refusal.describe()),
            },
        }
    }

    fn module(&mut self, line: u32, name: Option<&str>, file: &WasmFile<'_>) -> Result<(), Refusal> {
        let made = self.compile(file).and_then(|compiled| {
            self.definitions.put(name, Ok(compiled.clone()));
            self.instantiate(&compiled)
        });
        self.keep(line, name, made)
    }

    fn definition(&mut self, line: u32, name: Option<&str>, file: &WasmFile<'_>) -> Result<(), Refusal> {
        match self.compile(file) {
            Ok(compiled) => {
                self.definitions.put(name, Ok(compiled));
                Ok(())
            }
            Err(refusal) => {
                self.definitions.put(name, Err(refusal.missing(line)));
                Err(refusal)
            }
        }
    }

    fn instance(&mut self, line: u32, name: Option<&str>, definition: Option<&str>) -> Result<(), Refusal> {
        let made = self.definitions.get(definition).and_then(|compiled| self.instantiate(&compiled));
        self.keep(line, name, made)
    }

    /// Makes an instance the current one; when there is none, later directives are told why.
    fn keep(&mut self, line: u32, name: Option<&str>, made: Result<Live, Refusal>) -> Result<(), Refusal> {
        match made {
            Ok(live) => {
                self.instances.put(name, Ok(live));
                Ok(())
            }
            Err(refusal) => {
                self.instances.put(name, Err(refusal.missing(line)));
                Err(refusal)
            }
        }
    }

    fn register(&mut self, instance: Option<&str>, name: &str) -> Result<(), Refusal> {
        match self.instances.get(instance) {
            Ok(Live::Core(instance)) => {
                self.core.register(name, Ok(instance));
                Ok(())
            }
            Ok(Live::Component(_)) => Err(Refusal::Other("components cannot be registered".to_owned())),
            Err(Refusal::Missing(missing)) => {
                self.core.register(name, Err(missing.clone()));
                Err(Refusal::Missing(missing))
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn unlinkable(&mut self, file: &WasmFile<'_>, text: &str) -> Result<(), Refusal> {
        match self.compile(file).and_then(|compiled| self.instantiate(&compiled)) {
            Ok(_) => Err(Refusal::Other(format!("linked, but should not: {text}"))),
            Err(Refusal::Unlinkable(_)) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    fn invalid(&mut self, file: &WasmFile<'_>, text: &str) -> Result<(), Refusal> {
        // A text without a binary was already refused by the text parser.
        let Some(bytes) = self.script.binary(file).map_err(Refusal::Other)? else { return Ok(()) };
        self.refused(&bytes, text)
    }

    /// A quoted text tests the text parser; only when it parses do its bytes test the engine.
    fn malformed(&mut self, file: &WasmFile<'_>, text: &str) -> Result<(), Refusal> {
        let bytes = self.script.bytes(&file.filename).map_err(Refusal::Other)?;
        if file.module_type == WasmFileType::Binary {
            return self.refused(&bytes, text);
        }
        match encode(&bytes) {
            None => Ok(()),
            Some(bytes) => self.refused(&bytes, text),
        }
    }

    fn refused(&mut self, bytes: &[u8], text: &str) -> Result<(), Refusal> {
        match self.compile_bytes(bytes) {
            Ok(_) => Err(Refusal::Other(format!("was accepted, but should not: {text}"))),
            Err(Refusal::Invalid(_)) => Ok(()),
            Err(Refusal::Unsupported { proposal, .. }) if LATER.contains(&proposal.as_str()) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    fn compile(&mut self, file: &WasmFile<'_>) -> Result<Compiled, Refusal> {
        match self.script.binary(file).map_err(Refusal::Other)? {
            Some(bytes) => self.compile_bytes(&bytes),
            None => Err(Refusal::Other("its text cannot be encoded".to_owned())),
        }
    }

    fn compile_bytes(&mut self, bytes: &[u8]) -> Result<Compiled, Refusal> {
        if is_component(bytes) {
            self.components.compile(bytes).map(Compiled::Component)
        } else {
            self.core.compile(bytes).map(Compiled::Core)
        }
    }

    fn instantiate(&mut self, compiled: &Compiled) -> Result<Live, Refusal> {
        match compiled {
            Compiled::Core(module) => self.core.instantiate(module).map(Live::Core),
            Compiled::Component(component) => self.components.instantiate(component).map(Live::Component),
        }
    }

    fn act(&mut self, action: &Action<'_>) -> Result<Results, Refusal> {
        let (Action::Invoke { module, .. } | Action::Get { module, .. }) = action;
        match self.instances.get(module.as_deref())? {
            Live::Core(instance) => self.core.act(instance, action),
            Live::Component(index) => self.components.act(index, action),
        }
    }
}

/// What is valid only with these is invalid in the scripts, as they assert, and refused here by its name: a proposal that is
/// younger than the scripts, and a gate of the component model that they keep closed.
const LATER: &[&str] = &["stack switching", "🪺 nested namespaces and packages"];

/// Whether the preamble says component (layer 1) rather than module (Component Model, Binary.md, "Component Definitions").
fn is_component(bytes: &[u8]) -> bool {
    bytes.get(..4) == Some(b"\0asm") && bytes.get(6..8) == Some(&[1, 0])
}

/// The binary of a quoted text, when it parses and encodes.
fn encode(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).ok()?;
    let mut wat = wast::parser::parse::<wast::Wat<'_>>(&buffer).ok()?;
    wat.encode().ok()
}

fn expect_trap(outcome: Result<String, Refusal>, text: &str) -> Result<(), Refusal> {
    match outcome {
        Ok(found) => Err(Refusal::Other(format!("expected the trap `{text}`, got {found}"))),
        Err(Refusal::Trap(found)) if compare::trap_text(&found, text) => Ok(()),
        Err(Refusal::Trap(found)) => {
            Err(Refusal::Other(format!("expected the trap `{text}`, got `{found}`")))
        }
        Err(refusal) => Err(refusal),
    }
}
