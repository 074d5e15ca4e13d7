import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type PublishContext,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { heard, read } from './support/cards.js';

const tenantOf = ({ request }: PublishContext): string => request.headers['x-tenant'];
const tenantId = (_record: unknown, context: PublishContext): string => tenantOf(context);
const slice = { tenantId };

/** Cards of tenants, who are not told which they are. */
@Controller('cards')
@Resourceful('card', { slices: ['tenantId'], idType: 'number', rememberedSlices: 0 })
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true, slice: { tenantId: tenantOf } })
  find() {
    return [];
  }

  @Post()
  @PublishOnCreate({ slice })
  create(@Body() body: { id: number }) {
    return body;
  }

  @Patch(':id')
  @PublishOnUpdate({ slice, previous: (context) => ({ tenantId: tenantOf(context) }) })
  update(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Patch(':id/mask')
  @PublishOnUpdate({ slice, previous: (context) => ({ tenantId: tenantOf(context) }) })
  mask(@Param('id', ParseIntPipe) id: number) {
    return { id, tenantId: 'initech' };
  }

  @Patch(':id/give')
  @PublishOnUpdate({ slice: { tenantId: () => 'initech' }, previous: (context) => ({ tenantId: tenantOf(context) }) })
  give(@Param('id', ParseIntPipe) id: number) {
    return { id, name: 'given' };
  }

  @Post(':id/archive')
  @Publish('archived', { slice })
  archive(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Delete(':id')
  @PublishOnDestroy({ slice: { tenantId: async (record, context) => tenantId(record, context) } })
  remove(@Param('id', ParseIntPipe) _id: number) {}
}

async function tenants(): Promise<{ app: TestApplication; acme: TestClient; initech: TestClient }> {
  const app = await start({ controllers: [CardsController] });
  const [acme, initech] = await Promise.all(
    ['acme', 'initech'].map((tenant) => app.connect({ extraHeaders: { 'x-tenant': tenant } })),
  );
  if (!acme || !initech) throw new Error('Two clients connect.');
  for (const client of [acme, initech]) await read(client, '/cards');
  return { app, acme, initech };
}

describe('a slice that records do not show', () => {
  it('is said by a function of the request, for readers and for changes, and is sent to nobody', async () => {
    const { app, acme, initech } = await tenants();
    const asAcme = { 'x-tenant': 'acme' };

    await app.request('POST', '/cards', { id: 1 }, asAcme);
    await app.request('PATCH', '/cards/1', {}, asAcme);
    await app.request('POST', '/cards/1/archive', {}, asAcme);
    await app.request('DELETE', '/cards/1', undefined, asAcme);
    await app.settle();

    expect(acme.heard('card')).toEqual([
      { verb: 'created', id: 1, data: { id: 1 } },
      { verb: 'updated', id: 1, data: { id: 1 }, previous: {} },
      { verb: 'archived', id: 1, data: { id: 1 } },
      { verb: 'destroyed', id: 1 },
    ]);
    expect(initech.heard('card')).toEqual([]);
  });

  it('row 51: a record given to another tenant is `left` for the old one, who no longer hears of it', async () => {
    const { app, acme, initech } = await tenants();

    await app.request('PATCH', '/cards/1/give', {}, { 'x-tenant': 'acme' });
    await app.request('PATCH', '/cards/1', {}, { 'x-tenant': 'initech' });
    await app.settle();

    expect(acme.heard('card')).toEqual([{ verb: 'left', id: 1 }]);
    expect(heard(initech)).toEqual(['entered 1', 'updated 1']);
  });

  it('counts for more than what the record says, which is masked perhaps', async () => {
    const { app, acme, initech } = await tenants();

    await app.request('POST', '/cards', { id: 1, tenantId: 'initech' }, { 'x-tenant': 'acme' });
    await app.request('PATCH', '/cards/1/mask', {}, { 'x-tenant': 'acme' });
    await app.settle();

    expect(heard(acme)).toEqual(['created 1', 'updated 1']);
    expect(heard(initech)).toEqual([]);
  });

  it('of a new record that nobody says is complained of once, with the way out', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['tenantId'] })
    class Silent {
      @Post()
      @PublishOnCreate()
      create(@Body() body: { id: number }) {
        return body;
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [Silent], main: log.open });
    const all = await app.connect();
    await app.channel('card').watch(all.id);

    for (const id of [1, 2]) await app.request('POST', '/cards', { id });
    await app.request('POST', '/cards', { id: 3, tenantId: null });
    await app.settle();

    expect(heard(all)).toEqual(['created 1', 'created 2', 'created 3']);
    const { warnings } = log.naming('Silent.create()');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      new RegExp(
        String.raw`^@PublishOnCreate\(\) on Silent\.create\(\).*does not say its tenantId` +
          String.raw`.*\{ slice: \{ tenantId: \(record, context\)`,
      ),
    );
  });
});
