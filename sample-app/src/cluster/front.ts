import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Hands each connection on to one of the processes, in turn. It knows nothing of sessions, so clients must use
 * websockets only: the requests of one that is polling would reach different processes.
 */
export class Front {
  private readonly server = createServer((near) => this.carry(near));
  private readonly ends = new Set<Socket>();
  private turn = 0;

  /** @param ports those of the processes that are alive */
  constructor(private readonly ports: () => readonly number[]) {}

  /** Resolves with the port, which `0` leaves open. */
  async listen(port: number): Promise<number> {
    await once(this.server.listen(port), 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.close();
    for (const end of this.ends) end.destroy();
  }

  private carry(near: Socket): void {
    const ports = this.ports();
    const port = ports[this.turn++ % ports.length];
    if (port === undefined) return void near.destroy();
    // Not by its name: on a busy machine, trying the addresses of a name one after the other may take too long.
    const far = connect(port, '127.0.0.1');
    this.join(near, far);
    this.join(far, near);
  }

  private join(end: Socket, other: Socket): void {
    this.ends.add(end);
    end.pipe(other);
    end.on('error', () => other.destroy());
    end.on('close', () => {
      this.ends.delete(end);
      other.destroy();
    });
  }
}
