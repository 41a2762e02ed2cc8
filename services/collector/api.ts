/** The collector's HTTP API: runs, live events, the task list of producers, and verbs. README.md in this folder describes it. */
import { MessageError } from '#shared/errors.ts';
import { parseMessage } from '#shared/queue/messages.ts';
import { outputOutcomeSchema } from '#shared/queue/output-outcome.ts';
import { runSpecSchema } from '#shared/queue/run-spec.ts';
import { plannedFilesSchema } from '#shared/queue/task-list.ts';
import { type HttpAnswer, type HttpRequest, type HttpRoute, NotFoundError } from '#shared/runtime/http-server.ts';
import type { Collector } from './collector.ts';
import { shownUrl } from './shown-url.ts';

/** A spec lists every file: 100 bytes each, a million of them. */
const MAX_SPEC_BYTES = 128 * 2 ** 20;
const MAX_PAGE_BYTES = 16 * 2 ** 20;
const MAX_TASKS = 10_000;
const MAX_FAILURES = 10_000;
/** Proxies cut connections on which nothing comes. */
const PING_MS = 10_000;

/** Routes over a collector. `collector` throws as long as there is none. */
export function collectorRoutes(collector: () => Collector): HttpRoute[] {
  const runOf = ({ params }: HttpRequest) => {
    const run = params['run'] ?? '';
    return collector().has(run) ? run : unknownRun(run);
  };
  const get = (path: string, handle: HttpRoute['handle']): HttpRoute => ({ method: 'GET', path, handle });
  const verb = (path: string, act: (run: string, request: HttpRequest) => Promise<unknown>, maxBytes?: number): HttpRoute => ({
    method: 'POST',
    path: `/runs/:run/${path}`,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    handle: async (request) => ({ json: (await act(runOf(request), request)) ?? {} }),
  });
  return [
    get('/runs', async () => ({ json: await collector().runs() })),
    {
      method: 'POST',
      path: '/runs',
      maxBytes: MAX_SPEC_BYTES,
      handle: async (request) => ({ status: 201, json: await collector().open(parseMessage(runSpecSchema, await request.json())) }),
    },
    get('/runs/:run', async (request) => ({ json: await collector().snapshot(runOf(request)) })),
    get('/runs/:run/details', async (request) => details(collector(), runOf(request))),
    get('/runs/:run/failures', async (request) => ({
      json: collector()
        .failures(runOf(request), numberOf(request, 'limit', 1000, MAX_FAILURES))
        .map(({ url, ...failure }) => ({ ...failure, file: shownUrl(url) })),
    })),
    get('/runs/:run/events', (request) => ({
      type: 'text/event-stream',
      text: events(collector(), runOf(request), request.signal),
    })),
    get('/runs/:run/pending', async (request) => {
      const after = numberOf(request, 'after', -1, Number.MAX_SAFE_INTEGER);
      return { json: await collector().pending(runOf(request), after, numberOf(request, 'limit', 1000, MAX_TASKS)) };
    }),
    verb('files', async (run, request) => collector().add(run, parseMessage(plannedFilesSchema, await request.json())), MAX_PAGE_BYTES),
    verb('output', async (run, request) => collector().tellOutput(run, parseMessage(outputOutcomeSchema, await request.json()))),
    verb('freeze', (run) => collector().freeze(run)),
    verb('issue', (run) => collector().issue(run)),
    verb('cancel', (run) => collector().cancel(run)),
    verb('retry', async (run) => ({ tasks: await collector().retry(run) })),
    {
      method: 'DELETE',
      path: '/runs/:run',
      handle: async (request) => {
        await collector().remove(runOf(request));
        return { json: {} };
      },
    },
  ];
}

function unknownRun(run: string): never {
  throw new NotFoundError(`there is no run ${run}`);
}

function numberOf({ query }: HttpRequest, name: string, otherwise: number, most: number): number {
  const text = query.get(name);
  const value = text === null ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < -1) throw new MessageError(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Math.min(value, most);
}

/** Inputs may be very many: they are written as they are read. */
async function details(collector: Collector, run: string): Promise<HttpAnswer> {
  const found = await collector.details(run);
  if (found === undefined) return unknownRun(run);
  const { inputs, ...rest } = found;
  return { type: 'application/json', text: pieces(rest, inputs) };
}

async function* pieces(rest: object, inputs: Iterable<unknown>): AsyncGenerator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"inputs":[`;
  let lines: string[] = [];
  let first = true;
  for (const input of inputs) {
    lines.push(`${first ? '' : ','}\n${JSON.stringify(input)}`);
    first = false;
    if (lines.length < 1000) continue;
    yield lines.join('');
    lines = [];
  }
  yield `${lines.join('')}]}\n`;
}

/** Snapshots as Server-Sent Events, newest only; `end` after the last one. */
async function* events(collector: Collector, run: string, signal: AbortSignal): AsyncGenerator<string> {
  const stop = new AbortController();
  const changes = collector.changes(run, AbortSignal.any([signal, stop.signal]));
  try {
    let next = changes.next();
    while (!signal.aborted) {
      const result = await Promise.race([next, pause(PING_MS)]);
      if (result === undefined) yield ': ping\n\n';
      else if (result.done) break;
      else {
        yield `id: ${result.value.revision}\ndata: ${JSON.stringify(result.value)}\n\n`;
        next = changes.next();
      }
    }
    // Without it the client cannot tell an end from a cut.
    if (!signal.aborted && collector.broken === undefined) yield 'event: end\ndata: {}\n\n';
  } finally {
    stop.abort();
  }
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
