import { Body, Controller, Delete, Get, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { SubscribeOnRead } from 'nestjs-sockets';
import { CurrentMember } from '../members/current-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { MembersService } from '../members/members.service.js';
import { SignInDto } from './dto/sign-in.dto.js';
import { Public } from './public.decorator.js';
import { SessionsService } from './sessions.service.js';

/** Signs members in and out. The page calls it over HTTP, so that the browser gets the cookie. */
@Controller('session')
export class SessionsController {
  constructor(
    private readonly members: MembersService,
    private readonly sessions: SessionsService,
  ) {}

  @Post()
  @Public()
  async signIn(@Body() { name, password }: SignInDto, @Req() request: Request): Promise<Member> {
    const member = await this.members.findByPassword(name, password);
    if (!member) throw new UnauthorizedException('Wrong name or password');
    await this.sessions.begin(request, member);
    return member;
  }

  /** Subscribes a socket to messages about its own member, such as private boards that were added. */
  @Get()
  @SubscribeOnRead('member')
  findMember(@CurrentMember() member: Member): Member {
    return member;
  }

  @Delete()
  @HttpCode(204)
  signOut(@Req() request: Request): Promise<void> {
    return this.sessions.end(request);
  }
}
