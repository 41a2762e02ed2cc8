import { readFile } from 'node:fs/promises';
import { catalogueOfAnalysis, loadBuiltInCatalogue } from '#shared/datasets/built-in.ts';
import { type Catalogue, parseCatalogue, parseCatalogueText } from '#shared/datasets/catalogue.ts';
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
  if (!/\.ya?ml$/i.test(asked)) return parseCatalogueText(text, asked);
  const { parseCatalogueYaml } = await import('#shared/datasets/parse-yaml.ts');
  return parseCatalogueYaml(text, asked);
}
