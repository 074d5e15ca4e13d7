import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { catchError, defer, from, map, of, race, retry, take, tap, throwError, type Observable } from 'rxjs';

/** Answers with 200 whatever happens, and says in the body what did. */
export const envelope: NestInterceptor = {
  intercept: (_context, next) =>
    next.handle().pipe(
      map((data: unknown) => ({ success: true, data })),
      catchError((error: Error) => of({ success: false, message: error.message, data: null })),
    ),
};

/** Answers with this value in place of an error. */
export function insteadOfErrors(value: unknown): NestInterceptor {
  return { intercept: (_context, next) => next.handle().pipe(catchError(() => of(value))) };
}

/** Answers with this value if the handler takes longer than the promise. */
export function impatient(until: Promise<unknown>, value: unknown): NestInterceptor {
  return { intercept: (_context, next) => race(next.handle(), from(until).pipe(map(() => value))) };
}

/** Calls the handler again if it fails, at most so many times. */
export function retrying(count: number): NestInterceptor {
  return { intercept: (_context, next) => next.handle().pipe(retry(count)) };
}

/** Answers with the first value of the handler, and waits for no other. */
export const takingOne: NestInterceptor = { intercept: (_context, next) => next.handle().pipe(take(1)) };

/** Refuses the request, between guards and handler. */
export const refusing: NestInterceptor = { intercept: () => throwError(() => new Error('refused')) };

/** Answers a repeated request as the first one was answered, without the handler: by its key, or else by its URL. */
export class Replay implements NestInterceptor {
  private readonly answers = new Map<string, unknown>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { headers, url } = context.switchToHttp().getRequest<{ headers: Record<string, string>; url: string }>();
    const key = headers['idempotency-key'] ?? url;
    return defer(() =>
      this.answers.has(key)
        ? of(this.answers.get(key))
        : next.handle().pipe(tap((value: unknown) => this.answers.set(key, value))),
    );
  }
}
