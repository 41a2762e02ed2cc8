/** The command, with programs in place of the providers' that write down what they are asked. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const MAPPING = [
  { datasets: ['a.txt', 'a.txt'], flavor: 'n1-standard-4', nodes: '2', dpath: '/dev/shm' },
  { datasets: ['b.txt'] },
  { datasets: ['c.txt'], cluster: 'home' },
];

/** `$1` of the list is there already; making `demo-1` fails where the file `fails` exists. */
const FAKE = `#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
  *list*|*'get clusters'*) echo home ;;
  *create*demo-1*) echo 'Quota exceeded' >&2; [ ! -e "$LOG.fails" ] || exit 3 ;;
  *) echo 'working' >&2 ;;
esac
`;

describe('higgsflow clusters', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clusters-'));
    mkdirSync(join(folder, 'bin'));
    for (const name of ['gcloud', 'kind', 'k3d']) {
      writeFileSync(join(folder, 'bin', name), FAKE);
      chmodSync(join(folder, 'bin', name), 0o755);
    }
    writeFileSync(join(folder, 'm.json'), JSON.stringify(MAPPING));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trim().split('\n').sort() : []);
  const clusters = (args: string, path = join(folder, 'bin')) => {
    const words = [MAIN, 'clusters', ...args.split(' '), '--dataset-mapping', join(folder, 'm.json'), '--prefix', 'demo-'];
    const env = { PATH: [path, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: folder, LOG: join(folder, 'log') };
    return spawnSync(process.execPath, words, { encoding: 'utf8', env });
  };
  const GKE = '--gcs-project-id p --gcs-region r';

  it('makes those that are missing, and says which command does it', () => {
    const { status, stderr } = clusters(`create --yes ${GKE}`);
    expect(stderr).toContain('a list is named again');
    expect(stderr).toContain('home: is there already');
    expect(stderr).toContain('demo-0: is there, as context gke_p_r_demo-0');
    expect(stderr).toContain('gcloud container clusters create demo-0 --project=p --region=r --machine-type=n1-standard-4 --num-nodes=2');
    expect(status).toBe(0);
    expect(log().map((line) => line.split(' --')[0])).toEqual([
      'gcloud container clusters create demo-0',
      'gcloud container clusters create demo-1',
      'gcloud container clusters get-credentials demo-0',
      'gcloud container clusters get-credentials demo-1',
      'gcloud container clusters list',
    ]);
  });

  it('names a cluster that failed, with the reason, and makes the others', () => {
    writeFileSync(join(folder, 'log.fails'), '');
    const { status, stderr } = clusters(`create --yes ${GKE}`);
    expect(stderr).toContain('demo-1: failed: gcloud ended with 3: Quota exceeded');
    expect(stderr).toContain('demo-0: is there, as context');
    expect(stderr).toContain('1 of 2 clusters failed: demo-1');
    expect(status).toBe(1);
  });

  it('asks before it deletes, and deletes nothing that is not there', () => {
    const refused = clusters('delete --provider k3d');
    expect([refused.status, refused.stderr]).toEqual([78, expect.stringContaining('nobody can be asked here')]);
    expect(log()).toEqual(['k3d cluster list --no-headers']);
    const { status, stderr } = clusters('delete --provider k3d --yes');
    expect(stderr).toContain('demo-0: is not there');
    expect(status).toBe(0);
    expect(log().filter((line) => line.includes('delete'))).toEqual(['k3d cluster delete home']);
  });

  it('prints the commands and runs none with --dry-run', () => {
    const { status, stdout } = clusters('create --provider kind --dry-run --dataset-index 1');
    expect(stdout).toBe('kind create cluster --name demo-1 --wait 5m\n');
    expect([status, log()]).toEqual([0, []]);
  });

  it('lists what is there', () => {
    const { stdout } = clusters('list --provider kind --json');
    expect(JSON.parse(stdout)).toMatchObject([
      { cluster: 'demo-0', there: false, context: 'kind-demo-0', nodes: 2, lists: 1 },
      { cluster: 'demo-1', there: false },
      { cluster: 'home', there: true },
    ]);
  });

  it('says where to get a program that is missing', () => {
    const { status, stderr } = clusters('create --provider k3d --yes', '/nowhere');
    expect(stderr).toMatch(/there is no program k3d[\s\S]*https:\/\/k3d.io/);
    expect(status).toBe(78);
  });

  it('names the clusters of the file where another one is asked for', () => {
    const { status, stderr } = clusters('list --provider kind --cluster none');
    expect(stderr).toContain('there is no cluster none');
    expect(status).toBe(78);
  });
});
