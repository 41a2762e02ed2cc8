/** Why a connection could not be made, in words for users; never with a password. */
import { ConfigError, isPipelineError, type PipelineError, StorageError } from '../../errors.ts';

/** Where the connection was to lead, without secrets. */
export interface Place {
  /** `amqps://host:port`. */
  readonly address: string;
  readonly user: string;
  readonly vhost: string;
}

const UNTRUSTED =
  /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_(HAS_EXPIRED|NOT_YET_VALID|UNTRUSTED|REVOKED|SIGNATURE|REJECTED)|ALTNAME_INVALID/;
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER/;
/** The broker speaks: it does not accept what we show, or wants to see something. */
const REFUSED_CERTIFICATE =
  /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|HANDSHAKE_FAILURE)|CERTIFICATE_REQUIRED/;
const BAD_PEM = /^ERR_OSSL/;

/**
 * A ConfigError where waiting does not help (credentials, vhost, certificates); a retryable StorageError otherwise. What
 * the client library says is kept as text only: its errors may hold the URL.
 */
export function connectError(error: unknown, { address, user, vhost }: Place): PipelineError {
  if (isPipelineError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = `${(error as { code?: unknown } | undefined)?.code ?? ''}`;
  const refuse = (reason: string, hint: string) => new ConfigError(reason, { file: address, hint });
  if (/ACCESS_REFUSED|ACCESS-REFUSED/.test(text)) {
    return refuse(`the broker refuses user "${user}"`, 'Check user and password; RabbitMQ lets "guest" in from its own machine only.');
  }
  if (/ConnectionOpenOk/.test(text)) {
    return refuse(
      `the broker does not let user "${user}" into vhost "${vhost}"`,
      'Does the vhost exist, and has the user permissions in it?',
    );
  }
  if (REFUSED_CERTIFICATE.test(code)) {
    return refuse(
      `the broker refuses the client certificate (${code})`,
      'Give a certificate and key signed by a CA that the broker trusts.',
    );
  }
  if (NO_TLS.test(code)) return refuse('the broker does not speak TLS at this port', 'Use amqp://, or the port for TLS (5671).');
  if (UNTRUSTED.test(code)) {
    return refuse(
      `the broker's certificate is not trusted (${code})`,
      'Name the file of the CA that signed it, and a host that it is for.',
    );
  }
  if (BAD_PEM.test(code)) {
    return refuse(`certificate and key cannot be used (${code})`, 'Are both in PEM form, and does the key belong to the certificate?');
  }
  return new StorageError(`no connection to the broker: ${code === '' || text.includes(code) ? text : `${code}: ${text}`}`, {
    file: address,
    hint: 'Is the broker up, are host and port right, and is it amqps:// for a TLS port?',
  });
}
