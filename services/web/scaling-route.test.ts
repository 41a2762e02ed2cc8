import { describe, expect, it, vi } from 'vitest';
import { createTestFeed } from '../../test/run-feed.ts';
import { startWeb } from './web.ts';

async function ask(scaling?: () => Promise<unknown>) {
  const web = await startWeb({ feed: createTestFeed(), port: 0, host: '127.0.0.1', log: vi.fn(), ...(scaling && { scaling }) });
  const answer = await fetch(`${web.url}/api/scaling`);
  const result = { status: answer.status, text: await answer.text() };
  await web.close();
  return result;
}

describe('workers over time', () => {
  it('are told where there is a cluster', async () => {
    expect(await ask(async () => [{ time: 't' }])).toEqual({ status: 200, text: '[{"time":"t"}]' });
  });

  it('have no content without one, which a browser does not call an error', async () => {
    expect(await ask()).toEqual({ status: 204, text: '' });
  });
});
