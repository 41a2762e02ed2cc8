import { describe, expect, it } from 'vitest';
import { parseMapping } from './dataset-mapping.ts';
import { likelyContexts, openProvider } from './providers.ts';

const parse = (value: unknown, prefix?: string) => parseMapping(JSON.stringify(value), 'm.json', prefix);

describe('a dataset mapping', () => {
  it('names a cluster for each entry, and counts a list once', () => {
    const { clusters, notes } = parse(
      [
        { datasets: ['a_file_index.txt', 'b_file_index.txt', 'a_file_index.txt'], flavor: 'n1-highmem-16', nodes: '22', dpath: '/dev/shm' },
        { datasets: ['b_file_index.txt', 'c_file_index.txt'], cluster: 'home', context: 'kind-home', namespace: 'hf' },
        { datasets: ['d_file_index.txt'] },
      ],
      'demo-',
    );
    expect(clusters).toMatchObject([
      {
        index: 0,
        name: 'demo-0',
        datasets: ['a_file_index.txt', 'b_file_index.txt'],
        flavor: 'n1-highmem-16',
        nodes: 22,
        dpath: '/dev/shm',
      },
      { index: 1, name: 'home', datasets: ['c_file_index.txt'], context: 'kind-home', namespace: 'hf' },
      { index: 2, name: 'demo-2', datasets: ['d_file_index.txt'] },
    ]);
    expect(notes).toEqual(['m.json: 2 lists are named again; each counts once.']);
  });

  it.each([
    ['no list', { datasets: [] }, /must be/],
    ['an empty list', [], /must be/],
    ['an entry without datasets', [{ nodes: 2 }], /0.datasets/],
    ['a word that nobody knows', [{ datasets: ['a.txt'], node: 2 }], /node/],
    ['nodes that are no number', [{ datasets: ['a.txt'], nodes: 'many' }], /0.nodes/],
    ['a name that queues cannot have', [{ datasets: ['a.txt'], cluster: 'My.Cluster' }], /small letters/],
    [
      'two entries for a cluster',
      [
        { datasets: ['a.txt'], cluster: 'x' },
        { datasets: ['b.txt'], cluster: 'x' },
      ],
      /two entries/,
    ],
    ['the dry run of old', [{ datasets: ['a.txt'], dpath: '/dev/null' }], /dpath \/dev\/null is no folder[\s\S]*--dry-run/],
  ])('is refused with %s', (_, value, reason) => {
    expect(() => parse(value)).toThrow(reason);
  });

  it('is refused where it is no JSON', () => {
    expect(() => parseMapping('[{', 'm.json')).toThrow(/m.json: it is no JSON/);
  });
});

describe('the commands of providers', () => {
  const cluster = { index: 0, name: 'c-0', datasets: ['a.txt'] };

  it('make clusters of Google with the machines that the mapping asks for, and a local disk where dpath is on one', () => {
    const gke = openProvider({ provider: 'gke', gcsProjectId: 'p', gcsRegion: 'europe-west4' });
    expect(gke.create({ ...cluster, flavor: 'n1-highmem-16', nodes: 22, dpath: '/dev/shm' })).toEqual([
      ...['gcloud', 'container', 'clusters', 'create', 'c-0', '--project=p', '--region=europe-west4'],
      ...['--machine-type=n1-highmem-16', '--num-nodes=22', '--labels=made-by=higgsflow', '--quiet'],
    ]);
    expect(gke.create(cluster)).toContain('--ephemeral-storage-local-ssd=count=1');
    expect(gke.create({ ...cluster, dpath: '/mnt/disks/ssd0' })).toContain('--ephemeral-storage-local-ssd=count=1');
    expect(gke.context('c-0')).toBe('gke_p_europe-west4_c-0');
    expect(gke.namesIn('c-0\nc-1\n')).toEqual(['c-0', 'c-1']);
  });

  it('need a project and a region for Google', () => {
    expect(() => openProvider({ provider: 'gke' })).toThrow('Google needs a project and a region');
  });

  it('make clusters on this machine', () => {
    expect(openProvider({ provider: 'kind' }).create(cluster).join(' ')).toBe('kind create cluster --name c-0 --wait 5m');
    const k3d = openProvider({ provider: 'k3d' });
    expect(k3d.create({ ...cluster, nodes: 3 }).join(' ')).toContain('k3d cluster create c-0 --agents 2 --wait');
    expect(k3d.namesIn('c-0   1/1   2/2   true\nother 1/1   0/0   true\n')).toEqual(['c-0', 'other']);
    expect(openProvider({ provider: 'kind' }).namesIn('No kind clusters found.\n')).toEqual([]);
  });

  it('leave contexts that are found by the name of the cluster', () => {
    const contexts = ['kind-a', 'gke_p_r_b', 'gke_p_r_bb', 'b-c', 'k3d-c', 'c'];
    expect(['a', 'b', 'c', 'd'].map((name) => likelyContexts(name, contexts))).toEqual([['kind-a'], ['gke_p_r_b'], ['k3d-c', 'c'], []]);
  });
});
