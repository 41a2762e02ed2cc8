/** The kernels as WebAssembly: made of codecs/wasm/ by bin/build-kernels.mjs. */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { KernelMemory, Kernels } from './kernels.ts';
import { growing } from './shared-memory.ts';

const FILE = new URL('./codecs/wasm/kernels.wasm', import.meta.url);

interface Exports extends Kernels {
  readonly memory: WebAssembly.Memory;
  readonly heapStart: WebAssembly.Global;
}

const module = compile();

/** Why the plain kernels are used; undefined where they are not. */
export const missingKernels: string | undefined = typeof module === 'string' ? module : undefined;
if (missingKernels !== undefined && isMainThread) process.emitWarning(`reading is slower than it could be: ${missingKernels}`);

function compile(): WebAssembly.Module | string {
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = readFileSync(FILE);
  } catch {
    return 'shared/root/codecs/wasm/kernels.wasm is missing; `node bin/build-kernels.mjs` makes it';
  }
  // Not valid: a processor without the vector instructions.
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : 'this processor does not run the compiled decoders';
}

/** New memory with compiled kernels; undefined where they are missing. */
export function compiledMemory(): KernelMemory | undefined {
  if (typeof module === 'string') return undefined;
  const kernels = new WebAssembly.Instance(module).exports as unknown as Exports;
  return { kernels, start: kernels.heapStart.value as number, ...growing(kernels.memory) };
}
