/**
 * Run this after every change of a dependency: `node bin/complete-lockfile.mjs`.
 *
 * Some package mirrors lack the prebuilt packages of platforms other than their own. npm then leaves those out of
 * package-lock.json without a word, and `npm ci` refuses the lock on the platforms concerned, or everywhere. This writes
 * the missing optional entries (version, platform) from what their parents ask for, and takes out the hosts of mirrors.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PATH = new URL('../package-lock.json', import.meta.url);
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** Platform fields by the naming habit of prebuilt packages: `@scope/name-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-_.]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  // `linux-arm-gnueabihf`, `android-arm-eabi`, `win32-x64-msvc`: the processor is a word of its own.
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc =
    os !== 'linux' ? undefined : words.some((word) => word.startsWith('musl')) ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/** What the package at `place` gets as `name`: from its own node_modules, else from those further out, as Node looks it up. */
function lockedFor(packages, place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const entry = packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`];
    if (entry !== undefined || at === '') return entry;
  }
}

/** Adds what is missing; returns the names added and those whose platform cannot be told. */
export function completeLock(lock) {
  const added = [];
  const unclear = [];
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      const version = /^[\^~]?(\d+\.\d+\.\d+\S*)$/.exec(range)?.[1];
      const locked = lockedFor(lock.packages, place, name);
      if (place === '' || (locked !== undefined && (range !== version || locked.version === version))) continue;
      const platform = platformOf(name);
      if (version === undefined || Object.keys(platform).length === 0) {
        unclear.push(`${name}@${range} of ${place}`);
        continue;
      }
      const key = `${locked === undefined ? '' : `${place}/`}node_modules/${name}`;
      lock.packages[key] = { version, ...platform, ...(entry.dev && { dev: true }), optional: true };
      added.push(name);
    }
  }
  for (const entry of Object.values(lock.packages)) {
    // Whoever installs has a registry set; the hash in `integrity` says that it gave the right file.
    if (entry.resolved?.startsWith('http')) delete entry.resolved;
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  return { added, unclear };
}

if (
  process.argv[1] !== undefined &&
  import.meta.url.endsWith('/complete-lockfile.mjs') &&
  process.argv[1].endsWith('complete-lockfile.mjs')
) {
  const lock = JSON.parse(readFileSync(PATH, 'utf8'));
  const { added, unclear } = completeLock(lock);
  writeFileSync(PATH, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`${added.length} entries added\n`);
  for (const name of unclear) process.stdout.write(`left out, platform not clear: ${name}\n`);
}
