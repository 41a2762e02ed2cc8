/** Settings from environment variables: a schema whose keys are the variables' names. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { ConfigError } from '../errors.ts';
import { count, writtenNumber } from '../schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One variable, for help texts and documents. */
export interface SettingDescription {
  readonly name: string;
  readonly description: string;
  /** As a user would write it; undefined where there is none. */
  readonly defaultValue: string | undefined;
  readonly required: boolean;
  /** The value may be in a file instead, named by `<name>_FILE`. */
  readonly mayBeFile: boolean;
}

/** The variables of a program. */
export type SettingsSchema = v.ObjectSchema<v.ObjectEntries, undefined>;

export const flag = v.pipe(
  v.picklist(['true', 'false', '1', '0']),
  v.transform((value) => value === 'true' || value === '1'),
);

export const webAddress = v.pipe(
  v.string(),
  v.check((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'it must be an http:// or https:// address'),
);

/** An address to which paths are added: without a slash at its end. */
export const baseAddress = v.pipe(
  webAddress,
  v.transform((value) => value.replace(/\/+$/, '')),
);

/** 0 takes any free one. */
export const port = v.pipe(writtenNumber, count, v.maxValue(65_535));

export const logLevel = v.picklist(['debug', 'info', 'warn', 'error']);

/** A variable, and what `--help` says of it. */
export const setting = <const T extends v.GenericSchema>(schema: T, description: string) => v.pipe(schema, v.description(description));

/** The same for one whose value may come from a file named by `<name>_FILE`, as mounted secrets do. */
export const secretSetting = <const T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description), v.metadata({ secret: true }));

/**
 * The settings, complete. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is missing or wrong
 */
export function parseSettings<T extends SettingsSchema>(schema: T, env: Environment): v.InferOutput<T> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const { name, mayBeFile } of describeSettings(schema)) {
    try {
      const value = givenValue(env, name, mayBeFile);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  const told = new Set(problems.map((problem) => problem.split(/[ :]/, 1)[0]));
  const parsed = v.safeParse(schema, values);
  for (const { path, message } of parsed.issues ?? []) {
    const name = String(path?.[0]?.key ?? 'settings');
    if (told.has(name) || told.has(`${name}_FILE`)) continue;
    problems.push(values[name] === undefined ? `${name} is not set` : `${name}: ${message}`);
  }
  if (problems.length === 0 && parsed.success) return parsed.output;
  throw new ConfigError(`${problems.join('; ')}`, { object: 'environment', hint: 'See --help for all variables.' });
}

/** The variables in order of declaration. */
export function describeSettings(schema: SettingsSchema): SettingDescription[] {
  return Object.entries(schema.entries).map(([name, type]) => {
    const missing = v.safeParse(type, undefined);
    const value = missing.success ? missing.output : undefined;
    return {
      name,
      description: v.getDescription(type) ?? '',
      defaultValue: value === undefined ? undefined : String(value),
      required: !missing.success,
      mayBeFile: v.getMetadata(type)['secret'] === true,
    };
  });
}

/** What `--help` of a service prints. */
export function settingsHelp(program: string, purpose: string, schema: SettingsSchema): string {
  const settings = describeSettings(schema);
  const width = Math.max(...settings.map(({ name, mayBeFile }) => name.length + (mayBeFile ? 8 : 0)));
  const lines = settings.map(({ name, description, defaultValue, required, mayBeFile }) => {
    const end = required ? ' (required)' : defaultValue === undefined ? '' : ` (${defaultValue})`;
    return `  ${`${name}${mayBeFile ? '[_FILE]' : ''}`.padEnd(width)}  ${description}${end}`;
  });
  const note = settings.some(({ mayBeFile }) => mayBeFile) ? '\n\nNAME[_FILE]: the value itself, or the path of a file that holds it.' : '';
  return `${program}: ${purpose}\n\nIt is set up by environment variables:\n${lines.join('\n')}${note}\n`;
}

function givenValue(env: Environment, name: string, mayBeFile: boolean): string | undefined {
  const value = env[name] === '' ? undefined : env[name];
  const file = mayBeFile ? env[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return value;
  if (value !== undefined) throw new Error(`${name} and ${name}_FILE are both set`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new Error(`${name}_FILE cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
