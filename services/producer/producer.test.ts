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

async function planned(spec: RunSpec, describeFile = describeFake): Promise<PlannedFile[]> {
  const files: PlannedFile[] = [];
  for await (const page of planRun(spec, { describe: describeFile, signal: new AbortController().signal })) files.push(...page);
  return files;
}

/** A task list in memory, as the ledger keeps it. */
function fakeTaskList(): TaskList & { files: PlannedFile[]; frozen: boolean } {
  const list = {
    files: [] as PlannedFile[],
    frozen: false,
    open: async () => ({ frozen: list.frozen }),
    add: async (_run: string, files: readonly PlannedFile[]) => {
      for (const file of files) {
        if (list.files[file.file] !== undefined) expect(file).toEqual(list.files[file.file]);
        list.files[file.file] = file;
      }
    },
    freeze: async () => {
      list.frozen = true;
    },
    pending: async (run: string, after: number, limit: number) => {
      const all = list.files.flatMap(({ url, dataset, tasks }) =>
        tasks.map(
          (task): Task => ({ ...task, v: 1, run, url, dataset, isData: false, tree: 't', analysis: 'a', parameters: {}, attempt: 1 }),
        ),
      );
      return all
        .filter(({ index }) => index > after)
        .sort((a, b) => a.index - b.index)
        .slice(0, limit);
    },
  };
  return list;
}

describe('planRun', () => {
  it('takes the entries of a file that cannot be opened from the catalogue', async () => {
    const { datasets, ...spec } = specOf(6);
    const facts = [{}, {}, { entries: 60, bytes: 7 }];
    const told = datasets.map((each, i) => (i === 1 ? { ...each, facts } : each));
    const plan = (await planned({ ...spec, fraction: 0.5, datasets: told }))[5];
    expect(plan).toMatchObject({ entries: 60, bytes: 7, toy: undefined, tasks: [{ from: 0, to: 30 }] });
    const [, , unknown] = (await planned({ ...spec, datasets })).slice(3);
    expect([unknown?.entries, unknown?.tasks.map(({ to }) => to)]).toEqual([undefined, [undefined]]);
  });

  it('hands on what the catalogue knows of a file, and refuses one that is not as it says', async () => {
    const spec = specOf(4);
    const facts = [{ luminosityFb: 0.5, replicas: ['s3://b/f0.root'] }, { entries: 10, bytes: 1000 }, {}];
    const withFacts = (data: typeof facts) => ({
      ...spec,
      datasets: spec.datasets.map((each, i) => (i === 0 ? { ...each, facts: data } : each)),
    });
    const [first, second] = await planned(withFacts(facts));
    expect([first?.luminosityFb, first?.replicas, second?.luminosityFb]).toEqual([0.5, ['s3://b/f0.root'], undefined]);
    const wrong = withFacts([{}, { entries: 11, bytes: 1000 }, {}]);
    await expect(planned(wrong)).rejects.toThrow('f1.root: the file has 10 entries, the catalogue says 11. `higgsflow datasets --verify`');
    const toy: Describe = async (file, signal) => ({ ...(await describeFake(file, signal)), toy: true }) as Awaited<ReturnType<Describe>>;
    await expect(planned(wrong, toy)).resolves.toHaveLength(4);
  });

  it('cuts files at clusters, and leaves the unreadable file one open task', async () => {
    const files = await planned(specOf(7));
    expect(files.map(({ file, dataset, url }) => `${file} ${dataset} ${url}`).slice(2, 4)).toEqual(['2 data f2.root', '3 mc f3.root']);
    expect(files[2]?.tasks.map(({ from, to }) => [from, to])).toEqual([
      [0, 100],
      [100, 200],
      [200, 300],
    ]);
    expect(files[5]).toMatchObject({ file: 5, dataset: 'mc', url: 'f5.root', entries: undefined, tasks: [{ index: expect.any(Number) }] });
  });

  it('numbers tasks so that all datasets get on alike', async () => {
    const files = await planned(specOf(13)); // data: 2 files and one of three chunks; mc: 10 files
    const datasets: string[] = [];
    for (const { dataset, tasks } of files) for (const { index } of tasks) datasets[index] = dataset;
    expect(datasets.map((dataset) => dataset[0]).join('')).toBe('dmmdmmdmmdmmdmm');
  });

  it('gives the same tasks each time, however quick the files answer', async () => {
    const slower: Describe = async (file, signal) => {
      await new Promise((resolve) => setTimeout(resolve, file.file % 5));
      return describeFake(file, signal);
    };
    expect(await planned(specOf(200), slower)).toEqual(await planned(specOf(200)));
  });

  it('opens at most 16 files at a time', async () => {
    let open = 0;
    let most = 0;
    const counting: Describe = async (file, signal) => {
      most = Math.max(most, ++open);
      const description = await describeFake(file, signal);
      open -= 1;
      return description;
    };
    await planned(specOf(100), counting);
    expect(most).toBe(16);
  });
});

describe('producer', () => {
  it('publishes each task once, after the list is frozen', async () => {
    const queue = openMemoryQueue();
    const taskList = fakeTaskList();
    const frozenFirst = {
      ...queue.tasks,
      publish: async (task: Task) => {
        expect(taskList.frozen).toBe(true);
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
    expect(halved.frozen).toBe(false);
    await startProducer({ spec: specOf(150), queue: openMemoryQueue(), taskList: halved, describe: describeFake, signal });
    expect(halved.files).toEqual(whole.files);
  });
});
