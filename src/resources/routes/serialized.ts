import type { ExecutionContext, Type } from '@nestjs/common';
import type { StandardSchema } from '../../common/standard-schema.js';
import { applySchema, classTransformer } from '../views/view.js';

/** Nest's own metadata of `@SerializeOptions`. */
const SERIALIZE_OPTIONS = 'class_serializer:options';

/** Options of Nest's two serializers, as far as they choose what is shown. */
interface SerializeOptions {
  type?: Type;
  schema?: StandardSchema;
}

/** What JSON would make of a record, after what Nest's serializers do to this route's responses. */
export async function serialized(record: object, execution: ExecutionContext): Promise<unknown> {
  const options = optionsOf(execution);
  const plain = transformed(record, options);
  const shown = options.schema ? await applySchema(options.schema, plain) : plain;
  return JSON.parse(JSON.stringify(shown)) as unknown;
}

function transformed(record: object, options: SerializeOptions): unknown {
  const transformer = classTransformer();
  if (!transformer) return record;
  const { type } = options;
  const instance = type && !(record instanceof type) ? transformer.plainToInstance(type, record, options) : record;
  return transformer.instanceToPlain(instance, options);
}

function optionsOf(execution: ExecutionContext): SerializeOptions {
  const found = [execution.getHandler(), execution.getClass()]
    .map((host) => Reflect.getMetadata(SERIALIZE_OPTIONS, host) as SerializeOptions | undefined)
    .find((options) => options !== undefined);
  return found ?? {};
}
