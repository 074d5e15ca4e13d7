import { Body, Controller, Delete, Get, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { SubscribeOnRead } from 'nestjs-sockets';
import { ActingMember } from '../members/acting-member.decorator.js';
import { Member } from '../members/member.entity.js';
import { MembersService } from '../members/members.service.js';
import { SignInDto } from './dto/sign-in.dto.js';
import { ForEverybody } from './for-everybody.decorator.js';
import { SessionsService } from './sessions.service.js';

/** Signing in and out is done over HTTP, so that it is the browser that gets the cookie. */
@Controller('session')
export class SessionsController {
  constructor(
    private readonly members: MembersService,
    private readonly sessions: SessionsService,
  ) {}

  @Post()
  @ForEverybody()
  async signIn(@Body() { name, password }: SignInDto, @Req() request: Request): Promise<Member> {
    const member = await this.members.findByPassword(name, password);
    if (!member) throw new UnauthorizedException('There is no member of this name and password');
    await this.sessions.begin(request, member);
    return member;
  }

  /** Who reads this over a socket hears what is meant for this member alone. */
  @Get()
  @SubscribeOnRead('member')
  findMember(@ActingMember() member: Member): Member {
    return member;
  }

  @Delete()
  @HttpCode(204)
  signOut(@Req() request: Request): Promise<void> {
    return this.sessions.end(request);
  }
}
