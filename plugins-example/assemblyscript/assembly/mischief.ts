// Going wrong on request.

/** In memory, so that the compiler cannot know what it holds. */
const GO_ON: usize = memory.data<u8>([1]);

function goOn(): bool {
  return load<u8>(GO_ON) != 0;
}

export function loopForever(): u64 {
  let rounds: u64 = 0;
  while (goOn()) rounds++;
  return rounds;
}

export function recurseForever(depth: u64): u64 {
  return goOn() ? recurseForever(depth + 1) * 3 + depth : 0;
}

/** `heap.alloc` traps when memory does not grow any more. */
export function allocateForever(): u64 {
  let blocks: u64 = 0;
  while (goOn()) {
    store<u8>(heap.alloc(1 << 20), 1);
    blocks++;
  }
  return blocks;
}
