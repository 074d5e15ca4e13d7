import { HttpStatus } from '@nestjs/common';
import type { SocketCaller } from '../caller/socket-caller.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import { whenTaken } from '../../server/outbound/outbound.js';
import { RequestRefusal, statusOf } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import type { Acknowledgement } from '../virtual-http/acknowledgement.js';
import { socketResponse } from '../virtual-http/socket-response.js';
import { VirtualExchange } from '../virtual-http/virtual-exchange.js';
import type { ResponseListener, WrittenResponse } from '../virtual-http/virtual-response.js';
import { traceRequest } from './request-trace.js';

/**
 * A client's request until it is over, and answered exactly once:
 *
 * - `queued`: waits for a slot of its connection. The application has not seen it.
 * - `running`: has a slot, which it keeps until its answer has been written to the connection.
 * - over: answered by the application, refused (an error, a time-out), or abandoned, since the client is gone.
 */
export class PendingRequest implements ResponseListener {
  private exchange?: VirtualExchange;
  private timer?: NodeJS.Timeout;
  private leaveQueue?: () => void;
  private hasSlot = false;
  private isOver = false;

  constructor(
    private readonly request: ParsedRequest,
    private readonly caller: SocketCaller,
    private readonly acknowledgement: Acknowledgement,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  get isQueued(): boolean {
    return !this.hasSlot;
  }

  /** @throws RequestRefusal if the queue of the connection is full */
  start(): void {
    this.leaveQueue = this.caller.slots.enqueue(() => this.run());
    if (this.isOver) return;
    if (this.isQueued) traceRequest?.(this.caller.socket, this.request, 'queued');
    this.caller.pending.add(this);
    this.timer = setTimeout(() => this.timeOut(), this.options.timeout);
  }

  answer(response: WrittenResponse): void {
    if (!this.end()) return;
    traceRequest?.(this.caller.socket, this.request, `answered with ${response.statusCode}`);
    this.caller.storeCookies(this.request, response);
    this.caller.slots.count(response.body.length);
    this.acknowledgement.send(socketResponse(response));
    this.releaseSlot();
  }

  /** Answers with the reason. Whatever the application still does about the request, nobody waits for it. */
  refuse(error: unknown): void {
    if (!this.end()) return;
    traceRequest?.(this.caller.socket, this.request, `refused with ${statusOf(error)}`);
    this.acknowledgement.refuse(error);
    this.exchange?.abort();
    this.releaseSlot();
  }

  /** Ends the request without an answer: the client is gone. */
  abandon(): void {
    if (!this.end()) return;
    traceRequest?.(this.caller.socket, this.request, 'abandoned, since the client is gone');
    this.exchange?.abort();
    this.releaseSlot();
  }

  private run(): void {
    const { caller, options, request } = this;
    this.hasSlot = true;
    traceRequest?.(caller.socket, request, 'running');
    try {
      const headers = caller.headersFor(request);
      this.exchange = new VirtualExchange(request, headers, caller.connections, options.maxResponseSize, this);
      this.exchange.start();
    } catch (error) {
      this.refuse(error);
    }
  }

  private timeOut(): void {
    const { timeout } = this.options;
    const message = `There was no answer within ${timeout} ms.`;
    this.refuse(new RequestRefusal(HttpStatus.GATEWAY_TIMEOUT, message, 'requestTimeout'));
  }

  /** @returns false if it was over already */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    this.leaveQueue?.();
    this.caller.pending.remove(this);
    return true;
  }

  /** Frees the slot once the client takes the answer: one that reads none must not be given more and more. */
  private releaseSlot(): void {
    if (!this.hasSlot) return;
    // Whoever waits for the client must not keep the answer.
    const { slots, socket } = this.caller;
    whenTaken(socket, () => slots.release());
  }
}
