import { Reflector } from '@nestjs/core';

/** This route needs nobody to be signed in. */
export const ForEverybody = Reflector.createDecorator<void, true>({ transform: () => true });
