// Measures the library beside bare Socket.IO, Nest by hand, raw ws and Sails, each in a process of its own, in one run:
//   npm run benchmark [-- --quick] [--only=fan-out,bursts] [--rounds=5] [--json=FILE]
// Every delivery is checked for its count, its order and its content. Figures are medians; ratios are medians of the
// ratios of rounds, in each of which all servers are measured one after the other. CPU is that of the server's process.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { canCountInstructions } from './measuring/instructions.mjs';
import { isTooWide, Noise } from './measuring/noise.mjs';
import { Servers } from './measuring/servers.mjs';
import { tableOf } from './measuring/table.mjs';
import { boot } from './workloads/boot.mjs';
import { destroy } from './workloads/destroy.mjs';
import { bursts, fanOut, largeRecord, latency, manyRooms } from './workloads/fan-out.mjs';
import { memory } from './workloads/memory.mjs';
import { publishingWrite } from './workloads/publishing-write.mjs';
import { requests } from './workloads/requests.mjs';
import { subscriptions } from './workloads/subscriptions.mjs';
import { twoServers } from './workloads/two-servers.mjs';

const WORKLOADS = [
  fanOut,
  bursts,
  manyRooms,
  latency,
  largeRecord,
  publishingWrite,
  requests,
  memory,
  subscriptions,
  twoServers,
  destroy,
  boot,
];

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  },
});
const quick = values.quick;
const rounds = Number(values.rounds ?? (quick ? 3 : 7));
const print = (text) => process.stdout.write(`${text}\n`);
const slugOf = ({ name }) => name.toLowerCase().replaceAll(' ', '-');

const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !WORKLOADS.some((workload) => slugOf(workload) === name)) ?? [];
if (unknown.length > 0) {
  print(`There is no workload ${unknown.join(', ')}. There are ${WORKLOADS.map(slugOf).join(', ')}.`);
  process.exit(2);
}

/** Runs one workload, and notes on each of its rows whether the machine was too noisy for it. */
async function run(workload) {
  // What is installed for it is not the noise of the machine.
  const optional = await workload.optionalServers?.();
  const start = performance.now();
  const before = await servers.cpu();
  const noise = new Noise();
  let cpu = 0;
  const taken = await servers.take({ ...workload.servers, ...optional });
  const rows = await workload.run({ servers: taken, rounds, quick, addCpu: (used) => (cpu += used) });
  const machine = noise.end(cpu + (await servers.cpu()) - before);
  for (const row of rows) {
    row.workload = workload.name;
    row.isNoisy = machine.isTooMuch || row.demands.some(isTooWide);
  }
  const seconds = Math.round((performance.now() - start) / 1_000);
  print(
    `${tableOf(rows)}\n\n${workload.name}: ${seconds} s; other programs used ${percent(machine.byOthers)} of the CPU\n`,
  );
  return { rows, machine: { workload: workload.name, seconds, ...machine } };
}

const percent = (share) => `${Math.round(share * 100)} %`;

const cpu = cpus();
const machine = {
  node: process.version,
  cpu: cpu[0].model,
  cores: cpu.length,
  load: loadavg()[0],
  instructions: await canCountInstructions(),
  rounds,
  quick,
};
print(`Node ${machine.node}, ${machine.cores} cores, load ${machine.load.toFixed(1)}, medians of ${rounds} rounds`);
print(`${machine.instructions ? 'Instructions are counted.' : 'Instructions cannot be counted here.'}\n`);

const servers = new Servers();
const rows = [];
const noise = [];
for (const workload of WORKLOADS.filter((one) => wanted?.includes(slugOf(one)) ?? true)) {
  const found = await run(workload);
  rows.push(...found.rows);
  noise.push(found.machine);
}
const demands = rows.flatMap((row) => row.demands);
const noisy = rows.filter(({ isNoisy }) => isNoisy);
print(`${demands.filter(({ isMet }) => isMet).length} of ${demands.length} demands are met.`);
if (noisy.length > 0) {
  print(
    `The machine was too noisy for ${noisy.length} of ${rows.length} rows, which are marked "noisy". Run them again.`,
  );
}
await servers.stop();
if (values.json) writeFileSync(values.json, `${JSON.stringify({ machine, noise, rows }, undefined, 2)}\n`);
process.exit();
