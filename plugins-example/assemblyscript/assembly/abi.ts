// The canonical ABI by hand: memory that the host asks for, strings (UTF-16), lists, and the return area.
//
// Memory that crosses the border lies in the heap below the garbage collector: the host gets it by `cabi_realloc` and
// hands it over, or we make it, return it, and free it in the `cabi_post_...` function that the host calls afterwards.

/** Where functions leave results that do not fit in one core value. The largest, `summary`, takes 48 bytes. */
export const RETURN_AREA: usize = memory.data(48, 8);

/** What the host calls for memory in which it passes strings and lists. */
export function cabi_realloc(old: usize, oldSize: usize, align: usize, newSize: usize): usize {
  if (newSize == 0) return align;
  return oldSize == 0 ? heap.alloc(newSize) : heap.realloc(old, newSize);
}

/** Frees `size` bytes at `at`, which `cabi_realloc` or this file allocated. Nothing was allocated for size 0. */
export function release(at: usize, size: usize): void {
  if (size != 0) heap.free(at);
}

/** Takes a string that was passed to us: copies it to the collector's heap and frees what was passed. */
export function takeString(at: usize, units: usize): string {
  const text = String.UTF16.decodeUnsafe(at, units << 1);
  release(at, units << 1);
  return text;
}

/** The string whose pointer and length are stored at `field`, which it takes. */
export function takeStringAt(field: usize): string {
  return takeString(load<usize>(field), load<usize>(field, 4));
}

/** Stores pointer and length of a copy of `text` at `field`. */
export function storeString(field: usize, text: string): void {
  const units = <usize>text.length;
  let at: usize = 2;
  if (units != 0) {
    at = heap.alloc(units << 1);
    memory.copy(at, changetype<usize>(text), units << 1);
  }
  store<usize>(field, at);
  store<usize>(field, units, 4);
}

/** Frees the string whose pointer and length are at `field`. */
export function freeStringAt(field: usize): void {
  release(load<usize>(field), load<usize>(field, 4));
}

/** Stores an `option<string>` at `field`: a discriminant, then the string. */
export function storeOptionalString(field: usize, text: string | null): void {
  store<u8>(field, text === null ? 0 : 1);
  if (text !== null) storeString(field + 4, text);
}

/** Frees the `option<string>` at `field`. */
export function freeOptionalStringAt(field: usize): void {
  if (load<u8>(field)) freeStringAt(field + 4);
}

/** A list of elements of one size that is being made in memory for the host. */
export class ListWriter {
  private at: usize = 0;
  private length: usize = 0;
  private capacity: usize = 0;

  constructor(private size: usize) {}

  /** Adds an element, all zero, and returns where it lies until the next call. */
  push(): usize {
    if (this.length == this.capacity) {
      const capacity = max<usize>(4, this.capacity << 1);
      this.at = this.capacity == 0 ? heap.alloc(capacity * this.size) : heap.realloc(this.at, capacity * this.size);
      this.capacity = capacity;
    }
    const element = this.at + this.length++ * this.size;
    memory.fill(element, 0, this.size);
    return element;
  }

  /** Stores pointer and length at `field`. */
  storeAt(field: usize): void {
    store<usize>(field, this.length == 0 ? 8 : this.at);
    store<usize>(field, this.length, 4);
  }
}

/** Frees the list whose pointer and length are at `field`; whatever its elements own must have been freed before. */
export function freeListAt(field: usize): void {
  release(load<usize>(field), load<usize>(field, 4));
}
