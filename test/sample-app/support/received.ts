import type { Page, WebSocket } from 'playwright-core';

interface Message {
  event: string;
  data: { verb?: string; data?: Record<string, unknown> } & Record<string, unknown>;
}

/** A request that the page sent over its socket. */
interface SocketCall {
  method: string;
  url: string;
  isAnswered: boolean;
}

/** No Content and Not Modified: asking Playwright for their bodies is an error. */
const withoutBody = [204, 304];

/** Records what a page receives, the body of each response and each WebSocket frame, and what it requests. */
export class Received {
  readonly frames: string[] = [];
  /** The requests of the page's scripts over HTTP, such as `GET /session`, except for Socket.IO's polling. */
  readonly httpCalls: string[] = [];
  readonly socketCalls: SocketCall[] = [];
  private readonly bodies: Promise<string>[] = [];
  private readonly connected = new Set<WebSocket>();

  constructor(page: Page) {
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      const isScripts = ['fetch', 'xhr'].includes(request.resourceType());
      if (isScripts && !pathname.startsWith('/socket.io/')) this.httpCalls.push(`${request.method()} ${pathname}`);
    });
    page.on('response', (response) => {
      if (withoutBody.includes(response.status())) return;
      const body = response.text();
      // A body that breaks off when the server stops matters only if `everything` is called.
      body.catch(() => undefined);
      this.bodies.push(body);
    });
    page.on('websocket', (socket) => this.listenTo(socket));
  }

  /** Whether the page is connected, and signed in. */
  get isConnected(): boolean {
    return [...this.connected].some((socket) => !socket.isClosed());
  }

  /**
   * The events among the frames, each once: after half a minute a client asks whether it lacks anything, and drops the
   * copies that it may be sent then.
   */
  get messages(): Message[] {
    const different = new Map<string, Message>();
    for (const [index, frame] of this.frames.entries()) {
      if (!frame.startsWith('42')) continue;
      const [event, data, note] = JSON.parse(frame.slice(2)) as [string, Message['data'], { id?: string }?];
      const key = JSON.stringify([event, data, note?.id ?? index]);
      if (!different.has(key)) different.set(key, { event, data });
    }
    return [...different.values()];
  }

  async everything(): Promise<string> {
    return [...(await Promise.all(this.bodies)), ...this.frames].join('\n');
  }

  private listenTo(socket: WebSocket): void {
    const calls = new Map<string, SocketCall>();
    socket.on('framesent', ({ payload }) => {
      const frame = payload.toString();
      const [, id, event] = /^42(\d+)(.*)$/s.exec(frame) ?? [];
      if (id === undefined) return;
      const [method, { url }] = JSON.parse(event) as [string, { url?: string }];
      // Another kind of event, such as an unsubscription.
      if (url === undefined) return;
      const call = { method, url, isAnswered: false };
      calls.set(id, call);
      this.socketCalls.push(call);
    });
    socket.on('framereceived', ({ payload }) => {
      const frame = payload.toString();
      this.frames.push(frame);
      // Socket.IO's packet CONNECT.
      if (frame.startsWith('40')) this.connected.add(socket);
      const [, id] = /^43(\d+)/.exec(frame) ?? [];
      const call = calls.get(id);
      if (call) call.isAnswered = true;
    });
  }
}
