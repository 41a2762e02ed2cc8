/**
 * WebAssembly memory that never moves: being shared, it keeps its address when it grows, and views of it go on. So bytes
 * can be read into it from outside while it grows.
 */
import type { KernelMemory } from './kernels.ts';

const PAGE_BYTES = 65_536;
/** What 32-bit addresses reach. */
const MOST_PAGES = 65_536;

/** New memory without kernels. */
export function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ shared: true, initial: 0, maximum: MOST_PAGES });
}

export function growing(memory: WebAssembly.Memory): Pick<KernelMemory, 'buffer' | 'grow'> {
  const buffer = () => memory.buffer as unknown as SharedArrayBuffer;
  return {
    buffer,
    grow: (end) => {
      const missing = end - buffer().byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    },
  };
}
