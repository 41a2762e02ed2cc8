/** The services and the command line over TLS with client certificates, and all that is secret in files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startBroker } from './broker.ts';
import { Services } from './services.ts';

const broker = await startBroker({ tls: true });
afterAll(() => broker?.close());

describe.skipIf(broker?.tls === undefined)('the services over TLS', () => {
  let folder: string;
  let services: Services;
  let secrets: Readonly<Record<string, string>>;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pipeline-tls-'));
    const { port = 0, certificates } = broker?.tls ?? {};
    const { username, password } = new URL(broker?.url ?? '');
    writeFileSync(join(folder, 'user'), `${username || 'guest'}\n`);
    writeFileSync(join(folder, 'password'), `${password || 'guest'}\n`);
    // No user and no password in the address.
    services = await Services.open(join(folder, 'services'), `amqps://localhost:${port}`);
    secrets = {
      AMQP_USERNAME_FILE: join(folder, 'user'),
      AMQP_PASSWORD_FILE: join(folder, 'password'),
      AMQP_CA_FILE: certificates?.ca.certFile ?? '',
      AMQP_CERT_FILE: certificates?.client.certFile ?? '',
      AMQP_KEY_FILE: certificates?.client.keyFile ?? '',
    };
  });
  afterEach(async () => {
    await services.close();
    rmSync(folder, { recursive: true });
  });

  it('rehearse', async () => {
    const collector = services.start('collector', secrets);
    const worker = services.start('worker', secrets);
    await Promise.all([collector, worker].map((each) => each.event('http.listening')));
    const rehearsal = services.higgsflow(['rehearse', '--tasks', '20', '--json'], secrets);
    expect(await rehearsal.ended, rehearsal.stderr).toBe(0);
    expect(await worker.end('SIGTERM')).toBe(0);
  });

  it.each([
    ['no client certificate', { AMQP_CERT_FILE: '', AMQP_KEY_FILE: '' }, /refuses the client certificate/],
    ['another password', { AMQP_PASSWORD_FILE: 'wrong' }, /refuses|ACCESS_REFUSED|credentials|user/i],
    ['a file that is not there', { AMQP_CA_FILE: '/nowhere/ca.pem' }, /\/nowhere\/ca\.pem: cannot be read \(ENOENT\)/],
  ])('end with %s, and say why in one line', async (_, wrong, reason) => {
    writeFileSync(join(folder, 'wrong'), 'planted-password');
    const changed = Object.fromEntries(
      Object.entries({ ...secrets, ...wrong }).flatMap(([name, value]) =>
        value === '' ? [] : [[name, value === 'wrong' ? join(folder, 'wrong') : value]],
      ),
    );
    const worker = services.start('worker', changed);
    expect(await worker.ended).toBe(78);
    const said = worker.log.filter(({ level }) => level === 'error');
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).toMatch(reason);
    expect(`${JSON.stringify(worker.log)}${worker.stderr}`).not.toContain('planted');
  });
});
