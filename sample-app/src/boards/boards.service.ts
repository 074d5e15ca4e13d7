import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import type { Member } from '../members/member.entity.js';
import { Board } from './board.entity.js';
import type { CreateBoardDto } from './dto/create-board.dto.js';
import { visibleTo } from './visible-boards.js';

@Injectable()
export class BoardsService {
  constructor(
    @InjectRepository(Board) private readonly boards: Repository<Board>,
    private readonly activity: ActivityService,
  ) {}

  findAll(member: Member): Promise<Board[]> {
    return this.boards.find({ where: visibleTo(member), order: { id: 'ASC' } });
  }

  async findOne(id: number, member: Member): Promise<Board> {
    const board = await this.boards.findOneBy(visibleTo(member).map((visible) => ({ ...visible, id })));
    if (!board) throw new NotFoundException(`There is no board ${id}`);
    return board;
  }

  async create({ title, isPrivate }: CreateBoardDto, member: Member): Promise<Board> {
    const { id } = await this.boards.save(this.boards.create({ title, isPrivate, ownerId: member.id }));
    await this.activity.record(id, member, 'created the board');
    return this.findOne(id, member);
  }

  async rename(id: number, title: string, member: Member): Promise<Board> {
    const board = await this.findOne(id, member);
    await this.boards.update(id, { title });
    await this.activity.record(id, member, `renamed the board from “${board.title}”`);
    return this.findOne(id, member);
  }

  async remove(id: number, member: Member): Promise<Board> {
    const board = await this.findOne(id, member);
    await this.boards.delete(id);
    return board;
  }
}
