import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { handshake } from '../server/support/http.js';
import { refusal, refusalOf, TRANSPORTS } from './support/refused.js';

const FRIEND = 'https://friend.example';
const STRANGER = 'https://stranger.example';

type AllowRequest = NonNullable<NonNullable<SocketsModuleOptions['server']>['allowRequest']>;

function outOfOrder(): never {
  throw new Error('out of order');
}

describe('Sails row 56: onlyAllowOrigins and beforeConnect', () => {
  const startWith = (options: SocketsModuleOptions) => start({ imports: [SocketsModule.forRoot(options)] });

  const letsIn = async (app: TestApplication, transports: string[], origin?: string): Promise<boolean> => {
    const extraHeaders = origin === undefined ? undefined : { origin };
    const client = await app.connect({ transports, extraHeaders }).catch(() => undefined);
    return client !== undefined;
  };

  it.each(TRANSPORTS)('a foreign origin is refused, by %s', async (transports) => {
    const app = await startWith({ origins: [FRIEND] });

    expect(await letsIn(app, transports, FRIEND)).toBe(true);
    expect(await letsIn(app, transports, app.url)).toBe(true);
    expect(await letsIn(app, transports, STRANGER)).toBe(false);
  });

  it.each(TRANSPORTS)(
    'a missing origin is let in, or refused where allowRequest says so, by %s',
    async (transports) => {
      const browsersOnly: AllowRequest = ({ headers }, answer) => answer(null, headers.origin !== undefined);

      expect(await letsIn(await startWith({ origins: [FRIEND] }), transports)).toBe(true);
      const strict = await startWith({ origins: [FRIEND], server: { allowRequest: browsersOnly } });
      expect(await letsIn(strict, transports)).toBe(false);
      expect(await letsIn(strict, transports, FRIEND)).toBe(true);
      expect(await letsIn(strict, transports, STRANGER)).toBe(false);
    },
  );

  const hooks: Array<[how: string, allowRequest: () => unknown]> = [
    ['throws', outOfOrder],
    ['rejects', () => Promise.reject(new Error('out of order'))],
  ];

  it.each(hooks)('allowRequest that %s refuses, by every transport', async (_how, allowRequest) => {
    const app = await startWith({ server: { allowRequest } });

    for (const [transports] of TRANSPORTS) expect(await letsIn(app, transports)).toBe(false);
    const { status, text } = await handshake(app.url);
    expect(status).toBe(403);
    expect(text).not.toContain('out of order');
  });

  it('allowRequest that refuses later refuses', async () => {
    const allowRequest: AllowRequest = (_request, answer) => setImmediate(() => answer('NOT_TODAY', false));
    const app = await startWith({ server: { allowRequest } });

    for (const [transports] of TRANSPORTS) expect(await letsIn(app, transports)).toBe(false);
  });

  it.each(hooks)('authenticate that %s refuses, by every transport', async (_how, authenticate) => {
    const app = await startWith({ authenticate });

    for (const [transports] of TRANSPORTS) {
      expect(await refusalOf(app.connect({ transports }))).toEqual(
        refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
      );
    }
  });

  it('authenticate is not asked about a foreign origin', async () => {
    let asked = 0;
    const app = await startWith({ authenticate: () => ++asked });

    for (const [transports] of TRANSPORTS) expect(await letsIn(app, transports, STRANGER)).toBe(false);
    expect(asked).toBe(0);
  });
});
