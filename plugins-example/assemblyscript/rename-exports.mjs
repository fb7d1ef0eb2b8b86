// A transform for the AssemblyScript compiler. The names that the canonical ABI wants have characters that no name in
// the source can have, so the source exports functions by plain names and these are changed in the finished module.
import { Transform } from "assemblyscript/transform";
import binaryen from "assemblyscript/binaryen";

const PACKAGE = "demo:editor";
const VERSION = "0.1.0";

// Plain name -> interface and function. A name that begins with `post_` belongs to the function named after that.
const FUNCTIONS = {
  tokenize: "text-tools#tokenize",
  countWords: "text-tools#count-words",
  propose: "text-tools#propose",
  newSession: "sessions#[constructor]session",
  append: "sessions#[method]session.append",
  summary: "sessions#[method]session.summary",
  merge: "sessions#[static]session.merge",
  dropSession: "sessions#[dtor]session",
  loadDictionary: "dictionary#load-dictionary",
  defaultPath: "dictionary#default-path",
  unknownWords: "dictionary#unknown-words",
  commit: "mischief#commit",
};
// Functions of the world itself.
const BARE = { describe: "describe" };

function canonicalName(plain) {
  const post = plain.startsWith("post_");
  const name = post ? plain.slice("post_".length) : plain;
  const prefix = post ? "cabi_post_" : "";
  if (name in BARE) return prefix + BARE[name];
  if (!(name in FUNCTIONS)) return null;
  const [iface, func] = FUNCTIONS[name].split("#");
  return `${prefix}${PACKAGE}/${iface}@${VERSION}#${func}`;
}

export default class RenameExports extends Transform {
  afterCompile(module) {
    const renames = [];
    for (let i = 0; i < module.getNumExports(); i++) {
      const info = binaryen.getExportInfo(module.getExportByIndex(i));
      const name = info.kind === binaryen.ExternalFunction ? canonicalName(info.name) : null;
      if (name !== null && name !== info.name) renames.push([info.name, name, info.value]);
    }
    for (const [plain, name, value] of renames) {
      module.removeExport(plain);
      module.addFunctionExport(value, name);
    }
  }
}
