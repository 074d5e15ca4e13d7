import type { Resource } from '../../../resources/definition/resource.js';
import type { DescribedApplication } from '../application.js';
import { type Dialect, hoisted, type JsonSchema, partialOf, referTo } from './json-schema.js';
import { schemaOfView } from './view-schema.js';

/** The schemas of a resource's messages, and those that they refer to. */
export interface ResourceSchemas {
  resource: Resource;
  /** The name of the schema that is any of the messages. */
  name: string;
  /** The name of the schema of each verb's message. */
  messages: ReadonlyMap<string, string>;
  /** All of them, by the names that they have in a document. */
  all: ReadonlyMap<string, JsonSchema>;
}

/** Returns the schemas of all messages that the resources of an application can have. */
export function messageSchemas(application: DescribedApplication, dialect: Dialect): ResourceSchemas[] {
  return application.resources.map((resource) => {
    const record = schemaOfView(application.views.get(resource.name), dialect) ?? { type: 'object' };
    const all = hoisted(resource.name, record);
    const whole = all.get(resource.name) ?? record;
    const messages = new Map<string, string>();
    for (const verb of application.verbsOf(resource)) {
      const name = `${resource.name}.${verb}`;
      messages.set(verb, name);
      all.set(name, messageOf(verb, idOf(resource), fieldsOf(verb, referTo(resource.name), partialOf(whole))));
    }
    const name = `${resource.name}.message`;
    all.set(name, { oneOf: [...messages.values()].map(referTo) });
    return { resource, name, messages, all };
  });
}

function messageOf(verb: string, id: JsonSchema, [needed, optional]: [object, object?]): JsonSchema {
  return {
    type: 'object',
    properties: { verb: { type: 'string', enum: [verb] }, id, ...needed, ...optional },
    required: ['verb', 'id', ...Object.keys(needed)],
  };
}

/** Returns the fields of a message besides its verb and id: those that it always has, and those that it may have. */
function fieldsOf(verb: string, record: JsonSchema, part: JsonSchema): [object, object?] {
  const attribute = { type: 'string' };
  switch (verb) {
    case 'updated':
      return [{ data: part }, { previous: part }];
    case 'destroyed':
      return [{}, { previous: part }];
    case 'addedTo':
      return [{ attribute, addedId: ANY_ID }, { added: {} }];
    case 'removedFrom':
      return [{ attribute, removedId: ANY_ID }];
    case 'left':
      return [{}];
    case 'entered':
      // Of a record that is too large to be sent, it is nothing but the id.
      return [{ data: part }];
    case 'messaged':
      return [{ data: {} }];
    default:
      return [{ data: record }];
  }
}

/** Another resource's records may have ids of another type. */
const ANY_ID: JsonSchema = { oneOf: [{ type: 'string' }, { type: 'number' }] };

function idOf({ ids }: Resource): JsonSchema {
  if (ids.type === 'number' || (ids.type === undefined && ids.areNumbersInRoutes)) return { type: 'number' };
  if (ids.type === 'uuid') return { type: 'string', format: 'uuid' };
  return ids.type === 'string' ? { type: 'string' } : ANY_ID;
}
