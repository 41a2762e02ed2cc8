/** A private xrootd for tests: own folder, ports and user; ended by process id. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import { freePorts } from './free-ports.ts';

export interface XrootdServerOptions {
  /** Lines of the configuration besides those that every server needs. `{http}` stands for a free port, `{folder}` for its folder. */
  readonly config?: readonly string[];
  readonly tls?: boolean;
  /** Puts more into its folder before it starts. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export interface XrootdServer {
  readonly port: number;
  /** For `{http}` in the configuration. */
  readonly httpPort: number;
  /** What the server shows as `/data`. */
  readonly data: string;
  readonly folder: string;
  readonly certificates: Certificates | undefined;
  readLog(): Promise<string>;
  /** Ends it and starts it again on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const START_MS = 60_000;
/** It asks for the name of its own machine before it opens its log: for the resolver of libc, which waits 5 s for each lost answer otherwise. */
const RESOLVER = 'timeout:1 attempts:2';

/** Why these tests cannot run here; undefined where they can. */
export function whyNoXrootd(): string | undefined {
  try {
    execFileSync('xrootd', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no xrootd on this machine (Debian: xrootd-server)';
  }
}

/** @throws Error with the end of its log if it does not come up */
export async function startXrootdServer({ config = [], tls = false, prepare }: XrootdServerOptions = {}): Promise<XrootdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'higgsflow-xrootd-'));
  const data = join(folder, 'root', 'data');
  for (const name of ['root/data', 'run', 'pem']) await mkdir(join(folder, name), { recursive: true });
  const [port, httpPort] = (await freePorts(2)) as [number, number];
  const certificates = tls ? await makeCertificates(join(folder, 'pem')) : undefined;
  const lines = [
    'all.export /data',
    `oss.localroot ${folder}/root`,
    `all.adminpath ${folder}/run`,
    `all.pidpath ${folder}/run`,
    'xrd.allow host localhost',
    ...(certificates === undefined ? [] : [`xrd.tls ${certificates.server.certFile} ${certificates.server.keyFile}`, 'xrd.tlsca noverify']),
    ...config,
  ];
  const text = `${lines.join('\n')}\n`.replaceAll('{http}', `${httpPort}`).replaceAll('{folder}', folder);
  await writeFile(join(folder, 'server.cfg'), text);
  await prepare?.(folder);
  const owner = await giveAway(folder);
  const log = join(folder, 'run', 'server.log');
  let process = await comeUp(folder, log, port, owner);
  return {
    port,
    httpPort,
    data,
    folder,
    certificates,
    readLog: () => readFile(log, 'utf8'),
    restart: async () => {
      await end(process);
      process = await comeUp(folder, log, port, owner);
    },
    close: async () => {
      await end(process);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Owner = { readonly uid: number; readonly gid: number } | undefined;

/** xrootd does not run as root: another user is to own the folder then. */
async function giveAway(folder: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = { uid: 65_534, gid: 65_534 };
  execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, folder]);
  await chmod(folder, 0o755);
  await chown(folder, owner.uid, owner.gid);
  return owner;
}

async function comeUp(folder: string, log: string, port: number, owner: Owner): Promise<ChildProcess> {
  const args = ['-c', join(folder, 'server.cfg'), '-l', log, '-p', `${port}`, '-n', 'test'];
  const child = spawn('xrootd', args, {
    stdio: 'ignore',
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: join(folder, '.cache'), RES_OPTIONS: RESOLVER },
    ...owner,
  });
  // named: the instance's log is in a folder of that name
  const deadline = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (hasEnded(child) || performance.now() > deadline) {
      const how = hasEnded(child) ? `it ended by ${child.signalCode ?? child.exitCode}` : `no connection in ${START_MS / 1000} s`;
      await end(child);
      const text = execFileSync('sh', ['-c', `cat ${folder}/run/*.log ${folder}/run/*/*.log 2>/dev/null | tail -40`]).toString();
      throw new Error(`xrootd did not start: ${how}; its log: ${text || 'nothing'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return child;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
