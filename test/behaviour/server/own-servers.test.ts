import { Controller, Get } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { connect } from '../../support/client.js';
import { freePort } from '../../support/free-port.js';
import { listenTo, type Logs } from '../../support/logs.js';

let onConnection: () => unknown;

@WebSocketGateway({ path: '/own' })
class OwnGateway {
  handleConnection(): unknown {
    return onConnection();
  }

  @SubscribeMessage('secret')
  secret() {
    return 'secret';
  }
}

@Controller('cards')
class CardsController {
  @Get('all')
  findAll() {
    return [];
  }
}

@WebSocketGateway(0, { path: '/own' })
class AtPath {}

describe('A gateway with a path of its own', () => {
  it('lets in nobody whom "authenticate" refuses', async () => {
    onConnection = () => undefined;
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.token === 'right' })],
      providers: [OwnGateway],
    });

    await expect(connect(app.url, { path: '/own' })).rejects.toMatchObject({ data: { statusCode: 401 } });
    const client = await connect(app.url, { path: '/own', auth: { token: 'right' } });
    expect(await client.socket.timeout(60_000).emitWithAck('secret')).toBe('secret');
  });

  it('may fail on a connection, which ends that connection and not the process', async () => {
    onConnection = () => Promise.reject(new Error('no database'));
    let logs: Logs | undefined;
    const app = await start({ providers: [OwnGateway], main: (nest) => (logs = listenTo(nest)) });
    const client = await connect(app.url, { path: '/own' });

    await expect.poll(() => client.socket.connected).toBe(false);
    expect(logs?.naming('OwnGateway.handleConnection() failed').errors).toHaveLength(1);
    expect((await app.request('GET', '/nowhere')).status).toBe(404);
  });

  it('answers what is asked of its path, and a socket cannot ask it', async () => {
    const app = await start({ providers: [AtPath], controllers: [CardsController] });
    const client = await app.connect();
    const ask = (url: string): Promise<unknown> => client.socket.timeout(60_000).emitWithAck('get', { url });

    expect(await ask('/own/?EIO=4&transport=polling')).toMatchObject({ statusCode: 501 });
    expect(await ask('/cards/all')).toMatchObject({ statusCode: 200 });
  });
});

describe('A gateway with a port of its own', () => {
  it('takes no path of the application away from requests over a socket', async () => {
    const port = await freePort();
    @WebSocketGateway(port, { path: '/cards' })
    class ElsewhereGateway {}
    const app = await start({ providers: [ElsewhereGateway], controllers: [CardsController] });
    const client = await app.connect();

    expect(await client.socket.timeout(60_000).emitWithAck('get', { url: '/cards/all' })).toMatchObject({
      statusCode: 200,
    });
  });
});
