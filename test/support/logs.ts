import { Logger, type INestApplication, type LoggerService } from '@nestjs/common';
import { onTestFinished } from 'vitest';

/** Writes down what an application logs, instead of printing it. */
export class Logs implements LoggerService {
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  log(message: unknown): void {
    this.lines.push(String(message));
  }

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  error(message: unknown): void {
    this.errors.push(String(message));
  }

  /**
   * Returns the lines that hold these words. Whoever counts lines, counts those that name its subject: Nest's logger is
   * one for the whole process, and what another test left behind may speak late.
   */
  naming(words: string): Pick<Logs, 'warnings' | 'errors'> {
    const name = (line: string): boolean => line.includes(words);
    return { warnings: this.warnings.filter(name), errors: this.errors.filter(name) };
  }

  /** For the option `main` of `start`: writes down what is logged from then on. */
  readonly open = (app: INestApplication): void => {
    app.useLogger(this);
    onTestFinished(() => Logger.overrideLogger(false));
  };
}

/** For the `main` of an application: everything that is logged from then on. */
export function listenTo(app: INestApplication): Logs {
  const logs = new Logs();
  logs.open(app);
  return logs;
}
