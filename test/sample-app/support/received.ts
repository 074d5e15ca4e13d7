import type { Page } from 'playwright-core';

interface Message {
  event: string;
  data: { verb?: string; data?: Record<string, unknown> } & Record<string, unknown>;
}

/** No content, and not modified: to ask for their bodies is an error. */
const withoutBody = [204, 304];

/** Everything that a page gets from the server: the body of each response, and each frame of its WebSockets. */
export class Received {
  readonly frames: string[] = [];
  /** Resolves when the page's socket has left polling behind. */
  readonly overWebSocket: Promise<void>;
  private readonly bodies: Promise<string>[] = [];

  constructor(page: Page) {
    page.on('response', (response) => {
      if (withoutBody.includes(response.status())) return;
      const body = response.text();
      // A body that breaks off with the server's end is of no interest, unless `everything` is asked for.
      body.catch(() => undefined);
      this.bodies.push(body);
    });
    this.overWebSocket = new Promise((resolve) => {
      page.on('websocket', (socket) => {
        socket.on('framereceived', ({ payload }) => this.frames.push(payload.toString()));
        // Engine.IO's packet "upgrade": from here on nothing comes by polling.
        socket.on('framesent', ({ payload }) => payload.toString() === '5' && resolve());
      });
    });
  }

  /** The events among the frames. */
  get messages(): Message[] {
    return this.frames
      .filter((frame) => frame.startsWith('42'))
      .map((frame) => JSON.parse(frame.slice(2)) as [string, Message['data']])
      .map(([event, data]) => ({ event, data }));
  }

  async everything(): Promise<string> {
    return [...(await Promise.all(this.bodies)), ...this.frames].join('\n');
  }
}
