import {
  Catch,
  HttpException,
  Injectable,
  UnauthorizedException,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type ArgumentsHost,
  type NestInterceptor,
  type Type,
  mixin,
} from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { map, type Observable } from 'rxjs';
import { Journal } from './journal.js';

type Request = IncomingMessage & { originalUrl?: string };

/** Middleware is made before the application has a journal, so it hands its notes on by the request. */
const NOTES = Symbol('notes');
type WithNotes = { [NOTES]?: string[] };

/** Middleware that notes what it saw, and says so in a header, since a route that does not exist has no other trace. */
export function noted(name: string) {
  return (request: Request, response: ServerResponse, next: () => void): void => {
    const notes = ((request as WithNotes)[NOTES] ??= []);
    notes.push(`middleware ${name}`);
    response.setHeader('x-middleware', notes.join(', '));
    response.setHeader('x-original-url', encodeURIComponent(request.originalUrl ?? '').slice(0, 200));
    next();
  };
}

/** A guard that lets every request pass, unless the request says otherwise. */
@Injectable()
export class AppGuard implements CanActivate {
  constructor(private readonly journal: Journal) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<Request>();
    const passes = headers['x-stop'] !== 'app';
    this.journal.note(`app guard: ${passes} at ${routeOf(context)}`);
    return passes;
  }
}

/** A guard of a route that requires a password. */
@Injectable()
export class PasswordGuard implements CanActivate {
  constructor(private readonly journal: Journal) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<Request>();
    const passes = headers['x-password'] === 'meow';
    this.journal.note(`password guard: ${passes} at ${routeOf(context)}`);
    if (!passes) throw new UnauthorizedException('The password is wrong.');
    return true;
  }
}

@Injectable()
export class JournalInterceptor implements NestInterceptor {
  constructor(private readonly journal: Journal) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    this.journal.note(`before ${routeOf(context)}`);
    return next.handle().pipe(
      map((value: unknown) => {
        this.journal.note(`after ${routeOf(context)}`);
        return value;
      }),
    );
  }
}

/** Nest's own answer, and a note. */
@Catch()
export class JournalFilter extends BaseExceptionFilter {
  constructor(
    private readonly journal: Journal,
    host: HttpAdapterHost,
  ) {
    super(host.httpAdapter);
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    this.journal.note(`app filter: ${exception instanceof HttpException ? exception.getStatus() : 'unknown'}`);
    // oxlint-disable-next-line promise/valid-params -- a filter is not a promise
    super.catch(exception, host);
  }
}

/** Thrown by a route whose own filter knows what to make of it. */
export class Hungry extends Error {}

@Catch(Hungry)
@Injectable()
export class HungryFilter implements ExceptionFilter {
  constructor(
    private readonly journal: Journal,
    private readonly host: HttpAdapterHost,
  ) {}

  catch(_: Hungry, host: ArgumentsHost): void {
    this.journal.note('hungry filter');
    const response = host.switchToHttp().getResponse<object>();
    this.host.httpAdapter.setHeader(response, 'x-hungry', 'yes');
    this.host.httpAdapter.reply(response, { hungry: true }, 418);
  }
}

/** A guard that only counts. */
export function CountingGuard(name: string): Type<CanActivate> {
  @Injectable()
  class Counting implements CanActivate {
    constructor(private readonly journal: Journal) {}

    canActivate(): boolean {
      this.journal.note(`guard ${name}`);
      return true;
    }
  }
  return mixin(Counting);
}

function routeOf(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}
