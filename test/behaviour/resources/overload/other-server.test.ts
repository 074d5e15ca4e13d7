import { describe, expect, it } from 'vitest';
import { withCluster } from '../../../support/cluster.js';
import { type Card, CardsController, read, story } from './support/cards.js';
import { sendUntilBehind, stopReading } from './support/lagging.js';

describe('On two servers of a cluster', () => {
  const startCluster = withCluster();

  it('a client that falls behind on one is not sent what the other publishes, and is told', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const { a, b } = cluster;
    const [slow, reader] = [await cluster.connect(b), await cluster.connect(b)];
    for (const client of [slow, reader]) await read(client, '/cards');

    const readOn = stopReading(slow.socket);
    await sendUntilBehind(b);
    await a.channel<Card>('card').publishUpdate(1, { title: 'meanwhile' });
    await reader.next('card');
    readOn();
    await slow.next('sockets:stale');
    await a.channel<Card>('card').publishUpdate(1, { title: 'afterwards' });
    await cluster.settle();

    expect(story(slow)).toEqual([{ resource: 'card' }, 'afterwards']);
    expect(story(reader)).toEqual(['meanwhile', 'afterwards']);
  });
});
