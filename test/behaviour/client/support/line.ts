import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A connection between clients and a server that can be cut and mended, like a network. */
export class Line {
  /** What clients connect to. */
  url = '';
  private readonly ends = new Set<Socket>();
  private isCut = false;

  private constructor(private server: string) {}

  static async to(server: string): Promise<Line> {
    const line = new Line(server);
    const listener = createServer((near) => {
      if (line.isCut) return void near.destroy();
      const { hostname, port } = new URL(line.server);
      const far = connect(Number(port), hostname);
      for (const [end, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.ends.add(end);
        end
          .on('error', () => undefined)
          .on('close', () => {
            line.ends.delete(end);
            other.destroy();
          });
        end.pipe(other);
      }
    });
    onTestFinished(() => {
      line.cut();
      listener.close();
    });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    line.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    return line;
  }

  /** Ends every connection and accepts no new one. */
  cut(): void {
    this.isCut = true;
    for (const end of this.ends) end.destroy();
  }

  /** Accepts connections again, and leads them to another server if one is given. */
  mend(server = this.server): void {
    this.server = server;
    this.isCut = false;
  }
}
