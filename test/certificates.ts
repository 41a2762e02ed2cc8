/** Certificates for tests, made when they are needed and valid for a day: nothing of it is in the repository. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Pem {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificates {
  readonly ca: Pem;
  /** For 127.0.0.1 and localhost, signed by the CA. */
  readonly server: Pem;
  readonly client: Pem;
  /** Another CA that nobody trusts, and a client signed by it. */
  readonly otherCa: Pem;
  readonly otherClient: Pem;
}

/** Writes all of them into `folder`; needs openssl 3. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const [ca, otherCa] = await Promise.all([makeCa(folder, 'ca'), makeCa(folder, 'other-ca')]);
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const [server, client, otherClient] = await Promise.all([
    makeSigned(folder, 'server', ca, names),
    makeSigned(folder, 'client', ca),
    makeSigned(folder, 'other-client', otherCa),
  ]);
  return { ca, server, client, otherCa, otherClient };
}

async function makeCa(folder: string, name: string): Promise<Pem> {
  return make(folder, name, ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']);
}

async function makeSigned(folder: string, name: string, ca: Pem, extensions: readonly string[] = []): Promise<Pem> {
  return make(folder, name, ['-CA', ca.certFile, '-CAkey', ca.keyFile, '-addext', 'basicConstraints=critical,CA:FALSE', ...extensions]);
}

async function make(folder: string, name: string, more: readonly string[]): Promise<Pem> {
  const pem = { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', pem.keyFile];
  await run('openssl', ['req', '-x509', ...key, '-out', pem.certFile, '-days', '1', '-subj', `/CN=higgsflow test ${name}`, ...more]);
  return pem;
}
