const NAMES = { library: 'nestjs-sockets', 'socket-io': 'Socket.IO', nest: 'Nest by hand', sails: 'Sails', ws: 'ws' };

/** Returns the name of a subject, whose first part may be one of a server: `library, 2 handlers`. */
function nameOf(subject) {
  const [server, ...rest] = subject.split(', ');
  return [NAMES[server] ?? server, ...rest].join(', ');
}

function rounded(value) {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const listOf = (figures, unit) =>
  `${Object.entries(figures)
    .map(([subject, value]) => `${nameOf(subject)} ${rounded(value)}`)
    .join('; ')} ${unit}`;

function figuresOf({ figures, unit, instructions }) {
  const counted = Object.keys(instructions).length > 0 ? `; ${listOf(instructions, 'instructions')}` : '';
  return `${listOf(figures, unit)}${counted}`;
}

function demandOf({ subject, beside, atMost, atLeast, found, isMet }, unit) {
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const what = beside === undefined ? `${rounded(found)} ${unit}` : `${found.toFixed(2)} of ${nameOf(beside)}`;
  const which = subject.includes(', ') ? `${nameOf(subject)}: ` : '';
  return `${isMet ? '✓' : '✗'} ${which}${what} (${limit})`;
}

/** Returns rows of the report as a table of Markdown, each demand beside what was found. */
export function tableOf(rows) {
  const lines = rows.map((row) => {
    const demands = row.demands.map((demand) => demandOf(demand, row.unit)).join('; ');
    return `| ${row.workload}: ${row.of} | ${row.measure} | ${figuresOf(row)} | ${demands}${row.isNoisy ? ' – noisy' : ''} |`;
  });
  return ['| Work | Measured | Figures | Ratio (demand) |', '| --- | --- | --- | --- |', ...lines].join('\n');
}
