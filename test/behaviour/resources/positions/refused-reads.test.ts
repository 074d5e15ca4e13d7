import { describe, expect, it } from 'vitest';
import type { SocketsModuleOptions } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Cards, startWithCards } from './support/cards.js';
import { type Read, read, story } from './support/follow.js';

interface Refusal {
  url: string;
  resource?: string;
  headers?: Record<string, string>;
  options?: SocketsModuleOptions;
  /** What happens while the handler runs. */
  meanwhile?: (app: TestApplication) => unknown;
  /** What the client is told beside the answer. */
  told?: string[];
  /** Whether that comes only after the answer, which cannot know of it. */
  isLate?: boolean;
}

const REFUSALS: Array<[string, Refusal]> = [
  ['by its policy', { url: '/secrets/1', resource: 'secret', told: ['revoked'] }],
  ['by a guard', { url: '/cards/5', headers: { 'x-user': 'mallory' } }],
  ['by the option `when`', { url: '/cards/of/5/when' }],
  [
    'by `maxSubscriptions`',
    { url: '/cards/several/5,6', options: { maxSubscriptions: 1 }, told: ['revoked'], isLate: true },
  ],
  [
    'by a revocation while its handler runs',
    {
      url: '/cards/5',
      meanwhile: ({ sockets }) => sockets.revoke({ user: 'ada', resource: 'card' }),
      told: ['revoked'],
      isLate: true,
    },
  ],
];

/** Reads while records 1 and 5 are changed, and waits until whatever follows has arrived. */
async function readMeanwhile(
  app: TestApplication,
  client: TestClient,
  { url, resource = 'card', headers, meanwhile }: Refusal,
  since?: string,
): Promise<Read> {
  const held = app.get(Cards).hold();
  const answer = read(client, url, { ...headers, ...(since !== undefined && { 'realtime-since': since }) });
  await Promise.race([held.read, answer]);
  await meanwhile?.(app);
  for (const id of [1, 5]) await app.channel(resource).publishUpdate(id, { title: 'CANARY' });
  held.goOn();
  const read_ = await answer;
  await app.settle();
  return read_;
}

describe('A read that was refused its subscription', () => {
  it.each(REFUSALS)('%s, brings nothing that was published meanwhile', async (_by, refusal) => {
    const app = await startWithCards(refusal.options);
    const client = await app.connect({ auth: { user: 'ada' } });
    const { headers } = await readMeanwhile(app, client, refusal);

    expect(story(client).toSorted()).toEqual(['answer', ...(refusal.told ?? [])].toSorted());
    expect(JSON.stringify(client.received)).not.toContain('CANARY');
    if (!refusal.isLate) {
      expect(headers).not.toHaveProperty('realtime-position');
      expect(headers).not.toHaveProperty('realtime-topics');
    }
  });

  it.each(REFUSALS)('%s, brings nothing of what the client says that it has missed', async (_by, refusal) => {
    const app = await startWithCards(refusal.options);
    const reader = await app.connect({ auth: { user: 'bob' } });
    const { headers: known } = await read(reader, refusal.resource === 'secret' ? '/secrets/2' : '/cards/9');
    const client = await app.connect({ auth: { user: 'ada' } });
    const since = known['realtime-position'] ?? '';
    expect(since).toMatch(/=0$/);
    const { headers } = await readMeanwhile(app, client, refusal, since);

    expect(JSON.stringify(client.received)).not.toContain('CANARY');
    expect(client.heard('sockets:position')).toEqual([]);
    const outcome = client.heard('sockets:recovered');
    if (refusal.isLate) expect(outcome).toMatchObject([{ id: headers['realtime-recovery'], recovered: false }]);
    else expect([outcome, headers['realtime-recovery']]).toEqual([[], undefined]);
  });

  it('by `maxSubscriptions`, of one of two resources, brings what belongs to the other', async () => {
    const app = await startWithCards({ maxSubscriptions: 1 });
    const client = await app.connect();
    const { headers } = await readMeanwhile(app, client, { url: '/cards/of/5/and-notes' });

    // The second decorator would be one subscription too many.
    expect(headers['realtime-position']).toMatch(/; card=0; note=0$/);
    expect(story(client).filter((line) => line.startsWith('card'))).toEqual(['card updated 5 CANARY']);
    expect(client.heard('revoked')).toMatchObject([{ resource: 'note' }, { resource: 'note', ids: [3] }]);
  });
});
