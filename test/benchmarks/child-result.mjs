import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Runs a script of this folder in a process of its own, with one argument as JSON, and returns what it sends. */
export async function childResult(script, argument) {
  const child = fork(new URL(script, import.meta.url), [JSON.stringify(argument)]);
  const exit = once(child, 'exit');
  const result = await Promise.race([once(child, 'message').then(([message]) => message), exit]);
  const [code, signal] = await exit;
  if (code !== 0) throw new Error(`${script} ${JSON.stringify(argument)} ended with ${signal ?? `exit code ${code}`}`);
  return result;
}
