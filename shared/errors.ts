/**
 * The seven ways in which a run can go wrong. `code` is the contract (not `instanceof`): it survives threads, queues and
 * JSON. `retryable` is the branch a worker takes: true = try again later, false = report and go on with the rest.
 */
export const ERROR_CODES = [
  'StorageError',
  'RootFormatError',
  'UnsupportedError',
  'CodecError',
  'MessageError',
  'ConfigError',
  'AnalysisError',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorDetails {
  /** Path or URL of the file concerned. */
  readonly file?: string | undefined;
  /** The thing inside the file: a key, tree, branch or class name. */
  readonly object?: string | undefined;
  /** Byte offset in the file (or block) where the fault was seen. */
  readonly offset?: number | undefined;
  /** Where in the code of an analysis: `mine.ts:17:11`. */
  readonly line?: string | undefined;
  /** What the user can do about it; one sentence. */
  readonly hint?: string | undefined;
  /** Of a read that no other place of the file makes better: it changed, the range is not inside it, or the source is closed. */
  readonly kind?: 'changed' | 'outside' | 'closed' | undefined;
  readonly retryable?: boolean | undefined;
  /** A server asked not to be asked again for so long. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error with a place and a reason. The message reads `file: object: reason (at byte N). Hint`; in an analysis, `(at mine.ts:17:11)`. */
export class PipelineError extends Error {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly kind: ErrorDetails['kind'];
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly file: string | undefined;
  readonly object: string | undefined;
  readonly offset: number | undefined;
  readonly line: string | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, reason: string, details: ErrorDetails = {}) {
    super(describe(reason, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = code;
    this.code = code;
    this.reason = reason;
    this.kind = details.kind;
    this.retryable = details.retryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.file = details.file;
    this.object = details.object;
    this.offset = details.offset;
    this.line = details.line;
    this.hint = details.hint;
  }

  /** The same error with more of its place known: fields that are already set stay. */
  at(place: Pick<ErrorDetails, 'file' | 'object' | 'line'>): PipelineError {
    return new PipelineError(this.code, this.reason, {
      file: this.file ?? place.file,
      object: this.object ?? place.object,
      offset: this.offset,
      line: this.line ?? place.line,
      hint: this.hint,
      kind: this.kind,
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      cause: this.cause ?? this,
    });
  }
}

function describe(reason: string, { file, object, offset, line, hint }: ErrorDetails): string {
  const place = [file, object].filter((part) => part !== undefined).join(': ');
  const at = offset === undefined ? line : `byte ${offset}`;
  const where = at === undefined ? '' : ` (at ${at})`;
  const end = /[.!?]$/.test(reason) ? '' : '.';
  return `${place === '' ? '' : `${place}: `}${reason}${where}${hint === undefined ? '' : `${end} ${hint}`}`;
}

/** Bytes could not be fetched: missing, refused, cut, changed during the read. Retryable unless said otherwise. */
export class StorageError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('StorageError', reason, { retryable: true, ...details });
  }
}

/** The bytes break the ROOT format. */
export class RootFormatError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('RootFormatError', reason, details);
  }
}

/** The file is (or may be) right, but holds something that higgsflow does not read. */
export class UnsupportedError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('UnsupportedError', reason, details);
  }
}

/** A compressed block does not decode, or its checksum differs. */
export class CodecError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('CodecError', reason, details);
  }
}

/** A message does not follow its schema, or contradicts the ledger. */
export class MessageError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('MessageError', reason, details);
  }
}

/** The user asked for something that cannot be: options, catalogue, environment. */
export class ConfigError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('ConfigError', reason, details);
  }
}

/** An analysis failed, or filled something that is not a number. */
export class AnalysisError extends PipelineError {
  constructor(reason: string, details: ErrorDetails = {}) {
    super('AnalysisError', reason, details);
  }
}

/** True if `error` is a PipelineError, of this code where one is given. */
export function isPipelineError(error: unknown, code?: ErrorCode): error is PipelineError {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return code === undefined ? ERROR_CODES.includes(error.code as ErrorCode) : error.code === code;
}
