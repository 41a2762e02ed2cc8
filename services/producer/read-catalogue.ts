import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { catalogueOfAnalysis, loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import { type Catalogue, isWhole, parseCatalogue, parseCatalogueText } from '#shared/datasets/catalogue.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';

/**
 * The catalogue that a request asks for: a built-in one by name, a JSON or YAML file by path, or what it holds itself; where it
 * asks for none, that of the analysis. Undefined where there is none, or `none` is asked for.
 * @throws ConfigError if it does not exist or is wrong
 */
export async function readCatalogue(asked: RunRequest['catalogue'], analysis?: string): Promise<Catalogue | undefined> {
  if (asked === undefined) return analysis === undefined ? undefined : catalogueOfAnalysis(analysis);
  if (typeof asked === 'object') return parseCatalogue(asked, 'the catalogue in the request');
  if (asked === 'none') return undefined;
  if (!/[/\\]|\.(json|ya?ml)$/i.test(asked)) return loadBuiltInCatalogue(asked);
  const text = await readFile(asked, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`the catalogue cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file: asked, cause });
  });
  const isYaml = /\.ya?ml$/i.test(asked);
  const parse = isYaml ? (await import('#shared/datasets/parse-yaml.ts')).parseCatalogueYaml : parseCatalogueText;
  return besideItsFiles(parse(text, asked), asked);
}

/** Files at relative paths are beside the catalogue, wherever the run is started from. */
function besideItsFiles(catalogue: Catalogue, path: string): Catalogue {
  const { baseUrl, datasets } = catalogue;
  const isRelative = datasets.some(({ files }) => files.some((file) => file.url === undefined && !isWhole(file.path)));
  return isRelative && !isWhole(baseUrl) ? { ...catalogue, baseUrl: resolve(dirname(path), baseUrl) } : catalogue;
}
