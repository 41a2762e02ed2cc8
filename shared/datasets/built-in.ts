import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import { type Catalogue, parseCatalogue } from './catalogue.ts';

const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly default: unknown }>>> = {
  'atlas-2020': () => import('./catalogues/atlas-2020.json', { with: { type: 'json' } }),
  'atlas-2025': () => import('./catalogues/atlas-2025.json', { with: { type: 'json' } }),
  'cms-hzz-outreach': () => import('./catalogues/cms-hzz-outreach.json', { with: { type: 'json' } }),
  'cms-hzz-2011-2012': () => import('./catalogues/cms-hzz-2011-2012.json', { with: { type: 'json' } }),
};

/** Names of the built-in catalogues. */
export const CATALOGUE_NAMES: readonly string[] = Object.keys(BUILT_IN);

/**
 * A built-in catalogue.
 * @throws ConfigError with near misses if there is none of this name
 */
export async function loadBuiltInCatalogue(name: string): Promise<Catalogue> {
  const load = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (load !== undefined) return parseCatalogue((await load()).default, name);
  const hint = `${didYouMean(name, CATALOGUE_NAMES)} A catalogue of your own is given by the path of its JSON or YAML file.`;
  throw new ConfigError(`there is no built-in catalogue \`${name}\``, { hint });
}

/** The built-in catalogue made for an analysis; undefined where there is none. */
export async function catalogueOfAnalysis(analysis: string): Promise<Catalogue | undefined> {
  for (const name of CATALOGUE_NAMES) {
    const catalogue = await loadBuiltInCatalogue(name);
    if (catalogue.analysis === analysis) return catalogue;
  }
  return undefined;
}
