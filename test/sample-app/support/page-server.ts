import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const client = readFileSync(createRequire(import.meta.url).resolve('sails.io.js/dist/sails.io.js'));

/** Serves one page from an origin of its own, with `sails.io.js` as distributed, including its Socket.IO client. */
export class PageServer {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(): Promise<PageServer> {
    const server = createServer(({ url = '/' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://localhost');
      const isClient = pathname === '/sails.io.js';
      response.setHeader('content-type', isClient ? 'text/javascript' : 'text/html');
      response.end(isClient ? client : pageOf(searchParams.get('app') ?? '', searchParams.has('connects')));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new PageServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /**
   * Returns the URL of the page whose client connects to this application.
   *
   * @param connects whether it does so by itself. A test that connects must turn it off: the client confuses two sockets
   *   that fetch the cookie at the same time, connects one of them twice, and drops the answers to its requests.
   */
  pageFor(app: string, { connects }: { connects: boolean }): string {
    return `${this.origin}/?app=${encodeURIComponent(app)}${connects ? '&connects' : ''}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

function pageOf(app: string, connects: boolean): string {
  const attributes = `src="/sails.io.js" data-url="${app}" data-environment="production"`;
  const autoConnect = `<script>io.sails.autoConnect = ${connects};</script>`;
  return `<!doctype html><title>A page</title><script ${attributes}></script>${autoConnect}`;
}
