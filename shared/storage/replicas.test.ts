import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { describeByteSource } from './conformance.ts';
import { openSource } from './open.ts';
import { parseStorageSettings } from './parse-settings.ts';
import { changedError } from './read-errors.ts';
import { withReplicas } from './replicas.ts';
import { startTestServer } from './test-server.ts';
import { memorySource } from './test-source.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff);
const place = (name: string, source = memorySource(bytes, { name })) => ({ place: name, source, open: async () => source });
const fails = (name: string, error: unknown) => ({
  place: name,
  open: async () => {
    throw error;
  },
});
const busy = new StorageError('busy');

describe('withReplicas', () => {
  it('reads the first place that gives the file', async () => {
    const b = place('b');
    const source = await withReplicas([fails('a', busy), b, fails('c', busy)]);
    expect(await source.read(1, 2)).toEqual(bytes.slice(1, 3));
    expect(source.places?.()).toEqual({ b: { bytes: 2, requests: 1 } });
    await source.close();
    expect(b.source.closed()).toBe(true);
  });

  it('goes on at the next place when one fails in the middle, all readers together, once', async () => {
    const [a, b] = [place('a'), place('b')];
    const source = await withReplicas([a, b]);
    await source.read(0, 10);
    a.source.before = () => {
      throw busy;
    };
    const answers = await Promise.all([0, 5, 9].map((offset) => source.readMany([{ offset, length: 3 }])));
    expect(answers.flat()).toEqual([0, 5, 9].map((offset) => bytes.slice(offset, offset + 3)));
    expect(source.places?.()).toEqual({ a: { bytes: 10, requests: 1 }, b: { bytes: 9, requests: 3 } });
    expect(source.counters).toMatchObject({ requests: 4, bytes: 19 });
  });

  it('fails with the last error when there is no place left', async () => {
    const last = new StorageError('gone', { retryable: false });
    await expect(withReplicas([fails('a', busy), fails('b', last)])).rejects.toBe(last);
  });

  it('takes no file of another size', async () => {
    const a = place('a');
    const source = await withReplicas([a, place('b', memorySource(bytes.slice(1), { name: 'b' }))]);
    a.source.before = () => {
      throw busy;
    };
    await expect(source.read(0, 1)).rejects.toMatchObject({ retryable: false, file: 'b' });
  });

  it('keeps several places on one server apart, and closes all of them', async () => {
    const sources = [1, 2, 3].map((index) => memorySource(bytes.map((byte) => byte & index)));
    const source = await withReplicas(sources.map((each) => ({ place: 'root://host', open: async () => each })));
    for (const [index, each] of sources.entries()) {
      expect(await source.read(3, 1)).toEqual(Uint8Array.of(3 & (index + 1)));
      each.before = () => {
        throw busy;
      };
    }
    expect(source.places?.()).toEqual({ 'root://host': { bytes: 3, requests: 3 } });
    expect(source.counters).toMatchObject({ requests: 3, bytes: 3 });
    await source.close();
    expect(sources.map((each) => each.closed())).toEqual([true, true, true]);
  });

  it('goes on with none that is of another size, nor asks it whether it changed', async () => {
    const [a, b] = [memorySource(bytes), memorySource(bytes.slice(1))];
    const changing = {
      ...b,
      verify: async () => {
        throw changedError('b', 'is longer');
      },
    };
    const source = await withReplicas([a, changing].map((each) => ({ place: 'root://host', open: async () => each })));
    a.before = () => {
      throw busy;
    };
    await expect(source.read(0, 1)).rejects.toMatchObject({ reason: 'has 999 bytes, but 1000 at https://far.test/file.root' });
    expect(b.closed()).toBe(true);
    a.before = () => {};
    expect(await source.read(1, 2)).toEqual(bytes.slice(1, 3));
    await source.verify?.();
    await source.close();
    expect(a.closed()).toBe(true);
  });

  it('closes a place that opens when the file is closed already', async () => {
    const [a, b] = [place('a'), place('b')];
    const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
    const source = await withReplicas([a, { place: 'b', open: () => isOpen.then(b.open) }]);
    a.source.before = () => {
      throw busy;
    };
    const read = source.read(0, 1);
    // Until it has failed at the first place.
    await new Promise((resolve) => setImmediate(resolve));
    await source.close();
    open();
    await expect(read).rejects.toThrow('read after close');
    expect(b.source.closed()).toBe(true);
  });

  it('does not look elsewhere for a file that changed, a range outside, or when it is stopped', async () => {
    const [a, b] = [place('a'), place('b')];
    const source = await withReplicas([a, b]);
    const changed = changedError('a', 'is longer');
    a.source.before = () => {
      throw changed;
    };
    await expect(source.read(0, 1)).rejects.toBe(changed);
    await expect(source.read(999, 2)).rejects.toMatchObject({ code: 'StorageError' });
    await expect(source.read(0, 1, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    expect(b.source.asked).toEqual([]);
  });

  it('tells by its kind, not its words, what is no better elsewhere', async () => {
    for (const kind of ['changed', 'outside', 'closed'] as const) {
      const error = new StorageError('in other words', { kind, retryable: false });
      await expect(withReplicas([fails('a', error), place('b')])).rejects.toBe(error);
    }
    const error = new StorageError('changed while it was rebuilt: the server sent more than the 9 bytes asked for', { retryable: false });
    expect((await withReplicas([fails('a', error), place('b')])).name).toBe('b');
  });

  it('looks nowhere else for what it reads when it is closed', async () => {
    const server = await startTestServer(bytes);
    const source = await openSource(server.url, { replicas: [`${server.url}2`], settings: parseStorageSettings({}), headBytes: 0 });
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    server.intercept = () => {
      resolve();
      return true;
    };
    const refused = expect(source.read(0, 10)).rejects.toMatchObject({ kind: 'closed', reason: 'closed during a read' });
    await asked;
    await source.close();
    await refused;
    expect(server.log.filter(({ path }) => path.endsWith('2'))).toEqual([]);
    await server.close();
  });
});

describeByteSource(
  'one of two replicas',
  (location) => openSource(location, { replicas: [location], settings: parseStorageSettings({}), headBytes: 0 }),
  async (content) => {
    const server = await startTestServer(content);
    return { location: server.url, replace: async (next) => server.setFile(next, '"v2"'), close: () => server.close() };
  },
);
