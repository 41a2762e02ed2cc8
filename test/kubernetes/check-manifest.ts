/** Kubernetes' own description of its objects, as a check that needs no cluster. */
import { readFileSync } from 'node:fs';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

const { kinds, definitions } = JSON.parse(readFileSync(new URL('../fixtures/kubernetes/schema-1.34.json', import.meta.url), 'utf8')) as {
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, Schema>>;
};

/** An object of a cluster, as far as tests look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of many kinds
  readonly [field: string]: any;
}

/** What is wrong with a manifest: unknown and missing fields, wrong types. Empty for a good one. */
export function problemsOf(manifest: Manifest): string[] {
  const name = kinds[`${manifest.apiVersion} ${manifest.kind}`];
  if (name === undefined) return [`${manifest.apiVersion} ${manifest.kind} is not in the schema`];
  return check(manifest, { $ref: name }, `${manifest.kind}/${manifest.metadata?.name}`);
}

function check(value: unknown, schema: Schema, path: string): string[] {
  if (schema.$ref !== undefined) return check(value, definitions[schema.$ref] ?? {}, path);
  // A number or its name; the schema calls it a string.
  if (schema.format === 'int-or-string') return ['string', 'number'].includes(typeof value) ? [] : [`${path}: neither number nor text`];
  switch (schema.type) {
    case 'array':
      return Array.isArray(value) ? value.flatMap((item, i) => check(item, schema.items ?? {}, `${path}[${i}]`)) : [`${path}: no list`];
    case 'string': {
      // Quantities may be written as numbers.
      if (typeof value === 'number' && path.match(/\.(requests|limits|capacity)\./)) return [];
      if (typeof value !== 'string') return [`${path}: ${JSON.stringify(value)} is no text`];
      return schema.enum === undefined || schema.enum.includes(value) ? [] : [`${path}: ${value} is none of ${schema.enum.join(', ')}`];
    }
    case 'integer':
      return Number.isInteger(value) ? [] : [`${path}: ${JSON.stringify(value)} is no whole number`];
    case 'number':
      return typeof value === 'number' ? [] : [`${path}: no number`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: ${JSON.stringify(value)} is neither true nor false`];
    default:
      return checkObject(value, schema, path);
  }
}

function checkObject(value: unknown, { properties, additionalProperties, required = [] }: Schema, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`];
  const missing = required.filter((field) => !(field in value)).map((field) => `${path}.${field} is missing`);
  const fields = Object.entries(value).flatMap(([field, inner]) => {
    const schema = properties?.[field] ?? additionalProperties;
    if (schema !== undefined) return check(inner, schema, `${path}.${field}`);
    return properties === undefined ? [] : [`${path}.${field} is no field of this object`];
  });
  return [...missing, ...fields];
}
