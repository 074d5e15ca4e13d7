import { HttpStatus } from '@nestjs/common';
import type { Acknowledgement } from '../virtual-http/acknowledgement.js';
import type { RequestPacket } from '../packet/request-packet.js';
import { RequestRefusal } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import type { SocketCaller } from '../socket-caller.js';
import { socketResponse } from '../virtual-http/socket-response.js';
import { VirtualExchange } from '../virtual-http/virtual-exchange.js';
import type { ResponseListener, WrittenResponse } from '../virtual-http/virtual-response.js';

/** A request from its arrival to its answer, of which there is exactly one. */
export class PendingRequest implements ResponseListener {
  private exchange?: VirtualExchange;
  private timer?: NodeJS.Timeout;
  private leaveQueue?: () => void;
  private hasSlot = false;
  private isOver = false;

  constructor(
    private readonly packet: RequestPacket,
    private readonly caller: SocketCaller,
    private readonly acknowledgement: Acknowledgement,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  /** For its turn. */
  get isWaiting(): boolean {
    return !this.hasSlot;
  }

  /** @throws RequestRefusal when too many wait already */
  enter(): void {
    this.leaveQueue = this.caller.slots.enter(() => this.begin());
    if (this.isOver) return;
    this.caller.pending.add(this);
    this.timer = setTimeout(() => this.timeOut(), this.options.timeout);
  }

  written(response: WrittenResponse): void {
    if (!this.end()) return;
    this.caller.remember(this.packet, response);
    this.acknowledgement.send(socketResponse(response));
    this.leaveSlot();
  }

  /** Answered with the reason; what the application does of it still has nobody who waits. */
  refused(error: unknown): void {
    if (!this.end()) return;
    this.acknowledgement.refuse(error);
    this.exchange?.abort();
    this.leaveSlot();
  }

  /** The client is gone. */
  abandon(): void {
    if (!this.end()) return;
    this.exchange?.abort();
    this.leaveSlot();
  }

  private begin(): void {
    const { caller, options } = this;
    this.hasSlot = true;
    try {
      const line = caller.line(this.packet);
      this.exchange = new VirtualExchange(line, caller, options.maxResponseSize, this);
      this.exchange.start();
    } catch (error) {
      this.refused(error);
    }
  }

  private timeOut(): void {
    const { timeout } = this.options;
    this.refused(new RequestRefusal(HttpStatus.GATEWAY_TIMEOUT, `There was no answer within ${timeout} ms.`));
  }

  /** @returns false when it was over already */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    this.leaveQueue?.();
    this.caller.pending.remove(this);
    return true;
  }

  /** Once the answer is on its way: a client that reads none must not be given more and more. */
  private leaveSlot(): void {
    if (this.hasSlot) this.caller.outlet.whenDrained(() => this.caller.slots.release());
  }
}
