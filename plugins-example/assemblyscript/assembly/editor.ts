// What the editor offers: its imports, and functions over them that speak of strings rather than pointers.
import { release, takeStringAt } from "./abi";

// @ts-ignore: decorator
@external("demo:editor/logging@0.1.0", "log")
declare function importLog(level: i32, message: usize, units: usize): void;
// @ts-ignore: decorator
@external("demo:editor/config@0.1.0", "get")
declare function importGet(key: usize, units: usize, result: usize): void;
// @ts-ignore: decorator
@external("demo:editor/config@0.1.0", "entries")
declare function importEntries(result: usize): void;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "open-buffer")
declare function importOpenBuffer(result: usize): void;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "[method]buffer.name")
declare function importName(buffer: i32, result: usize): void;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "[method]buffer.text")
declare function importText(buffer: i32, result: usize): void;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "[method]buffer.length")
declare function importLength(buffer: i32): u32;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "[method]buffer.line-count")
declare function importLineCount(buffer: i32): u32;
// @ts-ignore: decorator
@external("demo:editor/buffers@0.1.0", "[resource-drop]buffer")
declare function importDropBuffer(buffer: i32): void;

/** Where imports leave their results: no call is under way while another one's result is read. */
const RESULT: usize = memory.data(16, 8);

export enum Level {
  Debug,
  Info,
  Warn,
  Error,
}

/** Adds a line to the editor's log. The host copies the message during the call, so it is passed where it lies. */
export function log(level: Level, message: string): void {
  importLog(level, changetype<usize>(message), <usize>message.length);
}

/** The value of `key` in the configuration. */
export function configured(key: string): string | null {
  importGet(changetype<usize>(key), <usize>key.length, RESULT);
  return load<u8>(RESULT) ? takeStringAt(RESULT + 4) : null;
}

/** The values of all keys in the configuration that begin with `prefix`. */
export function configuredUnder(prefix: string): string[] {
  importEntries(RESULT);
  const at = load<usize>(RESULT);
  const length = load<usize>(RESULT, 4);
  const values: string[] = [];
  for (let i: usize = 0; i < length; i++) {
    const key = takeStringAt(at + i * 16);
    const value = takeStringAt(at + i * 16 + 8);
    if (key.startsWith(prefix)) values.push(value);
  }
  release(at, length * 16);
  return values;
}

/** A handle to a text of the editor. Whoever has one drops it: owned ones when done, borrowed ones before returning. */
export class Buffer {
  constructor(private handle: i32) {}

  get name(): string {
    importName(this.handle, RESULT);
    return takeStringAt(RESULT);
  }

  get text(): string {
    importText(this.handle, RESULT);
    return takeStringAt(RESULT);
  }

  /** In bytes of UTF-8. */
  get length(): u32 {
    return importLength(this.handle);
  }

  get lineCount(): u32 {
    return importLineCount(this.handle);
  }

  drop(): void {
    importDropBuffer(this.handle);
  }
}

/** The text in front of the user. */
export function openBuffer(): Buffer | null {
  importOpenBuffer(RESULT);
  return load<u8>(RESULT) ? new Buffer(load<i32>(RESULT, 4)) : null;
}
