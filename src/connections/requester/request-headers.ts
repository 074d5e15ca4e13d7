import type { IncomingHttpHeaders } from 'node:http';
import { isMutationId, MUTATION_HEADER } from '../../protocol/notes.js';

/** What the caller calls the change that its request makes. A name that cannot be one is none: the request is as good without. */
export function namedMutation(headers: IncomingHttpHeaders): string | undefined {
  const named = headers[MUTATION_HEADER];
  return isMutationId(named) ? named : undefined;
}
