// Starts the task board on two processes that share a Redis and a database, behind one port.
import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { BoardProcess } from './board-process.js';
import { Front } from './front.js';
import { RedisProcess } from './redis-process.js';

const logger = new Logger('Cluster');
const redis = new RedisProcess();
const boards: BoardProcess[] = [];
const front = new Front(() => boards.flatMap(({ port }) => port ?? []));
let isStopping = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
try {
  await start();
} catch (error) {
  if (!isStopping) logger.error((error as Error).message);
  await stop(1);
}

async function start(): Promise<void> {
  const {
    REDIS_URL = await redis.start(),
    SESSION_SECRET = randomBytes(32).toString('hex'),
    PORT = '3000',
  } = process.env;
  // One after the other: the first makes the tables and fills them.
  for (let count = 0; count < 2; count++) await startBoard({ REDIS_URL, SESSION_SECRET });
  const port = await front.listen(Number(PORT));
  logger.log(
    `The task board is at http://localhost:${port}, served by two processes. Kill one, and see its pages stay`,
  );
  for (const board of boards) logger.log(`Process ${board.pid} is at http://localhost:${board.port}, too`);
}

async function startBoard(env: Record<string, string>): Promise<void> {
  // A signal has come meanwhile.
  if (isStopping) return;
  const board = new BoardProcess(env);
  boards.push(board);
  await board.start();
  void board.ended().then(() => onEnded(board));
}

function onEnded({ pid }: BoardProcess): void {
  if (isStopping) return;
  logger.warn(`Process ${pid} has ended. Its pages connect to the other one`);
  if (boards.every(({ port }) => port === undefined)) void stop(1);
}

async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await Promise.all(boards.map((board) => board.stop()));
  front.stop();
  await redis.stop();
  process.exit(code);
}
