/** Where an answer shows the records of a resource. It names fields only, never their values. */
export interface AnswerShape {
  resource: string;
  /** The fields of a record of which the first that is there holds its id; absent if only the server knows. */
  id?: readonly string[];
  /** The fields, or paths, of the answer of which the first that is there holds the records; absent for all of it. */
  select?: readonly string[];
  /** The fields by whose values the records are watched; absent if no slice is. */
  slice?: readonly string[];
  /** The verbs that are all that is watched for; absent if every verb is, or nothing is watched. */
  verbs?: readonly string[];
}

const PARAMETERS = ['id', 'select', 'slice', 'verbs'] as const;

/** What a structured header may hold without quotes. */
const TOKEN = /^[A-Za-z*][\w.*-]*$/;

/** Writes shapes as one structured header: `card; id=id; select=items; slice=boardId, user`. */
export function formatShapes(shapes: readonly AnswerShape[]): string {
  return [...new Set(shapes.map(formatShape))].join(', ');
}

/** The same shape is written with each answer of its route. */
const written = new WeakMap<AnswerShape, string>();

function formatShape(shape: AnswerShape): string {
  const known = written.get(shape);
  if (known !== undefined) return known;
  const text = writeShape(shape);
  written.set(shape, text);
  return text;
}

function writeShape(shape: AnswerShape): string {
  const parameters = PARAMETERS.flatMap((name) => {
    const fields = shape[name];
    if (!fields) return [];
    const text = fields.map(encodeURIComponent).join(' ');
    return `${name}=${TOKEN.test(text) ? text : `"${text}"`}`;
  });
  return [shape.resource, ...parameters].join('; ');
}

/** Reads what `formatShapes` writes, and names of resources without anything else. */
export function parseShapes(header: string | readonly string[] | undefined): AnswerShape[] {
  if (!header) return [];
  return String(header)
    .split(',')
    .map((part) => {
      const [resource, ...parameters] = part.split(';').map((one) => one.trim());
      const read = parameters.map((parameter) => {
        const [name, value = ''] = parameter.split('=');
        return [name, value.replace(/^"|"$/g, '').split(' ').map(decodeURIComponent)] as const;
      });
      return { ...Object.fromEntries(read), resource };
    });
}
