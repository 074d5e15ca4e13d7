import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, HttpStatus, Logger } from '@nestjs/common';

type Acknowledgement = (answer: object) => void;

/**
 * Answers the client that asked. Nest's own filter emits an `exception` event and leaves the acknowledgement open, so a
 * client that awaits an answer would wait for ever.
 */
@Catch()
export class AnswerErrorsFilter implements ExceptionFilter {
  private readonly logger = new Logger(AnswerErrorsFilter.name);

  catch(exception: unknown, host: ArgumentsHost): void {
    if (!(exception instanceof HttpException)) this.logger.error(exception);
    // After the socket and the data: there only if the client awaits an answer.
    host.getArgByIndex<Acknowledgement | undefined>(2)?.(describe(exception));
  }
}

function describe(exception: unknown) {
  if (!(exception instanceof HttpException)) {
    return { statusCode: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on the server' };
  }
  const statusCode = exception.getStatus();
  return { statusCode, code: HttpStatus[statusCode], message: messageOf(exception) };
}

/** A ValidationPipe gives one message for each mistake. */
function messageOf(exception: HttpException): string {
  const response = exception.getResponse();
  const message = typeof response === 'object' && 'message' in response ? response.message : undefined;
  return Array.isArray(message) ? message.join(', ') : exception.message;
}
