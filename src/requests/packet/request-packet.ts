import { isObject } from '../../common/type-guards.js';
import type { RequestMethod, SocketRequest } from '../../protocol/request.js';
import { malformed } from '../request-refusal.js';
import type { HeaderRules } from './header-rules.js';
import type { PacketHeaders } from './request-headers.js';
import { queryOf, withQuery } from './request-query.js';
import { readUrl } from './request-url.js';

/** A request that has been read and checked, and that the application has not seen yet. */
export interface ParsedRequest {
  /** In upper case. */
  method: string;
  /** Includes the query. */
  url: string;
  /** Headers that the request adds to those of the handshake; with `null` it removes one. */
  headers: PacketHeaders;
  body: string | Buffer | undefined;
}

/** Methods that have no body over HTTP, or none that anybody reads. */
const WITHOUT_BODY: ReadonlySet<RequestMethod> = new Set(['get', 'head']);

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Reads what a client sent, which may be anything that the decoder has let pass: it is neither deep nor has it very
 * many keys.
 *
 * @throws RequestRefusal
 */
export function readPacket(method: RequestMethod, packet: unknown, rules: HeaderRules): ParsedRequest {
  if (typeof packet !== 'object' || packet === null || Array.isArray(packet)) {
    throw malformed('A request is one object, such as { url: "/users/1" }.');
  }
  const request = packet as Partial<SocketRequest>;
  const url = readUrl(request.url);
  const headers = rules.ofPacket(request.headers);
  const data = dataOf(request);
  if (WITHOUT_BODY.has(method)) {
    return { method: method.toUpperCase(), url: withQuery(url, queryOf(data, url)), headers, body: undefined };
  }
  const body = bodyOf(data, headers['content-type'] ?? undefined);
  if (body === undefined) delete headers['content-type'];
  else headers['content-type'] ??= Buffer.isBuffer(body) ? 'application/octet-stream' : JSON_TYPE;
  headers['content-length'] = String(body === undefined ? 0 : Buffer.byteLength(body));
  return { method: method.toUpperCase(), url, headers, body };
}

/** Returns the data of a request. Old Sails clients call it `params`; fields of `data` win. */
function dataOf({ data, params }: Partial<SocketRequest>): unknown {
  if (isObject(params) && (data === undefined || isObject(data))) return { ...params, ...data };
  return firstOf(data, params);
}

/**
 * Writes the data for the application's own body parser. Bytes, and a text whose type is not JSON, stay as they are.
 *
 * @throws RequestRefusal if there are bytes within the data: as JSON, each would become several characters, and in as
 * many places as the packet names them
 */
function bodyOf(data: unknown, type: string | undefined): string | Buffer | undefined {
  if (data === undefined || Buffer.isBuffer(data)) return data;
  if (typeof data === 'string' && type !== undefined && !/\bjson\b/i.test(type)) return data;
  if (holdsBytes(data)) {
    throw malformed('The data holds bytes. Send them alone, as the whole of the data, or as a text in base64.');
  }
  return jsonOf(data);
}

function jsonOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    // Other parsers than Socket.IO's own know values that JSON has no form for.
    throw malformed('The data has no form in JSON.');
  }
}

function holdsBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return true;
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return members.some(holdsBytes);
}

/** Picks `data` unless it is absent. `null` is a body. */
function firstOf(data: unknown, params: unknown): unknown {
  return data === undefined ? params : data;
}
