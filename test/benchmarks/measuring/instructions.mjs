import { spawn } from 'node:child_process';
import { once } from 'node:events';

// It starts without counting, and says over its fifth stream that it does what the fourth one told it.
const ARGUMENTS = ['stat', '-x,', '-e', 'instructions:u', '--delay=-1', '--control=fd:3,4', '-p'];

/** Reads what `perf stat -x,` prints, one line for each kind of core. Returns `undefined` if nothing was counted. */
function instructionsOf(output) {
  const counts = [...output.matchAll(/^(\d+),[^,]*,[^,]*\binstructions\b/gm)].map(([, count]) => Number(count));
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count);
}

/** Counts from now on what all threads of a process do. The function that it returns ends it and returns the count. */
async function begin(pid) {
  const perf = spawn('perf', [...ARGUMENTS, String(pid)], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  let output = '';
  perf.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  // It may be missing, too old for these arguments, or not allowed to count.
  const ended = once(perf, 'close').catch(() => undefined);
  const [, , , control, answers] = perf.stdio;
  control.on('error', () => undefined).write('enable\n');
  await Promise.race([once(answers, 'data'), ended]);
  return async () => {
    perf.kill('SIGINT');
    await ended;
    return instructionsOf(output);
  };
}

let isPossible;

/** Tells whether this machine has counters of instructions, and a perf that may read them. */
export function canCountInstructions() {
  isPossible ??= begin(process.pid)
    .then((end) => end())
    .then((count) => count !== undefined);
  return isPossible;
}

/** Counts the instructions of a process, without the kernel's, until the function is called that it returns. */
export const countInstructions = async (pid) => ((await canCountInstructions()) ? begin(pid) : () => undefined);
