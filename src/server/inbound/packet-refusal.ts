import { HttpStatus } from '@nestjs/common';
import { errorBody, errorResponse } from '../../common/error-body.js';
import type { ErrorBody, SocketResponse } from '../../protocol/request.js';
import type { RefusalKind } from '../metrics.js';

/** Why a packet does not reach the application, and what its client is told. */
export interface PacketRefusal {
  kind: RefusalKind;
  body: ErrorBody;
  /** In seconds. */
  retryAfter?: number;
}

/** Makes the refusals of one server, each of them once: a client that floods the server must not make it build more. */
export class PacketRefusals {
  private readonly made = new Map<RefusalKind, PacketRefusal>();
  /** Those that were made last, since those that follow have nearly always to wait as long. */
  private readonly ofRates = new Map<RefusalKind, PacketRefusal>();

  constructor(
    private readonly maxNesting: number,
    private readonly maxKeys: number,
    private readonly maxBytes: number,
  ) {}

  of(kind: RefusalKind): PacketRefusal {
    const known = this.made.get(kind);
    if (known) return known;
    const refusal = { kind, body: this.bodyOf(kind) };
    this.made.set(kind, refusal);
    return refusal;
  }

  /** @param retryAfter in seconds */
  ofRate(kind: RefusalKind, retryAfter: number): PacketRefusal {
    const { ofRates } = this;
    const known = ofRates.get(kind);
    if (known?.retryAfter === retryAfter) return known;
    const refusal = { ...this.of(kind), retryAfter };
    ofRates.set(kind, refusal);
    return refusal;
  }

  private bodyOf(kind: RefusalKind): ErrorBody {
    const known = this.texts()[kind];
    return known ? errorBody(...known) : errorBody(HttpStatus.BAD_REQUEST, 'This is not a packet.');
  }

  private texts(): Partial<Record<RefusalKind, [status: HttpStatus, message: string]>> {
    const tooMuch: [HttpStatus, string] = [
      HttpStatus.TOO_MANY_REQUESTS,
      'Too much at once. Wait for as many seconds as "retry-after" says.',
    ];
    return {
      nesting: [HttpStatus.BAD_REQUEST, `The data nests deeper than ${this.maxNesting} levels.`],
      keys: [
        HttpStatus.PAYLOAD_TOO_LARGE,
        `The data has more than ${this.maxKeys} keys and list members. Send it in parts.`,
      ],
      size: [
        HttpStatus.PAYLOAD_TOO_LARGE,
        `The attachments have more than ${this.maxBytes} bytes. Send them in parts.`,
      ],
      attachments: [HttpStatus.BAD_REQUEST, 'The same bytes are in two places of the data. Send them once.'],
      forbiddenKeys: [HttpStatus.BAD_REQUEST, 'The data has a key that would change a prototype. Leave it out.'],
      packetRate: tooMuch,
      byteRate: tooMuch,
      connectRate: [HttpStatus.TOO_MANY_REQUESTS, 'Too many namespaces were asked for in a short time. Wait a while.'],
      namespaces: [
        HttpStatus.TOO_MANY_REQUESTS,
        'This connection is in as many namespaces as it may be. Leave one, or open another connection.',
      ],
    };
  }
}

/**
 * Makes the answer to an event that is refused. That to a request has the form of any answer to one. Of another event
 * nobody knows yet who would have handled it, so its answer has the fields of a gateway's errors, too.
 */
export function refusedResponse({ body, retryAfter }: PacketRefusal, isRequest: boolean): SocketResponse {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  const response = { ...errorResponse(body), headers };
  return isRequest ? response : { ...body, ...response };
}

/**
 * Stands for an answer of a client that is refused: whoever waits for it is to learn so. Servers tell each other such
 * answers, so it is a plain object. A client that made one up would only refuse its own answer.
 */
interface RefusedAnswer {
  'sockets:refused': ErrorBody;
}

/** Returns why a client's answer was refused; `undefined` if it was not. */
export function whyRefused(answer: unknown): ErrorBody | undefined {
  return (answer as Partial<RefusedAnswer> | null | undefined)?.['sockets:refused'];
}
