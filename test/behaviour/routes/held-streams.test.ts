import { Controller, Get, Param, StreamableFile } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { listenToUncaught } from '../client/support/uncaught.js';

const startCluster = withCluster();

@Controller('files')
@Resourceful('file')
class FilesController {
  @Get(':id')
  @SubscribeOnRead()
  find(@Param('id') id: string): unknown {
    const stream = createReadStream(`/does/not/exist/${id}`);
    // Nest 11 knows no other streams.
    return inject('nest') === 11 ? new StreamableFile(stream) : stream;
  }
}

describe('A stream that a subscribing read answers', () => {
  it('may fail while another server is asked for the socket of the reader, and no process ends', async (context) => {
    const cluster = await startCluster(context, { controllers: [FilesController] });
    const client = await cluster.connect(cluster.a);
    const { uncaught } = listenToUncaught();

    for (let id = 1; id <= 5; id++) {
      await cluster.b.request('GET', `/files/${id}`, undefined, { 'x-socket-id': client.id });
    }
    await cluster.settle();

    expect(uncaught).toEqual([]);
  });
});
