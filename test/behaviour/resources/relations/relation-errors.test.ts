import { describe, expect, it } from 'vitest';
import { belongsTo, hasMany, manyToMany, type Relation } from '../../../../src/index.js';
import { related } from './support/related.js';

describe('a relation that cannot be', () => {
  type Case = [name: string, relations: Record<string, Record<string, unknown>>, code: string, message: string];
  const cases: Case[] = [
    [
      'to a resource that nobody declared',
      { pet: { owner: belongsTo('usr', 'pets') }, user: {} },
      'UNKNOWN_RESOURCE',
      'The relation pet.owner: there is no resource "usr". Did you mean "user"? Known are: ',
    ],
    [
      'between kinds that do not face each other',
      { user: { pets: hasMany('pet', 'owner') }, pet: { owner: manyToMany('user', 'pets') } },
      'INVALID_RELATION',
      'The relation user.pets is hasMany, and pet.owner is manyToMany: ' +
        'these do not face each other. Opposite hasMany there is belongsTo.',
    ],
    [
      'whose other end points elsewhere',
      { user: { pets: hasMany('pet', 'owner') }, pet: { owner: belongsTo('user', 'animals') } },
      'INVALID_RELATION',
      'The relation user.pets says that pet.owner points back to it, but that points to user.animals.',
    ],
    [
      'whose other end is to another resource',
      { user: { pets: hasMany('pet', 'owner') }, pet: { owner: belongsTo('firm', 'pets') }, firm: {} },
      'INVALID_RELATION',
      'but that points to firm.pets',
    ],
    [
      'that claims an end which another relation has',
      { user: {}, pet: { owner: belongsTo('user', 'pets'), friend: belongsTo('user', 'pets') } },
      'INVALID_RELATION',
      'The relation pet.friend says that user.pets points back to it, but that points to pet.owner.',
    ],
    [
      'to itself as its own parent',
      { node: { parent: belongsTo('node', 'parent') } },
      'INVALID_RELATION',
      'do not face',
    ],
    [
      'made by none of the functions',
      { pet: { owner: 'user' }, user: {} },
      'INVALID_RELATION',
      'The relation pet.owner must be made by belongsTo',
    ],
    [
      'of an unknown kind',
      { pet: { owner: { kind: 'x', resource: 'user' } }, user: {} },
      'INVALID_RELATION',
      'must be made by',
    ],
    [
      'to nobody',
      { pet: { owner: belongsTo(undefined as never) } },
      'INVALID_RELATION',
      'with the name of the other resource',
    ],
    ['with an empty end', { pet: { owner: belongsTo('user', '') }, user: {} }, 'INVALID_RELATION', 'of its attribute'],
  ];

  it.each(cases)('%s fails at boot', async (_, relations, code, message) => {
    const boot = related(relations as Record<string, Record<string, Relation>>);

    await expect(boot).rejects.toMatchObject({ code });
    await expect(boot).rejects.toThrow(message);
  });
});
