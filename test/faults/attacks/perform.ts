import type { Connection } from '../clients/connection.js';
import type { Scene, Transport } from '../support/scene.js';
import { ACK, ANY, type Attack, type Expectation } from './attack.js';

const MARKER = 9;

/** Sends what an attack sends, and says what is wrong with what comes of it. */
export async function perform(scene: Scene, transport: Transport, attack: Attack, patience: number): Promise<string[]> {
  const { headers, query, method, send } = attack;
  const connection = await scene.connect(transport, {
    headers,
    query,
    method,
    connect: attack.connect ? attack.connect() : '40',
  });
  const expected: Expectation[] = [attack.expect].flat();
  const packets = send?.() ?? [];
  if (packets.length > 0) await connection.send(...packets);
  const isOver = () =>
    connection.closed ||
    answersIn(connection, ACK).length > 0 ||
    expected.some((one) => one !== 'ignored' && isMet(one, connection));
  if (expected.includes('ignored') || expected.some((one) => typeof one === 'object' && 'answer' in one)) {
    if (!expected.includes('ignored')) await connection.until(isOver, patience);
    // Whatever was to be answered before this is answered by then.
    await connection.send(`42${MARKER}["echo","marker"]`);
    await connection.until(() => connection.closed || answersIn(connection, MARKER).length > 0, patience);
  } else {
    await connection.until(isOver, patience);
  }
  const met = expected.some((one) => isMet(one, connection));
  return met ? [] : [`${expected.map(inWords).join(' or ')} should have come; ${describe(connection)}`];
}

function isMet(expectation: Expectation, connection: Connection): boolean {
  const { closed, refusedWith, received } = connection;
  if (expectation === 'closed') return closed;
  if (expectation === 'refused') return received.some((text) => text.startsWith('44'));
  if (expectation === 'ignored') return !closed && answersIn(connection, MARKER).length === 1;
  if ('status' in expectation) return refusedWith === expectation.status;
  const answers = answersIn(connection, ACK);
  const { answer } = expectation;
  if (answers.length !== 1 || answer === ANY) return answers.length === 1;
  return holds(answers[0], typeof answer === 'function' ? (answer as () => unknown)() : answer);
}

function inWords(expectation: Expectation): string {
  if (expectation === 'closed') return 'the end of the connection';
  if (expectation === 'ignored') return 'nothing';
  if (expectation === 'refused') return 'CONNECT_ERROR';
  if ('status' in expectation) return `the status ${expectation.status}`;
  const { answer } = expectation;
  if (typeof answer === 'object' && answer && 'statusCode' in answer) return `the answer ${String(answer.statusCode)}`;
  return typeof answer === 'object' ? `the answer ${JSON.stringify(answer)}` : 'an answer';
}

/** What acknowledgements of a number say; nothing is `undefined`. */
function answersIn({ received }: Connection, number: number): unknown[] {
  const prefix = `43${number}[`;
  return received
    .filter((text) => text.startsWith(prefix))
    .map((text) => (JSON.parse(text.slice(prefix.length - 1)) as unknown[])[0]);
}

/** Whether a value has what another one has. */
function holds(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return value === part;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => holds((value as Record<string, unknown>)[key], inner));
}

function describe({ closed, refusedWith, received }: Connection): string {
  const end = refusedWith === undefined ? (closed ? 'closed' : 'open') : `refused with ${refusedWith}`;
  return `it is ${end}, after ${
    received
      .slice(-3)
      .map((text) => text.slice(0, 120))
      .join(' ') || 'nothing'
  }`;
}
