import { HttpStatus } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { isStream } from '../../common/type-guards.js';
import { RequestRefusal } from '../request-refusal.js';

/** A response that the application has written. */
export interface WrittenResponse {
  statusCode: number;
  headers: OutgoingHttpHeaders;
  /** A string if it was written as one. */
  body: string | Buffer;
  /** Whether the platform serialized it, so that it is JSON if it says so. */
  isSerialized: boolean;
}

/** Waits for a response. Exactly one of the two methods is called, once. */
export interface ResponseListener {
  answer(response: WrittenResponse): void;
  /** The response is too large, or endless, or was broken off. */
  refuse(refusal: RequestRefusal): void;
}

/** What has been written so far. */
interface Writing {
  chunks: Array<string | Buffer>;
  size: number;
  limit: number;
  isSerialized: boolean;
  /** `undefined` once it has been called. */
  listener: ResponseListener | undefined;
}

const WRITING = Symbol('nestjs-sockets:writing');

/** Node's own response, with the private fields that tell `setHeader` and `headersSent` that it is too late. */
export interface VirtualResponse extends ServerResponse {
  [WRITING]: Writing;
  _header: string | null;
  finished: boolean;
  _closed: boolean;
}

type Callback = (error?: Error | null) => void;
type HeadersGiven = OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | null;

/** Types that are written piece by piece for as long as the client listens; a socket's answer is a single piece. */
const ENDLESS = /^\s*(?:text\/event-stream|application\/(?:x-ndjson|jsonl))/i;

/**
 * Makes one of Node's own responses that keeps what is written to it instead of sending it. Its methods are properties
 * of each response, since Express puts a prototype of its own under it. They call each other as properties, since
 * middleware, such as that of sessions, wraps them.
 */
export function virtualResponse(request: IncomingMessage, limit: number, listener: ResponseListener): VirtualResponse {
  const response = new ServerResponse(request) as VirtualResponse;
  response[WRITING] = { chunks: [], size: 0, limit, isSerialized: false, listener };
  // Not `assignSocket`: nothing must be flushed into the connection, and `abortResponse` says when it closes.
  Object.assign(response, { writeHead, write, end, flushHeaders, socket: request.socket });
  return response;
}

/**
 * Marks the responses that the platform itself serializes as JSON: Nest passes its adapter what handlers return and
 * filters say. What a handler writes itself may be anything, whatever type it claims to have.
 */
export function markSerializedReplies(adapter: AbstractHttpAdapter): void {
  const reply = adapter.reply.bind(adapter) as (...args: unknown[]) => unknown;
  adapter.reply = (response: { raw?: object }, body: unknown, ...rest: unknown[]) => {
    // A response over HTTP has none of it.
    const writing = ((response.raw ?? response) as Partial<VirtualResponse>)[WRITING];
    if (writing && typeof body === 'object' && body !== null && !isStream(body)) writing.isSerialized = true;
    return reply(response, body, ...rest);
  };
}

/** Closes the response and drops what is still written to it. One that has ended is on its way already. */
export function abortResponse(response: VirtualResponse): void {
  if (response.finished) return;
  response[WRITING].listener = undefined;
  response[WRITING].chunks = [];
  close(response);
}

function writeHead(
  this: VirtualResponse,
  statusCode: number,
  reason?: string | HeadersGiven,
  headers?: HeadersGiven,
): VirtualResponse {
  if (this.headersSent) throw headersSent();
  const status = statusCode | 0;
  if (status < 100 || status > 999) throw new RangeError(`Invalid status code: ${statusCode}`);
  this.statusCode = status;
  setHeaders(this, typeof reason === 'string' ? headers : (reason ?? headers));
  this._header = 'sent';
  if (ENDLESS.test(String(this.getHeader('content-type') ?? ''))) {
    refuse(this, HttpStatus.NOT_IMPLEMENTED, 'The response is a stream, which a request over the socket cannot carry.');
  }
  return this;
}

function write(this: VirtualResponse, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  const done = callbackIn(encoding, callback);
  if (this.finished || this.destroyed) {
    if (done) process.nextTick(done, tooLate());
    return false;
  }
  if (!this.headersSent) this.writeHead(this.statusCode);
  append(this, chunk, encoding);
  if (done) process.nextTick(done);
  return true;
}

function end(this: VirtualResponse, chunk?: unknown, encoding?: unknown, callback?: unknown): VirtualResponse {
  const done = callbackIn(chunk, encoding, callback);
  if (this.finished || this.destroyed) {
    if (done) process.nextTick(done, tooLate());
    return this;
  }
  if (!this.headersSent) this.writeHead(this.statusCode);
  if (typeof chunk !== 'function') append(this, chunk, encoding);
  if (done) this.once('finish', done);
  this.finished = true;
  this.emit('prefinish');
  process.nextTick(finish, this);
  return this;
}

function flushHeaders(this: VirtualResponse): void {
  if (!this.headersSent) this.writeHead(this.statusCode);
}

function finish(response: VirtualResponse): void {
  const { listener } = response[WRITING];
  // A handler may answer and hang up at once, and a response that was refused is not finished, but about to be closed.
  if (listener && !response.destroyed) response.emit('finish');
  response[WRITING].listener = undefined;
  listener?.answer({
    statusCode: response.statusCode,
    headers: response.getHeaders(),
    body: bodyOf(response),
    isSerialized: response[WRITING].isSerialized,
  });
  close(response);
}

function close(response: VirtualResponse): void {
  if (response._closed) return;
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

function append(response: VirtualResponse, chunk: unknown, encoding: unknown): void {
  const writing = response[WRITING];
  if (chunk === undefined || chunk === null || !writing.listener) return;
  const isText = typeof chunk === 'string' && (typeof encoding !== 'string' || /^utf-?8$/i.test(encoding));
  const piece = isText ? chunk : bytesOf(chunk, encoding);
  writing.size += isText ? Buffer.byteLength(chunk) : piece.length;
  writing.chunks.push(piece);
  if (writing.size <= writing.limit) return;
  refuse(response, HttpStatus.PAYLOAD_TOO_LARGE, `The response is larger than ${writing.limit} bytes.`);
}

/** Refuses the response, once. The listener then aborts it. */
function refuse({ [WRITING]: writing }: VirtualResponse, statusCode: number, message: string): void {
  const { listener } = writing;
  writing.listener = undefined;
  const kind = (statusCode as HttpStatus) === HttpStatus.PAYLOAD_TOO_LARGE ? 'responseSize' : undefined;
  listener?.refuse(new RequestRefusal(statusCode, message, kind));
}

/** Returns the body as HTTP would send it: some responses have none. */
function bodyOf({ [WRITING]: { chunks }, req, statusCode }: VirtualResponse): string | Buffer {
  if (req.method === 'HEAD' || statusCode === 204 || statusCode === 304 || statusCode < 200) return '';
  if (chunks.length === 1) return chunks[0];
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

function setHeaders(response: ServerResponse, headers: HeadersGiven | undefined): void {
  if (headers === undefined || headers === null) return;
  if (!Array.isArray(headers)) {
    const given = headers as OutgoingHttpHeaders;
    for (const name of Object.keys(given)) {
      const value = given[name];
      if (value !== undefined) response.setHeader(name, value);
    }
    return;
  }
  const flat = headers.flat(1) as string[];
  const seen = new Set<string>();
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index].toLowerCase();
    // A repeated name adds a value; a value from before is replaced.
    if (seen.has(name)) response.appendHeader(name, flat[index + 1]);
    else response.setHeader(flat[index], flat[index + 1]);
    seen.add(name);
  }
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding as BufferEncoding);
  if (Buffer.isBuffer(chunk)) return chunk;
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw Object.assign(new TypeError('A response is written as strings and bytes.'), { code: 'ERR_INVALID_ARG_TYPE' });
}

function callbackIn(...args: unknown[]): Callback | undefined {
  return args.find((arg): arg is Callback => typeof arg === 'function');
}

function headersSent(): Error {
  return Object.assign(new Error('The headers have been sent already.'), { code: 'ERR_HTTP_HEADERS_SENT' });
}

function tooLate(): Error {
  return Object.assign(new Error('The response has ended, or nobody waits for it any more.'), {
    code: 'ERR_STREAM_WRITE_AFTER_END',
  });
}
