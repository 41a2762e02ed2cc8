/**
 * Makes ../fixtures/kubernetes/schema-1.34.json: what the manifests in k8s/ are checked against without a cluster. From Kubernetes' own description of
 * its API (api/openapi-spec/swagger.json in a release of kubernetes/kubernetes), cut down to the kinds that are used here:
 *
 *     node test/kubernetes/make-schema.mjs path/to/swagger.json 1.34.4
 */
import { readFileSync, writeFileSync } from 'node:fs';

const KINDS = [
  'v1 ConfigMap',
  'v1 Namespace',
  'v1 PersistentVolume',
  'v1 PersistentVolumeClaim',
  'v1 Pod',
  'v1 Secret',
  'v1 Service',
  'v1 ServiceAccount',
  'apps/v1 DaemonSet',
  'apps/v1 Deployment',
  'apps/v1 StatefulSet',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 Job',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1 Role',
  'rbac.authorization.k8s.io/v1 RoleBinding',
  'scheduling.k8s.io/v1 PriorityClass',
];
const [source, version] = process.argv.slice(2);
const { definitions } = JSON.parse(readFileSync(source, 'utf8'));

const roots = {};
for (const [name, { 'x-kubernetes-group-version-kind': kinds = [] }] of Object.entries(definitions)) {
  for (const { group, version, kind } of kinds) {
    const key = `${group === '' ? '' : `${group}/`}${version} ${kind}`;
    if (KINDS.includes(key)) roots[key] = name;
  }
}
const missing = KINDS.filter((kind) => roots[kind] === undefined);
if (missing.length > 0) throw new Error(`not in ${source}: ${missing.join(', ')}`);

const kept = {};
function keep(name) {
  if (kept[name] !== undefined) return;
  kept[name] = {};
  kept[name] = bare(definitions[name]);
}
/** Without descriptions and hints for other tools; references as bare names. */
function bare(node) {
  if (Array.isArray(node)) return node.map(bare);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(
    ([key, value]) => !(key === 'description' && typeof value === 'string') && !key.startsWith('x-'),
  );
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key !== '$ref' || typeof value !== 'string') return [key, bare(value)];
      const name = value.replace('#/definitions/', '');
      keep(name);
      return [key, name];
    }),
  );
}
for (const name of Object.values(roots)) keep(name);

const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
const lines = Object.entries(sorted).map(([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`);
const head = `"version":${JSON.stringify(version)},"kinds":${JSON.stringify(roots)}`;
writeFileSync(new URL('../fixtures/kubernetes/schema-1.34.json', import.meta.url), `{${head},"definitions":{\n${lines.join(',\n')}\n}}\n`);
