import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isEnough } from './node-runtime.mjs';
import { holdsAll } from './packages.mjs';
import { cacheFolder } from './tools.mjs';

const bin = fileURLToPath(new URL('.', import.meta.url));
const unreachable = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0', npm_config_cache: join(tmpdir(), 'none') };
type Locked = Readonly<Record<string, { version: string; optional?: boolean; os?: string[]; cpu?: string[]; libc?: string[] }>>;

/** A lock file with these packages, all of them asked for by the project. */
function lockOf(packages: Locked): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { '': manifestOf(packages), ...packages } });
}

function manifestOf(packages: Locked) {
  const dependencies = Object.entries(packages).map(([place, { version }]) => [place.replace('node_modules/', ''), version]);
  return { name: 'probe', version: '1.0.0', dependencies: Object.fromEntries(dependencies) };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-launch-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A project of its own with the launcher, a lock file and a script that tells how it was started. */
async function makeProject(packages: Locked = {}, installed: Locked | 'nothing' = {}): Promise<string> {
  const root = await mkdtemp(join(folder, 'project with spaces '));
  await cp(bin, join(root, 'bin'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify(manifestOf(packages)));
  await writeFile(join(root, 'package-lock.json'), lockOf(packages));
  await writeFile(
    join(root, 'script.ts'),
    'const told: string[] = process.argv.slice(1); console.log(JSON.stringify(told)); process.exitCode = 7;',
  );
  if (installed !== 'nothing') {
    await mkdir(join(root, 'node_modules'));
    await writeFile(join(root, 'node_modules', '.package-lock.json'), lockOf(installed));
  }
  return root;
}

describe('the launcher', () => {
  it('runs a script of the project from any folder, with its arguments and exit code', async () => {
    const root = await makeProject();
    const run = spawnSync(process.execPath, [join(root, 'bin', 'bootstrap.mjs'), 'script.ts', '--set', 'a b'], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 7, stderr: '' });
    expect(JSON.parse(run.stdout)).toEqual([join(root, 'script.ts'), '--set', 'a b']);
  });

  it('explains itself without a script', async () => {
    const root = await makeProject();
    const run = spawnSync(process.execPath, [join(root, 'bin', 'bootstrap.mjs')], { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining('usage') });
  });

  it('remembers that the packages are right, and looks again when the lock file changes', async () => {
    const root = await makeProject();
    const start = () =>
      spawnSync(process.execPath, [join(root, 'bin', 'bootstrap.mjs'), 'script.ts'], {
        encoding: 'utf8',
        env: { ...process.env, ...unreachable },
      });
    start();
    const stamp = await readFile(join(root, 'node_modules', '.higgsflow-lock'), 'utf8');
    const next = { 'node_modules/left': { version: '1.0.0' } };
    await writeFile(join(root, 'package.json'), JSON.stringify(manifestOf(next)));
    await writeFile(join(root, 'package-lock.json'), lockOf(next));
    expect(start()).toMatchObject({ status: 1, stderr: expect.stringContaining('are not those of package-lock.json') });
    expect(stamp).toMatch(/^[0-9a-f]{64} /);
  });

  it('says what to do where packages are missing and there is no network, and leaves nothing behind', async () => {
    const root = await makeProject({ 'node_modules/left': { version: '1.0.0' } }, 'nothing');
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith('higgsflow-install-'));
    const run = spawnSync(process.execPath, [join(root, 'bin', 'bootstrap.mjs'), 'script.ts'], {
      encoding: 'utf8',
      env: { ...process.env, ...unreachable },
    });
    expect(run).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/are missing; installing[\s\S]*Without a network/) });
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('higgsflow-install-'))).toEqual(before);
  });
});

describe('a command in a child process', () => {
  const parent = (program: string) => {
    const url = pathToFileURL(join(bin, 'launch.mjs')).href;
    return [
      '--input-type=module',
      '-e',
      `import { runChild } from ${JSON.stringify(url)}; await runChild(process.execPath, '-e', [${JSON.stringify(program)}]);`,
    ];
  };

  it('hands its exit code on', () => {
    expect(spawnSync(process.execPath, parent('process.exitCode = 3')).status).toBe(3);
  });

  it('hands its deadly signal on', () => {
    expect(spawnSync(process.execPath, parent('process.kill(process.pid, "SIGKILL")')).signal).toBe('SIGKILL');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('gets %s, and may end in its own way', async (signal) => {
    const program = `process.on('${signal}', () => { console.log('bye'); process.exit(5); }); setInterval(() => {}, 1000); console.log('ready');`;
    const child = spawn(process.execPath, parent(program), { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('ready')) child.kill(signal);
    });
    expect(await once(child, 'close')).toEqual([5, null]);
    expect(output).toBe('ready\nbye\n');
  });
});

describe('npm that is told to stop', () => {
  it.skipIf(process.platform === 'win32')('takes the command with it', async () => {
    const root = await makeProject();
    await writeFile(join(root, 'script.ts'), 'setInterval(() => {}, 1000); console.log(process.pid);');
    const manifest = { name: 'probe', version: '1.0.0', scripts: { start: 'node bin/bootstrap.mjs script.ts' } };
    await writeFile(join(root, 'package.json'), JSON.stringify(manifest));
    const npm = spawn('npm', ['run', '--silent', 'start'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    let command = 0;
    npm.stdout.once('data', (text: Buffer) => {
      command = Number(String(text));
      npm.kill('SIGTERM');
    });
    onTestFinished(() => {
      if (npm.stdout.closed || command === 0) return;
      process.kill(command, 'SIGKILL');
    });
    // The pipe closes when the last process that holds it is gone.
    await once(npm.stdout, 'close');
  });
});

describe('isEnough', () => {
  it.each([
    ['20.20.2', {}, false],
    ['22.18.0', { typescript: 'strip' }, false],
    ['24.0.0', { typescript: 'strip' }, true],
    ['26.10.0', { typescript: 'strip' }, true],
    ['24.21.0', { typescript: false }, false],
  ])('of Node %s with %j is %s', (version, features, expected) => {
    expect(isEnough(version, features)).toBe(expected);
  });
});

describe('holdsAll', () => {
  const lock = lockOf({
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b-linux-gnu': { version: '2.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    'node_modules/b-linux-musl': { version: '2.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/extra': { version: '3.0.0', optional: true },
  });
  const platform = { os: 'linux', cpu: 'x64', libc: 'glibc' } as const;

  it.each([
    ['everything for this platform', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-linux-gnu': { version: '2.0.0' } }, true],
    ['what is for another platform', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-linux-musl': { version: '2.0.0' } }, false],
    ['another version', { 'node_modules/a': { version: '1.0.1' }, 'node_modules/b-linux-gnu': { version: '2.0.0' } }, false],
    ['less', { 'node_modules/b-linux-gnu': { version: '2.0.0' } }, false],
  ])('of a folder with %s', async (_what, installed, expected) => {
    const root = await makeProject({}, installed);
    expect(holdsAll(lock, join(root, 'node_modules'), platform)).toBe(expected);
  });

  it('of a folder that is not there', () => {
    expect(holdsAll(lock, join(folder, 'nowhere'), platform)).toBe(false);
  });
});

describe('cacheFolder', () => {
  it('follows the same rules as the project itself', async () => {
    const { parseEnvironment } = await import('#shared/runtime/config.ts');
    for (const env of [{}, { HIGGSFLOW_CACHE: '/a' }, { XDG_CACHE_HOME: '/b' }, { XDG_CACHE_HOME: 'relative' }, { LOCALAPPDATA: '/c' }]) {
      for (const platform of ['linux', 'win32'] as const) {
        expect(cacheFolder(env, platform, '/home/ada')).toBe(parseEnvironment(env, platform, '/home/ada').cacheFolder);
      }
    }
  });
});
