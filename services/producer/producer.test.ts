import { describe, expect, it } from 'vitest';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Task } from '#shared/queue/messages.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { PlannedFile, TaskList } from '#shared/queue/task-list.ts';
import { type Describe, planRun } from './plan-run.ts';
import { startProducer } from './producer.ts';

function specOf(files: number): RunSpec {
  const names = Array.from({ length: files }, (_, i) => `f${i}.root`);
  const datasets = [
    { name: 'data', isData: true, files: names.slice(0, 3) },
    { name: 'mc', isData: false, files: names.slice(3) },
  ];
  const limits = { fraction: 1, chunkEntries: 100, chunkBytes: 1e9 };
  return { v: 1, run: 'r', analysis: 'a', parameters: {}, tree: 't', catalogue: {}, ...limits, datasets };
}

/** File 2 has three chunks, file 5 cannot be opened, later files answer sooner. */
const describeFake: Describe = async ({ file }) => {
  await new Promise((resolve) => setTimeout(resolve, file % 3 === 0 ? 3 : 0));
  if (file === 5) return undefined;
  const entries = file === 2 ? 300 : 10;
  return { entries, bytes: 1000, toy: false, columnBytes: 10, clusters: [0, 50, 100, 150, 200, 250].filter((start) => start < entries) };
};

const START = { frozen: false, nextFile: 0, nextIndex: 0 };

async function planned(spec: RunSpec, state = START, describeFile = describeFake): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for await (const page of planRun(spec, { state, describe: describeFile, signal: new AbortController().signal })) files.push(...page);
  return files;
}

/** A task list in memory, as the ledger keeps it. */
function fakeTaskList(): TaskList & { files: PlannedFile[]; frozen: boolean } {
  const list = {
    files: [] as PlannedFile[],
    frozen: false,
    open: async () => {
      const tasks = list.files.flatMap((file) => file.tasks);
      return { frozen: list.frozen, nextFile: list.files.length, nextIndex: tasks.length };
    },
    add: async (_run: string, files: readonly PlannedFile[]) => void list.files.push(...files),
    freeze: async () => {
      list.frozen = true;
    },
    pending: async (run: string, after: number, limit: number) => {
      const all = list.files.flatMap(({ url, dataset, tasks }) =>
        tasks.map(
          (task): Task => ({ ...task, v: 1, run, url, dataset, isData: false, tree: 't', analysis: 'a', parameters: {}, attempt: 1 }),
        ),
      );
      return all.filter(({ index }) => index > after).slice(0, limit);
    },
  };
  return list;
}

describe('planRun', () => {
  it('numbers files and tasks in the order of the spec, and leaves the unreadable file one open task', async () => {
    const files = await planned(specOf(7));
    expect(files.map(({ file, dataset, url }) => `${file} ${dataset} ${url}`).slice(2, 4)).toEqual(['2 data f2.root', '3 mc f3.root']);
    expect(files[2]?.tasks).toEqual([
      { index: 2, from: 0, to: 100 },
      { index: 3, from: 100, to: 200 },
      { index: 4, from: 200, to: 300 },
    ]);
    expect(files[5]).toEqual({
      file: 5,
      dataset: 'mc',
      url: 'f5.root',
      entries: undefined,
      bytes: undefined,
      toy: undefined,
      tasks: [{ index: 7 }],
    });
  });

  it('gives the same tasks each time, and the rest of them from any file on', async () => {
    const all = await planned(specOf(200));
    expect(await planned(specOf(200))).toEqual(all);
    const nextIndex = all.slice(0, 130).flatMap(({ tasks }) => tasks).length;
    expect(await planned(specOf(200), { frozen: false, nextFile: 130, nextIndex })).toEqual(all.slice(130));
  });

  it('opens at most 16 files at a time, and never runs far ahead of its reader', async () => {
    let open = 0;
    let most = 0;
    let opened = 0;
    const counting: Describe = async (file, signal) => {
      most = Math.max(most, ++open);
      opened += 1;
      const description = await describeFake(file, signal);
      open -= 1;
      return description;
    };
    const pages = planRun(specOf(1000), { state: START, describe: counting, signal: new AbortController().signal });
    await pages.next();
    expect(most).toBe(16);
    expect(opened).toBeLessThanOrEqual(64 + 16);
    await pages.return(undefined);
  });
});

describe('producer', () => {
  it('publishes each task once, after it is frozen', async () => {
    const queue = openMemoryQueue();
    const taskList = fakeTaskList();
    const frozenFirst = {
      ...queue.tasks,
      publish: async (task: Task) => {
        expect(taskList.files.some(({ tasks }) => tasks.some(({ index }) => index === task.index))).toBe(true);
        await queue.tasks.publish(task);
      },
    };
    await startProducer({
      spec: specOf(100),
      queue: { ...queue, tasks: frozenFirst },
      taskList,
      describe: describeFake,
      signal: new AbortController().signal,
    });
    expect(taskList.frozen).toBe(true);
    expect(await queue.tasks.depth('r')).toBe(102);
  });

  it('ends with the same list when it was stopped half way and starts again', async () => {
    const whole = fakeTaskList();
    const signal = new AbortController().signal;
    await startProducer({ spec: specOf(150), queue: openMemoryQueue(), taskList: whole, describe: describeFake, signal });
    const halved = fakeTaskList();
    const stop = new AbortController();
    const stopping: Describe = async (file, given) => {
      if (file.file === 90) stop.abort(new Error('killed'));
      return describeFake(file, given);
    };
    const first = startProducer({ spec: specOf(150), queue: openMemoryQueue(), taskList: halved, describe: stopping, signal: stop.signal });
    await expect(first).rejects.toThrow('killed');
    expect(halved.files.length).toBeLessThan(150);
    await startProducer({ spec: specOf(150), queue: openMemoryQueue(), taskList: halved, describe: describeFake, signal });
    expect(halved.files).toEqual(whole.files);
  });
});
