import {
  belongsTo,
  hasMany,
  manyToMany,
  type MovedFrom,
  type PublishOptions,
  type ResourceChannel,
  type ResourceOptions,
} from '../../../../../src/index.js';

export type Fields = Record<string, unknown>;
type Channel = ResourceChannel<Fields>;
export type Heard = [resource: string, message: Fields];

/** How a user and a pet are related: a pet has one owner and many vets. */
const owners = { pets: hasMany('pet', 'owner'), patients: manyToMany('pet', 'vets') };
const owned = { owner: belongsTo('user', 'pets'), vets: manyToMany('user', 'patients') };

export interface World {
  name: string;
  userId: string;
  petId: string;
  resources: Record<'user' | 'pet', ResourceOptions>;
}

export const worlds: World[] = [
  { name: 'declared on users', userId: 'id', petId: 'id', resources: { user: { relations: owners }, pet: {} } },
  { name: 'declared on pets', userId: 'id', petId: 'id', resources: { user: {}, pet: { relations: owned } } },
  {
    name: 'declared on both, with ids in fields of their own',
    userId: 'user_id',
    petId: 'pet_id',
    resources: { user: { id: 'user_id', relations: owners }, pet: { id: 'pet_id', relations: owned } },
  },
  {
    name: 'declared on pets, with ids in fields of their own',
    userId: 'user_id',
    petId: 'pet_id',
    resources: { user: { id: 'user_id' }, pet: { id: 'pet_id', relations: owned } },
  },
];

/** What a scenario works with. */
export interface Stage {
  users: Channel;
  pets: Channel;
  user: (id: number, fields?: Fields) => Fields;
  pet: (id: number, fields?: Fields) => Fields;
  /** Options that omit the actor. */
  by: PublishOptions;
}

export interface Scenario {
  title: string;
  act: (stage: Stage) => Promise<unknown>;
  heard: (stage: Stage) => Heard[];
}

export const created = (resource: string, id: number, data: Fields): Heard => [resource, { verb: 'created', id, data }];
export const updated = (resource: string, id: number, data: Fields, previous?: Fields): Heard => [
  resource,
  previous ? { verb: 'updated', id, data, previous } : { verb: 'updated', id, data },
];
export const addedTo = (resource: string, id: number, attribute: string, addedId: number): Heard => [
  resource,
  { verb: 'addedTo', id, attribute, addedId },
];
export const removedFrom = (resource: string, id: number, attribute: string, removedId: number): Heard => [
  resource,
  { verb: 'removedFrom', id, attribute, removedId },
];
export const destroyed = (resource: string, id: number, previous?: Fields): Heard => [
  resource,
  previous ? { verb: 'destroyed', id, previous } : { verb: 'destroyed', id },
];

/** Pets 1 and 3 are user 1's. */
const formerOwner: MovedFrom = (pet) => ({ 1: 1, 3: 1 })[pet];

export const scenarios: Scenario[] = [
  {
    title: 'row 22: create: the record and nothing else',
    act: ({ users, user, by }) => users.publishCreate(user(1, { name: 'bert' }), by),
    heard: ({ user }) => [created('user', 1, user(1, { name: 'bert' }))],
  },
  {
    title: 'row 35: create with a singular association: the parent gained it',
    act: ({ pets, pet, by }) => pets.publishCreate(pet(1, { owner: 1 }), by),
    heard: ({ pet }) => [addedTo('user', 1, 'pets', 1), created('pet', 1, pet(1, { owner: 1 }))],
  },
  {
    title: 'row 35: create with a singular association that is populated',
    act: ({ pets, pet, user, by }) => pets.publishCreate(pet(1, { owner: user(2) }), by),
    heard: ({ pet, user }) => [addedTo('user', 2, 'pets', 1), created('pet', 1, pet(1, { owner: user(2) }))],
  },
  {
    title: 'row 35: create with a singular association that is null',
    act: ({ pets, pet, by }) => pets.publishCreate(pet(1, { owner: null }), by),
    heard: ({ pet }) => [created('pet', 1, pet(1, { owner: null }))],
  },
  {
    title: "row 36: create with a one-to-many collection of records that were nobody's",
    act: ({ users, user, by }) => users.publishCreate(user(1, { pets: [1, 2, 3] }), by),
    heard: ({ user }) => [
      updated('pet', 1, { owner: 1 }),
      updated('pet', 2, { owner: 1 }),
      updated('pet', 3, { owner: 1 }),
      created('user', 1, user(1, { pets: [1, 2, 3] })),
    ],
  },
  {
    title: "row 36: create with a one-to-many collection of records that were another's, who is robbed",
    act: ({ users, user, by }) => users.publishCreate(user(2, { pets: [1, 2, 3] }), { ...by, movedFrom: formerOwner }),
    heard: ({ user }) => [
      updated('pet', 1, { owner: 2 }),
      updated('pet', 2, { owner: 2 }),
      updated('pet', 3, { owner: 2 }),
      created('user', 2, user(2, { pets: [1, 2, 3] })),
      removedFrom('user', 1, 'pets', 1),
      removedFrom('user', 1, 'pets', 3),
    ],
  },
  {
    title: 'row 36: create with a one-to-many collection that is populated',
    act: ({ users, user, pet, by }) => users.publishCreate(user(1, { pets: [pet(1), pet(2)] }), by),
    heard: ({ user, pet }) => [
      updated('pet', 1, { owner: 1 }),
      updated('pet', 2, { owner: 1 }),
      created('user', 1, user(1, { pets: [pet(1), pet(2)] })),
    ],
  },
  {
    title: 'row 36: create with a many-to-many collection: the children gained it',
    act: ({ users, user, by }) => users.publishCreate(user(1, { patients: [1, 2, 3] }), { ...by, movedFrom: 9 }),
    heard: ({ user }) => [
      addedTo('pet', 1, 'vets', 1),
      addedTo('pet', 2, 'vets', 1),
      addedTo('pet', 3, 'vets', 1),
      created('user', 1, user(1, { patients: [1, 2, 3] })),
    ],
  },
  {
    title: 'row 24: update of a plain field, with the record as it was',
    act: ({ users, user, by }) =>
      users.publishUpdate(1, { name: 'ernie' }, { ...by, previous: user(1, { name: 'bert', pets: [], patients: [] }) }),
    heard: ({ user }) => [updated('user', 1, { name: 'ernie' }, user(1, { name: 'bert', pets: [], patients: [] }))],
  },
  {
    title: 'row 37: update of a singular association from nothing: the new parent gained it',
    act: ({ pets, pet, by }) => pets.publishUpdate(1, { owner: 1 }, { ...by, previous: pet(1, { owner: null }) }),
    heard: ({ pet }) => [addedTo('user', 1, 'pets', 1), updated('pet', 1, { owner: 1 }, pet(1, { owner: null }))],
  },
  {
    title: 'row 37: update of a singular association from another: the old parent lost it, the new one gained it',
    act: ({ pets, pet, user, by }) =>
      pets.publishUpdate(1, { owner: 2 }, { ...by, previous: pet(1, { owner: user(1, { name: 'bert' }) }) }),
    heard: ({ pet, user }) => [
      removedFrom('user', 1, 'pets', 1),
      addedTo('user', 2, 'pets', 1),
      updated('pet', 1, { owner: 2 }, pet(1, { owner: user(1, { name: 'bert' }) })),
    ],
  },
  {
    title: 'row 37: update of a singular association to nothing: the old parent lost it',
    act: ({ pets, by }) => pets.publishUpdate(1, { owner: null }, { ...by, previous: { owner: 1 } }),
    heard: () => [removedFrom('user', 1, 'pets', 1), updated('pet', 1, { owner: null }, { owner: 1 })],
  },
  {
    title: 'row 37: update that leaves a singular association as it was, once written as a number and once as text',
    act: async ({ pets, user, by }) => {
      await pets.publishUpdate(1, { owner: '1' }, { ...by, previous: { owner: user(1) } });
      await pets.publishUpdate(1, { name: 'rex' }, { ...by, previous: { owner: 1 } });
    },
    heard: ({ user }) => [
      updated('pet', 1, { owner: '1' }, { owner: user(1) }),
      updated('pet', 1, { name: 'rex' }, { owner: 1 }),
    ],
  },
  {
    title: 'row 37: update of an association of which it is not known what it was: nobody else hears',
    act: async ({ pets, users, by }) => {
      await pets.publishUpdate(1, { owner: 2 }, by);
      await pets.publishUpdate(1, { owner: 2 }, { ...by, previous: { name: 'rex' } });
      await users.publishUpdate(1, { pets: [2] }, { ...by, previous: { name: 'bert' } });
    },
    heard: () => [
      updated('pet', 1, { owner: 2 }),
      updated('pet', 1, { owner: 2 }, { name: 'rex' }),
      updated('user', 1, { pets: [2] }, { name: 'bert' }),
    ],
  },
  {
    title: 'row 37: update of a one-to-many collection: those that left, then those that came',
    act: ({ users, pet, by }) =>
      users.publishUpdate(1, { pets: [2, 3] }, { ...by, previous: { pets: [pet(1), pet(2)] } }),
    heard: ({ pet }) => [
      updated('pet', 1, { owner: null }),
      updated('pet', 3, { owner: 1 }),
      updated('user', 1, { pets: [2, 3] }, { pets: [pet(1), pet(2)] }),
    ],
  },
  {
    title: 'row 37: update of a many-to-many collection: those that left, then those that came',
    act: ({ users, pet, by }) =>
      users.publishUpdate(1, { patients: [pet(2), pet(3), pet(3)] }, { ...by, previous: { patients: [1, 2] } }),
    heard: ({ pet }) => [
      removedFrom('pet', 1, 'vets', 1),
      addedTo('pet', 3, 'vets', 1),
      updated('user', 1, { patients: [pet(2), pet(3), pet(3)] }, { patients: [1, 2] }),
    ],
  },
  {
    title: 'row 27: add to a one-to-many collection: the child has a parent now',
    act: ({ users, by }) => users.publishAdd(1, 'pets', 1, { ...by, movedFrom: null }),
    heard: () => [addedTo('user', 1, 'pets', 1), updated('pet', 1, { owner: 1 })],
  },
  {
    title: "row 27: add of a record that was another's to a one-to-many collection: the other is robbed",
    act: ({ users, by }) => users.publishAdd(2, 'pets', 1, { ...by, movedFrom: 1 }),
    heard: () => [addedTo('user', 2, 'pets', 1), updated('pet', 1, { owner: 2 }), removedFrom('user', 1, 'pets', 1)],
  },
  {
    title: "row 27: add of a record that was this one's already: nobody is robbed",
    act: ({ users, user, by }) =>
      users.publishAdd('1', 'pets', 1, { ...by, movedFrom: () => user(1)[Object.keys(user(1))[0]] as number }),
    heard: () => [['user', { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 1 }], updated('pet', 1, { owner: 1 })],
  },
  {
    title: 'row 27: add to a many-to-many collection: both sides gained the other, and nobody can be robbed',
    act: ({ users, by }) => users.publishAdd(1, 'patients', 1, { ...by, movedFrom: 2 }),
    heard: () => [addedTo('user', 1, 'patients', 1), addedTo('pet', 1, 'vets', 1)],
  },
  {
    title: 'row 27: add of a record itself: it is in the message of the parent only',
    act: ({ users, pet, by }) => users.publishAdd(1, 'patients', pet(7, { name: 'rex' }), by),
    heard: ({ pet }) => [
      ['user', { verb: 'addedTo', id: 1, attribute: 'patients', addedId: 7, added: pet(7, { name: 'rex' }) }],
      addedTo('pet', 7, 'vets', 1),
    ],
  },
  {
    title: 'row 28: remove from a one-to-many collection: the child has no parent any more',
    act: ({ users, by }) => users.publishRemove(1, 'pets', 1, by),
    heard: () => [removedFrom('user', 1, 'pets', 1), updated('pet', 1, { owner: null })],
  },
  {
    title: 'row 28: remove from a many-to-many collection: both sides lost the other',
    act: ({ users, by }) => users.publishRemove(1, 'patients', 1, by),
    heard: () => [removedFrom('user', 1, 'patients', 1), removedFrom('pet', 1, 'vets', 1)],
  },
  {
    title: 'row 46: replace of a one-to-many collection: those that came, those who were robbed, those that left',
    act: ({ users, pet, by }) =>
      users.publishReplace(1, 'pets', [2, 3], {
        ...by,
        previous: [pet(1)],
        movedFrom: (child) => (child === 2 ? 2 : undefined),
      }),
    heard: () => [
      addedTo('user', 1, 'pets', 2),
      updated('pet', 2, { owner: 1 }),
      addedTo('user', 1, 'pets', 3),
      updated('pet', 3, { owner: 1 }),
      removedFrom('user', 2, 'pets', 2),
      removedFrom('user', 1, 'pets', 1),
      updated('pet', 1, { owner: null }),
    ],
  },
  {
    title: 'row 46: replace of a many-to-many collection: the differences only, on both sides',
    act: ({ users, pet, by }) => users.publishReplace(1, 'patients', [pet(2), 3], { ...by, previous: [1, '2'] }),
    heard: () => [
      addedTo('user', 1, 'patients', 3),
      addedTo('pet', 3, 'vets', 1),
      removedFrom('user', 1, 'patients', 1),
      removedFrom('pet', 1, 'vets', 1),
    ],
  },
  {
    title: 'row 38: destroy of a record with children: they have no parent any more',
    act: ({ users, user, pet, by }) =>
      users.publishDestroy(1, { ...by, previous: user(1, { pets: [pet(1), pet(2)], patients: [] }) }),
    heard: ({ user, pet }) => [
      destroyed('user', 1, user(1, { pets: [pet(1), pet(2)], patients: [] })),
      updated('pet', 1, { owner: null }),
      updated('pet', 2, { owner: null }),
    ],
  },
  {
    title: 'row 38: destroy of a record in many-to-many collections: they lost it',
    act: ({ users, user, by }) => users.publishDestroy(1, { ...by, previous: user(1, { patients: [1] }) }),
    heard: ({ user }) => [destroyed('user', 1, user(1, { patients: [1] })), removedFrom('pet', 1, 'vets', 1)],
  },
  {
    title: 'row 38: destroy of a record with a parent and a many-to-many collection: all lost it',
    act: ({ pets, by }) => pets.publishDestroy(1, { ...by, previous: { owner: 1, vets: [2, 3] } }),
    heard: () => [
      destroyed('pet', 1, { owner: 1, vets: [2, 3] }),
      removedFrom('user', 1, 'pets', 1),
      removedFrom('user', 2, 'patients', 1),
      removedFrom('user', 3, 'patients', 1),
    ],
  },
  {
    title: 'row 38: destroy of a record of which it is not known what it was',
    act: ({ users, by }) => users.publishDestroy(1, by),
    heard: () => [destroyed('user', 1)],
  },
];
