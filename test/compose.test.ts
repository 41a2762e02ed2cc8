import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { collectorSettings, producerSettings, webSettings, workerSettings } from '../shared/runtime/service-settings.ts';
import { describeSettings, parseSettings } from '../shared/runtime/settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const scalar = z.union([z.string(), z.number()]).transform(String);
const serviceSchema = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), scalar).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  container_name: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const schema = z.object({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.unknown()) });
const { services, volumes } = schema.parse(parse(readFileSync(`${root}compose.yaml`, 'utf8'), { merge: true }));

const SETTINGS = { producer: producerSettings, worker: workerSettings, collector: collectorSettings, web: webSettings };

/** What compose puts in the place of `${NAME:-default}`. */
const filled = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

describe('compose.yaml', () => {
  it.each(Object.entries(SETTINGS))('starts %s with variables that it knows, and all that it needs', (name, settings) => {
    const { command, environment } = services[name] ?? {};
    expect(command?.filter((word) => !word.startsWith('--'))).toEqual(['node', `services/${name}/main.ts`]);
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
