import type { Socket } from 'socket.io-client';
import { assertArgument } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';
import type { RequestConfig } from '../requests/request.options.js';
import type { ClientResponse } from '../answers/response.js';

/**
 * The type of the platform's own `fetch`. It belongs to the DOM's types or to Node's; a project that has neither cannot
 * call it.
 */
export type Fetch = typeof globalThis extends { fetch: infer Platform } ? Platform : never;

const JSON_CONTENT = 'application/json';

const JSON_TYPE = /\bjson\b/i;

/**
 * Makes a `fetch` that sends its requests over the socket, by `send`. It needs no `this`, since it is passed to
 * libraries.
 */
export function fetchOver(socket: Socket, send: (config: RequestConfig) => Promise<ClientResponse>): Fetch {
  return async (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
    const { origin } = new URL((socket.io as unknown as { uri: string }).uri.replace(/^ws/, 'http'));
    // As the platform reads its arguments, so that they mean the same.
    const request = new Request(typeof input === 'object' && 'url' in input ? input : new URL(input, origin), init);
    const url = new URL(request.url);
    assertArgument(
      url.origin === origin,
      `fetch: ${request.url} is not of the server that connect() was given, ${origin}. Give the library that calls ` +
        `this the base url "${origin}", or use the platform's own fetch, with the headers of httpHeaders()`,
    );
    const { signal, method } = request;
    const config = { method, url: url.pathname + url.search, signal, headers: headersOf(request) } as RequestConfig;
    // For reads nothing is awaited, so that they are sent in the order of the calls.
    if (method !== 'GET' && method !== 'HEAD') config.data = await bodyOf(request);
    const answer = await send(config).catch(answerOf);
    return responseTo(request, answer);
  };
}

function headersOf({ headers }: Request): Record<string, string> {
  const found: Record<string, string> = {};
  headers.forEach((value, name) => (found[name] = value));
  return found;
}

/** Returns JSON as its value, and any other body as its bytes, which the server's own parsers read. */
async function bodyOf(request: Request): Promise<unknown> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0) return undefined;
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) return bytes;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    // The server says what is wrong with it.
    return bytes;
  }
}

/**
 * Returns the answer of a failed request: that of its route, or why the connection was refused or the request is too
 * large. Otherwise nobody has answered, and it fails as over HTTP.
 *
 * @throws TypeError
 */
function answerOf(error: unknown): ClientResponse {
  if (!(error instanceof RequestError)) throw error;
  const { statusCode, code, message, headers, sent } = error;
  if (statusCode === 0) throw new TypeError(message, { cause: error });
  return { statusCode, headers, body: sent ? error.body : (error.body ?? { statusCode, code, message }) };
}

function responseTo({ url }: Request, { statusCode: status, headers: given, body }: ClientResponse): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) for (const value of [values].flat()) headers.append(name, value);
  const isBytes = body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  const isText = typeof body === 'string' && !JSON_TYPE.test(headers.get('content-type') ?? '');
  // An empty body is undefined, which stays so as JSON, and is null in the response.
  const content = isBytes || isText ? (body as string) : JSON.stringify(body);
  if (typeof body === 'object' && !isBytes && !headers.has('content-type')) headers.set('content-type', JSON_CONTENT);
  const response = new Response(content, { status, headers });
  // Its own url is empty, as it is for every response that no network has given.
  return Object.defineProperty(response, 'url', { value: url });
}
