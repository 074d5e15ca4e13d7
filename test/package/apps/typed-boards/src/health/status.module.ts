import { Module } from '@nestjs/common';
import { HealthController } from './all.js';

@Module({ controllers: [HealthController] })
export class StatusModule {
  constructor() {
    throw new Error('Nothing is made to write types');
  }
}
