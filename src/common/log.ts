import { Logger } from '@nestjs/common';
import { describeValue } from './describe-value.js';

/**
 * Logs what the application's own code threw. That may be anything, such as an object that throws when it is read, and
 * a log that fails would end the process. Only the message and the stack are logged: other fields of errors hold the
 * parameters of a query, the record that a validator refused, or the headers of a request.
 */
export function logFailure(logger: Logger, what: string, failure: unknown): void {
  try {
    if (failure instanceof Error) logger.error(`${what} ${failure.message}`, stackOf(failure));
    else logger.error(`${what} The thrown value is not an error, but ${describeValue(failure)}.`);
  } catch {
    logger.error(what);
  }
}

/** Returns the stack of an error, in which the message is one line, so that it cannot pass for others. */
function stackOf({ message, stack }: Error): string | undefined {
  return message === '' ? stack : stack?.replace(message, () => printable(message, LONGEST_LINE));
}

/** How many characters of a client's text a log line has, unless it says otherwise. */
const MOST_CHARACTERS = 200;

/**
 * What changes how a line is shown, or ends it: control characters (C0, DEL, C1), separators of lines and paragraphs,
 * marks that turn the direction of text around or are not seen at all, and halves of characters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/**
 * Returns a client's text as a log line may have it: on one line, without what a terminal would obey, and no longer
 * than `most` characters. What is left out is shown by its code, as in `\u001b`.
 */
export function printable(text: string, most: number = MOST_CHARACTERS): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replaceAll(UNPRINTABLE, (character) => `\\u${codeOf(character)}`);
}

function codeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `{${code}}` : code.padStart(4, '0');
}

/** How many characters one line has at most, and one stack. */
const LONGEST_LINE = 4_000;
const LONGEST_STACK = 10_000;

/**
 * The logger of the library. Lines name events, rooms, headers, and what errors say, all of which may hold the text of
 * a client; so each of them is made printable, whoever writes it.
 */
export class LineLogger extends Logger {
  override debug(line: string): void {
    super.debug(printable(line, LONGEST_LINE));
  }

  override log(line: string): void {
    super.log(printable(line, LONGEST_LINE));
  }

  override warn(line: string): void {
    super.warn(printable(line, LONGEST_LINE));
  }

  /** @param stack keeps its lines */
  override error(line: string, stack?: string): void {
    super.error(
      printable(line, LONGEST_LINE),
      stack?.slice(0, LONGEST_STACK).split('\n').map(printableFrame).join('\n'),
    );
  }
}

function printableFrame(line: string): string {
  return printable(line, LONGEST_LINE);
}

/**
 * Tells what has not been logged before. It remembers only so many things, and answers `false` after that: enough to
 * learn from, too few for a client to flood the log.
 */
export class FirstTimes {
  private readonly known = new Set<string>();

  constructor(private readonly most: number) {}

  isFirst(thing: string): boolean {
    if (this.known.has(thing) || this.known.size >= this.most) return false;
    this.known.add(thing);
    return true;
  }
}

/** Limits how many lines about the same thing are logged in each period. */
export class LineLimit {
  private periodStart = -Infinity;
  private written = 0;
  private omitted = 0;

  /** @param period in milliseconds */
  constructor(
    private readonly most: number,
    private readonly period: number,
  ) {}

  /** Returns how many lines were left out since the last one; `undefined` if this one is to be left out, too. */
  next(): number | undefined {
    const now = performance.now();
    if (now >= this.periodStart + this.period) {
      this.periodStart = now;
      this.written = 0;
    }
    if (this.written >= this.most) {
      this.omitted++;
      return undefined;
    }
    this.written++;
    const { omitted } = this;
    this.omitted = 0;
    return omitted;
  }
}

/** How many failures are logged in each period, and how long that is, in milliseconds. */
const MAX_FAILURES = 10;
const FAILURES_PERIOD = 60_000;

/** Logs failures of the application that clients can bring about as often as they like, so that none floods the log. */
export class FailureLog {
  private readonly lines = new LineLimit(MAX_FAILURES, FAILURES_PERIOD);

  constructor(private readonly logger: Logger) {}

  report(what: string, failure: unknown): void {
    const omitted = this.lines.next();
    if (omitted === undefined) return;
    const more = omitted === 0 ? '' : ` (${omitted} more lines of this kind were left out.)`;
    logFailure(this.logger, `${what}${more}`, failure);
  }
}

const NAMESPACE = 'nestjs-sockets';

/** The rooms of the library that can be traced one by one. */
export type TracedRoom = 'server' | 'transactions' | 'connections' | 'rooms' | 'requests' | 'resources' | 'routes';

/**
 * Traces what one room of the library does, if the environment's `DEBUG` names it, as in `DEBUG=nestjs-sockets:routes`
 * or `DEBUG=nestjs-sockets:*`. Lines name ids, events and rooms, never payloads.
 *
 * @returns `undefined` where the trace is off, so that ``debug?.(`…`)`` does not even build the text
 */
export function debugLog(room: TracedRoom): ((message: string) => void) | undefined {
  const name = `${NAMESPACE}:${room}`;
  if (!isNamed(name, process.env.DEBUG ?? '')) return undefined;
  const logger = new LineLogger(name);
  return (message) => logger.debug(message);
}

/** Reads the list as the package `debug` does, with which Socket.IO traces: `*` is a wildcard, `-` excludes. */
function isNamed(name: string, list: string): boolean {
  const patterns = list.split(/[\s,]+/).filter((pattern) => pattern !== '');
  const matches = (pattern: string): boolean => toExpression(pattern).test(name);
  const excluded = patterns.filter((pattern) => pattern.startsWith('-')).map((pattern) => pattern.slice(1));
  return patterns.some(matches) && !excluded.some(matches);
}

function toExpression(pattern: string): RegExp {
  const literal = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll('*', '.*')}$`);
}
