import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectResource, type ResourceChannel } from 'nestjs-sockets';
import { EntityManager, Repository } from 'typeorm';
import { boardRoom } from '../boards/board-room.js';
import type { Member } from '../members/member.entity.js';
import { Activity } from './activity.entity.js';

@Injectable()
export class ActivityService {
  constructor(
    @InjectRepository(Activity) private readonly activities: Repository<Activity>,
    @InjectResource('activity') private readonly channel: ResourceChannel<Activity>,
  ) {}

  findLatest(boardId: number): Promise<Activity[]> {
    return this.activities.find({ where: { boardId }, order: { id: 'DESC' }, take: 50 });
  }

  /**
   * Saves an activity, in the caller's transaction if there is one, and publishes it from code, since no route creates
   * one that a decorator could publish. Records published from code bypass the serializer, so an activity contains its
   * member's id instead of the member.
   */
  async record(
    boardId: number,
    { id: memberId }: Member,
    what: string,
    manager: EntityManager = this.activities.manager,
  ): Promise<void> {
    const activity = await manager.save(manager.create(Activity, { boardId, memberId, what }));
    void this.channel.publishCreate(activity, { to: boardRoom(boardId) });
  }
}
