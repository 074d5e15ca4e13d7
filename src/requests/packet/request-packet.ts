import { HttpStatus } from '@nestjs/common';
import { isObject } from '../../common/type-guards.js';
import { NotSerializableError } from '../../common/common.errors.js';
import { assertSerializable } from '../../common/json.js';
import type { RequestMethod, SocketRequest } from '../../protocol/request.js';
import { malformed, RequestRefusal } from '../request-refusal.js';
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

/** The limits of what a packet may say. */
export interface PacketLimits {
  maxNesting: number;
  headers: HeaderRules;
}

/** Methods that have no body over HTTP, or none that anybody reads. */
const WITHOUT_BODY: ReadonlySet<RequestMethod> = new Set(['get', 'head']);

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Reads what a client sent, which may be anything.
 *
 * @throws RequestRefusal
 */
export function readPacket(method: RequestMethod, packet: unknown, limits: PacketLimits): ParsedRequest {
  if (typeof packet !== 'object' || packet === null || Array.isArray(packet)) {
    throw malformed('A request is one object, such as { url: "/users/1" }.');
  }
  const request = packet as Partial<SocketRequest>;
  const url = readUrl(request.url);
  const headers = limits.headers.ofPacket(request.headers);
  const data = dataOf(request, limits.maxNesting);
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
function dataOf({ data, params }: Partial<SocketRequest>, maxNesting: number): unknown {
  const given =
    isObject(params) && (data === undefined || isObject(data)) ? { ...params, ...data } : firstOf(data, params);
  try {
    assertSerializable('data', given, maxNesting);
  } catch (error) {
    if (!(error instanceof NotSerializableError)) throw error;
    throw new RequestRefusal(HttpStatus.BAD_REQUEST, `The data nests deeper than ${maxNesting} levels.`);
  }
  return given;
}

/**
 * Writes the data for the application's own body parser. Bytes, and a text whose type is not JSON, stay as they are.
 */
function bodyOf(data: unknown, type: string | undefined): string | Buffer | undefined {
  if (data === undefined || Buffer.isBuffer(data)) return data;
  if (typeof data === 'string' && type !== undefined && !/\bjson\b/i.test(type)) return data;
  return JSON.stringify(data);
}

/** Picks `data` unless it is absent. `null` is a body. */
function firstOf(data: unknown, params: unknown): unknown {
  return data === undefined ? params : data;
}
