import { Logger, type INestApplication, type LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';
import { onTestFinished, vi } from 'vitest';

/** Everything that an application logs, of each level and with all that errors hold, and that the process writes. */
export class EverythingSaid implements LoggerService {
  readonly lines: string[] = [];

  readonly log = this.keep('log');
  readonly warn = this.keep('warn');
  readonly error = this.keep('error');
  readonly fatal = this.keep('fatal');
  readonly debug = this.keep('debug');
  readonly verbose = this.keep('verbose');

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      const original = stream.write.bind(stream);
      const spy = vi.spyOn(stream, 'write').mockImplementation(((chunk: unknown, ...rest: never[]) => {
        this.lines.push(`written: ${String(chunk)}`);
        return original(chunk as string, ...rest);
      }) as typeof stream.write);
      onTestFinished(() => spy.mockRestore());
    }
    for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
      const spy = vi.spyOn(console, level).mockImplementation(this.keep(`console.${level}`));
      onTestFinished(() => spy.mockRestore());
    }
    onTestFinished(() => Logger.overrideLogger(false));
  }

  /** For the option `main` of `start`. */
  readonly open = (app: INestApplication): void => app.useLogger(this);

  get text(): string {
    return this.lines.join('\n');
  }

  private keep(level: string): (...parts: unknown[]) => void {
    return (...parts) => {
      const said = parts.map((part) => (typeof part === 'string' ? part : inspect(part, { depth: Infinity })));
      this.lines.push(`${level}: ${said.join(' ')}`);
    };
  }
}
