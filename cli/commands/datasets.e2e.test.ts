/** The command over real files and a real S3 server, as a user would call it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '#shared/datasets/catalogue.ts';
import { parseCatalogueYaml } from '#shared/datasets/parse-yaml.ts';
import { CMS_LISTS } from '#shared/datasets/test-cms-lists.ts';
import { generateToySamples, type ToyFile } from '#shared/toy/generate.ts';
import { MINIO_KEYS, type ObjectServer, startMinio, whyNo } from '../../test/object-servers.ts';

const MAIN = new URL('../main.ts', import.meta.url).pathname;
let folder: string;
let toys: readonly ToyFile[];

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function higgsflow(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder, env: { ...process.env, ...env }, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

async function rows(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await higgsflow(['datasets', ...args, '--json'], env);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>[];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-datasets-'));
  await mkdir(join(folder, 'datasets_s3'));
  for (const { name, text } of CMS_LISTS) await writeFile(join(folder, 'datasets_s3', name), text);
  toys = await generateToySamples({ release: 'atlas-2020', folder: join(folder, 'toy'), scale: 0.01, samples: ['data_A', 'llll', 'Zee'] });
});
afterAll(() => rm(folder, { recursive: true }));

describe('higgsflow datasets', () => {
  it('lists the built-in catalogues', async () => {
    const { stdout } = await higgsflow(['datasets']);
    for (const text of ['atlas-2020', 'cms-hzz-outreach', '943,430', '26,920']) expect(stdout).toContain(text);
  });

  it('counts the files of lists, chosen by a pattern that is quoted or not, or named by a catalogue', async () => {
    const expanded = CMS_LISTS.filter(({ name }) => name.includes('SMHiggs')).map(({ name }) => `datasets_s3/${name}`);
    for (const words of [['*SMHiggs*'], expanded])
      expect((await rows(['--dataset-pattern', ...words])).map(({ files }) => files)).toEqual([22, 34]);
    const named = await rows(['--dataset-pattern', 'higgs125_*', 'mu_2011', '--catalogue', 'cms-hzz-2011-2012']);
    expect(named.map(({ dataset, group, files }) => [dataset, group, files])).toEqual([
      ['mu_2011', 'data', 1378],
      ['higgs125_2011', 'higgs', 22],
      ['higgs125_2012', 'higgs', 34],
    ]);
  });

  it('opens files where asked to, and tells which cannot be', async () => {
    const broken = join(folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'data_A.4lep.root'), 'not a ROOT file');
    const [data] = await rows(['toy', '-a', 'atlas-hzz-2020', '--entries', '--files']);
    expect(data).toMatchObject({ dataset: 'data_A', entries: 39, files: [{ entries: 39, bytes: toys[0]?.byteLength }] });
    const bad = await higgsflow(['datasets', 'broken', '-a', 'atlas-hzz-2020', '--entries']);
    expect(bad.code).toBe(3);
    expect(bad.stdout).toMatch(/1 cannot be opened[\s\S]*data_A\.4lep\.root/);
  });

  it('writes a catalogue that verifies, and finds what has changed since', async () => {
    const write = ['datasets', 'toy', '-c', 'atlas-2020', '--write', 'made.yaml', '--weight', 'mcWeight', '--checksum', 'sha1'];
    const written = await higgsflow(write);
    expect([written.code, written.stdout]).toEqual([0, expect.stringContaining('sum of branch mcWeight of tree mini, 1 files')]);
    const catalogue = parseCatalogueYaml(await readFile(join(folder, 'made.yaml'), 'utf8'), 'made.yaml');
    expect(catalogue.datasets.map(({ name }) => name)).toEqual(['data_A', 'Zee', 'llll']);
    const llll = toys.find(({ dataset }) => dataset === 'llll') as ToyFile;
    const sha1 = createHash('sha1')
      .update(await readFile(llll.path))
      .digest('hex');
    expect(catalogue.datasets[2]).toMatchObject({
      entries: llll.entries,
      files: [{ path: llll.path, size: llll.byteLength, checksum: `sha1:${sha1}` }],
    });
    const same = await higgsflow(['datasets', '-c', 'made.yaml', '--verify']);
    expect([same.code, same.stdout]).toEqual([0, '3 of 3 files are as the catalogue says\n']);
    const bytes = await readFile(llll.path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(llll.path, bytes);
    const other = await higgsflow(['datasets', '-c', 'made.yaml', '--verify']);
    expect([other.code, other.stdout]).toEqual([
      3,
      expect.stringMatching(/^2 of 3 .*\n.*llll.*: checksum sha1:\w+, the catalogue says sha1:/),
    ]);
    expect((await higgsflow(['datasets', '-c', 'made.yaml', '--verify', '--no-checksums'])).code).toBe(0);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(llll.path, bytes);
  });

  it('verifies entries that the catalogue tells of a dataset alone, and never says yes to what it did not compare', async () => {
    const verify = async (datasets: readonly Record<string, unknown>[], ...more: string[]) => {
      const groups = [{ name: 'd', label: 'D', color: '#000000', kind: 'data' }];
      const catalogue = { name: 'own', experiment: { name: '', status: '' }, groups, datasets };
      await writeFile(join(folder, 'own.json'), JSON.stringify(catalogue));
      const { code, stdout } = await higgsflow(['datasets', '-c', 'own.json', '--verify', ...more]);
      return [code, stdout];
    };
    const [zee, llll] = ['Zee', 'llll'].map((name) => toys.find(({ dataset }) => dataset === name)) as [ToyFile, ToyFile];
    const two = { name: 'two', group: 'd', files: [zee.path, llll.path] };
    const entries = zee.entries + llll.entries;
    expect(await verify([{ ...two, entries }])).toEqual([0, '2 of 2 files are as the catalogue says\n']);
    expect(await verify([{ ...two, entries: entries + 1 }])).toEqual([
      3,
      `0 of 2 files are as the catalogue says\ntwo, all files: entries ${entries}, the catalogue says ${entries + 1}\n`,
    ]);
    expect(await verify([{ name: 'one', group: 'd', entries: 1, files: [zee.path] }])).toEqual([
      3,
      expect.stringContaining(`${zee.path}: entries ${zee.entries}, the catalogue says 1`),
    ]);
    expect(await verify([two])).toEqual([3, expect.stringMatching(/^nothing could be verified: of 2 files the catalogue says neither/)]);
    const gone = { name: 'gone', group: 'd', files: [join(folder, 'gone.root')] };
    expect(await verify([{ ...two, entries }, gone])).toEqual([3, expect.stringMatching(/^2 of 3 files .*\n.*gone\.root: cannot be read/)]);
    const { code, stderr } = await higgsflow(['datasets', '--verify']);
    expect([code, stderr]).toEqual([78, expect.stringMatching(/Say -c NAME/)]);
  });

  it('keeps the tree that was counted, for files with several', async () => {
    const several = new URL('../../test/fixtures/directories.root', import.meta.url).pathname;
    expect((await higgsflow(['datasets', several, '--tree', 'deep/er/t', '--write', 'one-tree.yaml'])).code).toBe(0);
    const { code, stdout } = await higgsflow(['datasets', '-c', 'one-tree.yaml', '--verify']);
    expect([code, stdout]).toEqual([0, '1 of 1 files are as the catalogue says\n']);
  });

  it('leaves other places of a file to the run, which goes there when the first fails', async () => {
    const llll = toys.find(({ dataset }) => dataset === 'llll') as ToyFile;
    const file = { path: 'llll.root', url: 'http://127.0.0.1:9/llll.root', replicas: [llll.path] };
    const group = { name: 'zz', label: 'ZZ', color: '#ff0000', kind: 'background' };
    const dataset = { name: 'llll', group: 'zz', crossSectionPb: 1, normalisation: 'entries', files: [file] };
    const catalogue = { name: 'far', experiment: { name: '', status: '', luminosityFb: 1 }, groups: [group], datasets: [dataset] };
    await writeFile(join(folder, 'far.json'), JSON.stringify(catalogue));
    const { code, stdout } = await higgsflow(['run', '-a', 'atlas-hzz-2020', '-c', 'far.json', '--no-web', '--out', 'out-far', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'complete', totals: { entriesCommitted: llll.entries } });
  });

  it('takes Σw from a column that repeats it, and says so', async () => {
    await generateToySamples({ release: 'atlas-2025', folder: join(folder, 'toy25'), scale: 0.01, samples: ['llll'] });
    const { stdout, code } = await higgsflow(['datasets', 'toy25', '-c', 'atlas-2025', '--write', 'made.json']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/llll .* column sum_of_weights of tree analysis/)]);
    const { datasets } = JSON.parse(await readFile(join(folder, 'made.json'), 'utf8')) as Catalogue;
    expect(datasets[0]?.note).toMatch(/^sumOfWeights [\d.e+]+: column sum_of_weights/);
  });
});

describe.skipIf(whyNo('minio') !== undefined)('lists that lead to S3', () => {
  let minio: ObjectServer;
  let env: Record<string, string>;
  const KEYS = 2100;
  beforeAll(async () => {
    minio = await startMinio();
    env = { S3_ENDPOINT: minio.url, S3_ACCESS_KEY: MINIO_KEYS.accessKey, S3_SECRET_KEY: MINIO_KEYS.secretKey };
    const credentials = { accessKeyId: MINIO_KEYS.accessKey, secretAccessKey: MINIO_KEYS.secretKey };
    const client = new S3Client({ endpoint: minio.url, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: 'toy' }));
    const put = (key: string, body: Buffer | string) => client.send(new PutObjectCommand({ Bucket: 'toy', Key: key, Body: body }));
    for (const { path } of toys) await put(`x/${basename(path)}`, await readFile(path));
    for (let from = 0; from < KEYS; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => put(`many/block${i % 3}/${from + i}.root`, 'x')));
    }
    client.destroy();
    const line = ({ path }: ToyFile) => `s3/elsewhere/x/${basename(path)}`;
    await mkdir(join(folder, 'lists'));
    await writeFile(
      join(folder, 'lists', 'toy_file_index.txt'),
      `# toy samples\n${toys.map(line).join('\n').replaceAll('elsewhere', 'toy')}\n`,
    );
    await writeFile(join(folder, 'lists', 'other_file_index.txt'), 's3/nowhere/x/data_B.4lep.root\n');
  });
  afterAll(() => minio.close());

  it('run to the same bytes as the files themselves', async () => {
    const results = async (name: string, where: readonly string[]) => {
      const { code, stderr } = await higgsflow(['run', '-a', 'atlas-hzz-2020', '--no-web', '--out', name, ...where], env);
      expect([code, stderr.includes(MINIO_KEYS.secretKey)]).toEqual([0, false]);
      return Promise.all(['json', 'csv', 'root'].map((kind) => readFile(join(folder, name, `histograms.${kind}`))));
    };
    const [files, lists] = [
      await results('out-files', ['-d', 'toy']),
      await results('out-lists', ['--datasets', 'lists', '--dataset-pattern', 'toy*']),
    ];
    files.forEach((bytes, i) => void expect(bytes.equals(lists[i] as Buffer)).toBe(true));
  });

  it('are opened for sizes and entries', async () => {
    const found = await rows(['lists/toy_file_index.txt', '-a', 'atlas-hzz-2020', '--entries'], env);
    expect(found.map(({ dataset, entries }) => [dataset, entries])).toEqual(
      ['data_A', 'Zee', 'llll'].map((name) => [name, toys.find(({ dataset }) => dataset === name)?.entries]),
    );
  });

  it('and folders of a bucket are listed page by page', async () => {
    expect((await rows(['s3://toy/many/'], env)).map(({ dataset, files }) => [dataset, files])).toEqual([['events', KEYS]]);
    const inBlock = Array.from({ length: KEYS }, (_, key) => key).filter((key) => (key % 50) % 3 === 1 && key % 10 === 7);
    expect((await rows(['s3://toy/many/block1/*7.root'], env))[0]).toMatchObject({ files: inBlock.length });
  });
});
