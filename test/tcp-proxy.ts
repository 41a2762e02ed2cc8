/** A TCP proxy on loopback whose connections can be cut, frozen and refused: a network that fails on purpose. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Resets all connections; new ones are accepted. */
  cut(): void;
  /** Accepts connections and carries nothing, until `thaw`; what is open says nothing more. */
  freeze(): void;
  thaw(): void;
  /** Cuts as soon as about this many further bytes have gone to the target. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

/** Starts a proxy to `targetPort`, on a free port or the given one. */
export async function startTcpProxy(targetPort: number, port = 0): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let frozen = false;
  let bytesLeft = Infinity;
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    bytesLeft = Infinity;
  };
  const server = createServer((near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {}); // 'close' follows
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (frozen) return;
        to.write(bytes);
        if (from === near) bytesLeft -= bytes.length;
        if (bytesLeft <= 0) cut();
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    cut,
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
    },
    cutAfter: (bytes) => {
      bytesLeft = bytes;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
