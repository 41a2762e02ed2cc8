/** Messages for tests: complete, and of no meaning. */
import { MESSAGE_VERSION, type Success, type Task } from '#shared/queue/messages.ts';

/** A task that no worker will ever see. */
export function exampleTask(index: number, run = 'run-1'): Task {
  return {
    v: MESSAGE_VERSION,
    run,
    index,
    dataset: 'data_A',
    isData: true,
    url: `file-${index}.root`,
    tree: 'mini',
    analysis: 'none',
    parameters: {},
    attempt: 1,
  };
}

/** The report of a task that went well, but for what `known` says of it. */
export function exampleSuccess(known: Partial<Success> = {}): Success {
  return {
    ...{ v: MESSAGE_VERSION, kind: 'success', run: 'run-1', index: 0, attempt: 1, worker: 'w' },
    ...{ from: 0, to: 10, fileEntries: 10, fileBytes: 1000, toy: false, histograms: {} },
    ...{ bytesRead: 500, requests: 3, wallMs: 1.5, cpuMs: 1, retries: 0, places: { files: { bytes: 500, requests: 3 } } },
    stagesMs: { open: 0.1, read: 0.2, process: 0.3, encode: 0.4 },
    ...known,
  };
}
