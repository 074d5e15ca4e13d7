import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Relay } from '../../../../src/index.js';
import { withCluster } from '../../../support/cluster.js';
import { DONE, signal } from './support/signals.js';

const startCluster = withCluster();

@Injectable()
@Relay('typing', { to: 'board:{boardId}' })
class Signals {}

describe('A signal on a cluster', () => {
  it('goes to the others in the room on every server, and to nobody else', async (context) => {
    const cluster = await startCluster(context, { providers: [Signals] });
    const { a, b } = cluster;
    const [ada, here, there, stranger] = [
      await cluster.connect(a),
      await cluster.connect(a),
      await cluster.connect(b),
      await cluster.connect(b),
    ];
    await a.sockets.join([ada.id, here.id], 'board:1');
    await b.sockets.join(there.id, 'board:1');

    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    expect(await here.next('typing')).toEqual([{ boardId: 1 }, {}]);
    expect(await there.next('typing')).toEqual([{ boardId: 1 }, {}]);
    expect(await signal(stranger, 'typing', { boardId: 1 })).toMatchObject({ statusCode: 403 });
    await cluster.settle();
    expect([ada, here, there, stranger].map((client) => client.heard('typing').length)).toEqual([0, 1, 1, 0]);
  });
});
