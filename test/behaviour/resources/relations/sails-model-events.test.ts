import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { shared } from '../../../support/lifetime.js';
import { messages } from '../../../support/messages.js';
import {
  addedTo,
  created,
  destroyed,
  removedFrom,
  scenarios,
  updated,
  worlds,
  type Fields,
  type Stage,
} from './support/model-events.js';

describe("the messages of Sails' model events", () => {
  describe.each(worlds)('relations $name', ({ userId, petId, resources }) => {
    const application = shared(() => start({ imports: [SocketsModule.forRoot({ resources })] }));

    async function stage() {
      const app = application();
      const [watcher, actor, bystander] = await Promise.all([app.connect(), app.connect(), app.connect()]);
      const [users, pets] = [app.channel('user'), app.channel('pet')];
      for (const channel of [users, pets]) {
        await channel.watch([watcher.id, actor.id]);
        await channel.subscribe([watcher.id, actor.id], [1, 2, 3]);
      }
      const user = (id: number, fields: Fields = {}): Fields => ({ [userId]: id, ...fields });
      const pet = (id: number, fields: Fields = {}): Fields => ({ [petId]: id, ...fields });
      const scene: Stage = { users, pets, user, pet, by: { except: actor.id } };
      return { app, watcher, actor, bystander, scene };
    }

    it.each(scenarios)('$title', async ({ act, heard }) => {
      const { app, watcher, actor, bystander, scene } = await stage();

      await act(scene);
      await app.settle();

      expect(messages(watcher)).toEqual(heard(scene));
      expect(messages(actor)).toEqual([]);
      expect(messages(bystander)).toEqual([]);
    });

    it('row 40: with noReverse the record itself is told of, and nobody on the other side', async () => {
      const { app, watcher, scene } = await stage();
      const { users, pets, user, pet } = scene;

      await users.publishCreate(user(1, { pets: [1], patients: [2] }), { noReverse: true });
      await pets.publishUpdate(1, { owner: 2 }, { previous: { owner: 1 }, noReverse: true });
      await users.publishAdd(1, 'pets', 1, { noReverse: true });
      await users.publishRemove(1, 'patients', 1, { noReverse: true });
      await users.publishReplace(1, 'patients', [pet(2)], { previous: [1], noReverse: true });
      await users.publishDestroy(1, { previous: { pets: [1] }, noReverse: true });
      await app.settle();

      expect(messages(watcher)).toEqual([
        created('user', 1, user(1, { pets: [1], patients: [2] })),
        updated('pet', 1, { owner: 2 }, { owner: 1 }),
        addedTo('user', 1, 'pets', 1),
        removedFrom('user', 1, 'patients', 1),
        addedTo('user', 1, 'patients', 2),
        removedFrom('user', 1, 'patients', 1),
        destroyed('user', 1, { pets: [1] }),
      ]);
    });

    it('reach a subscriber of one child or parent alone, who hears of that one only', async () => {
      const { app, bystander, scene } = await stage();
      const { users, pets, user, by } = scene;
      await pets.subscribe(bystander.id, 2);
      await users.subscribe(bystander.id, 1);

      await users.publishCreate(user(5, { pets: [1, 2] }), { ...by, movedFrom: 1 });
      await app.settle();

      expect(messages(bystander)).toEqual([
        updated('pet', 2, { owner: 5 }),
        removedFrom('user', 1, 'pets', 1),
        removedFrom('user', 1, 'pets', 2),
      ]);
    });

    it('cause no events where nobody is subscribed', async () => {
      const { app, watcher, bystander, scene } = await stage();
      for (const channel of [scene.users, scene.pets]) {
        await channel.unwatch(watcher.id);
        await channel.unsubscribe(watcher.id, [1, 2, 3]);
      }

      for (const { act } of scenarios) await act(scene);
      await app.settle();

      expect(messages(watcher)).toEqual([]);
      expect(messages(bystander)).toEqual([]);
    });
  });
});
