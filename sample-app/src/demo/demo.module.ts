import { Module } from '@nestjs/common';
import { DemoBoard } from './demo-board.js';

@Module({ providers: [DemoBoard] })
export class DemoModule {}
