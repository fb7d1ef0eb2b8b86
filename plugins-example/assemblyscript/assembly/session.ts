// The guest resource `session`.
import { openBuffer } from "./editor";
import { words } from "./text";

export class Session {
  name: string;
  appended: u64 = 0;
  words: u32 = 0;
  longest: string | null = null;
  private bytes: u64 = 0;

  constructor(name: string) {
    this.name = name;
    const buffer = name.length == 0 ? openBuffer() : null;
    if (buffer !== null) {
      this.name = buffer.name;
      buffer.drop();
    }
  }

  append(text: string): u32 {
    const found = words(text);
    this.appended++;
    this.words += found.length;
    for (let i = 0; i < found.length; i++) {
      this.bytes += String.UTF8.byteLength(found[i]);
      this.noteLongest(found[i]);
    }
    return this.words;
  }

  /** Takes in what `other` has seen. */
  absorb(other: Session): void {
    this.appended += other.appended;
    this.words += other.words;
    this.bytes += other.bytes;
    const longest = other.longest;
    if (longest !== null) this.noteLongest(longest);
  }

  /** Bytes per word. */
  get averageLength(): f64 {
    return this.words == 0 ? 0.0 : <f64>this.bytes / <f64>this.words;
  }

  private noteLongest(word: string): void {
    const longest = this.longest;
    if (longest === null || String.UTF8.byteLength(longest) < String.UTF8.byteLength(word)) this.longest = word;
  }
}
