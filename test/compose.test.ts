import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { collectorSettings, producerSettings, webSettings, workerSettings } from '../shared/runtime/service-settings.ts';
import { describeSettings, parseSettings } from '../shared/runtime/settings.ts';
import { NODE_OPTIONS, type ServiceName } from './services.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const scalar = v.pipe(v.union([v.string(), v.number()]), v.transform(String));
const serviceSchema = v.object({
  image: v.string(),
  command: v.optional(v.array(v.string())),
  environment: v.optional(v.record(v.string(), scalar), {}),
  ports: v.optional(v.array(v.string()), []),
  volumes: v.optional(v.array(v.string()), []),
  depends_on: v.optional(v.record(v.string(), v.object({ condition: v.string() })), {}),
  container_name: v.optional(v.string()),
  healthcheck: v.optional(v.object({ test: v.array(v.string()) })),
});
const schema = v.object({ services: v.record(v.string(), serviceSchema), volumes: v.record(v.string(), v.unknown()) });
const { services, volumes } = v.parse(schema, parse(readFileSync(`${root}compose.yaml`, 'utf8'), { merge: true }));

const SETTINGS = { producer: producerSettings, worker: workerSettings, collector: collectorSettings, web: webSettings };

/** What compose puts in the place of `${NAME:-default}`. */
const filled = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('compose.yaml', () => {
  it.each(Object.entries(SETTINGS))('starts %s with variables that it knows, and all that it needs', (name, settings) => {
    const { command, environment } = services[name] ?? {};
    expect(command).toEqual(['node', ...NODE_OPTIONS[name as ServiceName], `services/${name}/main.ts`]);
    expect(existsSync(`${root}services/${name}/main.ts`)).toBe(true);
    const known = describeSettings(settings).map((each) => each.name);
    expect(Object.keys(environment ?? {}).filter((variable) => !known.includes(variable))).toEqual([]);
    const values = Object.fromEntries(Object.entries(environment ?? {}).map(([variable, value]) => [variable, filled(value)]));
    expect(() => parseSettings(settings, values)).not.toThrow();
  });

  it('names only services and volumes that are there, and waits for a broker that is healthy', () => {
    for (const { depends_on, volumes: mounts } of Object.values(services)) {
      for (const other of Object.keys(depends_on)) expect(Object.keys(services)).toContain(other);
      for (const mount of mounts.map(filled)) {
        const [source = ''] = mount.split(':');
        if (!/^[./]/.test(source)) expect(Object.keys(volumes)).toContain(source);
      }
    }
    for (const name of ['collector', 'worker']) expect(services[name]?.depends_on['rabbitmq']).toEqual({ condition: 'service_healthy' });
    expect(services['rabbitmq']?.healthcheck).toBeDefined();
  });

  it('lets workers be scaled: no name and no port that only one of them could have', () => {
    expect(services['worker']?.container_name).toBeUndefined();
    expect(services['worker']?.ports).toEqual([]);
  });

  it('opens ports on this machine only', () => {
    const ports = Object.values(services).flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
