import { setFlagsFromString } from 'node:v8';

/** Of the three parts of the young generation each has this from the start: with one MB, with which V8 begins and stays, short tasks spend a quarter of their time on garbage. */
const YOUNG_PART_MB = 2;
/** A thread's code and descriptions are some 14 MB: from less, V8 collects garbage several times while a thread starts, a tenth of a short run. */
const OLD_START_MB = 32;

/**
 * Sets what V8 does otherwise in threads that start from now on; no resource limit says it. Node keeps compiled code by these flags:
 * what is compiled ahead for threads (bin/compile-ahead.mjs) needs them, too.
 */
export function setThreadFlags(): void {
  setFlagsFromString(`--initial-old-space-size=${OLD_START_MB}`);
  setFlagsFromString(`--min-semi-space-size=${YOUNG_PART_MB}`);
  // Little is left over of so little room: to share it out takes longer than to look through it, and each thread has a core.
  setFlagsFromString('--no-parallel-scavenge');
  // Node keeps what is compiled when a module is loaded: with this, all of it, where each thread would compile a thousand functions again.
  setFlagsFromString('--no-lazy');
}
