/** Real object stores on loopback for tests: MinIO for S3, fake-gcs-server for Google's interface; ended by process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts } from './free-ports.ts';

export interface ObjectServer {
  readonly url: string;
  close(): Promise<void>;
}

export const MINIO_KEYS = { accessKey: 'higgsflow-test', secretKey: 'planted-secret-of-minio' } as const;

const START_MS = 20_000;
const SOURCES = {
  minio: 'github.com/minio/minio@latest',
  'fake-gcs-server': 'github.com/fsouza/fake-gcs-server@latest',
} as const;
type Program = keyof typeof SOURCES;

/** Where a program is: on the PATH, or where `go install` puts it. */
export function findProgram(name: Program): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Why tests with this program cannot run here; undefined where they can. */
export function whyNo(name: Program): string | undefined {
  return findProgram(name) === undefined ? `there is no ${name} on this machine (go install ${SOURCES[name]})` : undefined;
}

export async function startMinio(): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'higgsflow-minio-'));
  const [port] = (await freePorts(1)) as [number];
  const env = {
    MINIO_ROOT_USER: MINIO_KEYS.accessKey,
    MINIO_ROOT_PASSWORD: MINIO_KEYS.secretKey,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
  };
  const child = start('minio', ['server', folder, '--address', `127.0.0.1:${port}`, '--quiet'], { ...env, HOME: folder, GOMAXPROCS: '2' });
  return comeUp(child, `http://127.0.0.1:${port}`, '/minio/health/ready', folder);
}

export async function startFakeGcs(): Promise<ObjectServer> {
  const folder = await mkdtemp(join(tmpdir(), 'higgsflow-gcs-'));
  const [port] = (await freePorts(1)) as [number];
  const url = `http://127.0.0.1:${port}`;
  const where = ['-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`, '-external-url', url, '-public-host', `127.0.0.1:${port}`];
  return comeUp(
    start('fake-gcs-server', ['-backend', 'memory', '-log-level', 'error', ...where], { HOME: folder }),
    url,
    '/_internal/healthcheck',
    folder,
  );
}

function start(name: Program, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const program = findProgram(name);
  if (program === undefined) throw new Error(whyNo(name));
  return spawn(program, args, { stdio: 'ignore', env: { PATH: process.env['PATH'], ...env } });
}

async function comeUp(child: ChildProcess, url: string, healthPath: string, folder: string): Promise<ObjectServer> {
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MS;
  while (!(await fetch(`${url}${healthPath}`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error(`${child.spawnfile} did not start`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, close };
}
