/** `--config`: an analysis, or a file that says what to run; a suffix picks the year. */
import { readFile } from 'node:fs/promises';
import { analysisLocation } from '#services/producer/build-spec.ts';
import { checkRun } from '#services/producer/run-file.ts';
import { loadAnalysis } from '#shared/analysis/registry.ts';
import { parseYaml } from '#shared/datasets/parse-yaml.ts';
import { didYouMean } from '#shared/did-you-mean.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What the text asks for: `atlas-hzz-2020`, `./mine.ts`, `run.yaml`, each with `:2012` at its end if wanted: then the file's
 * variant of this name goes over the rest of it, or the parameter `year` of the analysis is set.
 * @throws ConfigError if there is no such file, variant or parameter
 */
export async function readConfig(text: string): Promise<Partial<RunRequest> | RunSpec> {
  const [, place = text, suffix] = /^(.+?)(?::(\w[\w.-]*))?$/.exec(text) ?? [];
  if (/\.(json|ya?ml)$/i.test(place)) return readRequestFile(place, suffix);
  if (suffix === undefined) return { analysis: text };
  const { name, parameters } = await loadAnalysis(analysisLocation(place), true);
  if (!Object.hasOwn(parameters, 'year')) {
    throw new ConfigError(`the analysis ${name} has no parameter \`year\`, which :${suffix} would set`, {
      hint: 'Leave the suffix out, or name a run file with `variants`: run.yaml:2012.',
    });
  }
  return { analysis: place, set: { year: suffix } };
}

/** A run request, or a whole spec, as JSON or YAML. @throws ConfigError */
export async function readRequestFile(file: string, suffix?: string): Promise<RunRequest | RunSpec> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`it cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file, cause });
  });
  // JSON is YAML as well.
  const { variants, ...base } = parseYaml(content, file, 'a run file') as Fields;
  return checkRun(suffix === undefined ? base : { ...base, ...chosen(variants, suffix, base, file) }, file);
}

function chosen(variants: unknown, suffix: string, base: Fields, file: string): Fields {
  const variant = isFields(variants) ? variants[suffix] : undefined;
  if (!isFields(variant)) {
    const names = isFields(variants) ? Object.keys(variants) : [];
    const hint = names.length === 0 ? `Add one: "variants": {"${suffix}": {"set": {...}}}.` : didYouMean(suffix, names);
    throw new ConfigError(`there is no variant \`${suffix}\` in it`, { file, hint });
  }
  const inner = ['set', 'storage'].filter((name) => isFields(variant[name]));
  return { ...variant, ...Object.fromEntries(inner.map((name) => [name, { ...(base[name] as Fields), ...(variant[name] as Fields) }])) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
