// For `node --import`: runs the library's sources as they are, on the Nest that NEST names, so that a child process needs no build.
import { register } from 'node:module';

register('./sources.hooks.mjs', import.meta.url);
