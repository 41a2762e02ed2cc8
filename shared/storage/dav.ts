import { StorageError } from '../errors.ts';
import { type FolderEntry, nameInFolder } from './folder.ts';
import { request, statusError } from './http-request.ts';
import { httpTokens, withoutDav } from './http-token.ts';
import { displayName, type FileVersion } from './http-version.ts';
import type { TokenSettings } from './settings.ts';
import { readAtMost } from './stream.ts';
import { timeoutOf } from './timeout.ts';
import { TokenRefused } from './token.ts';

/** A folder of 100,000 files takes about 50 MB of XML. */
const MAX_LISTING_BYTES = 256 * 1024 * 1024;

export interface DavOptions {
  readonly token: TokenSettings;
  readonly timeoutMs: number;
  readonly authorities?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a WebDAV server says is in a folder (RFC 4918, PROPFIND of depth 1). @throws StorageError */
export async function listDavFolder(location: string, options: DavOptions): Promise<FolderEntry[]> {
  const { name, url, status, xml } = await askProperties(location, '1', options);
  if (status.status === 207) return parseMultistatus(xml, url);
  if (!isUnknownMethod(status.status)) throw statusError(name, status);
  throw new StorageError('the server lists no folders', { file: name, retryable: false, hint: 'Name the files one by one.' });
}

/**
 * Size and version of one file, also where plain answers tell neither ETag nor time; undefined where the server speaks no WebDAV.
 * @throws StorageError
 */
export async function statDavFile(location: string, options: DavOptions): Promise<FileVersion | undefined> {
  const { name, url, status, xml } = await askProperties(location, '0', options);
  if (isUnknownMethod(status.status)) return undefined;
  if (status.status !== 207) throw statusError(name, status);
  const [size, etag, lastModified] = ['getcontentlength', 'getetag', 'getlastmodified'].map((property) => propertyOf(xml, property));
  if (/<(?:\w+:)?collection\b/i.test(xml) || url.pathname.endsWith('/')) {
    throw new StorageError('is a folder', { file: name, retryable: false, hint: 'Name a file, or a pattern like folder/*.root.' });
  }
  return size === undefined || !/^\d+$/.test(size) ? undefined : { size: Number(size), etag: etag && withoutEntities(etag), lastModified };
}

function isUnknownMethod(status: number): boolean {
  return status === 405 || status === 501;
}

async function askProperties(location: string, depth: '0' | '1', { token, timeoutMs, authorities, signal }: DavOptions) {
  const url = new URL(withoutDav(location));
  const name = displayName(url);
  const context = { name, timeout: timeoutOf(url.origin, timeoutMs), closing: new AbortController().signal, authorities };
  const tokens = httpTokens(location, token);
  const ask = (bearer: string | undefined) => {
    const credentials = { origin: url.origin, headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } };
    return request(context, { url, method: 'PROPFIND', headers: { depth }, credentials, signal }, async (response, _url, progress) => {
      const body = response.status === 207 ? await readAtMost(name, response.body, MAX_LISTING_BYTES, progress) : new Uint8Array(0);
      return { name, url, status: response, xml: new TextDecoder().decode(body) };
    });
  };
  const first = await tokens?.current();
  const answer = await ask(first);
  const isRefused = first !== undefined && (answer.status.status === 401 || answer.status.status === 403);
  if (!isRefused) return answer;
  if (await tokens?.renewedAfter(first)) return ask(await tokens?.current());
  throw new TokenRefused(name, answer.status.status);
}

function propertyOf(xml: string, name: string): string | undefined {
  return new RegExp(`<(?:\\w+:)?${name}[^>]*>\\s*([^<]*?)\\s*<`, 'i').exec(xml)?.[1];
}

/** Entries of a PROPFIND answer, without the folder itself. Pure. */
export function parseMultistatus(xml: string, folder: URL): FolderEntry[] {
  const entries: FolderEntry[] = [];
  for (const [, response = ''] of xml.matchAll(/<(?:\w+:)?response\b[^>]*>([\s\S]*?)<\/(?:\w+:)?response>/gi)) {
    const href = /<(?:\w+:)?href[^>]*>\s*([^<]*?)\s*</i.exec(response)?.[1];
    const url = href === undefined ? null : URL.parse(withoutEntities(href), folder);
    const name = url === null ? undefined : nameInFolder(folder.pathname, url.pathname);
    if (name === undefined) continue;
    const size = Number(propertyOf(response, 'getcontentlength') ?? 0);
    const isFolder = /<(?:\w+:)?collection\b|<(?:\w+:)?iscollection[^>]*>\s*1/i.test(response) || href?.endsWith('/') === true;
    entries.push({ name, size, isFolder });
  }
  return entries;
}

function withoutEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&');
}
