import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { Gate } from '../../support/gate.js';

describe('A connection on which many namespaces are decided at once', () => {
  it('is not listened to for each of them', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const gate = new Gate();
    let asked = 0;
    const authenticate = async (): Promise<true> => {
      asked++;
      await gate.opened;
      return true;
    };
    const app = await start({ imports: [SocketsModule.forRoot({ authenticate })] });
    const names = Array.from({ length: 15 }, (_, index) => `/n${index}`);
    for (const name of names) await app.sockets.of(name).rooms();
    const manager = io(app.url, { transports: ['websocket'], forceNew: true }).io;
    onTestFinished(() => void manager.engine.close());
    const sockets = names.map((name) => manager.socket(name));
    await expect.poll(() => asked).toBe(16);
    gate.open();
    await expect.poll(() => sockets.every(({ connected }) => connected)).toBe(true);
    // Node tells of a warning in the next turn.
    await new Promise((resolve) => setImmediate(resolve));

    expect(warnings).toEqual([]);
  });
});
