import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { pollingUrl, request } from '../support/http.js';

const PAGE = 'https://stranger.example';

/** As a browser asks for a script on behalf of a page of another origin: with cookies, and without `Origin`. */
const SCRIPT = { cookie: 'sid=ada', referer: `${PAGE}/`, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'script' };

@WebSocketGateway({ cors: { origin: PAGE, credentials: true } })
class OpenGateway {}

@WebSocketGateway({ cors: { origin: PAGE }, path: '/own' })
class OwnServerGateway {}

describe('JSONP, which pages of any origin can read', () => {
  const rules: Array<[rule: string, options: SocketsModuleOptions]> = [
    ['the own origin only', {}],
    ['a list', { origins: ['https://friend.example'] }],
    ['all', { origins: '*' }],
    ['server.cors', { server: { cors: { origin: '*' } } }],
    ['only clients of today', { server: { allowEIO3: false } }],
  ];

  it.each(rules)('is refused before anybody asks who it is, where the rule is: %s', async (_rule, options) => {
    const asked: unknown[] = [];
    const authenticate: SocketsModuleOptions['authenticate'] = ({ headers }) => {
      asked.push(headers.cookie);
      return { id: 1 };
    };
    const app = await start({
      imports: [SocketsModule.forRoot({ ...options, authenticate })],
      providers: [OpenGateway, OwnServerGateway],
    });

    for (const path of ['/socket.io', '/own']) {
      for (const parameter of ['j=0', 'j=', 'j=0&j=1']) {
        for (const headers of [SCRIPT, { ...SCRIPT, origin: PAGE }, { ...SCRIPT, origin: app.url }]) {
          const { status, text } = await request(`${pollingUrl(app.url, path)}&${parameter}`, { headers });
          expect([status, text]).toEqual([403, expect.stringContaining('JSONP is not supported')]);
          expect(text).not.toContain('sid');
        }
        const old = pollingUrl(app.url, path).replace('EIO=4', 'EIO=3');
        expect(await request(`${old}&${parameter}`, { headers: SCRIPT })).toMatchObject({ status: 403 });
      }
    }
    await app.connect({ transports: ['polling'] });
    expect(asked).toEqual([undefined]);
  });
});
