import { LineLogger, logFailure } from '../../common/log.js';

/** How long repetitions are counted before the log says how many there were, in milliseconds. */
const PERIOD = 60_000;

/** How many reasons are told apart. */
const MAX_REASONS = 20;

/** The longest reason that is logged. */
const MAX_REASON = 120;

/** What all further reasons are counted as. */
const OTHERS = 'further reasons';

/** What looks like a token, whatever it is one of. */
const TOKEN_LIKE = /[\w-]{8,}\.[\w-]{8,}\.[\w-]*|[\w=+/-]{32,}/g;

/** Where a stack begins, after the message. */
const FRAMES = /\n\s*at |$/;

/** What `JSON.parse` repeats of its input. */
const JSON_INPUT = /(\.\.\.)?"[^\n]*"(\.\.\.)?(?= is not valid JSON)/g;

interface Repetitions {
  count: number;
  timer: NodeJS.Timeout;
}

/**
 * Logs why connections are refused, without flooding the log: a reason is logged when it first occurs, and its
 * repetitions are counted, and told once a minute. Lines contain no credentials.
 */
export class RefusalLog {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly repetitions = new Map<string, Repetitions>();

  /** Credentials are not accepted, which is no fault: one short line, without a stack. */
  reportRefusal(error: unknown, secrets: readonly string[]): void {
    const { name, message } = error as { name?: unknown; message?: unknown };
    const said = [name, message].filter((part) => typeof part === 'string').join(': ');
    const reason = redact(said || 'it does not say why', secrets).slice(0, MAX_REASON);
    this.reportWarning(`A connection was refused: ${reason.replaceAll(/\s+/g, ' ')}`);
  }

  reportWarning(line: string): void {
    this.count(line, () => this.logger.warn(line));
  }

  /** Something failed that should not. */
  reportFault(thrower: string, error: unknown, secrets: readonly string[]): void {
    const what = `${thrower} failed; the connection is refused.`;
    const shown = error instanceof Error ? redacted(error, secrets) : error;
    const [first = '', frame = ''] = shown instanceof Error ? (shown.stack ?? '').split(/\n\s*(?=at )/, 2) : [];
    this.count(`${what} ${first.slice(0, MAX_REASON)} ${frame}`, () => logFailure(this.logger, what, shown));
  }

  /** Says what has been counted so far. */
  flush(): void {
    for (const [reason, { count, timer }] of this.repetitions) {
      clearTimeout(timer);
      this.tell(reason, count);
    }
    this.repetitions.clear();
  }

  private count(given: string, write: () => void): void {
    const isKnown = this.repetitions.has(given) || this.repetitions.size < MAX_REASONS;
    const reason = isKnown ? given : OTHERS;
    const known = this.repetitions.get(reason);
    if (known) {
      known.count++;
      return;
    }
    write();
    this.repetitions.set(reason, { count: 0, timer: setTimeout(() => this.end(reason), PERIOD).unref() });
  }

  /** Ends a period. The next one begins at once if something was counted in it. */
  private end(reason: string): void {
    const { count = 0 } = this.repetitions.get(reason) ?? {};
    this.repetitions.delete(reason);
    if (count === 0) return;
    this.tell(reason, count);
    this.repetitions.set(reason, { count: 0, timer: setTimeout(() => this.end(reason), PERIOD).unref() });
  }

  private tell(reason: string, count: number): void {
    if (count > 0) this.logger.warn(`${count} more within a minute: ${reason}`);
  }
}

function redact(text: string, secrets: readonly string[]): string {
  return withoutAny(secrets, text).replaceAll(JSON_INPUT, '…').replaceAll(TOKEN_LIKE, '…');
}

function withoutAny(secrets: readonly string[], text: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}

/** Returns an error of the same message and stack without secrets. */
function redacted({ name, message, stack = '' }: Error, secrets: readonly string[]): Error {
  const told = redact(message, secrets);
  const frames = stack.slice(stack.search(FRAMES));
  return Object.assign(new Error(told), { stack: `${name}: ${told}${withoutAny(secrets, frames)}` });
}
