/** Messages as bytes and AMQP properties: JSON, or MessagePack where a message holds binary arrays. */
import { hash, randomBytes } from 'node:crypto';
import { Decoder, Encoder } from '@msgpack/msgpack';
import type { Message, MessagePropertyHeaders, Options } from 'amqplib';
import { MessageError } from '../../errors.ts';
import { type DeadLetter, MESSAGE_VERSION, type Report, type Task } from '../messages.ts';
import { DELIVERY_LIMIT } from './topology.ts';

/** Body of a message at most. Brokers hold messages in memory; a partial of this size has too many bins. */
export const MAX_MESSAGE_BYTES = 1_000_000;

/** Each of a received message may become a dead letter of its own. */
const MAX_PARTS = 1000;
const JSON_TYPE = 'application/json';
const MSGPACK_TYPE = 'application/msgpack';
/** How MessagePack begins an array of up to 65,535; a count of 16 bits follows. */
const MSGPACK_ARRAY_16 = 0xdc;
const ARRAY_HEADER = 3;
const VERSION_HEADER = 'x-higgsflow-version';
const REASON_HEADER = 'x-higgsflow-reason';
const QUEUE_HEADER = 'x-higgsflow-queue';
const DELIVERIES_HEADER = 'x-higgsflow-deliveries';
/** Longest reason of a dead letter; broker frames bound all headers together. */
const MAX_REASON = 2000;
/** What is shown of bytes that cannot be decoded. */
const MAX_SHOWN = 1000;

export interface Encoded {
  readonly content: Buffer;
  readonly properties: Options.Publish;
}

const encoder = new Encoder({ ignoreUndefined: true });
/** The limits keep a few bytes from asking for gigabytes. */
const decoder = new Decoder({ maxArrayLength: 100_000, maxMapLength: 100_000, maxExtLength: 16 });

/** @throws MessageError if the message is too big */
export function encodeTask(task: Task): Encoded {
  const key = `${task.run}/${task.index}`;
  return encoded(toJson(task), JSON_TYPE, { type: 'task', messageId: `${key}/${task.attempt}`, traceId: traceIdOf(key) });
}

/** A report as a part of a message. @throws MessageError if it is too big */
export function encodeReport(report: Report): Uint8Array {
  const bytes = encoder.encode(report);
  if (bytes.length + ARRAY_HEADER > MAX_MESSAGE_BYTES) throw tooBig(bytes.length);
  return bytes;
}

/** One message with several reports; it is called after the first of them. @throws MessageError if it is too big */
export function encodeReports(first: Report, parts: readonly Uint8Array[]): Encoded {
  const header = Uint8Array.of(MSGPACK_ARRAY_16, parts.length >> 8, parts.length & 0xff);
  return encoded(Buffer.concat([header, ...parts]), MSGPACK_TYPE, { type: 'reports', ...nameOf(first) });
}

function nameOf(report: Report): Omit<About, 'type'> {
  if (report.kind === 'alive') {
    const traceId = newTraceId();
    return { messageId: `alive/${traceId}`, traceId };
  }
  const key = `${report.run}/${report.index}`;
  return { messageId: `${key}/${report.attempt}/${report.kind}`, traceId: traceIdOf(key) };
}

/** @throws MessageError if the message is too big */
export function encodeDeadLetter({ message, ...about }: DeadLetter): Encoded {
  const { content, properties } = encoded(toMsgpack(message), MSGPACK_TYPE, { type: 'dead', messageId: 'dead', traceId: newTraceId() });
  return { content, properties: { ...properties, headers: { ...properties.headers, ...deadHeaders(about) } } };
}

/** One of the parts of a received message as a dead letter, under the message's name. */
export function buriedPart({ properties, fields }: Message, part: unknown, about: Omit<DeadLetter, 'message'>): Encoded {
  return buried({ content: toMsgpack(part), properties: { ...properties, contentType: MSGPACK_TYPE }, fields }, about);
}

/** A received message as a dead letter: the same bytes, with the reason in its headers. */
export function buried({ content, properties }: Message, about: Omit<DeadLetter, 'message'>): Encoded {
  const { contentType, messageId, type } = properties;
  const { traceparent, [VERSION_HEADER]: version } = properties.headers ?? {};
  const headers = { ...(traceparent && { traceparent }), ...(version && { [VERSION_HEADER]: version }), ...deadHeaders(about) };
  return { content, properties: { persistent: true, mandatory: true, contentType, messageId, type, appId: 'higgsflow', headers } };
}

/**
 * What the bytes say; its fields are not checked yet.
 * @throws MessageError if they are too many, of another type or version, or broken
 */
export function decodeMessage({ content, properties }: Message): unknown {
  if (content.length > MAX_MESSAGE_BYTES) throw tooBig(content.length);
  const version: unknown = properties.headers?.[VERSION_HEADER];
  if (version !== undefined && version !== MESSAGE_VERSION) {
    throw new MessageError(`message of version ${version}, but this program knows ${MESSAGE_VERSION}`, {
      hint: 'Run the same version everywhere.',
    });
  }
  const type: unknown = properties.contentType;
  try {
    if (type === JSON_TYPE) return JSON.parse(content.toString('utf8')) as unknown;
    // Not a Buffer: its parts would be Buffers too, which are other arrays than those that were sent.
    if (type === MSGPACK_TYPE) return decoder.decode(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  } catch (cause) {
    throw new MessageError(`message is no ${type}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  throw new MessageError(`message of unknown content type "${String(type).slice(0, 100)}"`);
}

/** The same of a message that may hold several. @throws MessageError also if they are too many */
export function decodeParts(message: Message): readonly unknown[] {
  const body = decodeMessage(message);
  if (!Array.isArray(body)) return [body];
  if (body.length > MAX_PARTS) throw new MessageError(`a message of ${body.length} parts is over the limit of ${MAX_PARTS}`);
  return body;
}

/** The letter, whoever sent it there: this program, or the broker itself (delivery limit). Never throws. */
export function decodeDeadLetter(message: Message): DeadLetter {
  const headers = message.properties.headers ?? {};
  const own = headers[REASON_HEADER] !== undefined;
  return {
    message: shown(message),
    reason: own ? String(headers[REASON_HEADER]) : brokersReason(headers),
    queue: own ? String(headers[QUEUE_HEADER]) : String(headers['x-first-death-queue'] ?? ''),
    deliveries: own ? Number(headers[DELIVERIES_HEADER]) : brokersCount(headers),
  };
}

/** How often a message was delivered, this time included. */
export function deliveriesOf(headers: MessagePropertyHeaders | undefined): number {
  const count: unknown = headers?.['x-delivery-count'];
  return typeof count === 'number' ? count + 1 : 1;
}

/** The run announcement: which runs have tasks, and which were cancelled. */
export function encodeRuns(runs: readonly string[], cancelled: readonly string[]): Encoded {
  const { content, properties } = encoded(toJson({ v: MESSAGE_VERSION, runs, cancelled }), JSON_TYPE, {
    type: 'runs',
    messageId: 'runs',
    traceId: newTraceId(),
  });
  return { content, properties: { ...properties, persistent: false, mandatory: false } };
}

/** The broker does not say it; only by the limit it can be known. */
function brokersCount(headers: MessagePropertyHeaders): number {
  return headers['x-first-death-reason'] === 'delivery_limit' ? DELIVERY_LIMIT + 1 : 1;
}

function brokersReason(headers: MessagePropertyHeaders): string {
  const reason = String(headers['x-first-death-reason'] ?? 'unknown');
  return reason === 'delivery_limit'
    ? 'delivered too often without an answer (the delivery limit of its queue)'
    : `by the broker: ${reason}`;
}

function deadHeaders({ reason, queue, deliveries }: Omit<DeadLetter, 'message'>): Record<string, unknown> {
  return { [REASON_HEADER]: reason.slice(0, MAX_REASON), [QUEUE_HEADER]: queue, [DELIVERIES_HEADER]: deliveries };
}

function shown(message: Message): unknown {
  try {
    return decodeMessage(message);
  } catch {
    return message.content.subarray(0, MAX_SHOWN).toString('utf8');
  }
}

interface About {
  readonly type: string;
  readonly messageId: string;
  readonly traceId: string;
}

function encoded(content: Buffer, contentType: string, { type, messageId, traceId }: About): Encoded {
  if (content.length > MAX_MESSAGE_BYTES) throw tooBig(content.length);
  const traceparent = `00-${traceId}-${newSpanId()}-01`;
  const headers = { [VERSION_HEADER]: MESSAGE_VERSION, traceparent };
  return { content, properties: { persistent: true, mandatory: true, contentType, messageId, type, appId: 'higgsflow', headers } };
}

/** One trace for all that is said about a task, without anybody carrying an id along. */
function traceIdOf(key: string): string {
  return hash('sha256', key, 'hex').slice(0, 32);
}

const spanPrefix = randomBytes(4).toString('hex');
let spans = 0;

/** Unique, and not worth a random number for each message. */
function newSpanId(): string {
  spans = (spans + 1) % 2 ** 32;
  return spanPrefix + spans.toString(16).padStart(8, '0');
}

function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function toMsgpack(value: unknown): Buffer {
  const bytes = encoder.encode(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooBig(bytes: number): MessageError {
  return new MessageError(`a message of ${bytes} bytes is over the limit of ${MAX_MESSAGE_BYTES}`, {
    hint: 'An analysis with fewer histograms or bins makes smaller ones.',
  });
}
