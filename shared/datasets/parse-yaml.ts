import { isMap, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from '../errors.ts';
import { type Catalogue, parseCatalogue } from './catalogue.ts';

/**
 * Like `parseCatalogueText`, from the text of a YAML file; a colour needs quotes, as `#` begins a comment.
 * @throws ConfigError naming line and column of what is no YAML
 */
export function parseCatalogueYaml(text: string, place: string): Catalogue {
  return parseCatalogue(parseYaml(text, place, 'a catalogue'), place);
}

/**
 * The fields of a YAML file, or of a JSON file, which is one. Merge keys (`<<`) work.
 * @param what the file should be, for errors
 * @throws ConfigError naming line and column of what is no YAML
 */
export function parseYaml(text: string, place: string, what: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError(`not YAML: ${error.message}`, { file: `${place}:${line}:${col}` });
  }
  if (!isMap(document.contents)) throw new ConfigError(`not ${what}: it has no fields`, { file: place });
  try {
    // Aliases that multiply (a few lines that mean gigabytes) are refused.
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new ConfigError(`not ${what}: ${(cause as Error).message}`, { file: place, cause });
  }
}
