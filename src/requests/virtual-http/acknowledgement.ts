import { HttpStatus, Logger } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { errorBody } from '../../common/error-body.js';
import { logFailure } from '../../common/log.js';
import { PARSE_ERROR_EVENT, type SocketResponse } from '../../protocol/request.js';
import { JsonText } from './raw-json.js';
import { RequestRefusal } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';

type Acknowledge = (response: Partial<SocketResponse> | JsonText) => void;

const logger = new Logger('SocketRequests');

/** How the client is told what came of its request: by its acknowledgement, if it wants to know. */
export class Acknowledgement {
  constructor(
    private readonly socket: Socket,
    private readonly acknowledge: Acknowledge | undefined,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  send(response: SocketResponse): void {
    if (!this.acknowledge) return;
    try {
      this.acknowledge(asText(this.shown(response)));
    } catch (error) {
      logFailure(logger, 'A response could not be sent over the socket.', error);
      this.acknowledge(this.shown(failure(HttpStatus.INTERNAL_SERVER_ERROR, 'The response could not be sent.')));
    }
  }

  /** Tells what went wrong: the client's own mistakes in words, ours only that there was one. */
  refuse(error: unknown): void {
    if (!(error instanceof RequestRefusal)) {
      logFailure(logger, 'A request over the socket could not be handled.', error);
      this.send(failure(HttpStatus.INTERNAL_SERVER_ERROR, 'Something went wrong on the server.'));
      return;
    }
    this.send(failure(error.statusCode, error.message));
    if (!this.acknowledge && error.isMalformed) {
      this.socket.emit(PARSE_ERROR_EVENT, errorBody(error.statusCode, error.message));
    }
  }

  private shown(response: SocketResponse): Partial<SocketResponse> {
    const { sendResponseHeaders, sendStatusCode } = this.options;
    if (sendResponseHeaders && sendStatusCode) return response;
    const { headers, statusCode, ...body } = response;
    return { ...body, headers: sendResponseHeaders ? headers : {}, ...(sendStatusCode ? { statusCode } : {}) };
  }
}

/** Written down around what is JSON already. */
function asText(response: Partial<SocketResponse>): Partial<SocketResponse> | JsonText {
  const { body, headers, statusCode } = response;
  if (!(body instanceof JsonText)) return response;
  return new JsonText(`{"body":${body.text},${JSON.stringify({ headers, statusCode }).slice(1)}`);
}

function failure(statusCode: number, message: string): SocketResponse {
  return { body: errorBody(statusCode, message), headers: {}, statusCode };
}
