import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './settings.ts';

/** What the environment says, read once and passed on as a plain value. */
export interface RuntimeConfig {
  /** Where things that can be made again are kept: generated samples, downloaded files. */
  readonly cacheFolder: string;
  /** Where the keys of runs are kept, a file each. */
  readonly credentialsFolder: string;
}

/** The process's environment as a plain value: the only place that reads `process.env`. */
export function readEnvironment(): RuntimeConfig {
  return parseEnvironment(process.env, process.platform, homedir());
}

/** All variables, for programs that parse their own settings. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Sets variables of this process and of threads that are started from now on; those that are undefined stay as they are. */
export function overrideEnvironment(values: Environment): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) process.env[name] = value;
}

/** Typed settings from environment variables. HIGGSFLOW_CACHE and CREDENTIALS_DIR win over the platform's own folders. */
export function parseEnvironment(env: Readonly<Record<string, string | undefined>>, platform: string, home: string): RuntimeConfig {
  return {
    cacheFolder: env['HIGGSFLOW_CACHE'] || join(platformCache(env, platform, home), 'higgsflow'),
    credentialsFolder: env['CREDENTIALS_DIR'] || join(platformConfig(env, platform, home), 'higgsflow', 'credentials'),
  };
}

/** The XDG rules, where a relative folder counts as not set; LOCALAPPDATA on Windows. */
function platformCache(env: Readonly<Record<string, string | undefined>>, platform: string, home: string): string {
  const named = env['XDG_CACHE_HOME'] ?? (platform === 'win32' ? env['LOCALAPPDATA'] : undefined);
  return named !== undefined && isAbsolute(named) ? named : join(home, '.cache');
}

/** The same for settings: XDG_CONFIG_HOME; APPDATA on Windows. */
function platformConfig(env: Readonly<Record<string, string | undefined>>, platform: string, home: string): string {
  const named = env['XDG_CONFIG_HOME'] ?? (platform === 'win32' ? env['APPDATA'] : undefined);
  return named !== undefined && isAbsolute(named) ? named : join(home, '.config');
}
