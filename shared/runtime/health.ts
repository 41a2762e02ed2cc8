import type { HttpRoute } from './http-server.ts';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  /** Why the service cannot do its work now; undefined when it can. */
  readonly notReady: () => string | undefined;
  readonly metrics: Metrics;
}

/** /healthz: the process answers. /readyz: it can do its work. /metrics: for Prometheus. */
export function healthRoutes({ notReady, metrics }: HealthOptions): HttpRoute[] {
  return [
    { method: 'GET', path: '/healthz', handle: () => ({ json: { status: 'ok' } }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: () => {
        const reason = notReady();
        return reason === undefined ? { json: { status: 'ready' } } : { status: 503, json: { status: 'not ready', reason } };
      },
    },
    { method: 'GET', path: '/metrics', handle: async () => ({ type: metrics.contentType, text: await metrics.text() }) },
  ];
}
