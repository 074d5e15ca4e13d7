import { HttpStatus } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { errorBody, errorResponse } from '../../common/error-body.js';
import { Json } from '../../common/json.js';
import { LineLogger, logFailure } from '../../common/log.js';
import { PARSE_ERROR_EVENT, type SocketResponse } from '../../protocol/request.js';
import type { Acknowledge } from '../../server/inbound/client-events.js';
import { refusalsOf } from '../../server/metrics.js';
import { answerJson } from '../../server/outbound/outbound.js';
import { RequestRefusal } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';

/** The callback of the client, which Socket.IO lets us call with anything that its encoder knows. */
type Send = (response: Partial<SocketResponse> | Json) => void;

const logger = new LineLogger('SocketRequests');

/** Tells the client the outcome of its request, by its acknowledgement, if it asked for one. */
export class Acknowledgement {
  private readonly acknowledge: Send | undefined;

  constructor(
    private readonly socket: Socket,
    acknowledge: Acknowledge | undefined,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {
    this.acknowledge = acknowledge as Send | undefined;
  }

  send(response: SocketResponse): void {
    if (!this.acknowledge) return;
    try {
      const answer = asWritten(this.pickSent(response));
      if (answer instanceof Json) answerJson(this.socket, this.acknowledge, answer);
      else this.acknowledge(answer);
    } catch (error) {
      logFailure(logger, 'A response could not be sent over the socket.', error);
      this.acknowledge(this.pickSent(failure(HttpStatus.INTERNAL_SERVER_ERROR, 'The response could not be sent.')));
    }
  }

  /** Describes the client's own mistakes, but of ours only says that something went wrong. */
  refuse(error: unknown): void {
    if (!(error instanceof RequestRefusal)) {
      logFailure(logger, 'A request over the socket could not be handled.', error);
      this.send(failure(HttpStatus.INTERNAL_SERVER_ERROR, 'Something went wrong on the server.'));
      return;
    }
    if (error.kind) refusalsOf(this.socket.nsp.server).add(error.kind);
    this.send(failure(error.statusCode, error.message));
    if (!this.acknowledge && error.isMalformed) {
      this.socket.emit(PARSE_ERROR_EVENT, errorBody(error.statusCode, error.message));
    }
  }

  private pickSent(response: SocketResponse): Partial<SocketResponse> {
    const { sendResponseHeaders, sendStatusCode } = this.options;
    if (sendResponseHeaders && sendStatusCode) return response;
    const { headers, statusCode, ...body } = response;
    return { ...body, headers: sendResponseHeaders ? headers : {}, ...(sendStatusCode ? { statusCode } : {}) };
  }
}

/** Writes the answer around a body that is JSON already. */
function asWritten(response: Partial<SocketResponse>): Partial<SocketResponse> | Json {
  const { body, headers, statusCode } = response;
  if (!(body instanceof Json)) return response;
  return Json.ofText(`{"body":${body.text},${JSON.stringify({ headers, statusCode }).slice(1)}`);
}

function failure(statusCode: number, message: string): SocketResponse {
  return errorResponse(errorBody(statusCode, message));
}
