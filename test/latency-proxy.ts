/** A TCP proxy on loopback that makes each round trip take longer, and counts requests and bytes as they go over the wire. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface WireCounts {
  requests: number;
  connections: number;
  /** Of all answers. */
  bytes: number;
  /** Requests by kind: GET, HEAD; numbers of the XRootD protocol. */
  kinds: Record<string, number>;
}

export interface LatencyProxy {
  readonly port: number;
  /** What has gone over it since it was asked last. */
  take(): WireCounts;
  close(): Promise<void>;
}

const none = (): WireCounts => ({ requests: 0, connections: 0, bytes: 0, kinds: {} });

/** Starts one to `target`, with so many milliseconds more a round trip; a new connection costs one round trip too. */
export async function startLatencyProxy(target: number, kind: 'http' | 'root', roundTripMs: number): Promise<LatencyProxy> {
  let counts = none();
  const sockets = new Set<Socket>();
  const count = (name: string) => {
    counts.requests++;
    counts.kinds[name] = (counts.kinds[name] ?? 0) + 1;
  };
  const server = createServer((near) => {
    counts.connections++;
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const openedAt = performance.now() + roundTripMs;
    const watch = kind === 'http' ? httpRequests(count) : xrootdRequests(count);
    near.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      // biome-ignore format: one line
      sockets.add(from);
      from.on('error', () => {}); // 'close' follows
      from.on('close', () => to.destroy());
      from.on('data', (bytes) => {
        if (from === near) watch(bytes);
        else counts.bytes += bytes.length;
        setTimeout(() => to.writable && to.write(bytes), roundTripMs / 2 + Math.max(0, from === near ? openedAt - performance.now() : 0));
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = counts;
      counts = none();
      return taken;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function httpRequests(count: (name: string) => void): (bytes: Buffer) => void {
  return (bytes) => {
    for (const [, method = ''] of bytes.toString('latin1').matchAll(/(?:^|\r\n\r\n)([A-Z]+) /g)) count(method);
  };
}

/** After 20 bytes of greeting: 24 bytes, the last four of which say how many follow. */
function xrootdRequests(count: (name: string) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  let left = 20;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    if (rest.length < left) return;
    rest = rest.subarray(left);
    left = 0;
    while (rest.length >= 24 && rest.length >= 24 + rest.readInt32BE(20)) {
      count(String(rest.readUInt16BE(2)));
      rest = rest.subarray(24 + rest.readInt32BE(20));
    }
  };
}
