import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { finalize, interval, map, type Observable } from 'rxjs';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';

/** The sockets whose ticks have ended, and who waits for one of them. */
class Ends {
  private readonly ended = new Set<string>();
  private readonly waiting = new Map<string, () => void>();

  add(id: string): void {
    this.ended.add(id);
    this.waiting.get(id)?.();
  }

  has(id: string): boolean {
    return this.ended.has(id);
  }

  of(id: string): Promise<void> {
    return new Promise((resolve) => (this.ended.has(id) ? resolve() : this.waiting.set(id, resolve)));
  }
}

@WebSocketGateway()
class TicksGateway {
  readonly sockets: Socket[] = [];
  readonly ends = new Ends();

  handleConnection(socket: Socket): void {
    this.sockets.push(socket);
  }

  @SubscribeMessage('ticks')
  ticks(@ConnectedSocket() { id }: Socket): Observable<{ event: string; data: number }> {
    return interval(1).pipe(
      map((data) => ({ event: 'tick', data })),
      finalize(() => this.ends.add(id)),
    );
  }

  @SubscribeMessage('who')
  who(@ConnectedSocket() { id }: Socket): string {
    return id;
  }
}

/** A gateway that handles the same as another one. */
class NotingGateway {
  readonly noted: unknown[] = [];

  @SubscribeMessage('note')
  note(@ConnectedSocket() { id }: Socket, @MessageBody() data: unknown): string {
    this.noted.push([id, data]);
    return `${data as string} noted`;
  }
}

@WebSocketGateway()
class FirstNotes extends NotingGateway {}

@WebSocketGateway()
class SecondNotes extends NotingGateway {}

describe('the listeners of gateways', () => {
  it('are the same for all sockets, and each socket is handled as itself', async () => {
    const app = await start({ providers: [TicksGateway] });
    const clients = [await app.connect(), await app.connect()];

    const { sockets } = app.get(TicksGateway);
    expect(sockets).toHaveLength(2);
    expect(sockets[0].listeners('who')).toEqual(sockets[1].listeners('who'));
    for (const { socket } of clients) expect(await socket.emitWithAck('who')).toBe(socket.id);
  });

  it('of two gateways for the same event are called once each, for each socket', async () => {
    const app = await start({ providers: [FirstNotes, SecondNotes] });
    const clients = [await app.connect(), await app.connect()];

    for (const { socket } of clients) expect(await socket.emitWithAck('note', 'this')).toBe('this noted');
    const expected = clients.map(({ socket }) => [socket.id, 'this']);
    expect(app.get(FirstNotes).noted).toEqual(expected);
    expect(app.get(SecondNotes).noted).toEqual(expected);
  });

  it('leave what a handler returned when its socket disconnects, and nobody else', async () => {
    const app = await start({ providers: [TicksGateway] });
    const [leaving, staying] = [await app.connect(), await app.connect()];
    for (const client of [leaving, staying]) {
      client.socket.emit('ticks');
      await client.next('tick');
    }
    const { ends } = app.get(TicksGateway);
    const left = String(leaving.socket.id);

    leaving.socket.disconnect();
    await ends.of(left);
    const last = staying.heard('tick').length;
    await staying.next('tick', (tick) => (tick as number) > last + 1);
    expect(ends.has(String(staying.socket.id))).toBe(false);
  });

  it('keep nothing of a message that was handled', async () => {
    const app = await start({ providers: [TicksGateway] });
    const client = await app.connect();
    const [socket] = app.get(TicksGateway).sockets;
    const before = socket.listenerCount('disconnect');

    expect(await client.socket.emitWithAck('who')).toBe(client.socket.id);
    expect(socket.listenerCount('disconnect')).toBe(before);
  });
});
