import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { ActivityService } from '../activity/activity.service.js';
import type { Member } from '../members/member.entity.js';
import { Board } from './board.entity.js';

@Injectable()
export class BoardsService {
  constructor(
    @InjectRepository(Board) private readonly boards: Repository<Board>,
    private readonly activity: ActivityService,
  ) {}

  findAll(): Promise<Board[]> {
    return this.boards.find({ order: { id: 'ASC' } });
  }

  async findOne(id: number): Promise<Board> {
    const board = await this.boards.findOneBy({ id });
    if (!board) throw new NotFoundException(`There is no board ${id}`);
    return board;
  }

  async create(title: string, member: Member): Promise<Board> {
    const { id } = await this.boards.save(this.boards.create({ title }));
    await this.activity.record(id, member, 'created the board');
    return this.findOne(id);
  }

  async rename(id: number, title: string, member: Member): Promise<Board> {
    const board = await this.findOne(id);
    await this.boards.update(id, { title });
    await this.activity.record(id, member, `renamed the board from “${board.title}”`);
    return this.findOne(id);
  }

  async remove(id: number): Promise<Board> {
    const board = await this.findOne(id);
    await this.boards.delete(id);
    return board;
  }
}
