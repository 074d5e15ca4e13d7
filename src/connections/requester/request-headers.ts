import type { IncomingHttpHeaders } from 'node:http';
import { isMutationId, MUTATION_HEADER } from '../../protocol/notes.js';

/** Returns the caller's name for the mutation that its request makes. A malformed name counts as none. */
export function namedMutation(headers: IncomingHttpHeaders): string | undefined {
  const named = headers[MUTATION_HEADER];
  return isMutationId(named) ? named : undefined;
}
