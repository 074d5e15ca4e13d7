import { beforeAll, describe, expect, test } from 'vitest';
import { startDesk } from '../behaviour/client/support/desk.js';
import { Doorkeeper } from '../behaviour/client/support/doorkeeper.js';
import { requireBuild } from './support/build.js';
import { Child } from './support/child.js';
import { root } from './support/repository.js';

/** Any timer that it left behind would keep it running for weeks. */
const PROGRAM = `
  import { connect } from 'nestjs-sockets/client';

  const sockets = connect(process.argv[1], { requestTimeout: 2 ** 31 - 1 });
  const { signal } = new AbortController();
  const { body } = await sockets.get('/notes', undefined, { signal, repeat: () => undefined });
  console.log(body);
  const codeOf = (url) => sockets.get(url, undefined, { signal }).catch(({ code }) => code);
  const codes = ['/fails/named', '/gate/a'].map(codeOf);
  await codes[0];
  sockets.close();
  console.log(await Promise.all(codes));
`;

const REFUSED_PROGRAM = `
  import { connect } from 'nestjs-sockets/client';

  const weeks = 2 ** 31 - 1;
  const sockets = connect(process.argv[1], { reconnectionDelay: weeks, reconnectionDelayMax: weeks });
  sockets.onState(({ status, reason }) => {
    console.log(status, reason?.code);
    if (reason?.statusCode === 500) setImmediate(() => sockets.close());
  });
`;

describe('The client in Node', () => {
  beforeAll(requireBuild);

  test('leaves nothing behind that would keep the program running after close()', async () => {
    const { app } = await startDesk();

    const program = Child.start(process.execPath, ['--input-type=module', '--eval', PROGRAM, app.url], root);

    expect(await program.succeeded()).toBe("[ { id: 1, text: 'first' } ]\n[ 'TAKEN', 'CLOSED' ]\n");
  });

  test('ends with close() while it would try again later', async () => {
    const doorkeeper = new Doorkeeper();
    const { app } = await startDesk({ imports: [doorkeeper.module] });
    doorkeeper.fault = new Error('the database is away');

    const program = Child.start(process.execPath, ['--input-type=module', '--eval', REFUSED_PROGRAM, app.url], root);

    expect(await program.succeeded()).toBe('connecting undefined\nconnecting INTERNAL_SERVER_ERROR\nclosed CLOSED\n');
  });
});
