import type { ExecutionContext } from '@nestjs/common';
import { classTransformer } from './view.js';

/** Nest's own metadata of `@SerializeOptions`. */
const SERIALIZE_OPTIONS = 'class_serializer:options';

/** What JSON would make of a record, after class-transformer has hidden what it hides from this route's responses. */
export function serialized(record: object, execution: ExecutionContext): unknown {
  const options = [execution.getHandler(), execution.getClass()]
    .map((host) => Reflect.getMetadata(SERIALIZE_OPTIONS, host) as object | undefined)
    .find((found) => found !== undefined);
  const plain = classTransformer()?.instanceToPlain(record, options) ?? record;
  return JSON.parse(JSON.stringify(plain)) as unknown;
}
