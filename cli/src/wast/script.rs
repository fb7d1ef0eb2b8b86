//! Where scripts come from: a `.wast` text, or its pre-encoded form (a JSON list of commands beside `.wasm` files). Both
//! give the same `Script`; nothing behind this file knows which it was.

use json_from_wast::{Command, Opts, WasmFile, Wast};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The commands of one test script, with the bytes that they name.
pub(crate) struct Script<'a> {
    /// The commands, in order.
    pub(crate) commands: Vec<Command<'a>>,
    files: Files,
}

enum Files {
    Memory(HashMap<String, Vec<u8>>),
    Folder(PathBuf),
}

impl Script<'_> {
    /// The bytes (or the text) that a command names.
    pub(crate) fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>, String> {
        match &self.files {
            Files::Memory(files) => files
                .get(name)
                .map(|bytes| Cow::Borrowed(bytes.as_slice()))
                .ok_or_else(|| format!("the script has no file `{name}`")),
            Files::Folder(folder) => std::fs::read(folder.join(name))
                .map(Cow::Owned)
                .map_err(|e| format!("cannot read `{name}`: {e}")),
        }
    }

    /// The binary of a file that may have been written as text; `None` when the text has no binary.
    pub(crate) fn binary(&self, file: &WasmFile<'_>) -> Result<Option<Cow<'_, [u8]>>, String> {
        match (file.module_type, &file.binary_filename) {
            (json_from_wast::WasmFileType::Binary, _) => self.bytes(&file.filename).map(Some),
            (json_from_wast::WasmFileType::Text, Some(binary)) => self.bytes(binary).map(Some),
            (json_from_wast::WasmFileType::Text, None) => Ok(None),
        }
    }
}

/// Reads the script at `path` and hands it to `then`.
///
/// # Errors
/// Why the file cannot be read or is no script.
pub(crate) fn load<R>(path: &Path, then: impl FnOnce(Script<'_>) -> R) -> Result<R, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read the script: {e}"))?;
    if path.extension().is_some_and(|extension| extension == "json") {
        let wast: Wast<'_> =
            serde_json::from_str(&text).map_err(|e| format!("no script in JSON form: {e}"))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        return Ok(then(Script { commands: wast.commands, files: Files::Folder(folder) }));
    }
    let mut lexer = wast::lexer::Lexer::new(&text);
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).map_err(|e| text_error(e, &text))?;
    let ast = wast::parser::parse::<wast::Wast<'_>>(&buffer).map_err(|e| text_error(e, &text))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let wast =
        Opts::default().convert(&name, &text, ast).map_err(|e| format!("cannot encode the script: {e:#}"))?;
    let files = Files::Memory(wast.wasms.into_iter().collect());
    Ok(then(Script { commands: wast.commands, files }))
}

fn text_error(mut error: wast::Error, text: &str) -> String {
    error.set_text(text);
    let (line, column) = error.span().linecol_in(text);
    format!(
        "cannot parse the script: {} (line {}, column {})",
        error.message(),
        line.saturating_add(1),
        column
    )
}

/// The scripts under `paths`: files as they are given, folders searched for `.wast` files and JSON scripts, in order.
///
/// # Errors
/// A path that does not exist, or holds no script.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut scripts = Vec::new();
    for path in paths {
        if path.is_file() {
            scripts.push(path.clone());
            continue;
        }
        let mut found = Vec::new();
        walk(path, &mut found).map_err(|e| format!("{}: {e}", path.display()))?;
        if found.is_empty() {
            return Err(format!("{}: no .wast file and no JSON script in it", path.display()));
        }
        found.sort();
        scripts.append(&mut found);
    }
    Ok(scripts)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_script(&path) {
                found.push(path);
            }
        }
    }
    Ok(())
}

/// By name for text; a JSON file is a script when it begins as the encoder writes them.
fn is_script(path: &Path) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wast") => true,
        Some("json") => std::fs::read_to_string(path)
            .is_ok_and(|text| text.trim_start_matches(['{', ' ', '\n']).starts_with("\"source_filename\"")),
        _ => false,
    }
}

/// Whether a command asserts something, as the suites count assertions.
pub(crate) fn is_assertion(command: &Command<'_>) -> bool {
    use Command as C;
    match command {
        C::AssertMalformed { .. }
        | C::AssertMalformedCustom { .. }
        | C::AssertInvalid { .. }
        | C::AssertInvalidCustom { .. }
        | C::AssertUnlinkable { .. }
        | C::AssertUninstantiable { .. }
        | C::AssertReturn { .. }
        | C::AssertTrap { .. }
        | C::AssertExhaustion { .. }
        | C::AssertException { .. }
        | C::AssertSuspension { .. } => true,
        C::Module { .. }
        | C::ModuleDefinition { .. }
        | C::ModuleInstance { .. }
        | C::Register { .. }
        | C::Action { .. }
        | C::Thread { .. }
        | C::Wait { .. } => false,
    }
}
