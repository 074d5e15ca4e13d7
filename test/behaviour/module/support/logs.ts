import { Logger, type INestApplication, type LoggerService } from '@nestjs/common';
import { onTestFinished } from 'vitest';

/** Writes down what an application says, instead of saying it. */
export class Logs implements LoggerService {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];

  log(): void {}

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  error(message: unknown): void {
    this.errors.push(String(message));
  }
}

/** For the `main` of an application: everything that is logged from then on, until the test is finished. */
export function listenTo(app: INestApplication): Logs {
  const logs = new Logs();
  app.useLogger(logs);
  onTestFinished(() => Logger.overrideLogger(false));
  return logs;
}
