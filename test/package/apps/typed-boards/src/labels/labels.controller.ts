import { Controller, Post, Put } from '@nestjs/common';
import { PublishOnCreate, PublishOnUpdate, Resourceful } from 'nestjs-sockets';

export const shownLabel = async ({ id, at }: { id: number; at: Date }) => ({ id, at, isNew: true });

/** Answers hold the record in a field. */
@Controller('labels')
@Resourceful('label', { select: ['data.label', 'labels'] })
export class LabelsController {
  @Post()
  @PublishOnCreate()
  create() {
    return { data: { label: { id: 1, color: 'red', at: new Date() } }, count: 1 };
  }

  @Put('sorted')
  @PublishOnUpdate({ resource: 'tag' })
  sort(): { tags: { id: number; rank: number }[] } | undefined {
    return undefined;
  }

  @Post('hidden')
  @PublishOnCreate({ resource: 'hidden', select: ({ hidden }: { hidden: object }) => hidden })
  createHidden() {
    return { hidden: { id: 1 } };
  }
}
