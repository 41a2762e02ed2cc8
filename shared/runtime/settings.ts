/** Settings from environment variables: a zod object whose keys are the variables' names, with `.describe()` on each. */
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';

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

/** Marks a variable whose value may come from a file named by `<name>_FILE`, as mounted secrets do. */
export const SECRET = { secret: true } as const;

/**
 * The settings, complete. A variable that is empty counts as not set.
 * @throws ConfigError that names every variable that is missing or wrong
 */
export function parseSettings<T extends z.ZodObject>(schema: T, env: Environment): z.infer<T> {
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
  const parsed = schema.safeParse(values);
  for (const { path, message, code } of parsed.error?.issues ?? []) {
    const name = String(path[0] ?? 'settings');
    if (told.has(name) || told.has(`${name}_FILE`)) continue;
    const missing = code === 'invalid_type' && values[name] === undefined;
    problems.push(missing ? `${name} is not set` : `${name}: ${message}`);
  }
  if (problems.length === 0 && parsed.success) return parsed.data;
  throw new ConfigError(`${problems.join('; ')}`, { object: 'environment', hint: 'See --help for all variables.' });
}

/** The variables in order of declaration. */
export function describeSettings(schema: z.ZodObject): SettingDescription[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    const missing = type.safeParse(undefined);
    const value = missing.success ? missing.data : undefined;
    const meta = type.meta() as { readonly description?: string; readonly secret?: boolean } | undefined;
    return {
      name,
      description: meta?.description ?? '',
      defaultValue: value === undefined ? undefined : String(value),
      required: !missing.success,
      mayBeFile: meta?.secret === true,
    };
  });
}

/** What `--help` of a service prints. */
export function settingsHelp(program: string, purpose: string, schema: z.ZodObject): string {
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
