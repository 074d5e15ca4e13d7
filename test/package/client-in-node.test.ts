import { beforeAll, describe, expect, test } from 'vitest';
import { startDesk } from '../behaviour/client/support/desk.js';
import { platforms } from '../support/platforms.js';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

const [express] = platforms as [(typeof platforms)[0]];

/** Any timer that it left behind would keep it running for weeks. */
const PROGRAM = `
  import { connect } from 'nestjs-sockets/client';

  const sockets = connect(process.argv[1], { requestTimeout: 2 ** 31 - 1 });
  const { signal } = new AbortController();
  const { body } = await sockets.get('/notes', undefined, { signal, repeat: () => undefined });
  console.log(body);
  const codes = ['/fails/named', '/gate/a'].map((url) => sockets.get(url, undefined, { signal }).catch(({ code }) => code));
  await codes[0];
  sockets.close();
  console.log(await Promise.all(codes));
`;

describe('The client in Node', () => {
  beforeAll(requireBuild);

  test('leaves nothing behind that would keep the program running after close()', async () => {
    const { app } = await startDesk(express);

    const program = Child.start(process.execPath, ['--input-type=module', '--eval', PROGRAM, app.url], root);

    expect(await program.succeeded()).toBe("[ { id: 1, text: 'first' } ]\n[ 'TAKEN', 'CLOSED' ]\n");
  });
});
