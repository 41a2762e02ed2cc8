import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../schema.ts';
import { collectorSettings, producerSettings, webSettings, workerSettings } from './service-settings.ts';
import { describeSettings, parseSettings, port, secretSetting, setting, settingsHelp } from './settings.ts';

const schema = v.object({
  PORT: setting(v.optional(port, 80), 'where'),
  NAME: setting(text, 'who'),
  TOKEN: secretSetting(v.optional(v.pipe(v.string(), v.minLength(3))), 'with what'),
});

describe('settings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'settings-'));
    writeFileSync(join(folder, 'token'), 'from a file\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are complete: values, defaults, and what lies in files', () => {
    expect(parseSettings(schema, { NAME: 'a', PORT: '8080', TOKEN_FILE: join(folder, 'token') })).toEqual({
      NAME: 'a',
      PORT: 8080,
      TOKEN: 'from a file',
    });
    expect(parseSettings(schema, { NAME: 'a', PORT: '', OTHER: 'x' })).toEqual({ NAME: 'a', PORT: 80 });
  });

  it('tell everything that is wrong at once, and no value of a secret', () => {
    const wrong = () => parseSettings(schema, { PORT: 'many', TOKEN: 'zq', TOKEN_FILE: '' });
    expect(wrong).toThrow(expect.objectContaining({ code: 'ConfigError' }));
    expect(wrong).toThrow(/PORT: .*number.*NAME is not set.*TOKEN: expected >=3/);
    expect(wrong).not.toThrow(/zq/);
  });

  it('refuse a value that is given twice, and a file that is not there', () => {
    expect(() => parseSettings(schema, { NAME: 'a', TOKEN: 'abc', TOKEN_FILE: join(folder, 'token') })).toThrow(
      /TOKEN and TOKEN_FILE are both set/,
    );
    expect(() => parseSettings(schema, { NAME: 'a', TOKEN_FILE: join(folder, 'none') })).toThrow(/TOKEN_FILE cannot be read/);
    expect(() => parseSettings(schema, { NAME_FILE: join(folder, 'token') })).toThrow(/NAME is not set/);
  });

  it('are shown by --help with defaults, and with what is required', () => {
    const help = settingsHelp('worker', 'works', schema);
    expect(help).toContain('PORT           where (80)');
    expect(help).toContain('NAME           who (required)');
    expect(help).toContain('TOKEN[_FILE]   with what');
  });

  it.each([
    ['producer', producerSettings],
    ['worker', workerSettings],
    ['collector', collectorSettings],
    ['web', webSettings],
  ])('of %s are all described, and only the broker is required', (_, service) => {
    const settings = describeSettings(service);
    expect(settings.filter(({ description }) => description === '')).toEqual([]);
    expect(settings.filter(({ required }) => required).map(({ name }) => name)).toEqual(service === webSettings ? [] : ['AMQP_URL']);
    for (const name of ['AMQP_URL', 'AMQP_USERNAME', 'AMQP_PASSWORD']) {
      if (service !== webSettings) expect(settings.find((each) => each.name === name)?.mayBeFile).toBe(true);
    }
  });
});
