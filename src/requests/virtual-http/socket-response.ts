import { isUtf8 } from 'node:buffer';
import type { OutgoingHttpHeaders } from 'node:http';
import type { SocketResponse } from '../../protocol/request.js';
import { JsonText } from './raw-json.js';
import type { WrittenResponse } from './virtual-response.js';

/** Cookies are kept with the connection; the others are about bytes on a connection that is not there. */
const NOT_TOLD: ReadonlySet<string> = new Set(['set-cookie', 'connection', 'keep-alive', 'transfer-encoding']);

const JSON_TYPE = /^\s*application\/(?:[\w.+-]+\+)?json\b/i;
const TEXT_TYPE = /^\s*(?:text\/|application\/(?:javascript|xml|x-www-form-urlencoded|[\w.+-]+\+xml)\b)/i;

/** What the client is told of a response. */
export function socketResponse(response: WrittenResponse): SocketResponse {
  const { statusCode, headers, body } = response;
  const told = headersOf(headers);
  return body.length === 0 ? { headers: told, statusCode } : { body: bodyOf(response), headers: told, statusCode };
}

function headersOf(headers: OutgoingHttpHeaders): SocketResponse['headers'] {
  const told: SocketResponse['headers'] = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_TOLD.has(name)) continue;
    told[name] = Array.isArray(value) ? value : String(value);
  }
  return told;
}

function bodyOf({ body, headers, isSerialized }: WrittenResponse): unknown {
  const type = headers['content-type'];
  if (headers['content-encoding'] !== undefined) return body;
  if (type === undefined) return typeof body === 'string' || isUtf8(body) ? body.toString() : body;
  if (TEXT_TYPE.test(String(type))) return body.toString();
  if (!JSON_TYPE.test(String(type))) return body;
  const text = body.toString();
  return isSerialized && isEnclosed(text) ? new JsonText(text) : parse(text);
}

/** What something below Nest has put another text in the place of is no longer what the platform wrote; most such texts look otherwise. */
function isEnclosed(text: string): boolean {
  const ends = `${text[0]}${text.at(-1)}`;
  return ends === '{}' || ends === '[]';
}

/** What calls itself JSON and is none is at least a text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
