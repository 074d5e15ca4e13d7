import { isMutationId, MUTATION_HEADER } from '../protocol/notes.js';
import { assertArgument, isRecord } from './arguments.js';

/** By name. What is undefined is not sent. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** @throws TypeError unless they are an object of strings */
export function assertHeaders(name: string, given: unknown): asserts given is RequestHeaders | undefined {
  assertArgument(
    given === undefined || isRecord(given),
    `${name}: the headers must be a plain object, such as { "mutation-id": "5" }`,
  );
  for (const [header, value] of Object.entries(given ?? {})) {
    assertArgument(
      value === undefined || typeof value === 'string',
      `${name}: the header "${header}" must be a string`,
    );
    assertArgument(
      value === undefined || header.toLowerCase() !== MUTATION_HEADER || isMutationId(value),
      `${name}: the header "${header}" must be 1 to 128 visible ASCII characters`,
    );
  }
}

/** The names are in lower case, so that the same header is there once; the later ones win. */
export function mergeHeaders(...all: readonly (RequestHeaders | undefined)[]): Record<string, string> {
  const merged = new Map<string, string | undefined>();
  for (const headers of all) {
    for (const [header, value] of Object.entries(headers ?? {})) merged.set(header.toLowerCase(), value);
  }
  const sent = [...merged].filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(sent);
}
