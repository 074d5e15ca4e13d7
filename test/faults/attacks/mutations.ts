import type { Packet } from '../clients/connection.js';
import type { Random } from './random.js';

/** Frames that are valid, of every kind. */
const VALID = [
  '40',
  '40/n1,',
  '40{"token":"user:ada"}',
  '41',
  '41/n1,',
  '2',
  '3',
  '6',
  '42["echo",{"a":[1,2,{"b":"c"}]}]',
  '427["echo","text"]',
  '427["odd","circular"]',
  '427["merge",{"a":{"b":1}}]',
  '427["join",["r1","r2"]]',
  '427["guarded",{}]',
  '427["get",{"url":"/ticks","headers":{"accept":"*/*"}}]',
  '427["post",{"url":"/echo?a=1","data":{"id":1,"list":[1,2,3]}}]',
  '427["patch",{"url":"/records/5","params":{"a":"b"}}]',
  '427["sockets:unsubscribe",{"resource":"record","ids":[1,2]}]',
  '427["reauthenticate",{"token":"user:ada"}]',
  '42/n1,7["echo",1]',
  '437[{"a":1}]',
  '451-7["echo",{"_placeholder":true,"num":0}]',
  '461-7[{"_placeholder":true,"num":0}]',
  '44{"message":"no"}',
];

/** What is put where it does not belong. */
const TOKENS = [
  '{"_placeholder":true,"num":0}',
  '"__proto__":',
  '"constructor"',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
  '1e999',
  '-0',
  '9007199254740993',
  '\\ud800',
  '\u0000',
  '\u001e',
  'null',
  '/',
  ',',
  '"',
  '{',
  '}',
  '-',
  '40',
  '451-',
];

const digits = /\d+/g;

const MUTATIONS: Array<(text: string, random: Random) => string> = [
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(random.below(text.length)),
  (text, random) => insert(text, random, random.of(TOKENS)),
  (text, random) => insert(text, random, String.fromCodePoint(random.below(256))),
  (text, random) => insert(text, random, random.of(TOKENS).repeat(1 + random.below(200))),
  (text, random) => text.replace(digits, () => String(random.of([0, 1, 5, -1, 2 ** 31, 1e21, 0.5]))),
  (text, random) => text.replaceAll(random.of(['"', '[', '{', ',', ':']), random.of(TOKENS)),
  (text, random) => text + random.of(VALID),
  (text, random) => swap(text, random.below(text.length), random.below(text.length)),
  (text, random) => `${random.below(10)}${random.below(10)}${text.slice(2)}`,
];

/** A valid frame with one to three mistakes in it; bytes follow, or are its whole, every now and then. */
export function mutate(random: Random): Packet[] {
  let text = random.of(VALID);
  for (let mistakes = 1 + random.below(3); mistakes > 0; mistakes--) text = random.of(MUTATIONS)(text, random);
  if (random.below(40) === 0) return [Buffer.from(text)];
  return random.below(5) === 0 ? [text, Buffer.from('bytes')] : [text];
}

function insert(text: string, random: Random, what: string): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + what + text.slice(at);
}

function swap(text: string, one: number, other: number): string {
  const characters = [...text];
  [characters[one], characters[other]] = [characters[other] ?? '', characters[one] ?? ''];
  return characters.join('');
}
