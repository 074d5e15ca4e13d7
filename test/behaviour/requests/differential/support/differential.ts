import type { INestApplication } from '@nestjs/common';
import { expect } from 'vitest';
import type { TestApplication } from '../../../../support/application.js';
import type { ClientOptions, TestClient } from '../../../../support/client.js';
import { HttpCaller, overSocket, type Asked, type HttpResponse, type Jwr } from '../../support/ask.js';
import { Journal } from './journal.js';
import { startRich } from './rich-application.js';

/** What is compared: everything that a caller sees, and everything that was called on the way. */
interface Seen {
  status: number;
  body: unknown;
  headers: Record<string, unknown>;
  journal: string[];
}

/** Headers about a connection or the bytes on it; the time; and the cookies, which a socket's client never sees. */
const NOT_COMPARED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'set-cookie']);

/** The same application, asked in both ways. Tests may share it: it keeps nothing of a request but the journal. */
export class Both {
  private constructor(
    readonly app: TestApplication,
    readonly client: TestClient,
    private readonly http: HttpCaller,
  ) {}

  /** @param also what else `main.ts` does */
  static async start(options?: ClientOptions, also?: (app: INestApplication) => void): Promise<Both> {
    const app = await startRich(also);
    return new Both(app, await app.connect(options), new HttpCaller(app));
  }

  /**
   * Sends each request over HTTP and over the socket, one after the other, and expects the same. A difference is shown
   * under the request's name.
   */
  async expectSame(requests: readonly Asked[], http: (asked: Asked) => Asked = (asked) => asked): Promise<void> {
    const expected: Record<string, Seen> = {};
    const seen: Record<string, Seen> = {};
    for (const [index, asked] of requests.entries()) {
      const name = `${index}: ${nameOf(asked)}`;
      expected[name] = await this.overHttp(http(asked));
      seen[name] = await this.overSocket(asked);
    }
    expect(seen).toEqual(expected);
  }

  async overHttp(asked: Asked): Promise<Seen> {
    const { status, headers, bytes } = await this.http.ask(asked);
    return { status, body: bodyOf(bytes, headers), headers: compared(headers), journal: this.journal() };
  }

  async overSocket(asked: Asked): Promise<Seen> {
    const answer: Jwr = await overSocket(this.client, asked);
    return {
      status: answer.statusCode,
      body: answer.body,
      headers: compared(answer.headers),
      journal: this.journal(),
    };
  }

  private journal(): string[] {
    return this.app.get(Journal).take();
  }
}

/** Reads bytes according to their type. */
function bodyOf(bytes: Buffer, { 'content-type': type }: HttpResponse['headers']): unknown {
  if (bytes.length === 0) return undefined;
  if (/json/.test(type ?? '')) return read(bytes.toString());
  return type === undefined || type.startsWith('text/') ? bytes.toString() : bytes;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function compared(headers: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !NOT_COMPARED.has(name))
      // A list is told as one over the socket; an HTTP client joins it.
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

function nameOf({ method, url, data, headers }: Asked): string {
  const rest = [data, headers].map((value) => (value === undefined ? '' : JSON.stringify(value).slice(0, 120)));
  return [method, url.slice(0, 200), ...rest].join(' ');
}
