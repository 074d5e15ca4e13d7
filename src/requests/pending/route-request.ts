import { HttpStatus } from '@nestjs/common';
import type { RequestPacket } from '../packet/request-packet.js';
import { RequestRefusal } from '../request-refusal.js';
import type { SocketCaller } from '../socket-caller.js';
import { VirtualExchange } from '../virtual-http/virtual-exchange.js';
import type { ResponseListener, WrittenResponse } from '../virtual-http/virtual-response.js';

/** A request that is made for a socket, from its beginning to its outcome. It takes none of its client's turns. */
export class RouteRequestInProgress implements ResponseListener {
  readonly isWaiting = false;
  /** The status of the answer. Rejects if there is none. */
  readonly status: Promise<number>;
  private resolve!: (status: number) => void;
  private reject!: (error: unknown) => void;
  private exchange?: VirtualExchange;
  private timer?: NodeJS.Timeout;
  private isOver = false;

  constructor(
    private readonly packet: RequestPacket,
    private readonly purpose: object,
    private readonly caller: SocketCaller,
  ) {
    this.status = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** @param timeout in milliseconds */
  begin(timeout: number): void {
    this.caller.pending.add(this);
    this.timer = setTimeout(() => this.refused(late(timeout)), timeout).unref();
    try {
      const line = { ...this.caller.line(this.packet), purpose: this.purpose };
      // Over HTTP, an answer may have any size.
      this.exchange = new VirtualExchange(line, this.caller, Infinity, this);
      this.exchange.start();
    } catch (error) {
      this.refused(error);
    }
  }

  written(response: WrittenResponse): void {
    if (!this.end()) return;
    this.caller.remember(this.packet, response);
    this.resolve(response.statusCode);
  }

  refused(error: unknown): void {
    if (!this.end()) return;
    this.exchange?.abort();
    this.reject(error);
  }

  /** The client is gone. */
  abandon(): void {
    this.refused(new Error('The socket is not connected any more.'));
  }

  /** @returns false when it was over already */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    this.caller.pending.remove(this);
    return true;
  }
}

function late(timeout: number): RequestRefusal {
  return new RequestRefusal(HttpStatus.GATEWAY_TIMEOUT, `There was no answer within ${timeout} ms.`);
}
