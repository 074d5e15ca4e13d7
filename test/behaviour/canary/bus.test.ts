import { describe, expect, it } from 'vitest';
import { withCluster } from '../../support/cluster.js';
import { eavesdrop } from '../../support/eavesdrop.js';
import { application, sockets } from './support/application.js';
import { ACTORS, allowedFor, allowedInLogs, allowedOnBus, canariesIn } from './support/canaries.js';
import { Cast } from './support/cast.js';
import { EverythingSaid } from './support/everything-said.js';
import { play } from './support/scenario.js';

const startCluster = withCluster();

describe('rows 50, 51: of an application on two servers that has secrets everywhere', () => {
  it('the bus has only what somebody hears and room names; nobody hears more than on one server', async (context) => {
    const said = new EverythingSaid();
    const cluster = await startCluster(context, { ...application(said), sockets });
    const everything = await eavesdrop(cluster);
    const cast = await Cast.assemble({
      here: cluster.a,
      there: cluster.b,
      connect: (server, options) => cluster.connect(server, options),
      settle: () => cluster.settle(),
    });

    await play(cast);

    expect(canariesIn(await everything())).toEqual(allowedOnBus());
    expect(cast.found()).toEqual(Object.fromEntries(ACTORS.map((actor) => [actor, allowedFor(actor)])));
    expect(canariesIn(said.text)).toEqual(allowedInLogs());
  });
});
