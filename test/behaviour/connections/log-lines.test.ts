import { Controller, Get } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { eventually } from '../../support/eventually.js';
import { listenTo, type Logs } from '../../support/logs.js';

/** A line of its own, an escape of a terminal, the same as one character of C1, and marks that turn text around. */
const FORGED = 'a\r\nERROR forged\u001b[31m\u009b31m\u0085\u2028\u2029\u202e\u2066\u200f\ufeff\u0000\u007f';

/** What no line may have. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

@Controller()
class ThrowingController {
  @Get()
  find(): string {
    return 'fine';
  }
}

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): string {
    return 'echo';
  }

  handleDisconnect(client: { handshake: { auth: { name?: string } } }): void {
    throw new Error(client.handshake.auth.name);
  }
}

/** Sends bytes as they are, which no HTTP client would, and reads until the server ends or answers. */
async function sendRaw(app: TestApplication, head: string): Promise<string> {
  const { port } = app.nest.getHttpServer().address() as AddressInfo;
  const socket = connectTcp(port, '127.0.0.1');
  socket.end(Buffer.from(`${head}\r\nConnection: close\r\n\r\n`, 'latin1'));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('A line of the log', () => {
  const startWith = async (options: SocketsModuleOptions): Promise<[TestApplication, Logs]> => {
    let logs: Logs | undefined;
    const app = await start({
      imports: [SocketsModule.forRoot(options)],
      controllers: [ThrowingController],
      providers: [EchoGateway],
      main: (nest) => (logs = listenTo(nest)),
    });
    return [app, logs as Logs];
  };
  const linesOf = ({ lines, warnings, errors }: Logs): string[] => [...lines, ...warnings, ...errors];

  it('has no control character of an Origin, a Host, a cookie or another header, and is not long', async () => {
    const [app, logs] = await startWith({});
    const bad = '\u009b31m\u0085\u0080 \u00ff';
    const polling = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1';
    expect(await sendRaw(app, `${polling}\r\nHost: h${bad}\r\nOrigin: https://${bad}`)).toContain('403');
    expect(await sendRaw(app, `${polling}\r\nHost: h\r\nOrigin: https://${'x'.repeat(10_000)}`)).toContain('403');

    const client = await app.connect({ extraHeaders: { cookie: 'session\u0099=1', 'x-odd': '1' } });
    await app.request('GET', '/', undefined, { 'x-socket-id': client.id });
    await client.socket.emitWithAck('get', { url: '/', headers: { 'x-forwarded-for': '\u0085' } });
    await client.socket.emitWithAck('get', { url: `/${FORGED}`, headers: { [`x${FORGED}`]: '1' } });

    expect(logs.naming('Refused a connection of the origin').warnings).toHaveLength(2);
    expect(logs.naming('\\u009b31m\\u0085').warnings).not.toEqual([]);
    for (const line of linesOf(logs)) {
      expect(line).not.toMatch(CONTROL);
      expect(line.length).toBeLessThan(1_000);
    }
  });

  it('has none of an error that repeats what a client has sent, nor does its stack, and both end', async () => {
    const seen: unknown[][] = [];
    const [app, logs] = await startWith({
      authenticate: ({ auth }) => {
        if (auth.name !== undefined && auth.late === undefined) throw new Error(String(auth.name));
        return true;
      },
    });
    logs.error = (...args: unknown[]) => void seen.push(args.slice(0, -1));
    await expect(app.connect({ auth: { name: FORGED } })).rejects.toThrow();
    const long = await app.connect({ auth: { name: `${FORGED}${'y'.repeat(50_000)}`, late: true } });
    long.socket.disconnect();
    await expect.poll(() => seen.length).toBeGreaterThan(1);

    for (const [line, stack = ''] of seen as string[][]) {
      expect(line).not.toMatch(CONTROL);
      // What may be a credential is left out.
      if (!line.includes('authenticate')) expect(line).toContain('\\u000d\\u000aERROR forged\\u001b');
      expect(line.length + stack.length).toBeLessThan(20_000);
      expect(stack.replaceAll('\n    at ', '')).not.toMatch(CONTROL);
      expect(
        stack
          .split('\n')
          .slice(1)
          .filter((frame) => !frame.startsWith('    at ')),
      ).toEqual([]);
    }
  });

  it('about a failure of the application is one of ten a minute, however often a client brings it about', async () => {
    const origins = (origin: string): boolean => {
      throw new Error(`${origin} is not in the table of origins`);
    };
    const [app, logs] = await startWith({ origins });
    for (let times = 0; times < 15; times++) {
      const head = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example';
      expect(await sendRaw(app, head)).toContain('403');
    }
    expect(logs.naming('is not in the table of origins').errors).toHaveLength(10);

    for (let times = 0; times < 15; times++) {
      const client = await app.connect({ auth: { name: 'of a client that leaves' } });
      client.socket.disconnect();
    }
    await eventually(() => expect(app.sockets.metrics().sockets).toBe(0));
    expect(logs.naming('of a client that leaves').errors).toHaveLength(10);
  });
});
