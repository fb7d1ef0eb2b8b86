// The exports of the plugin: each takes what the canonical ABI passes, does the work with the other files, and leaves the
// result in the return area. Offsets are those of CanonicalABI.md for the types in `../../wit/editor.wit`.
// `rename-exports.mjs` gives the functions their names in the component.
import {
  ListWriter, RETURN_AREA, cabi_realloc, freeListAt, freeOptionalStringAt, freeStringAt, storeOptionalString,
  storeString, takeString,
} from "./abi";
import { Buffer, Level, configured, configuredUnder, log } from "./editor";
import { allocateForever, loopForever, recurseForever } from "./mischief";
import { Session } from "./session";
import { Class, Runs, isSpace, utf16Length, utf8Length } from "./text";

export { cabi_realloc };

// Sizes of elements of lists, and discriminants.
const TOKEN_SIZE: usize = 20;
const EDIT_SIZE: usize = 20;
enum TokenKind { Word, Number, Whitespace, Punctuation, Heading, Other }
enum EditKind { Insert, Delete, Replace }
enum EditError { Unsupported, TooLarge, Failed }
enum Kind { LoopForever, Trap, RecurseForever, AllocateForever }
enum Can { Tokenize = 1, Edit = 2, Count = 4, Sessions = 8, Dictionary = 16 }

/** The most bytes that `propose` takes. */
const MOST_BYTES: u32 = 1 << 20;

/** Called by the compiler's own checks, such as an index out of bounds, and by `throw`. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  log(Level.Error, (message === null ? "abort" : message) + " in line " + line.toString());
  unreachable();
}

export function describe(): usize {
  storeString(RETURN_AREA, "shout");
  store<u32>(RETURN_AREA, 0, 8);
  store<u32>(RETURN_AREA, 1, 12);
  store<u32>(RETURN_AREA, 0, 16);
  storeString(RETURN_AREA + 20, "AssemblyScript");
  store<u8>(RETURN_AREA, Can.Tokenize | Can.Edit | Can.Count | Can.Sessions, 28);
  storeOptionalString(RETURN_AREA + 32, "https://www.assemblyscript.org");
  return RETURN_AREA;
}

export function post_describe(result: usize): void {
  freeStringAt(result);
  freeStringAt(result + 20);
  freeOptionalStringAt(result + 32);
}

/** Whether `word` is in capitals throughout, such as an abbreviation is. */
function isShouted(word: string): bool {
  return word.length > 1 && word == word.toUpperCase() && word != word.toLowerCase();
}

function storeKind(at: usize, run: Runs): void {
  switch (run.class) {
    case Class.Letter: {
      const shouted = isShouted(run.text);
      store<u8>(at, shouted ? TokenKind.Other : TokenKind.Word);
      if (shouted) storeString(at + 4, "capitals");
      break;
    }
    case Class.Digit: {
      store<u8>(at, TokenKind.Number);
      break;
    }
    case Class.Mark: {
      store<u8>(at, TokenKind.Punctuation);
      store<i32>(at, run.point, 4);
      break;
    }
    default: store<u8>(at, TokenKind.Whitespace);
  }
}

export function tokenize(at: usize, units: usize): usize {
  const run = new Runs(takeString(at, units));
  const tokens = new ListWriter(TOKEN_SIZE);
  while (run.next()) {
    const token = tokens.push();
    storeKind(token, run);
    store<u32>(token, run.start, 12);
    store<u32>(token, run.length, 16);
  }
  tokens.storeAt(RETURN_AREA);
  return RETURN_AREA;
}

export function post_tokenize(result: usize): void {
  const at = load<usize>(result);
  const end = at + load<usize>(result, 4) * TOKEN_SIZE;
  for (let token = at; token < end; token += TOKEN_SIZE) {
    if (load<u8>(token) == TokenKind.Other) freeStringAt(token + 4);
  }
  freeListAt(result);
}

export function countWords(at: usize, units: usize): usize {
  const text = takeString(at, units);
  let lines: u32 = 0, words: u32 = 0, characters: u32 = 0, bytes: u32 = 0;
  let inWord = false;
  for (let unit = 0; unit < text.length; characters++) {
    const point = text.codePointAt(unit);
    const space = isSpace(point);
    if (!space && !inWord) words++;
    inWord = !space;
    if (point == 0x0a) lines++;
    bytes += utf8Length(point);
    unit += utf16Length(point);
  }
  if (text.length > 0 && !text.endsWith("\n")) lines++;
  store<u32>(RETURN_AREA, lines);
  store<u32>(RETURN_AREA, words, 4);
  store<u32>(RETURN_AREA, characters, 8);
  store<u32>(RETURN_AREA, bytes, 12);
  return RETURN_AREA;
}

/** The words to put in capitals: the values of all keys that begin with `word.`, or else a few that are usual. */
function chosenWords(): Set<string> {
  let list = configuredUnder("word.");
  if (list.length == 0) list = ["todo", "fixme", "note"];
  const chosen = new Set<string>();
  for (let i = 0; i < list.length; i++) chosen.add(list[i].toLowerCase());
  return chosen;
}

function proposeFor(buffer: Buffer): void {
  if (buffer.length > MOST_BYTES) {
    store<u8>(RETURN_AREA, 1);
    store<u8>(RETURN_AREA, EditError.TooLarge, 8);
    store<u64>(RETURN_AREA, MOST_BYTES, 16);
    return;
  }
  if (configured("quiet") == "yes") {
    store<u8>(RETURN_AREA, 1);
    store<u8>(RETURN_AREA, EditError.Unsupported, 8);
    return;
  }
  const chosen = chosenWords();
  const edits = new ListWriter(EDIT_SIZE);
  const run = new Runs(buffer.text);
  while (run.next()) {
    if (run.class != Class.Letter) continue;
    const word = run.text;
    const loud = word.toUpperCase();
    if (word == loud || !chosen.has(word.toLowerCase())) continue;
    const edit = edits.push();
    store<u8>(edit, EditKind.Replace);
    store<u32>(edit, run.start, 4);
    store<u32>(edit, run.length, 8);
    storeString(edit + 12, loud);
  }
  log(Level.Info, buffer.name + ": " + buffer.lineCount.toString() + " lines read");
  store<u8>(RETURN_AREA, 0);
  edits.storeAt(RETURN_AREA + 8);
}

export function propose(handle: i32): usize {
  const buffer = new Buffer(handle);
  proposeFor(buffer);
  buffer.drop();
  return RETURN_AREA;
}

export function post_propose(result: usize): void {
  if (load<u8>(result) != 0) return; // the errors made here own nothing
  const at = load<usize>(result, 8);
  const end = at + load<usize>(result, 12) * EDIT_SIZE;
  for (let edit = at; edit < end; edit += EDIT_SIZE) freeStringAt(edit + 12);
  freeListAt(result + 8);
}

// The resource: its representation is the address of a pinned object, which the collector neither moves nor frees.
// @ts-ignore: decorator
@external("[export]demo:editor/sessions@0.1.0", "[resource-new]session")
declare function importNewSession(rep: usize): i32;
// @ts-ignore: decorator
@external("[export]demo:editor/sessions@0.1.0", "[resource-rep]session")
declare function importSessionRep(handle: i32): usize;
// @ts-ignore: decorator
@external("[export]demo:editor/sessions@0.1.0", "[resource-drop]session")
declare function importDropSession(handle: i32): void;

export function newSession(at: usize, units: usize): i32 {
  const session = new Session(takeString(at, units));
  return importNewSession(__pin(changetype<usize>(session)));
}

export function append(rep: usize, at: usize, units: usize): u32 {
  return changetype<Session>(rep).append(takeString(at, units));
}

export function summary(rep: usize): usize {
  const session = changetype<Session>(rep);
  storeString(RETURN_AREA, session.name);
  store<u64>(RETURN_AREA, session.appended, 8);
  store<u32>(RETURN_AREA, session.words, 16);
  store<f64>(RETURN_AREA, session.averageLength, 24);
  storeOptionalString(RETURN_AREA + 32, session.longest);
  return RETURN_AREA;
}

export function post_summary(result: usize): void {
  freeStringAt(result);
  freeOptionalStringAt(result + 32);
}

export function merge(first: i32, second: i32): i32 {
  changetype<Session>(importSessionRep(first)).absorb(changetype<Session>(importSessionRep(second)));
  importDropSession(second);
  return first;
}

export function dropSession(rep: usize): void {
  __unpin(rep);
}

export function loadDictionary(at: usize, units: usize): usize {
  const path = takeString(at, units);
  store<u8>(RETURN_AREA, 1);
  storeString(RETURN_AREA + 4, "cannot read `" + path + "`: AssemblyScript has no WASI");
  return RETURN_AREA;
}

export function post_loadDictionary(result: usize): void {
  freeStringAt(result + 4);
}

export function defaultPath(): usize {
  storeOptionalString(RETURN_AREA, null);
  return RETURN_AREA;
}

export function unknownWords(at: usize, units: usize): usize {
  takeString(at, units);
  new ListWriter(12).storeAt(RETURN_AREA);
  return RETURN_AREA;
}

export function commit(kind: i32): u64 {
  switch (kind) {
    case Kind.LoopForever: return loopForever();
    case Kind.Trap: throw new Error("asked to throw");
    case Kind.RecurseForever: return recurseForever(1);
    default: return allocateForever();
  }
}
