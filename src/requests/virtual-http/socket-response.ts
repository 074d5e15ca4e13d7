import { isUtf8 } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http';
import { Json } from '../../common/json.js';
import type { SocketResponse } from '../../protocol/request.js';
import type { WrittenResponse } from './virtual-response.js';

/** Headers that stay on the server: cookies belong to the connection, the others are about bytes that are not sent. */
const NOT_SENT: ReadonlySet<string> = new Set(['set-cookie', 'connection', 'keep-alive', 'transfer-encoding']);

const JSON_TYPE = /^\s*application\/(?:[\w.+-]+\+)?json\b/i;
const TEXT_TYPE = /^\s*(?:text\/|application\/(?:javascript|xml|x-www-form-urlencoded|[\w.+-]+\+xml)\b)/i;

/** Makes the answer for the client from what the application wrote. */
export function socketResponse(response: WrittenResponse): SocketResponse {
  const { statusCode, body } = response;
  const headers = headersOf(response.headers);
  return body.length === 0 ? { headers, statusCode } : { body: bodyOf(response), headers, statusCode };
}

function headersOf(written: OutgoingHttpHeaders): SocketResponse['headers'] {
  const headers: SocketResponse['headers'] = {};
  for (const name in written) {
    const value = written[name];
    if (value === undefined || NOT_SENT.has(name)) continue;
    headers[name] = Array.isArray(value) ? value : String(value);
  }
  return headers;
}

function bodyOf({ body, headers, isSerialized }: WrittenResponse): unknown {
  const type = headers['content-type'];
  if (headers['content-encoding'] !== undefined) return body;
  if (type === undefined) return typeof body === 'string' || isUtf8(body) ? body.toString() : body;
  if (TEXT_TYPE.test(String(type))) return body.toString();
  if (!JSON_TYPE.test(String(type))) return body;
  const text = body.toString();
  return isSerialized && isEnclosed(text) ? Json.ofText(text) : parse(text);
}

/** Whether it looks like the platform's JSON. Text that something below Nest wrote instead usually does not. */
function isEnclosed(text: string): boolean {
  const ends = `${text[0]}${text.at(-1)}`;
  return ends === '{}' || ends === '[]';
}

/** Parses JSON. Text that only claims to be JSON is returned as it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
