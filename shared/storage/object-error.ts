import { ConfigError, type PipelineError, StorageError } from '../errors.ts';
import { isFinalFault } from './final-fault.ts';
import { changedError } from './read-errors.ts';

/** What a vendor's client throws, as far as it is looked at. */
interface ClientFault {
  /** Of the answer, if there was one. */
  readonly status: number | undefined;
  /** The server's or the system's own word for it. */
  readonly word: string;
  readonly message: string;
}

const CREDENTIALS = 'Check S3_ACCESS_KEY and S3_SECRET_KEY (or GCS_...), and that they are for this server.';

const HINTS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: 'The keys were temporary: get new ones.',
  RequestTimeTooSkewed: 'Set the clock of this machine.',
  AccessDenied: 'The keys, or nobody without keys, may read this. For a public bucket set S3_ANONYMOUS=true.',
  NoSuchBucket: 'Check the name of the bucket, the endpoint and the region.',
  ENOTFOUND: 'Check the endpoint and the network connection.',
};

const WRITE_HINTS: Readonly<Record<string, string>> = { AccessDenied: 'The keys may not write there.' };

const BY_STATUS: Readonly<Record<number, string>> = {
  400: CREDENTIALS,
  401: CREDENTIALS,
  403: 'The keys may be wrong or expired, or may not do this.',
  404: 'Check the address.',
};

/**
 * The error of a vendor's client as one of ours. Nothing of the original is kept but its words: clients put whole requests,
 * with their signatures, into their errors.
 */
export function objectError(name: string, error: unknown, action: 'read' | 'write' = 'read'): PipelineError {
  const { status, word, message } = describeFault(error);
  if (status === 412) return changedError(name, 'its version is another one');
  if (status === 416) return changedError(name, 'it is shorter now');
  if (/Could not load credentials|Could not load the default credentials|CredentialsProviderError/.test(`${word} ${message}`)) {
    return new ConfigError('no keys are set and none were found in the usual places', {
      file: name,
      hint: 'Set S3_ACCESS_KEY and S3_SECRET_KEY, or S3_ANONYMOUS=true where the bucket is public (GCS_... for gs://).',
    });
  }
  const retryable = status === undefined ? !isFinalFault(word) : status === 408 || status === 429 || status >= 500;
  const answered = status === undefined ? 'cannot be fetched' : `the server answered ${status}`;
  const text = [word, message].filter((part, index, all) => part !== '' && all.indexOf(part) === index).join(': ');
  return new StorageError(text === '' ? answered : `${answered}: ${text}`, {
    file: name,
    retryable: retryable && status !== 501,
    hint: (action === 'write' ? WRITE_HINTS[word] : undefined) ?? HINTS[word] ?? (status === undefined ? undefined : BY_STATUS[status]),
  });
}

function describeFault(error: unknown): ClientFault {
  if (!(error instanceof Error)) return { status: undefined, word: '', message: String(error) };
  const fields = error as {
    $metadata?: { httpStatusCode?: unknown };
    code?: unknown;
    status?: unknown;
    response?: { status?: unknown; statusCode?: unknown };
  };
  const numbers = [fields.$metadata?.httpStatusCode, fields.response?.status, fields.response?.statusCode, fields.code, fields.status];
  const status = numbers.map(Number).find((value) => Number.isInteger(value) && value >= 100 && value < 600);
  const word = typeof fields.code === 'string' && !/^\d+$/.test(fields.code) ? fields.code : error.name;
  // A HEAD answer has no body: the client has nothing to say then.
  const generic = /^(Error|AggregateError|Unknown|UnknownError|403|404|400|401|NotFound|Forbidden|Bad ?Request|GaxiosError|ApiError)$/;
  return { status, word: generic.test(word) ? '' : word, message: generic.test(error.message) ? '' : firstLine(error.message) };
}

/** Long messages quote requests. */
function firstLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}
