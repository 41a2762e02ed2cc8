import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents } from './event-stream.ts';

async function eventsOf(...parts: readonly Uint8Array[]) {
  const events = [];
  for await (const event of readEvents(
    (async function* () {
      yield* parts;
    })(),
  ))
    events.push(event);
  return events;
}

describe('an event stream', () => {
  it('is events with names and data; comments and what is not whole are left out', async () => {
    const text = ': ping\n\nid: 1\ndata: {"a":1}\n\nevent: end\ndata: {}\n\ndata: cut';
    expect(await eventsOf(Buffer.from(text))).toEqual([
      { event: 'message', data: '{"a":1}' },
      { event: 'end', data: '{}' },
    ]);
  });

  it('is the same however it is cut', async () => {
    const bytes = Buffer.from('data: "H → ZZ*"\n\nevent: end\ndata: √s\n\n');
    const whole = await eventsOf(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), bytes.length];
        const parts = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        expect(await eventsOf(...parts)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });
});
