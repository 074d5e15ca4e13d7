import { Reflector } from '@nestjs/core';

/** Marks a route that can be used without signing in. */
export const Public = Reflector.createDecorator<void, true>({ transform: () => true });
