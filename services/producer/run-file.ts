import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { didYouMean } from '#shared/did-you-mean.ts';
import { ConfigError } from '#shared/errors.ts';
import { nearMisses } from '#shared/near-misses.ts';
import { type RunRequest, runRequestSchema } from '#shared/queue/run-request.ts';
import { type RunSpec, runSpecSchema } from '#shared/queue/run-spec.ts';
import { describeIssues } from '#shared/schema.ts';
import { type BuildOptions, buildSpec } from './build-spec.ts';
import { refuseSecrets } from './refuse-secrets.ts';

/** The text of a run file, which may be compressed by gzip: long requests come in a ConfigMap. @throws ConfigError if it cannot be read */
export async function readRunText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_TEXT }) : bytes).toString();
  } catch (cause) {
    throw new ConfigError(`the run cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file, cause });
  }
}

/** As much as the collector takes. */
const MAX_TEXT = 128 * 2 ** 20;

/** The run that a JSON file asks for: a whole spec, or a request from which one is made. @throws ConfigError if it is neither */
export function readRunFile(text: string, file: string): RunRequest | RunSpec {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError('the run is no JSON', { file, cause });
  }
  return checkRun(json, file);
}

/** The same of what a file holds. @throws ConfigError if it is neither */
export function checkRun(json: unknown, file: string): RunRequest | RunSpec {
  const isSpec = isObject(json) && 'datasets' in json;
  const parsed = v.safeParse(isSpec ? runSpecSchema : runRequestSchema, isSpec ? json : withLists(json));
  if (!parsed.success) {
    const hint = isSpec ? undefined : meantFields(json);
    throw new ConfigError(`the run is not as it must be: ${describeIssues(parsed.issues, 'run', 5)}`, { file, hint });
  }
  if ('datasets' in parsed.output) refuseSecrets(parsed.output);
  return parsed.output;
}

/** `data: samples` means `data: [samples]`. */
function withLists(request: unknown): unknown {
  if (!isObject(request)) return request;
  const texts = ['data', 'datasetPattern'].filter((name) => typeof request[name] === 'string');
  return { ...request, ...Object.fromEntries(texts.map((name) => [name, [request[name]]])) };
}

/** For the first field that a request does not have, the one that is meant. */
function meantFields(request: unknown): string | undefined {
  const names = Object.keys(runRequestSchema.entries);
  const odd = isObject(request) ? Object.keys(request).find((name) => !names.includes(name)) : undefined;
  return odd === undefined || nearMisses(odd, names).length === 0 ? undefined : didYouMean(odd, names);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same as a spec. @throws ConfigError also if a request names no run: each start would begin another one */
export async function parseRunFile(text: string, file: string, options: Partial<BuildOptions>): Promise<RunSpec> {
  const request = readRunFile(text, file);
  if ('datasets' in request) return request;
  const noRun = () => {
    throw new ConfigError('the run has no id', { file, hint: 'Add one: "run": "my-run-1".' });
  };
  return buildSpec(request, { runId: noRun, ...options });
}
