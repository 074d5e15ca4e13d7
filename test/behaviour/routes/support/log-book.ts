import type { INestApplication, LoggerService } from '@nestjs/common';

/** Writes down what the application logs. */
export class LogBook implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  log(): void {}

  warn(...parts: unknown[]): void {
    this.warnings.push(parts.map(String).join(' '));
  }

  error(...parts: unknown[]): void {
    this.errors.push(parts.map(String).join(' '));
  }

  /** For the option `main` of `start`. */
  readonly open = (app: INestApplication): void => app.useLogger(this);
}
