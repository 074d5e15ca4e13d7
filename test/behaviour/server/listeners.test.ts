import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';

it('An application that listens to connections itself is not told that there are too many listeners', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));

  @WebSocketGateway()
  class ChatGateway {
    handleConnection(): void {}

    @SubscribeMessage('hello')
    hello(@ConnectedSocket() _socket: unknown): void {}
  }
  const app = await start({ imports: [SocketsModule.forRoot()], providers: [ChatGateway] });
  for (let count = 0; count < 8; count++) app.sockets.server.on('connection', () => undefined);
  await app.connect();
  await new Promise((resolve) => setImmediate(resolve));

  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});
