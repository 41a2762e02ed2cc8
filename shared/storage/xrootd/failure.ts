import { StorageError } from '../../errors.ts';

/** Error numbers of the protocol whose meaning decides what happens next. */
export const XROOTD_ERROR = { notAuthorized: 3010, notFound: 3011, unsupported: 3013, isFolder: 3016, authFailed: 3030 } as const;

/** Faults that waiting does not cure: wrong arguments, missing, refused, unsupported, a folder, TLS required... */
const FINAL = new Set([3000, 3001, 3002, 3006, 3010, 3011, 3013, 3015, 3016, 3025, 3028, 3029, 3030, 3031, 3033]);

const HINTS: Readonly<Record<number, string>> = {
  3010: 'The server asks who you are: name a token with BEARER_TOKEN_FILE, or ask its owner for access.',
  3011: 'Check the address.',
  3016: 'Name a file, or a pattern like folder/*.root.',
  3028: 'Use roots:// in place of root://.',
  3030: 'The token or name was refused: it may have expired.',
};

/** The error for a request that the server refused, in the server's words. */
export function refusedError(file: string, number: number, message: string): StorageError {
  const words = message === '' ? `error ${number}` : message;
  return new StorageError(`the server says: ${words}`, { file, retryable: !FINAL.has(number), hint: HINTS[number] });
}

/** A refused request, with the protocol's number; the connection goes on. */
export class XrootdRefusal extends Error {
  readonly number: number;

  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

/** None of our proofs was taken. */
export class LoginRefused extends StorageError {
  constructor(reason: string, file: string, hint: string) {
    super(reason, { file, retryable: false, hint });
  }
}
