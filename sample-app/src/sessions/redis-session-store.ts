import { Logger } from '@nestjs/common';
import { type SessionData, Store } from 'express-session';
import { callbackify } from 'node:util';
import { createClient } from 'redis';

type Done = (error?: unknown) => void;

/** Seconds after its last use in which a session is kept. */
const LIFETIME = 86_400;

/** Keeps sessions in Redis, where every process finds them. */
export class RedisSessionStore extends Store {
  private readonly client;

  constructor(url: string) {
    super();
    const logger = new Logger(RedisSessionStore.name);
    this.client = createClient({ url });
    this.client.on('error', (error: Error) => logger.error(`Sessions cannot be read or written: ${error.message}`));
    this.client.connect().catch(() => undefined);
  }

  override get(id: string, done: (error: unknown, session?: SessionData | null) => void): void {
    callbackify(() => this.find(id))(done);
  }

  override set(id: string, session: SessionData, done: Done = () => {}): void {
    const text = JSON.stringify(session);
    callbackify(() => this.client.set(keyOf(id), text, { expiration: { type: 'EX', value: LIFETIME } }))(done);
  }

  override touch(id: string, _: SessionData, done: Done = () => {}): void {
    callbackify(() => this.client.expire(keyOf(id), LIFETIME))(done);
  }

  override destroy(id: string, done: Done = () => {}): void {
    callbackify(() => this.client.del(keyOf(id)))(done);
  }

  private async find(id: string): Promise<SessionData | null> {
    const text = await this.client.get(keyOf(id));
    return text === null ? null : (JSON.parse(text) as SessionData);
  }
}

const keyOf = (id: string): string => `task-board:session:${id}`;
