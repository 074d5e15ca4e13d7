import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** A verb is named that nothing of this resource is ever published with. */
export class UnknownVerbError extends SocketsError {
  readonly code = 'UNKNOWN_VERB';

  constructor(where: string, resource: string, verb: unknown, known: readonly string[]) {
    super(
      `${where}: ${typeof verb === 'string' ? `"${verb}"` : describe(verb)} is no verb of "${resource}"${known.length > 0 ? `. Its verbs are ${known.join(', ')}` : ''}. ` +
        `A verb of your own is declared by @Publish('verb') on a route, or by @Resourceful('${resource}', { verbs: ['verb'] }).`,
    );
  }
}

/** The resource subscribes nobody to all of its verbs, and the call named none. */
export class VerbsRequiredError extends SocketsError {
  readonly code = 'VERBS_REQUIRED';

  constructor(where: string, resource: string) {
    super(`${where}: "${resource}" is declared with autosubscribe: false. Say which verbs: { verbs: ['updated'] }.`);
  }
}
