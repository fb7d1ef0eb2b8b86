// Text, run by run. Strings are UTF-16 here, but the editor counts bytes of UTF-8, so a run knows both.

export enum Class {
  Space,
  LineEnd,
  Digit,
  Letter,
  Mark,
}

/** Unicode's White_Space. */
export function isSpace(point: i32): bool {
  return (
    (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0x85 || point == 0xa0 || point == 0x1680 ||
    (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f ||
    point == 0x205f || point == 0x3000
  );
}

/** Letters of ASCII by name; of the rest, whatever is in the blocks of scripts rather than of symbols. */
function isLetter(point: i32): bool {
  if (point < 0x80) return ((point | 0x20) >= 0x61 && (point | 0x20) <= 0x7a) || point == 0x27 || point == 0x5f;
  return (
    (point >= 0xc0 && point < 0x2000 && point != 0xd7 && point != 0xf7) || (point >= 0x2c00 && point < 0x2e00) ||
    (point >= 0x3040 && point < 0xe000)
  );
}

function classify(point: i32): Class {
  if (point == 0x0a || point == 0x0d) return Class.LineEnd;
  if (isSpace(point)) return Class.Space;
  if (point >= 0x30 && point <= 0x39) return Class.Digit;
  return isLetter(point) ? Class.Letter : Class.Mark;
}

/** How many bytes `point` takes in UTF-8. */
export function utf8Length(point: i32): u32 {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** How many code units `point` takes in UTF-16. */
export function utf16Length(point: i32): i32 {
  return point < 0x10000 ? 1 : 2;
}

/** Goes through a text: each `next` finds a run of characters of one class. A mark or a line end is a run of its own. */
export class Runs {
  class: Class = Class.Mark;
  /** The first character of the run. */
  point: i32 = 0;
  /** Where the run begins and how long it is, in bytes of UTF-8. */
  start: u32 = 0;
  length: u32 = 0;

  private unitStart: i32 = 0;
  private unitEnd: i32 = 0;

  constructor(private source: string) {}

  /** Goes to the next run; false when there is none. */
  next(): bool {
    this.start += this.length;
    this.unitStart = this.unitEnd;
    this.length = 0;
    if (this.unitEnd >= this.source.length) return false;
    this.point = this.source.codePointAt(this.unitEnd);
    this.class = classify(this.point);
    this.take(this.point);
    const more = this.class != Class.Mark && this.class != Class.LineEnd;
    while (more && this.unitEnd < this.source.length) {
      const point = this.source.codePointAt(this.unitEnd);
      if (classify(point) != this.class) break;
      this.take(point);
    }
    return true;
  }

  /** The run as a string. */
  get text(): string {
    return this.source.substring(this.unitStart, this.unitEnd);
  }

  private take(point: i32): void {
    this.length += utf8Length(point);
    this.unitEnd += utf16Length(point);
  }
}

/** The words of `text`: runs of characters that are not white space. */
export function words(text: string): string[] {
  const found: string[] = [];
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const space = isSpace(text.charCodeAt(at));
    if (space && start >= 0) {
      found.push(text.substring(start, at));
      start = -1;
    } else if (!space && start < 0) start = at;
  }
  if (start >= 0) found.push(text.substring(start));
  return found;
}
