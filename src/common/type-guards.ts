import type { Type } from '@nestjs/common';

/** Whether this is an object of options. A Map or a promise is not: none of its content would be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Whether this is an object with fields, rather than an array or a primitive. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether this is an object literal, rather than the instance of a class. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether Nest can make instances of this: a class, or what a compiler turned one into. */
export function isConstructor(value: unknown): value is Type {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;
}

/** Whether a function is written as a class, so that it cannot be called. */
export function isClass(value: object): value is Type {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** Whether a response is sent piece by piece, or not as JSON, so that it cannot be a record. */
export function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || hasStreamMethods(value);
}

/** Whether the class that a handler declares as its return type is a stream. */
export function isStreamType(type: unknown): boolean {
  if (!isConstructor(type)) return false;
  const prototype = type.prototype as object;
  return type === ArrayBuffer || type === Uint8Array || prototype instanceof Uint8Array || hasStreamMethods(prototype);
}

/** Recognizes a `StreamableFile`, a Node or web stream, a web `Response` or `Blob`, and async iterables. */
function hasStreamMethods(value: object): boolean {
  const { getStream, pipe, getReader, arrayBuffer } = value as Record<string, unknown>;
  const methods = [getStream, pipe, getReader, arrayBuffer];
  return Symbol.asyncIterator in value || methods.some((method) => typeof method === 'function');
}
