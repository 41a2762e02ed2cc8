/** Makes node_modules what package-lock.json says. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LaunchError, runNpm, say } from './tools.mjs';

/** Installs the packages where they are missing or not those of the lock file. Costs one file hash where they are. */
export async function installPackages(root, node) {
  const modules = join(root, 'node_modules');
  const lock = readIfThere(join(root, 'package-lock.json'));
  if (lock === undefined) throw new LaunchError(`there is no package-lock.json in ${root}: is this a whole checkout?`);
  const wanted = `${sha256(lock)} ${process.platform}-${process.arch}\n`;
  const stamp = join(modules, '.higgsflow-lock');
  if (readIfThere(stamp) === wanted) return;
  const release = await takeTurn(root);
  try {
    if (readIfThere(stamp) === wanted) return;
    if (!holdsAll(lock, modules)) {
      const why = existsSync(modules) ? 'are not those of package-lock.json' : 'are missing';
      say(`the packages in ${modules} ${why}; installing them (npm ci, a minute or two, once)`);
      await install(root, node);
    }
    writeStamp(stamp, wanted);
  } finally {
    release();
  }
}

async function install(root, node) {
  const code = await runNpm(['ci', '--prefix', root, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, node });
  if (code === 0) return;
  throw new LaunchError(
    `npm could not install the packages (see above). Without a network they cannot be had the first time: connect and run the same command again. Behind a proxy, npm needs to know it (npm config set proxy ...).`,
  );
}

/**
 * True where somebody installed these packages already (npm writes down what it put where). Packages for other platforms are
 * missing by right.
 */
export function holdsAll(lock, modules, platform = thisPlatform()) {
  const installed = readIfThere(join(modules, '.package-lock.json'));
  if (installed === undefined) return false;
  const there = JSON.parse(installed).packages;
  return Object.entries(JSON.parse(lock).packages).every(([place, entry]) => {
    if (place === '') return true;
    if (there[place] !== undefined) return there[place].version === entry.version;
    return entry.optional === true && !isFor(entry, platform);
  });
}

function thisPlatform() {
  const { platform: os, arch: cpu } = process;
  // The report names glibc's version, where there is glibc.
  const libc = os !== 'linux' ? undefined : process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
  return { os, cpu, libc };
}

/** True for a package that was built for this platform; false also for one that does not say what it was built for. */
function isFor(entry, platform) {
  const named = ['os', 'cpu', 'libc'].filter((field) => entry[field] !== undefined);
  return named.length > 0 && named.every((field) => entry[field].includes(platform[field]));
}

function writeStamp(stamp, text) {
  try {
    writeFileSync(stamp, text);
  } catch {
    // A checkout that belongs to somebody else: the slower comparison will do the next time too.
  }
}

/** Two commands that start at once must not install into the same folder. Resolves to the function that ends the turn. */
async function takeTurn(root) {
  const folder = join(tmpdir(), `higgsflow-install-${sha256(root).slice(0, 16)}`);
  const owner = join(folder, 'pid');
  for (let waited = 0; ; waited++) {
    try {
      mkdirSync(folder);
      writeFileSync(owner, `${process.pid}`);
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const pid = Number(readIfThere(owner));
    // The file is written right after the folder is made: a folder that stays empty was left by a process that died.
    if (pid > 0 ? !isAlive(pid) : waited > 20) rmSync(folder, { recursive: true, force: true });
    else if (waited === 5) say(`waiting for process ${pid}, which installs the packages`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
