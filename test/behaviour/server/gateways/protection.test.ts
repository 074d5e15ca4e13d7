import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { connect } from '../../../support/client.js';
import { freePort } from '../../../support/free-port.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { SERVER_ERROR } from './support/failures.js';

const CIRCLE: Record<string, unknown> = {};
CIRCLE.self = CIRCLE;

@WebSocketGateway()
class ResultsGateway {
  @SubscribeMessage('give')
  give(@MessageBody() name: string): unknown {
    if (name === 'nothing') return undefined;
    return name === 'instance' ? Object.assign(new (class Row {})(), { event: 'exception', data: 1 }) : 'ada';
  }
}

describe('a gateway on a server of its own', () => {
  it('is protected as well', async () => {
    const port = await freePort();
    @WebSocketGateway(port, { namespace: 'own' })
    class OwnGateway {
      @SubscribeMessage('circle')
      circle(): unknown {
        return CIRCLE;
      }

      @SubscribeMessage('calendar')
      calendar(): unknown {
        return { event: 'disconnect', data: {}, id: 1 };
      }
    }
    let logs: Logs | undefined;
    await start({ providers: [OwnGateway], main: (nest) => (logs = listenTo(nest)) });
    const { socket } = await connect(`http://127.0.0.1:${port}/own`);

    expect(await socket.emitWithAck('circle')).toEqual(SERVER_ERROR);
    expect(await socket.emitWithAck('calendar')).toEqual({ event: 'disconnect', data: {}, id: 1 });
    expect(await socket.emitWithAck('nobody')).toMatchObject({ statusCode: 404, code: 'UNKNOWN_EVENT' });
    expect(logs?.naming('OwnGateway.circle()').errors).toHaveLength(1);
  });
});

describe('gateways as in Nest', () => {
  it('have their results interpreted by Nest, as before', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ gateways: 'as in Nest' })],
      providers: [ResultsGateway],
    });
    const client = await app.connect();

    client.socket.emit('give', 'instance');
    await client.next('exception');
    expect(client.heard('exception')).toEqual([1]);
    const answers: unknown[] = [];
    client.socket.emit('give', 'nothing', (answer: unknown) => answers.push(answer));
    client.socket.emit('nobody', (answer: unknown) => answers.push(answer));
    expect(await client.socket.emitWithAck('give', 'text')).toBe('ada');
    expect(answers).toEqual([]);
  });
});
