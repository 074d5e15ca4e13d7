import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { application, sockets } from './support/application.js';
import { ACTORS, allowedFor, allowedInLogs, canariesIn } from './support/canaries.js';
import { Cast } from './support/cast.js';
import { EverythingSaid } from './support/everything-said.js';
import { FAULTY_PLACES } from './support/faults.js';
import { play } from './support/scenario.js';

const verbs = (messages: unknown[]): unknown[] => messages.map((message) => (message as { verb: string }).verb);

describe('rows 50, 51: of an application that has secrets everywhere', () => {
  it('everybody gets every byte that is meant for them and none that is not, and the log has no secret', async () => {
    const said = new EverythingSaid();
    const app = await start({ ...application(said), imports: [SocketsModule.forRoot(sockets)] });
    const cast = await Cast.assemble({
      here: app,
      there: app,
      connect: (server, options) => server.connect(options),
      settle: () => app.settle(),
    });

    await play(cast);

    expect(verbs(cast.client('nora').heard('card'))).toEqual([
      ...['created', 'updated', 'updated', 'addedTo', 'updated', 'archived', 'left'],
    ]);
    expect(verbs(cast.client('sam').heard('card'))).toEqual(['created', 'entered', 'destroyed']);
    expect(cast.client('eve').heard('card')).toEqual([]);
    expect(cast.client('nora').heard('account')).toHaveLength(1);
    expect(cast.found()).toEqual(Object.fromEntries(ACTORS.map((actor) => [actor, allowedFor(actor)])));
    expect(FAULTY_PLACES.filter((place) => !said.text.includes(place))).toEqual([]);
    expect(canariesIn(said.text)).toEqual(allowedInLogs());
  });
});
